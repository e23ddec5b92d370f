"""The pace of live draws: what a browser that keeps up gets, and one that does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from bokeh.models import ColumnDataSource
from hypothesis import given
from hypothesis import strategies as st

from workbench.views.chart.pace import FASTEST, FIRST, SILENT, SLOWEST, Pace, Paced


def run(pace: Pace, behind: float, seconds: float, *, every: float = 0.5) -> int:
    """Draws in ``seconds`` with a browser that is ``behind`` and answers ``every`` so many seconds."""
    draws, answered, sent, now = 0, 0.0, [], 0.0
    while now < seconds:
        if pace.due(now):
            draws += 1
            sent.append(((7, float(draws)), now))
            pace.sent(*sent[-1])
        if now - answered >= every:
            there = [bar for bar, when in sent if when <= now - behind]
            if there:
                answered = now
                pace.seen(there[-1], now)
        now += 0.01
    return draws


def test_a_quick_browser_is_drawn_for_twenty_times_a_second() -> None:
    pace = Pace()
    run(pace, 0.03, 20)
    assert pace.rate == FASTEST
    assert run(Pace(), 0.03, 20) > 1.5 * FIRST * 20


def test_a_slow_browser_gets_five_a_second_and_recovers() -> None:
    pace = Pace()
    run(pace, 1.2, 20)
    assert pace.rate == SLOWEST
    draws = run(Pace(), 1.2, 20)
    assert draws < 0.75 * FIRST * 20
    run(pace, 0.03, 30)
    assert pace.rate == FASTEST


def test_between_late_and_early_the_rate_stays() -> None:
    pace = Pace()
    run(pace, 0.45, 10, every=0.01)
    assert pace.rate == FIRST


def test_a_rate_that_fell_comes_back_to_the_first_where_nothing_is_late() -> None:
    pace = Pace()
    run(pace, 1.2, 20)
    assert pace.rate == SLOWEST
    run(pace, 0.45, 60)
    assert pace.rate == FIRST


def test_who_says_nothing_is_drawn_for_at_the_lowest_rate() -> None:
    pace = Pace()
    assert pace.due(0.0)
    pace.sent((1, 1.0), 0.0)
    pace.due(SILENT / 2)
    assert pace.rate == FIRST
    pace.due(SILENT + 0.1)
    assert pace.rate == SLOWEST


def test_without_live_bars_silence_means_nothing() -> None:
    pace = Pace()
    assert [pace.due(now) for now in (0.0, 100.0, 200.0)] == [True, True, True]
    assert pace.rate == FIRST


def test_a_bar_that_was_never_sent_says_nothing() -> None:
    pace = Pace()
    pace.sent((1, 5.0), 0.0)
    assert pace.seen((1, 4.0), 9.0) is None and pace.rate == FIRST
    assert pace.seen((1, 5.0), 0.05) == pytest.approx(0.05)
    assert pace.seen((1, 5.0), 9.0) is None  # it was answered


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=200))
def test_the_rate_keeps_to_its_limits_and_draws_to_the_rate(steps: list[tuple[float, bool]]) -> None:
    pace, now, last = Pace(), 0.0, None
    for number, (wait, answer) in enumerate(steps):
        now += wait
        if pace.due(now):
            assert last is None or now - last >= 1 / FASTEST - 1e-6
            last = now
            pace.sent((number, 0.0), now)
        if answer:
            pace.seen((number, 0.0), now)
        assert SLOWEST <= pace.rate <= FASTEST


def test_a_view_is_polled_when_it_is_time_and_its_draws_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 0.0, 0.02, 0.2, 0.2, 0.25, 1.3, 1.3])
    monkeypatch.setattr("workbench.views.chart.pace.time.monotonic", lambda: next(clock))
    chart = SimpleNamespace(seen=ColumnDataSource(data={"x": [], "volume": []}), drawn=0, last=(3, 1.5))
    polled: list[int] = []

    def poll() -> None:
        polled.append(1)
        chart.drawn += 1
        view._feed.joined += 20

    view = SimpleNamespace(chart=chart, poll=poll, note="", _feed=SimpleNamespace(joined=0, made=0))
    paced = Paced(view)  # 0.0
    paced.tick()  # 0.0
    paced.tick()  # 0.02: too soon
    assert len(polled) == 1
    chart.last = (3, 2.5)
    paced.tick()  # 0.2
    assert len(polled) == 2
    chart.seen.data = {"x": [3], "volume": [2.5], "kept": [0.0]}  # 0.25
    assert paced.pace.rate > FIRST
    paced.tick()  # 1.3
    assert view.note == "12 Hz · 46 a second coalesced"


def test_the_note_is_calm_and_silent_where_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("workbench.views.chart.pace.time.monotonic", lambda: now[0])
    chart = SimpleNamespace(seen=ColumnDataSource(data={"x": [], "volume": []}), drawn=0, last=(3, 1.5))
    view = SimpleNamespace(chart=chart, note="", poll=lambda: None, _feed=SimpleNamespace(joined=0, made=0))
    paced, said = Paced(view), []
    for step in range(1, 12):
        now[0] = float(step)
        chart.drawn += step < 4
        view._feed.joined += 10 * (step in (1, 3))
        paced.tick()
        said.append(view.note)
    # Two seconds of three had something to coalesce, which is counted over five.
    assert [one.partition(" Hz")[2] for one in said[:4]] == [" · 10 a second coalesced"] + [
        f" · {n} a second coalesced" for n in (5, 7, 5)
    ]
    assert all(said[:7]) and said[8:] == ["", "", ""]
