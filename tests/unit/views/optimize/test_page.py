"""The page without a browser: plan, run, stop and go on, brush, cells, halves, the list, files, what goes wrong."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import param
import pytest

from tests.unit.views.backtest.markets import Catalog, bars
from workbench.backtest import backtest
from workbench.errors import DataError
from workbench.strategies import SmaCross, Strategy, strategies
from workbench.sweep import sweep as sweep_of
from workbench.sweep.jobs import Jobs
from workbench.views.backtest.running import Job
from workbench.views.optimize import OptimizeView, saved
from workbench.views.optimize.board import board_of
from workbench.views.optimize.coordinates import MOST, chosen_of, places_of
from workbench.views.optimize.saved import written_table
from workbench.views.optimize.work import MOST_CURVES, fan_of, halves_of
from workbench.views.state import AppState

TIMEOUT = 120


@pytest.fixture
def broken() -> Iterator[str]:
    """A strategy that raises where its parameter is above 5."""

    class Broken(Strategy):
        fast = param.Integer(4, bounds=(1, 100), doc="Bars.")

        def studies(self) -> dict[str, str]:
            if self.fast > 5:
                raise ValueError("out of ideas")
            return {"calm": f"sma(close, {self.fast})"}

        def decide(self, now: Any, was: Any, broker: Any) -> None:
            if now.close > now.calm:
                broker.long()
            else:
                broker.flat()

    strategies.register("broken_sweep")(Broken)
    yield "broken_sweep"
    del strategies._plugins["broken_sweep"]


def page(folder: Path, **frames: pd.DataFrame) -> OptimizeView:
    workspaces = SimpleNamespace(annotations=SimpleNamespace(version=lambda symbol: 0, of=lambda symbol: []))
    services = SimpleNamespace(
        catalog=Catalog(**(frames or {"AAA": bars()})), sweeps=Jobs(folder / "sweeps"), workspaces=workspaces
    )
    return OptimizeView(services, AppState(symbol="AAA", spec="1d"))


def settled(view: OptimizeView) -> OptimizeView:
    """Look until nothing goes on any more."""
    while view.busy:
        jobs = [one.job for one in (view.runner, *view._lookers) if one.job is not None]
        jobs[0]._future.result(TIMEOUT)
        view.poll()
    return view


def swept(view: OptimizeView, **texts: str) -> OptimizeView:
    for name, text in texts.items():
        view.form.edit(name.replace("__", "."), text)
    view.run()
    assert view.runner.busy, view.form.setup.errors
    return settled(view)


class Held:
    """Has a sweep wait after its first piece, as long as one likes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from workbench.sweep.checkpoint import Checkpoint

        self.first, self.go, put = threading.Event(), threading.Event(), Checkpoint.put

        def held(checkpoint: Checkpoint, first: int, done: Any) -> None:
            put(checkpoint, first, done)
            self.first.set()
            assert self.go.wait(TIMEOUT)

        monkeypatch.setattr(Checkpoint, "put", held)


def test_a_page_begins_with_a_plan_and_the_example_runs(tmp_path: Path) -> None:
    view = settled(page(tmp_path))
    assert view.form.panel.plan.startswith("192 cells of 300 bars in ") and view.form.panel.plan.endswith("MB.")
    assert view.notice.visible and view.notice.action == "Run the example"
    view.notice.clicks += 1
    settled(view)
    assert not view.notice.visible and view.now.state == "finished"
    assert view.head.figures[0]["value"] == "192 / 192"
    assert "192 trials" in view.bottom.trials.object
    shown = [column.name for column in view.bottom.board.columns]
    assert {"sharpe", "deflated_sharpe", "plateau", "trials"} <= set(shown)


def test_the_cells_are_those_of_the_sweep_by_code(tmp_path: Path) -> None:
    view = swept(page(tmp_path), c__taker="0.001", c__maker="0.001")
    values = {"fast": range(5, 31, 2), "slow": range(15, 91, 5)}
    expected = sweep_of(SmaCross, bars(), values, where="fast < slow", fees=0.001)
    pd.testing.assert_frame_equal(view.sweep.table, expected.table)


