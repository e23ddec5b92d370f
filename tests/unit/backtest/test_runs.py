"""Stored runs: what comes back, what a crash leaves, what is told when something has changed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.backtest.test_engine import Restless, bars_of
from workbench.backtest import backtest
from workbench.backtest.lookup import find_strategy
from workbench.backtest.runs import RunChanged, Runs, compare
from workbench.backtest.runs.values import Unkept, decode, encode
from workbench.config import Settings, child_environment
from workbench.errors import DataError, UnknownNameError
from workbench.services import Services
from workbench.strategies import Signals, SmaCross
from workbench.trading import Costs
from workbench.workspaces import Database
from workbench.workspaces.run_index import RunIndex

TABLES = ("fills", "orders", "round_trips")


class Catalog:
    """Bars as a catalog gives them, which can be changed."""

    def __init__(self) -> None:
        self.frames = {(name, spec): bars_of(n, 300) for n, name in enumerate(("A", "B")) for spec in ("1h",)}
        self.asked: list[dict] = []

    def bars(self, symbol: str, spec: str, start=None, end=None, **more) -> pd.DataFrame:
        self.asked.append({"symbol": symbol, "spec": spec, **more})
        frame = self.frames[symbol, spec]
        times = frame.index.as_unit("ns").asi8
        found = frame[(times >= (start or 0)) & (times < (end or 2**62))].copy()
        found.attrs = {"symbol": symbol, "source": {"symbol": symbol, "spec": spec, **more}}
        return found


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def kept(tmp_path: Path, catalog: Catalog):
    database = Database(f"sqlite:///{tmp_path / 'workbench.db'}")
    yield Runs(tmp_path / "runs", RunIndex(database), lambda: catalog)
    database.close()


def run_of(catalog: Catalog, *symbols: str, **keywords):
    bars = {one: catalog.bars(one, "1h") for one in symbols or ("A",)}
    strategy = keywords.pop("strategy", SmaCross(fast=3, slow=9))
    return backtest(strategy, bars if symbols else bars["A"], **{"fees": 0.001, "audit": False, **keywords})


def again(kept: Runs, run: str, *args, **more):
    """Run again, where nothing may have changed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RunChanged)
        return kept.again(run, *args, **more)


def assert_same(stored, result) -> None:
    pd.testing.assert_series_equal(stored.equity, result.equity, check_freq=False, check_exact=True)
    pd.testing.assert_series_equal(stored.benchmark, result.benchmark, check_freq=False, check_exact=True)
    pd.testing.assert_series_equal(stored.returns, result.returns, check_freq=False, check_exact=True)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(stored, name), getattr(result, name), check_exact=True)
    assert list(stored.stats) == list(result.stats) and str(stored.stats.annual) == str(result.stats.annual)
    np.testing.assert_array_equal(list(stored.stats.values()), list(result.stats.values()))


