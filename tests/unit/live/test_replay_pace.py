"""The reel and the player without Redis: what is read, when it is published, and by which clock."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.live.replay import reel as reels
from workbench.live.replay.goals import Goal, GoalSpec
from workbench.live.replay.pace import Pace, check_speed
from workbench.live.replay.player import Player
from workbench.live.replay.reel import Reel
from workbench.live.worlds import World
from workbench.market.events import QUOTE, TRADE
from workbench.market.specs import SECOND

START = int(np.datetime64("2024-03-04T12:00", "ns").astype("i8"))


class Clock:
    """Waits at once. ``naps`` are the waits, in seconds."""

    def __init__(self) -> None:
        self.time, self.naps = 0, []

    def now(self) -> int:
        return self.time

    def wait(self, wake: threading.Event, seconds: float) -> None:
        wake.clear()
        self.naps.append(seconds)
        self.time += round(seconds * SECOND)


class Sink:
    """An outlet that keeps what it is given, with the time on the clock; ``full`` says that Redis is behind."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.full, self.lost = clock, False, False
        self.out: list[tuple[int, str, str, np.ndarray]] = []
        self.begun: list[int] = []
        self.said: list[World] = []
        self.commands: list[dict[str, Any]] = []

    @property
    def room(self) -> bool:
        return not self.full

    def publish(self, kind: str, symbol: str, records: np.ndarray) -> None:
        self.out.append((self.clock.now(), kind, symbol, records.copy()))

    def begin(self, world: World) -> None:
        self.begun.append(world.epoch)
        self.out = []

    def flush(self, timeout_s: float = 1.0) -> bool:
        return True

    def say(self, world: World, *, at_once: bool = False, every_s: float = 0.2) -> World:
        self.said.append(world)
        return dataclasses.replace(world, beat=world.beat + 1)

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        found, self.commands = self.commands, []
        return [(f"{i + 1}-0", one) for i, one in enumerate(found)]

    def close(self, world: World) -> None:
        self.said.append(world)

    def stamps(self, symbol: str = "X", kind: str = "trades") -> list[tuple[float, int]]:
        """(seconds on the clock, event time) of each record."""
        return [
            (at / SECOND, int(t))
            for at, what, whose, records in self.out
            if (what, whose) == (kind, symbol)
            for t in records["ts_event"]
        ]


def trades(seconds: list[float], price: float = 100.0) -> np.ndarray:
    out = np.zeros(len(seconds), TRADE)
    out["ts_event"] = [START + round(s * SECOND) for s in seconds]
    out["price"], out["size"], out["side"] = price, 1.0, 1
    return out


@pytest.fixture
def playing(catalog):
    def make(
        tapes: dict[str, np.ndarray], *, speed: float | None = 1.0, **options: object
    ) -> tuple[Player, Sink, Clock]:
        for symbol, tape in tapes.items():
            catalog.store.write("recorded", "trades", symbol, tape)
        reel, clock = Reel(catalog, list(tapes), START), Clock()
        world = World("id", "one", "replay", reel.symbols, reel.start, reel.end, reel.start, speed=speed or 0.0)
        sink = Sink(clock)
        return Player(reel, sink, world, catalog, clock=clock, **options), sink, clock

    return make


def run(player: Player, turns: int = 100_000) -> None:
    """Turn until it stands."""
    player.turn()
    player.turn()
    for _ in range(turns):
        player.turn()
        if not player.world.running:
            return
    pytest.fail("it does not come to rest")


@pytest.mark.parametrize("speed", [0.25, 1.0, 10.0, 1000.0])
def test_prints_come_when_they_came_by_the_speed(speed: float, playing) -> None:
    gaps = [0.0, 0.5, 0.5, 3.0, 3.0001, 60.0, 61.5, 100.0]
    player, sink, clock = playing({"X": trades(gaps)}, speed=speed)
    player.put({"do": "play"})
    run(player)
    stamps = sink.stamps()
    assert [t for _, t in stamps] == [START + round(s * SECOND) for s in gaps]
    began = stamps[0][0]
    for (at, _), gap in zip(stamps, gaps, strict=True):
        # Never early, and no later than the shortest nap and the half of one step of the clock.
        assert -1e-6 <= (at - began) - gap / speed <= 0.003
    assert player.world.state == "ended" and player.world.progress == 1.0
    assert max(clock.naps) <= 0.05, "commands are looked at all the time"


