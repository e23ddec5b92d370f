"""The bus: Redis Streams, and the only place besides ``embedded`` that speaks to Redis.

Keys are ``wb:<kind>:<symbol>``; what could not be read lies in ``wb:dead`` with the reason.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workbench.errors import BusError, DataError
from workbench.live.codec import Batch, Entries, Producer, decode, encode

#: A stream keeps about the newest 4 M records (140 MB of trades), and at most 400,000 and at least 10,000 entries.
KEEP_ROWS, KEEP_ENTRIES, KEEP_ENTRIES_LEAST = 4_000_000, 400_000, 10_000

#: What came earlier than this is let go of as well, whatever the stream's length: it belongs to the store.
KEEP_DAYS = 30

#: Dead letters kept.
KEEP_DEAD = 10_000
DEAD_KEY = "wb:dead"

#: A server that says nothing for so long is taken for lost. Longer than any ``block_ms``.
TIMEOUT_S = 1.0

#: A channel that says nothing for so long is asked whether it is still there.
_QUIET_S = 2.0

_READ_SIZE = 2**18  # bytes taken from the socket at once
_SCAN_BACK = 2_000  # entries looked through for the last one of a producer
_DEAD_FIELD = 4_096  # bytes kept of each field of a dead letter


class BusRefused(BusError):
    """Redis answered, with an error; the connection is fine."""


class Bus:
    """One connection to Redis. Methods raise ``BusError`` when it is lost; the next call connects again.

    Nothing is ever retried in here, and a broken connection never replaced unseen: a repeated append would double
    trades, and an append after an unnoticed restart would leave a hole. ``connections`` counts how often we connected.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url
        self.connections = 0
        self._lock = threading.RLock()
        self._connection: redis.Connection | None = None
        try:
            self._pool = redis.ConnectionPool.from_url(
                url, protocol=2, socket_timeout=timeout_s, socket_connect_timeout=timeout_s,
                retry=Retry(NoBackoff(), 0), health_check_interval=0, socket_read_size=_READ_SIZE,
            )  # fmt: skip
        except ValueError as error:
            raise BusError(f"bus address {without_password(url)!r} cannot be used: {error}") from None

    def ping(self) -> bool:
        """True when Redis answers."""
        return self.execute("PING") == b"PONG"

    def publish(self, kind: str, symbol: str, batch: Batch, *, maxlen: int = KEEP_ENTRIES_LEAST * 10) -> bytes:
        """Append one batch; returns its entry ID. The stream is cut to about ``maxlen`` entries."""
        (reply,) = self.publish_many([(key_of(kind, symbol), batch, maxlen)])
        if isinstance(reply, BusError):
            raise reply
        return reply

    def publish_many(self, items: Sequence[tuple[str, Batch, int]]) -> list[bytes | BusRefused]:
        """Append (key, batch, maxlen) in one round trip: the entry ID of each, or why Redis refused it.

        A ``BusError`` leaves open which of them were stored: look at the stream before sending again.
        """
        commands = []
        for key, batch, maxlen in items:
            fields = encode(batch.kind, batch.records, batch.seq, producer=batch.producer)
            flat = [part for pair in fields.items() for part in pair]
            commands.append(("XADD", key, "MAXLEN", "~", maxlen, "*", *flat))
        return self.execute_many(commands)

    def read(self, positions: Mapping[str, str], block_ms: int, count: int) -> dict[str, Entries]:
        """Entries behind ``positions`` (key -> last ID seen), at most ``count`` a key; waits up to ``block_ms``."""
        keys = list(positions) or ["wb:none"]
        ids = [positions.get(key, "$") for key in keys]
        reply = self.execute("XREAD", "COUNT", count, "BLOCK", block_ms, "STREAMS", *keys, *ids)
        return {key.decode(): _entries(found) for key, found in reply or []}

    def symbols(self, kind: str) -> list[str]:
        """Symbols that have a stream of this kind; keys of another Redis type are passed over."""
        prefix = len(key_of(kind, ""))
        return sorted(key[prefix:] for key, is_a in self.types(kind).items() if is_a == "stream")

    def types(self, kind: str, *, known: Container[str] = ()) -> dict[str, str]:
        """Type in Redis of each key that is named as a stream of this kind, but for those that are ``known``."""
        cursor, found = b"0", set()
        pattern = "".join(f"\\{c}" if c in "*?[]\\" else c for c in key_of(kind, "")) + "*"
        while True:
            cursor, keys = self.execute("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
            found.update(name for key in keys if (name := key.decode("utf-8", "replace")) not in known)
            if cursor == b"0":
                break
        names = sorted(found)
        types = zip(names, self.execute_many([("TYPE", name) for name in names]), strict=True)
        # A key may be gone by now, or have a name that is no text.
        return {name: reply.decode() for name, reply in types if isinstance(reply, bytes) and reply != b"none"}

    def last_entry(self, kind: str, symbol: str) -> tuple[bytes, Batch] | None:
        """ID and batch of the newest readable entry."""
        tail = self.tail(kind, symbol, rows=1)
        return tail[-1] if tail else None

    def tail(self, kind: str, symbol: str, *, name: str | None = None, rows: int = 1) -> list[tuple[bytes, Batch]]:
        """The newest entries, oldest first, that hold at least ``rows`` records of the producer called ``name``.

        All of them are of one sequence. Looks through the newest 2,000 entries; unreadable ones are passed over.
        """
        found: list[tuple[bytes, Batch]] = []
        end, seen = "+", 0
        while seen < _SCAN_BACK:
            chunk = _entries(self.execute("XREVRANGE", key_of(kind, symbol), end, "-", "COUNT", 64))
            for entry_id, fields in chunk:
                try:
                    batch = decode(fields)
                except DataError:
                    continue
                who = Producer.parse(batch.producer)
                if name is not None and (who is None or who.name != name):
                    continue
                if found and batch.producer != found[-1][1].producer:
                    return found[::-1]
                found.append((entry_id, batch))
                if sum(len(b.records) for _, b in found) >= rows:
                    return found[::-1]
            if len(chunk) < 64:
                break
            seen, end = seen + len(chunk), f"({chunk[-1][0].decode()}"
        return found[::-1]

    def position_at(self, kind: str, symbol: str, instant: int) -> str:
        """Position from which the entry stored last before ``instant`` (ns UTC, by Redis's clock) is read first."""
        before = self.execute("XREVRANGE", key_of(kind, symbol), max(instant // 1_000_000, 0), "-", "COUNT", 2)
        return before[1][0].decode() if len(before) == 2 else "0-0"

    def last_ids(self, keys: Iterable[str]) -> dict[str, str | None]:
        """ID last given out in each stream; ``None`` where there is no stream."""
        keys = list(keys)
        out: dict[str, str | None] = {}
        for key, reply in zip(keys, self.execute_many([("XINFO", "STREAM", key) for key in keys]), strict=True):
            known = dict(zip(reply[::2], reply[1::2], strict=True)) if isinstance(reply, list) else {}
            out[key] = known[b"last-generated-id"].decode() if known else None
        return out

    def dead_letter(self, key: str, entry_id: bytes, fields: Mapping[bytes, bytes], reason: str) -> None:
        """Put an entry that cannot be used aside, with the reason; long fields are cut to 4 KiB."""
        self.dead_letters([(key, entry_id, fields, reason)])

    def dead_letters(self, letters: Sequence[tuple[str, bytes, Mapping[bytes, bytes], str]]) -> None:
        """Put several aside in one round trip: (key, entry ID, fields, reason) each.

        Raises
        ------
        BusRefused
            Redis refused one of them; the others are kept.
        """
        commands = []
        for key, entry_id, fields, reason in letters:
            flat: list[bytes | str] = [
                "key",
                key,
                "id",
                entry_id,
                "reason",
                reason[:_DEAD_FIELD].encode(errors="replace"),
            ]
            for name, value in list(fields.items())[:16]:
                flat += [b"f:" + name[:64], value[:_DEAD_FIELD]]
            commands.append(("XADD", DEAD_KEY, "MAXLEN", "~", KEEP_DEAD, "*", *flat))
        for reply in self.execute_many(commands):
            if isinstance(reply, BusRefused):
                raise reply

    def cut(self, keys: Iterable[str]) -> None:
        """Have streams let go of what is older than ``KEEP_DAYS`` by the server's clock; a few entries may stay."""
        oldest = self.now() // 1_000_000 - KEEP_DAYS * 86_400_000
        self.execute_many([("XTRIM", key, "MINID", "~", oldest) for key in keys])

    def now(self) -> int:
        """The server's clock, ns UTC: that of entry IDs."""
        seconds, micros = self.execute("TIME")
        return int(seconds) * 1_000_000_000 + int(micros) * 1000

    def execute(self, *command: Any) -> Any:
        """One command, one reply; ``BusRefused`` when the reply is an error."""
        (reply,) = self.execute_many([command])
        if isinstance(reply, BusRefused):
            raise reply
        return reply

    def execute_many(self, commands: Sequence[tuple]) -> list[Any]:
        """Commands in one round trip; error replies come back as ``BusRefused`` in their place."""
        if not commands:
            return []
        with self._lock:
            try:
                connection = self._connected()
                connection.send_packed_command([_packed(commands)])
                return [self._reply(connection) for _ in commands]
            except (redis.RedisError, OSError) as error:
                self.close()
                raise BusError(f"Redis at {without_password(self.url)} cannot be reached: {error}") from None
            except BaseException:
                self.close()  # replies left unread would answer the next command
                raise

    def close(self) -> None:
        """Drop the connection."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.disconnect()

    def _connected(self) -> redis.Connection:
        if self._connection is None:
            connection = self._pool.make_connection()
            try:
                connection.connect()
            except BaseException:
                connection.disconnect()
                raise
            self._connection = connection
            self.connections += 1
        return self._connection

    def _reply(self, connection: redis.Connection) -> Any:
        try:
            return connection.read_response()
        except redis.exceptions.ResponseError as error:
            return BusRefused(f"Redis at {without_password(self.url)} refused: {error}")


class Channels:
    """Pub/Sub messages, on a connection of their own. Who is slow or away loses messages: see ``connections``.

    Parameters
    ----------
    patterns, channels
        What to listen to: glob patterns, and names as they are.
    """

    def __init__(self, url: str, *, patterns: Sequence[str] = (), channels: Sequence[str] = ()) -> None:
        self._bus = Bus(url)
        self._asked = [(b"PSUBSCRIBE", *patterns)] if patterns else []
        self._asked += [(b"SUBSCRIBE", *channels)] if channels else []
        self._subscribed: redis.Connection | None = None
        self._heard = 0.0
        self._pinged = False
        self._wanted = len(patterns) + len(channels)
        self._granted = 0

    @property
    def listening(self) -> bool:
        """Whether Redis has said that it will pass on all that was asked for."""
        return self._subscribed is not None and self._granted >= self._wanted

    @property
    def connections(self) -> int:
        """How often we connected; messages between two connections never came."""
        return self._bus.connections

    def read(self, wait_s: float, count: int) -> list[tuple[str, bytes]]:
        """Up to ``count`` messages (channel, data) that are there; waits up to ``wait_s`` for the first.

        Raises
        ------
        BusError
            The connection is lost; the next call connects and subscribes again.
        """
        out: list[tuple[str, bytes]] = []
        try:
            connection = self._listen()
            wait = wait_s
            while len(out) < count and connection.can_read(wait):
                wait, self._heard, self._pinged = 0, time.monotonic(), False
                reply = connection.read_response()
                if reply[0] in (b"message", b"pmessage"):
                    out.append((reply[-2].decode("utf-8", "replace"), reply[-1]))
                elif reply[0] in (b"subscribe", b"psubscribe"):
                    self._granted += 1
            quiet = time.monotonic() - self._heard
            if self._pinged and quiet > _QUIET_S + TIMEOUT_S:
                raise OSError("it does not answer")
            if not self._pinged and quiet > _QUIET_S:
                connection.send_command("PING", check_health=False)
                self._pinged = True
        except redis.exceptions.ResponseError as error:
            self.close()
            raise BusRefused(f"Redis at {without_password(self._bus.url)} refused: {error}") from None
        except (redis.RedisError, OSError) as error:
            self.close()
            if not out:  # else the next call says it
                raise BusError(f"Redis at {without_password(self._bus.url)} cannot be reached: {error}") from None
        return out

    def close(self) -> None:
        """Drop the connection."""
        self._subscribed = None
        self._bus.close()

    def _listen(self) -> redis.Connection:
        if self._subscribed is None:
            connection = self._bus._connected()
            for command in self._asked:
                connection.send_command(*command)
            self._subscribed, self._heard, self._pinged, self._granted = connection, time.monotonic(), False, 0
        return self._subscribed


def without_password(url: str) -> str:
    """An address that may be shown."""
    parts = urlsplit(url)
    return joined_url(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def joined_url(parts: SplitResult) -> str:
    """The address of these parts. ``urlunsplit`` leaves out the two slashes where no host follows."""
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def key_of(kind: str, symbol: str) -> str:
    """Name of the stream of a symbol."""
    return f"wb:{kind}:{symbol}"


def _packed(commands: Iterable[Sequence[bytes | str | int]]) -> bytes:
    """Commands as Redis reads them. The client's own way takes eight times as long for an entry of 4,096 trades."""
    parts = []
    for words in commands:
        parts.append(b"*%d\r\n" % len(words))
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            parts += (b"$%d\r\n" % len(data), data, b"\r\n")
    return b"".join(parts)


def keep_entries(rows_per_entry: float) -> int:
    """How many entries a stream keeps when they hold so many records on average."""
    return int(min(KEEP_ENTRIES, max(KEEP_ENTRIES_LEAST, KEEP_ROWS / max(rows_per_entry, 1.0))))


def _entries(reply: list) -> Entries:
    # A trimmed entry inside a pending list has no fields.
    return [(i, dict(zip(f[::2], f[1::2], strict=True)) if f else {}) for i, f in reply or []]
