"""The ``workbench`` command. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

import workbench
from workbench.errors import ConfigError, WorkbenchError

if TYPE_CHECKING:
    import pandas as pd
    from rich.progress import Progress

    from workbench.catalog.ingest import Report

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class _Group(TyperGroup):
    """Our own errors are told in a sentence; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except WorkbenchError as error:
            err.print("Error:", style="bold red", end=" ")
            err.print(str(error), markup=False)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Research on market data, from Parquet history to a live chart.",
)


class Dates(StrEnum):
    """Order of day, month and year in a file's dates."""

    dmy = "dmy"
    mdy = "mdy"
    ymd = "ymd"


class Stamps(StrEnum):
    """Which end of a bar its time names."""

    open = "open"
    close = "close"


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


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages; 0 takes a free one.")] = 5006,
    host: Annotated[str, typer.Option(help="Address to listen on; others than 127.0.0.1 are open to the net.")] = (
        "127.0.0.1"
    ),
    demo: Annotated[bool, typer.Option(help="Write or top up the demo data first.")] = True,
    demo_days: Annotated[int, typer.Option(min=1, max=365, help="Days of synthetic trades in new demo data.")] = 30,
    feed: Annotated[
        bool | None,
        typer.Option("--feed/--no-feed", help="Publish the demo feed; without a word, only when the Redis is our own."),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    apps: Annotated[Path | None, typer.Option(help="Folder of the app files. [default: ./apps]")] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="HOST:PORT a browser may also use, e.g. behind a proxy. Repeatable.")
    ] = None,
) -> None:
    """Serve the apps: demo data, private Redis, demo feed, pages. Ctrl-C stops all of it."""
    from workbench import serve as server
    from workbench.config import load_settings

    settings = load_settings()
    files = server.find_apps(apps)
    plan = server.Plan(
        port=server.check_port(host, port),
        host=host,
        demo=demo,
        demo_days=demo_days,
        feed=feed,
        open_browser=open_browser,
        origins=origin or [],
    )
    code = server.serve(plan, settings, apps=files, say=out.print, note=lambda text: err.print(text, markup=False))
    raise typer.Exit(code)


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
    from workbench.catalog.ingest import IngestFailures, importers
    from workbench.catalog.ingest import ingest as run
    from workbench.services import open_catalog

    options = _typed(importers.get(file_format).options(), dict(_pair(text, "--option") for text in option or []))
    named = {"tz": tz, "dates": dates, "stamps": stamps, "spec": spec}
    options |= {name: str(value) for name, value in named.items() if value is not None}
    if options.get("spec"):
        _check_time_spec(options["spec"])
    if columns is not None:
        options["columns"] = columns
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise ConfigError(f"no such file: {', '.join(map(str, missing))} (in {Path.cwd()})")
    try:
        with _progress("bytes") as progress:
            reports = run(
                open_catalog(),
                file_format,
                paths,
                symbol=symbol,
                source=source,
                replace=replace,
                force=force,
                progress=_Bar(progress),
                **options,
            )
    except IngestFailures as failures:
        _tell(failures.reports)
        raise
    _tell(reports)


def _check_time_spec(spec: str) -> None:
    from workbench.market.specs import BarSpec

    if not BarSpec.parse(spec).timed:
        raise ConfigError(
            f"--spec {spec}: the bars of a file are time bars, such as 1min or 1d; others are made when they are asked "
            f"for (workbench bars SYMBOL {spec!r})"
        )


def _tell(reports: list[Report]) -> None:
    for report in reports:
        out.print(_told(report), markup=False)


def _pair(text: str, name: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{name} takes KEY=VALUE, got {text!r}")
    return key.strip(), value.strip()


def _typed(parameters: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """Texts from the command line as the values that the parameters take; what is unknown stays for the callee."""
    import param

    readers = {param.Integer: int, param.Number: float, param.Boolean: _yes}
    values: dict[str, Any] = dict(texts)
    for name, text in texts.items():
        for kind, read in readers.items():
            if isinstance(parameters.get(name), kind):
                try:
                    values[name] = read(text)
                except ValueError:
                    raise ConfigError(f"--option {name} takes {kind.__name__.lower()} values, got {text!r}") from None
                break
    return values


def _yes(text: str) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.casefold() not in known:
        raise ValueError(text)
    return known[text.casefold()]


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
    span = [_zoned(start, tz, "--start"), _zoned(end, tz, "--end")]
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


def _zoned(text: str | None, tz: str, name: str) -> pd.Timestamp | None:
    if text is None:
        return None
    import pandas as pd

    try:
        stamp = pd.Timestamp(text)
        return stamp.tz_localize(tz) if stamp.tzinfo is None else stamp
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{name} {text!r} cannot be read ({error}); use such as '2024-01-02 15:30'") from None


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
    with _progress() as progress:
        write_demo(catalog, time.time_ns(), days=days, progress=_Bar(progress))


@app.command()
def feed(
    name: Annotated[str, typer.Argument(help="Name of the feed, e.g. synthetic.")],
    url: Annotated[str | None, typer.Option(help="redis://host:port/db. [default: WORKBENCH_REDIS_URL]")] = None,
    symbols: Annotated[str | None, typer.Option(help="Comma-separated. [default: the feed's own]")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="K=V", help="Any other option of the feed.")
    ] = None,
) -> None:
    """Publish a feed on the bus until Ctrl-C."""
    import threading
    from concurrent.futures import ThreadPoolExecutor, wait

    from workbench.config import load_settings
    from workbench.live.feeds import feeds, run_feed
    from workbench.serve.signals import StopSignal
    from workbench.services import open_catalog

    bus = url or load_settings().redis_url
    if bus is None:
        raise ConfigError(
            "a feed needs a bus: set WORKBENCH_REDIS_URL or give --url redis://host:port "
            "(workbench serve brings its own Redis and demo feed)"
        )
    parameters = feeds.get(name).param.objects("existing")
    options = _typed(parameters, dict(_pair(text, "--option") for text in option or []))
    if symbols:
        options["symbols"] = [symbol.strip() for symbol in symbols.split(",") if symbol.strip()]
    ended = threading.Event()
    with StopSignal() as stop, ThreadPoolExecutor(1, "feed") as pool:
        running = pool.submit(run_feed, name, bus, ended, catalog=open_catalog(), **options)
        while not running.done() and not stop.asked:
            wait([running], timeout=0.25)
        ended.set()
    running.result()


@app.command()
def doctor() -> None:
    """Check this installation and say what to do. Ends with 1 if something must be mended."""
    from workbench import doctor as surgery

    findings = surgery.examine()
    marks = {"ok": "[green]ok  [/]", "hint": "[yellow]hint[/]", "bad": "[bold red]BAD [/]"}
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        out.print(f"{marks[finding.state]}  {finding.name:<{width}}  ", end="")
        out.print(finding.detail, markup=False)
        if finding.way_out:
            out.print(f"{'':{width + 8}}-> {finding.way_out}", markup=False)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def _progress(unit: str = "steps") -> Progress:
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    count = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True)


class _Bar:
    """``progress(done, total)`` or ``progress(done, total, what)`` of the library, drawn as one bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: Any = None

    def __call__(self, done: float, total: float, what: str = "") -> None:
        if self._task is None:
            self._task = self._progress.add_task(what, total=total)
        self._progress.update(self._task, completed=done, total=total, description=what)
