"""Threads, processes and a Dask cluster give the same table, whatever the pieces; progress and cancelling."""

import importlib
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import cloudpickle
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import workbench as wb
from tests.unit.sweep.conftest import walk
from workbench.errors import DataError
from workbench.strategies import SmaCross
from workbench.sweep import executor, parcel, sweep
from workbench.sweep.engine import pieces_of, prepared

GRID = {"fast": range(3, 13), "slow": range(5, 25)}

#: A strategy's own file: a number and a function beside the class, a study that is a function, one that asks the bars.
FILE = """
    import param
    from workbench.indicators import indicator
    from workbench.strategies import Strategy

    FACTOR = 1.01

    def scaled(values):
        return values * FACTOR

    class Own(Strategy):
        fast = param.Integer(5, bounds=(1, 100), doc="Bars.")
        slow = param.Integer(9, bounds=(1, 100), doc="Bars.")

        def studies(self):
            calm = lambda bars: scaled(bars["close"].rolling(self.slow).mean()) - bars.attrs["less"]
            return {"quick": indicator("sma", window=self.fast), "calm": calm}

        def decide(self, now, was, broker):
            if now.quick * FACTOR > now.calm:
                broker.long()
            else:
                broker.flat()
"""
#: Run by itself: strategies of the plugin folder, which workers do not have, and of the script, by all executors.
SCRIPT = """
    import sys
    import pandas as pd
    from tests.unit.sweep.conftest import walk
    from workbench.strategies import SmaCross
    from workbench.sweep import sweep

    LEAST = 0.999

    class Typed(SmaCross):
        def decide(self, now, was, broker):
            if now.quick > now.calm * LEAST:
                broker.flat()
            else:
                broker.long()

    bars = walk(300)
    for strategy, values in ((Typed, {"fast": [3, 5]}), ("own_lag", {"fast": [3, 5]}),
                             ("close > own_step(close, 5)", {})):
        values = values or {"text": [strategy, "close > own_step(close, 9)"]}
        expected = sweep(strategy, bars, values)
        assert expected.table["round_trips"].max() > 3 and not expected.failures, strategy
        for keywords in ({"executor": "processes", "workers": 1}, {"client": sys.argv[1]}):
            found = sweep(strategy, bars, values, **keywords)
            pd.testing.assert_frame_equal(found.table, expected.table, check_exact=True)
    print("the same")
"""
PLUGINS = {
    "a_lag": """
        import param
        from workbench_plugins.z_step import SHIFT
        from workbench.indicators import indicator
        from workbench.strategies import Strategy, strategies

        @strategies.register("own_lag")
        class OwnLag(Strategy):
            fast = param.Integer(5, bounds=(1, 100), doc="Bars.")

            def studies(self):
                return {"calm": indicator("own_step", window=self.fast + SHIFT)}

            def decide(self, now, was, broker):
                if now.close > now.calm:
                    broker.long()
                else:
                    broker.flat()
    """,
    "z_step": """
        import param
        from numba import njit
        from workbench.indicators import PriceIndicator, indicators

        SHIFT = 2

        @njit(cache=True, nogil=True)
        def stepped(a, b, c, d, e, start, seen, out, p, s):
            for i in range(start, len(a)):
                s[0] = a[i] if seen + i - start == 0 else s[0] + (a[i] - s[0]) / p[0]
                out[0, i - start] = s[0]

        @indicators.register("own_step")
        class OwnStep(PriceIndicator):
            \"\"\"Price that follows by a share of the distance a bar.\"\"\"

            title, source, overlay = "Step", "Own work.", True
            window = param.Integer(5, bounds=(1, 100), doc="Bars.")

            def kernel(self):
                return stepped

            def constants(self):
                return (float(self.window),)

            def state_size(self):
                return 1
    """,
}


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=True) as made:
        yield made


@pytest.fixture
def expected(bars):
    return sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, workers=1)


def kind_of(found):
    return type(found.bench.strategy)


def same(one, other):
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


@pytest.mark.parametrize("keywords", [{"workers": 3}, {"executor": "processes", "workers": 2}])
def test_threads_and_processes_give_the_same_table(bars, expected, keywords):
    found = sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, **keywords)
    pd.testing.assert_frame_equal(found.table, expected.table, check_exact=True)


def test_a_cluster_gives_the_same_table(bars, expected, cluster):
    found = sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, client=cluster.scheduler_address)
    pd.testing.assert_frame_equal(found.table, expected.table, check_exact=True)


def test_a_strategy_of_this_module_reaches_the_cluster(bars, cluster):
    class Mine(SmaCross):
        def decide(self, now, was, broker):
            broker.flat() if now.quick > now.calm else broker.long()

    with Client(cluster) as client:
        found = sweep(Mine, bars, {"fast": [3, 5]}, client=client)
    pd.testing.assert_frame_equal(found.table, sweep(Mine, bars, {"fast": [3, 5]}).table, check_exact=True)


