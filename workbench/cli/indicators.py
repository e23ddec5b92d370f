"""The command that tells of indicators, and writes their gallery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import out
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.indicators.about import About

#: Where the comparison with the peers is written, seen from the folder of the project.
_PARITY = Path("docs/indicators/parity.json")


def indicators_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Tell of this one. [default: list all]")] = "",
    gallery: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write index.html with a picture of each into FOLDER.")
    ] = None,
) -> None:
    """List the indicators, tell of one, or write the gallery."""
    if gallery is not None:
        if name:
            raise ConfigError(f"the gallery has all indicators: leave out {name}, or leave out --gallery")
        from workbench.charts.gallery import write_gallery

        path = write_gallery(gallery, parity=_parity())
        out.print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)", markup=False)
        return
    from workbench.indicators.about import about

    if name:
        _tell(about(name))
    else:
        _list()


def _parity() -> dict[str, Any]:
    if not _PARITY.exists():
        return {}
    try:
        return json.loads(_PARITY.read_text("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{_PARITY} cannot be read ({error}): write it anew, or remove it") from None


def _list() -> None:
    from rich.table import Table

    from workbench.indicators import indicators
    from workbench.indicators.about import family

    table = Table(box=None, pad_edge=False)
    for head in ("name", "title", "family", "outputs"):
        table.add_column(head, no_wrap=head == "name")
    for name, kind in indicators:
        table.add_row(name, kind.title, family(kind), ", ".join(kind.outputs))
    out.print(table)
    for name, reason in indicators.failed.items():
        out.print(f"{name} is left out: {reason}", style="yellow", markup=False)


def _tell(told: About) -> None:
    from rich.table import Table

    def say(text: str, **style: Any) -> None:
        out.print(text, markup=False, **style)

    say(f"{told.title} ({told.name})", style="bold")
    say(told.text.replace("``", ""))
    if told.formula:
        say("")
        say("\n".join(f"    {line}" for line in told.formula.splitlines()), style="cyan")
    say("")
    if told.parameters:
        table = Table(box=None, pad_edge=False)
        for head in ("parameter", "default", "takes", "meaning"):
            table.add_column(head)
        for one in told.parameters:
            table.add_row(one.name, one.default, one.takes, one.doc.replace("``", ""))
        out.print(table)
        say("")
    say(f"family   {told.family}")
    say(f"reads    {', '.join(told.reads)}")
    say(f"outputs  {', '.join(told.outputs)}")
    say(f"drawn    {'over the prices' if told.overlay else 'in a pane of its own'}")
    say(f"warm-up  {told.warmup} bars")
    say(f"causal   {'yes' if told.causal else 'no: it repaints'}")
    say(f"source   {told.source.replace('``', '')}")
    say(f"code     {told.code}")
