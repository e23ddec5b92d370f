"""The ``workbench`` command. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

from typing import Annotated

import typer

import workbench
from workbench.cli import data, live, serving
from workbench.cli.backtest import backtest_command
from workbench.cli.bridge import bridge_command
from workbench.cli.console import app, out
from workbench.cli.indicators import indicators_command
from workbench.cli.picture import picture_command
from workbench.cli.record import gaps_command, record_command, retention_command
from workbench.cli.replay import replay_command
from workbench.cli.runs import runs_app
from workbench.cli.sweep import sweep_command
from workbench.cli.sweeps import sweeps_app

__all__ = ["app", "data", "live", "serving"]


def _version(asked: bool) -> None:
    if asked:
        out.print(f"workbench {workbench.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Research on market data, from Parquet history to a live chart."""


app.command("indicators")(indicators_command)
app.command("picture")(picture_command)
app.command("bridge")(bridge_command)
app.command("record")(record_command)
app.command("replay")(replay_command)
app.command("gaps")(gaps_command)
app.command("retention")(retention_command)
app.command("backtest")(backtest_command)
app.add_typer(runs_app, name="runs")
app.command("sweep")(sweep_command)
app.add_typer(sweeps_app, name="sweeps")