class TestKeeping:
    @pytest.mark.parametrize("count", [300, 5, 1])
    @pytest.mark.parametrize("strategy", [SmaCross(fast=3, slow=9), Restless(seed=4)], ids=lambda one: one.label)
    def test_a_run_comes_back_as_it_was(self, kept, count, strategy):
        result = backtest(strategy, bars_of(3, count), fees=0.001, audit=False)
        stored = kept.load(kept.save(result))
        assert_same(stored, result)
        assert stored.symbols == [""] and stored.uncertain_bars == result.uncertain_bars and stored.audit == ""

    def test_several_symbols_and_all_keywords(self, kept, catalog):
        keywords = {"cash": 5e4, "fill": "close", "leverage": 2.0, "sizing": 1.5, "session": "24/7", "short": False}
        more = {"costs": Costs(per_unit=0.01, touch=True), "whole_units": True, "close_at_end": "open", "fees": 0.0}
        result = run_of(catalog, "A", "B", **keywords, **more, path="optimistic", benchmark="B")
        id = kept.save(result)
        stored = kept.load(id)
        assert_same(stored, result)
        assert stored.symbols == ["A", "B"] and stored.compared
        said = {**keywords, "costs": {"per_unit": 0.01, "touch": True, "lot": 1.0}, "path": "optimistic"}
        assert stored.provenance.keywords == {**said, "close_at_end": "open"}
        assert_same(stored, again(kept, id))

    def test_what_is_said_of_it(self, kept, catalog):
        id = kept.save(run_of(catalog), tags=["idea", "x", "idea"], note="a note", name=" first ")
        stored = kept.load("first")
        assert (stored.id, stored.name, stored.note, stored.tags) == (id, "first", "a note", ("idea", "x"))
        came = stored.provenance
        assert came.strategy == "sma_cross" and came.parameters == {"fast": 3, "slow": 9} and came.spec == "1h"
        assert "class SmaCross(Strategy)" in came.code and len(came.code_hash) == len(came.data_hash) == 64
        assert set(came.versions) >= {"python", "workbench", "numpy", "numba", "pandas"}
        assert came.seed is None and abs(stored.when - pd.Timestamp.now("UTC")) < pd.Timedelta("1h")
        assert kept.load(kept.save(backtest(Restless(seed=7), bars_of(1), audit=False))).provenance.seed == 7

    def test_nothing_is_unpickled_and_files_are_compressed_parquet(self, kept, catalog, monkeypatch):
        id = kept.save(run_of(catalog, strategy=Signals(long=np.ones(300, bool))))
        monkeypatch.setattr(pickle, "loads", None)
        monkeypatch.setattr(pickle, "load", None)
        kept.load(id)
        names = {one.name for one in (kept.folder / id).iterdir()}
        tables = {f"{name}.parquet" for name in ("equity", *TABLES, "parameter.long")}
        assert names == {"run.json", *tables}
        import pyarrow.parquet as pq

        for name in tables:
            group = pq.ParquetFile(kept.folder / id / name).metadata.row_group(0)
            assert group.column(0).compression == "ZSTD"

    def test_signals_keep_their_arrays(self, kept, catalog):
        bars = catalog.bars("A", "1h")
        long = bars["close"] > bars["close"].rolling(5).mean()
        strategy = Signals(long=long, exit=(~long).to_numpy(), short="close < open", cover=[bool(one) for one in long])
        id = kept.save(run_of(catalog, strategy=strategy))
        found = kept.load(id).provenance.parameters
        pd.testing.assert_series_equal(found["long"], long, check_freq=False)
        np.testing.assert_array_equal(found["exit"], ~long)
        assert found["short"] == "close < open" and found["cover"] == list(long)
        assert_same(kept.load(id), again(kept, id))
        assert kept.list()["parameters"][0]["long"] == "array"

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"tags": "idea"}, "give a list of them"),
            ({"tags": ["a,b"]}, "no comma"),
            ({"tags": [""]}, "1 to 64"),
            ({"name": "last"}, "is not 'last'"),
            ({"name": "x" * 201}, "at most 200"),
            ({"note": "\ud800"}, "note cannot be kept"),
        ],
    )
    def test_what_cannot_be_said(self, kept, catalog, said, message):
        with pytest.raises(DataError, match=message):
            kept.save(run_of(catalog), **said)
        assert len(kept.list()) == 0 and not kept.folder.exists()

    def test_a_full_disk_keeps_nothing(self, kept, catalog, monkeypatch):
        from workbench.backtest.runs import folder

        def full(path, data):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(folder, "write_durably", full)
        with pytest.raises(DataError, match="No space left on device. Nothing was kept"):
            kept.save(run_of(catalog))
        assert list(kept.folder.iterdir()) == [] and len(kept.list()) == 0


