"""The command that runs a strategy over many values of its parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.backtest import bars_of, chosen_costs, chosen_strategy, names_of
from workbench.cli.console import Bar, err, pair, zoned
from workbench.cli.values import plain, usage, value_of
from workbench.errors import ConfigError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from workbench.strategies import Strategy
    from workbench.sweep import Sweep

#: What a command ends with that was stopped by Ctrl-C.
STOPPED = 130
_OUTS = (".parquet", ".csv")
_ROOM = 1_000_000  # values of one parameter
_HOW = "5:105, 5:105:5, log:0.01:0.2:8 or 5,10,20"
#: Columns of a leaderboard that are fractions.
_PERCENT = ("total_return", "max_drawdown", "cagr", "win_rate", "exposure", "volatility")


def sweep_command(
    strategy: Annotated[str, typer.Argument(help="Its name, file.py:Class, module:Class, or a formula.")],
    symbols: Annotated[str, typer.Argument(metavar="SYMBOL[,SYMBOL]", help="What to trade, e.g. AAPL or AAPL,MSFT.")],
    spec: Annotated[str, typer.Argument(help="Bars, e.g. 1d, 5min or renko:1.0.")] = "1d",
    grid: Annotated[
        list[str] | None,
        typer.Option(
            "--grid", metavar="K=VALUES", help=f"Values of a parameter: {_HOW}. Ends are left out. Repeatable."
        ),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help='A condition between parameters, e.g. "fast < slow". Repeatable.')
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="K=V", help="A parameter that is not swept. Repeatable.")
    ] = None,
    search: Annotated[str, typer.Option(help="Which cells: grid (all), random or latin (--count of them).")] = "grid",
    count: Annotated[int | None, typer.Option(min=1, help="How many cells random and latin draw.")] = None,
    seed: Annotated[int, typer.Option(help="Where the draws begin.")] = 0,
    start: Annotated[str | None, typer.Option(help="First time, in --tz unless it has a zone.")] = None,
    end: Annotated[str | None, typer.Option(help="Time before which bars begin.")] = None,
    tz: Annotated[str, typer.Option(help="Time zone that times are read in.")] = "UTC",
    source: Annotated[str | None, typer.Option(help="Source of the bars, if there are several.")] = None,
    session: Annotated[str | None, typer.Option(help="Calendar of the bars and of the year, e.g. XNYS, 24/7.")] = None,
    inside: Annotated[
        str | None, typer.Option(metavar="SPEC", help="Finer bars that show the inside of these.")
    ] = None,
    cash: Annotated[float, typer.Option(help="Money at the start.")] = 10_000.0,
    fees: Annotated[float, typer.Option(help="Fraction of the value of each fill.")] = 0.0,
    slippage: Annotated[float, typer.Option(help="How much worse market orders fill, as a fraction.")] = 0.0,
    costs: Annotated[
        list[str] | None, typer.Option("--costs", metavar="K=V", help="Any other cost. Repeatable.")
    ] = None,
    fill: Annotated[str, typer.Option(help="When market orders fill: next_open or close.")] = "next_open",
    sizing: Annotated[float, typer.Option(help="Fraction of equity of a position.")] = 1.0,
    whole_units: Annotated[bool, typer.Option("--whole-units", help="No fractions of a unit.")] = False,
    short: Annotated[bool, typer.Option("--short/--no-short", help="Whether to sell what is not there.")] = True,
    leverage: Annotated[float, typer.Option(help="Most exposure per equity.")] = 1.0,
    client: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, e.g. tcp://host:8786.")
    ] = None,
    executor: Annotated[str, typer.Option(help="Without --client: threads or processes.")] = "threads",
    workers: Annotated[int | None, typer.Option(min=1, help="How many. [default: one for each processor]")] = None,
    job: Annotated[bool, typer.Option("--job/--no-job", help="Write it down as it runs, to be resumed.")] = True,
    name: Annotated[str, typer.Option(help="A name of the written sweep.")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table: .parquet or .csv.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Cells that are shown.")] = 20,
    measure: Annotated[str, typer.Option(help="What the best are best in.")] = "sharpe",
    plan_only: Annotated[bool, typer.Option("--plan", help="Only tell what it would need.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Run a strategy over many values of its parameters; Ctrl-C pauses it."""
    from workbench.backtest import StrategyError
    from workbench.cli.told import say
    from workbench.market.calendars import check_zone
    from workbench.services import get_services
    from workbench.sweep.checkpoint import SweepStopped
    from workbench.sweep.engine import counted, prepared, workers_of
    from workbench.sweep.measures import ALL
    from workbench.sweep.plan import plan_of

    with usage(StrategyError, SweepStopped):
        check_out(out)
        check_zone(tz)
        if name and not job:
            raise ConfigError("--no-job: a sweep that is not written down has no --name")
        if measure not in ALL:
            raise UnknownNameError(f"--measure {measure}: {did_you_mean(measure, ALL)}")
        chosen = chosen_strategy(strategy, set_ or [])
        values = grid_of(type(chosen), grid or [])
        charged = chosen_costs(costs or [], fees, slippage)
        services = get_services()
        span = zoned(start, tz, "--start"), zoned(end, tz, "--end")
        asked = {"session": session, "source": source}
        bars, finer = bars_of(services.catalog, names_of(symbols), (spec, inside), span, asked)
        bench, space = prepared(
            chosen, bars, values, where=where, inside=finer, cash=cash, costs=charged, fill=fill, sizing=sizing,
            whole_units=whole_units, short=short, session=session, leverage=leverage, search=_search(search),
            n=count, seed=seed,
        )  # fmt: skip
        planned = plan_of(bench, space, workers_of(workers))
        err.print(str(planned), markup=False)
        if plan_only:
            return
        checkpoint, id = None, ""
        if job:
            jobs = services.sweeps
            id = jobs.create(bench, space, planned, measures=ALL, name=name, where=list(where or ()))
            checkpoint = jobs.checkpoint(id)
        with pausing(id), progress() as bar:
            found = counted(
                bench, space, planned, measures=ALL, client=client, executor=executor, progress=bar,
                checkpoint=checkpoint, ledger=services.ledger,
            )  # fmt: skip
    if out is not None:
        write_table(found, out)
    if as_json:
        say(json.dumps(as_object(found, top, measure) | {"id": id, "out": str(out or "")}, indent=1, allow_nan=False))
        return
    tell_sweep(found, top, measure)
    if id:
        say(f"kept as {id}: workbench sweeps show {id}", style="dim")
    if out is not None:
        say(f"table: {out}", style="dim")


