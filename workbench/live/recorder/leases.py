"""Who records which symbol: leases in Redis that end by themselves when a recorder dies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from workbench.live.bus import Bus

# Renewing must not take away what somebody else has got meanwhile, so it is one step inside of Redis.
_RENEW = """
local kept = {}
for i, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if not owner or owner == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    kept[i] = 1
  else
    kept[i] = 0
  end
end
return kept
"""

_RELEASE = """
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
"""

_AT_ONCE = 500


class Leases:
    """The leases of one recorder. Losing one makes nothing wrong: the manifest refuses who was overtaken.

    Parameters
    ----------
    source
        The source that is recorded; recorders of other sources have leases of their own.
    me
        Name of the recorder, unlike every other.
    ttl_s
        Seconds that a lease lives without being renewed.
    """

    def __init__(self, bus: Bus, source: str, me: str, *, ttl_s: float) -> None:
        self._bus, self._source, self._me, self._ttl_ms = bus, source, me, int(ttl_s * 1e3)

    def acquire(self, symbols: Iterable[str]) -> list[str]:
        """Take the leases that nobody else has; returns the symbols that are ours now. Renews those that are."""
        wanted = list(symbols)
        out: list[str] = []
        for group in _groups(wanted):
            reply = self._bus.execute("EVAL", _RENEW, len(group), *map(self._key, group), self._me, self._ttl_ms)
            out += [symbol for symbol, kept in zip(group, reply, strict=True) if kept]
        return out

    def release(self, symbols: Iterable[str]) -> None:
        """Give leases back, as far as they are ours."""
        for group in _groups(list(symbols)):
            self._bus.execute("EVAL", _RELEASE, len(group), *map(self._key, group), self._me)

    def _key(self, symbol: str) -> str:
        return f"wb:lease:{self._source}:{symbol}"


def assigned(symbol: str, recorders: Mapping[str, Sequence[str]]) -> str | None:
    """Which recorder a symbol belongs to, the same for all who ask; ``recorders``: name -> patterns of symbols.

    The one with the highest hash of both names: when one comes or goes, only its own symbols move.
    """
    able = [name for name, patterns in recorders.items() if wants(patterns, symbol)]
    return max(able, key=lambda name: hashlib.blake2b(f"{name}\n{symbol}".encode()).digest(), default=None)


def wants(patterns: Sequence[str], symbol: str) -> bool:
    """Whether one of the patterns (``BTC-*``; none: everything) fits."""
    return not patterns or any(fnmatchcase(symbol, pattern) for pattern in patterns)


def _groups(symbols: list[str]) -> list[list[str]]:
    return [symbols[at : at + _AT_ONCE] for at in range(0, len(symbols), _AT_ONCE)]
