"""Tables: the drawdowns, returns by month and by hour and weekday, and any measure over a moving window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, aligned, measures
from workbench.errors import DataError, did_you_mean
from workbench.market.calendars import check_zone

#: Numbers of a block of windows or of simulated paths; keeps memory to some 10 MB an array.
BLOCK = 1_000_000
DRAWDOWNS = ["start", "trough", "recovery", "depth", "bars_down", "bars_up", "bars", "days"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_STATISTICS = {"mean": np.mean, "sum": np.sum, "count": len, "positive": lambda one: (one > 0).mean()}


def returns_of(equity: pd.Series | np.ndarray) -> pd.Series | np.ndarray:
    """Simple returns of an equity curve, one less than it has rows; NaN once equity is 0 or less."""
    values = aligned({"equity": equity}, "returns_of")[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.where(values[..., :-1] > 0, values[..., 1:] / values[..., :-1] - 1.0, np.nan)
    return pd.Series(returns, equity.index[1:], name="returns") if isinstance(equity, pd.Series) else returns


def equity_of(returns: Values, start: float = 1.0) -> pd.Series | np.ndarray:
    """What ``start`` has become after each bar; a missing return moves nothing, and a loss of all ends it."""
    values = aligned({"returns": returns}, "equity_of")[0]
    path = start * a.wealth(np.where(np.isnan(values), 0.0, values))
    return pd.Series(path, returns.index, name="equity") if isinstance(returns, pd.Series) else path


def drawdowns(equity: pd.Series, top: int | None = 10, *, start: float | None = None) -> pd.DataFrame:
    """The drawdowns of an equity curve, the deepest first.

    Parameters
    ----------
    equity
        By time or any other label; NaN rows are left out. Equity of 0 or less is a loss of all: -1, for ever.
    top
        How many to give; None for all.
    start
        Equity before the first row, where that is not the first row itself; its label is that of the first row.

    Returns
    -------
    DataFrame
        ``start`` (label of the peak), ``trough``, ``recovery`` (missing where there is none yet), ``depth`` (<= 0),
        ``bars_down`` (peak to trough), ``bars_up`` (trough to recovery, NaN without), ``bars`` and ``days`` (peak to
        recovery or to the end; days are NaN without a DatetimeIndex).

    Raises
    ------
    DataError
        For equity that is not a Series, or a start that is not above 0.
    """
    if not isinstance(equity, pd.Series):
        raise DataError(f"drawdowns: equity is a {type(equity).__name__}; give a Series, whose labels the table names")
    kept = equity[~np.isnan(aligned({"equity": equity}, "drawdowns")[0])]
    if not len(kept):
        return _drawdown_table(kept.index, [])
    values = kept.to_numpy(float)
    if start is not None:
        values = np.r_[start, values]
    if not values[0] > 0:
        raise DataError(f"drawdowns: equity begins at {values[0]:g}, it must be above 0")
    values = np.where(np.minimum.accumulate(values) > 0, values, 0.0)
    depth = values / np.maximum.accumulate(values) - 1.0
    under = depth < 0
    first = np.flatnonzero(under & ~np.r_[False, under[:-1]])
    after = np.flatnonzero(~under & np.r_[False, under[:-1]])
    ends = np.r_[after, np.full(len(first) - len(after), len(values))]
    rows = []
    for begin, end in zip(first, ends, strict=True):
        trough = begin + int(np.argmin(depth[begin:end]))
        rows.append((begin - 1, trough, end if end < len(values) else -1, depth[trough]))
    rows.sort(key=lambda row: row[3])
    labels = kept.index if start is None else kept.index[:1].append(kept.index)
    return _drawdown_table(labels, rows[:top])


def _drawdown_table(labels: pd.Index, rows: list[tuple[int, int, int, float]]) -> pd.DataFrame:
    peak, trough, back = (np.array([row[k] for row in rows], dtype=int) for k in range(3))
    last = np.where(back >= 0, back, len(labels) - 1)
    timed = isinstance(labels, pd.DatetimeIndex)
    table = pd.DataFrame(
        {
            "start": labels.take(peak),
            "trough": labels.take(trough),
            "recovery": labels.take(last).where(back >= 0),
            "depth": np.array([row[3] for row in rows], dtype=float),
            "bars_down": trough - peak,
            "bars_up": np.where(back >= 0, (last - trough).astype(float), np.nan),
            "bars": last - peak,
            "days": (labels.take(last) - labels.take(peak)) / pd.Timedelta(days=1) if timed else np.nan,
        }
    )
    return table[DRAWDOWNS].rename_axis("rank")


def monthly_returns(returns: pd.Series, *, tz: str | None = None) -> pd.DataFrame:
    """Compound returns by year (rows) and month (``Jan`` to ``Dec``), with ``Year``; NaN where there are no bars.

    Parameters
    ----------
    returns
        Simple returns by time.
    tz
        IANA zone whose months are meant; that of the index without.

    Raises
    ------
    DataError
        For returns without a DatetimeIndex.
    UnknownNameError
        For a zone that does not exist.
    """
    values, times = _timed(returns, tz, "monthly_returns")
    factors = pd.Series(np.maximum(1.0 + values, 0.0))
    months = factors.groupby([times.year, times.month]).prod().unstack() - 1.0
    table = pd.DataFrame(months, columns=range(1, 13)).set_axis(_MONTHS, axis=1)
    table["Year"] = factors.groupby(times.year).prod() - 1.0
    return table.rename_axis("year").astype(float)


def annual_returns(returns: pd.Series, *, tz: str | None = None) -> pd.Series:
    """Compound returns by calendar year, see ``monthly_returns``."""
    return monthly_returns(returns, tz=tz)["Year"].rename("return")


def by_hour_and_weekday(returns: pd.Series, statistic: str = "mean", *, tz: str | None = None) -> pd.DataFrame:
    """Returns, or results of round trips by when they began, by hour of the day (rows 0 to 23) and weekday.

    Parameters
    ----------
    returns
        Fractions or money by time.
    statistic
        ``mean``, ``sum``, ``count`` or ``positive`` (the share above 0).
    tz
        IANA zone whose hours are meant; that of the index without.

    Returns
    -------
    DataFrame
        24 rows, ``Mon`` to ``Sun``; NaN where there are none, 0 for a count.
    """
    if statistic not in _STATISTICS:
        raise DataError(f"by_hour_and_weekday has no statistic {statistic!r}: {did_you_mean(statistic, _STATISTICS)}")
    values, times = _timed(returns, tz, "by_hour_and_weekday")
    cells = pd.Series(values).groupby([times.hour, times.day_of_week]).agg(_STATISTICS[statistic]).unstack()
    table = pd.DataFrame(cells, index=range(24), columns=range(7)).set_axis(_DAYS, axis=1).rename_axis("hour")
    return table.fillna(0).astype(int) if statistic == "count" else table.astype(float)


def rolling(
    measure: str, returns: Values, window: int, *, benchmark: Values | None = None, **options: Any
) -> pd.Series | np.ndarray:
    """A measure of the last ``window`` bars, after each bar; NaN for the first ``window - 1``.

    Parameters
    ----------
    measure
        Name in ``measures``, of returns or of returns and a benchmark.
    returns
        Simple returns, one a bar. NaN is left out, so that its windows have fewer observations.
    window
        Bars, 1 or more.
    benchmark
        For measures against one.
    options
        What the measure takes: ``periods=252``.

    Returns
    -------
    Series or array
        As ``returns``; of the labels of both where a benchmark is matched.

    Raises
    ------
    DataError
        For a window below 1, and a measure that is of something else or lacks its benchmark.
    """
    function = measures.get(measure)
    if window < 1:
        raise DataError(f"rolling {measure}: the window is {window}, it must be 1 or more")
    if not set(function.about.data) <= {"returns", "benchmark"}:
        raise DataError(f"rolling {measure}: it is of {' and '.join(function.about.data)}, not of returns")
    given = {"returns": returns, "benchmark": benchmark}
    data = {name: given[name] for name in function.about.data}
    if any(one is None for one in data.values()):
        raise DataError(f"rolling {measure}: it is against a benchmark; give benchmark=")
    arrays = aligned(data, f"rolling {measure}")
    if arrays[0].ndim > 1:
        raise DataError(f"rolling {measure}: returns have {arrays[0].ndim} axes; give one series at a time")
    results = np.full(len(arrays[0]), np.nan)
    rows = max(BLOCK // window, 1)
    for first in range(window - 1, len(results), rows):
        part = slice(first - window + 1, min(first + rows, len(results)))
        views = [np.lib.stride_tricks.sliding_window_view(one[part], window) for one in arrays]
        results[first : part.stop] = function(*views, **options)
    return _labelled(results, list(data.values()), measure)


def _labelled(results: np.ndarray, data: list[Values], name: str) -> pd.Series | np.ndarray:
    series = [one for one in data if isinstance(one, pd.Series)]
    if not series:
        return results
    index = series[0].index
    if len(series) > 1 and not series[1].index.equals(index):
        index = index.intersection(series[1].index).sort_values()
    return pd.Series(results, index, name=name)


def _timed(returns: pd.Series, tz: str | None, who: str) -> tuple[np.ndarray, pd.DatetimeIndex]:
    """Values that are known, and their times on the wall clock of ``tz``."""
    if not isinstance(returns, pd.Series) or not isinstance(returns.index, pd.DatetimeIndex):
        raise DataError(f"{who} needs a Series with a DatetimeIndex: the times decide where a value belongs")
    values = aligned({"returns": returns}, who)[0]
    times = returns.index
    if tz is not None:
        check_zone(tz)
        times = (times.tz_localize("UTC") if times.tz is None else times).tz_convert(tz)
    known = ~np.isnan(values)
    return values[known], times[known]