def _search(search: str) -> str:
    known = ("grid", "random", "latin")
    if search not in known:
        raise UnknownNameError(f"--search {search}: {did_you_mean(search, known)}")
    return search


def grid_of(kind: type[Strategy], texts: list[str]) -> dict[str, list[Any]]:
    """``--grid K=VALUES`` texts as values of a strategy's parameters: ranges, factors, lists, or one value."""
    if not texts:
        raise ConfigError(f"--grid: give values of a parameter, such as --grid NAME={_HOW.split(',')[0]}")
    known = {name: kind.param[name] for name in kind.param if name != "name"}
    found: dict[str, list[Any]] = {}
    for text in texts:
        key, values = pair(text, "--grid")
        if key not in known:
            label = getattr(kind, "plugin_name", kind.__name__)
            raise UnknownNameError(f"--grid {key}: {label} has no such parameter; {did_you_mean(key, known)}")
        if key in found:
            raise ConfigError(f"--grid {key} is given twice: give it once")
        if ":" in values:
            found[key] = _range(values, f"--grid {key}={values}")
        else:
            found[key] = [value_of(known[key], one.strip(), f"--grid {key}") for one in values.split(",")]
    return found


def _range(text: str, option: str) -> list[Any]:
    """``FIRST:END[:STEP]``, the end left out, or ``log:FIRST:LAST:COUNT``."""
    from workbench.sweep.space import log_range

    head, *parts = text.split(":")
    logarithmic = head == "log"
    parts = parts if logarithmic else [head, *parts]
    try:
        numbers = [float(one) for one in parts]
    except ValueError:
        raise ConfigError(f"{option}: it takes {_HOW}") from None
    if logarithmic:
        if len(numbers) not in (2, 3) or not numbers[-1].is_integer() and len(numbers) == 3:
            raise ConfigError(f"{option}: log takes FIRST:LAST:COUNT, such as log:0.01:0.2:8")
        return log_range(numbers[0], numbers[1], *(int(one) for one in numbers[2:]))
    whole = all(one.strip().lstrip("+-").isdigit() for one in parts)
    if len(numbers) not in (2, 3) or (len(numbers) == 2 and not whole):
        raise ConfigError(f"{option}: FIRST:END needs a step where they are no whole numbers, such as 0.1:0.5:0.1")
    first, last = numbers[:2]
    step = numbers[2] if len(numbers) == 3 else 1.0
    if not (step > 0 and first < last < float("inf") and first > -float("inf")):
        raise ConfigError(f"{option}: FIRST is to be below END, and the step above 0")
    count = -int(-((last - first) / step - 1e-9) // 1)
    if count > _ROOM:
        raise ConfigError(f"{option}: {count:,} values, {_ROOM:,} at most: take a wider step")
    return [int(first + step * n) if whole else round(first + step * n, 12) for n in range(count)]


def check_out(out: Path | None) -> None:
    """A table that cannot be written is said before the run."""
    if out is not None and (out.suffix.lower() not in _OUTS or not out.parent.is_dir()):
        raise ConfigError(f"--out {out}: name a file in a folder that is there, ending in {' or '.join(_OUTS)}")


def write_table(found: Sweep, out: Path) -> None:
    """The table of a sweep as Parquet or CSV, by the ending of the file."""
    table = found.table
    try:
        if out.suffix.lower() == ".csv":
            table.to_csv(out, lineterminator="\n")
        else:
            table.to_parquet(out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror or error}") from None


@contextmanager
def progress() -> Iterator[Bar]:
    """A bar on the error stream with the time that is left."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as drawn:
        bar = Bar(drawn)
        yield lambda done, total: bar(done, total, "cells")  # type: ignore[misc]


@contextmanager
def pausing(id: str) -> Iterator[None]:
    """Ctrl-C, and a stop from elsewhere, are told with the way to go on."""
    from workbench.sweep.checkpoint import SweepStopped

    try:
        yield
    except KeyboardInterrupt:
        told = f"paused: workbench sweeps resume {id}" if id else "stopped: --no-job keeps nothing"
        err.print(told, style="yellow", markup=False)
        raise typer.Exit(STOPPED) from None
    except SweepStopped as stopped:
        err.print(
            f"{stopped.state} after {stopped.done:,} of {stopped.cells:,} cells: workbench sweeps resume {stopped.id}",
            style="yellow", markup=False,
        )  # fmt: skip
        raise typer.Exit(STOPPED) from None


def tell_sweep(found: Sweep, top: int, measure: str) -> None:
    """Print the best cells, and what they are worth."""
    from workbench.cli.told import lay, number, percent, say, table_of

    board = found.leaderboard(top, measure)
    trials = found.trials
    failed = f", {len(found.failures):,} failed" if found.failures else ""
    say(f"{len(found):,} cells{failed}; {trials.count:,} trials of this family on these data", style="dim")
    names = [name for name in board if name != "trials"]
    rows = []
    for cell, row in zip(board.index, board[names].itertuples(index=False), strict=True):
        told = [str(cell)]
        for name, value in zip(names, row, strict=True):
            if name == "significant":
                told.append("yes" if value else "no")
            elif name in found.space.values:
                told.append(f"{value:g}" if isinstance(value, float) else str(value))
            elif name == "round_trips":
                told.append(number(value, 0))
            else:
                told.append(
                    percent(value) if name in _PERCENT else number(value, 3 if name == "deflated_sharpe" else 2)
                )
        rows.append(told)
    lay(table_of(["cell", *(name.replace("_", " ") for name in names)], rows))
    if len(board) and not board["significant"].any():
        say(f"None of these is significant as the best of {trials.count:,} trials.", style="yellow")


def as_object(found: Sweep, top: int, measure: str) -> dict[str, Any]:
    """A sweep as JSON has it; what is not a number is null."""
    board = found.leaderboard(top, measure).reset_index()
    return plain(
        {
            "cells": len(found), "failed": len(found.failures), "trials": found.trials.count,
            "annual": str(found.annual), "best": json.loads(board.to_json(orient="records", double_precision=15)),
        }
    )  # fmt: skip
