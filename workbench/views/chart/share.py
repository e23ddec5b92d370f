"""What leaves the chart: a link, a notebook cell, a picture, a page, a table."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from workbench.charts.compare import Compared
from workbench.charts.export import Shown, to_csv, to_html, to_parquet, to_png, to_svg
from workbench.charts.marks import marks_of
from workbench.charts.studies import Drawn
from workbench.errors import DataError, UnknownNameError, WorkbenchError, did_you_mean
from workbench.views.chart.part import Part
from workbench.views.chart.readers import FrameBars
from workbench.views.scripts import opens, with_el
from workbench.views.state import LINKED, AppState

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
_HALF = 0.49
_LINE, _WIDE = 100, 320  # characters of a line of code; width of the menu, px
#: What a cell says besides symbol and spec.
_TOLD = tuple(dict.fromkeys((*LINKED, "window", "bars")))
_log = logging.getLogger(__name__)

_MIME = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "html": "text/html",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
_MAKE: Mapping[str, Callable[..., bytes | str]] = {
    "png": to_png,
    "svg": to_svg,
    "html": to_html,
    "csv": lambda shown, **_: to_csv(shown),
    "parquet": lambda shown, **_: to_parquet(shown),
}


class ShareMenu(pn.custom.JSComponent):
    """The list of what can be copied and downloaded. Copying asks nobody."""

    code = param.String(default="", doc="The chart as a notebook cell.")

    _esm = with_el(_JS / "share.js")
    _stylesheets = [_CSS / "share.css"]

    def answer(self, **what: Any) -> None:
        """Hand the browser a file (``seq name mime body``) or a reason (``seq error``)."""
        self._send_msg(what)


class Share(Part):
    """Copies and downloads of a chart.

    Parameters
    ----------
    view
        The chart it belongs to.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        # With a width of its own: the panel is placed by its right edge before it is drawn.
        self.menu = ShareMenu(code=code_of(view), margin=0, width=_WIDE, css_classes=["wb-share-menu"])
        self.menu.on_msg(self._asked)
        popup = pmui.Popup(
            pn.Column(self.menu, width=_WIDE, margin=0),
            anchor_origin={"horizontal": "right", "vertical": "bottom"},
            transform_origin={"horizontal": "right", "vertical": "top"},
            sx=_POPUP,
        )
        self.button = pmui.Button(
            label="Share",
            size="small",
            variant="text",
            color="secondary",
            margin=0,
            height=28,
            description="Copy a link or code, download a picture, a page or a table",
            attached=[popup],
            css_classes=["wb-share"],
            sx=_BUTTON,
        )
        opens(self.button, popup)
        view.state.param.watch(lambda *_: self._tell(), [name for name in _TOLD if name in view.state.param])

    def tools(self) -> list[Any]:
        """The button of the menu."""
        return [self.button]

    def opened(self) -> None:
        """Other bars: other code."""
        self._tell()

    def shown(self) -> Shown:
        """What is in the window now, for ``charts.export``.

        Raises
        ------
        DataError
            There is nothing in it.
        """
        view = self.view
        history = view.history
        if history is None or not len(history):
            raise DataError(f"there are no bars of {view.state.symbol} on the chart to export: open a symbol with data")
        low = max(history.first, math.ceil(view.window[0] - _HALF))
        high = min(history.stop, math.floor(view.window[1] + _HALF) + 1)
        if high <= low:
            raise DataError("there are no bars in view to export: move the chart to where it has some")
        set_, chart = view.chart.source.tags[0], view.chart
        part = slice(low - history.first, high - history.first)
        last = self._last(set_)
        return Shown(
            history.records[part].copy(),
            symbol=view.instrument.symbol,
            spec=set_.get("spec", ""),
            studies=self._studies(low, high),
            zone=view.state.tz,
            decimals=set_["decimals"],
            dated=bool(set_.get("dated")),
            seconds=bool(set_.get("seconds")),
            calendar=view.instrument.calendar,
            last=None if last is None else last[0],
            rising=last is None or last[1],
            glyph=chart.glyph,
            marks=marks_of(view.spec, history.records, part, 0),
            type=chart.types.name,
            base=chart.types.base,
            scale=set_.get("scale", "linear"),
            slot=float(set_.get("slot", 0)) if set_.get("axis") == "calendar" else 0.0,
            view=(view.window[0] - low, view.window[1] - low),
            prices=_held(chart.viewport.data),
            sessions=_moved(chart.axis.sessions.data, -low, "open", "close"),
            drawings=_moved(chart.drawings.source.data, -low, "x"),
            compared=self._compared(low, high),
            markers=_moved(chart.markers.source.data, -low, "x"),
            links=_moved(chart.markers.links.data, -low, "x0", "x1"),
        )

    def _last(self, told: Mapping[str, Any]) -> tuple[float, bool] | None:
        """The price traded last and whether it rose, where the page has a line for it."""
        history = self.view.history
        if told.get("shaped"):
            return None if told.get("last") is None else (float(told["last"]), bool(told.get("rising", 1)))
        if not (history.at_end and self.view.shown[1] >= history.stop):
            return None
        newest = history.records[-1]
        price = newest["real_close" if "real_close" in history.records.dtype.names else "close"]
        return float(price), bool(newest["close"] >= newest["open"])

    def _compared(self, low: int, high: int) -> list[tuple[Compared, np.ndarray]]:
        """Compared symbols that are seen, and their prices; none while those of these bars are not there yet."""
        layer, first = self.view.chart.compare, self.view.shown[0]
        data = layer.source.data
        part = slice(low - first, high - first)
        if part.start < 0 or len(data["x"]) < part.stop:
            return []
        return [
            (one, np.array(data[one.column][part], float))
            for one in layer.placed
            if one.column in data and not (one.hidden or one.error)
        ]

    def make(self, ending: str, **look: Any) -> tuple[str, bytes | str]:
        """A name for a file of this kind, and what is in it.

        Parameters
        ----------
        ending
            ``png``, ``svg``, ``html``, ``csv`` or ``parquet``.
        look
            ``dark``, ``palette``; of pictures also ``width``, ``height``, of PNG ``scale``. The theme on the screen
            when left out.
        """
        if ending not in _MAKE:
            raise UnknownNameError(f"no file {ending!r} can be made of a chart: {did_you_mean(ending, list(_MAKE))}")
        shown = self.shown()
        return shown.name(ending), _MAKE[ending](shown, **{**self._theme(), **look})

    def write(self, path: Path | str, **look: Any) -> Path:
        """Write what is in view to a file, by its ending; ``look`` as in ``make``. No browser is needed."""
        path = Path(path).expanduser()
        made = self.make(path.suffix.lstrip(".").lower(), **look)[1]
        path.write_bytes(made.encode() if isinstance(made, str) else made)
        return path

    def _theme(self) -> dict[str, Any]:
        return {"dark": self.view.state.dark, "palette": getattr(self.view.state, "palette", "classic")}

    def _studies(self, low: int, high: int) -> list[tuple[Drawn, Any]]:
        view, found = self.view, []
        for entry in view.studies.entries:
            if entry.values is None or entry.error:
                continue
            glyphs = view.chart.studies.glyphs.get(entry.id)
            note = glyphs.source.tags[0]["note"] if glyphs is not None and glyphs.source.tags else ""
            found.append((Drawn(entry.id, entry.study, entry.values.one, note), entry.values.rows(low, high)))
        return found

    def _tell(self) -> None:
        self.menu.code = code_of(self.view)

    async def _asked(self, event: Any) -> None:
        what, seq = str(event.data["what"]), event.data["seq"]
        try:
            # The browser paints pixels itself; what takes long is made beside the page, not in its way.
            shown = self.shown()
            made = await asyncio.to_thread(_MAKE["svg" if what == "png" else what], shown, **self._theme())
            self.menu.answer(seq=seq, name=shown.name(what), mime=_MIME[what], body=made)
        except WorkbenchError as error:
            self.menu.answer(seq=seq, error=str(error.args[0] if error.args else error))
        except Exception:
            _log.exception("export of %s as %s", self.view.state.symbol, what)
            self.menu.answer(seq=seq, error=f"The {what} could not be made; the log of the server says why")


