"""What kind of number a part of a formula is, so that a price and an RSI are not added by mistake."""

from __future__ import annotations

PRICE, VOLUME, PLAIN, YES_NO, ANY = "a price", "a volume", "a plain number", "yes/no", "any number"

#: Units of the columns of bars; others are any number.
COLUMNS: dict[str, str] = {
    **dict.fromkeys(("open", "high", "low", "close", "vwap", "hl2", "hlc3", "ohlc4", "hlcc4", "oc2"), PRICE),
    **dict.fromkeys(("volume", "buy_volume", "sell_volume"), VOLUME),
    "trades": PLAIN,
}


def joined(left: str, right: str) -> str | None:
    """The unit of two values that are added, compared or chosen from; None where they do not go together."""
    if left == right:
        return left
    if YES_NO in (left, right) or ANY not in (left, right):
        return None
    return right if left == ANY else left


def product(left: str, right: str) -> str:
    """A plain number and any number leave the other's unit; a price times a volume is any number."""
    if ANY in (left, right) or PLAIN in (left, right):
        return _other(left, right)
    return ANY


def quotient(left: str, right: str) -> str:
    """Two of the same give a plain number."""
    if left == right and left != ANY:
        return PLAIN
    return left if right in (ANY, PLAIN) else ANY


def root(unit: str) -> str:
    """Of powers, and of the square root: a plain number stays one, all else is any number."""
    return PLAIN if unit == PLAIN else ANY


def _other(left: str, right: str) -> str:
    rank = (ANY, PLAIN, VOLUME, PRICE)
    return max(left, right, key=rank.index)
