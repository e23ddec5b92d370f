"""What a chart shows, to take away: picture (SVG, PNG), page (HTML) and table (CSV, Parquet). No browser is needed."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from workbench.charts.candles import AXIS_PX, CandleChart
from workbench.charts.columns import bar_columns
from workbench.charts.marks import Marks
from workbench.charts.scripts import script
from workbench.charts.still import Still
from workbench.charts.still_study import Layer
from workbench.charts.still_text import change, moment, price
from workbench.charts.studies import Drawn
from workbench.charts.theme import FONT, tokens
from workbench.errors import DataError
from workbench.market.calendars import Calendar

#: Size of a picture, px, and pixels of a PNG to each of them.
WIDTH, HEIGHT, SCALE = 1200, 675, 2.0
_LEAST, _MOST = (320, 200), 8_000
#: Of each system one that it comes with: the drawing library knows no "system-ui".
_FONT = FONT.replace('"', "'").replace("sans-serif", "'DejaVu Sans', Helvetica, Verdana, sans-serif")
_EMPTY = "there are no bars in view to export: open a symbol that has data, or move the chart to where it has"


@dataclass(frozen=True, eq=False)
class Shown:
    """The part of a chart that is exported.

    Parameters
    ----------
    bars
        BAR records, maybe with more fields.
    symbol, spec
        What they are of, and what bars they are.
    studies
        What is drawn of each, and its values (float64[n, outputs]) for these bars.
    zone
        IANA zone in which times are told.
    decimals
        Of prices.
    dated, seconds
        Whether bars are told by the date of their session, and whether by the second.
    calendar
        Of the sessions of dated bars.
    newest
        Whether the last bar is the newest there is: its close gets a line.
    glyph, marks, type
        How the page draws the bars, see ``CandleChart.draw_as``, ``show`` and ``choose``; pictures draw candles.
    """

    bars: np.ndarray
    symbol: str = ""
    spec: str = ""
    studies: Sequence[tuple[Drawn, np.ndarray]] = ()
    zone: str = "UTC"
    decimals: int = 2
    dated: bool = False
    seconds: bool = False
    calendar: Calendar | None = None
    newest: bool = False
    glyph: str = "candle"
    marks: Marks = field(default_factory=Marks)
    type: str = "candles"

    def __post_init__(self) -> None:
        for drawn, values in self.studies:
            if len(values) != len(self.bars):
                raise DataError(
                    f"study {drawn.study.name} has {len(values)} values for {len(self.bars)} bars: give one a bar"
                )

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """``bar_columns`` of the bars, the first with ordinal 0."""
        return bar_columns(self.bars, dated=self.dated, calendar=self.calendar)

    @cached_property
    def wall(self) -> np.ndarray:
        """int64 ns of each bar on the clock that is shown."""
        stamps = np.round(self.columns["shown"]).astype("i8") * 1_000_000
        if self.dated:
            return stamps
        return pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC").tz_convert(self.zone).tz_localize(None).asi8

    @property
    def seen(self) -> list[tuple[Drawn, np.ndarray]]:
        """Studies that are neither hidden nor in error."""
        return [
            (one, v) for one, v in self.studies if one.one is not None and not (one.error or one.study.looks.hidden)
        ]

    def name(self, ending: str) -> str:
        """A name for the file: ``AAPL-1d-2026-03-02.svg``, with the date of the last bar."""
        self.needed()
        day = str(np.datetime64(int(self.wall[-1]), "ns").astype("M8[D]"))
        parts = (re.sub(r"[^\w.]+", "-", part).strip("-.") for part in (self.symbol, self.spec, day))
        return f"{'-'.join(part for part in parts if part)}.{ending}"

    def needed(self) -> None:
        """Refuse to go on without bars."""
        if not len(self.bars):
            raise DataError(_EMPTY)


# --- pictures ------------------------------------------------------------------------------------------------------


def to_svg(
    shown: Shown, *, width: int = WIDTH, height: int = HEIGHT, dark: bool = False, palette: str = "classic"
) -> str:
    """Candles, volumes and studies as one ``<svg>`` element with nothing outside of itself.

    Raises
    ------
    DataError
        There are no bars, or the size is out of its limits.
    """
    shown.needed()
    for side, asked, least in (("width", width, _LEAST[0]), ("height", height, _LEAST[1])):
        if not least <= asked <= _MOST:
            raise DataError(f"{side} {asked} px of a picture: it must be {least} to {_MOST}")
    layers = [Layer.of(drawn, values) for drawn, values in shown.seen]
    still = Still(
        _prices(shown),
        layers,
        size=(width, height),
        dark=dark,
        palette=palette,
        wall=shown.wall,
        decimals=shown.decimals,
        right=AXIS_PX - 8,
        font=_FONT,
    )
    last = float(shown.bars["close"][-1]) if shown.newest else None
    return still.drawn(
        " ".join(filter(None, (shown.symbol, shown.spec))), head=_head(shown, still), volume=True, last=last
    )


def to_png(shown: Shown, *, scale: float = SCALE, **look: Any) -> bytes:
    """The picture of ``to_svg`` in pixels, ``scale`` of them to a px; ``look`` is what that takes.

    Raises
    ------
    DataError
        As ``to_svg``; or this machine has no font to write with.
    """
    if not 0.25 <= scale <= 8:
        raise DataError(f"scale {scale:g} of a picture: it must be 0.25 to 8")
    return _pixels(to_svg(shown, **look), scale)


def _pixels(svg: str, scale: float) -> bytes:
    from resvg_py import svg_to_bytes  # draws SVG with the fonts of the system; the only place that knows it

    _fonts()
    return bytes(svg_to_bytes(svg_string=svg, zoom=scale))


@cache
def _fonts() -> None:
    """Without any font texts would be left out without a word."""
    from resvg_py import svg_to_bytes

    blank = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-family="{}">{}</text></svg>'
    )
    if svg_to_bytes(svg_string=blank.format(_FONT, "0")) == svg_to_bytes(svg_string=blank.format(_FONT, "")):
        raise DataError(
            "no font to write with was found on this machine: install one, such as fonts-dejavu-core on Debian, "
            "or take the SVG, which is written with the fonts of whoever opens it"
        )


def _prices(shown: Shown) -> pd.DataFrame:
    return pd.DataFrame({name: shown.bars[name] for name in ("open", "high", "low", "close", "volume")})


def _head(shown: Shown, still: Still) -> list[tuple[str, str]]:
    """What stands in the chart's first row: names, the last bar, when that was."""
    t, last = still.t, shown.bars[-1]
    tone = t.up_text if last["close"] >= last["open"] else t.down_text
    cells = [
        (f"{letter} {price(float(last[name]), shown.decimals)}", tone)
        for letter, name in (("O", "open"), ("H", "high"), ("L", "low"), ("C", "close"))
    ]
    before = float(shown.bars["close"][-2]) if len(shown.bars) > 1 else float(last["open"])
    moved = float(last["close"]) / before - 1 if before else float("nan")
    when = moment(int(shown.wall[-1]), dated=shown.dated, seconds=shown.seconds)
    return [
        (shown.symbol, t.text),
        (shown.spec, t.muted),
        *cells,
        (change(moved), t.down_text if moved < 0 else t.up_text),
        (when if shown.dated else f"{when} {shown.zone}", t.muted),
    ]


