"""The indicator browser: search, read, see on the bars that are shown, add."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from workbench.charts.study_text import Study
from workbench.errors import WorkbenchError
from workbench.indicators import indicators
from workbench.views.chart.fields import words
from workbench.views.chart.studies import ChartStudies
from workbench.views.chart.study_values import frame_of
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Bars of a preview; its numbers count in all that are at hand.
SHOWN = 120
_FAMILIES = {
    "averages": "Averages",
    "bands": "Bands",
    "cycle": "Cycles",
    "directional": "Direction",
    "flow": "Order flow",
    "momentum": "Momentum",
    "oscillators": "Oscillators",
    "patterns": "Candle patterns",
    "price": "Prices",
    "ranges": "Ranges",
    "statistics": "Statistics",
    "stops": "Stops",
    "trend": "Trend",
    "volatility": "Volatility",
    "volume": "Volume",
}
Recent = Callable[[], tuple[np.ndarray, float]]


class IndicatorList(pn.custom.JSComponent):
    """Search field, list and what is told of the indicator that is chosen. Filtering happens in the browser."""

    items = param.List(default=[], item_type=dict, doc="name, title and family of each.")
    chosen = param.String(default="", doc="Name of the indicator that is told of.")
    detail = param.String(default="", doc="What is told, as HTML.")
    said = param.String(default="", doc="What became of the last press of Add.")

    _esm = with_el(_JS / "indicators.js")
    _stylesheets = [_CSS / "indicators.css"]


class IndicatorBrowser(pn.viewable.Viewer):
    """A button of the top bar and the dialog that it opens.

    Parameters
    ----------
    studies
        Where indicators are added.
    recent
        Newest bars that are shown, for the preview.
    """

    def __init__(self, studies: ChartStudies, recent: Recent, **params: Any) -> None:
        super().__init__(**params)
        self.studies, self.recent = studies, recent
        self.list = IndicatorList(sizing_mode="stretch_width", margin=0, height=480, css_classes=["wb-indicator-list"])
        self.dialog = pmui.Dialog(
            self.list,
            title="Indicators",
            title_variant="subtitle1",
            show_close_button=True,
            close_on_click=True,
            width_option="md",
            margin=0,
            height=0,
            width=0,  # it takes no room in the bar
            sizing_mode="fixed",
            sx=_DIALOG,
        )
        self.button = pmui.Button(
            label="Indicators",
            size="small",
            variant="text",
            color="secondary",
            margin=0,
            height=28,
            description="Indicators on the chart (i)",
            css_classes=["wb-indicators"],
            sx={"fontSize": "12px", "minWidth": 0, "px": "8px", "py": "2px !important"},
        )
        self.button.on_click(lambda _: self.open())
        self.list.param.watch(lambda _: self._tell(), "chosen")
        self.list.on_msg(lambda said: self.add(str(said.data)))
        self._row = pn.Row(self.button, self.dialog, margin=0, sizing_mode=None)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._row

    def open(self) -> None:
        """Show all indicators there are."""
        if not self.list.items:
            self.list.items = listed()
            self.list.chosen = "ema" if "ema" in indicators.names() else self.list.items[0]["name"]
        else:
            self._tell()
        self.list.said = ""
        self.dialog.open = True

    def add(self, name: str) -> None:
        """Draw an indicator with the values it has by itself."""
        self.studies.add(Study(name))
        entry = self.studies.entries[-1] if self.studies.entries else None
        error = entry.error if entry is not None else ""
        if error:
            self.studies.change(entry.id, None)
        self.list.said = error or f"{words(name)} was added"

    def _tell(self) -> None:
        name = self.list.chosen
        if name:
            self.list.detail = told(name, self._preview(name))

    def _preview(self, name: str) -> str:
        from workbench.charts.picture import picture

        records = self.recent()[0]
        if not len(records):
            return ""
        bars = frame_of(records)
        bars.index = pd.to_datetime(bars["time"], utc=True)
        state = self.studies.state
        try:
            one = Study(name).indicator(self.studies.session or None)
            values = one(bars).iloc[-SHOWN:]
            drawn = picture(one, bars.iloc[-SHOWN:], width=440, height=210, dark=state.dark, values=values)
        except WorkbenchError as error:
            return f'<p class="wrong">{escape(str(error.args[0] if error.args else error))}</p>'
        return f"<figure>{drawn}<figcaption>{escape(state.symbol)}, newest {len(values)} bars</figcaption></figure>"


def listed() -> list[dict[str, str]]:
    """Name, title and family of all indicators, by family."""
    rows = [{"name": name, "title": kind.title, "family": family_of(kind)} for name, kind in indicators]
    order = list(_FAMILIES.values())
    rank = {family: at if family != "Candle patterns" else len(order) for at, family in enumerate(order)}
    return sorted(rows, key=lambda row: (rank.get(row["family"], len(order) + 1), row["title"].lower()))


def family_of(kind: type) -> str:
    """The family of an indicator, by the file that declares it; ``Others`` for what is not ours."""
    package, _, module = kind.__module__.rpartition(".")
    return _FAMILIES.get(module.partition("_")[0], "Others") if package == "workbench.indicators" else "Others"


def told(name: str, picture: str = "") -> str:
    """What an indicator is, as HTML: description, ``picture``, formula, parameters, source."""
    kind = indicators.get(name)
    about = " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split()).replace("``", "")
    one = kind()
    facts = [
        "over the prices" if kind.overlay else "pane of its own",
        f"first value after {one.warmup} bars" if one.warmup else "a value from the first bar on",
        *([] if kind.causal else ["repaints: later bars change what is drawn"]),
    ]
    parts = [f"<h3>{escape(kind.title)} <code>{escape(name)}</code></h3>", f"<p>{escape(about)}</p>", picture]
    if kind.formula:
        parts.append(f"<pre>{escape(kind.formula)}</pre>")
    rows = "".join(_row(kind.param[key]) for key in kind.param if key != "name")
    parts.append(f"<table>{rows}</table>" if rows else "")
    parts.append(f'<p class="facts">{escape(" · ".join(facts))}</p>')
    parts.append(f'<p class="source">{escape(kind.source.replace("``", ""))}</p>')
    return "".join(parts)


def _row(parameter: param.Parameter) -> str:
    doc = (parameter.doc or "").replace("``", "")
    return f"<tr><th>{escape(parameter.name)}</th><td>{escape(str(parameter.default))}</td><td>{escape(doc)}</td></tr>"


_DIALOG = {
    "& .MuiDialog-paper": {
        "border": "1px solid var(--wb-hairline)",
        "backgroundColor": "var(--wb-raised)",
        "backgroundImage": "none",
        "boxShadow": "none",
        "margin": "16px",
        "width": "calc(100% - 32px)",
    },
    "& .MuiDialogTitle-root": {"px": "16px", "pt": "12px", "pb": "4px"},
    "& [aria-label=close]": {"m": "6px 8px 0 0"},
    "& .MuiDialogContent-root": {
        "p": "0 !important",
        "borderTop": "1px solid var(--wb-hairline)",
        "overflow": "hidden",
    },
}
