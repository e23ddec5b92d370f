"""What a chart shows, to take away: picture (SVG, PNG), page (HTML) and table (CSV, Parquet). No browser is needed."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from workbench.charts.axes import scale_for
from workbench.charts.candles import CandleChart
from workbench.charts.columns import bar_columns
from workbench.charts.compare import Compared
from workbench.charts.marks import Marks
from workbench.charts.scripts import script
from workbench.charts.still_glyphs import drawable
from workbench.charts.still_sheet import Sheet
from workbench.charts.studies import Drawn
from workbench.charts.theme import BODY_PX, FONT, tokens
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
    """The part of a chart that is exported. Places on the time axis count from its first bar.

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
    last, rising
        The price that was traded last, if there is to be a line for it, and whether it rose.
    glyph, marks, type
        How the page draws the bars, see ``CandleChart.draw_as``, ``show`` and ``choose``.
    base
        The close that baselines compare with; that of the first bar when left out.
    scale
        Of prices: ``linear``, ``log`` or ``percent``.
    slot
        Ms from bar to bar on a calendar axis, where nights and weekends take their room; 0 for trading time.
    view
        Edges of the window; left out, all bars and some room.
    prices
        The lowest and the highest price of the axis; left out, it has room for what is in the window.
    sessions
        Columns of stretches of trading, as ``charts.axes`` has them; what is between them is shaded.
    drawings
        Columns of drawings, as ``charts.drawings`` has them.
    compared
        Other symbols, and a price of each for each bar.
    markers, links
        Columns of markers and of the lines between them, as ``charts.markers`` has them.
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
    last: float | None = None
    rising: bool = True
    glyph: str = "candle"
    marks: Marks = field(default_factory=Marks)
    type: str = "candles"
    base: float | None = None
    scale: str = "linear"
    slot: float = 0.0
    view: tuple[float, float] | None = None
    prices: tuple[float, float] | None = None
    sessions: Mapping[str, Any] = field(default_factory=dict)
    drawings: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    compared: Sequence[tuple[Compared, np.ndarray]] = ()
    markers: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, Any] = field(default_factory=dict)

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
        return stamps if self.dated else self._clock(stamps)

    def clock(self, instant: int) -> int:
        """Ns of an instant (UTC) on the clock that is shown."""
        return instant if self.dated else int(self._clock(np.array([instant]))[0])

    def _clock(self, stamps: np.ndarray) -> np.ndarray:
        return pd.DatetimeIndex(stamps.view("M8[ns]"), tz="UTC").tz_convert(self.zone).tz_localize(None).asi8

    @cached_property
    def edges(self) -> tuple[float, float]:
        """Edges of the window."""
        count = len(self.bars)
        return self.view or (-max(1.0, 0.02 * count), count + max(2.0, 0.04 * count))

    @property
    def base_close(self) -> float:
        """The close of the first bar in the window, which percents count from."""
        at = int(np.searchsorted(self.columns["x"], self.edges[0]))
        return float(self.bars["close"][min(at, len(self.bars) - 1)])

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
    """What the chart shows as one ``<svg>`` element with nothing outside of itself.

    Raises
    ------
    DataError
        There are no bars, or the size is out of its limits.
    """
    shown.needed()
    for side, asked, least in (("width", width, _LEAST[0]), ("height", height, _LEAST[1])):
        if not least <= asked <= _MOST:
            raise DataError(f"{side} {asked} px of a picture: it must be {least} to {_MOST}")
    shown = replace(shown, scale=scale_for(shown.scale, float(shown.bars["low"].min())))
    chart = chart_of(shown, dark=dark, palette=palette)
    # What the browser does when the chart opens there.
    if shown.scale == "log":
        chart.price.y_scale = chart.axis.scales["log"]
    lines = {f"y{one.slot}": placed for one, _, placed in chart.compare.still(shown.edges[0])}
    if lines:
        none = np.full(len(shown.bars), np.nan)
        blank = dict.fromkeys(chart.compare.drawn.data, none)
        chart.compare.drawn.data = {**blank, **lines, "x": shown.columns["x"]}
    if chart.types.worn is not None and not drawable(chart.types.worn.renderers):
        chart.choose("candles")
    sheet = Sheet(chart, shown, size=(width, height), theme=(dark, palette), font=_FONT)
    return sheet.drawn(" ".join(filter(None, (shown.symbol, shown.spec))))


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


def chart_of(shown: Shown, *, dark: bool, palette: str) -> CandleChart:
    """The chart as the page has it, with nobody to answer it."""
    chart = CandleChart(dark=dark, palette=palette, decimals=shown.decimals)
    chart.draw_as(shown.glyph)
    chart.choose(shown.type)
    chart.studies.place([drawn for drawn, _ in shown.seen])
    chart.show(
        shown.columns,
        marks=shown.marks,
        view=shown.edges,
        symbol=shown.symbol,
        spec=shown.spec,
        zone=shown.zone,
        clock="UTC" if shown.dated else shown.zone,
        dated=shown.dated,
        seconds=shown.seconds,
        shaped=shown.glyph != "candle",
        decimals=shown.decimals,
        tick=10.0**-shown.decimals,
        scale=shown.scale,
        axis="calendar" if shown.slot else "trading",
        slot=shown.slot,
        head=True,
        tail=True,
        last=shown.last,
        prices=shown.prices,
        rising=int(shown.rising),
        real="real_close" in shown.bars.dtype.names,
    )
    if shown.base is not None:
        chart.types.rebase(shown.base)
    for drawn, values in shown.seen:
        chart.studies.show(drawn.id, 0, np.asarray(values, float), shown.bars)
    if len(shown.sessions):
        chart.axis.trade(dict(shown.sessions))
    chart.compare.place([one for one, _ in shown.compared])
    chart.compare.show([values for _, values in shown.compared])
    if len(shown.drawings):
        fixed = {**shown.drawings, "locked": [True] * len(shown.drawings["id"])}
        chart.drawings.source.data = fixed
    if len(shown.markers):
        count = len(shown.markers["id"])
        chart.markers.show(dict(shown.markers), dict(shown.links), whole=count)
    return chart


# --- page ----------------------------------------------------------------------------------------------------------

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>html, body {{ height: 100%; margin: 0; background: {panel}; font: {body}px/1.4 {font}; }}
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
    chart = chart_of(shown, dark=dark, palette=palette)
    args = {"root": chart.root, "viewport": chart.viewport, "source": chart.source, "x_range": chart.x_range}
    chart.price.js_on_change("inner_width", CustomJS(code=script("export.js"), args=args))
    start, place = components(chart.root)
    # Bokeh's own page would link to the scripts of whatever other libraries are loaded.
    library = "\n".join(f"<script>{text}</script>" for text in INLINE.clone(components=["bokeh"]).js_raw)
    title = escape(" ".join(filter(None, (shown.symbol, shown.spec))) or "Chart")
    panel = tokens(dark, palette).panel
    return _PAGE.format(title=title, panel=panel, body=BODY_PX, font=FONT, library=library, chart=place, start=start)


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
