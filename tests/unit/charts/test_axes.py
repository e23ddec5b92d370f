"""Axes of the chart without a browser: sessions among the bars, scales that can be drawn."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import Grid

from workbench.charts.axes import scale_for, session_places
from workbench.charts.candles import CandleChart
from workbench.charts.theme import tokens
from workbench.market.calendars import calendar

HALF_HOUR = 1_800_000_000_000


def half_hours(first: str, last: str) -> np.ndarray:
    """Stamps from one instant to before another (UTC)."""
    low, high = (int(np.datetime64(text, "ns").astype("i8")) for text in (first, last))
    return np.arange(low, high, HALF_HOUR)


def opens(times: np.ndarray, session: str) -> list[str]:
    """When the sessions among bars open, as the bars tell it."""
    found = session_places(times, np.arange(len(times)), calendar(session))
    first = [int(place + 0.5) for place in found["open"] if 0 <= place + 0.5 < len(times)]
    return [str(times[at].astype("M8[ns]").astype("M8[m]")) for at in first]


def test_hours_before_and_after_a_session_are_closed() -> None:
    times = half_hours("2024-03-04T09:00", "2024-03-05T01:00")  # pre and post market of one Monday
    found = session_places(times, np.arange(len(times)), calendar("XNYS"))
    assert found["first"].tolist() == [1]
    assert times[int(found["open"][0] + 0.5)] == half_hours("2024-03-04T14:30", "2024-03-04T15:00")[0]
    assert times[int(found["close"][0] + 0.5)] == half_hours("2024-03-04T21:00", "2024-03-04T22:00")[0]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # New York puts its clocks forward on 10 March and back on 3 November 2024.
        ("2024-03-08T09:00", "2024-03-12T01:00", ["2024-03-08T14:30", "2024-03-11T13:30"]),
        ("2024-11-01T08:00", "2024-11-05T02:00", ["2024-11-01T13:30", "2024-11-04T14:30"]),
    ],
)
def test_sessions_keep_to_the_wall_clock_when_it_changes(first: str, last: str, expected: list[str]) -> None:
    assert opens(half_hours(first, last), "XNYS") == expected


def test_a_session_that_is_half_shown_did_not_begin_here() -> None:
    found = session_places(half_hours("2024-03-04T16:00", "2024-03-04T20:00"), np.arange(8), calendar("XNYS"))
    assert found["first"].tolist() == [0]
    assert found["open"][0] < -1e6 and found["close"][0] > 1e6


def test_days_that_no_calendar_knows_have_no_shades() -> None:
    assert session_places(half_hours("1850-01-01", "1850-01-02"), np.arange(48), calendar("XNYS")) is None
    assert session_places(np.zeros(0, "i8"), np.zeros(0), calendar("XNYS")) is None


def test_only_prices_above_zero_have_logarithms_and_shares() -> None:
    assert [scale_for(asked, 0.01) for asked in ("linear", "log", "percent")] == ["linear", "log", "percent"]
    assert [scale_for(asked, 0.0) for asked in ("linear", "log", "percent")] == ["linear"] * 3


def test_shades_are_sent_only_when_they_change() -> None:
    chart, document = CandleChart(), Document()
    document.add_root(chart.root)
    seen: list[object] = []
    chart.axis.sessions.on_change("data", lambda attr, old, new: seen.append(new))
    times = half_hours("2024-03-04T09:00", "2024-03-05T01:00")
    for _ in range(2):
        chart.axis.trade(session_places(times, np.arange(len(times)), calendar("XNYS")))
    assert len(seen) == 1
    chart.axis.trade(None)
    assert len(chart.axis.sessions.data["open"]) == 0


def test_shades_take_the_colours_of_the_theme_and_no_grid_lines() -> None:
    chart = CandleChart(dark=True)
    chart.theme(False)
    for figure in (chart.price, chart.volume):
        grids = {grid.name: grid for grid in figure.select(Grid) if grid.name}
        assert grids["closed"].band_fill_color == tokens(False).muted
        assert grids["closed"].grid_line_color is None
        assert grids["starts"].grid_line_color == tokens(False).faint