def test_the_picture_is_the_matrix_of_the_sweep() -> None:
    values = {"fast": range(2, 8), "slow": range(10, 40, 10), "window": [1]}
    del values["window"]
    sw = sweep_of("macd_cross", bars(), {**values, "signal": [5, 9, 12]}, where="fast < slow")
    for reducer in ("median", "mean", "max", "min"):
        expected = sw.matrix("fast", "slow", "sharpe", reduce=reducer).to_numpy()
        np.testing.assert_allclose(board_of(sw, "fast", "slow", measure="sharpe", reducer=reducer), expected)
    held = board_of(sw, "fast", "slow", measure="sharpe", slices={"signal": 1})
    table = sw.table[sw.table["signal"] == 9]
    for row in table.itertuples():
        at = sw.space.values["slow"].index(row.slow), sw.space.values["fast"].index(row.fast)
        assert held[at] == pytest.approx(row.sharpe, nan_ok=True)
    assert board_of(sw, "signal", measure="sharpe").shape == (1, 3)


def test_a_sweep_fills_is_paused_and_goes_on_to_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = swept(page(tmp_path / "whole")).sweep.table
    view, held = page(tmp_path / "paused"), Held(monkeypatch)
    settled(view)
    view.run()
    assert held.first.wait(TIMEOUT)
    view.poll()
    assert view.form.panel.working and [one["name"] for one in view.head.buttons][0] == "pause"
    assert 0 < np.isfinite(view.heat.board.values).sum() < 192
    assert "cells" in view.head.progress["phase"]
    early = np.isfinite(view.sweep.table["total_return"]).sum()
    view.press("pause")
    held.go.set()
    settled(view)
    assert view.now.state == "paused" and 0 < view.now.done < 192
    assert not view.form.panel.working and view.head.buttons[0]["name"] == "resume"
    assert early < np.isfinite(view.sweep.table["total_return"]).sum() == view.now.done
    assert view.head.figures[0]["value"] == f"{view.now.done} / 192"
    view.press("resume")
    settled(view)
    assert view.now.state == "finished"
    pd.testing.assert_frame_equal(view.sweep.table, whole)


def test_a_cancelled_sweep_keeps_its_cells_and_another_page_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, held = page(tmp_path), Held(monkeypatch)
    settled(view)
    view.run()
    assert held.first.wait(TIMEOUT)
    view.poll()
    view.cancel()
    held.go.set()
    settled(view)
    assert view.now.state == "cancelled" and view.head.badges[0]["text"] == "cancelled"
    other = settled(page(tmp_path))
    assert [one["gain"] for one in other.list.model.runs] == ["cancelled"]
    other.list.heard({"what": "show", "id": other.list.model.runs[0]["id"]})
    settled(other)
    assert other.now.done == view.now.done and other.heat.sweep is other.sweep
    other.resume()
    settled(other)
    assert other.now.state == "finished" and np.isfinite(other.sweep.sums["bars"]).all()


def test_a_sweep_that_has_not_begun_is_cancelled(tmp_path: Path) -> None:
    view = settled(page(tmp_path))
    gate = threading.Event()
    read = view.services.catalog.bars
    view.services.catalog.bars = lambda *given: (gate.wait(TIMEOUT), read(*given))[1]
    view.run()
    view.cancel()
    gate.set()
    settled(view)
    assert view.notice.title == "Cancelled" and not view.form.panel.working
    assert len(view.services.sweeps.list()) == 0


def test_what_cannot_be_planned_is_said_in_the_form(tmp_path: Path) -> None:
    view = settled(page(tmp_path))
    view.form.edit("where", "fast > 1000")
    settled(view)
    assert "leaves no cell" in next(one["error"] for one in view.form.panel.fields if one["name"] == "where").lower()
    assert view.form.panel.plan == ""
    view.run()
    assert not view.runner.busy
    view.form.edit("where", "fast < slow")
    view.form.edit("from", "1990")
    view.form.edit("to", "1991")
    settled(view)
    assert "no 1d bars in this window" in view.form.panel.refused


def test_a_strategy_that_raises_in_some_cells_is_told_and_the_page_lives_on(tmp_path: Path, broken: str) -> None:
    view = settled(page(tmp_path))
    swept(view, strategy=broken, s__fast__from="3", s__fast__to="8", s__fast__step="1")
    assert view.now.state == "finished" and len(view.sweep.failures) == 3
    assert view.head.figures[1]["value"] == "3" and "out of ideas" in view.head.figures[1]["tip"]
    assert "raised in 3 cells" in view.bottom.trials.object and "out of ideas" in view.bottom.trials.object
    assert np.isnan(view.heat.board.values[0, 3:]).all() and np.isfinite(view.heat.board.values[0, :3]).all()
    assert view.heat.lens.y == ""


