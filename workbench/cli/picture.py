"""The command that draws a chart into a file, for reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import out, zoned
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.views.chart.view import ChartView

_ENDINGS = (".png", ".svg", ".html", ".csv", ".parquet")


def picture_command(
    symbol: Annotated[str, typer.Argument(help="What to draw, e.g. AAPL.")],
    spec: Annotated[str, typer.Argument(help="Bars, e.g. 1d, 5min or renko:1.0.")] = "1d",
    to: Annotated[Path, typer.Option("--out", "-o", help="File: .png, .svg, .html, .csv or .parquet.")] = Path(
        "chart.png"
    ),
    kind: Annotated[str, typer.Option("--type", help="Chart type, e.g. hollow, line, baseline.")] = "candles",
    study: Annotated[list[str] | None, typer.Option(help='A study, e.g. "ema(window=20)" or rsi. Repeatable.')] = None,
    compare: Annotated[list[str] | None, typer.Option(help="Another symbol beside it. Repeatable.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", "--start", help="First instant, e.g. 2026-03-02 or 2026-03-02T09:30.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", "--end", help="Last instant.")] = None,
    bars: Annotated[int | None, typer.Option(min=8, max=1_000, help="So many, the newest.")] = None,
    scale: Annotated[str, typer.Option(help="Of prices: linear, log or percent.")] = "linear",
    tz: Annotated[str, typer.Option(help="Time zone that times are written and read in.")] = "UTC",
    dark: Annotated[bool, typer.Option("--dark/--light", help="Theme.")] = False,
    palette: Annotated[str, typer.Option(help="Colours of up and down: classic or colorblind.")] = "classic",
    size: Annotated[str, typer.Option(metavar="WxH", help="Of pictures, px; a PNG has two pixels to each.")] = (
        "1200x675"
    ),
) -> None:
    """Draw a chart into a file, as the page would show it. No browser is needed."""
    import workbench as wb
    from workbench.charts.axes import SCALES
    from workbench.charts.theme import PALETTES
    from workbench.errors import did_you_mean
    from workbench.market.calendars import check_zone

    if to.suffix.lower() not in _ENDINGS or not to.parent.is_dir():
        raise ConfigError(f"--out {to}: name a file in a folder that is there, ending in {', '.join(_ENDINGS)}")
    for name, value, known in (("--scale", scale, SCALES), ("--palette", palette, PALETTES)):
        if value not in known:
            raise ConfigError(f"{name} {value!r} is not known: {did_you_mean(value, known)}")
    if bars is not None and (start or end):
        raise ConfigError("--bars counts from the newest back: leave it out, or leave out --from and --to")
    check_zone(tz)
    look = _look(to.suffix.lower(), size)
    edges = {name: zoned(text, tz, option) for name, text, option in (("start", start, "--from"), ("end", end, "--to"))}
    more = {"scale": scale, "dark": dark, "palette": palette, "tz": tz, "compare": list(compare or [])}
    view = wb.chart(symbol, spec, type=kind, studies=study or [], live=False, **edges, **more)
    if view.services is not None:  # a reason in a sentence, if there are no bars to draw
        view.services.catalog.latest_bars(symbol, view.state.spec, 1)
    view.__panel__()
    if start or end:  # the first and the last bar as a whole
        view.window = (view.window[0] - 0.5, view.window[1] + 0.5)
    elif bars and view.history is not None:
        view.window = (view.history.stop - bars - 0.5, view.history.stop + max(1.0, 0.04 * bars))
    count = _draw(view, to, look)
    out.print(f"{to}: {count:,} bars of {symbol}", markup=False)


def _draw(view: ChartView, to: Path, look: dict[str, Any]) -> int:
    from workbench.views.chart.share import Share

    try:
        share = next(part for part in view.parts if isinstance(part, Share))
        for entry in view.studies.entries:
            if entry.error:
                raise ConfigError(f"--study {entry.text}: {entry.error}")
        share.write(to, **look)
        return len(share.shown().bars)
    except OSError as error:
        raise ConfigError(f"--out {to} cannot be written: {error.strerror or error}") from None
    finally:
        view.close()


def _look(ending: str, size: str) -> dict[str, Any]:
    wide, times, tall = size.lower().partition("x")
    if not (times and wide.isdecimal() and tall.isdecimal()):
        raise ConfigError(f"--size takes WIDTHxHEIGHT in px, such as 1200x675, got {size!r}")
    return {"width": int(wide), "height": int(tall)} if ending in (".png", ".svg") else {}
