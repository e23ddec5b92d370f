"""Sweeps beside vectorbt on the same bars by the same rules: time, memory, and how they scale."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.backtest import FEES, Guarded, minutes
from benchmarks.timing import in_turn, row
from workbench.strategies import SmaCross
from workbench.sweep import sweep
from workbench.trading import Costs

BARS, WINDOWS = 10_000, range(5, 105)
#: Of the stops: pairs of windows, losses, profits.
PAIRS, LOSSES, PROFITS = range(5, 55, 5), (0.005, 0.01, 0.02), (0.01, 0.02, 0.04)
_ALONE = """
import json, resource, sys, time
from benchmarks import sweep
job, quick = getattr(sweep, sys.argv[1]), sys.argv[2] == "quick"
job(quick, warm=True)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.perf_counter()
found = job(quick)
taken = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"seconds": taken, "mb": used / 1024, "returns": list(found)}))
"""


def run(*, quick: bool = False) -> Iterator[dict]:
    """Pairs of means, stops, threads; a million cells where there is time for it."""
    for title, ours, theirs, least in (
        ("pairs of means", "our_pairs", "their_pairs", 100.0), ("pairs with stops", "our_stops", "their_stops", 50.0)
    ):  # fmt: skip
        a, b = alone(ours, quick), alone(theirs, quick)
        cells = len(a["returns"])
        job = f"{cells:,} {title}, {bars_of(quick):,} bars"
        if b is None:
            yield row(job, a["seconds"], "vectorbt is not installed", None, least, None)
            continue
        good = np.allclose(a["returns"], b["returns"], rtol=1e-9, atol=1e-9)
        yield row(job, a["seconds"], "vectorbt", b["seconds"], least, bool(good))
        yield row(f"memory of {job}, MB as seconds", max(a["mb"], 0.1), "vectorbt", b["mb"], 10.0, bool(good))
    yield threads_row(quick)
    if not quick:
        yield million_row()


def bars_of(quick: bool) -> int:
    """How many bars."""
    return BARS // 10 if quick else BARS


def windows_of(quick: bool) -> list[int]:
    """The windows of both means."""
    return list(WINDOWS)[:: 8 if quick else 1]


def alone(job: str, quick: bool) -> dict | None:
    """A job of this module in a process of its own: seconds, memory beside what was there, total returns."""
    command = [sys.executable, "-W", "ignore", "-c", _ALONE, job, "quick" if quick else "full"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if "No module named 'vectorbt'" in done.stderr:
            return None
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def our_pairs(quick: bool, *, warm: bool = False) -> np.ndarray:
    """Total returns of all pairs."""
    some = windows_of(quick)[:3] if warm else windows_of(quick)
    grid = {"fast": some, "slow": some}
    found = sweep(SmaCross, minutes(bars_of(quick)), grid, where="fast < slow", fees=FEES, fill="close")
    return found.measure("total_return")


def their_pairs(quick: bool, *, warm: bool = False) -> np.ndarray:
    """The same by vectorbt, with its Rust engine where that is installed."""
    import vectorbt as vbt

    some = windows_of(quick)[:3] if warm else windows_of(quick)
    close = minutes(bars_of(quick)).close
    fast, slow = vbt.MA.run_combs(close, np.array(some), r=2, short_names=["fast", "slow"])
    entries, exits = fast.ma_above(slow), fast.ma_below(slow) | (fast.ma.to_numpy() == slow.ma.to_numpy())
    found = vbt.Portfolio.from_signals(close, entries, exits, fees=FEES, init_cash=10_000.0, freq="1min")
    return found.total_return().to_numpy()


def our_stops(quick: bool, *, warm: bool = False) -> np.ndarray:
    """Total returns of pairs with every stop and target."""
    some = list(PAIRS)[:3] if warm or quick else list(PAIRS)
    grid: dict[str, Any] = {"loss": LOSSES, "profit": PROFITS, "fast": some, "slow": some}
    costs = Costs(taker=FEES, maker=FEES, maintenance=0, touch=True)
    found = sweep(Guarded, minutes(bars_of(quick)), grid, where="fast < slow", costs=costs, fill="close")
    return found.measure("total_return")


def their_stops(quick: bool, *, warm: bool = False) -> np.ndarray:
    """The same by vectorbt, one call for each stop and target."""
    import vectorbt as vbt

    some = list(PAIRS)[:3] if warm or quick else list(PAIRS)
    bars = minutes(bars_of(quick))
    fast, slow = vbt.MA.run_combs(bars.close, np.array(some), r=2, short_names=["fast", "slow"])
    entries, exits = fast.ma_above(slow), fast.ma_below(slow) | (fast.ma.to_numpy() == slow.ma.to_numpy())
    found = []
    for loss in LOSSES:
        for profit in PROFITS:
            one = vbt.Portfolio.from_signals(
                bars.close, entries, exits, open=bars.open, high=bars.high, low=bars.low, sl_stop=loss, tp_stop=profit,
                stop_entry_price="FillPrice", fees=FEES, init_cash=10_000.0, freq="1min",
            )  # fmt: skip
            found.append(one.total_return().to_numpy())
    return np.concatenate(found)


def threads_row(quick: bool) -> dict:
    """Two threads beside one."""
    bars, some = minutes(bars_of(quick)), windows_of(quick)

    def cells(workers: int) -> Any:
        grid = {"fast": some, "slow": some}
        return sweep(SmaCross, bars, grid, where="fast < slow", fees=FEES, workers=workers)

    two, one = in_turn(lambda: cells(2), lambda: cells(1), runs=3)
    same = cells(2).table.equals(cells(1).table)
    return row(f"{len(cells(1)):,} cells, two threads", two, "one thread", one, 1.8, bool(same))


def million_row() -> dict:
    """A million cells of 10,000 bars; its memory is in ``peak_mb``."""
    bars, grid = minutes(BARS), {"fast": range(2, 1002), "slow": range(3, 2003, 2)}
    begin = time.perf_counter()
    found = sweep(SmaCross, bars, grid, fees=FEES)
    return row(f"{len(found):,} cells, {BARS:,} bars", time.perf_counter() - begin, "goal 2 GB", None, None, None)
