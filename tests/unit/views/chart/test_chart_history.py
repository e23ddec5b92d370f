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
from workbench.views.chart.history import HELD, History
from workbench.views.chart.readers import FrameBars

MINUTE = 60 * 1_000_000_000
ONE_MIN, TICKS = BarSpec.parse("1min"), BarSpec.parse("1000tick")


def records(minutes: list[float] | range) -> np.ndarray:
    out = np.zeros(len(minutes), BAR)
    out["time"] = np.round(np.array(list(minutes), "f8") * MINUTE).astype("i8")
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


class Counted(FrameBars):
    """A reader that counts how often it is asked."""

    calls = 0

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        self.calls += 1
        return super().between(spec, start, end)


@pytest.mark.parametrize("pace", [0.001, 0.5, 1, 30, 5000])
def test_paging_keeps_up_with_bars_of_any_pace(pace: float) -> None:
    """Minutes are only a guess for bars that are not cut by time."""
    stamps = (np.arange(6000) * pace).tolist()
    source = Counted(records(stamps), TICKS, calendar("24/7"))
    history = History(source, TICKS).open_start(1000)
    while not history.at_end:
        before = len(history)
        history.newer(1000)
        assert 1 <= len(history) - before <= 2000 or history.at_end
    assert np.allclose(history.records["close"], stamps, rtol=1e-12)
    assert source.calls < 25


def test_bricks_behind_the_last_instant_are_met() -> None:
    held = records([0, 1, 2, 2, 2, 2])
    held["time"][-4:] += np.arange(4)  # one print of minute 2 made four bricks

    class UpToThePrint(FrameBars):
        def coverage(self) -> tuple[int, int]:
            return 0, 2 * MINUTE

    history = History(UpToThePrint(held, TICKS, calendar("24/7")), TICKS).open_start(3)
    while history.newer(3):
        pass
    assert len(history) == 6
    assert history.at_end


def test_a_forming_brick_that_is_none_any_more_goes() -> None:
    history = History(reader(range(10)), ONE_MIN).open()
    assert history.join(records([9]), records([10])) == -1
    assert len(history) == 11
    assert history.join(records([]), records([])) == 0  # the price came back
    assert len(history) == 10
    assert history.join(records([]), records([])) is None


def test_records_keep_the_fields_of_their_reader() -> None:
    averaged = np.zeros(5, np.dtype([*BAR.descr, ("real_close", "<f8")]))
    averaged["time"] = np.arange(5) * MINUTE
    history = History(FrameBars(averaged, ONE_MIN, calendar("24/7")), ONE_MIN).open(n=2)
    assert history.older()
    assert history.records.dtype == averaged.dtype


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


@pytest.mark.parametrize("spec", ["1000tick", "range:0.5", "renko:1.0", "ha(5min)", "kagi:2.0(1d)", "pnf:1.0(1min)"])
@pytest.mark.parametrize("in_view", [8, 300, 2500, 1e6])
def test_bars_not_cut_by_time_are_never_replaced(spec: str, in_view: float) -> None:
    asked = BarSpec.parse(spec)
    assert spec_for(asked, asked, in_view) == asked


@given(st.sampled_from(["1s", "1min", "1h", "1d"]), st.floats(10, 1e7))
def test_detail_settles(asked: str, seconds: float) -> None:
    """A window of a given span has one answer: choosing again changes nothing."""
    chosen = shown = BarSpec.parse(asked)
    for _ in range(3):
        before, shown = shown, spec_for(chosen, shown, seconds * 1e9 / shown.nominal)
    assert shown == before