def code_of(view: Any) -> str:
    """A notebook cell that rebuilds a chart: symbol, bars, studies, and what else its link holds.

    Of a chart of bars that somebody handed in, the cell needs them as ``bars``, and says so.
    """
    state = view.state
    handed = view.history is not None and isinstance(view.history.reader, FrameBars)
    told = view.chart.source.tags[0].get("spec", "")
    if handed:
        # A spec that was guessed is guessed again.
        parts = ["bars", *([_text(str(view.spec))] if told == str(view.spec) else [])]
        note = f"# bars: the frame of {view.instrument.symbol} that this chart was given\n"
    else:
        parts, note = [_text(state.symbol), _text(state.spec)], ""
    defaults = AppState.param.values()
    for name in _TOLD:
        value = getattr(state, name, defaults.get(name))
        if name not in ("symbol", "spec", "studies") and value != defaults.get(name):
            parts += _told(name, value)
    studies = [_text(one) for one in getattr(state, "studies", [])]
    plain = ", ".join([*parts, *([f"studies=[{', '.join(studies)}]"] if studies else [])])
    if len(plain) <= _LINE - len("wb.chart()"):
        return f"import workbench as wb\n\n{note}wb.chart({plain})"
    lines = [f"    {part},\n" for part in parts]
    lines += ["    studies=[\n", *(f"        {one},\n" for one in studies), "    ],\n"] if studies else []
    return f"import workbench as wb\n\n{note}wb.chart(\n{''.join(lines)})"


