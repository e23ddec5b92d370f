"""The heat map of a sweep: two parameters, a measure, and what becomes of the others, chosen in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import param

from workbench.analytics import measures as known_measures
from workbench.charts.heat_board import HeatBoard
from workbench.charts.heatmaps import label_of
from workbench.sweep import Sweep
from workbench.sweep.measures import NAMES
from workbench.sweep.result import REDUCERS, more_is_better
from workbench.views.backtest.loaded import when_loaded
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: What stands in a slice for all values, which are then reduced to one.
ALL = -1
#: Stands for the axis of a sweep of one parameter that has no other.
NONE = ""


class Lens(pn.custom.JSComponent):
    """The choices over the heat map, as the browser draws them."""

    names = param.List(default=[], item_type=str, doc="Parameters that were swept over more than one value.")
    values = param.Dict(default={}, doc="The texts of the values of each.")
    measures = param.List(default=[], item_type=tuple, doc="Name and title of each measure.")
    reducers = param.List(default=list(REDUCERS), item_type=str, doc="What makes one number of many cells.")
    x = param.String(default="", doc="Parameter across.")
    y = param.String(default="", doc="Parameter upwards; empty where only one was swept.")
    measure = param.String(default="sharpe", doc="What is drawn.")
    reducer = param.String(default="median", doc="What makes one number of the cells over the other parameters.")
    slices = param.Dict(default={}, doc="Place of the value that each other parameter is held at; -1 for all.")

    _esm = with_el(_JS / "lens.js")
    _stylesheets = [_CSS / "lens.css"]


class HeatPanel(pn.viewable.Viewer):
    """The heat map with its choices.

    Parameters
    ----------
    on_cell
        Called with the number of a cell that was pressed.
    on_brush
        Called with the numbers of the cells that were brushed.
    """

    def __init__(
        self, on_cell: Callable[[int], object], on_brush: Callable[[np.ndarray], object], **params: Any
    ) -> None:
        super().__init__(**params)
        self._on_cell, self._on_brush = on_cell, on_brush
        self.sweep: Sweep | None = None
        self.lens = Lens(
            measures=[(name, title_of(name)) for name in NAMES], sizing_mode="stretch_width", margin=0,
            css_classes=["wb-lens"],
        )  # fmt: skip
        self.lens.on_msg(lambda event: when_loaded(lambda: self.choose(event.data)))
        self.board = HeatBoard(self._tapped, self._brushed)
        self._root = pn.Column(
            self.lens,
            pn.pane.Bokeh(self.board.root, sizing_mode="stretch_both", margin=0),
            css_classes=["wb-heat-panel"], stylesheets=[_LAY], sizing_mode="stretch_both", margin=0,
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def show(self, sweep: Sweep) -> None:
        """Show a sweep; what was chosen for one of the same parameters stays."""
        before, self.sweep = self.sweep, sweep
        names = varied(sweep)
        if before is None or varied(before) != names or not names:
            x = names[0] if names else next(iter(sweep.space.values))
            self.lens.param.update(x=x, y=names[1] if len(names) > 1 else NONE)
        texts = {name: [label_of(one) for one in sweep.space.values[name]] for name in sweep.space.names}
        self.lens.param.update(names=names, values=texts, slices=self._slices())
        self.draw()

    def draw(self) -> None:
        """Draw what there is of the sweep by now."""
        if self.sweep is None:
            return
        lens = self.lens
        texts = [lens.values[lens.x], lens.values[lens.y] if lens.y else [""]]
        found = board_of(self.sweep, lens.x, lens.y, measure=lens.measure, reducer=lens.reducer, slices=lens.slices)
        names = [lens.x, lens.y, title_of(lens.measure)]
        self.board.show(found, texts, names, good=more_is_better(lens.measure))

    def choose(self, data: Mapping[str, Any]) -> None:
        """Take over what was chosen: ``x``, ``y``, ``measure``, ``reducer``, or ``slice`` with ``name`` and ``at``."""
        what, value, lens = str(data.get("what")), str(data.get("value", "")), self.lens
        if what in ("x", "y") and value in lens.names:
            other = "y" if what == "x" else "x"
            swap = {other: getattr(lens, what)} if getattr(lens, other) == value else {}
            lens.param.update(**{what: value, **swap})
            lens.slices = self._slices()
        elif what == "measure" and value in NAMES or what == "reducer" and value in REDUCERS:
            lens.param.update(**{what: value})
        elif what == "slice" and data.get("name") in lens.slices:
            name, at = str(data["name"]), int(data["at"])
            lens.slices = lens.slices | {name: min(max(at, ALL), len(lens.values[name]) - 1)}
        self.brushed(None)
        self.draw()

    def brushed(self, spans: tuple[tuple[int, int], tuple[int, int]] | None) -> None:
        """Frame what is brushed; None for nothing."""
        self.board.brush(*(spans or (None,)))

    def mark(self, cell: int | None) -> None:
        """Frame a cell by its number; None for none."""
        place = None if cell is None or self.sweep is None else self._place(cell)
        self.board.mark(*(place or (None,)))

    def cells_at(self, columns: tuple[int, int], rows: tuple[int, int]) -> np.ndarray:
        """Numbers of the cells that are drawn between columns and rows, both included, and are over."""
        sweep, lens = self.sweep, self.lens
        if sweep is None:
            return np.zeros(0, np.int64)
        x, y = _codes(sweep, lens.x), _codes(sweep, lens.y)
        inside = (x >= columns[0]) & (x <= columns[1]) & (y >= rows[0]) & (y <= rows[1])
        return np.flatnonzero(inside & held(sweep, lens.slices) & ~np.isnan(sweep.sums["bars"]))

    def _place(self, cell: int) -> tuple[int, int]:
        sweep, lens = self.sweep, self.lens
        assert sweep is not None
        return int(_codes(sweep, lens.x)[cell]), int(_codes(sweep, lens.y)[cell])

    def _slices(self) -> dict[str, int]:
        lens = self.lens
        names = varied(self.sweep) if self.sweep is not None else []
        return {name: lens.slices.get(name, ALL) for name in names if name not in (lens.x, lens.y)}

    def _tapped(self, column: int, row: int) -> None:
        """The cell that is drawn there; of several that one nearest to what is drawn of them."""
        cells = self.cells_at((column, column), (row, row))
        if not len(cells) or self.sweep is None:
            return
        values = self.sweep.measure(self.lens.measure)[cells]
        off = np.abs(values - float(self.board.values[row, column]))
        self._on_cell(int(cells[np.argmin(np.where(np.isfinite(off), off, np.inf))]))

    def _brushed(self, columns: tuple[int, int], rows: tuple[int, int]) -> None:
        cells = self.cells_at(columns, rows)
        if len(cells):
            self.brushed((columns, rows))
            self._on_brush(cells)


def title_of(measure: str) -> str:
    """What a measure is called on the screen."""
    if measure in known_measures.names():
        return known_measures.get(measure).about.title
    return measure.replace("_", " ").capitalize()


def varied(sweep: Sweep) -> list[str]:
    """The parameters that have more than one value."""
    return [name for name, values in sweep.space.values.items() if len(values) > 1]


def held(sweep: Sweep, slices: Mapping[str, int]) -> np.ndarray:
    """bool[cells]: those that have the values at which slices hold parameters."""
    found = np.ones(len(sweep), bool)
    for name, at in slices.items():
        if at != ALL:
            found &= _codes(sweep, name) == at
    return found


def board_of(
    sweep: Sweep,
    x: str,
    y: str = NONE,
    *,
    measure: str,
    reducer: str = "median",
    slices: Mapping[str, int] | None = None,
) -> np.ndarray:
    """A measure by two parameters, float64[values of y, values of x]; NaN where no cell is, or none is over.

    Parameters
    ----------
    sweep
        Also one that is not over.
    x, y
        Columns and rows; without ``y`` there is one row.
    measure, reducer
        What is drawn, and what makes one number of several cells: ``median``, ``mean``, ``max`` or ``min``.
    slices
        Places of the values at which other parameters are held; -1 for all of them.
    """
    columns, rows = len(sweep.space.values[x]), len(sweep.space.values[y]) if y else 1
    values = sweep.measure(measure)
    used = np.isfinite(values) & held(sweep, slices or {})
    key, values = (_codes(sweep, y) * columns + _codes(sweep, x))[used], values[used]
    out = np.full(rows * columns, np.nan)
    order = np.lexsort((values, key))
    key, values = key[order], values[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    if not len(first):
        return out.reshape(rows, columns)
    count = np.diff(np.append(first, len(key)))
    if reducer == "mean":
        found = np.add.reduceat(values, first) / count
    elif reducer == "median":
        found = (values[first + (count - 1) // 2] + values[first + count // 2]) / 2
    else:
        found = values[first + count - 1] if reducer == "max" else values[first]
    out[key[first]] = found
    return out.reshape(rows, columns)


def _codes(sweep: Sweep, name: str) -> np.ndarray:
    """Which value of a parameter each cell has; zeros for no parameter."""
    if not name:
        return np.zeros(len(sweep), np.int64)
    return sweep.space.codes[:, sweep.space.names.index(name)].astype(np.int64)


_LAY = """
:host(.wb-heat-panel) { display: flex; flex-flow: column; gap: 0; overflow: hidden; background: var(--wb-panel); }
:host(.wb-heat-panel) > .wb-lens { flex: none; height: auto; }
:host(.wb-heat-panel) > .wb-heat, :host(.wb-heat-panel) > .bk-Figure { flex: 1 1 0; min-height: 0; }
"""
