"""The drawing tools without a browser: what is said by a hand becomes rows, and rows become what is drawn."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workbench.charts.candles import CandleChart
from workbench.charts.theme import tokens
from workbench.errors import WorkspaceError
from workbench.market.specs import BarSpec
from workbench.views.chart.drawings import LOOK_EVERY, Drawings
from workbench.views.state import AppState
from workbench.workspaces import Annotation, Workspaces

MINUTE = 60_000_000_000
START = 1_700_000_000_000_000_000 // MINUTE * MINUTE


class Stretch:
    """Bars as a history holds them: minutes from ``START + since``."""

    def __init__(self, n: int, first: int = 0, *, spec: str = "1min", since: int = 0) -> None:
        self.spec = BarSpec.parse(spec)
        self.first, self.at_start, self.reader = first, True, None
        self.records = np.zeros(n, [("time", "i8")])
        self.records["time"] = START + since + self.spec.nominal * np.arange(n)

    def __len__(self) -> int:
        return len(self.records)

    def append(self, *instants: int) -> None:
        more = np.zeros(len(instants), self.records.dtype)
        more["time"] = instants
        self.records = np.concatenate([self.records, more])


class Hand:
    """A chart with its drawings, and the browser's side of it."""

    def __init__(self, kept: Workspaces | None, symbol: str = "ES") -> None:
        services = None if kept is None else SimpleNamespace(workspaces=kept)
        self.view = SimpleNamespace(
            chart=CandleChart(),
            state=AppState(),
            services=services,
            instrument=SimpleNamespace(symbol=symbol),
            history=Stretch(100, first=-100),
        )
        self.part = Drawings(self.view)
        self.part.opened()
        self._seq = itertools.count(1)

    def say(self, what: str, **value: Any) -> int:
        seq = next(self._seq)
        self.view.chart.drawings.wish.data = {"seq": [seq], "what": [what], "value": [json.dumps(value)]}
        return seq

    def add(self, id: str = "a", kind: str = "trend", *, points: Any = None, **more: Any) -> int:
        points = points or [[-90, START / 1e6 + 1, 100.0], [-80, START / 1e6 + 2, 101.0]]
        said = {"id": id, "kind": kind, "symbol": "ES", "points": points, "counting": self.told["counting"], **more}
        return self.say("add", **said)

    @property
    def told(self) -> dict[str, Any]:
        return self.view.chart.drawings.source.tags[0]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        data = self.view.chart.drawings.source.data
        return {id: {name: data[name][at] for name in data} for at, id in enumerate(data["id"])}


@pytest.fixture
def kept() -> Workspaces:
    return Workspaces("sqlite://")


@pytest.fixture
def hand(kept: Workspaces) -> Hand:
    return Hand(kept)


def test_a_drawing_is_kept_with_the_instants_of_its_bars(hand: Hand, kept: Workspaces) -> None:
    seq = hand.add(style={"color": "pink"})
    [one] = kept.annotations.of("ES")
    assert one.anchors == ((START + 10 * MINUTE, 100.0), (START + 20 * MINUTE, 101.0))
    assert (one.id, one.kind, dict(one.style)) == ("a", "trend", {"color": "pink"})
    assert hand.rows["a"]["x"] == [-90, -80]
    assert hand.told["heard"] == seq
    assert (hand.told["undo"], hand.told["redo"]) == (True, False)


def test_bars_of_one_instant_keep_their_nanosecond(hand: Hand, kept: Workspaces) -> None:
    hand.view.history.records["time"][50:] = hand.view.history.records["time"][50] + np.arange(50)
    hand.add(points=[[-50, START / 1e6, 1.0], [-47, START / 1e6, 2.0]])
    [one] = kept.annotations.of("ES")
    assert one.anchors[1][0] - one.anchors[0][0] == 3


