"""Indicators beside pandas-ta-classic's own code; with TA-Lib switched on it would be TA-Lib that is timed again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.parity import compared_with, table
from benchmarks.timing import in_turn, mean_row, row
from workbench.indicators import Peer, indicator

TARGET = 10.0
PACKAGE = "pandas-ta-classic"


class Job(NamedTuple):
    """One indicator of ours and the function of theirs, its columns, arguments and outputs in the order of ours."""

    ours: str
    values: dict[str, Any]
    theirs: str
    columns: str
    arguments: dict[str, Any]
    outputs: tuple[str, ...] = ("",)


_CLOSE, _THREE = "close", "high low close"
#: Common functions but for those (wma, hma) whose code in Python takes most of a minute and would raise the mean.
JOBS = (
    Job("sma", {"window": 20}, "sma", _CLOSE, {"length": 20}, ("SMA_20",)),
    Job("ema", {"window": 20}, "ema", _CLOSE, {"length": 20}, ("EMA_20",)),
    Job("rsi", {"window": 14}, "rsi", _CLOSE, {"length": 14}, ("RSI_14",)),
    Job("roc", {"window": 10}, "roc", _CLOSE, {"length": 10}, ("ROC_10",)),
    Job("macd", {"seed": "own"}, "macd", _CLOSE, {}, ("MACD_12_26_9", "MACDs_12_26_9", "MACDh_12_26_9")),
    Job("bbands", {"window": 20}, "bbands", _CLOSE, {"length": 20, "std": 2.0},
        ("BBU_20_2.0", "BBM_20_2.0", "BBL_20_2.0", "", "", "")),
    Job("stddev", {"window": 20}, "stdev", _CLOSE, {"length": 20, "ddof": 0}, ("STDEV_20",)),
    Job("atr", {"window": 14}, "atr", _THREE, {"length": 14}, ("ATRr_14",)),
    Job("adx", {"window": 14}, "adx", _THREE, {"length": 14}, ("ADX_14",)),
    Job("stoch", {"window": 14}, "stoch", _THREE, {"k": 14, "d": 3, "smooth_k": 3},
        ("STOCHk_14_3_3", "STOCHd_14_3_3")),
    Job("cci", {"window": 20}, "cci", _THREE, {"length": 20}, ("CCI_20_0.015",)),
    Job("willr", {"window": 14}, "willr", _THREE, {"length": 14}, ("WILLR_14",)),
    Job("aroon", {"window": 14}, "aroon", "high low", {"length": 14}, ("AROOND_14", "AROONU_14")),
    Job("obv", {}, "obv", "close volume", {}, ("OBV",)),
)  # fmt: skip


def rows(frame: pd.DataFrame) -> Iterator[dict]:
    """A row for each function, and their geometric mean."""
    try:
        import pandas_ta_classic as peer
    except ImportError:
        yield row(f"{len(JOBS)} functions of {PACKAGE}", None, f"{PACKAGE} is not installed", None, TARGET, None)
        return
    ratios = []
    for job in JOBS:
        one, function = indicator(job.ours, **job.values), getattr(peer, job.theirs)

        def theirs(bars: pd.DataFrame, job: Job = job, function: Any = function) -> Any:
            return function(*(bars[name] for name in job.columns.split()), talib=False, **job.arguments)

        ours_s, theirs_s = in_turn(lambda one=one: one(frame), lambda theirs=theirs: theirs(frame), runs=3)
        some = frame.iloc[:100_000]
        found = table(theirs(some))
        # How means begin is its own convention; it has faded after 1,000 bars.
        said = Peer(job.theirs, outputs=job.outputs, after=1_000, tolerance=1e-8)
        good = compared_with(one, some, {name: found[name].to_numpy() for name in found}, said)
        name = f"{PACKAGE} {peer.version} {job.theirs}"
        line = row(f"{len(frame) / 1e6:g} M bars, {one.label}", ours_s, name, theirs_s, None, good)
        ratios.append(line["ratio"])
        yield line
    yield mean_row(ratios, f"{PACKAGE} {peer.version}", TARGET)
