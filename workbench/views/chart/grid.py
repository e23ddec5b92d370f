"""One to eight charts on a page: how they are arranged, which one is active, and the top bar that acts on it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import panel as pn
import param

from workbench.market.specs import BarSpec
from workbench.views.chart.controls import controls, known_symbols
from workbench.views.chart.layouts import ChartLayouts
from workbench.views.chart.links import Links
from workbench.views.chart.view import ChartView
from workbench.views.several import ARRANGEMENTS, MOST, Arrangement
from workbench.views.state import AppState
from workbench.views.values import LINK_COLORS, LINK_USUAL, LINK_WHAT
from workbench.views.visits import when_visited

#: How often the page looks whether what is open must be kept.
KEEP_MS = 250
#: Until the tools of another chart are drawn, and can stand in for those that are shown (ms).
SWAP_MS = 250
_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"


class GridMenu(pn.custom.JSComponent):
    """A button with the arrangements as pictures, and the keys that choose a chart."""

    arrangements = param.List(default=[], item_type=dict, doc="name, title and rows of letters of each.")
    value = param.Selector(default="one", objects=list(ARRANGEMENTS), doc="The arrangement that is shown.")
    active = param.Integer(default=0, bounds=(0, MOST - 1), doc="Place of the active chart.")
    count = param.Integer(default=1, bounds=(1, MOST), doc="How many charts are shown.")
    full = param.Boolean(default=False, doc="Whether the active chart has the page to itself.")

    _esm = _JS / "grid_menu.js"
    _stylesheets = [_CSS / "grid_menu.css"]


class CellHead(pn.custom.JSComponent):
    """The line over a chart that is one of several: its colour, its name, a frame when it is active."""

    place = param.Integer(default=0, bounds=(0, MOST - 1), doc="Place of the chart, from 0.")
    title = param.String(default="", doc="Symbol and bars.")
    active = param.Boolean(default=False, doc="Whether the top bar acts on it; said by the server alone.")
    pressed = param.Integer(default=0, bounds=(0, None), doc="How often the chart became active by a press.")
    full = param.Boolean(default=False, doc="Whether it has the page to itself.")
    link = param.String(default="", doc="Colour and what is linked, as in the state.")
    colors = param.List(default=list(LINK_COLORS), item_type=str, doc="Colours there are.")
    kinds = param.List(default=list(LINK_WHAT), item_type=str, doc="What can be linked.")
    usual = param.List(default=list(LINK_USUAL), item_type=str, doc="What a colour links at first.")

    _esm = _JS / "grid_head.js"
    _stylesheets = [_CSS / "grid_head.css"]


class _Cell:
    """One chart of the grid with its head, which is drawn when there are several."""

    def __init__(self, grid: ChartGrid, state: AppState) -> None:
        self.state = state
        self.view = ChartView(grid.services, state, railed=False, live=grid.live)
        self.view._started = True  # the grid says when its bars are read
        self.head: CellHead | None = None
        self.grid = grid
        self.box = pn.Column(
            self.view,
            sizing_mode="stretch_both",
            margin=0,
            min_height=_LEAST,
            css_classes=["wb-cell"],
            stylesheets=[_CELL],
        )

    @cached_property
    def rail(self) -> list[Any]:
        """Its tools at the left edge of the page, made when it is first active."""
        return [one for part in self.view.parts for one in part.rail()]

    @cached_property
    def belt(self) -> pn.Row:
        """Its tools in the top bar, made when it is first active."""
        return pn.Row(*self.view.tools(), margin=0, sizing_mode=None, css_classes=["wb-belt"], stylesheets=[_BELT])

    def dress(self, place: int, alone: bool, active: bool, full: bool) -> None:
        """Take a place on the page."""
        if not alone and self.head is None:
            self.head = CellHead(margin=0, sizing_mode="stretch_width")
            self.head.param.watch(self._pressed, ["pressed", "full", "link"])
            self.state.param.watch(lambda *_: self._name(), ["symbol", "spec", "link"])
        if self.head is not None:
            self.head.param.update(place=place, active=active, full=full)
            self._name()
        objects = [self.view] if alone else [self.head, self.view]
        if len(self.box.objects) != len(objects):
            self.box.objects = objects

    def _name(self) -> None:
        self.head.param.update(title=f"{self.state.symbol} · {self.state.spec}", link=self.state.link)

    def _pressed(self, *events: param.parameterized.Event) -> None:
        for event in events:
            if event.name == "pressed":
                self.grid.activate(self)
            elif event.name == "full" and event.new != (self.grid.full and self.grid.cell is self):
                self.grid.activate(self)
                self.grid.full = event.new
            elif event.name == "link":
                self.state.link = event.new

    def close(self) -> None:
        """Let go of the hub."""
        self.view.close()


class ChartGrid(pn.viewable.Viewer):
    """The charts of a page. The first bars that are read are those of the active chart.

    Parameters
    ----------
    services
        Gives catalog, hub and workspaces.
    state
        Of the page: ``arrangement``, ``active`` and ``charts`` say what is shown; what else it says is of the active
        chart.
    live
        Draw trades as they arrive.
    """

    full = param.Boolean(default=False, doc="Whether the active chart has the page to itself.")
    source = param.String(default="", doc="Where the bars of the active chart come from.")
    note = param.String(default="", doc="What the active chart wants to say beside the feed's state.")

    def __init__(self, services: Any, state: AppState, *, live: bool = True, **params: Any) -> None:
        super().__init__(**params)
        self.services, self.state, self.live = services, state, live
        self.layouts = ChartLayouts(services, state)
        state.opened_charts()
        self.links = Links(state)
        self.cells: list[_Cell] = []
        self._begun = False
        self._turn = 0
        self._keeping: Any = None
        self.menu = GridMenu(
            arrangements=[_pictured(name, one) for name, one in ARRANGEMENTS.items()], margin=0, sizing_mode=None
        )
        self._belt = pn.Row(margin=0, sizing_mode=None, css_classes=["wb-belt"], stylesheets=[_BELT])
        self._rail = pn.Column(margin=0, sizing_mode="stretch_height", stylesheets=[_RAIL])
        # A row, because a column is as high as all charts together, and has a button of its own.
        self._area = pn.Row(sizing_mode="stretch_both", margin=0, css_classes=["wb-grid"], stylesheets=[_AREA])
        self._root = pn.Row(self._rail, self._area, sizing_mode="stretch_both", margin=0)
        self._lay()
        self._tooled = self.cell
        self._belt.objects = [self.cell.belt]
        self._rail.objects = self.cell.rail
        state.param.watch(lambda *_: self._lay(), ["arrangement", "charts"])
        state.param.watch(lambda _: self._activated(), "active")
        self.param.watch(lambda _: self._lay(), "full")
        self.menu.param.watch(self._chosen, ["value", "active", "full"])

    @property
    def cell(self) -> _Cell:
        """The active chart with its place."""
        return self.cells[self.state.active]

    @property
    def view(self) -> ChartView:
        """The active chart."""
        return self.cell.view

    @property
    def views(self) -> list[ChartView]:
        """All charts that are shown, in their order."""
        return [cell.view for cell in self.cells]

    def controls(self) -> list[Any]:
        """What stands in the page's top bar. It acts on the active chart."""
        *built, zone = controls(
            self.state,
            *known_symbols(self.services),
            recent=lambda: self.view.recent(),
            studies=_ActiveStudies(self),
        )
        return [*built, self._belt, self.menu, *self.layouts.tools(), zone]

    def activate(self, cell: _Cell) -> None:
        """Have the top bar act on this chart."""
        if cell in self.cells:
            self.state.active = self.cells.index(cell)

    def __panel__(self) -> pn.viewable.Viewable:
        if not self._begun:
            when_visited(self._travel)
            pn.state.onload(self._begin)
        return self._root

    def _travel(self) -> None:
        """Have the bars of the active chart come with the page."""
        if BarSpec.parse(self.state.spec).timed:  # others may be made of all trades
            self._read([self.cell])

    def close(self) -> None:
        """Let go of the hub; called when the session ends."""
        if self._keeping is not None and self._keeping.running:
            self._keeping.stop()
        for cell in self.cells:
            cell.close()

    # --- reading --------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._begun = True
        first = self.cell
        self._read([first, *(cell for cell in self.cells if cell is not first)])
        if pn.state.curdoc is not None:
            self._keeping = pn.state.add_periodic_callback(self.layouts.polled, period=KEEP_MS)
            pn.state.on_session_destroyed(lambda _: self.close())

    def _read(self, cells: list[_Cell]) -> None:
        """Have charts read their bars one after the other; each is on its way before the next one is read."""
        if not cells:
            return
        one, *rest = cells
        if one in self.cells and not one.view._begun:
            one.view._begin()
            self._tell()
        document = pn.state.curdoc
        if document is None:
            self._read(rest)
        elif rest:
            document.add_next_tick_callback(lambda: self._read(rest))

    # --- what is shown --------------------------------------------------------------------------------------------

    def _lay(self) -> None:
        """Bring the cells to the charts of the state; what stays is not drawn anew."""
        states = self.state.opened_charts()
        held = {id(cell.state): cell for cell in self.cells}
        cells = [held.pop(id(state), None) or self._cell(state) for state in states]
        changed = cells != self.cells
        self.cells = cells
        full = self.full and len(cells) > 1
        alone = len(cells) == 1
        arrangement = ARRANGEMENTS["one" if full else self.state.arrangement]
        for place, cell in enumerate(cells):
            active = place == self.state.active
            cell.dress(place, alone, active, full and active)
            cell.box.styles = {"grid-area": "a" if full else "abcdefgh"[place]}
            cell.box.visible = active or not full
        self._area.stylesheets = [_AREA, _template(arrangement)]
        if changed:
            self._area.objects = [cell.box for cell in cells]
        for gone in held.values():
            gone.close()
        self.menu.param.update(value=self.state.arrangement, active=self.state.active, count=len(cells), full=full)
        if changed and self._begun:
            self._read([cell for cell in cells if not cell.view._begun])
            self._swap()

    def _cell(self, state: AppState) -> _Cell:
        cell = _Cell(self, state)
        cell.view.param.watch(lambda *_: self._tell(), ["source", "note"])
        return cell

    def _activated(self) -> None:
        if self.state.active >= len(self.cells):
            return  # the charts come with it
        if self.full:
            self._lay()
        for place, cell in enumerate(self.cells):
            if cell.head is not None:
                cell.head.active = place == self.state.active
        self.menu.active = self.state.active
        self._tell()
        self._swap()

    def _swap(self) -> None:
        """Put the tools of the active chart in the place of those that are shown, once they are drawn."""
        self._turn += 1
        turn, cell, shown = self._turn, self.cell, self._tooled
        if cell is shown:  # its tools cannot stand in two places at once
            if len(self._belt.objects) > 1:
                self._belt.objects = [cell.belt]
            return

        def done() -> None:
            if turn == self._turn:
                self._tooled = cell
                cell.belt.visible = True
                self._belt.objects, self._rail.objects = [cell.belt], cell.rail

        if pn.state.curdoc is None:
            done()
            return
        cell.belt.visible = False
        self._belt.objects = [shown.belt, cell.belt]
        pn.state.curdoc.add_timeout_callback(done, SWAP_MS)

    def _tell(self) -> None:
        self.param.update(source=self.view.source, note=self.view.note)

    def _chosen(self, *events: param.parameterized.Event) -> None:
        for event in events:
            if event.name == "value":
                self.full = False
                self.state.arrange(event.new)
            elif event.name == "active":
                self.state.active = min(event.new, len(self.cells) - 1)
            else:
                self.full = event.new