class TestFinding:
    def test_the_list(self, kept, catalog):
        first = kept.save(run_of(catalog), tags=["idea"], name="first")
        second = kept.save(run_of(catalog, "A", "B", strategy="formula"), tags=["idea", "b"])
        table = kept.list()
        assert list(table["id"]) == [second, first] and list(table["name"]) == ["", "first"]
        row = table.iloc[1]
        stored = kept.load(first)
        assert row["strategy"] == "sma_cross" and row["parameters"] == {"fast": 3, "slow": 9}
        assert row["symbols"] == ["A"] and row["spec"] == "1h" and row["bars"] == 300 and row["tags"] == ["idea"]
        assert (row["first"], row["last"]) == (stored.equity.index[0], stored.equity.index[-1])
        for name in ("final_equity", "sharpe", "max_drawdown", "round_trips"):
            assert row[name] == stored.stats[name]
        assert row["when"] == stored.when and row["broken"] == ""
        assert list(kept.list(strategy="formula")["id"]) == [second] == list(kept.list(tag="b")["id"])
        assert list(kept.list(symbol="B")["id"]) == [second] and len(kept.list(symbol="A", tag="idea")) == 2
        assert list(kept.list(since=table["when"][0])["id"]) == [second]
        assert len(kept.list(since="2090-01-01")) == 0 == len(kept.list(strategy="nothing"))
        empty = kept.list(tag="nothing")
        assert list(empty.columns) == list(table.columns) and (empty.dtypes == table.dtypes).all()
        with pytest.raises(DataError, match="since 'soon' cannot be read .*; use such as '2024-01-02 15:30'"):
            kept.list(since="soon")

    def test_how_a_run_is_named(self, kept, catalog):
        one, two = kept.save(run_of(catalog), name="same"), kept.save(run_of(catalog), name="same")
        assert kept.id(one) == one and kept.id(two[-6:]) == two and kept.id("last") == two
        with pytest.raises(UnknownNameError, match="may be 2 runs"):
            kept.load("same")
        with pytest.raises(UnknownNameError, match="there is no run 'smae' kept: did you mean same"):
            kept.load("smae")
        for text in ("", "%", "_", "trash"):
            with pytest.raises(UnknownNameError):
                kept.id(text)

    def test_tags_names_and_notes_change(self, kept, catalog):
        id = kept.save(run_of(catalog), tags=["a"])
        kept.tag(id, "b", "a")
        kept.untag(id, "a", "never")
        kept.note(id, "better")
        kept.rename(id, "second")
        stored = kept.load("second")
        assert (stored.tags, stored.note, stored.name) == (("b",), "better", "second")

    def test_what_is_deleted_can_be_had_back(self, kept, catalog):
        result = run_of(catalog)
        id = kept.save(result, name="gone")
        kept.delete("gone")
        assert len(kept.list()) == 0 and list(kept.list(removed=True)["id"]) == [id]
        assert (kept.folder / "trash" / id / "run.json").is_file() and not (kept.folder / id).exists()
        with pytest.raises(UnknownNameError):
            kept.load("gone")
        kept.restore("gone")
        assert_same(kept.load(id), result)
        assert len(kept.list(removed=True)) == 0

    def test_a_move_that_was_cut_short_is_finished(self, kept, catalog, monkeypatch):
        from workbench.backtest.runs import folder

        id = kept.save(run_of(catalog))
        with monkeypatch.context() as patch:
            patch.setattr(folder, "move", lambda *_: None)  # as if it ended here
            kept.delete(id)
        assert len(kept.list()) == 0 and list(kept.list(removed=True)["broken"]) == [""]
        kept.restore(id)
        assert kept.load(id).id == id

    def test_the_list_is_made_anew_from_the_folders(self, kept, catalog, tmp_path):
        one, two = kept.save(run_of(catalog), tags=["a"], note="n", name="x"), kept.save(run_of(catalog))
        kept.delete(two)
        other = Runs(kept.folder, RunIndex(Database(f"sqlite:///{tmp_path / 'other.db'}")))
        pd.testing.assert_frame_equal(other.list(), kept.list())
        assert list(other.list(removed=True)["id"]) == [two] and other.load("x").tags == ("a",)
        assert one != two


