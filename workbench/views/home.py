"""Home: which instruments there are and what they do right now, what to do first, what was done last, and health."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import param

from workbench.views.overview import Overview, OverviewModel, overview_model
from workbench.views.recent import first_steps, recent
from workbench.views.scripts import with_el
from workbench.views.state import AppState
from workbench.views.states import StatePanel, loading
from workbench.views.status import describe, hub_link
from workbench.views.values import ZoneParameter

TICK_MS = 1000
_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
_log = logging.getLogger(__name__)


class InstrumentTable(pn.custom.JSComponent):
    """A table that is drawn once and then patched cell by cell. Sorting and filtering happen in the browser."""

    rows = param.List(default=[], item_type=dict, doc="All fields of each row, see overview.Row.")
    patch = param.Dict(default={}, doc="Figures that changed: symbol -> last, change, spark, updated_ms, live.")
    query = param.String(default="", doc="What chart links carry along beside the symbol.")
    tz = ZoneParameter(default="UTC", doc="IANA zone of the times shown.")

    _esm = _JS / "instruments.js"
    _stylesheets = [_CSS / "home.css"]


class Facts(pn.custom.JSComponent):
    """Labelled facts, in a row or in a list."""

    items = param.List(default=[], item_type=dict, doc="label, value, hint, note and tone of each.")
    heading = param.String(default="", doc="Heading of a list.")
    flow = param.Selector(default="list", objects=["row", "list"], doc="Side by side or below one another.")

    _esm = _JS / "facts.js"
    _stylesheets = [_CSS / "home.css"]


class Links(pn.custom.JSComponent):
    """Lines that lead somewhere."""

    items = param.List(default=[], item_type=dict, doc="text, href, note, command and when (ms UTC) of each.")
    heading = param.String(default="", doc="What they are.")
    hint = param.String(default="", doc="What stands there when there are none.")

    _esm = with_el(_JS / "links.js")
    _stylesheets = [_CSS / "home.css"]


class HomeView(pn.viewable.Viewer):
    """The home page's main area.

    Parameters
    ----------
    services
        Gives catalog and hub.
    state
        Shared by the pages; its symbol, spec and zone go into the links.
    """

    source = param.String(default="", doc="Where live trades come from; shown in the status strip.")

    def __init__(self, services: Any, state: AppState | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.state = state or AppState()
        self._link = hub_link(services)
        self.model: OverviewModel = overview_model(services, lambda: self._link.hub)
        self._services = services
        self._owner = (pn.state.user or "") if pn.state.curdoc is not None else ""
        self._shown: dict[str, dict[str, Any]] = {}
        self._rows: list[str] = []
        self._busy = False
        css = [(_CSS / "home.css").read_text("utf-8")]
        self.table = InstrumentTable(
            tz=self.state.param.tz, query=_carried(self.state), sizing_mode="stretch_width", margin=0
        )
        self.totals = Facts(flow="row", sizing_mode="stretch_width", margin=0)
        self.health = Facts(heading="Health", sizing_mode="stretch_width", margin=0)
        self.sources = Facts(heading="Stored data", sizing_mode="stretch_width", margin=0)
        self.notice: StatePanel = loading("table", "Looking through the data", min_height=320)
        self.notice.param.watch(lambda _: self._again(), "clicks")
        self.steps = Links(heading="First steps", sizing_mode="stretch_width", margin=0)
        self.recent = Links(
            heading="Recent",
            hint="Layouts, stored runs and sweeps come here as they are kept.",
            sizing_mode="stretch_width",
            margin=0,
        )
        side = pn.Column(self.health, self.sources, css_classes=["wb-side"], stylesheets=css, margin=0)
        more = pn.Column(self.steps, self.recent, css_classes=["wb-home-more"], stylesheets=css, margin=0)
        main = pn.Column(self.table, more, css_classes=["wb-home-main"], stylesheets=css, margin=0)
        self._content = pn.Row(
            main,
            side,
            css_classes=["wb-home-content"],
            stylesheets=css,
            sizing_mode="stretch_width",
            margin=0,
            visible=False,
        )
        self.view = pn.Column(
            self.totals,
            self.notice,
            self._content,
            css_classes=["wb-home"],
            stylesheets=css,
            sizing_mode="stretch_both",
            margin=0,
        )
        self.state.param.watch(lambda *_: self.table.param.update(query=_carried(self.state)), ["spec", "tz"])
        self._callback = None
        if pn.state.curdoc is not None:
            pn.state.onload(self._start)

    async def refresh(self, *, force: bool = False) -> None:
        """Look through the catalog in a thread and show what there is."""
        if self._busy:
            return
        self._busy = True
        try:
            overview, done = await asyncio.gather(
                asyncio.to_thread(self.model.gather, force=force),
                asyncio.to_thread(recent, self._services, self._owner),
            )
        except Exception as error:
            _log.warning("the catalog cannot be read", exc_info=True)
            self._show_error(error)
        else:
            self.show(overview)
            self.steps.items, self.recent.items = first_steps(overview), done
        finally:
            self._busy = False

    def show(self, overview: Overview) -> None:
        """Draw an overview: rows anew when the set of instruments changed, else only the figures that moved."""
        self._show_facts(overview)
        if not overview.rows:
            self._rows = []
            self._content.visible = False
            self.notice.show_empty(
                "No market data yet",
                "Write the demo set (real daily history and 30 days of synthetic trades), or ingest files of your own.",
                commands=["workbench demo", "workbench ingest csv prices.csv --symbol ABC"],
                action="Look again",
            )
            self.notice.visible = True
            return
        symbols = [row.symbol for row in overview.rows]
        if symbols != self._rows or not self._content.visible:
            self._rows = symbols
            self._shown = {row.symbol: row.figures() for row in overview.rows}
            self.table.param.update(rows=[row.as_json() for row in overview.rows], patch={})
            self.notice.visible = False
            self._content.visible = True
            return
        patch = {}
        for row in overview.rows:
            figures, known = row.figures(), self._shown.get(row.symbol, {})
            if changed := {name: value for name, value in figures.items() if known.get(name) != value}:
                patch[row.symbol] = changed
                self._shown[row.symbol] = figures
        if patch:
            self.table.patch = patch

    async def tick(self) -> None:
        """Once a second: the live figures, and now and then the catalog again."""
        if self.model.due():
            await self.refresh()
        elif self._content.visible:
            self.show(self.model.tick())

    def _show_error(self, error: Exception) -> None:
        self._content.visible = False
        self._rows, self.totals.items = [], []
        folder = getattr(getattr(self._services, "settings", None), "data_dir", "the data folder")
        self.notice.show_error(
            error,
            doing="reading the catalog",
            action="Try again",
            text=f"Check {folder} and run workbench doctor. Live data is not affected.",
        )
        self.notice.visible = True
        self.health.items = [_fact("Catalog", "cannot be read", "bad"), *self._live_facts()]

    def _show_facts(self, overview: Overview) -> None:
        live = sum(row.live for row in overview.rows)
        self.source = ", ".join(sorted({row.source for row in overview.rows if row.live and row.source}))
        bad = [row for row in overview.rows if row.problem]
        _set(
            self.totals,
            []
            if not overview.rows
            else [
                _fact("Instruments", f"{len(overview.rows):,}"),
                _fact("Live now", f"{live:,}"),
                _fact("Data sets", f"{overview.datasets:,}"),
                _fact("Rows", compact(overview.stored_rows), hint=f"{overview.stored_rows:,} rows"),
                _fact("On disk", size(overview.stored_bytes), hint=f"{overview.stored_bytes:,} bytes"),
            ],
        )
        catalog = (
            _fact("Catalog", "readable", "good")
            if not bad
            else _fact(
                "Catalog", f"{len(bad)} unreadable", "bad", "; ".join(f"{r.symbol}: {r.problem}" for r in bad[:5])
            )
        )
        refused = overview.quarantined
        quarantine = (
            _fact("Quarantine", "empty", "good")
            if not refused
            else _fact(
                "Quarantine",
                f"{refused:,} rows",
                "warn",
                "Rows that could not be used; they are kept, with the reason, in data/<source>/quarantine",
            )
        )
        _set(self.health, [catalog, quarantine, *self._live_facts()])
        _set(
            self.sources,
            [
                _fact(name, size(stored), hint=f"{count:,} data sets, {rows:,} rows", note=f"{compact(rows)} rows")
                for name, (count, rows, stored) in overview.sources.items()
            ],
        )

    def _live_facts(self) -> list[dict[str, str]]:
        status = self._link.status()
        said = describe(status, 0)
        tone = {"live": "good", "off": "", "connecting": ""}.get(said["state"], "warn")
        facts = [_fact("Live bus", said["words"].split(",")[0], tone, said["detail"])]
        if said["gaps"]:
            facts.append(
                _fact(
                    "Gaps",
                    said["gaps"].split()[0],
                    "warn" if said["gapped"] else "good",
                    "Stretches of the live stream that never arrived",
                )
            )
        return facts

    def _again(self) -> None:
        self.notice.show_loading("table", "Looking through the data")
        pn.state.execute(partial(self.refresh, force=True))  # of a lambda nobody would wait for the end

    def _start(self) -> None:
        self.model.attach()
        pn.state.on_session_destroyed(lambda _: self.stop())
        self._callback = pn.state.add_periodic_callback(self.tick, period=TICK_MS)
        pn.state.execute(self.refresh)

    def stop(self) -> None:
        """Stop looking; called when the session ends."""
        callback, self._callback = self._callback, None
        if callback is not None:
            self.model.detach()
            if callback.running:
                callback.stop()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.view


def size(count: int) -> str:
    """Bytes with a decimal unit: ``12.4 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def compact(count: int) -> str:
    """A count with at most four figures: ``12.3 M``."""
    value = float(count)
    for unit in ("", " k", " M", " bn"):
        if value < 1000 or unit == " bn":
            return f"{value:.0f}{unit}" if not unit or value >= 100 else f"{value:.1f}{unit}"
        value /= 1000
    return str(count)


def _fact(label: str, value: str, tone: str = "", hint: str = "", note: str = "") -> dict[str, str]:
    return {"label": label, "value": value, "tone": tone, "hint": hint, "note": note}


def _set(facts: Facts, items: list[dict[str, str]]) -> None:
    if facts.items != items:
        facts.items = items


def _carried(state: AppState) -> str:
    return state.query.partition("&")[2]