def test_ordinals_of_bars_that_are_gone_are_not_believed(hand: Hand, kept: Workspaces) -> None:
    counting = hand.told["counting"]
    hand.view.history = Stretch(100, first=0)
    hand.part.drawn()
    assert hand.told["counting"] != counting
    points = [[-90, START / 1e6 + 60_000, 100.0], [-80, START / 1e6 + 120_000, 101.0]]
    hand.say("add", id="a", kind="trend", symbol="NQ", points=points, counting=counting)
    [one] = kept.annotations.of("NQ")
    assert [at for at, _ in one.anchors] == [START + MINUTE, START + 2 * MINUTE]
    assert hand.rows == {}


def test_it_stands_at_its_instant_on_other_bars(hand: Hand) -> None:
    hand.add()
    hand.view.history = Stretch(50, first=-50, spec="5min")
    hand.part.opened()
    assert hand.rows["a"]["x"] == [-48, -46]
    assert hand.rows["a"]["price"] == [100.0, 101.0]


def test_an_anchor_before_the_bars_that_are_held_is_counted_to(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    hand.add()
    held = Stretch(50, first=-50, since=50 * MINUTE)
    asked = []

    def between(spec: BarSpec, start: int, end: int) -> np.ndarray:
        """Every second minute had a trade."""
        asked.append((start, end))
        every = Stretch(100).records[::2]
        return every[(every["time"] >= start) & (every["time"] < end)]

    held.at_start, held.reader = False, SimpleNamespace(between=between)
    hand.view.history = held
    hand.part.drawn()
    assert hand.rows["a"]["x"] == [-70, -65]
    hand.part.drawn()
    assert len(asked) == 1
    hand.view.history = other = Stretch(50, first=-50, since=50 * MINUTE)
    other.at_start, other.reader = False, held.reader
    monkeypatch.setattr("workbench.views.chart.drawings.COUNTED", 10)
    hand.part.drawn()
    assert hand.rows["a"]["x"] == [-90, -80]
    assert len(asked) == 1


def test_what_is_anchored_behind_the_newest_bar_moves_with_new_ones(hand: Hand) -> None:
    hand.add(points=[[-90, 0, 1.0], [5, 0, 2.0]])
    assert hand.rows["a"]["x"] == [-90, 5]
    newest = int(hand.view.history.records["time"][-1])
    hand.view.history.append(newest + 3 * MINUTE)  # two minutes without a trade
    hand.part.lived(0)
    assert hand.rows["a"]["x"] == [-90, pytest.approx(3)]


def test_an_anchor_that_was_not_moved_keeps_its_instant(hand: Hand, kept: Workspaces) -> None:
    first = START + 7 * MINUTE + 123_456_789
    kept.annotations.add(Annotation("ES", "trend", ((first, 1.0), (START + 20 * MINUTE, 2.0)), id="b"))
    hand.part.opened()
    row = hand.rows["b"]
    points = [[row["x"][0], row["time"][0], 1.5], [-70, (START + 30 * MINUTE) / 1e6, 2.0]]
    for counting in (hand.told["counting"], -1):  # -1: meanwhile the ordinals count from elsewhere
        hand.say("change", id="b", points=points, counting=counting)
        assert kept.annotations.get("b").anchors == ((first, 1.5), (START + 30 * MINUTE, 2.0))


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"style": {"width": 3}}, "style", {"width": 3}),
        ({"text": "why"}, "text", "why"),
        ({"locked": True}, "locked", True),
        ({"hidden": True}, "hidden", True),
    ],
)
def test_a_change_is_kept_undone_and_done_again(
    hand: Hand, kept: Workspaces, change: dict[str, Any], name: str, value: object
) -> None:
    hand.add()
    before = getattr(kept.annotations.get("a"), name)
    hand.say("change", id="a", **change)
    assert getattr(kept.annotations.get("a"), name) == value
    hand.say("undo")
    assert getattr(kept.annotations.get("a"), name) == before
    assert (hand.told["undo"], hand.told["redo"]) == (True, True)
    hand.say("redo")
    assert getattr(kept.annotations.get("a"), name) == value


