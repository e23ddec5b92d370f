"""Sweeps that are written down: killed, paused, cancelled, damaged, looked at from elsewhere, and always one table."""

import json
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from tests.unit.sweep.conftest import walk
from workbench.backtest import lookup
from workbench.errors import DataError, UnknownNameError
from workbench.strategies import SmaCross
from workbench.sweep import jobs as jobs_module
from workbench.sweep import sweep
from workbench.sweep.cells import Bench
from workbench.sweep.jobs import Jobs, Quota, SweepStopped

GRID = {"fast": range(3, 13), "slow": range(5, 25)}
#: A process that sweeps, tells of each piece, and waits at the second for a line.
CHILD = """
    import sys
    import pandas as pd
    from workbench.sweep.jobs import Jobs, SweepStopped

    def told(done, total):
        told.pieces += 1
        print(done, flush=True)
        if told.pieces == 2:
            sys.stdin.readline()

    told.pieces = 0
    bars = pd.read_pickle(sys.argv[2])
    try:
        Jobs(sys.argv[1]).start(
            "sma_cross", bars, {"fast": range(3, 13), "slow": range(5, 25)}, where="fast < slow", fees=0.001,
            name="child", workers=1, progress=told,
        )
    except SweepStopped as stopped:
        print(stopped.state, flush=True)
"""


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path / "sweeps")


@pytest.fixture
def expected(bars):
    return sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, workers=1)


@pytest.fixture
def child(tmp_path, bars, jobs):
    """A process in the middle of a sweep, after its second piece."""
    bars.to_pickle(tmp_path / "bars.pickle")
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(jobs.folder), str(tmp_path / "bars.pickle")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    done = [int(process.stdout.readline()) for _ in range(2)]
    assert 0 < done[0] < done[1] < 165
    yield process
    process.kill()
    process.communicate()


def start(jobs, bars, **keywords):
    return jobs.start(SmaCross, bars, GRID, where="fast < slow", fees=0.001, workers=1, **keywords)


def interrupted(jobs, bars, **keywords):
    """A job that stopped after its first piece."""

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start(jobs, bars, progress=stop, **keywords)
    return jobs.id("last")


def same(one, other):
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_a_job_has_the_table_of_a_sweep_and_keeps_it(jobs, bars, expected, monkeypatch):
    same(start(jobs, bars, name="mine"), expected)
    monkeypatch.setattr(jobs_module, "find_strategy", lambda text: pytest.fail("looked for the strategy"))
    monkeypatch.setattr(pd, "read_parquet", lambda path: pytest.fail("read the bars"))
    kept = jobs.load("mine")
    same(kept, expected)
    assert "SmaCross" in repr(kept)
    assert kept.annual == expected.annual and kept.origin == expected.origin
    monkeypatch.undo()
    assert kept.result(7).equity.equals(expected.result(7).equity)


def test_it_is_killed_and_resumed_with_the_same_table(jobs, bars, expected, child, monkeypatch):
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = jobs.status("child")
    assert before.state == "interrupted" and 0 < before.done < before.cells == len(expected)
    ran = []
    run = Bench.run
    monkeypatch.setattr(Bench, "run", lambda self, space: ran.append(len(space)) or run(self, space))
    seen = []
    found = jobs.resume("child", workers=2, progress=lambda done, total: seen.append(done))
    same(found, expected)
    same(jobs.load("child"), expected)
    assert sum(ran) == before.cells - before.done, "what was there is not run again"
    assert seen[0] == before.done and seen[-1] == before.cells
    after = jobs.status("child")
    assert after.state == "finished" and after.eta == 0 and after.seconds > before.seconds > 0