def test_a_brush_gives_the_bands_of_its_cells(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    view.heat.board.brushed((0.4, 2.2), (3.1, 5.0))
    cells = view.heat.cells_at((0, 2), (3, 5))
    table = view.sweep.table.loc[cells]
    assert set(table["fast"]) == {5, 7, 9} and set(table["slow"]) == {30, 35, 40}
    settled(view)
    assert "<b>9 cells</b>" in view.fan.line.object
    finals = 100 * (view.sweep.table.loc[cells, "final_equity"] / 10_000 - 1)
    source = view.fan.figures.source.data
    assert source["p50"][-1] == pytest.approx(np.median(finals))
    assert source["d10"][-1] <= source["d50"][-1] <= source["d90"][-1] <= 0
    assert view.heat.board._brush.visible
    view.heat.choose({"what": "measure", "value": "total_return"})
    assert not view.heat.board._brush.visible


def test_the_next_brush_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    view.brush(np.arange(100))
    before = view.fan.runner.job
    view.brush(np.arange(3))
    assert before.state == "cancelled"
    settled(view)
    assert "<b>3 cells</b>" in view.fan.line.object


def test_many_cells_are_thinned_for_their_bands() -> None:
    sw = sweep_of("sma_cross", bars(60), {"fast": range(1, 21), "slow": range(21, 41)})
    fan = fan_of(sw, np.arange(400), Job())
    assert (fan.cells, fan.of) == (MOST_CURVES, 400) and fan.equity.shape == (5, 60)


def test_a_cell_is_run_again_and_its_trades_are_shown(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    view.heat.board.tapped(1.2, 4.9)
    settled(view)
    expected = backtest(SmaCross(fast=7, slow=40), {"AAA": bars()})
    assert view.bottom.bar.value == "cell"
    assert view.cell.outcome.chosen.label == "sma_cross 7 40"
    pd.testing.assert_frame_equal(view.cell.outcome.trips, expected.round_trips)
    assert len(view.cell.trips.frame) == len(expected.round_trips)
    assert "backtest?symbol=AAA&amp;spec=1d" in view.cell.line.object and "p.slow=40" in view.cell.line.object
    assert view.heat.board._cell.data_source.data == {"x": [1], "y": [5]}


def test_a_press_where_no_cell_is_does_nothing(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    for place in ((12, 0), (-3, 2), (None, None)):
        view.heat.board.tapped(*place)
    assert not view._celler.busy and view.bottom.bar.value == "best"


def test_a_stored_sweep_opens_with_its_cells(tmp_path: Path) -> None:
    first = swept(page(tmp_path), c__taker="0.001", c__maker="0.001", whole_units="1", cash="5000")
    view = settled(page(tmp_path))
    view.open(first.now.id)
    view.pick(9)
    settled(view)
    first.pick(9)
    settled(first)
    pd.testing.assert_frame_equal(view.cell.outcome.trips, first.cell.outcome.trips)
    assert view.cell.outcome.chosen.label == first.cell.outcome.chosen.label
    assert "c.taker=0.001" in view.cell.line.object and "cash=5000" in view.cell.line.object


def test_halves_are_sweeps_of_each_half() -> None:
    values = {"fast": range(2, 6), "slow": range(8, 20, 4)}
    sw, frame = sweep_of("sma_cross", bars(), values), bars()
    for measure in ("total_return", "exposure"):
        found = halves_of(sw, measure, Job())
        for half, mine in ((frame.iloc[:150], found.first), (frame.iloc[150:], found.second)):
            expected = sweep_of("sma_cross", half, values).table[measure].to_numpy()
            np.testing.assert_allclose(mine, expected[found.cells])
    assert found.cut == frame.index[150] and -1 <= found.correlation <= 1


def test_halves_are_asked_for_and_go_with_the_measure(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    assert view.halves.notice.visible
    view.halves.notice.clicks += 1
    settled(view)
    assert not view.halves.notice.visible and len(view.halves.board.source.data["x"]) > 100
    cell = int(view.halves.board.source.data["cell"][7])
    view.halves.board.tapped(*(view.halves.board.source.data[name][7] for name in "xy"))
    assert view.heat.board._cell.data_source.data["x"] == [view.heat._place(cell)[0]]
    settled(view)
    view.heat.choose({"what": "measure", "value": "calmar"})
    assert view.halves.notice.visible


def test_coordinates_are_brushed_by_their_places(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    view.bottom.open("coordinates")
    model = view.coordinates.model
    assert [one["name"] for one in model.axes] == ["fast", "slow", "Sharpe ratio"] and len(model.lines) > 100
    asked: list[np.ndarray] = []
    view.coordinates._on_brush = asked.append
    view.coordinates.brush({"0": [0, 50], "2": [500, 1000]})
    table = view.sweep.table
    middle = (table["sharpe"].max() + table["sharpe"].min()) / 2
    expected = table[(table["fast"] <= 6) & (table["sharpe"] >= middle)].index
    assert list(asked[0]) == list(expected) and len(expected)
    view.coordinates.brush({})
    assert len(asked) == 1


def test_coordinates_of_many_cells_keep_the_best() -> None:
    sw = sweep_of("sma_cross", bars(80), {"fast": range(1, 41), "slow": range(41, 81)})
    chosen, places = chosen_of(sw, "total_return"), places_of(sw, "total_return")[0]
    assert len(chosen) <= MOST and len(np.unique(chosen)) == len(chosen)
    assert places[chosen[-1], -1] == np.nanmax(places[:, -1])
    assert places[:, 0].min() == 0 and places[:, 0].max() == 1000


def test_axes_and_slices_are_chosen(tmp_path: Path) -> None:
    view = swept(
        page(tmp_path), strategy="macd_cross", s__signal="1", s__signal__from="5", s__signal__to="9",
        s__signal__step="2", s__fast__step="6", s__slow__step="20",
    )  # fmt: skip
    lens = view.heat.lens
    assert (lens.x, lens.y, lens.slices) == ("fast", "slow", {"signal": -1})
    view.heat.choose({"what": "slice", "name": "signal", "at": 1})
    cells = view.heat.cells_at((0, 99), (0, 99))
    assert set(view.sweep.table.loc[cells, "signal"]) == {7}
    view.heat.choose({"what": "x", "value": "slow"})
    assert (lens.x, lens.y) == ("slow", "fast")
    view.heat.choose({"what": "y", "value": "signal"})
    assert (lens.x, lens.y, lens.slices) == ("slow", "signal", {"fast": -1})
    assert view.heat.board.values.shape == (3, len(lens.values["slow"]))


def test_sweeps_are_listed_compared_removed_and_brought_back(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    swept(view, s__fast__to="20")
    assert len(view.list.model.runs) == 2
    ids = [one["id"] for one in view.list.model.runs]
    for one in ids:
        view.list.heard({"what": "tick", "id": one, "on": True})
    view.list.heard({"what": "compare"})
    settled(view)
    frame = view.comparison.table.frame.set_index("what")
    assert view.bottom.bar.value == "compare"
    assert list(frame.loc["Cells", ["r0", "r1"]]) == ["125 of 125", "192 of 192"]
    best = view.sweep.table["total_return"].max()
    assert frame.loc["Total return, best of all", "r0"] == f"{best:.2%}".replace("%", " %").replace("-", "−")
    view.list.heard({"what": "remove", "id": ids[1]})
    assert [one["id"] for one in view.list.model.runs] == ids[:1] and view.list.model.ticked == ids[:1]
    view.list.heard({"what": "restore", "id": ids[1]})
    assert len(view.list.model.runs) == 2 and not view.list.model.removed


def test_the_table_is_handed_out_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = swept(page(tmp_path))
    csv = pd.read_csv(io.BytesIO(written_table(view.sweep, "x", "csv")), index_col="cell")
    pd.testing.assert_frame_equal(csv, view.sweep.table)
    parquet = pd.read_parquet(io.BytesIO(written_table(view.sweep, "x", "parquet")))
    pd.testing.assert_frame_equal(parquet, view.sweep.table)
    monkeypatch.setattr(saved, "MOST_ROWS", 100)
    with pytest.raises(DataError, match="192 cells.*workbench sweeps export x"):
        written_table(view.sweep, "x", "csv")


def test_a_picture_follows_the_theme(tmp_path: Path) -> None:
    view = swept(page(tmp_path))
    before = view.heat.board.mapper.palette
    view.state.dark = False
    assert view.heat.board.mapper.palette != before
