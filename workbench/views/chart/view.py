"""The chart as a Viewer: history, paging, level of detail and live bars around one ``CandleChart``.

The figure and its source are made once; symbol, spec, zone and theme change what they hold, never rebuild them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import param

from workbench.charts.candles import FIRST_VIEW, MAX_BARS, CandleChart
from workbench.charts.columns import bar_columns
from workbench.charts.marks import Marks, marks_of
from workbench.market.events import BAR
from workbench.market.instruments import Instrument
from workbench.market.specs import BarSpec
from workbench.views.chart.cell import look_after
from workbench.views.chart.controls import controls, known_symbols
from workbench.views.chart.cover import Cover
from workbench.views.chart.detail import redrawn, spec_for
from workbench.views.chart.frames import Frame
from workbench.views.chart.goto import go_to
from workbench.views.chart.history import CHUNK, History
from workbench.views.chart.instants import look_at
from workbench.views.chart.live import LiveFeed
from workbench.views.chart.look import Look, told
from workbench.views.chart.markers import ChartMarkers, OnSelect
from workbench.views.chart.origin import Origin, carried, countdown, other_spec
from workbench.views.chart.pace import FASTEST, Paced
from workbench.views.chart.part import Part
from workbench.views.chart.parts import PARTS
from workbench.views.chart.readers import BarReader
from workbench.views.chart.studies import ChartStudies
from workbench.views.chart.study_dialog import StudyDialog
from workbench.views.state import AppState

#: How often a session may ask the hub whether something changed; its pace says when it does.
POLL_MS = round(1000 / FASTEST)
#: Bytes of a message at most, where it can be helped, and of one bar in it.
MESSAGE, BAR_BYTES = 200_000, 76
_RIGHT_GAP = 0.04


class ChartView(pn.viewable.Viewer):
    """Candles and volume of a symbol, or of bars that are handed in.

    Parameters
    ----------
    services
        Gives catalog and hub. Not needed with ``bars``.
    state
        ``symbol spec tz dark palette``; one of its own when left out.
    bars
        A frame of bars (as ``catalog.bars`` gives) to draw instead of a symbol of the catalog; or a ``Frame``, which
        also says what bars they are.
    bus
        Address of a replay's bus to follow, whatever the state's ``replay`` says; empty for none.
    """

    live = param.Boolean(default=True, doc="Draw the forming bar as trades arrive.")
    source = param.String(default="", doc="Where the bars come from; the status strip shows it.")
    railed = param.Boolean(default=True, constant=True, doc="Whether tools stand at its left edge.")
    note = param.String(default="", doc="What the chart wants to say beside the feed's state.")

    def __init__(
        self,
        services: Any = None,
        state: Any = None,
        bars: pd.DataFrame | Frame | None = None,
        live: bool = True,
        *,
        bus: str = "",
        **params: Any,
    ) -> None:
        super().__init__(live=live, **params)
        self.services = services
        self.state = state if state is not None else AppState()
        self.frame = Frame(bars) if isinstance(bars, pd.DataFrame) else bars
        self.origin = Origin(services if self.frame is None else None, self.state, bus, live=live)
        self.instrument = Instrument("")
        self.history: History | None = None
        self.spec = BarSpec.parse(self.state.spec)
        self._look, self._worked, self._epoch = Look.of(self.spec), "", 0
        self._price: float | None = None
        self.shown, self.window = (0, 0), (0.0, float(FIRST_VIEW))
        self._feed, self._poll = LiveFeed(), None
        self.chart = CandleChart(dark=self.state.dark, palette=getattr(self.state, "palette", "classic"))
        self.chart.viewport.on_change("data", self._looked)
        self.studies = ChartStudies(self.chart, self.state, lambda number: self.dialog.edit(number))
        self.dialog = StudyDialog(self.studies)
        self._pane = pn.pane.Bokeh(self.chart.root, sizing_mode="stretch_both", margin=0, min_height=290)
        self._cover = Cover(self.reload, lambda spec: self.state.param.update(spec=spec))
        self.parts: list[Part] = [part(self) for part in PARTS]
        rail = [one for part in self.parts for one in part.rail()] if self.railed else []
        self._root = pn.Column(
            pn.Row(*rail, self._pane, sizing_mode="stretch_both", margin=0) if rail else self._pane,
            self._cover.root,
            self.dialog,
            sizing_mode="stretch_both",
            margin=0,
            min_height=320 if self.railed else 290,
            css_classes=["wb-chart-view"],
            styles={"position": "relative"},
        )
        again = [name for name in ("symbol", "spec", "replay") if name in self.state.param]
        self.state.param.watch(lambda *_: self.reload(), again)
        self.state.param.watch(lambda *_: self._dress(), ["tz"])
        self.state.param.watch(
            lambda *_: self.chart.theme(self.state.dark, getattr(self.state, "palette", "classic")), ["dark", "palette"]
        )
        self.param.watch(lambda *_: self._attach(), "live")
        self._started = self._begun = self._missing = False

    def controls(self) -> list[Any]:
        """Symbol search, bar specs and zone, for the page's top bar."""
        services = self.services if self.frame is None else None
        *built, zone = controls(self.state, *known_symbols(services), recent=self.recent, studies=self.studies)
        return [*built, *self.tools(), zone]

    def tools(self) -> list[Any]:
        """What its parts offer in the page's top bar."""
        return [tool for part in self.parts for tool in part.tools()]

    def markers(self, frame: pd.DataFrame | None, on_select: OnSelect | None = None) -> None:
        """Show trades, events and alerts; ``on_select`` is called with the row that is pressed.

        ``charts.markers.read_markers`` says what columns there are; None takes the markers away.
        """
        next(part for part in self.parts if isinstance(part, ChartMarkers)).put(frame, on_select)

    def go_to(self, moment: Any, at: float = 0.5) -> bool:
        """Bring the bar of a moment (timestamp, naive ones UTC, or ns) to a part of the window; whether it exists."""
        with pn.io.hold():
            return go_to(self, int(pd.Timestamp(moment).value), at)

    def redraw(self, window: tuple[float, float] | None = None, changed: int | None = None) -> None:
        """Draw ``history`` after somebody changed it: in ``window``, or from the bar ``changed`` on what is new."""
        self.spec = self.history.spec
        self._show(window) if changed is None else self._draw_live(changed)

    def recent(self) -> tuple[np.ndarray, float]:
        """The newest bars that are held (BAR) and the price step, for sizes that suit the instrument."""
        held = np.zeros(0, BAR) if self.history is None else self.history.records
        return held[-500:], self.instrument.tick_size

    def __panel__(self) -> pn.viewable.Viewable:
        if not self._started:
            self._started = True
            if self.frame is not None:
                self._begin()  # the bars travel with the page
            else:
                pn.state.onload(self._begin)
        return self._root

    # --- loading --------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._begun = True
        self.reload()
        if self.frame is not None or self.services is None:
            return
        if pn.state.curdoc is None:
            self._poll = look_after(self._root, Paced(self).tick, POLL_MS, there=self.chart.is_seen)
            return

        def look() -> None:  # not before the browser listens: what it is told while it builds the page is lost
            self._poll = pn.state.add_periodic_callback(Paced(self).tick, period=POLL_MS)

        pn.state.onload(look)
        pn.state.on_session_destroyed(lambda _: self.close())

    def close(self) -> None:
        """Let go of the hub; called when the session ends."""
        if self._poll is not None and self._poll.running:
            self._poll.stop()
        self._feed.detach()
        for part in self.parts:
            part.close()
        self.origin.close()

    def reload(self) -> None:
        """Show the newest bars of the state's symbol and spec."""
        if not self._begun:
            return
        with pn.io.hold():
            try:
                self._open()
            except Exception as error:
                self._fail(error)

    def _open(self) -> None:
        self.spec, self.history = BarSpec.parse(self.state.spec), None
        self._feed.detach()
        reader = self._reader()
        if not self.origin.ready(self._cover):
            return
        self._look = Look.of(self.spec) if self.frame is None else self.frame.look
        self._price = None
        self._missing = reader is None or reader.coverage() is None
        if self._missing:
            self._cover.no_data(self.state.symbol)
            return
        history = History(reader, self.spec).open()
        if self._look.shaped:
            self._price = reader.last_price()
        self.history = history
        self._attach()
        if not len(history):
            self.origin.nothing(self._cover, self)
            return
        self.chart.draw_as(self._look.glyph, widest=self._look.widest)
        self._worked = self.state.spec
        self._to_end()
        self._cover.hide()  # last: what is told one after the other is not seen half
        for part in self.parts:
            part.opened()

    def _appeared(self) -> bool:
        """Whether there is data now of a symbol that had none: it was imported or pushed meanwhile."""
        catalog, symbol = getattr(self.services, "catalog", None), self.instrument.symbol
        return catalog is not None and bool(catalog.store.held(symbol)) and catalog.coverage(symbol) is not None

    def _reader(self) -> BarReader | None:
        if self.frame is not None:
            self.instrument = self.frame.instrument
            self.spec = self.frame.spec
            return self.frame.reader
        if self.services is None:
            return None
        catalog = self.services.catalog
        self.instrument = catalog.master.get_or_default(self.state.symbol)
        reader = self.origin.open(self.instrument.symbol, self.spec)
        if self.state.symbol not in catalog.symbols() and self.instrument.symbol not in catalog.symbols():
            return None
        self.source = ", ".join(catalog.sources(self.instrument.symbol))
        return reader

    def _fail(self, error: Exception) -> None:
        self._cover.failed(error, f"reading {self.state.symbol} {self.state.spec}", other_spec(self))

    # --- what is on screen ----------------------------------------------------------------------------------------

    def _to_end(self) -> None:
        history = self.history
        if not history.at_end:
            history = self.history = History(history.reader, history.spec).open()
            self._feed.merge(history, again=True)
        bars = min(self._look.opening, max(len(history), 40))
        self._show((history.stop - bars, history.stop + max(2, bars * _RIGHT_GAP)))

    def _to_start(self) -> None:
        history = self.history
        if not history.at_start:
            history = self.history = History(history.reader, history.spec).open_start()
        width = min(self.window[1] - self.window[0], MAX_BARS)
        while history.stop < history.first + width and history.newer():
            pass
        self._show((history.first - 3, history.first - 3 + width))

    def _show(self, view: tuple[float, float] | None = None) -> None:
        """Fill the source around the window; move the window when ``view`` is given."""
        history = self.history
        if view is not None:
            self.window = view
            self._epoch += 1
        low, high = history.around(*self.window, least=3 * self._look.opening)
        self.shown = (low, high)
        self.chart.show(self._columns(low, high), marks=self._marks(), view=view, **self._facts())
        columns = sum(len(glyphs.source.data) for glyphs in self.chart.studies.glyphs.values())
        if pn.state.curdoc is not None and (high - low) * (BAR_BYTES + 8 * columns) > MESSAGE:
            pn.state.curdoc.add_next_tick_callback(self._draw_studies)  # in a message of their own
        else:
            self._draw_studies()
        for part in self.parts:
            part.drawn()

    def _draw_studies(self) -> None:
        if self.history is not None:
            self.studies.draw(self.history, self.shown, self.instrument.session)

    def _columns(self, low: int, high: int) -> dict[str, np.ndarray]:
        history = self.history
        rows = history.records[low - history.first : high - history.first]
        return bar_columns(rows, low, dated=self._look.dated, calendar=self.instrument.calendar)

    def _marks(self) -> Marks:
        history, (low, high) = self.history, self.shown
        return marks_of(history.spec, history.records, slice(low - history.first, high - history.first), low)

    def _facts(self) -> dict[str, Any]:
        asked, shown = self.state.spec, str(self.spec)
        coarser = self.frame is None and shown != asked
        return {
            **told(self._look, self.history, self.shown, traded=self._traded()),
            "symbol": self.instrument.symbol,
            "auto": f"{asked} has too many bars for this window" if coarser else "",
            "clock": "UTC" if self._look.dated else self.state.tz,
            "zone": self.state.tz,
            "decimals": self.instrument.decimals,
            "tick": self.instrument.tick_size,
            "epoch": self._epoch,
        }

    def _traded(self) -> float | None:
        """The price traded last, where bars do not tell it."""
        if not self._look.shaped:
            return None
        price = self._feed.last_price
        return self._price if price is None else price

    def _dress(self) -> None:
        if self.history is not None:
            self.chart.settings(**self._facts())

    # --- the user moves -------------------------------------------------------------------------------------------

    def _looked(self, attr: str, old: Any, new: Any) -> None:
        if self.history is None or not len(new.get("start", ())):
            return
        asked = new["ask"][0]
        # A window of an older epoch counts in bars that are gone; the first and the last bar are always there.
        if int(new["epoch"][0]) != self._epoch and asked not in ("home", "end", "look"):
            return
        try:
            with pn.io.hold():
                if asked == "home":
                    self._to_start()
                elif asked == "end":
                    self._to_end()
                elif asked == "look":
                    look_at(self, *(int(new[edge][0] * 1e6) for edge in ("start", "end")))
                else:
                    self.window = (float(new["start"][0]), float(new["end"][0]))
                    self._page()
        except Exception as error:
            self._fail(error)

    def _page(self) -> None:
        history, (start, end) = self.history, self.window
        low = max(start, history.first) if history.at_start else start
        high = min(end, history.stop) if history.at_end else end
        asked = BarSpec.parse(self.state.spec) if self.frame is None else self.frame.spec
        wanted = self.spec if self._look.exact else spec_for(asked, self.spec, high - low)
        if wanted != self.spec:
            self._change_detail(wanted)
            return
        span = end - start
        while start - span / 2 < history.first and history.older(max(CHUNK, int(span))):
            pass
        while end + span / 2 > history.stop and history.newer(max(CHUNK, int(span))):
            pass
        low, high = self.shown
        room = min(span / 4, max(0.0, high - low - span) / 4)
        if start - room < low > history.first or end + room > high < history.stop:
            self._show()
        else:
            self._dress()

    def _change_detail(self, wanted: BarSpec) -> None:
        """Draw the same stretch of time in bars of another size."""
        found = redrawn(self.history, self.window, wanted)
        if found is None:
            return
        self.history, window = found
        self.spec = self.history.spec
        self._look = Look.of(self.spec)
        self._attach()
        self._show(window)

    # --- live -----------------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        self._feed.detach()
        hub = self.origin.hub()
        if hub is None or self.history is None:
            return
        self._feed.attach(hub, self.instrument.symbol, str(self.spec), newest=self.history.at_end)
        self._feed.merge(self.history)

    def poll(self) -> None:
        """Bring the screen up to the hub; touches nothing when nothing changed."""
        try:
            if self.origin.moved(self):
                return
            if self._missing:
                if self._appeared():
                    self.reload()
                return
            if not self._feed and self.history is not None and self.origin.hub() is not None:
                self._attach()
                if self._feed:
                    self._show()
                return
            changed = self._feed.merge(self.history) if self.history is not None else None
            if changed is not None and self._cover.root.visible and len(self.history):
                self.reload()  # there was nothing before
            elif changed is not None:
                # Not held: on a busy machine a stream that is held with other changes was seen to get lost on its way.
                self._draw_live(changed)
            if self._feed:
                now = self.origin.hub().status(self.instrument.symbol).state
                last = {"last": self._traded()} if self._look.shaped else {}
                self.chart.settings(stale=now in ("stale", "reconnecting"), **last)
            for part in self.parts:
                part.polled()
        except Exception as error:
            self._feed.detach()
            self.history = None  # nothing to attach to until somebody asks again
            self._fail(error)

    def _draw_live(self, changed: int) -> None:
        history, (low, high) = self.history, self.shown
        drawn = len(self.chart.source.data["x"])
        joins, full = drawn and high >= changed and high - low == drawn, history.stop - low > MAX_BARS
        leap = carried(self.window, high, history.stop)
        if history.stop < high or (joins and (full or leap or changed < high - 1)):  # a forming brick may be none now
            self._show(leap)
            return
        if not joins:
            return self._dress()
        if changed == high - 1:
            self.chart.patch_last(self._columns(high - 1, high))
        if history.stop > high:
            self.chart.append(self._columns(high, history.stop))
            self.shown = (low, history.stop)
        if self._look.shaped:
            self.chart.mark(self._marks())
        self.studies.live(history, self.shown)
        for part in self.parts:
            part.lived(changed)
        if self._look.step and len(history):
            self.chart.settings(until=countdown(self))