def test_the_speed_can_be_set_on_the_way_and_the_clock_goes_on(playing) -> None:
    player, sink, clock = playing({"X": trades(list(range(0, 101)))}, speed=1.0)
    player.put({"do": "play"})
    while player.world.now < START + 10 * SECOND:
        player.turn()
    at = clock.now()
    player.put({"do": "speed", "speed": 10.0})
    run(player)
    assert (sink.stamps()[-1][0] - at / SECOND) == pytest.approx(9.0, abs=0.06)
    assert player.world.speed == 10.0


def test_while_paused_no_time_goes_by(playing) -> None:
    player, sink, clock = playing({"X": trades(list(range(0, 21)))}, speed=1.0)
    player.put({"do": "play"})
    while player.world.now < START + 5 * SECOND:
        player.turn()
    player.put({"do": "pause"})
    for _ in range(1000):
        player.turn()
    assert player.world.state == "paused"
    stood = player.world.now
    assert len(sink.stamps()) == 6
    resumed = clock.now() / SECOND
    player.put({"do": "play"})
    run(player)
    assert sink.stamps()[-1][0] - resumed == pytest.approx(20 - (stood - START) / SECOND, abs=0.06)


def test_time_stands_still_while_redis_is_behind(playing) -> None:
    player, sink, clock = playing({"X": trades(list(range(0, 11)))}, speed=1.0)
    player.put({"do": "play"})
    while player.world.now < START + 5 * SECOND:
        player.turn()
    sink.full, before, count = True, player.world.now, len(sink.out)
    for _ in range(5000):
        player.turn()
    assert (player.world.now, len(sink.out)) == (before, count)
    sink.full, resumed = False, clock.now() / SECOND
    run(player)
    assert sink.stamps()[-1][0] - resumed == pytest.approx(5.0, abs=0.06)


def test_a_night_can_be_cut_short(playing) -> None:
    player, sink, _ = playing({"X": trades([0, 1, 36_000, 36_001])}, speed=10.0, longest_wait_s=2.0)
    player.put({"do": "play"})
    run(player)
    at = [seconds for seconds, _ in sink.stamps()]
    assert np.diff(at) == pytest.approx([0.1, 2.0, 0.1], abs=0.06)


