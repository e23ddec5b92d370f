"""Event dtypes, from file to wire to kernel. Units and meanings are stated here once.

Every time is int64 nanoseconds since 1970-01-01 UTC; zones exist only at the edges.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import DataError

BUY, SELL, UNKNOWN = 1, -1, 0  # side of the aggressor

#: Flag bit 0: the print does not form bars (odd lot, off-market, correction).
FLAG_NO_BAR = 1

#: One print on the tape.
TRADE = np.dtype(
    [("ts_event", "<i8"), ("ts_recv", "<i8"), ("price", "<f8"), ("size", "<f8"), ("side", "i1"), ("flags", "<u2")]
)

#: Best bid and ask. NaN says that a side is not known.
QUOTE = np.dtype(
    [("ts_event", "<i8"), ("ts_recv", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("bid_size", "<f8"), ("ask_size", "<f8")]
)

#: One price level of the book after a change; size 0 removes it. ``flags`` bit 0: first row of a snapshot.
BOOK = np.dtype(
    [("ts_event", "<i8"), ("ts_recv", "<i8"), ("price", "<f8"), ("size", "<f8"), ("side", "i1"), ("flags", "<u2")]
)

#: A bar. ``time`` is its open, UTC; the bar holds prints of [time, next bar). Volume sides are the aggressor's.
BAR = np.dtype(
    [
        ("time", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("buy_volume", "<f8"),
        ("sell_volume", "<f8"),
        ("trades", "<i8"),
        ("vwap", "<f8"),
    ]
)

#: A bar with the path of its volume delta: the least and the greatest value after any of its prints, 0 at the start.
FLOW_BAR = np.dtype(BAR.descr + [("delta_min", "<f8"), ("delta_max", "<f8")])

#: A bar of quotes: four prices a side, last known size, number of quotes.
QUOTE_BAR = np.dtype(
    [("time", "<i8")]
    + [(f"{side}_{field}", "<f8") for side in ("bid", "ask") for field in ("open", "high", "low", "close", "size")]
    + [("quotes", "<i8")]
)

DTYPES = {"trades": TRADE, "quotes": QUOTE, "book": BOOK, "bars": BAR, "flow_bars": FLOW_BAR, "quote_bars": QUOTE_BAR}

BAR_COLUMNS = [name for name in BAR.names if name != "time"]


def time_column(kind: str) -> str:
    """Name of the ordering column: ``time`` for bars, ``ts_event`` for events."""
    return DTYPES[kind].names[0]


def to_ns(values: object) -> np.ndarray:
    """Instants as int64 ns UTC. Accepts a datetime index or series (zone or none, any unit) or integers that are ns.

    Nothing is copied where they are ns already: do not write to what is returned.
    """
    if isinstance(values, pd.Series) and isinstance(values.dtype, pd.DatetimeTZDtype):
        values = pd.DatetimeIndex(values)
    if isinstance(values, pd.DatetimeIndex):
        if values.hasnans:
            raise DataError("times hold NaT; drop those rows first")
        return (values if values.unit == "ns" else values.as_unit("ns")).asi8
    array = np.asarray(values)
    if array.dtype.kind == "M":
        if np.isnat(array).any():
            raise DataError("times hold NaT; drop those rows first")
        return array.astype("datetime64[ns]", copy=False).view("i8")
    if array.dtype.kind in "iu":
        return array.astype("i8", copy=False)
    raise DataError(f"times must be int64 ns UTC or datetimes, got dtype {array.dtype}")


def event_times(frame: pd.DataFrame) -> np.ndarray:
    """Event times of a frame, int64 ns UTC: its ``ts_event`` (or ``time``) column, else its DatetimeIndex."""
    for name in ("ts_event", "time"):
        if name in frame.columns:
            return to_ns(frame[name])
    if isinstance(frame.index, pd.DatetimeIndex):
        return to_ns(frame.index)
    raise DataError(
        f"no times: expected a ts_event or time column, or a DatetimeIndex; columns are {list(map(str, frame.columns))}"
    )


def as_records(frame: pd.DataFrame | np.ndarray, kind: str) -> np.ndarray:
    """A frame as a contiguous record array of ``DTYPES[kind]``, copying only when it must.

    Optional event columns get their neutral value: ``ts_recv`` = ``ts_event``, ``side`` 0, ``flags`` 0, sizes NaN.
    """
    dtype = DTYPES[kind]
    if isinstance(frame, np.ndarray):
        if frame.dtype != dtype:
            raise DataError(f"{kind} records must have dtype {dtype}, got {frame.dtype}")
        return np.ascontiguousarray(frame)
    out = np.zeros(len(frame), dtype)
    stamp = dtype.names[0]
    out[stamp] = event_times(frame)
    for name in dtype.names[1:]:
        if name in frame.columns:
            try:
                out[name] = frame[name].to_numpy()
            except (TypeError, ValueError) as error:
                raise DataError(
                    f"{kind}: column {name!r} is not numeric ({error}); convert or drop such rows"
                ) from None
        elif name == "ts_recv":
            out[name] = out[stamp]
        elif name in ("side", "flags", "trades", "quotes"):
            continue
        elif kind in ("quotes", "quote_bars") or name == "vwap":
            out[name] = np.nan
        elif name in ("buy_volume", "sell_volume"):
            continue
        else:
            raise DataError(f"{kind} need a column {name!r}; columns are {list(map(str, frame.columns))}")
    return out


def as_frame(records: np.ndarray) -> pd.DataFrame:
    """Records as a frame: events keep ``ts_event`` as a column (int64 ns); bars are indexed by ``time`` (UTC)."""
    columns = {name: np.ascontiguousarray(records[name]) for name in records.dtype.names}
    if "time" in columns:
        index = pd.DatetimeIndex(columns.pop("time").view("M8[ns]"), name="time").tz_localize("UTC")
        return pd.DataFrame(columns, index=index)
    return pd.DataFrame(columns)