class TestCrashes:
    def script(self, tmp_path: Path, text: str) -> subprocess.Popen:
        body = f"""
            import os, signal, sys
            from tests.unit.backtest.test_runs import Catalog, run_of
            from workbench.backtest.runs import Runs, folder
            from workbench.workspaces import Database
            from workbench.workspaces.run_index import RunIndex
            database = Database("sqlite:///{tmp_path / "workbench.db"}")
            kept = Runs(__import__("pathlib").Path({str(tmp_path / "runs")!r}), RunIndex(database))
            die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
            result = run_of(Catalog())
        """
        code = textwrap.dedent(body) + textwrap.dedent(text)
        environment = child_environment(PYTHONPATH=str(Path(__file__).parents[3]))
        return subprocess.Popen([sys.executable, "-c", code], env=environment)

    def test_killed_between_the_files_and_the_list(self, kept, catalog, tmp_path):
        child = self.script(tmp_path, "RunIndex.add = die\nkept.save(result, tags=['t'], name='whole')")
        assert child.wait() == -signal.SIGKILL
        assert list(kept.list()["name"]) == ["whole"] and kept.broken == {}
        assert_same(kept.load("whole"), run_of(catalog))
        assert kept.load("whole").tags == ("t",)

    @pytest.mark.parametrize("after", [0, 2, 4])
    def test_killed_while_the_files_are_written(self, kept, catalog, tmp_path, after):
        text = f"""
            write, count = folder.write_durably, []
            def some(path, data):
                count.append(path)
                write(path, data) if len(count) <= {after} else die()
            folder.write_durably = some
            kept.save(result)
        """
        assert self.script(tmp_path, text).wait() == -signal.SIGKILL
        left = list(kept.folder.iterdir())
        assert len(left) == 1 and left[0].name.startswith(".new-")
        assert len(kept.list()) == 0 and kept.broken == {}
        id = kept.save(run_of(catalog))
        os.utime(left[0], (0, 0))
        kept.save(run_of(catalog))
        assert not left[0].exists() and id in set(kept.list()["id"])

    def test_two_processes_save_and_tag_at_once(self, kept, tmp_path):
        text = """
            for n in range(12):
                id = kept.save(result, tags=[sys.argv[0] or "t"], name=f"{os.getpid()} {n}")
                kept.tag(id, "more")
                assert len(kept.list()) > n
        """
        children = [self.script(tmp_path, text) for _ in range(2)]
        assert [child.wait() for child in children] == [0, 0]
        table = kept.list(tag="more")
        assert len(table) == 24 and table["id"].is_unique and kept.broken == {}
        names = {f"{child.pid} {n}" for child in children for n in range(12)}
        assert set(table["name"]) == names

    def test_the_list_is_looked_at_while_a_run_is_between_both_writes(self, kept, catalog, monkeypatch):
        index = RunIndex(kept._index._database)
        add, seen = index.add, []

        def late(row):
            seen.append(list(kept.list()["id"]))  # somebody else puts it into the list first
            return add(row)

        monkeypatch.setattr(index, "add", late)
        id = Runs(kept.folder, index).save(run_of(catalog), tags=["t"])
        assert seen == [[id]] and list(kept.list()["id"]) == [id] and kept.load(id).tags == ("t",)

    def test_a_broken_run_is_named_and_the_others_are_there(self, kept, catalog):
        ids = [kept.save(run_of(catalog), name=str(n)) for n in range(6)]
        folders = [kept.folder / id for id in ids]
        (folders[0] / "fills.parquet").unlink()
        with (folders[1] / "equity.parquet").open("r+b") as file:
            file.seek(200)
            file.write(b"xxxx")
        (folders[2] / "orders.parquet").write_bytes(b"short")
        (folders[3] / "run.json").unlink()
        os.rename(folders[4], folders[4].with_name("elsewhere"))
        assert set(kept.list()["id"]) == set(ids)
        broken = kept.broken
        assert "fills.parquet cannot be read" in broken[ids[0]] and "5 bytes" in broken[ids[2]]
        assert "run.json cannot be read" in broken[ids[3]] and broken[ids[4]] == "its folder is missing"
        assert f"run.json is that of {ids[4]}" in broken["elsewhere"] and ids[5] not in broken
        for n, message in enumerate(["fills.parquet", "equity.parquet is not the file", "orders.parquet", "run.json"]):
            with pytest.raises(DataError, match=f"run {ids[n]}: {message}"):
                kept.load(ids[n])
        assert kept.load(ids[5]).name == "5"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{", "is damaged"),
            ("[]", "is not that of a run"),
            ('{"version": 99}', "is of version 99"),
            ('{"version": 1, "id": "x"}', "lacks created"),
        ],
    )
    def test_a_folder_that_is_no_run(self, kept, catalog, text, message):
        id = kept.save(run_of(catalog))
        (kept.folder / "x").mkdir()
        (kept.folder / "x" / "run.json").write_text(text)
        assert list(kept.list()["id"]) == [id] and message in kept.broken["x"]

    @pytest.mark.parametrize("part", ["stats", "annual", "provenance"])
    def test_a_head_with_a_damaged_part(self, kept, catalog, part):
        id = kept.save(run_of(catalog))
        path = kept.folder / id / "run.json"
        head = json.loads(path.read_text())
        path.write_text(json.dumps(head | {part: [1]}))
        with pytest.raises(DataError, match=f"run {id}: what it says of itself is damaged"):
            kept.load(id)


