"""Sweeps beside vectorbt on the same bars by the same rules: time, memory, and how they scale."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import numpy as np

from benchmarks.backtest import FEES, Guarded, minutes
from benchmarks.dask_cluster import cluster_of
from benchmarks.timing import NO_PEER, goal, in_turn, row
from workbench.backtest import backtest
from workbench.strategies import SmaCross
from workbench.sweep import sweep
from workbench.sweep.engine import workers_of
from workbench.trading import Costs

BARS, WINDOWS = 10_000, range(5, 105)
#: Of the stops: pairs of windows, losses, profits.
PAIRS, LOSSES, PROFITS = range(5, 55, 5), np.geomspace(0.005, 0.02, 10), np.geomspace(0.01, 0.04, 10)
#: A million cells, and as many as a worker of a cluster is at for seconds.
MILLION = {"fast": range(2, 1002), "slow": range(3, 2003, 2)}
SPREAD = {"fast": range(2, 202), "slow": range(3, 403, 2)}
#: Peaks are those of ``/proc``: what the system tells of a process by its resources begins with its parent's.
_ALONE = """
import gc, json, sys, time
from pathlib import Path
from benchmarks import sweep

def now(what):
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[what].split()[0]) / 1024

job, quick = getattr(sweep, sys.argv[1]), sys.argv[2] == "quick"
job(quick, warm=True)
gc.collect()
whole = now("VmHWM")
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = now("VmRSS")
begin = time.perf_counter()
found = job(quick)
taken = time.perf_counter() - begin
peak = now("VmHWM")
told = {"seconds": taken, "mb": peak - before, "peak_mb": max(whole, peak), "returns": list(found)}
print(json.dumps(told))
"""


def run(*, quick: bool = False) -> Iterator[dict]:
    """Pairs of means, stops, threads, a Dask cluster; a million cells where there is time for it."""
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
        peer = f"vectorbt {metadata.version('vectorbt')}"
        yield row(job, a["seconds"], peer, b["seconds"], least, bool(good))
        yield row(f"memory of {job}", max(a["mb"], 0.1), peer, b["mb"], 10.0, bool(good), unit="MB")
    yield threads_row(quick)
    yield dask_row(quick)
    if not quick:
        yield from million_rows()


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


def stops_of(few: bool) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Windows of both means, losses and profits."""
    return (list(PAIRS)[:3], LOSSES[::4], PROFITS[::4]) if few else (list(PAIRS), LOSSES, PROFITS)


def our_stops(quick: bool, *, warm: bool = False) -> np.ndarray:
    """Total returns of pairs with every stop and target."""
    some, losses, profits = stops_of(warm or quick)
    grid: dict[str, Any] = {"loss": losses, "profit": profits, "fast": some, "slow": some}
    costs = Costs(taker=FEES, maker=FEES, maintenance=0, touch=True)
    found = sweep(Guarded, minutes(bars_of(quick)), grid, where="fast < slow", costs=costs, fill="close")
    return found.measure("total_return")


def their_stops(quick: bool, *, warm: bool = False) -> np.ndarray:
    """The same by vectorbt, one call for each stop and target."""
    import vectorbt as vbt

    some, losses, profits = stops_of(warm or quick)
    bars = minutes(bars_of(quick))
    fast, slow = vbt.MA.run_combs(bars.close, np.array(some), r=2, short_names=["fast", "slow"])
    entries, exits = fast.ma_above(slow), fast.ma_below(slow) | (fast.ma.to_numpy() == slow.ma.to_numpy())
    found = []
    for loss in losses:
        for profit in profits:
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


def dask_row(quick: bool) -> dict:
    """Two ``dask worker`` of one thread beside one, each with a scheduler of their own, all on this machine."""
    bars, some = minutes(bars_of(quick)), {name: list(one)[:: 8 if quick else 1] for name, one in SPREAD.items()}
    job = f"{len(some['fast']) * len(some['slow']):,} cells, two dask workers"
    cores = workers_of(None)
    if cores < 2:
        return row(f"{job}: left out, this machine has one core", None, "one dask worker", None, 1.6, None)
    with cluster_of(1) as alone, cluster_of(2) as pair:

        def cells(client: Any) -> Any:
            return sweep(SmaCross, bars, some, fees=FEES, client=client, workers=2)

        two, one = in_turn(lambda: cells(pair), lambda: cells(alone), runs=3)
        here = sweep(SmaCross, bars, some, fees=FEES).table
        same = all(cells(client).table.equals(here) for client in (alone, pair))
    return row(job, two, "one dask worker", one, 1.6, bool(same))


def million_rows() -> Iterator[dict]:
    """A million cells of 10,000 bars in a process of its own, which has no others: seconds, and the peak of all of it.

    A few cells are held against backtests of their own.
    """
    found = alone("our_million", False)
    assert found is not None
    job = f"{len(MILLION['fast']) * len(MILLION['slow']):,} cells, {BARS:,} bars"
    good, peak = found["returns"] == [1.0], found["peak_mb"]
    yield row(job, found["seconds"], NO_PEER, None, None, good) | {"peak_mb": round(peak)}
    limited = goal(f"memory of {job}", peak, 2048.0, good and peak <= 2048.0, unit="MB")
    yield limited | {"peak_mb": round(peak)}


def our_million(quick: bool, *, warm: bool = False) -> list[float]:
    """Whether a million cells are all there, and those that were run again alone the same: 1 or 0."""
    bars, grid = minutes(BARS), {name: one[:3] if warm else one for name, one in MILLION.items()}
    found = sweep(SmaCross, bars, grid, fees=FEES)
    table, good = found.table, not found.failures and len(found) == len(grid["fast"]) * len(grid["slow"])
    for cell in np.linspace(0, len(found) - 1, 9).astype(int):
        own = backtest(SmaCross(**found.space.cell(cell)), bars, fees=FEES, audit=False).stats
        good &= bool(np.isclose(table["total_return"].iloc[cell], own["total_return"], rtol=1e-9, atol=1e-12))
    return [float(good)]
