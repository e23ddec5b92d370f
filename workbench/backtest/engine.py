"""The front door of backtests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from workbench.backtest.audit import sampled, warn
from workbench.backtest.benchmark import Benchmark, worth_of
from workbench.backtest.lookup import find_strategy
from workbench.backtest.market import Bars, Market
from workbench.backtest.result import Result
from workbench.backtest.run import Progress, Run, Settings
from workbench.errors import DataError, did_you_mean
from workbench.kernels.ledger import PATHS
from workbench.strategies import Strategy
from workbench.trading import Costs

FILLS = ("next_open", "close")


def backtest(
    strategy: Strategy | type[Strategy] | str,
    bars: Bars,
    *,
    cash: float = 10_000.0,
    fees: float = 0.0,
    slippage: float = 0.0,
    fill: str = "next_open",
    sizing: float = 1.0,
    whole_units: bool = False,
    short: bool = True,
    costs: Costs | None = None,
    session: str | None = None,
    leverage: float = 1.0,
    inside: Bars | None = None,
    benchmark: Benchmark | None = None,
    path: str = "pessimistic",
    close_at_end: bool | str = False,
    compiled: bool = True,
    audit: bool = True,
    progress: Progress | None = None,
) -> Result:
    """What a strategy would have done on these bars. The rules of fills are numbered in ``docs/fills.md``.

    >>> import workbench as wb
    >>> bars = wb.catalog().bars("AAPL", "1d")
    >>> result = wb.backtest(wb.strategies.SmaCross(fast=10, slow=30), bars, fees=0.001, session="XNYS")
    >>> len(result.round_trips), bool(result.stats["final_equity"] == result.equity.iloc[-1])
    (59, True)
    >>> len(wb.backtest("ema(close, 20) > ema(close, 50)", bars).round_trips) < 59  # a formula is a strategy too
    True

    Parameters
    ----------
    strategy
        A strategy, its class, or a text: its name, ``file.py:Class``, ``module:Class``, or a formula (long while that
        is above 0).
    bars
        Bars of one symbol, or of several by name, which share the cash on the union of their clocks.
    cash
        Money at the start.
    fees
        Fraction of the value of each fill; nothing unless given.
    slippage
        How much worse a market order is filled, as a fraction of the price.
    fill
        ``next_open``: a decision is filled at the open of the next bar. ``close``: at the close it was made at, which
        nobody can do; for comparison with other engines.
    sizing
        Fraction of equity that ``long`` and ``short`` ask for, and orders that name no amount.
    whole_units
        Whether units are whole numbers; cut down.
    short
        Whether units may be sold that are not there; else ``short()`` is ``flat()``.
    costs
        All that a fraction cannot say: see ``trading.Costs``. Then without ``fees`` and ``slippage``.
    session
        Calendar whose sessions day orders last for; UTC days unless given.
    leverage
        Most exposure per equity.
    inside
        Finer bars of the same prices, which show what happened inside of a bar.
    benchmark
        What the run is compared with: a symbol of its own, bars, or a Series of prices or returns, of which counts what
        was known at each bar; see ``benchmark.worth_of``. To hold all its symbols in equal parts unless given.
    path
        What is assumed where that is not known: ``pessimistic`` the loss, ``optimistic`` the profit, ``neutral`` the
        nearer extreme first.
    close_at_end
        Whether all is closed at the close of the last bar; ``open``: at its open, as others do.
    compiled
        False runs ``decide`` as plain Python, the same to the last bit, for a debugger.
    audit
        Whether the studies are computed anew of a few beginnings of the bars, to see that they know no later ones; see
        ``docs/audit.md``. Where they do there is a ``LookAhead`` warning, and the result says so.
    progress
        Called with instants done and instants in all; it stops the run where it raises.

    Raises
    ------
    DataError
        Bars, or an argument, that cannot be used; a ``decide`` that cannot be compiled; a file that is not there.
    UnknownNameError
        There is no strategy of that name, or no such class.
    StrategyError
        The strategy raised; has the bar and the line.
    """
    settings = settings_of(
        cash=cash, fees=fees, slippage=slippage, fill=fill, sizing=sizing, whole_units=whole_units, short=short,
        costs=costs, session=session, leverage=leverage, path=path, close_at_end=close_at_end,
    )  # fmt: skip
    market = Market(bars, session, inside)
    chosen = strategy_of(strategy, {str(name) for frame in market.frames.values() for name in frame.columns})
    compared = None if benchmark is None else worth_of(market, benchmark)
    run = Run(chosen, market, settings)
    result = replace(_finished(run, compiled, progress), compared=compared)
    if not audit:
        return result
    found = sampled(run)
    warn(found)
    return replace(result, audit=found)


def settings_of(
    *,
    cash: float = 10_000.0,
    fees: float = 0.0,
    slippage: float = 0.0,
    fill: str = "next_open",
    sizing: float = 1.0,
    whole_units: bool = False,
    short: bool = True,
    costs: Costs | None = None,
    session: str | None = None,
    leverage: float = 1.0,
    path: str = "pessimistic",
    close_at_end: bool | str = False,
) -> Settings:
    """The keywords of ``backtest``, which a sweep shares, checked and put together."""
    settings = Settings(
        cash=_positive("cash", cash), sizing=_positive("sizing", sizing), fill=_one_of("fill", fill, FILLS),
        short=bool(short), leverage=_positive("leverage", leverage), path=_one_of("path", path, PATHS), session=session,
        close_at_end=_end(close_at_end), costs=_costs(costs, fees, slippage, whole_units),
    )  # fmt: skip
    if settings.sizing > settings.leverage:
        raise DataError(
            f"sizing={sizing:g} of equity cannot be bought with leverage={leverage:g}: raise leverage to {sizing:g}"
        )
    return settings


def _finished(run: Run, compiled: bool, progress: Progress | None) -> Result:
    if compiled:
        run.finish(progress)
    else:
        for done in run.steps():
            if progress is not None:
                progress(done + 1, run.instants)
    return Result.of(run)


def bracket(result: Result) -> dict[str, Result]:
    """The same run for each ``path``: what is not known of the bars' insides lies between them."""
    found = {result.settings.path: result}
    for path in PATHS:
        if path not in found:
            run = Run(result.strategy, result.market, replace(result.settings, path=path))
            found[path] = replace(_finished(run, True, None), compared=result.compared)
    return {path: found[path] for path in PATHS}