@pytest.mark.parametrize(("how", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_another_process_stops_it_and_it_goes_on(jobs, bars, expected, child, how, state):
    assert jobs.status("child").state == "running"
    for refused in (lambda: jobs.resume("child"), lambda: jobs.delete("child")):
        with pytest.raises(DataError, match="is running"):
            refused()
    getattr(jobs, how)("child")
    child.stdin.write("\n")
    child.stdin.flush()
    with pytest.raises(SweepStopped, match=state) as stopped:
        jobs.attach("child")
    assert 0 < stopped.value.done < stopped.value.cells
    assert child.communicate()[0].split()[-1] == state
    same(jobs.resume("child"), expected)


def test_what_runs_elsewhere_is_watched_to_its_end(jobs, expected, child):
    seen = []

    def told(done, total):
        if not seen:
            child.stdin.write("\n")
            child.stdin.flush()
        seen.append((done, total))

    same(jobs.attach("child", told), expected)
    assert seen[0][0] < seen[-1][0] == seen[-1][1] == len(expected)
    assert seen == sorted(set(seen))


def test_an_interrupted_one_is_paused_and_shows_what_it_has(jobs, bars, expected):
    id = interrupted(jobs, bars, name="half")
    one = jobs.status(id)
    assert one.state == "paused" and 0 < one.done < one.cells and one.eta > 0
    with pytest.raises(DataError, match=r"partial=True"):
        jobs.load(id)
    part = jobs.load(id, partial=True)
    there = part.table["sharpe"].notna()
    assert there.sum() == one.done
    pd.testing.assert_frame_equal(part.table[there], expected.table[there], check_exact=True)
    same(jobs.resume("half"), expected)
    same(jobs.resume("half"), expected)


def test_a_failed_one_says_why(jobs, bars):
    def broken(done, total):
        raise RuntimeError("no more paper")

    with pytest.raises(RuntimeError):
        start(jobs, bars, progress=broken)
    one = jobs.status("last")
    assert (one.state, one.error) == ("failed", "RuntimeError: no more paper")
    with pytest.raises(SweepStopped, match="no more paper"):
        jobs.attach("last")
    assert len(jobs.resume("last")) == one.cells and jobs.status("last").error == ""


def test_pausing_what_does_not_run_marks_it(jobs, bars):
    id = interrupted(jobs, bars)
    jobs.cancel(id)
    assert jobs.status(id).state == "cancelled"
    jobs.resume(id)
    with pytest.raises(DataError, match="finished"):
        jobs.pause(id)


def test_cells_that_raise_are_kept_as_such(jobs, bars):
    class Picky(SmaCross):
        def studies(self):
            if self.fast == 4:
                raise ValueError("no fours")
            return super().studies()

    found = jobs.start(Picky, bars, {"fast": [3, 4, 5]})
    assert found.failures == {1: "no fours"}
    kept = jobs.load("last")
    assert kept.failures == found.failures
    same(kept, found)


def test_a_class_of_a_notebook_is_not_loaded_unasked(jobs, bars, monkeypatch):
    class Mine(SmaCross):
        pass

    found = jobs.start(Mine, bars, {"fast": [3, 5, 7]}, name="mine")
    kept = jobs.load("mine")
    same(kept, found)
    monkeypatch.setattr("cloudpickle.loads", lambda data: pytest.fail("loaded a pickle"))
    with pytest.raises(DataError, match="trust=True"):
        kept.result(0)
    assert jobs.load("mine", strategy=Mine).result(0).equity.equals(found.result(0).equity)
    monkeypatch.undo()
    assert jobs.load("mine", trust=True).result(0).equity.equals(found.result(0).equity)


def test_other_code_and_other_bars_are_refused(jobs, bars, tmp_path, monkeypatch):
    text = "from workbench.strategies import SmaCross\nclass Own(SmaCross):\n    more = {}\n"
    (tmp_path / "own.py").write_text(text.format(1))
    kind, _ = lookup.find_strategy(f"{tmp_path / 'own.py'}:Own")

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.start(kind, bars, {"fast": range(3, 13)}, workers=1, progress=stop)
    (tmp_path / "own.py").write_text(text.format(2))
    with pytest.raises(DataError, match="source of .* is not what it was"):
        jobs.resume("last")
    (tmp_path / "own.py").write_text(text.format(1))
    place = jobs.folder / jobs.id("last") / "bars-0.parquet"
    changed = pd.read_parquet(place)
    changed.iloc[5, 3] *= 1.0001
    changed.to_parquet(place)
    with pytest.raises(DataError, match="its bars are not those"):
        jobs.resume("last")


def test_a_damaged_piece_is_told_and_run_again(jobs, bars, expected):
    id = interrupted(jobs, bars)
    piece = next((jobs.folder / id / "pieces").iterdir())
    piece.write_bytes(piece.read_bytes()[:-40])
    with pytest.raises(DataError, match="is damaged"):
        jobs.load(id, partial=True)
    same(jobs.resume(id), expected)


def test_several_symbols_and_their_session_come_back(jobs):
    coarse = walk(400)
    coarse.attrs["session"] = "24/7"
    several = {"A": coarse, "B": coarse.iloc[50:]}
    found = jobs.start("momentum_rotation", several, {"window": [5, 9]}, cash=5000.0, name="two")
    kept = jobs.load("two")
    same(kept, found)
    assert kept.result(1).equity.equals(found.result(1).equity)
    assert kept.bench.market.calendar == found.bench.market.calendar == "24/7"
    assert jobs.status("two").symbols == "A, B"


def test_finer_bars_come_back(jobs):
    fine = walk(2400)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    coarse = fine.resample("4h").agg(how)
    coarse.index = coarse.index.as_unit("ns")
    found = jobs.start("sma_cross", coarse, {"fast": [3, 5]}, inside=fine, name="fine")
    kept = jobs.load("fine")
    assert kept.result(1).equity.equals(found.result(1).equity)
    assert kept.bench.market.inside[""].equals(fine)


def test_a_user_has_so_many_and_so_much(tmp_path, bars):
    few = Jobs(tmp_path, quota=Quota(jobs=1))
    start(few, bars)
    with pytest.raises(DataError, match=r"may have 1 sweeps and has 1.*WORKBENCH_SWEEP_QUOTA_JOBS"):
        start(few, bars)
    few.delete("last")
    start(few, bars)
    with pytest.raises(DataError, match=r"needs up to .* MB.*WORKBENCH_SWEEP_QUOTA_GB"):
        start(Jobs(tmp_path, quota=Quota(bytes=100_000)), bars)
    assert len(few.list()) == 1, "what is refused leaves nothing"


def test_the_list_tells_of_all_and_of_one_user(jobs, bars, monkeypatch):
    assert jobs.list().empty
    start(jobs, bars, name="first")
    monkeypatch.setattr("workbench.sweep.job_files.user_name", lambda: "ann")
    id = interrupted(jobs, bars, name="second")
    listed = jobs.list()
    assert set(listed["name"]) == {"first", "second"} and set(listed["state"]) == {"finished", "paused"}
    assert jobs.list(who="ann")["id"].tolist() == [id]
    assert listed["created"].dt.tz is not None and (listed["bytes"] > 1000).all()


def test_names_trash_and_what_is_not_there(jobs, bars):
    start(jobs, bars, name="one")
    id = jobs.id("one")
    assert jobs.id(id[:17]) == jobs.id(id[-6:]) == jobs.id("last") == id
    jobs.delete("one")
    assert jobs.list().empty
    jobs.restore(id)
    assert jobs.id("one") == id
    with pytest.raises(UnknownNameError, match="did you mean one"):
        jobs.load("onne")
    jobs.delete("one")
    jobs.empty_trash()
    with pytest.raises(UnknownNameError, match="trash"):
        jobs.restore(id)
    for name in ("last", "a\nb", "x" * 201):
        with pytest.raises(DataError, match="name"):
            start(jobs, bars, name=name)
    with pytest.raises(DataError, match="give wb.sweeps"):
        sweep(SmaCross, bars, GRID, job=3)


def test_a_folder_is_a_store_and_newer_ones_are_left_alone(tmp_path, bars, expected):
    same(sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, job=tmp_path / "here", name="x"), expected)
    jobs = Jobs(tmp_path / "here")
    head = jobs.folder / jobs.id("x") / "plan.json"
    said = json.loads(head.read_text())
    assert said["where"] == ["fast < slow"]
    head.write_text(json.dumps(said | {"version": 99}))
    with pytest.raises(DataError, match="update"):
        jobs.status("last")
    assert jobs.list().empty


def test_values_that_cannot_be_written_down_are_refused(jobs, bars):
    import param

    class Odd(SmaCross):
        how = param.Callable(np.mean)

    with pytest.raises(DataError, match="values of how cannot be written down"):
        jobs.start(Odd, bars, {"how": [np.mean, np.median]})
