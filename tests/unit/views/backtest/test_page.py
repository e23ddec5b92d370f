"""The page without a browser: runs, failures, what is shown of them, the list of runs, tables of any length."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import pytest

from tests.unit.views.backtest.markets import Catalog, bars
from workbench.backtest import backtest
from workbench.strategies import SmaCross, SmaFlip, Strategy, strategies
from workbench.views.backtest import BacktestView
from workbench.views.backtest.kept import side_by_side
from workbench.views.backtest.outcome import computed, markers_of
from workbench.views.backtest.results import ResultTables, measures_of, monthly_html
from workbench.views.backtest.running import Job
from workbench.views.backtest.setup import Setup
from workbench.views.backtest.tables import MOST, Column, Table, written
from workbench.views.state import AppState

TIMEOUT = 60


@pytest.fixture
def broken() -> Iterator[str]:
    """A strategy of the registry that raises at bar 50."""

    class Broken(Strategy):
        def decide(self, now: Any, was: Any, broker: Any) -> None:
            if now.bar == 50:
                raise ValueError("out of ideas")
            broker.long()

    strategies.register("broken_here")(Broken)
    yield "broken_here"
    del strategies._plugins["broken_here"]


def page(**frames: pd.DataFrame) -> BacktestView:
    services = SimpleNamespace(catalog=Catalog(**(frames or {"AAA": bars(), "BBB": bars(seed=3)})))
    return BacktestView(services, AppState(symbol="AAA", spec="1d"))


def ran(view: BacktestView, **texts: str) -> BacktestView:
    for name, text in texts.items():
        view.form.edit(name.replace("__", "."), text)
    view.run()
    job = view.runner.job
    assert job is not None, view.form.setup.errors
    job._future.result(TIMEOUT)
    while view.runner.busy:
        view.poll()
    return view


def test_a_page_begins_with_what_to_do_and_the_example_runs() -> None:
    view = page()
    assert view.notice.visible and view.notice.action == "Run the example"
    view.notice.clicks += 1
    view.runner.job._future.result(TIMEOUT)
    view.poll()
    assert not view.notice.visible and view.head.title == "sma_cross 10 30"
    assert [one["label"] for one in view.head.figures][:3] == ["Return", "Benchmark", "Sharpe"]


def test_the_result_is_that_of_the_kernel() -> None:
    view = ran(page(), p__fast="5", p__slow="20", c__taker="0.001", c__maker="0.001")
    expected = backtest(SmaCross(fast=5, slow=20), bars(), fees=0.001)
    assert np.array_equal(expected.equity.to_numpy(), view.shown.outcome.result.equity.to_numpy())
    again = view.shown.outcome.again()
    again.finish()
    assert np.array_equal(again.equity, view.shown.outcome.result.equity.to_numpy())


def test_a_field_that_is_wrong_starts_nothing() -> None:
    view = page()
    view.form.edit("cash", "none")
    view.run()
    assert view.runner.job is None and "cash" in view.form.setup.errors and not view.form.panel.working


def test_a_strategy_that_raises_is_told_and_the_page_lives_on(broken: str) -> None:
    view = ran(ran(page()), strategy=broken)
    assert view.notice.visible and view.notice.kind == "error"
    assert "broken_here" in view.notice.title and "bar 50" in view.notice.title and "out of ideas" in view.notice.title
    assert view.head.badges[0]["text"] == "failed" and len(view.session.runs) == 1
    assert ran(view, strategy="sma_cross").notice.visible is False
    assert [row["kind"] for row in view.tables._log] == ["ran", "error", "ran"]


def test_a_window_without_bars_says_what_there_is_and_offers_it() -> None:
    view = ran(page(), **{"from": "2030"})
    assert "no 1d bars" in view.notice.title and "2020-01-01" in view.notice.text
    assert view.notice.action == "Use all there is"
    view.notice.clicks += 1
    view.runner.job._future.result(TIMEOUT)
    view.poll()
    assert view.shown is not None and view.form.setup.texts["from"] == ""


def test_a_cancelled_run_leaves_the_page_as_it_was() -> None:
    view = page()
    view.run()
    assert view.form.panel.working
    view.cancel()
    assert not view.form.panel.working and view.notice.title == "Cancelled" and not view.session.runs


def test_the_form_says_when_it_is_not_what_is_shown() -> None:
    view = ran(page())
    assert not view.form.panel.changed
    view.form.edit("p.fast", "11")
    assert view.form.panel.changed
    view.form.edit("p.fast", "10")
    assert not view.form.panel.changed


def test_runs_are_kept_renamed_removed_and_brought_back() -> None:
    view = ran(ran(ran(page()), p__fast="5"), p__fast="5")
    session = view.session
    assert [one.name for one in session.runs] == ["sma_cross 5 30 (2)", "sma_cross 5 30", "sma_cross 10 30"]
    last, middle, first = (one.id for one in session.runs)
    view.arrange({"what": "rename", "id": middle, "name": "  mine "})
    view.arrange({"what": "remove", "id": last})
    assert [one.name for one in session.runs] == ["mine", "sma_cross 10 30"] and session.shown == middle
    view.arrange({"what": "restore", "id": last})
    assert [one.id for one in session.runs] == [last, middle, first]
    view.arrange({"what": "show", "id": first})
    assert view.head.title == "sma_cross 10 30" and view.form.setup.text(view.form.setup.fields()[0]) == "10"


def test_two_runs_are_compared_what_differs_first() -> None:
    view = ran(ran(page()), p__fast="5")
    for one in view.session.runs:
        view.arrange({"what": "tick", "id": one.id, "on": True})
    view.arrange({"what": "compare", "on": True})
    assert view.list.comparing and view.modes.over is view.comparison
    frame, tips = side_by_side(view.session.compared)
    assert frame.loc[0, "what"] == "fast" and (frame.loc[0, "r0"], frame.loc[0, "r1"]) == ("5", "10")
    assert frame["differs"].is_monotonic_decreasing and len(tips) == len(frame)
    assert not frame.loc[frame["what"] == "slow", "differs"].item()
    view.arrange({"what": "tick", "id": view.session.runs[0].id, "on": False})
    assert not view.list.comparing and view.modes.over is None


def test_several_symbols_share_the_cash_and_one_is_on_the_chart() -> None:
    view = ran(page(), symbols="AAA, BBB")
    assert view.head.symbols == ["AAA", "BBB"] and view.chart.state.symbol == "AAA"
    row = int(np.flatnonzero(view.shown.outcome.trips["symbol"] == "BBB")[0])
    view.to_trip(row)
    assert view.chart.state.symbol == "BBB" == view.head.symbol


class Mode(pn.viewable.Viewer):
    closed = 0

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Spacer()

    def close(self) -> None:
        Mode.closed += 1


def test_a_mode_has_the_chart_to_itself_until_it_is_left() -> None:
    view = ran(page())
    curve = view.curves.curve
    view.modes.enter(Mode)
    assert view.curves.curve is None and view.modes.mode is not None
    view.leave()
    assert view.curves.curve is curve and Mode.closed == 1 and view.modes.mode is None


def test_the_markers_of_a_round_trip_lead_from_flat_to_flat() -> None:
    result = backtest(SmaFlip(fast=5, slow=20), bars())
    frame = markers_of(result.fills, result.round_trips, result.symbols)[""]
    assert len(frame) == len(result.fills) and len(result.round_trips) > 5
    signed = np.where(frame["kind"] == "buy", 1, -1) * frame["size"]
    for trip, rows in frame[frame["trip"] >= 0].groupby("trip"):
        assert signed[rows.index].sum() == pytest.approx(0, abs=1e-9)
        assert rows["pnl"].dropna().tolist() == [result.round_trips.loc[trip, "pnl"]]
        assert rows["time"].iloc[0] == result.round_trips.loc[trip, "entry_time"]
    assert sorted(frame["trip"].unique()) == [-1, *range(len(result.round_trips))]


def test_markers_of_positions_that_grow_and_shrink_belong_to_one_trip() -> None:
    fills = pd.DataFrame({
        "time": pd.date_range("2020", periods=4, tz="UTC"), "symbol": "S", "side": [1, 1, -1, -1],
        "units": [1.0, 2.0, 1.0, 2.0], "price": [1.0, 2.0, 3.0, 4.0], "position": [1.0, 3.0, 2.0, 0.0],
        "reason": "market", "tag": ["a", "", "", ""],
    })  # fmt: skip
    trips = pd.DataFrame({"symbol": ["S"], "pnl": [5.0]})
    frame = markers_of(fills, trips, ["S", "T"])["S"]
    assert frame["trip"].tolist() == [0, 0, 0, 0] and frame["text"].tolist() == ["a", "", "", ""]
    assert frame["pnl"].isna().tolist() == [True, True, True, False] and frame["pnl"].iloc[3] == 5.0


def outcome() -> Any:
    setup = Setup()
    setup.edit("symbols", "AAA")
    chosen = setup.check()
    return computed(chosen, backtest(chosen.strategy, bars(800)), Job())


def test_measures_and_months_are_those_of_the_result() -> None:
    one = outcome()
    frame, tips = measures_of(one)
    assert len(frame) == len(one.stats) == len(tips) and frame["title"].iloc[0] == "Total return"
    value = frame.loc[frame["title"] == "Total return", "value"].item()
    assert value == written(one.stats["total_return"], "percent")
    text = monthly_html(one.monthly)
    assert text.count("<tr>") == 1 + len(one.monthly) and written(one.monthly.iloc[0, 1], "percent") in text


def test_what_is_held_of_the_benchmark_begins_with_the_cash() -> None:
    one = outcome()
    closes = bars(800)["close"].to_numpy()
    assert one.curve.benchmark[0] == pytest.approx(10_000.0, rel=0.05)
    assert one.curve.benchmark[-1] / one.curve.benchmark[0] == pytest.approx(closes[-1] / closes[0])


def test_a_table_gives_the_rows_that_are_asked_for_in_the_order_of_a_heading() -> None:
    picked: list[int] = []
    table = Table([Column("x", "X", kind="count"), Column("t", "T", kind="time")], label="Big", on_pick=picked.append)
    sent: list[dict[str, Any]] = []
    table.model.send = lambda **what: sent.append(what)
    values = np.random.default_rng(1).permutation(100_000)
    table.show(pd.DataFrame({"x": values, "t": pd.date_range("2020", periods=100_000, freq="h", tz="UTC")}))
    assert table.model.count == 100_000 and len(table.model.first) < 100
    table.heard({"what": "rows", "first": 99_990, "count": 10_000_000, "version": table.model.version})
    assert [row["cells"][0] for row in sent[-1]["rows"]] == [f"{one:,}" for one in values[99_990:]]
    table.heard({"what": "rows", "first": 0, "count": 10_000_000, "version": table.model.version})
    assert len(sent[-1]["rows"]) == MOST
    table.heard({"what": "sort", "column": 0})
    assert table.rows(0, 2)[1]["cells"][0] == "1" and table.model.sort == 1
    table.heard({"what": "pick", "row": 5, "version": table.model.version})
    assert picked == [int(np.flatnonzero(values == 5)[0])] and table.model.marked == 5
    table.heard({"what": "sort", "column": 0})
    assert table.rows(0, 1)[0]["cells"][0] == "99,999" and table.model.sort == -1
    table.heard({"what": "sort", "column": 0})
    assert table.rows(0, 1)[0]["cells"][0] == f"{values[0]:,}" and table.model.sort == 0
    before = len(sent)
    table.heard({"what": "rows", "first": 0, "count": 10, "version": table.model.version - 1})
    assert len(sent) == before


def test_times_are_written_in_the_zone_and_days_as_days() -> None:
    table = Table([Column("t", "At", kind="time")], label="Times")
    stamps = pd.to_datetime(["2020-07-01 12:00", "2020-07-01 13:30"], utc=True)
    table.show(pd.DataFrame({"t": stamps}))
    table.tz = "America/New_York"
    assert [row["cells"] for row in table.rows(0, 2)] == [["2020-07-01 08:00"], ["2020-07-01 09:30"]]
    assert table.model.columns[0]["title"] == "At (America/New_York)"
    table.show(pd.DataFrame({"t": pd.to_datetime(["2020-07-01", None, "2020-07-03"], utc=True)}))
    assert [row["cells"] for row in table.rows(0, 3)] == [["2020-07-01"], ["–"], ["2020-07-03"]]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.12345, "percent", "12.35 %"), (-1.5, "money", "−1.50"), (float("nan"), "number", "–"), (None, "count", "–"),
        (float("-inf"), "number", "−∞"), (1234567.0, "count", "1,234,567"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_on_screens(value: float | None, kind: str, text: str) -> None:
    assert written(value, kind) == text


def test_prices_have_the_places_that_their_symbol_needs() -> None:
    frame = pd.DataFrame(
        {
            "symbol": ["AAPL", "AAPL", "ES", "DOGE", "DOGE"],
            "price": [119.0, 111.5, 4200.25, 0.10012, float("nan")],
            "units": [84.033612, 163.66, 3.0, 1e6, 2e6],
        }
    )
    table = Table([Column("price", "Price", "", "price"), Column("units", "Units", "", "units")], label="t")
    table.show(frame)
    cells = [row["cells"] for row in table.rows(0, 5)]
    assert [one[0] for one in cells] == ["119.00", "111.50", "4,200.25", "0.10012", "–"]
    assert [one[1] for one in cells] == ["84.034", "163.660", "3", "1,000,000", "2,000,000"]


def test_columns_that_say_nothing_are_left_out() -> None:
    one = outcome()
    tables = ResultTables(on_trip=print, on_drawdown=print, on_moment=print)
    tables.show(one)
    for name in ("orders", "fills"):
        tables.open(name)
    assert "Symbol" not in [column["title"] for column in tables.tables["trips"].model.columns]
    assert not {"Limit", "Stop", "Tag"} & {column["title"] for column in tables.tables["orders"].model.columns}
    assert {"Price", "Units"} <= {column["title"] for column in tables.tables["fills"].model.columns}


def test_the_chart_stays_on_the_page_while_runs_are_compared() -> None:
    view = ran(page())
    ran(view, p__fast="5")
    for kept in view.session.runs:
        view.arrange({"what": "tick", "id": kept.id, "on": True})
    stage = view.modes.area.objects[1]
    view.arrange({"what": "compare", "on": True})
    assert view.modes.area.objects == [view.head, stage, view.comparison.__panel__()] and "wb-away" in stage.css_classes
    assert stage.objects[0] is view.modes.chart  # what is taken out loses its legend and its markers
    view.arrange({"what": "compare", "on": False})
    assert view.modes.area.objects == [view.head, stage] and "wb-away" not in stage.css_classes


def test_a_run_that_ends_early_is_shown_with_its_end_at_the_right() -> None:
    view = page()
    view.chart.__panel__()
    view.chart._begin()
    ran(view, to="2020-06-01")
    low, high = view.chart.window
    last = view.chart.history.ordinal(int(pd.Timestamp("2020-05-31", tz="UTC").value))
    assert 0.9 < (last - low) / (high - low) < 1