def test_adding_and_removing_are_undone(hand: Hand) -> None:
    hand.add()
    hand.say("remove", ids=["a"])
    assert list(hand.rows) == []
    hand.say("undo")
    assert list(hand.rows) == ["a"]
    hand.say("undo")
    assert list(hand.rows) == []
    assert (hand.told["undo"], hand.told["redo"]) == (False, True)
    hand.say("undo")
    hand.say("redo")
    assert list(hand.rows) == ["a"]
    hand.add("b")
    assert hand.told["redo"] is False


def test_hidden_ones_come_back_together_and_are_hidden_again_by_undo(hand: Hand) -> None:
    for id in "abc":
        hand.add(id)
    for id in "ab":
        hand.say("change", id=id, hidden=True)
    hand.say("reveal")
    assert [row["hidden"] for row in hand.rows.values()] == [False] * 3
    hand.say("undo")
    assert [row["hidden"] for row in hand.rows.values()] == [True, True, False]


def test_undo_stays_with_the_symbol(hand: Hand, kept: Workspaces) -> None:
    hand.add()
    hand.view.instrument = SimpleNamespace(symbol="NQ")
    hand.part.opened()
    assert hand.rows == {}
    assert hand.told["undo"] is False
    hand.say("undo")
    assert len(kept.annotations.of("ES")) == 1


def test_what_another_session_drew_is_seen(hand: Hand, kept: Workspaces) -> None:
    other = Hand(kept)
    other.add("theirs")
    for _ in range(LOOK_EVERY):
        hand.part.polled()
    assert list(hand.rows) == ["theirs"]


def test_a_look_at_other_sessions_reads_no_drawings_when_nothing_changed(
    hand: Hand, kept: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.add()
    monkeypatch.setattr(kept.annotations, "of", lambda symbol: pytest.fail("read for nothing"))
    for _ in range(2 * LOOK_EVERY):
        hand.part.polled()
    assert list(hand.rows) == ["a"]


def test_a_failed_save_is_told_and_can_be_repeated(
    hand: Hand, kept: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise WorkspaceError("database sqlite:// cannot be used: disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(kept.annotations, "add", full)
        seq = hand.add()
    assert hand.told["failed"] == {str(seq): "Database sqlite:// cannot be used: disk is full"}
    assert hand.told["undo"] is False
    hand.add()
    assert list(hand.rows) == ["a"]


def test_nonsense_from_a_browser_is_refused_and_loses_nothing(hand: Hand) -> None:
    hand.add()
    bad = [
        hand.add("b", points=[[0, 0, 1.0]]),
        hand.add("c", kind="cloud"),
        hand.say("paint"),
        hand.say("change", id="z"),
    ]
    assert list(hand.told["failed"]) == [str(seq) for seq in bad]
    assert "2" in hand.told["failed"][str(bad[0])]
    assert list(hand.rows) == ["a"]


def test_drawings_that_cannot_be_read_leave_the_chart(
    hand: Hand, kept: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(symbol: str) -> None:
        raise WorkspaceError("database cannot be used: gone")

    with monkeypatch.context() as broken:
        broken.setattr(kept.annotations, "version", gone)
        hand.part.opened()
        assert hand.told["said"] == "Drawings cannot be read. Database cannot be used: gone"
    hand.part.opened()
    assert hand.told["said"] == ""


def test_without_services_drawings_last_as_long_as_the_session() -> None:
    hand = Hand(None)
    hand.add()
    assert list(hand.rows) == ["a"]
    assert Hand(None).rows == {}
    hand.part.close()


def test_tools_wear_the_theme_where_no_page_tells_it(hand: Hand) -> None:
    for dark in (True, False):
        hand.view.state.dark = dark
        assert all(tokens(dark).panel in rail.colors for rail in [*hand.part.rail(), *hand.part.tools()])


def test_without_bars_nothing_is_drawn(hand: Hand) -> None:
    hand.add()
    hand.view.history = None
    hand.part.opened()
    hand.part.lived(0)
    assert hand.rows == {}