def test_symbols_and_kinds_are_merged_in_order(catalog, playing) -> None:
    quotes = np.zeros(3, QUOTE)
    quotes["ts_event"] = START + np.array([0, 5, 7]) * SECOND
    quotes["bid"], quotes["ask"] = 99.0, 101.0
    catalog.store.write("recorded", "quotes", "X", quotes)
    player, sink, _ = playing({"X": trades([1, 5, 9]), "Y": trades([2, 5, 5, 8])}, speed=None)
    order = []
    for _ in range(7):
        sink.out = []
        player.put({"do": "step", "n": 1, "by": "trade", "symbol": "X"})
        run(player)
        order.append([(kind, symbol, (int(r["ts_event"][0]) - START) // SECOND) for _, kind, symbol, r in sink.out])
    assert order == [
        [("quotes", "X", 0), ("trades", "X", 1)],
        [("trades", "Y", 2)],
        [("quotes", "X", 5), ("trades", "X", 5)],  # of equal time the quote comes first
        [("trades", "Y", 5)],
        [("trades", "Y", 5)],
        [("quotes", "X", 7), ("trades", "Y", 8)],
        [("trades", "X", 9)],
    ]
    assert player.world.state == "ended"


def test_commands_from_elsewhere_that_are_wrong_do_no_harm(playing) -> None:
    player, sink, _ = playing({"X": trades([0, 1])}, speed=None)
    player.turn()
    sink.commands = [
        {"do": "fly"},
        {"do": "seek"},
        {"do": "speed", "speed": 1e9},
        {"do": "run_to", "goal": {"what": 1}},
    ]
    for _ in range(5):
        player.turn()
    assert player.world.state == "ready" and "run_to" in player.world.message
    sink.commands = [
        {"do": "run_to", "goal": GoalSpec("volume", "1min", "Z").to_dict()},
    ]
    for _ in range(5):
        player.turn()
    assert player.world.state == "paused" and "Z is not replayed; X are" in player.world.message


def test_damage_in_the_store_stops_it_and_says_why(playing, catalog) -> None:
    player, _, _ = playing({"X": trades([0, 1, 2])}, speed=None)
    (file,) = (catalog.store.data_dir / "recorded" / "trades").rglob("part-*.parquet")
    file.write_bytes(b"damaged")
    for command in ({"do": "play"}, {"do": "seek", "to": START + SECOND}):
        player.put(command)
        for _ in range(5):
            player.turn()
        assert not player.world.running and "part-" in player.world.message


@settings(deadline=None, max_examples=15)
@given(
    times=st.lists(st.integers(0, 40), min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 45), max_size=6),
    piece=st.integers(1, 20),
)
def test_a_reel_gives_everything_once_however_it_is_cut(tmp_path_factory, times, cuts, piece) -> None:
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.catalog.store import Store
    from workbench.market.instruments import InstrumentMaster

    catalog = MarketCatalog(Store(tmp_path_factory.mktemp("reel")), InstrumentMaster.load())
    tape = trades(sorted(times))
    tape["price"] = np.arange(len(tape)) + 1.0
    catalog.store.write("recorded", "trades", "X", tape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reels, "PIECE", piece)
        reel = Reel(catalog, ["X"])
    for _ in range(2):
        found = []
        for cut in sorted(cuts):
            found += [records for _, records in reel.take(START + cut * SECOND)]
            if (horizon := reel.horizon(3)) <= reel.end and reel.next is not None:
                lane = reel.next_trade()
                assert reel.next < horizon
                assert len(lane.ahead(horizon)) > 0
                found += [records for _, records in reel.take_to(lane, 1)]
            before, ties = reel.trades["X"].taken()
            done = np.concatenate(found) if found else tape[:0]
            assert np.array_equal(np.sort(done["price"]), tape["price"][: len(done)])
            assert (tape["ts_event"] < before).sum() + len(ties) == len(done)
        found += [records for _, records in reel.take(reel.end)]
        assert np.array_equal(np.concatenate(found), tape)
        assert reel.next is None
        reel.rewind()


def test_a_goal_is_reached_by_the_same_trade_however_the_tape_is_cut(catalog, record) -> None:
    tape = record(4000, hours=2)
    catalog.store.write("recorded", "trades", "X", tape)
    found = set()
    for rows in (1, 7, 100, 5000):
        reel = Reel(catalog, ["X"])
        (lane,) = reel.lanes
        goal, count = Goal(GoalSpec("volume", "1min", "X", 1.5, 10), catalog, lane), 0
        for low in range(0, len(tape), rows):
            k = goal.check(tape[low : low + rows])
            if k is not None:
                found.add((low + k, goal.reason))
                break
        del count
    ((at, reason),) = found
    assert "times the usual" in reason
    assert tape["ts_event"][at - 1] // (60 * SECOND) > tape["ts_event"][at - 2] // (60 * SECOND)


def test_the_pace_and_its_limits() -> None:
    clock = Clock()
    pace = Pace(clock, START, 4.0)
    clock.time += SECOND
    assert pace.now == START + 4 * SECOND
    assert pace.seconds_to(START + 12 * SECOND) == 2.0
    pace.set(START)
    assert pace.now == START
    assert (check_speed("max"), check_speed(None), check_speed("2"), check_speed(0.25)) == (None, None, 2.0, 0.25)
    for speed in (0.2, 1001, "quick", float("nan"), -1):
        with pytest.raises(DataError, match=r"0.25 .. 1000"):
            check_speed(speed)
