"""Commands of the store: import, print and write bars, demo data."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import Bar, app, out, pair, progress_bar, typed, zoned
from workbench.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.catalog.ingest import Report


class Dates(StrEnum):
    """Order of day, month and year in a file's dates."""

    dmy = "dmy"
    mdy = "mdy"
    ymd = "ymd"


class Stamps(StrEnum):
    """Which end of a bar its time names."""

    open = "open"
    close = "close"


@app.command()
def ingest(
    file_format: Annotated[str, typer.Argument(metavar="FORMAT", help="Name of the importer, e.g. csv, iqfeed, lean.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files to read.")],
    symbol: Annotated[str | None, typer.Option(help="Symbol to store under, if the file does not say.")] = None,
    source: Annotated[str | None, typer.Option(help="Name of the source. [default: the importer's]")] = None,
    tz: Annotated[str | None, typer.Option(help="Time zone of the file's times, e.g. America/New_York.")] = None,
    dates: Annotated[Dates | None, typer.Option(help="Order of day, month and year in the file's dates.")] = None,
    stamps: Annotated[Stamps | None, typer.Option(help="Whether a bar's time is its open or its close.")] = None,
    spec: Annotated[str | None, typer.Option(help="Size of the file's bars: 1min, 1d, ...")] = None,
    columns: Annotated[str | None, typer.Option(metavar="K=V,...", help="Our column = the file's column.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="K=V", help="Any other option of the importer.")
    ] = None,
    replace: Annotated[bool, typer.Option(help="Put the file's rows in place of stored ones.")] = False,
    force: Annotated[bool, typer.Option(help="Import a file again that was imported before.")] = False,
) -> None:
    """Import files into the store. Rows that cannot be used go to a quarantine file with the reason."""
    from workbench.catalog.ingest import IngestFailures, importers, told_in
    from workbench.catalog.ingest import ingest as run
    from workbench.services import open_catalog

    options = typed(importers.get(file_format).options(), dict(pair(text, "--option") for text in option or []))
    named = {"tz": tz, "dates": dates, "stamps": stamps, "spec": spec}
    options |= {name: str(value) for name, value in named.items() if value is not None}
    if columns is not None:
        options["columns"] = columns
    try:
        with told_in(_option), progress_bar("bytes") as progress:
            reports = run(
                open_catalog(),
                file_format,
                paths,
                symbol=symbol,
                source=source,
                replace=replace,
                force=force,
                progress=Bar(progress),
                **options,
            )
    except IngestFailures as failures:
        _tell(failures.reports)
        raise
    _tell(reports)


#: Options of an import that the command has of its own; all others are given by ``--option``.
_OWN = ("symbol", "source", "tz", "dates", "stamps", "spec", "columns", "replace", "force")


def _option(name: str, value: object = None) -> str:
    """An option of an import as a shell takes it."""
    if name not in _OWN:
        return shlex.join(["--option", f"{name}={'...' if value is None else value}"])
    return f"--{name}" if value is None or value is True else shlex.join([f"--{name}", str(value)])


def _tell(reports: list[Report]) -> None:
    for report in reports:
        out.print(_told(report), markup=False)


def _told(report: Report) -> str:
    """One line about one dataset of an import."""
    if report.skipped:
        return f"{report.dataset}: {report.note or 'skipped'} ({report.path.name})"
    text = f"{report.dataset}: {report.rows:,} rows in {report.seconds:.1f} s ({report.path.name})"
    if report.quarantined:
        text += f", {report.quarantined:,} rows could not be used: see {report.quarantine_file}"
    return text


_SHOWN = 20


@app.command()
def bars(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Symbol, alias or Intake entry.")] = "",
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="Such as 5min, 1d, 1000tick, 'renko:1.0(1d)'.")] = "",
    start: Annotated[str | None, typer.Option(help="First time, in --tz unless it has a zone.")] = None,
    end: Annotated[str | None, typer.Option(help="Time before which bars begin.")] = None,
    session: Annotated[
        str | None, typer.Option(help="Keep to a calendar and leave out what is outside, e.g. XNYS, 24/7.")
    ] = None,
    price: Annotated[str | None, typer.Option(help="Of quotes: bid, ask or mid.")] = None,
    source: Annotated[str | None, typer.Option(help="Source, if there are several.")] = None,
    last: Annotated[
        int | None, typer.Option(min=1, help=f"So many, the newest. [default: {_SHOWN}; all with --out]")
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Write a .csv or .parquet file instead.")] = None,
    tz: Annotated[str, typer.Option(help="Time zone that times are written and read in.")] = "UTC",
    kinds: Annotated[bool, typer.Option("--kinds", help="List the kinds of bars and exit.")] = False,
) -> None:
    """Print the newest bars of a symbol, or write bars to a file. The last one may be unfinished."""
    from workbench.market.calendars import check_zone
    from workbench.services import open_catalog

    if kinds:
        _list_kinds()
        raise typer.Exit
    if not symbol or not spec:
        raise ConfigError("say which bars: workbench bars SYMBOL SPEC (workbench bars --kinds lists what there is)")
    if to is not None and (to.suffix not in (".csv", ".parquet") or not to.parent.is_dir()):
        raise ConfigError(f"--out {to}: name a .csv or .parquet file in a folder that is there")
    check_zone(tz)
    catalog, same = open_catalog(), {"session": session, "price": price, "source": source}
    span = [zoned(start, tz, "--start"), zoned(end, tz, "--end")]
    if start is None and (to is None or last is not None):
        from workbench.market.events import as_frame

        frame = as_frame(catalog.latest_bars(symbol, spec, last or _SHOWN, span[1], **same))
    else:
        frame = catalog.bars(symbol, spec, *span, **same)
        frame = frame.iloc[-last if last else 0 if to is not None else -_SHOWN :]
    frame.index = frame.index.tz_convert(tz)
    if to is None:
        out.print(_table(frame, catalog.master.get_or_default(symbol).decimals, tz), markup=False)
        return
    try:
        frame.to_csv(to) if to.suffix == ".csv" else frame.to_parquet(to)
    except OSError as error:
        raise ConfigError(f"--out {to} cannot be written: {error.strerror or error}") from None
    out.print(f"{to}: {len(frame):,} bars", markup=False)


