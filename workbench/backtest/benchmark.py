"""What a run is compared with: holding its symbols, other bars, prices or returns, on the clock of the run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.backtest.market import Market, numbers
from workbench.errors import DataError, UnknownNameError, did_you_mean
from workbench.market.events import event_times

#: A symbol of the run, bars, prices, or returns.
Benchmark = str | pd.DataFrame | pd.Series
#: Part of the distances between stamps that must be the same to be believed to be the length of a bar.
_MOST = 0.5
#: Distances that are needed before they are believed at all.
_FEW = 3
#: Values that are mostly nearer to 0 than this may be returns, and where none is below it prices of something cheap.
_CHEAP = 0.5
_RETURNS, _PRICES = ("return", "returns"), ("price", "prices", "close", "open", "equity", "value", "nav")


def worth_of(market: Market, given: Benchmark | None = None) -> np.ndarray:
    """What 1 has become that was put into the benchmark at the first bar of the run.

    Parameters
    ----------
    market
        Of the run.
    given
        The name of a symbol of the run, to hold that; bars, whose closes count; a Series of prices, equity, or simple
        returns by time. Without, to hold all symbols of the run in equal parts.

        Bars are stamped by their opens, and so is a Series whose stamps are evenly apart: its values are known one
        step later. One without such a step is known at its stamps. What is known when a bar of the run closes is what
        counts at that bar. A Series is of returns where it is called ``returns``, or is of
        small numbers some of which are 0 or less.

    Returns
    -------
    float64[instants]
        1 until something is known.

    Raises
    ------
    UnknownNameError
        The run has no such symbol.
    DataError
        It is empty, unsorted, not numeric, ends before the run begins or begins after its end, or may be prices as
        well as returns.
    """
    if given is None:
        return _held(market.closes())
    if isinstance(given, str):
        if given not in market.symbols:
            names = [name for name in market.symbols if name]
            if not names:
                raise UnknownNameError(f"benchmark={given!r}: the bars of this run have no name; give its bars instead")
            raise UnknownNameError(f"benchmark={given!r} is no symbol of the run: {did_you_mean(given, names)}")
        at = market.symbols.index(given)
        return _held(market.closes()[:, at : at + 1])
    stamps, values, bars = _read(given)
    known = _ends(stamps, bars)
    clock = _ends(market.times, True)
    if known[0] > clock[-1] or stamps[-1] < market.times[0]:
        raise DataError(
            f"benchmark: it is known from {_told(known[0])} on, and was last at {_told(stamps[-1])}; the run goes "
            f"from {_told(market.times[0])} to {_told(market.times[-1])}: give one of the same time"
        )
    place = np.searchsorted(known, clock, side="right") - 1
    return _held(np.where(place >= 0, values[np.maximum(place, 0)], np.nan)[:, np.newaxis])


def returns_of_worth(worth: np.ndarray) -> np.ndarray:
    """Simple returns, one for each bar; that of the first is 0."""
    if not len(worth):
        return np.zeros(0)
    before = np.append(worth[:1], worth[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.diff(worth, prepend=worth[:1]) / before
    return np.where(before > 0, found, 0.0)  # nothing becomes of nothing


def pace_of(stamps: np.ndarray) -> int:
    """The distance that most int64 stamps have, ns; 0 where there is none."""
    if len(stamps) <= _FEW:
        return 0
    lengths, counts = np.unique(np.diff(stamps), return_counts=True)
    return int(lengths[np.argmax(counts)]) if counts.max() >= _MOST * counts.sum() else 0


def _held(values: np.ndarray) -> np.ndarray:
    """Equal parts of columns of prices. What is not there yet is money until it is."""
    if not len(values):
        return np.zeros(0)
    first = np.isfinite(values).argmax(axis=0)
    start = values[first, np.arange(values.shape[1])]
    return np.where(np.isfinite(values), values / start, 1.0).mean(axis=1)


def _ends(stamps: np.ndarray, bars: bool) -> np.ndarray:
    """When what is stamped so is known: a step later, and not after the next stamp."""
    pace = pace_of(stamps)
    if pace:
        return np.minimum(stamps + pace, np.append(stamps[1:], stamps[-1] + pace))
    return np.append(stamps[1:], stamps[-1:]) if bars else stamps


def _read(given: Benchmark) -> tuple[np.ndarray, np.ndarray, bool]:
    """Stamps, prices above 0, and whether they are of bars."""
    bars = isinstance(given, pd.DataFrame)
    if not isinstance(given, pd.DataFrame | pd.Series):
        raise DataError(
            f"benchmark is a symbol of the run, bars, or a Series of prices or returns, not {type(given).__name__}"
        )
    if bars and "close" not in given.columns:
        raise DataError(f"benchmark: bars need close; they have {', '.join(map(str, given.columns))}")
    if not bars and not isinstance(given.index, pd.DatetimeIndex):
        raise DataError("benchmark: the Series has no DatetimeIndex; the times decide which value was known when")
    values = numbers(given["close"] if bars else given, "benchmark")
    stamps = np.asarray(event_times(given if bars else given.to_frame("value")))
    if np.isinf(values).any():
        at = int(np.flatnonzero(np.isinf(values))[0])
        raise DataError(f"benchmark: it is infinite at {_told(stamps[at])}; drop that row")
    known = ~np.isnan(values)
    stamps, values = stamps[known], values[known]
    if not len(values):
        raise DataError("benchmark: it is empty, or all NaN")
    wrong = np.flatnonzero(np.diff(stamps) <= 0)
    if len(wrong):
        raise DataError(f"benchmark: {_told(stamps[wrong[0] + 1])} is not after the row before; sort it, drop doubles")
    name = "close" if bars else str(given.name or "").lower()
    if name in _RETURNS or (not bars and values.min() <= 0 and np.median(np.abs(values)) < _CHEAP):
        if values.min() < -1:
            raise DataError(f"benchmark: a return of {values.min():g} loses more than all; give fractions, -0.01")
        return stamps, np.cumprod(1.0 + values), bars
    if values.min() <= 0:
        raise DataError(f"benchmark: a price of {values.min():g}; returns are a Series called 'returns'")
    if not bars and name not in _PRICES and values.max() < _CHEAP:
        raise DataError(
            f"benchmark: values from {values.min():g} to {values.max():g} may be prices as well as returns: "
            "call the Series 'prices' or 'returns'"
        )
    return stamps, values, bars


def _told(time: int) -> str:
    return f"{pd.Timestamp(int(time), tz='UTC'):%Y-%m-%d %H:%M}"
