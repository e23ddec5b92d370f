"""Commands of the recorder: record, the gap ledger, retention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import err, out
from workbench.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.live.recorder import RecorderStatus

_SAY_S = 10.0
_GIB = 2**30


def record_command(
    symbols: Annotated[
        list[str] | None, typer.Argument(help="Symbols or patterns such as 'BTC-*'. [default: everything on the bus]")
    ] = None,
    url: Annotated[str | None, typer.Option(help="redis://host:port/db. [default: WORKBENCH_REDIS_URL]")] = None,
    source: Annotated[str, typer.Option(help="Name of the source in the store.")] = "recorded",
    kinds: Annotated[str, typer.Option(help="Comma-separated: trades, quotes, book.")] = "trades,quotes,book",
    every: Annotated[str, typer.Option(help="Store at the latest after so long, e.g. 500ms, 2s, 1min.")] = "2s",
    rows: Annotated[int, typer.Option(min=1, help="Store a symbol at once that has so many records.")] = 200_000,
    buffer_rows: Annotated[
        int, typer.Option("--buffer", min=1, help="Records that may wait in memory, of all symbols.")
    ] = 8_000_000,
    lease: Annotated[
        float, typer.Option(min=0.3, help="Seconds after which others take over the symbols of a dead recorder.")
    ] = 10.0,
) -> None:
    """Record what runs on the bus into the store, each record once, until Ctrl-C. Several share the symbols."""
    import threading
    import time

    from workbench.config import load_settings
    from workbench.live.recorder import Recorder
    from workbench.serve.signals import StopSignal
    from workbench.services import open_catalog

    settings = load_settings()
    bus = url or settings.redis_url
    if bus is None:
        raise ConfigError("a recorder needs a bus: set WORKBENCH_REDIS_URL or give --url redis://host:port")
    recorder = Recorder(
        bus,
        open_catalog().store,
        source=source,
        kinds=kinds,
        symbols=symbols or (),
        every_s=_seconds(every),
        rows=rows,
        buffer_rows=buffer_rows,
        lease_s=lease,
        retention=settings.retention,
    )
    said, state, pause = 0.0, "", threading.Event()
    with StopSignal() as stop:
        recorder.start()
        err.print(f"recording {bus} as source {source}; Ctrl-C stops", markup=False)
        while not stop.asked:
            pause.wait(0.25)
            status = recorder.status()
            if status.state != state or time.monotonic() - said > _SAY_S:
                said, state = time.monotonic(), status.state
                err.print(told(status), markup=False)
        err.print("stopping: storing what was read", markup=False)
        done = recorder.stop()
    status = recorder.status()
    err.print(told(status), markup=False)
    if not done:
        err.print("not everything could be stored in time; the next recorder takes it up from the bus", markup=False)
        raise typer.Exit(1)


def gaps_command(
    symbol: Annotated[str | None, typer.Argument(help="Symbol. [default: all]")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Print what was published and could not be recorded: from when to when, how many, why."""
    import pandas as pd

    from workbench.services import open_catalog

    found = open_catalog().gaps(symbol)
    if csv:
        out.print(found.to_csv(index=False), end="", markup=False)
        return
    if not len(found):
        out.print("no gaps are known")
        return
    names = [f"{row.source}/{row.kind}/{row.symbol}" for row in found.itertuples(index=False)]
    width = max(map(len, names))
    for name, row in zip(names, found.itertuples(index=False), strict=True):
        missing = "? missing" if pd.isna(row.missing) else f"{row.missing:,} missing"
        span = f"{_time(row.start)} to {_time(row.end)}"
        line = f"{name:<{width}}  {span}  {missing:>16}  {row.reason:<10}  noticed {_time(row.noticed)}"
        out.print(line, markup=False)


def retention_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove partitions that are older than the setting ``retention`` allows. What no rule names is kept."""
    import time

    from workbench.catalog.retention import apply, rules
    from workbench.config import load_settings
    from workbench.services import open_catalog

    wanted = rules(load_settings().retention)
    if not wanted:
        out.print('no rules: set retention in workbench.toml, e.g. \\[retention] "recorded/trades" = "90d"')
        return
    dropped = apply(open_catalog().store, wanted, time.time_ns(), dry=dry_run)
    for one in dropped:
        out.print(f"{one}  ({one.rule})", markup=False)
    verb = "would be removed" if dry_run else "removed"
    size = sum(one.bytes for one in dropped) / _GIB
    out.print(f"{len(dropped)} partitions, {sum(one.rows for one in dropped):,} rows, {size:.3f} GiB {verb}")


def told(status: RecorderStatus) -> str:
    """A recorder's state in a line."""
    line = (
        f"{status.state}: {status.symbols} symbols, {status.rows:,} rows in {status.files} files, "
        f"{status.buffered:,} waiting, lag {status.lag_ms / 1e3:.1f} s, {status.gaps} gaps, {status.dead} dead letters"
    )
    return f"{line}; {status.message}" if status.message else line


def _seconds(text: str) -> float:
    import pandas as pd

    try:
        return pd.Timedelta(text if any(sign.isalpha() for sign in text) else f"{text}s").total_seconds()
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"--every {text!r} cannot be read ({error}); use such as 500ms, 2s or 1min") from None


def _time(instant: pd.Timestamp) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S.%f}"[:-3]
