"""The recorder: what runs on the bus is stored once, and what could not be is written down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from workbench.bars import bars_from_trades
from workbench.catalog import parts
from workbench.catalog.store import Store
from workbench.errors import BusError, ConfigError, DataError
from workbench.live.bus import Bus
from workbench.live.codec import Batch, Producer
from workbench.live.embedded import EmbeddedRedis
from workbench.live.recorder import Recorder, RecorderStatus, recorders
from workbench.live.recorder.board import BOARD_KEY
from workbench.live.recorder.leases import assigned
from workbench.live.recorder.reading import unread
from workbench.market.events import BOOK, QUOTE

ME = str(Producer("me", 0, "a"))


@pytest.fixture
def open_recorder(server: EmbeddedRedis, catalog) -> Iterator[Callable[..., Recorder]]:
    made: list[Recorder] = []

    def make(**options: object) -> Recorder:
        options = {"every_s": 0.05, "lease_s": 0.6, **options}
        made.append(Recorder(server.url, options.pop("store", catalog.store), **options).start())
        return made[-1]

    yield make
    for one in made:
        one.stop()


def send(bus: Bus, records: np.ndarray, seq: int = 0, *, kind: str = "trades", symbol: str = "X", who: str = ME):
    return bus.publish(kind, symbol, Batch(kind, records, seq, who))


def rows(store: Store, kind: str = "trades", symbol: str = "X", source: str = "recorded") -> int:
    entry = store.manifests(source, symbol).datasets.get(kind)
    return 0 if entry is None else entry.rows


def acknowledged(bus: Bus) -> bytes:
    groups = bus.execute("XINFO", "GROUPS", "wb:trades:X")
    return dict(zip(groups[0][::2], groups[0][1::2], strict=True))[b"last-delivered-id"] if groups else b""


def in_order(trades: np.ndarray) -> np.ndarray:
    return trades[np.argsort(trades["ts_event"], kind="stable")]


def test_what_is_published_is_stored_with_its_bars(open_recorder, open_publisher, catalog, record, until) -> None:
    recorder, publisher, store = open_recorder(), open_publisher(), catalog.store
    tapes = {symbol: record(5000, seed=seed) for seed, symbol in enumerate(["X", "BTC-USD", "A/B"])}
    for symbol, tape in tapes.items():
        for part in np.array_split(tape, 20):
            publisher.publish(symbol, part)
    assert publisher.flush()
    until(lambda: recorder.status().rows == 15_000)
    for symbol, tape in tapes.items():
        np.testing.assert_array_equal(store.read("recorded", "trades", symbol), tape)
        for spec in ("1s", "1h"):
            stored, made = store.read("recorded", f"rollup_{spec}", symbol), bars_from_trades(tape, spec)
            for name in made.dtype.names:
                np.testing.assert_allclose(stored[name], made[name], rtol=1e-12)
    status = recorder.status()
    assert (status.state, status.symbols, status.gaps, status.dead, status.buffered) == ("recording", 3, 0, 0, 0)
    assert [one.rows for one in status.streams] == [5000, 5000, 5000]
    assert status.committed_ns > 0 and status.files >= 3


def test_late_prints_and_equal_times_keep_their_place(open_recorder, bus: Bus, catalog, record, until) -> None:
    recorder, trades, noise = open_recorder(), record(4000, hours=0.5), np.random.default_rng(5)
    late = noise.random(len(trades)) < 0.02
    trades["ts_event"][late] -= noise.integers(0, 1200, late.sum()) * 1_000_000_000
    trades["ts_event"] -= trades["ts_event"] % 100_000_000  # many of one time
    at = 0
    for part in np.array_split(trades, 25):
        send(bus, part, at)
        at += len(part)
        until(lambda at=at: recorder.status().rows == at)
    np.testing.assert_array_equal(catalog.store.read("recorded", "trades", "X"), in_order(trades))


def test_quotes_and_books_are_stored_too(open_recorder, bus: Bus, catalog, until) -> None:
    recorder = open_recorder()
    quotes, book = np.zeros(50, QUOTE), np.zeros(50, BOOK)
    for records in (quotes, book):
        records["ts_event"] = np.arange(50) + 1_700_000_000_000_000_000
    quotes["bid"], quotes["ask"], quotes["ask_size"] = 99, np.nan, np.nan
    book["price"], book["side"] = 100, 1
    quotes["bid"][7], quotes["bid_size"][8] = np.inf, -1
    book["side"][3], book["price"][4], book["size"][5] = 0, np.nan, np.inf
    send(bus, quotes, kind="quotes")
    send(bus, book, kind="book")
    until(lambda: recorder.status().rows == 48 + 47)
    assert recorder.status().dead == 2
    assert catalog.store.read("recorded", "quotes", "X").tobytes() == np.delete(quotes, [7, 8]).tobytes()
    np.testing.assert_array_equal(catalog.store.read("recorded", "book", "X"), np.delete(book, [3, 4, 5]))
    until(lambda: bus.execute("XLEN", "wb:dead") == 2)
    letters = [fields for _, fields in bus.execute("XRANGE", "wb:dead", "-", "+")]
    reasons = b" | ".join(dict(zip(one[::2], one[1::2], strict=True))[b"reason"] for one in letters)
    assert b"price is endless (1); size is negative or endless (1)" in reasons
    assert b"side is none of -1, 1 (1)" in reasons


def test_garbage_goes_to_the_dead_letters(open_recorder, bus: Bus, catalog, record, until) -> None:
    recorder, trades = open_recorder(), record(100)
    bad = trades.copy()
    bad["price"][50] = np.nan
    send(bus, bad[:60])
    bus.execute("XADD", "wb:trades:X", "*", "x", "y")
    bus.execute("SET", "wb:trades:text", "no stream")
    quotes = np.zeros(1, QUOTE)
    bus.publish("trades", "X", Batch("quotes", quotes, 0, ME))
    send(bus, bad[60:], 60)
    until(lambda: recorder.status().rows == 99)
    np.testing.assert_array_equal(catalog.store.read("recorded", "trades", "X"), np.delete(trades, 50))
    until(lambda: bus.execute("XLEN", "wb:dead") == 3)
    assert (recorder.status().dead, recorder.status().gaps) == (3, 0)


def test_a_key_that_is_no_stream_any_more_does_not_stop_the_others(open_recorder, bus, catalog, record, until) -> None:
    recorder, trades = open_recorder(), record(100)
    for symbol in ("X", "Y"):
        send(bus, trades[:50], symbol=symbol)
    until(lambda: recorder.status().rows == 100)
    bus.execute("SET", "wb:trades:X", "no stream")
    send(bus, trades[50:], 50, symbol="Y")
    until(lambda: rows(catalog.store, symbol="Y") == 100)
    assert recorder.status().state == "recording"
    bus.execute("DEL", "wb:trades:X")
    send(bus, trades[50:], 50)
    until(lambda: rows(catalog.store) == 100)


def test_only_what_is_asked_for_is_recorded(open_recorder, bus: Bus, catalog, record, until) -> None:
    recorder = open_recorder(symbols=["BTC-*", "Y"], kinds="trades", source="mine")
    for symbol in ("X", "Y", "BTC-USD", "BTC-EUR"):
        send(bus, record(10), symbol=symbol)
    send(bus, np.zeros(1, QUOTE), kind="quotes", symbol="Y")
    until(lambda: recorder.status().rows == 30)
    assert sorted(one.symbol for one in recorder.status().streams) == ["BTC-EUR", "BTC-USD", "Y"]
    assert {one.source for one in catalog.store.datasets()} == {"mine"}
    assert rows(catalog.store, "quotes", "Y", "mine") == 0


def test_an_acknowledged_entry_is_on_the_disk(open_recorder, bus: Bus, catalog, record, until) -> None:
    recorder = open_recorder()
    last = [send(bus, part, 10 * i) for i, part in enumerate(np.array_split(record(100), 10))][-1]

    until(lambda: recorder.status().symbols == 1 and acknowledged(bus) == last)
    entry = Store(catalog.store.data_dir).manifests("recorded", "X").datasets["trades"]
    assert (entry.rows, entry.cursor["entry"]) == (100, last.decode())


def test_nothing_is_acknowledged_that_the_store_refuses(
    open_recorder, bus, catalog, record, until, monkeypatch
) -> None:
    real, fail = parts.write_durably, threading.Event()
    tried = []

    def write(path, data) -> None:
        if fail.is_set():
            tried.append(path)
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(parts, "write_durably", write)
    recorder, trades = open_recorder(), record(200)
    first = send(bus, trades[:100])
    until(lambda: acknowledged(bus) == first)
    fail.set()
    send(bus, trades[100:], 100)
    until(lambda: recorder.status().state == "failing")
    assert "X cannot be stored: [Errno 28] No space left on device" in recorder.status().message
    until(lambda: len(tried) >= 3)
    assert acknowledged(bus) == first
    fail.clear()
    until(lambda: recorder.status().rows == 200)
    until(lambda: recorder.status().state == "recording")
    np.testing.assert_array_equal(catalog.store.read("recorded", "trades", "X"), trades)


@pytest.mark.parametrize("call", range(1, 9))
def test_a_commit_that_breaks_off_anywhere_is_made_again(
    call, bus, server, catalog, record, until, monkeypatch
) -> None:
    """As if killed: the recorder is thrown away with what it knows, another goes on."""
    from workbench.catalog import manifest

    real, calls = manifest.os.replace, []

    def replace(*paths) -> None:
        calls.append(paths)
        if len(calls) == call:
            raise KeyboardInterrupt
        real(*paths)
        if len(calls) == call + 8:
            raise KeyboardInterrupt

    trades = record(300)
    send(bus, trades[:200])
    monkeypatch.setattr(manifest.os, "replace", replace)
    first = Recorder(server.url, catalog.store, every_s=0.05, lease_s=0.6)
    died = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: died.set())
    first.start()
    until(lambda: died.is_set() or first.status().rows == 200)
    first._reading.stop()  # nobody renews its lease
    monkeypatch.setattr(manifest.os, "replace", real)
    send(bus, trades[200:], 200)
    with Recorder(server.url, Store(catalog.store.data_dir), every_s=0.05, lease_s=0.6) as second:
        until(lambda: rows(catalog.store) == 300)
        first.stop(timeout_s=5)
        until(lambda: second.status().symbols == 1)
    np.testing.assert_array_equal(catalog.store.read("recorded", "trades", "X"), trades)


def test_stopping_stores_what_was_read_and_gives_the_symbols_back(open_recorder, bus: Bus, catalog, record, until):
    recorder = open_recorder(every_s=3600)
    send(bus, record(100))
    until(lambda: recorder.status().buffered == 100)
    assert rows(catalog.store) == 0
    assert recorder.status().lag_entries == 1
    assert bus.execute("EXISTS", "wb:lease:recorded:X", BOARD_KEY) == 2
    assert recorder.stop()
    assert rows(catalog.store) == 100
    assert bus.execute("EXISTS", "wb:lease:recorded:X", BOARD_KEY) == 0
    assert recorder.stop() and recorder.status().state == "off"
    with pytest.raises(BusError, match="make another one"):
        recorder.start()


def test_a_symbol_with_many_records_is_stored_at_once(open_recorder, bus: Bus, catalog, record, until) -> None:
    recorder = open_recorder(every_s=3600, rows=500)
    trades = record(600)
    send(bus, trades[:499])
    until(lambda: recorder.status().buffered == 499)
    send(bus, trades[499:], 499)
    until(lambda: rows(catalog.store) == 600)


def test_when_memory_is_full_the_bus_keeps_the_rest(open_recorder, bus, catalog, record, until, monkeypatch) -> None:
    gate = threading.Event()
    real = parts.write_durably

    def write(path, data) -> None:
        gate.wait(20)
        real(path, data)

    monkeypatch.setattr(parts, "write_durably", write)
    monkeypatch.setattr("workbench.live.recorder.reading._BYTES", 5_000)  # an entry or so at a time
    recorder, trades = open_recorder(buffer_rows=300, lease_s=0.3), record(2000)
    for i, part in enumerate(np.array_split(trades, 40)):
        send(bus, part, 50 * i)
    try:
        until(lambda: recorder.status().state == "behind")
        until(lambda: recorder.status().lag_entries > 10)
        status = recorder.status()
        assert 300 <= status.buffered <= 1000
        assert "start another recorder" in status.message
    finally:
        gate.set()
    until(lambda: rows(catalog.store) == 2000)
    until(lambda: recorder.status().state == "recording" and recorder.status().lag_entries == 0)
    np.testing.assert_array_equal(catalog.store.read("recorded", "trades", "X"), trades)


# -- gaps ------------------------------------------------------------------------------------------------------------


def test_what_redis_trimmed_before_it_was_read_is_in_the_ledger(open_recorder, bus: Bus, catalog, record, until):
    trades = record(1000)
    batches = np.array_split(trades, 20)
    recorder = open_recorder()
    for i in range(4):
        send(bus, batches[i], 50 * i)
    until(lambda: rows(catalog.store) == 200)
    recorder.stop()
    for i in range(4, 20):
        send(bus, batches[i], 50 * i)
    bus.execute("XTRIM", "wb:trades:X", "MAXLEN", 7)
    recorder = open_recorder()
    until(lambda: rows(catalog.store) == 200 + 350)
    np.testing.assert_array_equal(
        catalog.store.read("recorded", "trades", "X"), np.concatenate([trades[:200], trades[650:]])
    )
    found = catalog.gaps("X")
    assert found[["source", "kind", "symbol", "missing", "reason"]].to_numpy().tolist() == [
        ["recorded", "trades", "X", 450, "trimmed"]
    ]
    assert found["start"][0].value == trades["ts_event"][199]
    assert found["end"][0].value == trades["ts_event"][650]
    assert catalog.gaps()["missing"].sum() == 450
    assert recorder.status().gaps == 1
    send(bus, batches[0], 0)
    recorder.stop()
    assert len(Store(catalog.store.data_dir).read("recorded", "trades", "X")) == 550


def test_what_never_came_and_what_was_begun_anew(open_recorder, bus: Bus, catalog, record, until) -> None:
    trades = record(100)
    send(bus, trades[:10])
    send(bus, trades[30:40], 30)
    open_recorder()
    until(lambda: rows(catalog.store) == 20)
    send(bus, trades[60:70], 0, who=str(Producer("me", int(trades["ts_event"][60]), "b")))
    until(lambda: rows(catalog.store) == 30)
    found = catalog.gaps("X")
    assert found["reason"].tolist() == ["never came", "restarted"]
    assert found["missing"][0] == 20 and found["missing"].isna()[1]
    assert found["start"][1].value == trades["ts_event"][39]
    assert found["end"][1].value == trades["ts_event"][60]


def test_what_was_trimmed_before_we_began_is_in_the_ledger(open_recorder, bus: Bus, catalog, record, until) -> None:
    trades = record(100)
    since = int(trades["ts_event"][0])
    send(bus, trades[60:], 60, who=str(Producer("me", since, "a")))
    open_recorder()
    until(lambda: rows(catalog.store) == 40)
    (line,) = catalog.store.manifests("recorded", "X").datasets["trades"].gaps
    assert (line["start"], line["end"], line["missing"], line["reason"]) == (
        since, int(trades["ts_event"][60]), 60, "trimmed",
    )  # fmt: skip


def test_an_emptied_redis_is_not_called_trimmed(open_recorder, bus: Bus, catalog, record, until) -> None:
    trades, recorder = record(100), open_recorder()
    last = send(bus, trades[:50])
    until(lambda: acknowledged(bus) == last)
    bus.execute("FLUSHALL")
    bus.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    send(bus, trades[70:], 70)
    until(lambda: rows(catalog.store) == 80)
    assert catalog.gaps("X")["reason"].tolist() == ["never came"]
    until(lambda: recorder.status().state == "recording")


# -- several recorders -----------------------------------------------------------------------------------------------


def test_several_recorders_share_the_symbols(open_recorder, open_publisher, bus, catalog, record, until) -> None:
    symbols = [f"S{i}" for i in range(12)]
    tapes = {symbol: record(2000, seed=i) for i, symbol in enumerate(symbols)}
    publisher, done = open_publisher(), threading.Event()

    def feed() -> None:
        for parts_of in zip(*(np.array_split(tapes[symbol], 100) for symbol in symbols), strict=True):
            for symbol, part in zip(symbols, parts_of, strict=True):
                publisher.publish(symbol, part)
            done.wait(0.01)

    one = open_recorder()
    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        until(lambda: one.status().symbols == 12)
        two = open_recorder(store=Store(catalog.store.data_dir))
        until(lambda: two.status().symbols > 0 and one.status().symbols + two.status().symbols == 12)
        held = [{line.symbol for line in each.status().streams} for each in (one, two)]
        assert not held[0] & held[1]
        assert {status.name for status in recorders(bus)} == {one.terms.name, two.terms.name}
        one.stop()
        until(lambda: two.status().symbols == 12)
    finally:
        done.set()
        feeding.join()
    assert publisher.flush(20)
    until(lambda: sum(rows(catalog.store, symbol=symbol) for symbol in symbols) >= 24_000)
    for symbol, tape in tapes.items():
        np.testing.assert_array_equal(Store(catalog.store.data_dir).read("recorded", "trades", symbol), tape)
    assert len(catalog.gaps()) == 0


def test_one_that_hung_and_comes_back_doubles_nothing(open_recorder, bus, catalog, record, until, monkeypatch) -> None:
    """Its lease ran out while it was storing; somebody else has stored the same entries meanwhile."""
    trades, gate, held = record(300), threading.Event(), threading.Event()
    real = parts.write_durably
    slow = Store(catalog.store.data_dir)
    transaction = slow.transaction

    def waiting(*names, **options):
        held.set()
        gate.wait(20)
        return transaction(*names, **options)

    monkeypatch.setattr(slow, "transaction", waiting)
    hung = open_recorder(store=slow)
    send(bus, trades[:100])
    until(held.is_set)
    (line,) = hung.status().streams
    assert (line.lag_entries, line.rows, hung.status().buffered) == (1, 0, 100)
    assert line.lag_ms > 0  # on its way is not there
    # Away for longer than the lease, as a machine that was put to sleep.
    bus.execute("SET", "wb:lease:recorded:X", "somebody else")
    until(lambda: hung.status().symbols == 0)
    bus.execute("DEL", "wb:lease:recorded:X")
    bus.execute("HDEL", BOARD_KEY, hung.terms.name)
    monkeypatch.setattr(hung._reading._board, "tell", lambda status: hung._reading._board.now())
    monkeypatch.setattr(hung._reading._leases, "acquire", lambda symbols: [])
    other = open_recorder()
    until(lambda: rows(catalog.store) == 100)
    send(bus, trades[100:200], 100)
    until(lambda: rows(catalog.store) == 200)
    gate.set()
    send(bus, trades[200:], 200)
    until(lambda: rows(catalog.store) == 300)
    assert hung.stop() and other.stop()
    assert real is parts.write_durably
    np.testing.assert_array_equal(Store(catalog.store.data_dir).read("recorded", "trades", "X"), trades)


def test_symbols_move_only_to_and_from_who_comes_and_goes() -> None:
    three = {"a": (), "b": (), "c": ()}
    before = {f"S{i}": assigned(f"S{i}", three) for i in range(300)}
    after = {symbol: assigned(symbol, {"a": (), "c": ()}) for symbol in before}
    assert all(after[symbol] == who for symbol, who in before.items() if who != "b")
    shares = [list(before.values()).count(who) for who in three]
    assert min(shares) > 60
    assert assigned("X", {"a": ("BTC-*",), "b": ("X",)}) == "b"
    assert assigned("Y", {"a": ("BTC-*",), "b": ("X",)}) is None


def test_a_symbol_that_the_store_refuses_does_not_stop_the_others(open_recorder, bus, catalog, record, until) -> None:
    folder = catalog.store.data_dir / "recorded" / "manifest"
    folder.mkdir(parents=True)
    (folder / "symbol=BAD.json").write_text("{")
    recorder = open_recorder()
    for symbol in ("BAD", "X", "much too long " * 10):
        send(bus, record(10), symbol=symbol)
    until(lambda: rows(catalog.store) == 10)
    until(lambda: "2 symbols cannot be recorded" in recorder.status().message)
    assert recorder.status().state == "recording"
    assert bus.execute("EXISTS", "wb:lease:recorded:BAD") == 0


def test_a_lost_manifest_made_anew_doubles_nothing(open_recorder, bus: Bus, catalog, record, until) -> None:
    trades, recorder = record(200), open_recorder()
    send(bus, trades[:100])
    until(lambda: rows(catalog.store) == 100)
    recorder.stop()
    (catalog.store.data_dir / "recorded/manifest/symbol=X.json").unlink()
    Store(catalog.store.data_dir).recover("recorded", "X")
    send(bus, trades[100:], 100)
    open_recorder(store=Store(catalog.store.data_dir))
    until(lambda: rows(catalog.store) >= 200)
    np.testing.assert_array_equal(catalog.store.read("recorded", "trades", "X"), trades)


# -- with the hub ----------------------------------------------------------------------------------------------------


def test_hubs_that_begin_while_we_record_have_every_trade_once(
    open_recorder, open_hub, open_publisher, catalog, record, until
) -> None:
    trades = record(30_000, hours=0.5)
    trades["ts_event"] -= trades["ts_event"] % 250_000_000  # several of one time, cut anywhere
    publisher, never, lives = open_publisher(), threading.Event(), []
    open_recorder(store=Store(catalog.store.data_dir))

    def feed() -> None:
        for part in np.array_split(trades, 600):
            publisher.publish("X", part)
            never.wait(0.004)

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        for share in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8):
            until(lambda share=share: rows(catalog.store) > share * len(trades))
            hub = open_hub(catalog)
            lives.append((hub, hub.subscribe("X", "1s"), hub.subscribe("X", "1min")))
    finally:
        feeding.join()
    assert publisher.flush(20)
    until(lambda: rows(catalog.store) == len(trades))
    cuts = set()
    for hub, *subscribed in lives:
        until(lambda hub=hub: hub.last("X")["price"] == trades["price"][-1] and hub._reader.idle)
        for live in subscribed:
            assert live.wait_ready(10)
            shot = live.snapshot()
            assert shot.gap is None
            cuts.add(shot.join_ns)
            expected = bars_from_trades(trades, live.spec)
            ours = np.concatenate([shot.closed, shot.forming])
            np.testing.assert_array_equal(ours, expected[len(expected) - len(ours) :])
            frame = hub.bars("X", live.spec, n=200_000)
            assert len(frame) == len(expected)
            np.testing.assert_array_equal(frame["trades"].to_numpy(), expected["trades"])
            np.testing.assert_allclose(frame["volume"].to_numpy(), expected["volume"], rtol=1e-12)
            for name in ("open", "high", "low", "close"):
                np.testing.assert_array_equal(frame[name].to_numpy(), expected[name])
    assert len(cuts) > 4


def test_the_end_of_history_leaves_room_for_more_of_its_last_instant(
    open_recorder, bus, catalog, record, until, monkeypatch
) -> None:
    from workbench.live.join import covered

    monkeypatch.setattr("workbench.live.recorder.tray.SETTLED_S", 3600.0)
    recorder, trades = open_recorder(), record(100)
    send(bus, trades)
    until(lambda: rows(catalog.store) == 100)
    last = int(trades["ts_event"][-1])
    assert covered(catalog, "X") == (last, "recorded")
    monkeypatch.setattr("workbench.live.recorder.tray.SETTLED_S", 0.1)
    with recorder._holdings.changed:
        recorder._holdings.changed.notify_all()
    until(lambda: covered(catalog, "X") == (last + 1, "recorded"))
    assert rows(catalog.store) == 100


# -- what is said ----------------------------------------------------------------------------------------------------


def test_the_board_tells_other_processes(open_recorder, bus: Bus, record, until, server) -> None:
    recorder = open_recorder(symbols=["X"])
    send(bus, record(10))
    until(lambda: any(status.rows == 10 for status in recorders(server.url)))
    (status,) = recorders(bus)
    assert isinstance(status, RecorderStatus)
    assert (status.name, status.wanted, status.kinds[0]) == (recorder.terms.name, ("X",), "trades")
    assert status.streams[0].symbol == "X"
    beat = status.beat_ns
    until(lambda: recorders(bus)[0].beat_ns > beat)
    bus.execute("HSET", BOARD_KEY, "alien", "{}")
    assert len(recorders(bus)) == 1


def test_unread_entries_are_estimated_by_their_time() -> None:
    def stream(length: int, first: str | None, last: str) -> list:
        return [b"length", length, b"first-entry", first and [first.encode(), []], b"last-generated-id", last.encode()]

    assert unread(stream(100, "1000-0", "2000-0"), "2000-0") == (0, 0.0)
    assert unread(stream(100, "1000-0", "2000-0"), "500-0") == (100, 1000.0)
    assert unread(stream(100, "1001-0", "2000-0"), "1501-0") == (50, 499.0)
    assert unread(stream(0, None, "2000-0"), "0-0") == (0, 0.0)


def test_options_are_checked(catalog) -> None:
    for options, said in [
        ({"every_s": 0}, "every_s must be at least"),
        ({"lease_s": 0.1}, "lease_s"),
        ({"rows": 0}, "rows"),
    ]:
        with pytest.raises(ConfigError, match=said):
            Recorder("redis://127.0.0.1:1", catalog.store, **options)
    with pytest.raises(DataError, match="record one or more of"):
        Recorder("redis://127.0.0.1:1", catalog.store, kinds="bars")
    with pytest.raises(DataError, match="cannot be a folder name"):
        Recorder("redis://127.0.0.1:1", catalog.store, source="manifest")


def test_without_redis_it_says_so_and_waits(server: EmbeddedRedis, open_recorder, bus, catalog, record, until) -> None:
    server.stop()
    recorder = open_recorder()
    until(lambda: "cannot be reached" in recorder.status().message)
    assert recorder.status().state == "connecting"
    server.start()
    until(lambda: recorder.status().state == "recording")
    send(bus, record(10))
    until(lambda: rows(catalog.store) == 10)
    server.kill()
    until(lambda: recorder.status().state == "reconnecting")
    server.start()
    until(lambda: recorder.status().state == "recording")
