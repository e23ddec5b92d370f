"""Commands of sweeps that were written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import out
from workbench.cli.sweep import as_object, check_out, pausing, progress, tell_sweep, write_table
from workbench.cli.values import plain, usage
from workbench.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sweep.jobs import Jobs

sweeps_app = typer.Typer(
    no_args_is_help=False, help="Written sweeps: list, show, resume, watch, pause, cancel, export, delete, restore."
)
_Sweep = Annotated[
    str, typer.Argument(metavar="SWEEP", help="Its id, the beginning or end of that, its name, or last.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
_Top = Annotated[int, typer.Option(min=1, help="Cells that are shown.")]
_Measure = Annotated[str, typer.Option(help="What the best are best in.")]
_EMPTY = "No sweep has been written yet: workbench sweep sma_cross AAPL 1d --grid fast=5:50 --grid slow=20:200:10"


def _jobs() -> Jobs:
    from workbench.services import get_services

    return get_services().sweeps


@sweeps_app.callback(invoke_without_command=True)
def sweeps(context: typer.Context) -> None:
    """Written sweeps; without a word, a list of them."""
    if context.invoked_subcommand is None:
        list_()


@sweeps_app.command("list")
def list_(
    who: Annotated[str | None, typer.Option(help="Only of this user.")] = None,
    tz: Annotated[str, typer.Option(help="Time zone that times are written in.")] = "UTC",
    as_json: _Json = False,
) -> None:
    """List sweeps, those that run among them, newest first."""
    from workbench.cli.told import lay, say, table_of

    with usage():
        found = _jobs().list(who)
    if as_json:
        say(json.dumps(plain(found.to_dict("records")), indent=1))
        return
    if not len(found):
        say(_EMPTY if who is None else f"{who} has no sweeps.")
        return
    rows = [
        (
            one.id, one.name, one.who, one.strategy, f"{one.symbols} {one.spec}".strip(), one.state,
            f"{one.started.tz_convert(tz):%Y-%m-%d %H:%M}" if one.started == one.started else "-",
            f"{one.done:,}", f"{one.cells:,}", _spoken(one.seconds), _spoken(one.eta) if one.done < one.cells else "",
            f"{one.bytes / 2**20:,.1f}",
        )
        for one in found.itertuples()
    ]  # fmt: skip
    heads = ["sweep", "name", "who", "strategy", "bars", "state", "started", "done", "cells", "took", "left", "MB"]
    lay(table_of(heads, rows, left=7))


@sweeps_app.command()
def show(sweep: _Sweep, top: _Top = 20, measure: _Measure = "sharpe", as_json: _Json = False) -> None:
    """Tell of one sweep: how it stands, and its best cells, also of one that is not finished."""
    from workbench.cli.told import say

    with usage(DataError):
        jobs = _jobs()
        one = jobs.status(sweep)
        found = jobs.load(sweep, partial=True)
        if as_json:
            more = {"id": one.id, "name": one.name, "who": one.who, "state": one.state, "done": one.done}
            say(json.dumps(as_object(found, top, measure) | plain(more), indent=1, allow_nan=False))
            return
        say(" ".join(filter(None, [one.id, one.name])), style="bold", end="  ")
        bars = f"{one.symbols} {one.spec}".strip()
        say(f"{one.strategy} {bars}  {one.state}: {one.done:,} of {one.cells:,} cells, {_spoken(one.seconds)}")
        if one.error:
            say(one.error, style="red")
        if one.done:
            tell_sweep(found, top, measure)


@sweeps_app.command()
def resume(
    sweep: _Sweep,
    client: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler.")] = None,
    executor: Annotated[str, typer.Option(help="Without --client: threads or processes.")] = "threads",
    workers: Annotated[int | None, typer.Option(min=1, help="How many.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Load the pickle of a class of a notebook.")] = False,
    top: _Top = 20,
    measure: _Measure = "sharpe",
) -> None:
    """Run the cells that are not there yet; Ctrl-C pauses it again."""
    with usage(DataError):
        jobs = _jobs()
        id = jobs.id(sweep)
        with pausing(id), progress() as bar:
            found = jobs.resume(id, progress=bar, client=client, executor=executor, workers=workers, trust=trust)
    tell_sweep(found, top, measure)


@sweeps_app.command()
def watch(sweep: _Sweep, top: _Top = 20, measure: _Measure = "sharpe") -> None:
    """Watch a sweep that runs elsewhere to its end. Ctrl-C leaves it running."""
    with usage(DataError):
        jobs = _jobs()
        id = jobs.id(sweep)
        with pausing(id), progress() as bar:
            try:
                found = jobs.attach(id, bar)
            except KeyboardInterrupt:
                return
    tell_sweep(found, top, measure)


@sweeps_app.command()
def pause(sweep: _Sweep) -> None:
    """Stop a sweep after the pieces at work, wherever it runs."""
    with usage(DataError):
        _jobs().pause(sweep)


@sweeps_app.command()
def cancel(sweep: _Sweep) -> None:
    """Stop a sweep for good; its cells stay."""
    with usage(DataError):
        _jobs().cancel(sweep)


@sweeps_app.command()
def delete(sweep: _Sweep) -> None:
    """Move a sweep to the trash."""
    with usage(DataError):
        jobs = _jobs()
        id = jobs.id(sweep)
        jobs.delete(id)
    out.print(f"deleted {id}: workbench sweeps restore {id}", markup=False)


@sweeps_app.command()
def restore(sweep: Annotated[str, typer.Argument(metavar="SWEEP", help="Its id.")]) -> None:
    """Bring a deleted sweep back."""
    with usage(DataError):
        _jobs().restore(sweep)


@sweeps_app.command()
def export(
    sweep: _Sweep,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the table goes: .parquet or .csv.")],
) -> None:
    """Write the table of a sweep into a file, NaN for cells that are not there yet."""
    with usage(DataError):
        check_out(file)
        found = _jobs().load(sweep, partial=True)
        write_table(found, file)
    out.print(f"{len(found):,} cells: {file}", markup=False)


def _spoken(seconds: float | pd.Timedelta) -> str:
    from workbench.sweep.plan import spoken

    return "-" if seconds != seconds else spoken(float(seconds))