def _list_kinds() -> None:
    from workbench.market.specs import bar_kinds

    rows = sorted((kind.title, kind.example, kind.about) for _, kind in bar_kinds)
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for title, example, about in rows:
        out.print(f"{title:<{wide[0]}}  {example:<{wide[1]}}  {about}", markup=False)


def _table(frame: pd.DataFrame, decimals: int, tz: str) -> str:
    """Bars as lines of text, times in the zone of the index."""
    if not len(frame):
        return "There are no such bars."
    whole = frame.index.asi8 % (60 * 1_000_000_000) == 0
    times = frame.index.strftime("%Y-%m-%d %H:%M %Z" if whole.all() else "%Y-%m-%d %H:%M:%S.%f %Z")
    cells = {f"time, {tz}": list(times)}
    for name in frame.columns:
        if name == "vwap":
            cells[name] = [_number(round(value, decimals + 2), decimals + 2) for value in frame[name]]
        else:
            counted = name.endswith("volume") or name == "trades"
            cells[name] = [_number(value, 0 if counted else decimals) for value in frame[name]]
    columns = [[head, *values] for head, values in cells.items()]
    wide = [max(map(len, column)) for column in columns]
    lines = zip(
        *([cell.rjust(width) for cell in column] for column, width in zip(columns, wide, strict=True)), strict=True
    )
    return "\n".join("  ".join(line) for line in lines)


def _number(value: float, decimals: int) -> str:
    """A number with so many decimals, with more where they are needed; at most 8."""
    if value != value:
        return "-"
    text = f"{value:,.{decimals}f}"
    return text if abs(float(text.replace(",", "")) - value) < 1e-9 else f"{value:,.8f}".rstrip("0")


@app.command()
def demo(
    days: Annotated[int, typer.Option(min=1, max=365, help="Days of synthetic trades.")] = 30,
    if_wanted: Annotated[bool, typer.Option("--if-wanted", hidden=True)] = False,
) -> None:
    """Write the demo data, or top it up to now: real daily bars and seeded synthetic trades."""
    import time

    from workbench.catalog.demo import write_demo
    from workbench.services import open_catalog

    catalog = open_catalog()
    held = catalog.store.datasets()
    if if_wanted and held and not any(dataset.source == "synthetic" for dataset in held):
        # Somebody keeps data of his own here and has no demo: leave it so.
        return
    with progress_bar() as progress:
        write_demo(catalog, time.time_ns(), days=days, progress=Bar(progress))
