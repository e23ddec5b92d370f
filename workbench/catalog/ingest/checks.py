"""What makes a row unusable. Prices must be positive, finite and consistent; how large they are is not judged."""

from __future__ import annotations

import numpy as np

from workbench.catalog.ingest.table import Rows

#: Open and close may leave [low, high] by this fraction of the price: what binary rounding of adjusted data makes.
ROUNDING = 1e-9


def reject_prices(rows: Rows, prices: dict[str, np.ndarray], *, nan_ok: bool = False) -> None:
    """Reject rows whose prices are zero, negative or not finite (NaN is a side that is not known, if ``nan_ok``)."""
    for what, values in prices.items():
        if not nan_ok:
            rows.reject(~np.isfinite(values), f"{what} is not a number")
        rows.reject(np.isinf(values), f"{what} is not a finite number")
        rows.reject(values == 0, f"{what} is zero")
        rows.reject(values < 0, f"{what} is negative")


def reject_bars(rows: Rows, prices: tuple[np.ndarray, ...], side: str = "") -> None:
    """Reject bars whose ``open, high, low, close`` contradict each other; rows of NaN pass."""
    open_, high, low, close = prices
    room = ROUNDING * np.abs(high)
    rows.reject(high < low - room, f"{side}high is below {side}low")
    for what, values in (("open", open_), ("close", close)):
        rows.reject((values > high + room) | (values < low - room), f"{side}{what} is outside of low and high")


def reject_sizes(rows: Rows, sizes: dict[str, np.ndarray]) -> None:
    """Reject rows whose sizes are negative or infinite. Zero is a size: real tapes have it."""
    for what, values in sizes.items():
        rows.reject(np.isinf(values), f"{what} is not a finite number")
        rows.reject(values < 0, f"{what} is negative")
