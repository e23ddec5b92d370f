"""``workbench bridge``: ticks of other programs in, ours out, as JSON over Pub/Sub."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from workbench.cli.console import err
from workbench.errors import ConfigError

_POLL = 0.25  # seconds between looks at the bridge


def bridge_command(
    inward: Annotated[bool, typer.Option("--in", help="Ticks of live_ticks:* become trades on the bus.")] = False,
    outward: Annotated[bool, typer.Option("--out", help="Trades of the bus become ticks of live_ticks:*.")] = False,
    url: Annotated[str | None, typer.Option(help="redis://host:port/db. [default: WORKBENCH_REDIS_URL]")] = None,
    symbols: Annotated[str | None, typer.Option(help="Comma-separated. [default: all]")] = None,
) -> None:
    """Carry ticks between the bus and JSON messages over Pub/Sub, both ways unless one is asked for, until Ctrl-C."""
    from workbench.config import load_settings
    from workbench.live.bridge import PREFIX, Bridge
    from workbench.serve.signals import StopSignal

    bus = url or load_settings().redis_url
    if bus is None:
        raise ConfigError("a bridge needs a bus: set WORKBENCH_REDIS_URL or give --url redis://host:port")
    only = [one.strip() for one in symbols.split(",") if one.strip()] if symbols is not None else None
    if only == []:
        raise ConfigError("--symbols names none: leave it out for all of them")
    both = inward == outward
    with StopSignal() as stop:
        bridge = Bridge(bus, inward=inward or both, outward=outward or both, symbols=only)
        bridge.start()
        words = " and ".join(way for way, on in (("in", inward or both), ("out", outward or both)) if on)
        err.print(f"Ticks of {PREFIX}{', '.join(only) if only else '*'} go {words} at {bus} - Ctrl-C stops it")
        said = ""
        try:
            while not stop.asked:
                message = bridge.status.message
                if message != said:
                    err.print(message or "Redis answers again.", markup=False)
                    said = message
                time.sleep(_POLL)
        finally:
            bridge.stop()
        end = bridge.status
        err.print(
            f"In: {end.received:,} messages, {end.published:,} trades, {end.dead:,} broken, {end.own:,} of our own. "
            f"Out: {end.sent:,} messages, {end.lost:,} lost."
        )