class _ActiveStudies:
    """The studies of whichever chart is active, for the indicator browser."""

    def __init__(self, grid: ChartGrid) -> None:
        self._grid = grid

    def __getattr__(self, name: str) -> Any:
        return getattr(self._grid.view.studies, name)


def _pictured(name: str, one: Arrangement) -> dict[str, Any]:
    return {"name": name, "title": one.title, "rows": list(one.rows)}


def _template(one: Arrangement) -> str:
    """Style of the grid for an arrangement."""

    def areas(rows: tuple[str, ...]) -> str:
        named = " ".join(f'"{" ".join(row)}"' for row in rows)
        return (
            f":host(.wb-grid) {{ grid-template-areas: {named}; "
            f"grid-template-columns: repeat({len(rows[0])}, minmax(0, 1fr)); "
            f"grid-template-rows: repeat({len(rows)}, minmax({_LEAST}px, 1fr)); }}"
        )

    narrow = f"@media (max-width: 900px) {{ {areas(one.narrow)} }}" if one.narrow else ""
    return f"{areas(one.rows)}\n{narrow}"


#: Height that a chart has at least, px; a page with no room for that scrolls.
_LEAST = 320
#: Its tools stand in the top bar as if they were in no box.
_BELT = ":host(.wb-belt) { display: contents; } :host(.wb-belt) > * { margin: 0; align-self: center; flex: none; }"
# On narrow pages the tools are behind a button of the top bar.
_RAIL = """
:host { flex: none; width: auto; }
@media (max-width: 900px) { :host { display: none !important; } }
"""
_AREA = (
    ":host(.wb-grid) { display: grid; gap: 1px; background: var(--wb-hairline); overflow: hidden auto; min-width: 0; }"
)
_CELL = """
:host(.wb-cell) { position: relative; width: auto; height: auto; min-width: 0; min-height: 0;
  background: var(--wb-panel); overflow: hidden; gap: 0; }
"""
