"""Commands of the bus: feeds."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.console import app, pair, typed
from workbench.errors import ConfigError


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
    from workbench.live.runner import announced
    from workbench.serve.signals import StopSignal
    from workbench.services import open_catalog

    bus = url or load_settings().redis_url
    if bus is None:
        raise ConfigError(
            "a feed needs a bus: set WORKBENCH_REDIS_URL or give --url redis://host:port "
            "(workbench serve brings its own Redis and demo feed)"
        )
    parameters = feeds.get(name).param.objects("existing")
    options = typed(parameters, dict(pair(text, "--option") for text in option or []))
    if symbols:
        options["symbols"] = [symbol.strip() for symbol in symbols.split(",") if symbol.strip()]
    ended = threading.Event()
    with StopSignal() as stop, ThreadPoolExecutor(1, "feed") as pool, announced(bus, name, options):
        running = pool.submit(run_feed, name, bus, ended, catalog=open_catalog(), **options)
        while not running.done() and not stop.asked:
            wait([running], timeout=0.25)
        ended.set()
    running.result()