def test_a_strategy_of_a_file_runs_everywhere(bars, cluster, tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(textwrap.dedent(FILE))
    text, values = f"{tmp_path / 'own.py'}:Own", {"fast": range(3, 8), "slow": range(5, 15)}
    bars.attrs["less"] = 0.25
    expected = sweep(text, bars, values)
    assert not expected.failures and expected.table["round_trips"].mean() > 10
    same(sweep(text, bars, values, executor="processes", workers=2), expected)
    # As where a worker is on another machine, which has no such file.
    sources = parcel._sources
    elsewhere = [replace(one, file="/nowhere/own.py") for one in sources(f"{kind_of(expected).__module__}".encode())]
    assert len(elsewhere) == 1
    monkeypatch.setattr(parcel, "_sources", lambda pickled: elsewhere)
    same(sweep(text, bars, values, client=cluster.scheduler_address), expected)
    monkeypatch.undo()
    (tmp_path / "own.py").write_text(textwrap.dedent(FILE).replace("1.01", "1.02"))
    with pytest.raises(DataError, match=r"executor='processes': .*own\.py is not what it was"):
        sweep(kind_of(expected), bars, values, executor="processes")
    changed = sweep(text, bars, values, client=cluster.scheduler_address)
    same(changed, sweep(text, bars, values))
    assert not changed.table.equals(expected.table)


def test_plugins_and_what_a_script_defines_run_everywhere(cluster, tmp_path):
    for name, text in PLUGINS.items():
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(SCRIPT), cluster.scheduler_address],
        env={**os.environ, "WORKBENCH_PLUGINS": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "the same\n", done.stderr[-3000:]


def test_a_strategy_that_cannot_be_sent_is_told(bars, cluster):
    lock = threading.Lock()

    class Locked(SmaCross):
        def studies(self):
            with lock:
                return super().studies()

    for keywords, who in (
        ({"executor": "processes"}, "executor='processes'"),
        ({"client": cluster.scheduler_address}, f"the Dask cluster {cluster.scheduler_address}"),
    ):
        with pytest.raises(DataError, match=rf"^{who}: .*Locked cannot be sent .*lock.*executor='threads'"):
            sweep(Locked, bars, {"fast": [3, 5]}, **keywords)


def test_a_module_that_workers_do_not_have_is_told(bars, cluster, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("from workbench.strategies import SmaCross\nclass Mine(SmaCross): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    expected = sweep("only_here:Mine", bars, {"fast": [3, 5]})
    same(sweep("only_here:Mine", bars, {"fast": [3, 5]}, executor="processes", workers=1), expected)
    with pytest.raises(DataError, match=r"^the Dask cluster \S+: .*only_here:Mine .*No module.*file\.py:Class"):
        sweep("only_here:Mine", bars, {"fast": [3, 5]}, client=cluster.scheduler_address)


@pytest.mark.parametrize("seen", [True, False])
def test_what_is_sent_of_a_piece_does_not_grow_with_the_bars(cluster, monkeypatch, seen):
    sizes = {600: [], 30_000: []}
    submit = Client.submit

    def noted(client, *given, **keywords):
        sizes[at].append(len(cloudpickle.dumps(given)))
        return submit(client, *given, **keywords)

    monkeypatch.setattr(Client, "submit", noted)
    if not seen:  # as where workers are on other machines: the bars are sent to them once, and then named
        monkeypatch.setattr(executor, "_all_there", lambda paths: False)
    for at in sizes:
        bars = walk(at)
        found = sweep(SmaCross, bars, GRID, client=cluster.scheduler_address, workers=2)
        same(found, sweep(SmaCross, bars, GRID))
    assert max(sizes[30_000]) < 6_000 and abs(max(sizes[30_000]) - max(sizes[600])) < 500
    assert bars.memory_usage().sum() > 200 * 6_000


def test_what_is_sent_to_a_process_is_cells_alone(monkeypatch):
    sizes, submit = [], ProcessPoolExecutor.submit

    def noted(pool, *given):
        sizes.append(len(cloudpickle.dumps(given)))
        return submit(pool, *given)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", noted)
    sweep(SmaCross, walk(30_000), GRID, executor="processes", workers=1)
    assert max(sizes) < 2_000


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pieces_of_any_size_give_the_same_sums(bars, expected, size):
    bench, space = prepared(SmaCross, bars, GRID, where="fast < slow", fees=0.001)
    for first, piece in pieces_of(space, size):
        assert (bench.run(piece).sums == expected.sums[first : first + len(piece)]).all()


def test_progress_counts_to_the_end_and_stops_where_it_raises(bars):
    seen = []
    sweep(SmaCross, bars, GRID, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (200, 200)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(SmaCross, bars, GRID, progress=stop)


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"executor": "thread"}, "did you mean threads"),
        ({"workers": 0}, "one or more"),
        ({"measures": ["sharp"]}, "did you mean sharpe"),
        ({"memory": 100_000}, "cells fit"),
        ({"client": "tcp://127.0.0.1:9"}, "no Dask scheduler"),
    ],
)
def test_what_cannot_be_used_is_said(bars, keywords, said):
    with pytest.raises(DataError, match=said):
        sweep(SmaCross, bars, GRID, **keywords)


def test_the_package_itself_and_its_verbs_are_sent_by_name():
    """What is typed into a notebook has ``wb`` among its globals, and is sent with them."""
    for module in (wb, wb.backtest, wb.sweep):
        assert cloudpickle.loads(cloudpickle.dumps(module)) is module