class TestAgain:
    def test_equal_to_the_last_bit(self, kept, catalog):
        result = run_of(catalog, "B", "A", strategy=Restless(seed=5, spread=0.02))
        id = kept.save(result)
        catalog.asked.clear()
        repeated = again(kept, id)
        assert_same(kept.load(id), repeated)
        assert [one["symbol"] for one in catalog.asked] == ["B", "A"]
        assert kept.diff(id, repeated).same and kept.diff(id, repeated).provenance == {}

    def test_only_the_bars_of_the_run_are_asked_for(self, kept, catalog):
        result = backtest("sma_flip", catalog.bars("A", "1h").iloc[50:120], audit=False)
        assert len(again(kept, kept.save(result)).equity) == 70

    def test_finer_bars_are_found_again(self, kept, catalog):
        fine = catalog.frames["A", "1h"]
        coarse = fine.resample("4h").agg(
            {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        )
        catalog.frames["A", "4h"] = coarse
        result = backtest(
            Restless(seed=3), catalog.bars("A", "4h"), inside=catalog.bars("A", "1h"), fees=0.001, audit=False
        )
        id = kept.save(result)
        assert kept.load(id).provenance.inside["A"].rows == 300
        assert_same(kept.load(id), again(kept, id))
        catalog.frames["A", "1h"] = fine.assign(volume=fine["volume"] + 1)
        with pytest.warns(RunChanged, match="A inside: other values in volume"):
            kept.again(id)

    def test_changed_data_is_said(self, kept, catalog):
        id = kept.save(run_of(catalog))
        frame = catalog.frames["A", "1h"].copy()
        frame.iloc[100, frame.columns.get_loc("close")] *= 1.1
        frame["high"] = np.maximum(frame["high"], frame["close"])
        frame["low"] = np.minimum(frame["low"], frame["close"])
        catalog.frames["A", "1h"] = frame
        with pytest.warns(RunChanged, match=f"run {id}: the data are not the same: A: other values in close") as caught:
            changed = kept.again(id)
        assert caught[0].filename == __file__
        found = kept.diff(id, changed)
        apart = kept.load(id).equity.to_numpy() != changed.equity.to_numpy()
        assert found.first == frame.index[apart][0] >= frame.index[100]
        assert not found.same and list(found.provenance) == ["data"]
        catalog.frames["A", "1h"] = catalog.frames["A", "1h"].iloc[5:]
        with pytest.warns(RunChanged, match="300 bars from 2026-01-05 00:00 to .*, now 295 bars from 2026-01-05 05:00"):
            kept.again(id)

    def test_bars_without_a_source_have_to_be_given(self, kept):
        bars = bars_of(1)
        result = backtest("sma_flip", bars, audit=False)
        id = kept.save(result)
        with pytest.raises(DataError, match="does not say where the bars of it come from: give them"):
            kept.again(id)
        assert_same(kept.load(id), again(kept, id, bars))

    def test_bars_that_are_gone(self, kept, catalog):
        id = kept.save(run_of(catalog))
        catalog.frames["A", "1h"] = bars_of(0, 0)
        with pytest.raises(DataError, match="no bars of A in its time any more"):
            kept.again(id)

    def test_a_changed_source_is_noticed(self, kept, catalog, tmp_path):
        path = tmp_path / "mine.py"
        source = """
            import param
            from workbench.strategies import Strategy
            LEAST = 2
            def grown(bars):
                return bars["close"].diff()
            class Base(Strategy):
                def studies(self):
                    return {"up": grown}
            class Mine(Base):
                size = param.Number(0.5, bounds=(0, 1), doc="How much.")
                def decide(self, now, was, broker):
                    broker.target(self.size if now.up > 0 else 0.0)
                @property
                def warmup(self):
                    return LEAST
        """
        path.write_text(textwrap.dedent(source))
        kind, _ = find_strategy(f"{path}:Mine")
        result = run_of(catalog, strategy=kind(size=0.25))
        id = kept.save(result)
        assert kept.load(id).provenance.strategy == f"{path}:Mine"
        assert_same(kept.load(id), again(kept, id))
        changes = ("LEAST = 2", "LEAST = 3"), (".diff()", ".diff(2)"), ("size if now", "size * 1.0 if now")
        for old, new in changes:
            assert old in source
            path.write_text(textwrap.dedent(source.replace(old, new)))
            with pytest.warns(RunChanged, match="the source of the strategy .*mine.py:Mine is not the same"):
                kept.again(id)
        path.write_text(textwrap.dedent(source) + "\n\nclass Other(Base):\n    pass\n")
        assert_same(kept.load(id), again(kept, id))
        path.unlink()
        with pytest.raises(DataError, match=r"its strategy is not to be found: there is no file .*provenance\.code"):
            kept.again(id)
        assert "broker.target(self.size" in kept.load(id).provenance.code

    def test_a_parameter_that_could_not_be_kept(self, kept, catalog):
        id = kept.save(run_of(catalog))
        path = kept.folder / id / "run.json"
        head = json.loads(path.read_text())
        head["provenance"]["parameters"]["fast"] = {"$text": "<function f>"}
        path.write_text(json.dumps(head))
        with pytest.raises(DataError, match="parameter fast could not be kept .<function f>."):
            kept.again(id)

    def test_other_versions_are_said(self, kept, catalog, monkeypatch):
        from workbench.backtest import provenance

        id = kept.save(run_of(catalog))
        mine = provenance.versions()
        monkeypatch.setattr(provenance, "versions", lambda: {**mine, "numpy": "9.9", "revision": "abc"})
        with pytest.warns(RunChanged, match=rf"versions: numpy was {mine['numpy']} and is 9\.9, revision was"):
            kept.again(id)


class TestBeside:
    def test_compare_begins_with_what_differs(self, kept, catalog):
        one = kept.save(run_of(catalog), name="one")
        two = kept.save(run_of(catalog, strategy=SmaCross(fast=3, slow=12), sizing=0.5))
        table = kept.compare([one, two])
        assert list(table.columns) == ["differs", "one", two]
        assert list(table.index[:2]) == [("parameter", "slow"), ("keyword", "sizing")]
        assert table.loc[("parameter", "slow")].tolist() == [True, 9, 12]
        assert table.loc[("parameter", "fast")].tolist() == [False, 3, 3]
        assert table.loc[("measure", "sharpe"), "one"] == kept.load(one).stats["sharpe"]
        count = int(table["differs"].sum())
        assert table["differs"].tolist() == [True] * count + [False] * (len(table) - count)
        measures = table.loc["measure"]
        assert not measures.loc["margin_calls", "differs"] and not table.loc["data"]["differs"].any()

    def test_results_and_stored_runs_compare(self, kept, catalog):
        result = run_of(catalog)
        table = compare({"now": result, "kept": kept.load(kept.save(result))})
        assert not table["differs"].any() and len(table) > 90
        assert list(kept.compare([result, result]).columns[1:]) == ["sma_cross 3 9 (1)", "sma_cross 3 9 (2)"]

    def test_the_difference_of_two_runs(self, kept, catalog):
        one, two = run_of(catalog), run_of(catalog, strategy=SmaCross(fast=3, slow=12))
        found = kept.diff(kept.save(one, name="one"), two)
        apart = one.equity.to_numpy() != two.equity.to_numpy()
        assert found.first == one.equity.index[apart][0] and len(found.equity) == apart.sum()
        key = ["time", "side", "units", "price"]
        mine, other = (set(map(tuple, run.fills[key].to_numpy())) for run in (one, two))
        assert set(map(tuple, found.fills_here[key].to_numpy())) == mine - other
        assert set(map(tuple, found.fills_there[key].to_numpy())) == other - mine
        assert found.measures.loc["sharpe", "here"] == one.stats["sharpe"]
        assert found.provenance == {"parameters": "parameters: slow was 9 and is 12"}
        text = str(found)
        assert "first at" in text and "slow was 9 and is 12" in text and not found.same

    def test_a_run_over_fewer_bars(self, kept, catalog):
        whole = run_of(catalog)
        part = backtest(SmaCross(fast=3, slow=9), catalog.bars("A", "1h").iloc[:200], fees=0.001, audit=False)
        found = kept.diff(whole, part)
        assert found.first == whole.equity.index[200] and found.equity["there"].isna().all()
        assert len(found.fills_there) == 0 and len(found.fills_here) == len(whole.fills) - len(part.fills)

    def test_fills_that_are_alike_are_counted(self):
        from workbench.backtest.runs.compare import _FILL, _only

        one = pd.DataFrame({name: [1, 1, 2] for name in _FILL})
        assert len(_only(one, one)) == 0 and len(_only(one, one.iloc[1:])) == 1 and len(_only(one.iloc[1:], one)) == 0


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(pd.Timestamp)
values = st.recursive(
    plain | st.dates() | st.integers(-(10**12), 10**12).map(lambda n: pd.Timedelta(n, unit="us")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text().filter(lambda key: not key.startswith("$")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
def test_any_parameter_comes_back(value):
    tables: dict[str, pd.DataFrame] = {}
    written = json.dumps(encode(value, tables, "p"), allow_nan=False)
    assert repr(decode(json.loads(written), tables)) == repr(value)


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3), np.array([True, False]), np.array(["a", "b"], object)])
def test_arrays_come_back(array):
    tables: dict[str, pd.DataFrame] = {}
    (found,) = decode(json.loads(json.dumps(encode([array], tables, "p"))), tables)
    np.testing.assert_array_equal(found, array)
    assert list(tables) == ["p.0"]


def test_what_cannot_be_kept_is_told_as_text():
    found = decode(encode({"$odd": 1, "f": len}, {}, "p"), {})
    assert isinstance(found, Unkept) and "built-in function len" in str(found)


def test_a_result_from_another_process_can_be_kept_and_run(kept, catalog):
    result = run_of(catalog, strategy=Restless(seed=3, spread=0.004))
    other = pickle.loads(pickle.dumps(result))
    # Addresses of the process that made it would be those of nothing.
    for feed, columns in zip(other.market.feeds, other.market.columns, strict=True):
        assert feed["open"] == columns["open"].ctypes.data and feed["time"] == columns["time"].ctypes.data
    assert other.bracket().equals(result.bracket()) and kept.diff(kept.save(other), result).same


def test_processes_that_open_a_new_database_at_once_all_get_it(tmp_path):
    code = f"""
        import sys
        from workbench.workspaces import Database
        from workbench.workspaces.run_index import RunIndex
        print("ready", flush=True)
        for n in range(20):
            sys.stdin.readline()
            RunIndex(Database(f"sqlite:///{tmp_path}/{{n}}.db"))
            print("done", flush=True)
    """
    environment = child_environment(PYTHONPATH=str(Path(__file__).parents[3]))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    children = [subprocess.Popen(command, env=environment, **pipes) for _ in range(3)]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * 3
    for _ in range(20):
        for child in children:
            child.stdin.write("\n")
            child.stdin.flush()
        assert [child.stdout.readline() for child in children] == ["done\n"] * 3
    for child in children:
        child.communicate()
        assert child.returncode == 0


def test_the_services_have_them_in_the_database_of_workspaces(tmp_path):
    mine = Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path))
    id = mine.runs.save(backtest("sma_flip", bars_of(1), audit=False))
    assert (tmp_path / "data" / "runs" / id / "run.json").is_file()
    with mine.workspaces.database.begin() as connection:
        assert connection.execute(sa.text("select id from wb_runs")).scalars().all() == [id]
    assert mine.catalog.datasets().empty and mine.catalog.broken == {}
    mine.close()


def test_a_database_of_before_gets_the_tables(tmp_path):
    url = f"sqlite:///{tmp_path / 'workbench.db'}"
    Database(url).close()
    with sa.create_engine(url).begin() as connection:
        for table in ("wb_runs", "wb_run_tags"):
            connection.execute(sa.text(f"drop table {table}"))
    index = RunIndex(Database(url))
    assert index.known() == set() and RunIndex(Database(url)).rows() == []
