"""Bars as the kernel takes them: checked, on one clock, columns by address."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.indicators.base import session_numbers
from workbench.kernels import ledger as k
from workbench.kernels.checks import FAULTS, first_fault
from workbench.market.events import event_times

PRICES = ("open", "high", "low", "close")
Bars = pd.DataFrame | Mapping[str, pd.DataFrame]
_NONE = np.empty(0)


class Market:
    """The bars of a run.

    Parameters
    ----------
    bars
        Bars of one symbol, or of several by name.
    session
        Calendar whose sessions day orders last for; UTC days unless given.
    inside
        Finer bars, likewise, that show what happened inside of these.

    Attributes
    ----------
    symbols
        Their names.
    frames, inside
        The bars, and the finer bars, by symbol.
    times
        int64[instants]: the clock, all times at which some symbol has a bar.
    rows
        int64[instants, symbols]: the bar of each symbol, -1 for none. Empty where all have one at each instant.
    holes
        Whether a price is NaN somewhere.

    Raises
    ------
    DataError
        Bars that nobody could trade on; names the symbol and the row.
    """

    def __init__(self, bars: Bars, session: str | None = None, inside: Bars | None = None) -> None:
        self.frames = _by_symbol(bars)
        self.symbols = list(self.frames)
        self.columns: list[dict[str, np.ndarray]] = []
        self.feeds = np.zeros(len(self.symbols), k.FEED)
        self.holes = False
        self._kept: list[np.ndarray] = []
        finer = {} if inside is None else _by_symbol(inside)
        if len(finer) == 1 and len(self.symbols) == 1:
            finer = {self.symbols[0]: next(iter(finer.values()))}
        self.inside, self._session = finer, session
        for feed, (symbol, frame) in zip(self.feeds, self.frames.items(), strict=True):
            found, holes = _checked(symbol, frame)
            self.columns.append(found)
            self.holes |= holes
            for name in (*PRICES, "volume", "time"):
                if name in found:
                    feed[name] = found[name].ctypes.data
            if session is not None:
                self._keep(feed, "session", session_numbers(found["time"], session).astype(np.int64))
            if symbol in finer:
                self._put_inside(feed, symbol, found, finer[symbol])
        all_times = [found["time"] for found in self.columns]
        self.times, self.rows = all_times[0], np.empty((0, len(self.symbols)), np.int64)
        if any(not np.array_equal(times, all_times[0]) for times in all_times[1:]):
            self.times = np.unique(np.concatenate(all_times))
            self.rows = np.full((len(self.times), len(self.symbols)), -1, np.int64)
            for s, times in enumerate(all_times):
                self.rows[np.searchsorted(self.times, times), s] = np.arange(len(times))

    def __reduce__(self) -> tuple[type, tuple[Bars, str | None, Bars | None]]:
        # The feeds are addresses, which mean nothing in another process: made anew from the bars.
        return Market, (self.frames, self._session, self.inside or None)

    @property
    def calendar(self) -> str | None:
        """The calendar that was given, else the one that all bars say they are of; None where there is none."""
        said = {frame.attrs.get("session") for frame in self.frames.values()}
        return self._session or (said.pop() if len(said) == 1 else None)

    @property
    def index(self) -> pd.DatetimeIndex:
        """The clock as an index: that of the bars, where there is one symbol."""
        if len(self.symbols) == 1 or not len(self.rows):
            index = self.frames[self.symbols[0]].index
            if isinstance(index, pd.DatetimeIndex):
                return index
        return pd.DatetimeIndex(self.times.view("M8[ns]"), name="time").tz_localize("UTC")

    def at(self, symbol: int, instants: np.ndarray) -> np.ndarray:
        """The bars of a symbol at these instants."""
        return self.rows[instants, symbol] if len(self.rows) else instants

    def closes(self) -> np.ndarray:
        """float64[instants, symbols]: last known close of each."""
        out = np.full((len(self.times), len(self.symbols)), np.nan)
        for s, found in enumerate(self.columns):
            out[np.searchsorted(self.times, found["time"]) if len(self.rows) else slice(None), s] = found["close"]
        return pd.DataFrame(out).ffill().to_numpy()

    def _keep(self, feed: np.void, name: str, values: np.ndarray) -> None:
        self._kept.append(values)
        feed[name] = values.ctypes.data

    def _put_inside(self, feed: np.void, symbol: str, found: dict[str, np.ndarray], frame: pd.DataFrame) -> None:
        finer, holes = _checked(f"{symbol} inside".strip(), frame)
        if holes:
            raise DataError("inside: finer bars have no NaN among their prices; drop those rows")
        first = np.append(np.searchsorted(finer["time"], found["time"]), len(finer["time"])).astype(np.int64)
        some = np.flatnonzero(np.diff(first) > 0)
        if len(some):
            high = np.maximum.reduceat(finer["high"], first[some])
            low = np.minimum.reduceat(finer["low"], first[some])
            if some[0] > 0 or first[0] > 0 or np.any(np.diff(some) > 1):  # reduceat runs on to the next start
                high = np.array([finer["high"][first[i] : first[i + 1]].max() for i in some])
                low = np.array([finer["low"][first[i] : first[i + 1]].min() for i in some])
            near = 1e-9 * found["high"][some]
            wrong = np.flatnonzero((high > found["high"][some] + near) | (low < found["low"][some] - near))
            if len(wrong):
                at = some[wrong[0]]
                raise DataError(
                    f"inside: finer bars of {_stamp(found['time'][at])} go from {low[wrong[0]]:g} to "
                    f"{high[wrong[0]]:g}, the bar itself from {found['low'][at]:g} to {found['high'][at]:g}: "
                    "they are not of the same prices, or not of the same hours"
                )
        for name in (*PRICES, "volume"):
            if name in finer:
                self._keep(feed, f"fine_{name}", finer[name])
        self._keep(feed, "fine_first", first)


def _by_symbol(bars: Bars) -> dict[str, pd.DataFrame]:
    if isinstance(bars, pd.DataFrame):
        return {str(bars.attrs.get("symbol", "")): bars}
    if not isinstance(bars, Mapping) or not bars:
        raise DataError(f"bars are a DataFrame, or several by symbol, not {type(bars).__name__}")
    return {str(symbol): frame for symbol, frame in bars.items()}


def _checked(symbol: str, frame: pd.DataFrame) -> tuple[dict[str, np.ndarray], bool]:
    """Prices, volume and times as contiguous arrays, and whether a price is NaN."""
    who = f"bars of {symbol}" if symbol else "bars"
    if not len(frame):
        raise DataError(f"{who} are empty: there is nothing to trade on")
    missing = [name for name in PRICES if name not in frame.columns]
    if missing:
        raise DataError(f"{who} need {', '.join(missing)}; they have {', '.join(map(str, frame.columns))}")
    found = {name: numbers(frame[name], f"{who}: {name}") for name in PRICES}
    if "volume" in frame.columns:
        found["volume"] = numbers(frame["volume"], f"{who}: volume")
    found["time"] = np.ascontiguousarray(event_times(frame))
    row, why, holes = first_fault(found["time"], *(found[name] for name in PRICES), found.get("volume", _NONE))
    if row >= 0:
        raise DataError(f"{who}: row {row} ({_stamp(found['time'][row])}) {FAULTS[why]}")
    return found, holes


def numbers(values: pd.Series, who: str) -> np.ndarray:
    """A column as contiguous float64."""
    try:
        return np.ascontiguousarray(values.to_numpy(float, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise DataError(f"{who} is not numeric ({error})") from None


def _stamp(time: int) -> str:
    return str(pd.Timestamp(int(time), tz="UTC"))
