"""The debugger's view without a browser: the chart ends at the cursor, what is pressed is done, nothing falls over."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import param
import pytest

from workbench.backtest import Result, Run, Settings
from workbench.backtest.debugger import Debugger, Stop
from workbench.backtest.market import Market
from workbench.indicators import indicator
from workbench.strategies import SmaFlip, Strategy
from workbench.views.backtest import debugger as module
from workbench.views.backtest.debugger import DebuggerView
from workbench.views.backtest.debugger_panels import source_of, told_of, written
from workbench.views.chart import ChartView
from workbench.views.chart.markers import ChartMarkers


def bars_of(seed: int, count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(size=count) * 0.01))
    opened = np.concatenate([[100.0], close[:-1]])
    columns = {
        "open": opened, "high": np.maximum(opened, close) * 1.002, "low": np.minimum(opened, close) * 0.998,
        "close": close, "volume": rng.integers(1, 500, count) * 1.0,
    }  # fmt: skip
    return pd.DataFrame(columns, index=pd.date_range("2026-01-05", periods=count, freq="1h", tz="UTC", name="time"))


class Guarded(Strategy):
    """Buys where a mean turns, with a stop; raises at a bar."""

    raises = param.Integer(-1, bounds=(-1, 10_000), doc="The bar at which it raises; -1 for none.")

    def studies(self):
        return {"quick": indicator("sma", window=5)}

    def decide(self, now, was, broker):
        rises = now.quick > was.quick
        broker.memory[2] = now.bar
        if now.bar == self.raises:
            raise ValueError("enough")
        if rises and broker.position == 0.0:
            broker.buy(fraction=0.5, stop_loss=0.97 * now.close, tag="turn")
        elif not rises:
            broker.flat()


def view_of(strategy: Strategy | None = None, bars: pd.DataFrame | None = None, chart: ChartView | None = None):
    bars = bars_of(1) if bars is None else bars
    view = DebuggerView(lambda: Run(strategy or Guarded(), Market(bars), Settings(costs={"taker": 0.001})), chart)
    if chart is None:
        view.chart.view.__panel__()
        view.chart.follow()
    return view, bars


def drawn(view: DebuggerView) -> np.ndarray:
    """Times of the bars that the browser has, ns."""
    return np.asarray(view.chart.view.chart.source.data["time"])


def ends_at_the_cursor(view: DebuggerView, bars: pd.DataFrame) -> bool:
    chart, cursor = view.chart.view, view.debugger.cursor
    held = chart.history.records
    same = held["close"].tolist() == bars.close.iloc[cursor + 1 - len(held) : cursor + 1].tolist()
    newest = pd.Timestamp(drawn(view)[-1], unit="ms", tz="UTC")
    last = chart.chart.source.data["close"][-1] == bars.close.iloc[cursor]
    return same and last and newest == bars.index[cursor] and view.panel.at["instant"] == cursor


def test_the_chart_ends_at_the_cursor_however_one_moves():
    view, bars = view_of()
    assert view.debugger.cursor == view.debugger.first == 4
    assert ends_at_the_cursor(view, bars)
    for asked in (
        {"what": "step", "n": 1}, {"what": "step", "n": 10}, {"what": "back", "n": 1}, {"what": "to", "text": "300"},
        {"what": "back", "n": 10}, {"what": "step", "n": 1}, {"what": "jump", "kind": "fill"},
        {"what": "jump", "kind": "signal", "back": True}, {"what": "to", "text": "20"}, {"what": "step", "n": 1},
        {"what": "start"}, {"what": "back", "n": 1}, {"what": "to", "text": "2026-01-20"}, {"what": "run"},
    ):  # fmt: skip
        view.act(asked)
        assert ends_at_the_cursor(view, bars), asked
    assert view.panel.at["why"] == "end" and view.panel.at["end"]


def test_the_first_bar_stays_in_sight():
    view, bars = view_of()
    view.act({"what": "back", "n": 10})
    assert view.debugger.cursor == 0
    view.act({"what": "back", "n": 1})
    assert view.debugger.cursor == 0 and ends_at_the_cursor(view, bars)


def test_markers_are_those_so_far():
    view, _ = view_of()
    marks = next(part for part in view.chart.view.parts if isinstance(part, ChartMarkers))
    for where in (60, 200, 100):
        view.act({"what": "to", "text": str(where)})
        fills = view.debugger.result().fills
        assert marks.markers.time.tolist() == fills.time.to_numpy("M8[ns]").astype("i8").tolist()
        assert len(fills) > 5
    view.act({"what": "start"})
    assert marks.markers is None


def test_later_bars_are_there_only_while_they_are_asked_for():
    view, bars = view_of()
    view.act({"what": "to", "text": "100"})
    view.panel.later = True
    assert view.chart.view.history.records["time"][-1] == bars.index[-1].value
    box = view.chart._veil[0]
    assert box.visible and box.left == view.chart.view.history.ordinal(bars.index[100].value) + 0.5
    view.act({"what": "step", "n": 1})
    assert box.left == view.chart.view.history.ordinal(bars.index[101].value) + 0.5
    assert view.chart.view.window[0] < box.left < view.chart.view.window[1]
    view.panel.later = False
    assert not box.visible and ends_at_the_cursor(view, bars)


def test_a_chart_that_was_lent_is_given_back():
    bars = bars_of(2)
    chart = ChartView(bars=bars, live=False, railed=False)
    chart.__panel__()
    parts, center = list(chart.parts), list(chart.chart.price.center)
    view, _ = view_of(bars=bars, chart=chart)
    assert view.chart.view is chart and ends_at_the_cursor(view, bars)
    view.act({"what": "step", "n": 50})
    assert ends_at_the_cursor(view, bars)
    view.close()
    view.close()
    assert chart.parts == parts and chart.chart.price.center == center
    assert chart.history.reader.coverage()[1] == bars.index[-1].value
    view.act({"what": "step", "n": 1})  # a press that was on its way
    assert view.debugger.cursor == 54


def test_a_condition_is_added_and_stops():
    view, bars = view_of()
    view.act({"what": "add", "kind": "condition", "text": "close > quik"})
    assert "did you mean quick" in view.panel.wrong and "'quik'" in view.panel.wrong
    assert view.panel.breaks == [] and view.panel.added == 0
    view.act({"what": "add", "kind": "condition", "text": "close < quick and position > 0"})
    assert view.panel.wrong == "" and view.panel.added == 1
    view.act({"what": "run"})
    at = view.panel.at
    assert at["why"] == "breakpoint" and "close < quick" in at["told"] and view.panel.breaks[0]["hit"]
    whole = Run(Guarded(), Market(bars), Settings(costs={"taker": 0.001}))
    whole.finish()
    held = Result.of(whole).positions.to_numpy()[:, 0] > 0
    holds = held & (bars.close < indicator("sma", window=5)(bars)).to_numpy()
    begins = np.flatnonzero(holds & ~np.concatenate([[False], holds[:-1]]))
    assert at["instant"] == begins[begins > 4][0]
    view.act({"what": "toggle", "number": 1, "on": False})
    assert not view.panel.breaks[0]["on"]
    view.act({"what": "run"})
    assert view.panel.at["why"] == "end"
    view.act({"what": "remove", "number": 1})
    assert view.panel.breaks == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"what": "to", "text": "soon"}, "no bar and no time"),
        ({"what": "to", "text": "400"}, "0 to 399"),
        ({"what": "inside"}, "inside="),
    ],
)
def test_what_cannot_be_done_is_told(asked, says):
    view, _ = view_of()
    view.act(asked)
    assert says in view.panel.astray and view.debugger.cursor == 4


@pytest.mark.parametrize(
    "asked", [{}, {"what": "nonsense"}, {"what": "jump", "kind": "moon"}, {"what": "step", "n": -3}]
)
def test_nonsense_does_no_harm(asked):
    view, bars = view_of()
    view.act(asked)
    assert ends_at_the_cursor(view, bars)


def test_a_strategy_that_raises_is_told_and_left_again():
    view, bars = view_of(Guarded(raises=50))
    view.act({"what": "run"})
    at = view.panel.at
    assert at["failed"] and "bar 50" in at["told"] and "enough" in at["told"] and at["end"]
    assert at["instant"] == 50 and ends_at_the_cursor(view, bars)
    first = view.panel.source["first"]
    assert view.panel.source["lines"][at["lines"][0] - first].strip() == 'raise ValueError("enough")'
    assert ["rises", at["locals"][0][1]] == at["locals"][0]
    view.act({"what": "step", "n": 1})
    assert view.panel.at["instant"] == 50
    view.act({"what": "back", "n": 1})
    assert view.panel.at["instant"] == 49 and not view.panel.at["failed"] and view.panel.at["told"] == ""


def test_what_is_told_of_a_cursor():
    view, bars = view_of()
    view.act({"what": "jump", "kind": "signal"})
    at, source = view.panel.at, view.panel.source
    assert source["lines"][0].startswith("def decide")
    assert source["lines"][at["asked"][0]["line"] - source["first"]].strip().startswith("broker.buy(")
    assert at["lines"] == [at["asked"][0]["line"]]
    assert at["memory"] == [["2", written(float(at["instant"]))]]
    assert [row[0] for row in at["rows"]] == ["open", "high", "low", "close", "volume", "quick"]
    assert at["working"][0]["text"] == "#0 market buy, 0.5 of equity, turn"
    view.act({"what": "step", "n": 1})
    fill = view.panel.at["fills"][0]
    assert fill["text"].startswith("bought ") and fill["side"] == 1
    assert [number for number, _ in fill["rules"]] == [2] and fill["rules"][0][1]
    assert "exit sell" in view.panel.at["working"][0]["text"] and "stop" in view.panel.at["working"][0]["text"]
    assert {name: value for name, value, _ in view.panel.at["account"]}["Bars held"] == "0"
    view.chart.view.state.tz = "America/New_York"
    assert view.panel.at["time"].endswith("America/New_York")


def test_numbers_as_they_are_written():
    values = (None, float("nan"), True, False, 12345, 61835.5, 0.00123456789, -4.0, 8_403_076.0, -0.5)
    texts = ["–", "–", "yes", "no", "12,345", "61,835.50", "0.00123457", "−4", "8,403,076", "−0.5"]
    assert [written(one) for one in values] == texts


def test_the_account_is_written_as_money():
    view, _ = view_of()
    view.act({"what": "step", "n": 30})
    account = {name: text for name, text, _ in view.panel.at["account"]}
    assert all(len(account[name].partition(".")[2]) == 2 for name in ("Unrealised", "Equity", "Cash", "Fees"))
    assert account["Drawdown"].endswith(" %")


class _Timer:
    """A periodic callback that somebody else turns."""

    running = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False


def test_playing_goes_as_fast_as_it_was_told(monkeypatch):
    view, bars = view_of()
    view._timer, now = _Timer(), [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    view.act({"what": "play", "speed": 20})
    assert view.panel.mode == "playing" and view._timer.running and view.panel.speed == 20
    for _ in range(8):
        now[0] += 0.125
        view.tick()
        view.act({"what": "seen"})
    assert view.debugger.cursor == 4 + 1 + 20
    now[0] += 60.0  # a session that was held up does not make up for all of it
    view.tick()
    assert view.debugger.cursor <= 4 + 21 + 5
    cursor = view.debugger.cursor
    now[0] += 1.0
    view.tick()  # the browser has not drawn it yet
    assert view.debugger.cursor == cursor
    now[0] += module.PATIENCE
    view.tick()  # and never will, it seems
    assert view.debugger.cursor > cursor
    assert ends_at_the_cursor(view, bars)
    view.act({"what": "pause"})
    assert view.panel.mode == "still" and not view._timer.running
    view.act({"what": "add", "kind": "at", "text": "60"})
    view.act({"what": "play", "speed": 500})
    for _ in range(20):
        now[0] += 0.1
        view.tick()
        view.act({"what": "seen"})
    assert view.debugger.cursor == 60 and view.panel.mode == "still" and view.panel.at["why"] == "breakpoint"
    view.act({"what": "play", "speed": 20})
    view.act({"what": "step", "n": 1})  # a step ends playing
    assert view.panel.mode == "still" and view.debugger.cursor == 61


def test_a_long_run_goes_on_beside_and_can_be_paused():
    view, bars = view_of(SmaFlip(fast=3, slow=8), bars_of(3, 3000))
    view._timer = _Timer()
    begun, go_on = threading.Event(), threading.Event()
    one = view.debugger.add("signal")

    def hit(t: int) -> bool:
        begun.set()
        go_on.wait(30)
        return False

    view.debugger._tests[one.number] = hit
    view.act({"what": "run"})
    assert view.busy and view.panel.mode == "running" and begun.wait(30)
    view.tick()
    assert 0 < view.panel.done < 0.1
    cursor = view.panel.at["instant"]
    view.act({"what": "step", "n": 1})  # the run goes on: nothing is done
    assert view.panel.at["instant"] == cursor
    view.act({"what": "pause"})
    go_on.set()
    view._job.result(30)
    view.tick()
    assert not view.busy and view.panel.mode == "still" and view.panel.at["why"] == "paused"
    assert ends_at_the_cursor(view, bars)
    view.debugger.remove(one.number)
    view.act({"what": "to", "text": "9999999"})
    view._job.exception(30)
    view.tick()
    assert "0 to 2,999" in view.panel.astray and not view.busy


def test_a_source_in_no_file_is_no_harm():
    made: dict = {"Strategy": Strategy}
    exec(
        "class Loose(Strategy):\n    def decide(self, now, was, broker):\n        if now.bar == 1: broker.long()\n",
        made,
    )
    debugger = Debugger(lambda: Run(made["Loose"](), Market(bars_of(1)), Settings()))
    debugger.step(3)
    assert source_of(debugger)["lines"] == []
    assert told_of(debugger, debugger.see(), Stop("there"))["fills"]


def test_several_symbols_can_be_shown():
    frames = {"A": bars_of(1), "B": bars_of(2)}
    view = DebuggerView(lambda: Run(Guarded(), Market(frames), Settings()))
    view.chart.view.__panel__()
    view.act({"what": "to", "text": "100"})
    assert view.panel.symbols == ["A", "B"] and view.panel.symbol == "A"
    assert ends_at_the_cursor(view, frames["A"])
    view.act({"what": "symbol", "symbol": "B"})
    assert ends_at_the_cursor(view, frames["B"]) and view.panel.symbol == "B"
    view.act({"what": "step", "n": 3})
    assert ends_at_the_cursor(view, frames["B"])
    view.act({"what": "symbol", "symbol": "C"})
    assert "known: A, B" in view.panel.astray
    view.act({"what": "step", "n": 1})
    assert view.panel.astray == ""