# --- page ----------------------------------------------------------------------------------------------------------

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>html, body {{ height: 100%; margin: 0; background: {panel}; }}
main {{ position: absolute; inset: 0; display: flex; }}
main > div {{ flex: 1; display: flex; }}</style>
{library}
</head>
<body><main>{chart}</main>{start}</body>
</html>
"""


def to_html(shown: Shown, *, dark: bool = True, palette: str = "classic") -> str:
    """The chart as a page that opens without a network, with its panning, zooming and crosshair.

    Raises
    ------
    DataError
        There are no bars.
    """
    from bokeh.embed import components
    from bokeh.models import CustomJS
    from bokeh.resources import INLINE

    shown.needed()
    chart = CandleChart(dark=dark, palette=palette, decimals=shown.decimals)
    count = len(shown.bars)
    chart.draw_as(shown.glyph)
    chart.choose(shown.type)
    chart.studies.place([drawn for drawn, _ in shown.seen])
    chart.show(
        shown.columns,
        marks=shown.marks,
        view=(-max(1.0, 0.02 * count), count + max(2.0, 0.04 * count)),
        symbol=shown.symbol,
        spec=shown.spec,
        zone=shown.zone,
        clock="UTC" if shown.dated else shown.zone,
        dated=shown.dated,
        seconds=shown.seconds,
        decimals=shown.decimals,
        tick=10.0**-shown.decimals,
        head=True,
        tail=True,
        real="real_close" in shown.bars.dtype.names,
    )
    for drawn, values in shown.seen:
        chart.studies.show(drawn.id, 0, np.asarray(values, float), shown.bars)
    args = {"root": chart.root, "viewport": chart.viewport, "source": chart.source, "x_range": chart.x_range}
    chart.price.js_on_change("inner_width", CustomJS(code=script("export.js"), args=args))
    start, place = components(chart.root)
    # Bokeh's own page would link to the scripts of whatever other libraries are loaded.
    library = "\n".join(f"<script>{text}</script>" for text in INLINE.clone(components=["bokeh"]).js_raw)
    title = escape(" ".join(filter(None, (shown.symbol, shown.spec))) or "Chart")
    panel = tokens(dark, palette).panel
    return _PAGE.format(title=title, panel=panel, library=library, chart=place, start=start)


# --- table ---------------------------------------------------------------------------------------------------------


def to_frame(shown: Shown) -> pd.DataFrame:
    """Bars and the values of the studies, indexed by ``time`` (UTC).

    A study with one output is the column of its label (``ema 20``); of others each output has one (``macd 12 26 9
    signal``). What is there twice is numbered.
    """
    bars = shown.bars
    found: dict[str, np.ndarray] = {name: bars[name] for name in bars.dtype.names if name != "time"}
    for drawn, values in shown.seen:
        outputs, rows = drawn.one.outputs, np.asarray(values, float)
        for at, output in enumerate(outputs):
            label = drawn.one.label if len(outputs) == 1 else f"{drawn.one.label} {output}"
            found[_free(label, found)] = rows[:, at]
    index = pd.DatetimeIndex(bars["time"].view("M8[ns]"), tz="UTC", name="time")
    return pd.DataFrame(found, index=index)


def to_csv(shown: Shown) -> bytes:
    """The table of ``to_frame`` as UTF-8 text; numbers read back as they are."""
    shown.needed()
    return to_frame(shown).to_csv(lineterminator="\n").encode()


def to_parquet(shown: Shown) -> bytes:
    """The table of ``to_frame`` as Parquet, which pandas reads back equal."""
    shown.needed()
    out = io.BytesIO()
    to_frame(shown).to_parquet(out, compression="zstd")
    return out.getvalue()


def _free(label: str, taken: Mapping[str, object]) -> str:
    name, count = label, 1
    while name in taken:
        count += 1
        name = f"{label} ({count})"
    return name
