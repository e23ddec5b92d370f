"""Charts that follow a replay, on a real Redis: nothing of its future, one hub for all, bars of one epoch."""

from __future__ import annotations

import functools
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import workbench as wb
from workbench.bars import bars_from_trades
from workbench.catalog.synthetic import SyntheticMarket
from workbench.config import Settings
from workbench.errors import BusError
from workbench.live.embedded import EmbeddedRedis
from workbench.live.replay import Replay
from workbench.market.events import BAR
from workbench.market.specs import DAY, SECOND, BarSpec
from workbench.services import Services
from workbench.views.chart import ChartView
from workbench.views.chart.compare import Compare
from workbench.views.following import Followed, _links
from workbench.views.state import AppState
from workbench.views.status import describe

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
MONDAY = int(np.datetime64("2026-03-02", "ns").astype("i8"))
SUMS = ["volume", "buy_volume", "sell_volume", "vwap"]


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    def wait(condition: Callable[[], object]) -> None:
        deadline, never = time.monotonic() + 10, threading.Event()
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail("the condition did not come true in time", pytrace=True)
            never.wait(0.01)

    return wait


@functools.cache
def trades() -> np.ndarray:
    return SyntheticMarket("BTC-USD").trades(MONDAY - 6 * HOUR, MONDAY + DAY)


@pytest.fixture
def tape() -> np.ndarray:
    return trades()


@pytest.fixture
def services(tmp_path: Path, tape: np.ndarray) -> Iterator[Services]:
    server = EmbeddedRedis(tmp_path / "redis")
    made = Services(Settings(data_dir=tmp_path / "data", redis_url=server.start(), catalogs=tmp_path / "catalogs"))
    for symbol in ("BTC-USD", "ETH-USD"):
        made.catalog.store.write("synthetic", "trades", symbol, tape, covered_until=MONDAY + DAY)
    yield made
    made.close()
    server.stop()


@pytest.fixture
def charting(services: Services) -> Iterator[Callable[..., ChartView]]:
    made: list[ChartView] = []

    def make(replay: Replay | str, spec: str = "1min", **values: object) -> ChartView:
        name = replay if isinstance(replay, str) else replay.name
        made.append(ChartView(services, AppState(symbol="BTC-USD", spec=spec, replay=name, **values)))
        made[-1].__panel__()
        return made[-1]

    yield make
    for one in made:
        one.close()


def begun(services: Services, start: int = MONDAY, hours: float = 8.0, name: str = "lesson") -> Replay:
    """A replay that rests so many hours after its start."""
    made = services.replay("BTC-USD", np.datetime64(start, "ns"), speed=None, name=name)
    assert made.seek(np.datetime64(start + int(hours * HOUR), "ns")).wait(60)
    return made


def drawn_to(view: ChartView, replay: Replay) -> bool:
    """Whether the chart, after one more look, has the newest trade before the replay's clock, and none behind it."""
    view.poll()
    return view.history is not None and len(view.history) > 0 and at_clock(view, replay)


def followed(view: ChartView, replay: Replay) -> bool:
    """The same beside a browser: a leap may come in parts, and one of few bars moves the window there, not here."""
    window, before = view.window, 0 if view.history is None else view.history.stop
    there = drawn_to(view, replay)
    grown = 0 if view.history is None else view.history.stop - before
    if grown > 0 and view.window == window and window[1] >= before - 1:
        view._show((window[0] + grown, window[1] + grown))
    return there


def at_the_end(view: ChartView, width: float) -> bool:
    """Whether the window is as wide as it was and shows the newest bars."""
    start, end = view.window
    return end - start == width and start < view.history.stop <= end + width / 2


def at_clock(view: ChartView, replay: Replay) -> bool:
    """Whether the newest bar is the one of the newest trade before the replay's clock."""
    times, newest = trades()["ts_event"], int(view.history.records["time"][-1])
    return newest <= times[times.searchsorted(replay.world.now, "right") - 1] < newest + view.spec.step


def ends_as(view: ChartView, expected: np.ndarray) -> bool:
    """Whether the newest bar is the last of these, with all its trades."""
    return view.history.records[["time", "trades"]][-1] == expected[["time", "trades"]][-1]


def true_bars(services: Services, tape: np.ndarray, spec: str, clock: int) -> np.ndarray:
    """What bars anybody could have made by then."""
    sessions = services.catalog.instrument("BTC-USD").calendar_of(BarSpec.parse(spec))
    return bars_from_trades(tape[tape["ts_event"] <= clock], spec, sessions)


def same(view: ChartView, expected: np.ndarray) -> None:
    """The bars of a chart are these, the newest ones: equal in all but the last bits of sums that were stored."""
    records = view.history.records
    expected = expected[-len(records) :]
    for name in [name for name in BAR.names if name not in SUMS]:
        assert records[name].tolist() == expected[name].tolist(), name
    for name in SUMS:
        np.testing.assert_allclose(records[name], expected[name], rtol=1e-9)


