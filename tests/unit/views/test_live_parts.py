"""The parts of the Live page without a browser: rates, latency, feeds, replays, and what the page says of Redis."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.errors import BusError, DataError
from workbench.live.latency import LatencySnapshot, Quantiles
from workbench.live.recorder import RecorderStatus
from workbench.live.runner import FeedStatus, this_process
from workbench.live.worlds import World
from workbench.views.live.acting import Acts
from workbench.views.live.feeds import FeedsPanel, options_of, recorder_told, told
from workbench.views.live.latency import STAGES, Stages, ms, rows_of, share
from workbench.views.live.looking import SYMBOLS, Look
from workbench.views.live.page import head_of, notice_of
from workbench.views.live.rates import Symbols, ago
from workbench.views.live.replay import ReplayPanel, command_of
from workbench.views.live.replay import told as replay_told
from workbench.views.screen_latency import ScreenLatency
from workbench.views.status import LinkStatus

S = 10**9


def symbols(count: int, **changes: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"symbol": [f"S{at:04d}" for at in range(count)], "state": "live", "age": 0.2})
    for name in SYMBOLS[3:]:
        frame[name] = 1
    return frame.assign(**changes)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> tuple[Symbols, list[dict[str, Any]]]:
    """A table and what is sent to its browser."""
    made, sent = Symbols(), []
    monkeypatch.setattr(made.table.model, "_send_msg", sent.append)
    return made, sent


def test_only_rows_that_changed_and_were_seen_are_sent(table: tuple[Symbols, list[dict[str, Any]]]) -> None:
    made, sent = table
    made.show(symbols(1000))
    version = made.table.model.version
    made.show(symbols(1000))
    assert sent == []
    rates = np.ones(1000)
    rates[[3, 4, 700]] = 9
    made.show(symbols(1000, rate10=rates))
    assert [(one["first"], len(one["rows"])) for one in sent] == [(3, 2)]
    assert sent[0]["rows"][0]["cells"][4] == "9.0"
    made.table.heard({"what": "rows", "first": 700, "count": 100, "version": version})
    sent.clear()
    rates[700] = 5
    made.show(symbols(1000, rate10=rates))
    assert [one["first"] for one in sent if len(one["rows"]) == 1] == [700]
    assert made.table.model.version == version


def test_an_order_stays_while_figures_move_and_symbols_come(table: tuple[Symbols, list[dict[str, Any]]]) -> None:
    made, sent = table
    made.show(symbols(3, rate10=[1.0, 3.0, 2.0]))
    made.table.sort(4)
    made.table.sort(4)
    assert made.table.order.tolist() == [1, 2, 0]
    made.show(symbols(3, rate10=[9.0, 3.0, 2.0]))
    assert (sent[-1]["first"], sent[-1]["rows"][0]["cells"][0]) == (2, "S0000")
    made.show(symbols(4, rate10=[9.0, 3.0, 2.0, 4.0]))
    assert made.table.order.tolist() == [0, 3, 1, 2]


def test_a_search_narrows_and_says_so(table: tuple[Symbols, list[dict[str, Any]]]) -> None:
    made, _ = table
    made.show(symbols(20, state=["stale"] + ["live"] * 19))
    made.search.query = "s000"
    assert (made.table.model.count, made.search.told) == (10, "10 of 20 symbols, 1 stale")
    assert made.table.model.first[0]["tones"][1] == "warn"
    made.search.query = "nothing"
    assert made.table.model.none == "No symbol contains 'NOTHING'."
    made.search.query = ""
    assert made.table.model.count == 20


def test_ages_in_words() -> None:
    assert [ago(one) for one in (float("nan"), 0.3, 7.0, 130.0)] == ["–", "now", "7 s", "2 min"]


def test_stages_are_told_with_their_bars() -> None:
    stages = {stage: Quantiles(1.0, 10.0, 100.0, 50, 0) for stage in STAGES}
    stages["published"] = Quantiles(-2.0, 3.0, 4.5, 50, 12)
    rows = rows_of(stages)
    assert [one["name"] for one in rows] == ["Exchange", "Publish", "Read", "Bar", "To bar", "Document", "Paint"]
    assert (rows[0]["p50"], rows[0]["p95"], rows[0]["p99"]) == ("1.00", "10.0", "100")
    assert rows[1]["p50"] == "−2.00" and "12 of 50" in rows[1]["note"]
    assert rows[0]["low"] == pytest.approx(1 / 3, abs=1e-3) and rows[0]["high"] == pytest.approx(2 / 3, abs=1e-3)


def test_stages_up_to_the_screen_stand_beside_those_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    screens, made = ScreenLatency(), Stages()
    monkeypatch.setattr("workbench.views.live.latency.screen_latency", screens)
    latency = LatencySnapshot(stages={**LatencySnapshot().stages, "bar": Quantiles(1.0, 2.0, 3.0, 1500, 0)})
    made.show(latency)
    assert made.told == "of 1,500 trades in the last minute, drawn by no chart"
    assert [one["p50"] for one in made.rows] == ["–", "–", "–", "1.00", "–", "–", "–"]
    for duration in (20_000_000, 20_000_000, 50_000_000):
        screens.add("document", duration)
    screens.add("paint", 40_000_000)
    made.show(latency)
    assert made.told == "of 1,500 trades in the last minute, drawn 3 times"
    document, paint = made.rows[-2:]
    assert [float(document[part]) for part in ("p50", "p99")] == [pytest.approx(ms, rel=0.05) for ms in (20, 50)]
    assert [float(paint[part]) for part in ("p50", "p95", "p99")] == [pytest.approx(40, rel=0.05)] * 3
    made.show(LatencySnapshot())
    assert made.told == "no trades in the last minute, drawn 3 times"


def test_durations_and_their_places() -> None:
    assert [ms(one) for one in (float("nan"), -0.001, 1_000_000.0)] == ["–", "0.00", "> 16 min"]
    assert [share(one) for one in (float("nan"), -5.0, 0.01, 1e9)] == [0.0, 0.0, 0.0, 1.0]


def feed(name: str = "crash-1", who: str = "", **changes: Any) -> FeedStatus:
    values = {"kind": "synthetic", "symbols": ("A", "B"), "told": "seed 7", "state": "running", "message": ""}
    return FeedStatus(name, who=who or this_process(), since_ns=0, **{**values, **changes})


def test_a_feed_can_be_stopped_where_it_runs() -> None:
    assert (told(feed(), 12.34)["acts"], told(feed(), 12.34)["rate"]) == (["stop"], "12.3/s")
    other = told(feed(who="far:1"), 1.0)
    assert other["acts"] == [] and other["elsewhere"] == "Runs in far:1: it is stopped there"
    failed = told(feed(state="failed", message="there is no catalog"), 0.0)
    assert (failed["acts"], failed["tone"], failed["message"]) == (["again", "remove"], "bad", "there is no catalog")
    assert told(feed(symbols=tuple("ABCDEF")), 0.0)["about"] == "synthetic · A, B, C, D and 2 more"


FORM = {"symbols": "X, Y", "scenario": "crash", "seed": "3", "speed": "2.5", "quotes": True, "book": False}


def test_the_form_of_a_market_is_read() -> None:
    wanted = {"symbols": ["X", "Y"], "scenario": "crash", "seed": 3, "speed": 2.5, "quotes": True}
    assert options_of(FORM) == wanted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"symbols": " , "}, "Symbols: name at least one"),
        ({"symbols": "A, A"}, "each may be named once"),
        ({"symbols": "A\x00B"}, "printable"),
        ({"seed": "much"}, "Seed: 'much' is not a number"),
        ({"speed": "5000"}, "Speed: 5000 is not between 0.01 and 1,000"),
        ({"speed": "nan"}, "Speed: nan is not between"),
    ],
)
def test_a_field_that_is_wrong_is_named(change: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        options_of({**FORM, **change})


def carried_out(acts: Acts) -> None:
    while acts.busy:
        acts._waiting[0][0].exception()
        acts.poll()


def test_what_is_pressed_is_done_beside_the_page_and_told() -> None:
    done: list[tuple[str, Any]] = []

    def start(kind: str, **options: Any) -> None:
        if options["symbols"] == ["TAKEN"]:
            raise DataError("TAKEN is fed by venue; stop that, or choose another symbol")
        done.append((kind, options["symbols"]))

    runner = SimpleNamespace(start=start, stop=lambda name: done.append(("stop", name)))
    acts = Acts()
    panel = FeedsPanel(SimpleNamespace(feeds=runner), acts)
    panel.heard({"what": "start", **FORM})
    assert panel.model.working == "Starting"
    panel.heard({"what": "start", **FORM})  # a second press while the first goes on
    carried_out(acts)
    assert (done, panel.model.working, panel.model.made) == ([("synthetic", ["X", "Y"])], "", 1)
    panel.heard({"what": "start", **FORM, "symbols": "TAKEN"})
    carried_out(acts)
    assert panel.model.wrong.startswith("TAKEN is fed by venue.")
    panel.show(Look(feeds=(feed(), feed("other", who="far:1"))))
    for id in (feed().id, "far:1/other", "nobody"):
        panel.heard({"what": "stop", "id": id})
        carried_out(acts)
    assert done[1:] == [("stop", "crash-1")]
    acts.close()


def recorder(**changes: Any) -> RecorderStatus:
    values = dict.fromkeys(("pid", "since_ns", "beat_ns", "symbols", "rows", "buffered", "files", "gaps", "dead"), 0)
    values |= {"commits": 0, "lag_entries": 0, "lag_ms": 12.0, "committed_ns": 0, "message": "", "host": "h"}
    return RecorderStatus(
        **{"name": "r", "source": "live", "kinds": ("trades",), "wanted": (), "state": "recording", **values, **changes}
    )


def test_a_recorder_says_how_far_behind_it_is_and_when_it_is_gone() -> None:
    fine = recorder_told(recorder(rows=1234, gaps=2), 5 * S)
    assert (fine["state"], fine["tone"]) == ("recording", "good")
    assert [one[:2] for one in fine["figures"]] == [("lag", "12 ms"), ("rows", "1,234"), ("gaps", "2")]
    assert recorder_told(recorder(), 60 * S)["state"] == "silent"


WORLD = World("id", "lesson", "replay", ("A",), 0, 100 * S, 25 * S, state="playing", progress=0.25)


class Controls:
    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.speed: float | None = 1.0

    def __getattr__(self, name: str) -> Any:
        return lambda *values, **named: self.calls.append((name, *values, *named.items()))


@pytest.mark.parametrize(
    ("data", "call"),
    [
        ({"what": "pause"}, ("pause",)),
        ({"what": "seek", "share": 0.5}, ("seek", pd.Timestamp(50 * S, tz="UTC"))),
        ({"what": "seek", "share": 7}, ("seek", pd.Timestamp(100 * S, tz="UTC"))),
        ({"what": "step", "by": "5min"}, ("step", 1, "5min")),
        ({"what": "run_to", "goal": "move", "text": "0.5 %"}, ("run_to", "move", "1min", ("at_least", 0.005))),
        (
            {"what": "run_to", "goal": "volume", "text": "3", "spec": "1h"},
            ("run_to", "volume", "1h", ("at_least", 3.0)),
        ),
        ({"what": "run_to", "goal": "formula", "text": "close > 1"}, ("run_to", "close > 1", "1min")),
    ],
)
def test_what_is_pressed_becomes_a_command(data: dict[str, Any], call: tuple[Any, ...]) -> None:
    controls = Controls()
    command = command_of(data, WORLD)
    assert command is not None
    command(controls)
    assert controls.calls == [call]


def test_a_speed_is_set_and_what_cannot_be_read_is_said() -> None:
    controls = Controls()
    command_of({"what": "speed", "speed": "0"}, WORLD)(controls)
    assert controls.speed is None
    with pytest.raises(DataError, match="'much' is not a number"):
        command_of({"what": "run_to", "goal": "move", "text": "much"}, WORLD)
    with pytest.raises(DataError, match="write one that says yes or no"):
        command_of({"what": "run_to", "goal": "formula", "text": " "}, WORLD)
    assert command_of({"what": "dance"}, WORLD) is None


def test_a_replay_is_started_and_followed() -> None:
    asked: list[Any] = []

    def replay(*given: Any, **named: Any) -> Any:
        asked.append((given, named))
        return SimpleNamespace(play=lambda: SimpleNamespace(name="lesson"))

    frame = pd.DataFrame({"kind": ["trades", "bars"], "symbols": ["A, B", "C"]})
    services = SimpleNamespace(replay=replay, bus_url="", catalog=SimpleNamespace(datasets=lambda: frame))
    acts = Acts()
    panel = ReplayPanel(services, acts)
    assert panel.model.known == ["A", "B"]
    panel.heard({"what": "start", "symbols": " "})
    assert panel.model.wrong.startswith("Symbols:") and not asked
    panel.heard({"what": "start", "symbols": "A, B", "start": " ", "end": "2024-01-02", "speed": "0"})
    carried_out(acts)
    assert asked == [((["A", "B"], None, "2024-01-02"), {"speed": None})]
    panel.show([WORLD])
    assert panel.model.chosen == "lesson" and panel.model.replays[0]["clock"] == "1970-01-01 00:00:25"
    panel.show([])
    assert (panel.model.chosen, panel.model.replays) == ("", [])
    told_of = replay_told(WORLD)
    assert told_of["share"] == 0.25
    assert told_of["chart"] == f"chart?symbol={WORLD.symbols[0]}&spec=1min&replay={WORLD.name}"
    acts.close()


def test_the_page_says_when_redis_does_not_answer() -> None:
    lost = Look(status=LinkStatus("reconnecting", message="refused"), problem="Redis cannot be reached")
    assert notice_of(lost).startswith("Redis does not answer; trying again.") and "cannot be reached" in notice_of(lost)
    quiet = Look(status=LinkStatus("stale", message="nothing is published: start a feed"))
    assert notice_of(quiet) == "Nothing is published: start a feed."
    assert notice_of(Look(status=LinkStatus("live"))) == ""


def test_the_line_over_the_page_has_the_totals() -> None:
    look = Look(
        status=LinkStatus("live", entries=10, trades=45, gaps=3), latency=LatencySnapshot(total=(7.0, 5.5)),
        symbols=symbols(3, state=["live", "stale", "stale"]), dead=4, at_ns=time.time_ns(),
    )  # fmt: skip
    figures = {one["label"]: one["value"] for one in head_of(look)["figures"]}
    assert (figures["Trades/s"], figures["Mean of 10 s"], figures["Coalesced"]) == ("7", "5.5", "4.5 to 1")
    assert (figures["Stale"], figures["Gaps"], figures["Dead letters"]) == ("2", "3", "4")


def test_an_act_that_fails_is_told() -> None:
    acts, heard = Acts(), []

    def fail() -> None:
        raise BusError("Redis is away")

    acts.do(fail, lambda found, error: heard.append((found, str(error))))
    carried_out(acts)
    assert heard == [(None, "Redis is away")]
    acts.close()
