"""A measure over two parameters as a heat map: colours by value, holes left blank, the best cell marked."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bokeh.embed import file_html
from bokeh.models import BasicTicker, ColorBar, ColumnDataSource, HoverTool, LinearColorMapper
from bokeh.plotting import figure as new_figure
from bokeh.resources import INLINE

from workbench.charts.theme import bokeh_theme, restyle, tokens

#: Size of the picture, px.
WIDTH, HEIGHT = 760, 480
#: Values of an axis that are written out at most.
_LABELS = 14
_STEPS = 64


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A heat map. A notebook shows it as it is; nothing is downloaded for it.

    Attributes
    ----------
    matrix
        The values, rows up and columns across.
    figure
        The Bokeh figure, for pages.
    dark
        Whether its colours are those of the dark theme.
    """

    matrix: pd.DataFrame
    figure: Any
    dark: bool

    def html(self) -> str:
        """A page of its own, with all that it needs."""
        return file_html(self.figure, INLINE, title="Heat map", theme=bokeh_theme(self.dark))

    def _repr_html_(self) -> str:
        style = f"width:{WIDTH + 20}px;max-width:100%;height:{HEIGHT + 20}px;border:0"
        return f'<iframe title="Heat map" srcdoc="{html.escape(self.html())}" style="{style}"></iframe>'


def heatmap(
    matrix: pd.DataFrame, *, measure: str = "value", more_is_better: bool = True, dark: bool = False
) -> Heatmap:
    """Draw values by two parameters.

    Parameters
    ----------
    matrix
        As ``Sweep.matrix`` gives it; NaN, and what is infinite, is left blank.
    measure
        Its name, for the title and the hover.
    more_is_better
        Which end of the colours is the good one.
    dark
        Colours of the dark theme.

    Notes
    -----
    Where values have both signs, the colours meet in 0: what wins and what loses is told at a glance. Else they span
    the values that are there.
    """
    t = tokens(dark)
    values = matrix.to_numpy(float)
    known = np.where(np.isfinite(values), values, np.nan)
    x, y = str(matrix.columns.name or "x"), str(matrix.index.name or "y")
    rows, columns = values.shape
    low, high = (float(np.nanmin(known)), float(np.nanmax(known))) if np.isfinite(known).any() else (0.0, 1.0)
    bad, good = t.down, t.up
    if not more_is_better:
        bad, good = good, bad
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
        ramp = ramp_between(bad, t.hairline, good)
    else:
        ramp = ramp_between(t.hairline, t.accent) if more_is_better else ramp_between(t.accent, t.hairline)
    if low == high:
        low, high = low - 0.5, high + 0.5
    mapper = LinearColorMapper(palette=ramp, low=low, high=high, nan_color=t.rgba("panel", 0.0))
    down, across = np.indices(values.shape)
    place = np.isfinite(known.ravel())
    across_names, down_names = [label_of(one) for one in matrix.columns], [label_of(one) for one in matrix.index]
    source = ColumnDataSource(
        {
            "x": across.ravel()[place], "y": down.ravel()[place], "value": known.ravel()[place],
            "across": np.array(across_names, object)[across.ravel()[place]],
            "down": np.array(down_names, object)[down.ravel()[place]],
        }
    )  # fmt: skip
    figure = new_figure(
        width=WIDTH, height=HEIGHT, x_range=(-0.5, columns - 0.5), y_range=(-0.5, rows - 0.5), x_axis_label=x,
        y_axis_label=y, title=measure, tools="pan,wheel_zoom,box_zoom,reset,save", toolbar_location="right",
        active_scroll=None,
    )  # fmt: skip
    figure.toolbar.logo = None
    cells = figure.rect(
        "x", "y", width=1, height=1, source=source, line_color={"field": "value", "transform": mapper},
        fill_color={"field": "value", "transform": mapper},
    )  # fmt: skip
    if place.any():
        flat = known.ravel()
        best = int(np.nanargmax(flat) if more_is_better else np.nanargmin(flat))
        figure.rect(
            x=[best % columns], y=[best // columns], width=1, height=1, fill_color=None, line_color=t.text,
            line_width=2, name="best",
        )  # fmt: skip
    tips = [(x, "@across"), (y, "@down"), (measure, "@value{0.0000}")]
    figure.add_tools(HoverTool(renderers=[cells], tooltips=tips))
    for axis, names in ((figure.xaxis[0], across_names), (figure.yaxis[0], down_names)):
        step = max(-(-len(names) // _LABELS), 1)
        axis.ticker = list(range(0, len(names), step))
        axis.major_label_overrides = {at: names[at] for at in range(0, len(names), step)}
    bar = ColorBar(color_mapper=mapper, ticker=BasicTicker(), width=10, padding=8, background_fill_color=t.panel)
    bar.update(major_label_text_color=t.muted, bar_line_color=None, major_tick_line_color=None)
    figure.add_layout(bar, "right")
    restyle(figure, dark)
    figure.grid.visible = False
    return Heatmap(matrix, figure, dark)


def ramp_between(*colours: str) -> list[str]:
    """Steps from one colour to the next."""
    points = np.array([[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in colours], float)
    at = np.linspace(0, len(points) - 1, _STEPS)
    channels = [np.interp(at, np.arange(len(points)), points[:, one]) for one in range(3)]
    return [f"#{round(r):02x}{round(g):02x}{round(b):02x}" for r, g, b in zip(*channels, strict=True)]


def label_of(value: Any) -> str:
    """A value as an axis writes it: six digits where it is a fraction."""
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)
