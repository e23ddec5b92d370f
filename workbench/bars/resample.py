"""The front door of the bar algebra: frames in, a frame of bars out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.bars.batch import bars_from_bars, bars_from_trades, quote_bars_from_quotes, trade_bars
from workbench.errors import DataError
from workbench.market.calendars import Calendar, calendar
from workbench.market.events import BAR, QUOTE, TRADE, as_frame, as_records, event_times
from workbench.market.specs import BarSpec


def resample(
    data: pd.DataFrame | np.ndarray,
    spec: BarSpec | str,
    *,
    session: str | None = None,
    tz: str | None = None,
    price: str | None = None,
    flagged: bool = False,
    fill_gaps: bool = False,
) -> pd.DataFrame:
    """Cut trades, quotes or finer bars into bars.

    Parameters
    ----------
    data
        Trades (``price size``, optionally ``side flags``), quotes (``bid ask``) or bars (``open high low close
        volume``), as a frame with a ``ts_event`` column or a DatetimeIndex, or as records of ``market.events``.
    spec
        ``90s``, ``5min``, ``4h``, ``1d``, ``1w``, ``1mo`` ...
    session
        Session calendar, such as ``XNYS``: bars begin at the open, end at the close, and what is outside of the
        session is left out. ``1d`` is a session, ``1w`` and ``1mo`` are the sessions of a week or month.
    tz
        IANA zone whose days bars are anchored to instead; neither means UTC days.
    price
        Of quotes: ``bid``, ``ask`` or ``mid``.
    flagged
        Whether prints with ``FLAG_NO_BAR`` (odd lots, corrections) count.
    fill_gaps
        Whether bars without trades appear between the first and the last one, flat at the last close.

    Returns
    -------
    Frame indexed by ``time``, the bar's open in UTC, with ``open high low close volume buy_volume sell_volume trades
    vwap``. The last bar is there as far as the data goes. Of quotes, ``trades`` counts quotes and volumes are 0.

    Examples
    --------
    >>> import pandas as pd
    >>> tape = pd.DataFrame({"price": [10.0, 12.0, 11.0], "size": [1.0, 2.0, 1.0]},
    ...                     index=pd.to_datetime(["2026-01-05 10:00:01", "2026-01-05 10:00:59", "2026-01-05 10:03"]))
    >>> resample(tape, "1min")["close"].tolist()
    [12.0, 11.0]
    """
    if not isinstance(data, (pd.DataFrame, np.ndarray)):
        raise DataError(f"cannot resample a {type(data).__name__}: give a DataFrame, or records of market.events")
    spec, sessions = BarSpec.parse(spec), bar_calendar(session, tz)
    names = set(data.dtype.names or ()) if isinstance(data, np.ndarray) else set(data.columns)
    if {"bid", "ask"} <= names:
        bars = _from_quotes(as_records(data, "quotes"), spec, sessions, price)
    elif price is not None:
        raise DataError(f"price={price!r} is for quotes (columns bid and ask); columns are {sorted(map(str, names))}")
    elif {"open", "high", "low", "close"} <= names:
        bars = bars_from_bars(as_records(data, "bars"), spec, sessions)
    elif isinstance(data, np.ndarray):
        bars = bars_from_trades(as_records(data, "trades"), spec, sessions, flagged=flagged)
    else:
        bars = trade_bars(trade_columns(data), spec, sessions, flagged=flagged)
    return as_frame(_filled(bars, spec, sessions) if fill_gaps else bars)


def bar_calendar(session: str | None, tz: str | None) -> Calendar:
    """The calendar that ``session`` or ``tz`` asks for; UTC days for neither, an error for both."""
    if session is not None and tz is not None:
        raise DataError(f"session={session!r} and tz={tz!r} exclude each other: a session has its zone already")
    return calendar(session or (f"days:{tz}" if tz else "24/7"))


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


def mid_bars(records: np.ndarray, spec: BarSpec, sessions: Calendar) -> np.ndarray:
    """Bars of the middle between bid and ask of quotes that know both."""
    known = records[~(np.isnan(records["bid"]) | np.isnan(records["ask"]))]
    trades = np.zeros(len(known), TRADE)
    trades["ts_event"], trades["price"] = known["ts_event"], (known["bid"] + known["ask"]) / 2
    return bars_from_trades(trades, spec, sessions)


def _from_quotes(quotes: np.ndarray, spec: BarSpec, sessions: Calendar, price: str | None) -> np.ndarray:
    assert quotes.dtype == QUOTE
    if price == "mid":
        return mid_bars(quotes, spec, sessions)
    if price not in ("bid", "ask"):
        raise DataError(f"quotes have several prices: say price='bid', 'ask' or 'mid' (got {price!r})")
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
        spans = zip(windows.open, windows.close, strict=True)
        times = np.concatenate([np.arange(begin, end, windows.step) for begin, end in spans])
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
    return out
