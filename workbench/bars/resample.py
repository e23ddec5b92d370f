"""The front door of the bar algebra: frames in, a frame of bars out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.bars.batch import quote_bars_from_quotes, time_bars, time_bars_of_bars
from workbench.bars.makers import DerivedBars, maker
from workbench.errors import DataError
from workbench.market.calendars import Calendar, calendar
from workbench.market.events import BAR, QUOTE, TRADE, as_frame, as_records, event_times, to_ns
from workbench.market.specs import BarSpec

BAR_NAMES = {"open", "high", "low", "close"}


def resample(
    data: pd.DataFrame | np.ndarray,
    spec: BarSpec | str,
    *,
    session: str | None = None,
    tz: str | None = None,
    price: str | None = None,
    flagged: bool = False,
    fill_gaps: bool = False,
    delta: bool = False,
) -> pd.DataFrame:
    """Cut trades, quotes or finer bars into bars.

    Parameters
    ----------
    data
        Trades (``price size``, optionally ``side flags``), quotes (``bid ask``) or bars (``open high low close
        volume``), as a frame with a ``ts_event`` column or a DatetimeIndex, or as records of ``market.events``.
    spec
        ``90s``, ``5min``, ``4h``, ``1d``, ``1w``, ``1mo``; ``1000tick``, ``50000vol``, ``1e6usd``; ``range:0.5``,
        ``renko:1.0``; ``ha(5min)`` ... A kind that is made of bars takes those of its base, or, without a base
        (``ha``), the bars in ``data`` as they are.
    session
        Session calendar, such as ``XNYS``: bars begin at the open, end at the close, and what is outside of the
        session is left out. ``1d`` is a session, ``1w`` and ``1mo`` are the sessions of a week or month. Bars that are
        not cut by time begin anew with each session, but for Renko and kinds that are made of bars.
    tz
        IANA zone whose days bars are anchored to instead; neither means UTC days, and bars that are not cut by time
        run on.
    price
        Of quotes: ``bid``, ``ask`` or ``mid``.
    flagged
        Whether prints with ``FLAG_NO_BAR`` (odd lots, corrections) count.
    fill_gaps
        Whether bars without trades appear between the first and the last one, flat at the last close. Time bars only.
    delta
        Whether to add ``delta_min`` and ``delta_max``: the least and the greatest volume delta (buys minus sells since
        the bar began) after any of its prints. From trades, or from bars that have them.

    Returns
    -------
    DataFrame
        Indexed by ``time``, the bar's open in UTC, with ``open high low close volume buy_volume sell_volume trades
        vwap``. The last bar is there as far as the data goes. Of quotes, ``trades`` counts quotes and volumes are 0.
        Bars that are not cut by time are stamped with their first print, 1 ns later where two would be equal. ``ha``
        adds the real prices as ``real_open real_high real_low real_close``; time bars of bars keep an
        ``open_interest`` (the last).

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> tape = pd.DataFrame({"price": [10.0, 12.0, 11.0], "size": [1.0, 2.0, 1.0]},
    ...                     index=pd.to_datetime(["2026-01-05 10:00:01", "2026-01-05 10:00:59", "2026-01-05 10:03:00"]))
    >>> wb.resample(tape, "1min")["close"].tolist()
    [12.0, 11.0]
    >>> wb.resample(tape, "2tick")["trades"].tolist()
    [2, 1]
    """
    if not isinstance(data, (pd.DataFrame, np.ndarray)):
        raise DataError(f"cannot resample a {type(data).__name__}: give a DataFrame, or records of market.events")
    spec, sessions = BarSpec.parse(spec), bar_calendar(session, tz)
    if fill_gaps and not spec.timed:
        raise DataError(f"fill_gaps is for time bars: {spec} bars have no gaps between them")
    names = set(data.dtype.names or ()) if isinstance(data, np.ndarray) else set(data.columns)
    if {"bid", "ask"} <= names:
        bars = _from_quotes(as_records(data, "quotes"), spec, sessions, price)
    elif price is not None:
        raise DataError(f"price={price!r} is for quotes (columns bid and ask); columns are {sorted(map(str, names))}")
    elif names >= BAR_NAMES:
        bars = bars_from_bars(as_records(data, "flow_bars" if delta else "bars"), spec, sessions, delta=delta)
    elif isinstance(data, np.ndarray):
        bars = bars_from_trades(as_records(data, "trades"), spec, sessions, flagged=flagged, delta=delta)
    else:
        bars = trade_bars(trade_columns(data), spec, sessions, flagged=flagged, delta=delta)
    out = as_frame(_filled(bars, spec, sessions or Calendar()) if fill_gaps else bars)
    if "open_interest" in names and names >= BAR_NAMES and spec.timed:
        out["open_interest"] = _last_known(data, out)
    return out


def bars_from_trades(
    records: np.ndarray,
    spec: BarSpec | str,
    sessions: Calendar | None = None,
    *,
    flagged: bool = False,
    delta: bool = False,
) -> np.ndarray:
    """Bars of a tape, the last one as far as the tape goes.

    Parameters
    ----------
    records
        Trades as a record array with the fields of ``market.events.TRADE``. Trades out of time order are put in order
        first; those of equal time keep theirs.
    spec
        Any bar spec, such as ``5min``.
    sessions
        Calendar that bars are anchored to and cut by. Without one time bars are those of UTC days, and others run on.
        Prints outside of it form no bar.
    flagged, delta
        As for ``resample``.

    Returns
    -------
    Array of ``record_dtype(spec, delta=delta)``, sorted by time, without empty bars.

    Raises
    ------
    DataError
        A price or size is not a finite number, or a size is negative; names the row.
    """
    columns = [records[name] for name in ("ts_event", "price", "size", "side", "flags")]
    return trade_bars(columns, spec, sessions, flagged=flagged, delta=delta)


def trade_bars(
    columns: list[np.ndarray],
    spec: BarSpec | str,
    sessions: Calendar | None = None,
    *,
    flagged: bool = False,
    delta: bool = False,
) -> np.ndarray:
    """``bars_from_trades`` of separate arrays: times (int64 ns), price, size, side (int8), flags (uint16)."""
    spec = BarSpec.parse(spec)
    if spec.timed:
        return time_bars(columns, spec, sessions, flagged=flagged, delta=delta)
    return np.concatenate(maker(spec, sessions, flagged=flagged, delta=delta).whole(columns))


def bars_from_bars(
    records: np.ndarray, spec: BarSpec | str, sessions: Calendar | None = None, *, delta: bool = False
) -> np.ndarray:
    """Coarser bars from finer ones (records with the fields of ``BAR``), or bars of a kind that is made of bars.

    Time bars are exact where no finer bar crosses an edge of a coarser one: prices and counts equal the bars of the
    trades bit for bit, sums to the last digits of float64. ``vwap`` is NaN where a finer bar with volume has none.
    Kinds that are made of bars take those of their base, the last of which counts as unfinished; without a base they
    take ``records`` as they are, all of them finished. ``delta`` needs the fields of ``FLOW_BAR``.
    """
    spec = BarSpec.parse(spec)
    if spec.timed:
        if delta and "delta_min" not in (records.dtype.names or ()):
            raise DataError("bars without delta_min and delta_max give no path of the delta: build them from trades")
        return time_bars_of_bars(records, spec, sessions, delta=delta)
    return np.concatenate(_from_bars(records, spec, sessions))


def _from_bars(records: np.ndarray, spec: BarSpec, sessions: Calendar | None) -> tuple[np.ndarray, np.ndarray]:
    """Closed bars and the forming one."""
    if spec.timed:
        bars = time_bars_of_bars(records, spec, sessions)
        return bars[:-1], bars[-1:]
    if spec.base is None and spec.maker().of == "trades":
        raise DataError(f"{spec} bars are made of trades, and here are bars: give trades, or ask for a time spec")
    own = DerivedBars(spec, None)
    if spec.base is None:
        return own.take_bars(records), own.forming
    return own.whole_bars(*_from_bars(records, spec.base, sessions))


def bar_calendar(session: str | None, tz: str | None) -> Calendar | None:
    """The calendar that ``session`` or ``tz`` asks for; None for neither, an error for both."""
    if session is not None and tz is not None:
        raise DataError(f"session={session!r} and tz={tz!r} exclude each other: a session has its zone already")
    return calendar(session or f"days:{tz}") if session or tz else None


def side_bars(records: np.ndarray, price: str) -> np.ndarray:
    """One side of quote bars as ``BAR`` records: ``price`` is ``bid`` or ``ask``. Bars that lack the side are left out.

    ``trades`` counts quotes; volumes are 0 and ``vwap`` is NaN, for nothing was traded.
    """
    known = records[~np.isnan(records[f"{price}_open"])]
    out = np.zeros(len(known), BAR)
    out["time"], out["trades"], out["vwap"] = known["time"], known["quotes"], np.nan
    for name in ("open", "high", "low", "close"):
        out[name] = known[f"{price}_{name}"]
    return out


def mid_bars(records: np.ndarray, spec: BarSpec, sessions: Calendar | None) -> np.ndarray:
    """Bars of the middle between bid and ask of quotes that know both."""
    known = records[~(np.isnan(records["bid"]) | np.isnan(records["ask"]))]
    trades = np.zeros(len(known), TRADE)
    trades["ts_event"], trades["price"] = known["ts_event"], (known["bid"] + known["ask"]) / 2
    return bars_from_trades(trades, spec, sessions)


def _from_quotes(quotes: np.ndarray, spec: BarSpec, sessions: Calendar | None, price: str | None) -> np.ndarray:
    assert quotes.dtype == QUOTE
    if price == "mid":
        return mid_bars(quotes, spec, sessions)
    if price not in ("bid", "ask"):
        raise DataError(f"quotes have several prices: say price='bid', 'ask' or 'mid' (got {price!r})")
    if spec.root.timed and spec.base is not None:
        return bars_from_bars(_from_quotes(quotes, spec.root, sessions, price), spec, sessions)
    if not spec.timed:
        raise DataError(f"{spec} bars of quotes are made of their middle: say price='mid' (got {price!r})")
    return side_bars(quote_bars_from_quotes(quotes, spec, sessions), price)


def trade_columns(frame: pd.DataFrame) -> list[np.ndarray]:
    """Times, price, size, side and flags of a frame of trades, without copying what has the right type already."""
    missing = [name for name in ("price", "size") if name not in frame.columns]
    if missing:
        raise DataError(f"trades need columns price and size; columns are {list(map(str, frame.columns))}")
    columns = [event_times(frame)]
    for name in ("price", "size", "side", "flags"):
        if name in frame.columns:
            columns.append(_column(frame, name))
        else:  # a read-only view of one zero: nothing to allocate, nothing to read
            columns.append(np.broadcast_to(np.zeros(1, TRADE[name]), len(frame)))
    return columns


def _column(frame: pd.DataFrame, name: str) -> np.ndarray:
    given, wanted = frame[name].to_numpy(), TRADE[name]
    if given.dtype == wanted:
        return given
    try:
        with np.errstate(invalid="ignore"):
            values = np.asarray(given, wanted)
        exact = wanted.kind == "f" or bool((values == given).all())
    except (TypeError, ValueError):
        exact = False
    if not exact:
        meaning = {"side": "1 (buy), -1 (sell) or 0 (unknown)", "flags": "bits, 0 to 65535"}.get(name, "numbers")
        raise DataError(f"column {name!r} of trades must hold {meaning}; it has dtype {given.dtype} and other values")
    return values


def _filled(bars: np.ndarray, spec: BarSpec, sessions: Calendar) -> np.ndarray:
    if len(bars) < 2:
        return bars
    first, last = int(bars["time"][0]), int(bars["time"][-1])
    windows = sessions.windows(spec, first, last)
    if windows.step:
        spans = zip(windows.open, windows.close, windows.stamp, strict=True)
        step = windows.step
        grids = [np.arange(at + (begin - at) // step * step, end, step).clip(begin) for begin, end, at in spans]
        times = np.concatenate(grids)
    else:
        times = np.unique(windows.stamp)
    times = times[(times >= first) & (times <= last)]
    at = np.searchsorted(bars["time"], times, "right") - 1
    out = bars[at].copy()
    empty = bars["time"][at] != times
    out["time"] = times
    for name in ("open", "high", "low"):
        out[name][empty] = out["close"][empty]
    for name in ("volume", "buy_volume", "sell_volume", "trades"):
        out[name][empty] = 0
    out["vwap"][empty] = np.nan
    for name in {"delta_min", "delta_max"} & set(out.dtype.names):
        out[name][empty] = 0
    return out


def _last_known(data: pd.DataFrame | np.ndarray, bars: pd.DataFrame) -> np.ndarray:
    """The open interest at the end of each bar: of the last finer bar in it."""
    times = data["time"] if isinstance(data, np.ndarray) else event_times(data)
    order = np.argsort(times, kind="stable")
    at = np.searchsorted(times[order], to_ns(bars.index)[1:], "left") - 1
    return np.asarray(data["open_interest"])[order][np.append(at, len(order) - 1)[: len(bars)]]
