"""The replay of stored days on the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import err, out, zoned
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.live.replay import Replay

_LOOK_S = 0.1


def replay_command(
    symbols: Annotated[list[str] | None, typer.Argument(help="Symbols to replay, merged in the order of time.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First instant (UTC). [default: what is stored]")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Instant behind the last. [default: what is stored]")] = None,
    speed: Annotated[str, typer.Option(help="0.25 to 1000 times as fast as recorded, or max.")] = "1",
    url: Annotated[
        str | None, typer.Option(help="A bus to publish on, redis://host:port/db. [default: a database of its own]")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What others attach to it by. [default: symbol and a number]")
    ] = None,
    max_wait: Annotated[
        float | None, typer.Option(min=0.01, help="Longest wait for the next print, in seconds. [default: as recorded]")
    ] = None,
    stay: Annotated[bool, typer.Option("--stay", help="Stay at the end, for others to go back, until Ctrl-C.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Print the replays that are running, and exit.")] = False,
) -> None:
    """Publish stored trades again as they came; charts and strategies follow them on the address that is printed."""
    from workbench.services import get_services

    if list_:
        _list(get_services().bus_url)
        return
    if not symbols:
        raise ConfigError("name a symbol to replay, such as: workbench replay BTC-USD --from 2026-03-02 --speed 10")
    span = zoned(start, "UTC", "--from"), zoned(end, "UTC", "--to")
    options = {"speed": speed, "name": name, "url": url, "max_wait_s": max_wait}
    with get_services().replay(symbols, *span, **options) as replay:
        out.print(f"{replay.name} on {replay.url}", markup=False)
        replay.start()
        _follow(replay, stay=stay)
        if replay.state == "failed":
            raise ConfigError(replay.message)


def _follow(replay: Replay, *, stay: bool) -> None:
    """Draw where it is until it is over, or at its end, or somebody presses Ctrl-C."""
    import threading

    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from workbench.serve.signals import StopSignal

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    never = threading.Event()
    with StopSignal() as stop, Progress(*columns, console=err) as progress:
        task = progress.add_task("", total=1.0)
        while not stop.asked:
            world = replay.world
            progress.update(
                task, completed=world.progress,
                description=f"{world.state} {replay.now:%Y-%m-%d %H:%M:%S} {world.published:,} events",
            )  # fmt: skip
            if world.over or (world.state == "ended" and not stay):
                break
            never.wait(_LOOK_S)


def _list(bus_url: str) -> None:
    from workbench.live.bus import without_password
    from workbench.live.replay.controls import running
    from workbench.live.status import instant_text
    from workbench.live.worlds import with_database

    found = running(bus_url)
    if not found:
        out.print("No replay is running.")
        return
    rows = [("name", "address", "state", "now", "behind", "speed", "symbols")]
    for lease, world in found:
        rows.append(
            (
                world.name, without_password(with_database(bus_url, lease.database)), world.state,
                instant_text(world.now), f"{world.progress:.0%}", f"{world.speed:g}" if world.speed else "max",
                ", ".join(world.symbols),
            )
        )  # fmt: skip
    # Not a table of Rich: it would cut the addresses short, which are what one needs of it.
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        out.print("  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip(), markup=False)