def test_a_chart_has_the_bars_up_to_the_clock_and_goes_on_with_it(services, tape, charting, until) -> None:
    replay = begun(services)
    view = charting(replay)
    assert view.history is None and view._cover.panel.title == "Joining the replay lesson"
    until(lambda: drawn_to(view, replay))
    assert not view._cover.root.visible
    clock = replay.world.now
    same(view, true_bars(services, tape, "1min", clock))
    # What came over the bus is what `resample` makes of it, to the last bit.
    ours = view.history.records[view.history.records["time"] >= MONDAY]
    whole = true_bars(services, tape, "1min", clock)
    assert ours[:-1].tobytes() == whole[whole["time"] >= MONDAY][:-1].tobytes()
    assert np.array_equal(
        view.chart.source.data["time"], whole["time"][-len(view.chart.source.data["time"]) :] // 10**6
    )

    replay.step(3, by="5min").wait(60)
    until(lambda: drawn_to(view, replay) and replay.world.now > clock)
    same(view, true_bars(services, tape, "1min", replay.world.now))
    assert view.chart.source.tags[0]["until"] is None  # no countdown by the clock on the wall


@pytest.mark.parametrize("spec", ["1h", "1d", "500tick", "renko:40.0", "ha(5min)"])
def test_a_bar_that_holds_the_begin_of_the_replay_knows_nothing_of_what_comes(
    spec, services, tape, charting, until
) -> None:
    replay = begun(services, MONDAY + 90 * MINUTE, 2.2)
    view, clock = charting(replay, spec), replay.world.now
    expected = true_bars(services, tape, spec, clock)
    until(lambda: view.poll() or (view.history is not None and len(view.history)))
    until(lambda: view.poll() or ends_as(view, expected))
    assert view.history.at_start  # all there is
    same(view, expected)


def test_coarser_bars_and_all_there_is_end_at_the_clock_too(services, tape, charting, until) -> None:
    replay = begun(services, MONDAY + 90 * MINUTE, 2.2)
    view, clock = charting(replay, "1min"), replay.world.now
    until(lambda: drawn_to(view, replay))
    view._change_detail(BarSpec.parse("1h"))
    expected = true_bars(services, tape, "1h", clock)
    until(lambda: view.poll() or ends_as(view, expected))
    same(view, expected)
    assert view.history.reader.coverage()[1] == clock
    assert not view.go_to(np.datetime64(MONDAY + 20 * HOUR, "ns"))
    assert view.history.records["time"][-1] <= clock


def test_going_back_draws_everything_anew_at_the_same_width(services, tape, charting, until) -> None:
    replay = begun(services, hours=12)
    view = charting(replay)
    until(lambda: drawn_to(view, replay))
    view._show((view.history.stop - 77.0, view.history.stop + 3.0))
    replay.seek(np.datetime64(MONDAY + 3 * HOUR, "ns")).wait(60)
    until(lambda: followed(view, replay))
    same(view, true_bars(services, tape, "1min", replay.world.now))
    assert max(view.chart.source.data["time"]) * 10**6 <= replay.world.now
    assert at_the_end(view, 80)
    # A window in the past stays where it was.
    view.go_to(np.datetime64(MONDAY - 2 * HOUR, "ns"))
    before = view.history.times(*view.window)
    replay.seek(np.datetime64(MONDAY + 2 * HOUR, "ns")).wait(60)
    until(lambda: view.poll() or (view.history.at_end and at_clock(view, replay)))
    assert view.history.times(*view.window)[0] == pytest.approx(before[0], abs=MINUTE)
    same(view, true_bars(services, tape, "1min", replay.world.now))


def test_a_hand_that_comes_back_to_the_end_finds_what_was_replayed(services, tape, charting, until) -> None:
    replay = begun(services, hours=20)
    view = charting(replay, "15s")  # 4,800 bars of the replay, more than are read at a time
    until(lambda: drawn_to(view, replay))
    view._to_start()
    assert not view.history.at_end
    view.poll()
    while not view.history.at_end:
        view.history.newer()
    view.poll()
    same(view, true_bars(services, tape, "15s", replay.world.now))


def test_before_the_first_trade_there_is_nothing_and_then_it_comes(services, tape, charting, until) -> None:
    first = int(tape["ts_event"][0])
    replay = services.replay("BTC-USD", np.datetime64(first, "ns"), speed=None, name="lesson")
    view = charting(replay)
    until(lambda: view.poll() or "has happened yet" in view._cover.panel.title)
    replay.step(500).wait(60)
    until(lambda: drawn_to(view, replay))
    assert not view._cover.root.visible
    same(view, true_bars(services, tape, "1min", replay.world.now))


def test_what_is_compared_has_no_future_either(services, charting, until) -> None:
    replay = begun(services)
    view = charting(replay, compare=["ETH-USD"])
    until(lambda: drawn_to(view, replay))
    part = next(part for part in view.parts if isinstance(part, Compare))
    other = part.others["ETH-USD"]
    # It is not replayed: all that is known of it lies before the replay.
    assert len(other._times) > 0 and other._times[-1] < MONDAY