def strategy_of(given: Strategy | type[Strategy] | str, columns: Collection[str] = ()) -> Strategy:
    """A strategy of what stands for one: itself, its class, or a text; see ``find_strategy``."""
    if isinstance(given, str):
        kind, parameters = find_strategy(given, columns)
        return kind(**parameters)
    if isinstance(given, type) and issubclass(given, Strategy):
        return given()
    if isinstance(given, Strategy):
        return given
    raise DataError(f"a strategy is one of workbench.strategies, its name, file.py:Class, or a formula, not {given!r}")


def _costs(costs: Costs | None, fees: float, slippage: float, whole_units: bool) -> dict[str, float]:
    if costs is not None and (fees or slippage):
        raise DataError("give costs, or fees and slippage: Costs(taker=..., maker=..., slippage=...) has both")
    chosen = Costs(taker=fees, maker=fees, slippage=slippage) if costs is None else costs
    found = {name: float(getattr(chosen, name)) for name in chosen.param if name != "name"}
    if whole_units:
        found["lot"] = max(found["lot"], 1.0)
    return found


def _end(given: bool | str) -> str:
    return _one_of("close_at_end", given, ("close", "open")) if isinstance(given, str) else "close" if given else ""


def _positive(name: str, value: float) -> float:
    if not 0.0 < value < float("inf"):
        raise DataError(f"{name}={value!r}: it is a number above 0")
    return float(value)


def _one_of(name: str, value: str, options: tuple[str, ...]) -> str:
    if value not in options:
        raise DataError(f"{name}={value!r}: {did_you_mean(str(value), options)}")
    return value