def _held(told: Mapping[str, Any]) -> tuple[float, float] | None:
    """Prices at the edges of the axis where a hand put them, as the browser tells."""
    edges = [told[name][0] for name in ("low", "high") if len(told.get(name, ()))]
    if len(edges) < 2 or any(edge is None for edge in edges):
        return None
    low, high = map(float, edges)
    return (low, high) if math.isfinite(low) and low < high < math.inf else None


def _text(text: str) -> str:
    return f'"{text}"' if text.isprintable() and not set('"\\') & set(text) else repr(text)


def _told(name: str, value: Any) -> list[str]:
    """Arguments of a cell for one value of the state."""
    if name == "window":
        edges = (pd.Timestamp(edge, tz="UTC").isoformat().replace("+00:00", "Z") for edge in value)
        return [f'{edge}="{text}"' for edge, text in zip(("start", "end"), edges, strict=True)]
    return [f"{'type' if name == 'chart' else name}={_value(value)}"]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _text(value) if isinstance(value, str) else repr(value)


def _moved(data: Mapping[str, Any], by: float, *names: str) -> dict[str, Any]:
    """A copy of columns, those of places on the time axis moved; a place may be a list of them."""
    out = {name: list(column) if isinstance(column, list) else np.array(column) for name, column in data.items()}
    for name in names:
        nested = len(out[name]) and isinstance(out[name][0], (list, tuple, np.ndarray))
        out[name] = [[at + by for at in row] for row in out[name]] if nested else np.asarray(out[name], float) + by
    return out


#: Where there is no room for words an arrow out of a box stands for it; who hears the page still hears the word.
_WORDS_PX = 1500
_ICON = (
    "url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='none' "
    "stroke='black' stroke-width='1.3' stroke-linecap='round' stroke-linejoin='round'%3E"
    "%3Cpath d='M8 10V2M5 4.5L8 1.5l3 3M5 7H3v7h10V7h-2'/%3E%3C/svg%3E\") center / 16px no-repeat"
)
_BUTTON = {
    "fontSize": "12px",
    "minWidth": 0,
    "px": "8px",
    "py": "2px !important",
    f"@media (max-width: {_WORDS_PX}px)": {
        "fontSize": 0,
        "px": "6px",
        "&::after": {
            "content": '""',
            "width": "16px",
            "height": "16px",
            "backgroundColor": "currentColor",
            "mask": _ICON,
        },
    },
}
_POPUP = {
    "& .MuiPaper-root": {
        "border": "1px solid var(--wb-hairline)",
        "backgroundColor": "var(--wb-raised)",
        "mt": "4px",
        "maxWidth": "calc(100vw - 16px)",
    },
}
