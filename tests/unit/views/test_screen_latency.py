"""The stages from a finished bar to the screen: what a session's tick and its browser's answer count."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.models import ColumnDataSource

from workbench.views.chart import pace
from workbench.views.chart.pace import Paced
from workbench.views.screen_latency import ScreenLatency

MS = 1_000_000


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_older_than_a_minute_is_forgotten_also_where_nobody_looked() -> None:
    clock = Clock()
    counts = ScreenLatency(clock)
    counts.add("document", 5 * MS)
    clock.now = 50.0
    counts.add("paint", 7 * MS)
    clock.now = 59.0
    found = counts.stages()
    assert (found["document"].count, found["paint"].count) == (1, 1)
    assert found["document"].p99 == pytest.approx(5, rel=0.05) and found["paint"].p50 == pytest.approx(7, rel=0.05)
    clock.now = 60.0
    assert (counts.stages()["document"].count, counts.stages()["paint"].count) == (0, 1)
    clock.now = 100_000.0
    assert counts.stages()["paint"].count == 0


def test_many_samples_do_not_pile_up() -> None:
    counts = ScreenLatency(Clock())
    for at in range(1_750):
        counts.add("document", at * MS)
    assert len(counts._waiting["document"]) <= 500
    found = counts.stages()["document"]
    assert found.count == 1_750 and found.p50 == pytest.approx(875, rel=0.05)


class Session:
    """A chart's session whose clocks stand still unless they are moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.counts = ScreenLatency(Clock())
        monkeypatch.setattr(pace, "screen_latency", self.counts)
        clocks = SimpleNamespace(monotonic=lambda: self.now, time_ns=lambda: round(self.now * 1e9))
        monkeypatch.setattr(pace, "time", clocks)
        self.chart = SimpleNamespace(seen=ColumnDataSource(data={"x": [], "volume": []}), drawn=0, last=(3, 1.5))
        self.feed = SimpleNamespace(joined=0, made=0)
        self.view = SimpleNamespace(chart=self.chart, poll=lambda: None, note="", _feed=self.feed)
        self.paced = Paced(self.view)

    def draw(self, *, made_ms_ago: int, took_ms: int) -> None:
        """A tick that changes the document; newer bars are made while it does."""
        self.feed.made = round(self.now * 1e9) - made_ms_ago * MS

        def poll() -> None:
            self.now += took_ms / 1e3
            self.feed.made = round(self.now * 1e9)
            self.chart.drawn += 1

        self.view.poll = poll
        self.paced.tick()

    def answer(self, bar: tuple[int, float], *, kept_ms: float) -> None:
        """What the browser says of a bar that it has painted so long ago."""
        self.chart.seen.data = {"x": [bar[0]], "volume": [bar[1]], "kept": [kept_ms]}

    def found(self, stage: str) -> Any:
        return self.counts.stages()[stage]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    return Session(monkeypatch)


def test_a_draw_is_counted_from_the_finished_bars_to_the_changed_document(session: Session) -> None:
    session.draw(made_ms_ago=30, took_ms=10)
    document = session.found("document")
    assert (document.count, session.found("paint").count) == (1, 0)
    assert document.p50 == pytest.approx(40, rel=0.05)
    session.view.poll = lambda: None
    session.now += 1.0
    session.paced.tick()  # nothing new: no draw
    assert session.found("document").count == 1


def test_bars_whose_making_is_not_known_are_not_counted(session: Session) -> None:
    session.draw(made_ms_ago=round(session.now * 1e3), took_ms=10)
    assert session.chart.drawn == 1 and session.found("document").count == 0


def test_an_answer_is_counted_without_the_time_for_which_it_was_kept(session: Session) -> None:
    session.draw(made_ms_ago=30, took_ms=10)
    session.now += 0.480
    session.answer((3, 1.5), kept_ms=450.0)
    paint = session.found("paint")
    assert paint.count == 1 and paint.p50 == pytest.approx(30, rel=0.05)
    session.answer((3, 1.5), kept_ms=460.0)  # it was answered
    session.answer((9, 9.9), kept_ms=1.0)  # nothing that was sent
    assert session.found("paint").count == 1