def test_all_charts_share_one_hub_that_ends_with_the_last(services, charting, until) -> None:
    replay = begun(services)
    first, second = charting(replay), charting(replay, "5min")
    until(lambda: drawn_to(first, replay) and (second.poll() or second.history is not None))
    hub = first.origin.hub()
    assert hub is second.origin.hub() is not services.hub
    second.close()
    assert first.origin.hub() is hub
    first.state.replay = ""
    assert first.origin.hub() is not hub and hub.viewers() == 0 and not _links[services]
    until(lambda: hub.status().state == "off")
    assert first.history.records["time"][-1] > replay.world.now  # the market's own bars again


def test_a_replay_that_is_over_says_so_and_one_of_its_name_is_followed(services, charting, until) -> None:
    view = charting("lesson")
    until(lambda: view.poll() or view._cover.panel.kind == "error")
    assert "lesson" in view._cover.panel.title and view._cover.panel.action == "Show the live market"
    replay = begun(services)
    until(lambda: drawn_to(view, replay))
    replay.stop()
    strip = Followed(view.state, services)
    until(lambda: strip.status().world.state == "stopped")
    view.poll()
    assert not view._cover.root.visible  # what was replayed can be looked at

    other = begun(services, name="another", hours=1)
    assert other.url == replay.url
    until(lambda: view.poll() or view._cover.root.visible)
    assert view._cover.panel.kind == "error" and "over" in view._cover.panel.title
    view._cover.panel.clicks += 1
    assert view.state.replay == "" and not view._cover.root.visible


def test_the_strip_says_that_it_is_a_replay(services, charting, until) -> None:
    replay = begun(services)
    view = charting(replay)
    strip = Followed(view.state, services)
    until(lambda: drawn_to(view, replay))
    until(lambda: strip.status().now_ns == replay.world.now)
    words = describe(strip.status(), time.time_ns(), "Europe/Berlin")["words"]
    clock = replay.now.tz_convert("Europe/Berlin")
    assert words == f"replay lesson · {clock:%Y-%m-%d %H:%M:%S} · paused"
    view.state.replay = ""
    assert strip.status().world is None


def test_a_link_says_the_replay_and_a_layout_does_not_keep_it() -> None:
    state = AppState()
    assert "replay" not in state.query
    assert state.apply_query("?symbol=ES&replay=lesson") == []
    assert state.replay == "lesson" and "replay=lesson" in state.query
    assert "replay" not in state.document()["charts"][0]
    assert state.apply_document(AppState(symbol="NQ").document()) == []
    assert (state.symbol, state.replay) == ("NQ", "lesson")
    assert "1 to 100 printable" in state.apply_query("?replay=" + "x" * 101)[0]


def test_in_a_notebook(services, tape, monkeypatch: pytest.MonkeyPatch, until) -> None:
    monkeypatch.setattr("workbench.services._services", services)
    replay = begun(services)
    for live in (replay, replay.url, "lesson"):
        view = wb.chart("BTC-USD", "1min", live=live)
        view._begin()
        until(lambda: drawn_to(view, replay))  # noqa: B023  it is asked here and now
        same(view, true_bars(services, tape, "1min", replay.world.now))
        view.close()
    with pytest.raises(BusError, match="lessen"):
        wb.chart("BTC-USD", "1min", live="lessen")


def test_ten_cycles_leave_nothing_behind(services, charting, until) -> None:
    replay = begun(services)

    def cycle() -> None:
        view = ChartView(services, AppState(symbol="BTC-USD", spec="1min", replay=replay.name))
        view.__panel__()
        until(lambda: drawn_to(view, replay))
        view._change_detail(BarSpec.parse("5min"))
        view.close()

    def ended() -> bool:
        return not any(one.name in ("hub-stop", "workbench-hub") for one in threading.enumerate())

    cycle()
    until(ended)
    gc.collect()
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        cycle()
    until(ended)
    gc.collect()
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == (threads, files)
    assert not _links[services]


def test_a_leap_ahead_takes_the_window_along(services, charting, until) -> None:
    replay = begun(services, hours=2)
    view = charting(replay)
    until(lambda: drawn_to(view, replay))
    view._show((view.history.stop - 77.0, view.history.stop + 3.0))
    replay.seek(np.datetime64(MONDAY + 9 * HOUR, "ns")).wait(60)
    until(lambda: followed(view, replay))
    assert at_the_end(view, 80)
    assert view.chart.source.data["time"][-1] == view.history.records["time"][-1] // 10**6
    view.go_to(np.datetime64(MONDAY - 2 * HOUR, "ns"))
    before = view.window
    replay.seek(np.datetime64(MONDAY + 20 * HOUR, "ns")).wait(60)
    until(lambda: drawn_to(view, replay))
    assert view.window == before  # who looks at the past stays there
