"""Parallel coordinates: a line for each cell through the values of its parameters, brushed on any axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import param

from workbench.charts.heatmaps import label_of
from workbench.sweep import Sweep
from workbench.sweep.result import more_is_better
from workbench.views.backtest.loaded import when_loaded
from workbench.views.optimize.board import title_of
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Lines that are drawn: the best, and some that are spread evenly over the others.
MOST, _BEST = 1_200, 300
#: Places of an axis.
TOP = 1_000


class CoordinatesModel(pn.custom.JSComponent):
    """The lines as the browser draws them. Says what is brushed: from where to where on each axis, 0 to 1000."""

    axes = param.List(
        default=[], item_type=dict, doc="name, low and high as texts, and ticks (place and text) of each."
    )
    lines = param.List(
        default=[], item_type=list, doc="Places of each line on the axes, 0 to 1000; the best come last."
    )
    told = param.String(default="", doc="How many lines there are, and of how many.")
    turn = param.Integer(default=0, bounds=(0, None), doc="Counts sweeps: brushes of another are forgotten.")

    _esm = with_el(_JS / "coordinates.js")
    _stylesheets = [_CSS / "coordinates.css"]


class CoordinatesPanel(pn.viewable.Viewer):
    """Parallel coordinates of a sweep.

    Parameters
    ----------
    on_brush
        Called with the numbers of the cells that are brushed.
    """

    def __init__(self, on_brush: Callable[[np.ndarray], object], **params: Any) -> None:
        super().__init__(**params)
        self._on_brush = on_brush
        self.sweep: Sweep | None = None
        self._places = np.zeros((0, 0))
        self.model = CoordinatesModel(sizing_mode="stretch_both", margin=0)
        self.model.on_msg(lambda event: when_loaded(lambda: self.brush(event.data.get("spans") or {})))

    def __panel__(self) -> pn.viewable.Viewable:
        return self.model

    def show(self, sweep: Sweep, measure: str, *, fill: bool = True) -> None:
        """Draw the cells that are over; only when ``fill`` is asked for, as nobody sees them else."""
        other, self.sweep = sweep is not self.sweep, sweep
        if not fill:
            return
        self._places, axes = places_of(sweep, measure)
        chosen = chosen_of(sweep, measure)
        told = f"{len(chosen):,} of {len(sweep):,} cells" if len(chosen) < len(sweep) else f"{len(sweep):,} cells"
        lines = np.rint(self._places[chosen]).astype(int).tolist()
        self.model.param.update(axes=axes, lines=lines, told=told, turn=self.model.turn + int(other))

    def brush(self, spans: Mapping[str, Any]) -> None:
        """Take over what is brushed: low and high place by the number of the axis."""
        if self.sweep is None or not len(self._places):
            return
        inside = ~np.isnan(self._places).any(axis=1)
        for axis, (low, high) in spans.items():
            if 0 <= int(axis) < self._places.shape[1]:
                at = self._places[:, int(axis)]
                inside &= (at >= float(low) - 0.5) & (at <= float(high) + 0.5)
        cells = np.flatnonzero(inside)
        if len(cells) and spans:
            self._on_brush(cells)


def places_of(sweep: Sweep, measure: str) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Where each cell stands on the axes, float64[cells, parameters + 1] from 0 to 1000, and the axes themselves.

    Parameters stand by the order of their values, the measure, which is last, by its value; NaN where there is none.
    """
    columns, axes = [], []
    for name, values in sweep.space.values.items():
        if len(values) < 2:
            continue
        codes = sweep.space.codes[:, sweep.space.names.index(name)]
        columns.append(codes * (TOP / (len(values) - 1)))
        at = np.unique(np.linspace(0, len(values) - 1, min(len(values), 6)).astype(int))
        ticks = [[TOP * int(one) / (len(values) - 1), label_of(values[one])] for one in at]
        axes.append({"name": name, "ticks": ticks})
    found = np.where(np.isnan(sweep.sums["bars"]), np.nan, sweep.measure(measure))
    found = np.where(np.isfinite(found), found, np.nan)
    low, high = (np.nanmin(found), np.nanmax(found)) if np.isfinite(found).any() else (0.0, 1.0)
    room = float(high - low) or 1.0
    columns.append((found - low) / room * TOP)
    ticks = [[TOP * share, f"{low + share * room:.3g}".replace("-", "\u2212")] for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    axes.append({"name": title_of(measure), "ticks": ticks})
    return np.column_stack(columns), axes


def chosen_of(sweep: Sweep, measure: str) -> np.ndarray:
    """Numbers of the cells that are drawn, the best last."""
    values = sweep.measure(measure) * (1.0 if more_is_better(measure) else -1.0)
    usable = np.flatnonzero(np.isfinite(values) & ~np.isnan(sweep.sums["bars"]))
    order = usable[np.argsort(values[usable], kind="stable")]
    if len(order) <= MOST:
        return order
    rest = order[: len(order) - _BEST]
    spread = rest[np.linspace(0, len(rest) - 1, MOST - _BEST).astype(np.int64)]
    return np.concatenate([spread, order[len(order) - _BEST :]])
