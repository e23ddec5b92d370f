"""Every kind of bar in the registry: prints a second over the whole tape, held against its oracle and its stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import workbench as wb
from benchmarks.tape import same
from benchmarks.timing import NO_PEER, goal, in_turn, row
from tests import oracles
from workbench.market.events import BAR, as_frame, as_records
from workbench.market.specs import TIME, BarSpec, bar_kinds

LEAST = 200e6  # prints a second
#: Specs that give bars of about 500 prints of ``tape``; a kind that is not here is run as in its own example.
SIZED = {
    "tick": "500tick", "vol": "500vol", "usd": "3e7usd", "range": "range:0.25", "renko": "renko:0.13",
    "tick_imbalance": "tick_imbalance:500", "volume_imbalance": "volume_imbalance:500",
    "dollar_imbalance": "dollar_imbalance:500", "tick_run": "tick_run:500", "volume_run": "volume_run:500",
    "dollar_run": "dollar_run:500", "kagi": "kagi:0.3", "pnf": "pnf:0.1,3",
}  # fmt: skip
#: Kinds that are asked to reach the goal; the others look at every print with a state that grows.
ASKED = ("tick", "vol", "usd", "range", "renko")
ORACLE = 20_000  # prints or bars that the slow way is run on


def rows(trades: pd.DataFrame) -> Iterator[dict]:
    """Kinds of trades, kinds of bars, the path of the delta, and bars of finer bars."""
    of_trades, of_bars = oracles.kinds()
    records = as_records(trades, "trades")
    yield delta_row(trades)
    seconds = wb.resample(trades, "1s")
    yield finer_row(trades, seconds)
    for name, kind in bar_kinds:
        if kind.of != "bars" and name != TIME:
            yield trades_row(name, trades, records, of_trades)
    for name, kind in bar_kinds:
        if kind.of == "bars":
            yield bars_row(name, seconds, of_bars)


def sized(name: str, kind: Any) -> BarSpec:
    """The spec a kind is run as, without a base."""
    spec = BarSpec.parse(SIZED.get(name, kind.example))
    return BarSpec(spec.kind, spec.args)


def trades_row(name: str, trades: pd.DataFrame, records: np.ndarray, known: dict) -> dict:
    """One kind made of trades beside the goal."""
    spec = sized(name, bar_kinds.get(name))
    bars = wb.resample(trades, spec)
    live, rng = wb.Resampler(spec), np.random.default_rng(3)
    pieces = np.split(records, np.sort(rng.integers(0, len(records), 200)))
    streamed = np.concatenate([*(live.update_records(piece) for piece in pieces), live.forming_record])
    head = records[:ORACLE]
    checked = as_frame(streamed).equals(bars) and near(wb.resample(head, spec), known[name](head, *spec.args))
    ours_s = in_turn(lambda: wb.resample(trades, spec), runs=3)[0]
    job = f"{len(trades) / 1e6:g} M trades -> {spec}, {len(bars):,} bars"
    rate = len(trades) / ours_s
    if name in ASKED:
        return goal(job, rate, LEAST, checked, unit="trades/s", better="more")
    return row(job, rate, NO_PEER, None, None, checked, unit="trades/s", better="more")


def bars_row(name: str, seconds: pd.DataFrame, known: dict) -> dict:
    """One kind made of bars, on the bars of a second."""
    spec = sized(name, bar_kinds.get(name))
    bars = wb.resample(seconds, spec)
    records, rng, live = as_records(seconds, "bars"), np.random.default_rng(3), wb.Resampler(spec)
    pieces = np.split(records, np.sort(rng.integers(0, len(records), 200)))
    streamed = np.concatenate([*(live.update_bars(piece) for piece in pieces), live.forming_record])
    head = records[:ORACLE]
    checked = as_frame(streamed).equals(bars) and near(wb.resample(head, spec), known[name](head, *spec.args))
    ours_s = in_turn(lambda: wb.resample(seconds, spec), runs=3)[0]
    job = f"{len(seconds) / 1e6:.3g} M 1s bars -> {spec}, {len(bars):,} bars"
    return row(job, ours_s, NO_PEER, None, None, checked)


def delta_row(trades: pd.DataFrame) -> dict:
    """What the path of the delta costs, beside the same bars without it; at most 30 % more is asked."""
    head = as_records(trades.iloc[:ORACLE], "trades")
    bars = wb.resample(head, "1min", delta=True)
    least, greatest = _delta_path(head)
    checked = np.allclose(bars["delta_min"], least, rtol=1e-9, atol=1e-9)
    checked &= np.allclose(bars["delta_max"], greatest, rtol=1e-9, atol=1e-9)
    checked &= (
        wb.resample(trades, "1min", delta=True)
        .drop(columns=["delta_min", "delta_max"])
        .equals(wb.resample(trades, "1min"))
    )
    with_s, plain_s = in_turn(
        lambda: wb.resample(trades, "1min", delta=True), lambda: wb.resample(trades, "1min"), runs=7
    )
    job = f"{len(trades) / 1e6:g} M trades -> 1min with delta min and max"
    return row(job, with_s, "ours, without them", plain_s, 0.77, bool(checked))


def finer_row(trades: pd.DataFrame, seconds: pd.DataFrame) -> dict:
    """One-minute bars from those of a second, beside those from the trades."""
    wanted = wb.resample(trades, "1min")
    checked = same(wb.resample(seconds, "1min"), {name: wanted[name].to_numpy() for name in wanted.columns})
    ours_s, trades_s = in_turn(lambda: wb.resample(seconds, "1min"), lambda: wb.resample(trades, "1min"), runs=5)
    return row(f"{len(seconds) / 1e6:.3g} M 1s bars -> 1min", ours_s, "ours, from the trades", trades_s, None, checked)


def near(bars: pd.DataFrame, wanted: np.ndarray) -> bool:
    """Bars of the oracle: times, prices and counts exactly, what is added up or divided to 1e-9."""
    if len(bars) != len(wanted) or not (bars.index.asi8 == wanted["time"]).all():
        return False
    extra = [name for name in wanted.dtype.names if name not in BAR.names]
    good = same(bars, {name: wanted[name] for name in bars.columns if name in BAR.names})
    return good and all(np.allclose(bars[name], wanted[name], rtol=1e-9, atol=0) for name in extra)


def _delta_path(trades: np.ndarray) -> tuple[list[float], list[float]]:
    minute, delta, least, greatest = None, 0.0, [], []
    for one in trades:
        new = one["ts_event"] // 60_000_000_000 != minute
        delta = (0.0 if new else delta) + float(one["side"]) * float(one["size"])
        if new:
            minute = one["ts_event"] // 60_000_000_000
            least.append(delta)
            greatest.append(delta)
        least[-1], greatest[-1] = min(least[-1], delta), max(greatest[-1], delta)
    return least, greatest
