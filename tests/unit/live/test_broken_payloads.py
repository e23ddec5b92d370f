"""500 payloads that no program of ours would send: each is put aside with the reason, and good ones between arrive."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from workbench.catalog.market_catalog import MarketCatalog
from workbench.errors import DataError
from workbench.live.bridge import PREFIX, Bridge
from workbench.live.bus import DEAD_KEY, Bus
from workbench.live.codec import encode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.push import Inbox
from workbench.live.rows import Unusable
from workbench.live.rows import trade as read_trade
from workbench.market.events import DTYPES, TRADE
from workbench.serve.push import Door, _work

#: Payloads to a door; three doors. Many more than the 500 that are asked for.
EXAMPLES = 300
DAMAGES = (
    "version",
    "kind",
    "checksum",
    "count",
    "short",
    "long",
    "missing",
    "nan",
    "side",
    "future",
    "noise",
    "seq",
    "who",
)
NOW = int(np.datetime64("2024-03-04T12:00", "ns").astype("i8"))

entries = st.tuples(st.sampled_from(DAMAGES), st.binary(max_size=120), st.integers(1, 5))
FIELDS = (b"v", b"k", b"p", b"s", b"n", b"d")


def summed(fields: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """With a checksum that fits: only what is in it is wrong."""
    said = b"".join(b"%b%d:%b" % (name, len(fields[name]), fields[name]) for name in FIELDS)
    return {**fields, b"c": b"%08x" % zlib.crc32(said)}


def broken(damage: str, noise: bytes, rows: int, number: int = 0) -> dict[bytes, bytes]:
    """An entry with one kind of damage; ``number`` tells it from others, as what was seen already is passed over."""
    trades = np.ones(rows, TRADE)
    trades["ts_event"] = NOW
    fields = encode("trades", trades, 0, producer="noise")
    letters = noise.hex().encode()
    match damage:
        case "version":
            return {**fields, b"v": b"2" + letters}
        case "kind":
            kind = sorted(DTYPES)[len(noise) % len(DTYPES)]
            return summed({**fields, b"k": b"x" + letters if kind == "trades" else kind.encode()})
        case "checksum":
            return {**fields, b"c": letters[:8]}
        case "count":
            return summed({**fields, b"n": b"%d" % (rows + 1 + len(noise))})
        case "short":
            return summed({**fields, b"d": fields[b"d"][: -1 - len(noise) % 34]})
        case "long":
            return summed({**fields, b"d": fields[b"d"] + noise + b"x"})
        case "missing":
            return {name: value for name, value in fields.items() if name != FIELDS[len(noise) % 6]}
        case "nan":
            trades["price"][0] = struct.unpack("<d", b"\1\0\0\0\0\0\xf8\x7f")[0]
        case "side":
            trades["side"][-1] = 2 + len(noise) % 100
        case "future":
            trades["ts_event"][-1] = 2**63 - 1 - len(noise)
        case "noise":
            return {b"n" + letters: noise}
        case "seq":
            return summed({**fields, b"s": noise or b"-1"}) if not noise.isdigit() else {b"x": noise}
        case "who":
            return summed({**fields, b"p": b"w" * 201 + letters})
    return encode("trades", trades, 0, producer=f"noise {number} \xff@99999999999999999999-x")


def letters_of(bus: Bus) -> list[dict[bytes, bytes]]:
    found = bus.execute("XRANGE", DEAD_KEY, "-", "+")
    return [dict(zip(fields[::2], fields[1::2], strict=True)) for _, fields in found]


def examples(strategy: st.SearchStrategy, count: int) -> list:
    """So many examples; a property test would start a server for each."""
    found: list = []

    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(strategy)
    def collect(one: object) -> None:
        found.append(one)

    while len(found) < count:
        collect()
    return found[:count]


def test_entries_that_are_broken(bus: Bus, open_hub: Callable[..., Hub], until: Callable) -> None:
    hub = open_hub()
    damaged = examples(entries, EXAMPLES)
    damaged += [(damage, noise, 2) for damage in DAMAGES for noise in (b"", b"\0", b"\xff" * 50)]
    payloads = [broken(*one, number) for number, one in enumerate(damaged)]
    good = np.ones(2, TRADE)
    good["flags"] = 0
    with hub.subscribed("A", "1s") as live:
        for i, fields in enumerate(payloads):
            good["ts_event"] = NOW + i * 10**9
            flat = [part for pair in fields.items() for part in pair]
            bus.execute_many(
                [
                    ("XADD", "wb:trades:A", "*", *flat),
                    ("XADD", "wb:trades:A", "*", *(p for pair in encode("trades", good, 2 * i).items() for p in pair)),
                ]
            )
        until(lambda: hub.status().dead_letters >= len(payloads))
        until(lambda: len(letters_of(bus)) >= len(payloads))
        found = letters_of(bus)
        assert len(found) == len(payloads) == hub.status().dead_letters
        assert all(one[b"reason"] and one[b"key"] == b"wb:trades:A" for one in found)
        # Of an entry with one bad row the others are used.
        bad_rows = sum(b"trades cannot be used" in one[b"reason"] for one in found)
        assert bad_rows > 10
        arrived = hub.trade_records("A")
        assert np.isin(NOW + np.arange(len(payloads)) * 10**9, arrived["ts_event"]).all()
        until(lambda: live.snapshot().forming["trades"].sum() == 2)
        assert hub.status().state == "live" and hub.status().message == ""


def test_keys_of_other_types(bus: Bus, open_hub: Callable[..., Hub], until: Callable) -> None:
    makers = {
        "string": ("SET", "x"), "list": ("RPUSH", "x"), "set": ("SADD", "x"), "hash": ("HSET", "x", "y"),
        "zset": ("ZADD", "1", "x"),
    }  # fmt: skip
    for kind, (command, *values) in makers.items():
        bus.execute(command, f"wb:trades:{kind}", *values)
    bus.execute("SET", b"wb:trades:\xff\xfe", "x")
    hub = open_hub()
    one = np.ones(1, TRADE)
    fields = [part for pair in encode("trades", one, 0).items() for part in pair]
    bus.execute("XADD", "wb:trades:A", "*", *fields)
    until(lambda: hub.status("A").trades == 1)
    until(lambda: len(letters_of(bus)) == len(makers))
    reasons = {letter[b"key"].decode(): letter[b"reason"].decode() for letter in letters_of(bus)}
    assert reasons == {f"wb:trades:{kind}": f"the key is of type {kind}, a stream is wanted" for kind in makers}
    # A stream that becomes something else while it is read, and comes back.
    bus.execute("DEL", "wb:trades:A")
    bus.execute("SET", "wb:trades:A", "x")
    until(lambda: len(letters_of(bus)) == len(makers) + 1)
    bus.execute("DEL", "wb:trades:A")
    one["ts_event"] = 5
    fields = [part for pair in encode("trades", one, 1).items() for part in pair]
    bus.execute("XADD", "wb:trades:A", "*", *fields)
    until(lambda: hub.status("A").trades == 2)
    assert hub.status().dead_letters == len(makers) + 1


TICK = {"symbol": "A", "price": 1.5, "volume": 2, "timestamp": "2024-03-04T12:00:00"}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("9" * 5000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
MESSAGES = st.one_of(
    st.binary(max_size=60),
    VALUES.map(json.dumps).map(str.encode),
    st.dictionaries(st.sampled_from(["price", "volume", "timestamp", "side", "symbol"]), VALUES, min_size=1).map(
        lambda changes: json.dumps({**TICK, **changes}).encode()
    ),
    st.integers(0, 60).map(lambda cut: json.dumps(TICK).encode()[:cut]),
    st.just(b"[" * 100_000),
)


def is_good(message: bytes) -> bool:
    try:
        row = json.loads(message)
        return isinstance(row, dict) and bool(read_trade(row, now=NOW, channel="A"))
    except (Unusable, ValueError, RecursionError):
        return False


@pytest.fixture
def bridge(server: EmbeddedRedis) -> Iterator[Bridge]:
    one = Bridge(server.url, outward=False, clock=lambda: NOW).start()
    assert one.wait_ready()
    yield one
    one.stop()


def test_messages_that_are_broken(bus: Bus, bridge: Bridge, open_hub: Callable[..., Hub], until: Callable) -> None:
    hub = open_hub()
    payloads = [one for one in examples(MESSAGES, EXAMPLES) if not is_good(one)]
    assert len(payloads) > EXAMPLES / 2
    for i, one in enumerate(payloads):
        good = json.dumps({**TICK, "symbol": "GOOD", "price": i + 1})
        bus.execute_many([("PUBLISH", f"{PREFIX}A", one), ("PUBLISH", f"{PREFIX}GOOD", good)])
    until(lambda: hub.status("GOOD").trades == len(payloads) and len(letters_of(bus)) == len(payloads))
    assert all(one[b"reason"] and one[b"key"] == b"live_ticks:A" for one in letters_of(bus))
    assert hub.trade_records("GOOD")["price"].tolist() == list(range(1, len(payloads) + 1))
    assert bridge.status.dead == len(payloads) and bridge.status.message == ""


def test_requests_that_are_broken(bus: Bus, server: EmbeddedRedis, catalog: MarketCatalog) -> None:
    inbox = Inbox(server.url, catalog.store, clock=lambda: NOW)
    door = Door({}, lambda: inbox)
    put_aside = 0
    bodies = [
        *examples(MESSAGES, EXAMPLES),
        b"",
        b"[5]",
        b"[[]]",
        b"[{}]",
        b"null",
        b"NaN",
        b'"' + b"x" * 10_000 + b'"',
    ]
    for i, body in enumerate(bodies):
        for kind, batch in (("bars", False), ("trades", True), ("trades", False)):
            status, told = _work(door, kind, "/api/x", body, who="me", batch=batch)
            assert status in (200, 400, 422), told
            put_aside += status != 200
            assert status == 200 or (told["error"] and told.get("accepted", 0) == 0)
        good = json.dumps({**TICK, "id": i}).encode()
        assert _work(door, "trades", "/api/x", good, who="me", batch=False)[1]["accepted"] == 1
    assert put_aside > 500
    found = letters_of(bus)
    assert len(found) == put_aside and all(one[b"reason"] and one[b"key"] == b"api:/api/x" for one in found)
    door.pool.shutdown()


@given(st.sampled_from(DAMAGES), st.binary(max_size=120), st.integers(1, 5))
def test_each_damage_is_one(damage: str, noise: bytes, rows: int) -> None:
    """The entries above are broken indeed, and told so in few words."""
    from workbench.live.codec import decode
    from workbench.live.pipeline import check_trades

    try:
        batch = decode(broken(damage, noise, rows))
    except DataError as error:
        assert len(str(error)) < 300
        return
    assert batch.kind != "trades" or check_trades(batch.records, NOW)[1] is not None
