"""The command that runs a strategy on history."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import Bar, err, progress_bar, zoned
from workbench.cli.values import plain, usage, values_of
from workbench.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.backtest import Result
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.strategies import Strategy
    from workbench.trading import Costs

_REPORTS = (".html", ".pdf", ".csv")
#: Seconds before a bar is drawn: what is quicker needs none.
_PATIENCE = 1.0


def backtest_command(
    strategy: Annotated[
        str, typer.Argument(help='Its name, file.py:Class, module:Class, or a formula: "close > sma(close, 20)".')
    ],
    symbols: Annotated[str, typer.Argument(metavar="SYMBOL[,SYMBOL]", help="What to trade, e.g. AAPL or AAPL,MSFT.")],
    spec: Annotated[str, typer.Argument(help="Bars, e.g. 1d, 5min or renko:1.0.")] = "1d",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="K=V", help="A parameter of the strategy. Repeatable.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="First time, in --tz unless it has a zone.")] = None,
    end: Annotated[str | None, typer.Option(help="Time before which bars begin.")] = None,
    tz: Annotated[str, typer.Option(help="Time zone that times are written and read in.")] = "UTC",
    source: Annotated[str | None, typer.Option(help="Source of the bars, if there are several.")] = None,
    session: Annotated[
        str | None, typer.Option(help="Calendar of the bars, of day orders and of the year, e.g. XNYS, 24/7.")
    ] = None,
    inside: Annotated[
        str | None, typer.Option(metavar="SPEC", help="Finer bars that show what happened inside of these, e.g. 1min.")
    ] = None,
    cash: Annotated[float, typer.Option(help="Money at the start.")] = 10_000.0,
    fees: Annotated[float, typer.Option(help="Fraction of the value of each fill.")] = 0.0,
    slippage: Annotated[float, typer.Option(help="How much worse market orders fill, as a fraction.")] = 0.0,
    costs: Annotated[
        list[str] | None,
        typer.Option("--costs", metavar="K=V", help="Any other cost, e.g. per_unit=0.005. Repeatable."),
    ] = None,
    fill: Annotated[str, typer.Option(help="When market orders fill: next_open or close.")] = "next_open",
    sizing: Annotated[float, typer.Option(help="Fraction of equity of a position.")] = 1.0,
    whole_units: Annotated[bool, typer.Option("--whole-units", help="No fractions of a unit.")] = False,
    short: Annotated[bool, typer.Option("--short/--no-short", help="Whether to sell what is not there.")] = True,
    leverage: Annotated[float, typer.Option(help="Most exposure per equity.")] = 1.0,
    audit: Annotated[bool, typer.Option("--audit/--no-audit", help="Look for peeks at the future.")] = True,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a tear sheet: .html, .pdf, or .csv for the round trips.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FOLDER", help="Write all tables into a folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
    save: Annotated[
        bool | None, typer.Option("--save/--no-save", help="Keep the run. [default: with --tag, --name or --note]")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag of the kept run. Repeatable.")] = None,
    name: Annotated[str, typer.Option(help="A name of the kept run.")] = "",
    note: Annotated[str, typer.Option(help="A note to the kept run.")] = "",
) -> None:
    """Run a strategy on history and tell what came of it."""
    from workbench.backtest import StrategyError, backtest
    from workbench.backtest.audit import LookAhead
    from workbench.market.calendars import check_zone
    from workbench.services import get_services

    with usage(StrategyError):
        if save is False and (tag or name or note):
            raise ConfigError("--no-save: a run that is not kept has no --tag, --name or --note")
        _check_files(report, csv)
        check_zone(tz)
        chosen = chosen_strategy(strategy, set_ or [])
        charged = chosen_costs(costs or [], fees, slippage)
        services = get_services()
        span = zoned(start, tz, "--start"), zoned(end, tz, "--end")
        asked = {"session": session, "source": source}
        bars = bars_of(services.catalog, names_of(symbols), (spec, inside), span, asked)
        with Patient("bars") as progress, warnings.catch_warnings():
            # Told below, with the figures.
            warnings.simplefilter("ignore", LookAhead)
            result = backtest(
                chosen, bars[0], cash=cash, costs=charged, fill=fill, sizing=sizing, whole_units=whole_units,
                short=short, session=session, leverage=leverage, inside=bars[1], audit=audit, progress=progress,
            )  # fmt: skip
    made: dict[str, str] = {}
    if save or (save is None and (tag or name or note)):
        with usage():
            made["id"] = services.runs.save(result, tags=tag or [], note=note, name=name)
    for key, path in (("report", report), ("csv", csv)):
        if path is not None:
            if key == "csv":
                path.mkdir(exist_ok=True)
            made[key] = str(result.report(path))
    _print(result, made, as_json, tz)


def _print(result: Result, made: dict[str, str], as_json: bool, tz: str) -> None:
    from workbench.backtest.provenance import Provenance
    from workbench.cli.told import say, tell

    provenance = Provenance.of(result)
    if as_json:
        say(json.dumps(as_object(result, provenance) | made, indent=1, allow_nan=False))
        return
    tell(result, provenance, tz)
    say("")
    if "id" in made:
        say(f"kept as {made['id']}: workbench runs show {made['id']}", style="dim")
    for key in ("report", "csv"):
        if key in made:
            say(f"{key}: {made[key]}", style="dim")


def as_object(run: Any, provenance: Any) -> dict[str, Any]:
    """A result or a stored run as JSON has it; what is not a number is null."""
    bracket = run.bracket() if hasattr(run, "bracket") and run.uncertain_bars else {}
    audit = run.audit if run.audit is None or isinstance(run.audit, str) else run.audit.state
    return plain(
        {
            "strategy": provenance.strategy, "parameters": dict(provenance.parameters),
            "keywords": dict(provenance.keywords), "symbols": provenance.symbols, "spec": provenance.spec,
            "first": run.equity.index[0].isoformat(), "last": run.equity.index[-1].isoformat(),
            "bars": len(run.equity), "stats": dict(run.stats), "annual": str(run.stats.annual),
            "uncertain_bars": run.uncertain_bars, "bracket": dict(bracket), "audit": audit or None,
            "data_hash": provenance.data_hash, "code_hash": provenance.code_hash,
        }
    )  # fmt: skip


def chosen_strategy(text: str, values: list[str]) -> Strategy:
    """The strategy that the command line names, with its parameters."""
    from workbench.backtest.lookup import find_strategy

    kind, given = find_strategy(text)
    return kind(**given | values_of(kind, values, "--set"))


def chosen_costs(texts: list[str], fees: float, slippage: float) -> Costs:
    """Costs of the command line: all of ``--costs``, and ``--fees`` and ``--slippage``, which are the most usual."""
    from workbench.trading import Costs

    found = values_of(Costs, texts, "--costs")
    plainly = ({"taker": fees, "maker": fees} if fees else {}) | ({"slippage": slippage} if slippage else {})
    if twice := sorted(found.keys() & plainly.keys()):
        raise ConfigError(
            f"--costs {twice[0]} is what --{'slippage' if 'slippage' in twice else 'fees'} says: give one"
        )
    return Costs(**found | plainly)


def bars_of(
    catalog: MarketCatalog,
    symbols: list[str],
    specs: tuple[str, str | None],
    span: tuple[Any, Any],
    asked: dict[str, str | None],
) -> tuple[Any, Any]:
    """Bars of the symbols, and their finer bars where a spec of those is given; one frame for one symbol.

    Raises
    ------
    DataError
        There are no bars in that time; says what there is.
    """
    spec, finer = specs
    found = {symbol: catalog.bars(symbol, spec, *span, **asked) for symbol in symbols}
    for symbol, bars in found.items():
        if not len(bars):
            raise DataError(f"there are no {spec} bars of {symbol} in that time: {_there_is(catalog, symbol)}")
    inside = None
    if finer is not None:
        inside = {one: _inside(catalog, one, bars, (spec, finer), asked) for one, bars in found.items()}
    if len(symbols) == 1:
        return found[symbols[0]], None if inside is None else inside[symbols[0]]
    return found, inside


def _inside(
    catalog: MarketCatalog, symbol: str, bars: pd.DataFrame, specs: tuple[str, str], asked: dict[str, str | None]
) -> pd.DataFrame:
    """The finer bars of all of the bars, up to the one that comes after them."""
    import numpy as np

    after = catalog.bars(symbol, specs[0], np.int64(bars.index[-1].as_unit("ns").value + 1), None, **asked)
    until = after.index[0] if len(after) else None
    return catalog.bars(symbol, specs[1], bars.index[0], until, **asked)


def _there_is(catalog: MarketCatalog, symbol: str) -> str:
    import pandas as pd

    held = catalog.coverage(symbol)
    if held is None:
        return "there are none at all"
    first, last = (pd.Timestamp(at, tz="UTC").strftime("%Y-%m-%d %H:%M") for at in held)
    return f"there are data from {first} to {last} (UTC); mend --start or --end"


def names_of(text: str) -> list[str]:
    """Symbols of the command line, each once."""
    found = [one.strip() for one in text.split(",")]
    if not all(found) or len(set(found)) < len(found):
        raise ConfigError(f"symbols {text!r}: name each once, with commas between, such as AAPL,MSFT")
    return found


def _check_files(report: Path | None, csv: Path | None) -> None:
    """What cannot be written is said before the run."""
    if report is not None and (report.suffix.lower() not in _REPORTS or not report.parent.is_dir()):
        raise ConfigError(f"--report {report}: name a file in a folder that is there, ending in {', '.join(_REPORTS)}")
    if csv is not None and (csv.is_file() or not csv.parent.is_dir()):
        raise ConfigError(f"--csv {csv}: name a folder, below one that is there")


class Patient:
    """A progress bar that is drawn only where there is time to look at it: after a second."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._clock, self._began = what, clock, clock()
        self._progress: Any = None
        self._bar: Bar | None = None

    def __enter__(self) -> Patient:
        return self

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None and self._clock() - self._began > _PATIENCE:
            self._progress = progress_bar()
            self._progress.start()
            self._bar = Bar(self._progress)
        if self._bar is not None:
            self._bar(done, total, self._what)

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()


def tell_warnings(caught: list[Any]) -> None:
    """Print what was warned of on the error stream."""
    for one in caught:
        err.print("Note:", style="bold yellow", end=" ")
        err.print(str(one.message), markup=False)
