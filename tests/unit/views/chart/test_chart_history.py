"""Paging, joining and level of detail, against a reader that holds all bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.market.calendars import calendar
from workbench.market.events import BAR
from workbench.market.specs import BarSpec
from workbench.views.chart.detail import spec_for
from workbench.views.chart.history import HELD, FrameBars, History

MINUTE = 60 * 1_000_000_000
ONE_MIN = BarSpec.parse("1min")


def records(minutes: list[int] | range) -> np.ndarray:
    out = np.zeros(len(minutes), BAR)
    out["time"] = np.array(list(minutes), "i8") * MINUTE
    for name in ("open", "high", "low", "close"):
        out[name] = out["time"] / MINUTE
    out["volume"] = 1.0
    return out


def reader(minutes: list[int] | range) -> FrameBars:
    return FrameBars(records(minutes), ONE_MIN, calendar("24/7"))


def test_older_bars_get_smaller_ordinals_and_nothing_shifts() -> None:
    history = History(reader(range(5000)), ONE_MIN).open(n=1000)
    newest = history.records[-1].copy()
    assert (history.first, history.stop, history.at_end, history.at_start) == (-1000, 0, True, False)
    while history.older(1500):
        assert history.stop == 0
        assert history.records[-1] == newest
    assert history.at_start
    assert history.records["time"].tolist() == (np.arange(5000) * MINUTE).tolist()


def test_it_holds_a_bounded_number_of_bars_both_ways() -> None:
    history = History(reader(range(HELD + 5000)), ONE_MIN).open()
    while history.older():
        assert len(history) <= HELD
    assert history.at_start
    assert not history.at_end
    while history.newer():
        assert len(history) <= HELD
    assert history.at_end
    assert history.records["time"][-1] == (HELD + 4999) * MINUTE
    assert np.all(np.diff(history.records["time"]) == MINUTE)


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=60, unique=True), st.integers(1, 40))
def test_from_the_start_every_bar_is_met_whatever_the_pauses(minutes: list[int], n: int) -> None:
    held = sorted(minutes)
    history = History(reader(held), ONE_MIN).open_start(n)
    while history.newer(n):
        pass
    assert (history.records["time"] // MINUTE).tolist() == held
    assert history.at_start
    assert history.at_end


def test_live_bars_replace_equal_ones_and_follow() -> None:
    history = History(reader(range(10)), ONE_MIN).open()
    closed, forming = records([9, 10]), records([11])
    closed["close"] = 50.0
    changed = history.join(closed, forming)
    assert changed == -1
    assert (history.records["time"] // MINUTE).tolist() == list(range(12))
    assert history.records["close"][9] == 50.0
    forming["close"] = 77.0
    assert history.join(closed, forming) == 1
    assert history.records["close"][-1] == 77.0
    assert len(history) == 12


def test_live_bars_wait_when_the_newest_are_not_held() -> None:
    history = History(reader(range(5000)), ONE_MIN).open(before=2000 * MINUTE, n=100)
    assert not history.at_end
    assert history.join(records([5000]), records([])) is None


def test_an_empty_reader_is_empty_not_an_error() -> None:
    history = History(reader([]), ONE_MIN).open()
    assert len(history) == 0
    assert not history.older()
    assert history.open_start().at_end


@pytest.mark.parametrize(
    ("asked", "shown", "in_view", "expected"),
    [
        ("1min", "1min", 300, "1min"),
        ("1min", "1min", 2000, "1min"),
        ("1min", "1min", 2100, "5min"),
        ("1min", "1min", 40_000, "1h"),
        ("1min", "5min", 300, "5min"),  # 1,500 bars: not yet roomy enough to go back
        ("1min", "5min", 150, "1min"),
        ("1d", "1d", 3270, "1w"),
        ("1d", "1w", 654, "1w"),
        ("1d", "1w", 60, "1d"),
        ("90s", "90s", 2500, "5min"),
        ("1w", "1w", 5000, "1w"),  # nothing coarser to offer
    ],
)
def test_detail_follows_the_window(asked: str, shown: str, in_view: float, expected: str) -> None:
    assert str(spec_for(BarSpec.parse(asked), BarSpec.parse(shown), in_view)) == expected


@given(st.sampled_from(["1s", "1min", "1h", "1d"]), st.floats(10, 1e7))
def test_detail_settles(asked: str, seconds: float) -> None:
    """A window of a given span has one answer: choosing again changes nothing."""
    chosen = shown = BarSpec.parse(asked)
    for _ in range(3):
        before, shown = shown, spec_for(chosen, shown, seconds * 1e9 / shown.nominal)
    assert shown == before
