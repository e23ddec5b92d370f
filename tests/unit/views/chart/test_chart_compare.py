"""Prices of another symbol at the bars of a chart: by time, never from the future, gaps stay gaps."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from workbench.market.calendars import calendar
from workbench.market.events import BAR
from workbench.market.instruments import Instrument
from workbench.market.specs import BarSpec
from workbench.views.chart.compare import Compare
from workbench.views.chart.compared import Other, period, spec_beside
from workbench.views.chart.history import History
from workbench.views.chart.readers import FrameBars
from workbench.views.chart.view import ChartView
from workbench.views.state import AppState

MINUTE, DAY = 60 * 10**9, 86400 * 10**9
START = 19_723 * DAY  # Monday 2024-01-01


def bars(times: list[int], closes: list[float] | None = None) -> np.ndarray:
    out = np.zeros(len(times), BAR)
    out["time"] = times
    for name in ("open", "high", "low", "close"):
        out[name] = np.arange(1, len(times) + 1) if closes is None else closes
    return out


class Reader(FrameBars):
    """Bars that count how often they were read."""

    reads = 0

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        self.reads += 1
        return super().between(spec, start, end)


def other(records: np.ndarray, spec: str = "1min", *, within: bool = False, session: str = "24/7") -> Other:
    parsed = BarSpec.parse(spec)
    reader = Reader(records, parsed, calendar("24/7"))
    return Other(reader, Instrument("B", session=session), parsed, within=within)


def held(times: list[int], spec: str = "1min") -> History:
    parsed = BarSpec.parse(spec)
    history = History(FrameBars(bars(times), parsed, calendar("24/7")), parsed)
    history.records, history.first = bars(times), -len(times)
    return history


def at(one: Other, history: History, session: str = "24/7") -> list[float]:
    return one.at(history, history.first, history.stop, calendar(session)).tolist()


def minutes(*numbers: float) -> list[int]:
    return [START + round(n * MINUTE) for n in numbers]


def test_bars_of_one_time_stand_together_and_a_short_silence_keeps_the_price() -> None:
    one = other(bars(minutes(0, 1, 3, 4)))
    assert at(one, held(minutes(0, 1, 2, 3, 4))) == [1, 2, 2, 3, 4]


def test_the_future_is_never_shown() -> None:
    one = other(bars(minutes(0.5, 1.5, 2.5)))
    known = at(one, held(minutes(0, 1, 2)))
    assert np.isnan(known[0]) and known[1:] == [1, 2]


def test_a_long_silence_is_a_gap() -> None:
    one = other(bars(minutes(0, 40)))
    known = at(one, held(minutes(*range(42))))
    assert known[:16] == [1] * 16
    assert np.isnan(known[16:40]).all() and known[40:] == [2, 2]


def test_days_are_matched_by_their_dates_and_hold_over_a_weekend() -> None:
    """Sessions in New York begin in the afternoon, UTC; those of a market without hours at midnight."""
    new_york = [START + day * DAY + 14 * 3600 * 10**9 + 30 * MINUTE for day in (1, 2, 3, 4, 7)]  # Tuesday to Monday
    one = other(bars(new_york), "1d", session="XNYS")
    known = at(one, held([START + day * DAY for day in range(8)], "1d"))
    assert np.isnan(known[0]) and known[1:] == [1, 2, 3, 4, 4, 4, 5]
    back = other(bars([START + day * DAY for day in range(8)]), "1d")
    assert at(back, held(new_york, "1d"), "XNYS") == [2, 3, 4, 5, 8]


def test_weeks_that_begin_with_a_holiday_stand_together() -> None:
    week = [START + 7 * k * DAY for k in range(3)]
    late = [week[0] + DAY, week[1], week[2] + 2 * DAY]
    assert at(other(bars(late), "1w"), held(week, "1w")) == [1, 2, 3]
    assert at(other(bars(week), "1w"), held(late, "1w")) == [1, 2, 3]
    month = BarSpec.parse("1mo")
    assert period(np.array([START + 3 * DAY]), month, calendar("24/7")).tolist() == [START]


def test_bars_that_time_does_not_cut_count_what_had_ended_by_their_end() -> None:
    one = other(bars(minutes(0, 1, 2, 3)), within=True)
    history = held(minutes(0.2, 1.5, 2.5, 3.4), "1000tick")
    # The first ends at 1:30, when the first minute was over; the last goes on.
    assert at(one, history) == [1, 2, 3, 4]
    early = held(minutes(0.2, 0.7, 0.9), "1000tick")
    assert np.isnan(at(one, early)[:2]).all()


@pytest.mark.parametrize(
    ("spec", "step", "beside", "within"),
    [
        ("5min", 5, "5min", False),
        ("ha(15min)", 15, "15min", False),
        ("renko:1.0(1d)", 1440, "1d", False),
        ("1000tick", 7, "5min", True),
        ("1000tick", 0.001, "1s", True),
        ("1000tick", 9000, "4h", True),
    ],
)
def test_the_bars_that_are_read_suit_those_that_are_shown(spec: str, step: float, beside: str, within: bool) -> None:
    history = held(minutes(*(k * step for k in range(50))), spec)
    assert tuple(map(str, spec_beside(history, history.first, history.stop))) == (beside, str(within))


def test_small_moves_read_nothing_and_large_ones_read_again() -> None:
    times = minutes(*range(5000))
    one, history = other(bars(times)), held(times)
    for low in (1000, 1100, 900):
        assert one.at(history, low - 5000, low - 4500, calendar("24/7")).tolist() == list(range(low + 1, low + 501))
    assert one.reader.reads == 1
    assert one.at(history, -500, 0, calendar("24/7"))[-1] == 5000
    assert one.reader.reads == 2


def test_live_bars_replace_those_that_were_forming() -> None:
    shot = SimpleNamespace(version=1, closed=bars(minutes(2), [7.0]), forming=bars(minutes(3), [8.0]))
    feed = SimpleNamespace(version=1, snapshot=lambda: shot, close=lambda: None)
    one, history = other(bars(minutes(0, 1, 2))), held(minutes(0, 1, 2, 3))
    one.attach(SimpleNamespace(subscribe=lambda symbol, spec: feed))
    assert at(one, history) == [1, 2, 7, 8]
    assert not one.lived()
    shot.forming = bars(minutes(3), [9.0])
    feed.version = 2
    assert one.lived() and at(one, history) == [1, 2, 7, 9]
    one.close()
    assert not one.attached


def test_a_symbol_that_is_taken_away_is_not_hidden_when_it_comes_back() -> None:
    state = AppState(compare=["A", "B"], hidden=["A"], scale="percent")
    part = next(part for part in ChartView(state=state).parts if isinstance(part, Compare))
    part.choose(["B"])
    assert (state.compare, state.hidden) == (["B"], []) and "hidden" not in state.query
    state.hidden = ["B"]
    part.choose([])
    assert (state.compare, state.hidden, state.scale) == ([], [], "linear")
