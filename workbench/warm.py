"""Compile everything that is compiled at first use, so that no first call has to wait for it."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
import pandas as pd

Progress = Callable[[int, int, str], None]
_LOOPS, _BARS, _STUDY, _STRATEGY, _SWEEP = "loop", "bars", "indicator", "strategy", "sweep"


def warm(progress: Progress | None = None, *, processes: int | None = None) -> list[str]:
    """Compile the loops of all indicators, the bars of all kinds, streams and backtests into the cache on the disk.

    What is there already costs milliseconds each.

    Parameters
    ----------
    progress
        Called after each piece: pieces done, pieces in all, name of the piece.
    processes
        How many work side by side, as many as there are processors (up to 8) unless told; 1 works in this process.

    Returns
    -------
    What failed, each with its reason.
    """
    failures, done = [], 0
    count = min(processes or os.cpu_count() or 1, 8)
    # What is made of others comes last, when these are there and nothing is compiled twice.
    stages = pieces()
    total = sum(map(len, stages))
    for stage in stages:
        for piece, why in _done(stage, count):
            done += 1
            if why:
                failures.append(f"{piece}: {why}")
            if progress is not None:
                progress(done, total, piece)
    return failures


def pieces() -> tuple[list[str], list[str]]:
    """Loops and kinds of bars; indicators, whose loops these are, and strategies."""
    from workbench.indicators import indicators
    from workbench.kernels import indicators as loops
    from workbench.kernels.indicators.stream import is_loop
    from workbench.market.specs import bar_kinds
    from workbench.strategies import strategies

    found = []
    for module in pkgutil.iter_modules(loops.__path__):
        inside = importlib.import_module(f"{loops.__name__}.{module.name}")
        found += [
            f"{_LOOPS} {module.name}.{name}"
            for name, thing in vars(inside).items()
            if is_loop(thing) and thing.__module__ == inside.__name__
        ]
    kinds = [f"{_BARS} {name}" for name in bar_kinds.names()]
    others = [f"{_STUDY} {name}" for name in indicators.names()]
    return found + kinds, others + [f"{_STRATEGY} {name}" for name in strategies.names()] + [f"{_SWEEP} cells"]


def compile_piece(piece: str) -> str:
    """Compile one of ``pieces``: "", or why that failed."""
    family, _, name = piece.partition(" ")
    try:
        {_LOOPS: _loop, _BARS: _bars, _STUDY: _study, _STRATEGY: _strategy, _SWEEP: _sweep}[family](name)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _done(stage: list[str], count: int) -> Iterator[tuple[str, str]]:
    if count == 1:
        yield from ((piece, compile_piece(piece)) for piece in stage)
        return
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(compile_piece, piece): piece for piece in stage}
        for one in as_completed(running):
            yield running[one], one.result()


def _loop(name: str) -> None:
    from workbench.kernels.indicators.stream import compiled

    module, _, function = name.partition(".")
    compiled(getattr(importlib.import_module(f"workbench.kernels.indicators.{module}"), function), name)


def _bars(name: str) -> None:
    from workbench.bars import Resampler, resample
    from workbench.market.specs import bar_kinds

    n = 200
    times = pd.date_range("2026-01-05", periods=n, freq="7s", tz="UTC").as_unit("ns")
    price = 100 + np.cumsum(np.where(np.arange(n) % 7 < 4, 0.25, -0.25))
    tape = pd.DataFrame({"price": price, "size": 1.0, "side": np.resize([1, -1], n).astype("i1")}, index=times)
    spec = "1min" if name == "time" else bar_kinds.get(name).example
    resample(tape, spec, session="XNYS")
    resample(tape, spec)
    stream = Resampler(spec)
    stream.update(tape)
    if name == "time":
        resample(resample(tape, spec), "5min")


def _study(name: str) -> None:
    from workbench.indicators import indicator
    from workbench.indicators.base import PRICES

    bars, one = _sample(), indicator(name)
    computed = ("time", "session:", *PRICES)
    # Some read a column that bars do not have of themselves, such as that of another symbol.
    others = [column for column in one.reads if column not in bars and not column.startswith(computed)]
    bars = bars.assign(**dict.fromkeys(others, bars["close"]))
    one(bars)
    if one.causal:
        one.stream().update(bars.iloc[:2])


def _strategy(name: str) -> None:
    from workbench.backtest import Run, Settings, backtest
    from workbench.backtest.market import Market
    from workbench.strategies import strategies, strategy

    bars, one = _sample(), strategy(name, **strategies.get(name).example)
    some = {f"sample {k}": bars * (1.0 + k * np.arange(len(bars))[:, None] / 1000) for k in range(one.symbols[0])}
    backtest(one, some).round_trips  # noqa: B018
    Run(one, Market(some), Settings()).idle_address()  # sweeps go through it
    backtest(one, {symbol: frame.iloc[:60] for symbol, frame in some.items()}, compiled=False)


def _sweep(_: str) -> None:
    from workbench.sweep import sweep

    # One loop runs the cells of all strategies.
    sweep("sma_cross", _sample(), {"fast": [3, 4], "slow": [9]}, workers=1)


def _sample() -> pd.DataFrame:
    n = 300
    close = 100 + np.sin(np.arange(n) / 7) + np.arange(n) % 5 / 10
    times = pd.date_range("2026-01-05", periods=n, freq="5min", tz="UTC").as_unit("ns")
    bars = pd.DataFrame({"open": close - 0.1, "high": close + 0.2, "low": close - 0.2, "close": close}, index=times)
    return bars.assign(volume=3.0, buy_volume=2.0, sell_volume=1.0, trades=2, vwap=close, delta_min=0.0, delta_max=1.0)
