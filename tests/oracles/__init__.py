"""Slow, obvious versions of what the kernels do: the truth that fast code is held against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from workbench.market.events import BAR, FLAG_NO_BAR


def floor_time(ns: int, step: int) -> int:
    """Open of the bar of fixed ``step`` on the grid of UTC days."""
    day = 86_400_000_000_000
    return ns // day * day + ns % day // step * step


def local_midnight(ns: int, tz: str) -> int:
    """First instant of the local day that holds ``ns``."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
    local = moment.astimezone(ZoneInfo(tz)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(local.timestamp()) * 1_000_000_000


def bars(trades: np.ndarray, bar_time, *, flagged: bool = False) -> np.ndarray:
    """Bars print by print; ``bar_time(ns)`` gives the bar a print belongs to, None for no bar."""
    found: dict[int, list[float]] = {}
    for row in trades[np.argsort(trades["ts_event"], kind="stable")]:
        if row["flags"] & FLAG_NO_BAR and not flagged:
            continue
        time = bar_time(int(row["ts_event"]))
        if time is None:
            continue
        p, q = float(row["price"]), float(row["size"])
        if time not in found:
            found[time] = [p, p, p, p, 0.0, 0.0, 0.0, 0, 0.0]
        bar = found[time]
        bar[1], bar[2], bar[3] = max(bar[1], p), min(bar[2], p), p
        bar[4] += q
        bar[5] += q if row["side"] > 0 else 0.0
        bar[6] += q if row["side"] < 0 else 0.0
        bar[7] += 1
        bar[8] += p * q
    rows = [(t, *b[:8], b[8] / b[4] if b[4] > 0 else np.nan) for t, b in sorted(found.items())]
    return np.array(rows, BAR)


def session_bar(windows, step: int):
    """``bar_time`` of ``bars`` by looking through every stretch of ``windows``."""

    def find(ns: int) -> int | None:
        for open_, close, stamp in zip(windows.open, windows.close, windows.stamp, strict=True):
            if open_ <= ns < close:
                return int(open_ + (ns - open_) // step * step) if step else int(stamp)
        return None

    return find


def kinds() -> tuple[dict[str, object], dict[str, object]]:
    """Oracles of bar kinds by name: those of trades, and those of bars.

    Each module of this folder adds its own: ``OF_TRADES[name](trades, *args)`` and ``OF_BARS[name](bars, *args)`` give
    all bars of a tape without sessions, the unfinished one last.
    """
    import importlib
    import pkgutil

    of_trades, of_bars = {}, {}
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        of_trades.update(getattr(module, "OF_TRADES", {}))
        of_bars.update(getattr(module, "OF_BARS", {}))
    return of_trades, of_bars
