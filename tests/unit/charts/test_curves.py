"""Curves of results: on the bars of a chart, however coarse, and over each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.charts.candles import CandleChart
from workbench.charts.curves import POINTS, ComparedCurves, Curve, ResultPanes, on_bars, thinned


def curve(values: list[float], step: int = 10, start: float = 100.0) -> Curve:
    equity = np.array(values, float)
    return Curve(np.arange(len(values)) * step, equity, equity / 2, start)


WORTH = st.lists(st.floats(1, 1000), min_size=1, max_size=60)


@given(WORTH)
def test_drawdown_is_what_is_lost_since_the_peak(values: list[float]) -> None:
    one, peak = curve(values), 100.0
    for value, found in zip(values, one.drawdown, strict=True):
        peak = max(peak, value)
        assert found == pytest.approx(100 * (value / peak - 1))


@given(WORTH, st.lists(st.integers(-30, 700), min_size=1, max_size=30, unique=True), st.integers(1, 200))
def test_each_bar_of_the_chart_has_what_was_last_known_in_it(values: list[float], opens: list[int], more: int) -> None:
    one, times = curve(values), np.array(sorted(opens), np.int64)
    end = int(times[-1]) + more
    found = on_bars(one, times, end)
    for at, (low, high) in enumerate(zip(times, [*times[1:], end], strict=True)):
        inside = np.flatnonzero((one.times >= low) & (one.times < high))
        if len(inside):
            assert found["equity"][at] == one.equity[inside[-1]]
            assert found["benchmark"][at] == one.benchmark[inside[-1]]
            assert found["drawdown"][at] == one.drawdown[inside].min()
        else:
            assert np.isnan(found["equity"][at]) and np.isnan(found["drawdown"][at])


def test_panes_take_room_below_the_studies_and_give_it_back() -> None:
    chart = CandleChart()
    panes = ResultPanes(chart)
    before = list(chart.root.children)
    panes.show(True)
    assert chart.root.children[-2:] == [panes.equity, panes.drawdown]
    assert panes.equity.x_range is chart.x_range is panes.drawdown.x_range
    assert [figure.below[0].visible for figure in chart.root.children[1:]] == [False, False, True]
    panes.draw(7, on_bars(curve([1, 2, 3]), np.array([0, 10, 20]), 30))
    assert list(panes.source.data["x"]) == [7, 8, 9] and list(panes.source.data["v0"]) == [1, 2, 3]
    panes.mark((7, 8), "up")
    assert [box.visible for box in panes._box] == [True] * 3 and panes._box[0].left == 6.5
    panes.mark(None)
    panes.show(False)
    assert chart.root.children == before and not any(box.visible for box in panes._box)


def test_panes_follow_the_theme() -> None:
    chart = CandleChart(dark=True)
    panes = ResultPanes(chart)
    before = panes.equity.background_fill_color, panes._lines[1].glyph.line_color
    chart.theme(False)
    panes.theme(False, "classic")
    assert (panes.equity.background_fill_color, panes._lines[1].glyph.line_color) != before


def test_thinning_keeps_the_ends_and_every_extreme() -> None:
    values = np.cumsum(np.random.default_rng(2).normal(size=100_000))
    times, kept = thinned(np.arange(100_000), values)
    assert len(kept) <= POINTS + 2 and (times[0], times[-1]) == (0, 99_999)
    assert kept.max() == values.max() and kept.min() == values.min() and np.all(np.diff(times) > 0)
    assert thinned(np.arange(5), values[:5])[1] is not None and len(thinned(np.arange(5), values[:5])[1]) == 5


def test_runs_are_compared_in_percent_of_what_they_began_with() -> None:
    view = ComparedCurves()
    view.show([("a", curve([100, 150])), ("b", curve([200, 100], start=200.0)), ("c", curve([1, 1]))])
    view.show([("a", curve([100, 150])), ("b", curve([200, 100], start=200.0))])
    found = [list(line.data_source.data["y"]) for line in view._lines]
    assert found == [[0, 50], [0, -50], []]
    assert len({line.glyph.line_color for line in view._lines}) == 3
