from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import BusError
from workbench.live.backoff import Backoff
from workbench.live.bus import Bus, BusRefused, keep_entries, key_of
from workbench.live.codec import Batch, Producer
from workbench.market.events import TRADE


def batch(seq: int, rows: int = 2, producer: str = "p") -> Batch:
    return Batch("trades", np.ones(rows, TRADE), seq, producer)


def test_entries_are_read_behind_a_position(bus: Bus) -> None:
    ids = [bus.publish("trades", "A", batch(i)) for i in range(3)]
    found = bus.read({key_of("trades", "A"): ids[0].decode(), key_of("trades", "B"): "0-0"}, 10, 100)
    assert [i for i, _ in found["wb:trades:A"]] == ids[1:]
    assert list(found) == ["wb:trades:A"]
    assert bus.read({}, 10, 100) == {}


def test_symbols_of_any_spelling_are_found(bus: Bus) -> None:
    names = ["BTC-USD", "a:b", "x y", "[*]?", "ÄÖ"]
    for name in names:
        bus.publish("trades", name, batch(0))
    bus.execute("SET", "wb:trades:text", "1")
    bus.publish("quotes", "Q", batch(0))
    assert bus.symbols("trades") == sorted(names)


def test_the_tail_is_of_one_producer_and_one_sequence(bus: Bus) -> None:
    old, new, other = (str(Producer("me", since, "aa")) for since in (1, 2, 3))
    other = other.replace("me", "you")
    for seq, who in [(0, old), (0, new), (2, new), (0, other), (4, new), (2, other)]:
        bus.publish("trades", "A", batch(seq, producer=who))
    bus.execute("XADD", "wb:trades:A", "*", "garbage", "1")
    assert [b.seq for _, b in bus.tail("trades", "A", name="me", rows=100)] == [0, 2, 4]
    assert [b.seq for _, b in bus.tail("trades", "A", name="me")] == [4]
    assert bus.last_entry("trades", "A")[1].producer == other
    assert bus.tail("trades", "A", name="nobody") == []
    assert bus.last_entry("trades", "nothing") is None


def test_a_stream_is_cut_to_its_limit(bus: Bus) -> None:
    for i in range(300):
        bus.publish("trades", "A", batch(i), maxlen=100)
    assert 100 <= bus.execute("XLEN", "wb:trades:A") <= 210


def test_what_is_a_month_old_goes_when_something_new_comes(bus: Bus, open_publisher, record) -> None:
    month = 30 * 86_400_000
    now = bus.now() // 1_000_000
    for key in ("wb:trades:X", "wb:trades:other"):
        for i in range(250):
            bus.execute("XADD", key, f"{now - month - 5_000 + i}-0", "a", "b")
        bus.execute("XADD", key, f"{now - month + 60_000}-0", "young", "yes")
    publisher = open_publisher()
    publisher.publish("X", record(10))
    assert publisher.flush()
    publisher.close()
    left = bus.execute("XRANGE", "wb:trades:X", "-", "+")
    assert [fields[0] for _, fields in left[-2:]] == [b"young", b"v"]
    assert len(left) <= 102  # whole nodes of 100 go
    assert bus.execute("XLEN", "wb:trades:other") == 251  # nobody writes there


def test_how_much_a_stream_keeps() -> None:
    assert keep_entries(1) == 400_000
    assert keep_entries(100) == 40_000
    assert keep_entries(65_536) == 10_000


def test_positions_by_time(bus: Bus) -> None:
    for ms in (1000, 2000, 3000):
        bus.execute("XADD", "wb:trades:A", f"{ms}-0", "a", "b")

    def first_read(seconds: float) -> bytes:
        position = bus.position_at("trades", "A", int(seconds * 1e9))
        return bus.read({"wb:trades:A": position}, 10, 10)["wb:trades:A"][0][0]

    assert first_read(0.5) == b"1000-0"
    assert first_read(2.5) == b"2000-0"
    assert first_read(9.0) == b"3000-0"
    assert bus.last_ids(["wb:trades:A", "wb:trades:B"]) == {"wb:trades:A": "3000-0", "wb:trades:B": None}


def test_a_refusal_is_told_from_a_lost_connection(bus: Bus) -> None:
    bus.execute("SET", "wb:trades:A", "text")
    before = bus.connections
    with pytest.raises(BusRefused, match="WRONGTYPE"):
        bus.publish("trades", "A", batch(0))
    replies = bus.publish_many([("wb:trades:A", batch(0), 10), ("wb:trades:B", batch(0), 10)])
    assert isinstance(replies[0], BusRefused)
    assert isinstance(replies[1], bytes)
    assert bus.connections == before


def test_addresses_that_cannot_be_used() -> None:
    with pytest.raises(BusError, match="cannot be used"):
        Bus("http://localhost")
    with pytest.raises(BusError, match="cannot be reached"):
        Bus("redis://127.0.0.1:1/0").ping()


def test_waits_grow_to_a_cap_and_start_again() -> None:
    backoff = Backoff(0.05, 1.0)
    waits = [backoff.next() for _ in range(12)]
    nominal = [0.05, 0.1, 0.2, 0.4, 0.8] + [1.0] * 7
    assert all(0.75 * n <= w <= 1.25 * n for w, n in zip(waits, nominal, strict=True))
    assert len(set(waits[5:])) > 1
    assert backoff.tries == 12
    backoff.reset()
    assert backoff.next() < 0.07


def test_no_error_tells_the_password() -> None:
    with pytest.raises(BusError) as told:
        Bus("redis://me:secret@127.0.0.1:1/0").ping()
    assert "secret" not in str(told.value) and "127.0.0.1:1" in str(told.value)
