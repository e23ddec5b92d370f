"""The chart as a Viewer: history, paging, level of detail and live bars around one ``CandleChart``.

The figure and its source are made once; symbol, spec, zone and theme change what they hold, never rebuild them.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import param

from workbench.charts.candles import FIRST_VIEW, MAX_BARS, CandleChart
from workbench.charts.columns import bar_columns
from workbench.market.calendars import Calendar, calendar
from workbench.market.events import as_records
from workbench.market.instruments import Instrument
from workbench.market.specs import COMMON, BarSpec
from workbench.views.chart.controls import controls
from workbench.views.chart.detail import spec_for
from workbench.views.chart.history import CHUNK, BarReader, CatalogBars, FrameBars, History
from workbench.views.state import AppState
from workbench.views.states import StatePanel
from workbench.views.status import hub_link

#: How often a session asks the hub whether something changed.
POLL_MS = 100
_RIGHT_GAP = 12


class ChartView(pn.viewable.Viewer):
    """Candles and volume of a symbol, or of bars that are handed in.

    Parameters
    ----------
    services
        Gives catalog and hub. Not needed with ``bars``.
    state
        ``symbol spec tz dark palette``; one of its own when left out.
    bars
        A frame of bars (as ``catalog.bars`` gives) to draw instead of a symbol of the catalog.
    """

    live = param.Boolean(default=True, doc="Draw the forming bar as trades arrive.")
    source = param.String(default="", doc="Where the bars come from; the status strip shows it.")
    note = param.String(default="", doc="What the chart wants to say beside the feed's state.")

    def __init__(
        self,
        services: Any = None,
        state: Any = None,
        bars: pd.DataFrame | None = None,
        live: bool = True,
        **params: Any,
    ) -> None:
        super().__init__(live=live, **params)
        self.services = services
        self.state = state if state is not None else AppState()
        self._frame = None if bars is None else _from_frame(bars, self.state)
        self._instrument = Instrument("")
        self._history: History | None = None
        self._shown = BarSpec.parse(self.state.spec)
        self._slice = (0, 0)
        self._view = (0.0, float(FIRST_VIEW))
        self._epoch = 0
        self._feed: Any = None
        self._seen = -1
        self._poll: Any = None
        self.chart = CandleChart(dark=self.state.dark, palette=getattr(self.state, "palette", "classic"))
        self.chart.viewport.on_change("data", self._looked)
        self._pane = pn.pane.Bokeh(self.chart.root, sizing_mode="stretch_both", margin=0, min_height=300)
        self._over = StatePanel(sizing_mode="stretch_both", margin=0)
        self._over.param.watch(lambda *_: self.reload(), "clicks")
        self._cover = pn.Column(self._over, css_classes=["wb-chart-state"], margin=0, styles=_COVER)
        self._root = pn.Column(
            self._pane,
            self._cover,
            sizing_mode="stretch_both",
            margin=0,
            min_height=320,
            css_classes=["wb-chart-view"],
            styles={"position": "relative"},
        )
        self.state.param.watch(lambda *_: self.reload(), ["symbol", "spec"])
        self.state.param.watch(lambda *_: self._dress(), ["tz"])
        self.state.param.watch(
            lambda _: self.chart.theme(self.state.dark, getattr(self.state, "palette", "classic")), ["dark", "palette"]
        )
        self.param.watch(lambda *_: self._attach(), "live")
        self._started = self._begun = False

    def controls(self) -> list[Any]:
        """Symbol search, bar specs and zone, for the page's top bar."""
        if self._frame is not None or self.services is None:
            return controls(self.state, None, [])
        catalog = self.services.catalog
        every = sorted({*catalog.symbols(), *(one.symbol for one in catalog.master)})
        return controls(self.state, catalog.master, every)

    def __panel__(self) -> pn.viewable.Viewable:
        if not self._started:
            self._started = True
            if self._frame is not None:
                self._begin()  # the bars travel with the page
            else:
                pn.state.onload(self._begin)
        return self._root

    # --- loading --------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._begun = True
        self.reload()
        if self._frame is None and self.services is not None and pn.state.curdoc is not None:
            self._poll = pn.state.add_periodic_callback(self.poll, period=POLL_MS)
            pn.state.on_session_destroyed(lambda _: self.close())

    def close(self) -> None:
        """Let go of the hub; called when the session ends."""
        if self._poll is not None and self._poll.running:
            self._poll.stop()
        self._detach()

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
        self._shown = BarSpec.parse(self.state.spec)
        self._detach()
        reader = self._reader()
        if reader is None or reader.coverage() is None:
            self._empty()
            return
        self._history = History(reader, self._shown).open()
        self._attach()
        if not len(self._history):
            self._empty()
            return
        self._cover.visible = False
        self._to_end()

    def _reader(self) -> BarReader | None:
        if self._frame is not None:
            reader, self._instrument, least = self._frame
            if self._shown.nominal < least.nominal:
                self._shown = least
            return reader
        if self.services is None:
            return None
        catalog = self.services.catalog
        self._instrument = catalog.master.get_or_default(self.state.symbol)
        if self.state.symbol not in catalog.symbols() and self._instrument.symbol not in catalog.symbols():
            return None
        self.source = ", ".join(catalog.sources(self._instrument.symbol))
        return CatalogBars(catalog, self._instrument.symbol)

    def _empty(self) -> None:
        self._history = None
        symbol = self.state.symbol
        self._over.show_empty(
            f"No data for {symbol}",
            "Import some, or choose another symbol.",
            commands=[f"workbench ingest csv FILE --symbol {symbol}"],
        )
        self._cover.visible = True

    def _fail(self, error: Exception) -> None:
        self._over.show_error(error, doing=f"reading {self.state.symbol} {self.state.spec}", action="Try again")
        self._cover.visible = True

    # --- what is on screen ----------------------------------------------------------------------------------------

    def _to_end(self) -> None:
        history = self._history
        if not history.at_end:
            history = self._history = History(history.reader, history.spec).open()
            self._seen = -1
            self._merge()
        bars = min(FIRST_VIEW, max(len(history), 40))
        self._show((history.stop - bars, history.stop + max(2, bars * _RIGHT_GAP / FIRST_VIEW)))

    def _to_start(self) -> None:
        history = self._history
        if not history.at_start:
            history = self._history = History(history.reader, history.spec).open_start()
        width = self._view[1] - self._view[0]
        self._show((history.first - 3, history.first - 3 + width))

    def _show(self, view: tuple[float, float] | None = None) -> None:
        """Fill the source around the window; move the window when ``view`` is given."""
        history = self._history
        if view is not None:
            self._view = view
            self._epoch += 1
        start, end = self._view
        want = min(MAX_BARS, max(900, int(3 * (end - start))))
        low = int((start + end - want) / 2)
        high = low + want
        if high > history.stop:  # the newest bars are always the ones that change
            low, high = max(history.first, history.stop - want), history.stop
        low = max(history.first, low)
        high = min(history.stop, max(high, low + want))
        self._slice = (low, high)
        self.chart.show(self._columns(low, high), view=view, **self._facts())

    def _columns(self, low: int, high: int) -> dict[str, np.ndarray]:
        history = self._history
        rows = history.records[low - history.first : high - history.first]
        return bar_columns(rows, low, spec=history.spec, calendar=self._calendar)

    @property
    def _calendar(self) -> Calendar:
        return self._instrument.calendar

    def _facts(self) -> dict[str, Any]:
        history, tz, dated = self._history, self.state.tz, not self._shown.step
        low, high = self._slice
        last = history.records[-1] if len(history) and history.at_end else None
        return {
            "symbol": self._instrument.symbol,
            "spec": str(self._shown),
            "auto": f"{self.state.spec} has too many bars for this window"
            if str(self._shown) != self.state.spec and self._frame is None
            else "",
            "clock": "UTC" if dated else tz,
            "zone": tz,
            "dated": dated,
            "seconds": bool(self._shown.step and self._shown.step < 60_000_000_000),
            "decimals": self._instrument.decimals,
            "tick": self._instrument.tick_size,
            "epoch": self._epoch,
            "head": history.at_start and low == history.first,
            "tail": history.at_end and high == history.stop,
            "last": None if last is None else float(last["close"]),
            "rising": 1 if last is None else int(last["close"] >= last["open"]),
        }

    def _dress(self) -> None:
        if self._history is not None:
            self.chart.settings(**self._facts())

    # --- the user moves -------------------------------------------------------------------------------------------

    def _looked(self, attr: str, old: Any, new: Any) -> None:
        if self._history is None or not len(new.get("start", ())):
            return
        asked = new["ask"][0]
        # A window of an older epoch counts in bars that are gone; the first and the last bar are always there.
        if int(new["epoch"][0]) != self._epoch and asked not in ("home", "end"):
            return
        try:
            with pn.io.hold():
                if asked == "home":
                    self._to_start()
                elif asked == "end":
                    self._to_end()
                else:
                    self._view = (float(new["start"][0]), float(new["end"][0]))
                    self._page()
        except Exception as error:
            self._fail(error)

    def _page(self) -> None:
        history, (start, end) = self._history, self._view
        low = max(start, history.first) if history.at_start else start
        high = min(end, history.stop) if history.at_end else end
        asked = BarSpec.parse(self.state.spec) if self._frame is None else self._frame[2]
        wanted = spec_for(asked, self._shown, high - low)
        if wanted != self._shown:
            self._change_detail(wanted)
            return
        span = end - start
        while start - span / 2 < history.first and history.older(max(CHUNK, int(span))):
            pass
        while end + span / 2 > history.stop and history.newer(max(CHUNK, int(span))):
            pass
        low, high = self._slice
        if start - span / 4 < low > history.first or end + span / 4 > high < history.stop:
            self._show()
        else:
            self._dress()

    def _change_detail(self, wanted: BarSpec) -> None:
        """Draw the same stretch of time in bars of another size."""
        old, (start, end) = self._history, self._view
        t0, t1 = old.times(start, end)
        beyond = max(0.0, end - old.stop) / (end - start) if old.at_end else 0.0
        latest = old.at_end and end >= old.stop - 1
        new = History(old.reader, wanted).open(before=None if latest else t1 + (t1 - t0) // 2)
        while not new.at_start and len(new) and new.records["time"][0] > t0 and new.older():
            pass
        if not len(new):
            return
        self._history, self._shown = new, wanted
        self._attach()
        new_start = new.ordinal(t0) if t0 >= new.records["time"][0] else new.first - 3
        new_end = new.ordinal(t1)
        if latest:
            new_end = new_start + (new.stop - new_start) / max(0.2, 1 - beyond)
        self._show((float(new_start), float(max(new_end, new_start + 8))))

    # --- live -----------------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        self._detach()
        hub = self._hub()
        if hub is None or self._history is None:
            return
        self._feed = hub.subscribe(self._instrument.symbol, str(self._shown))
        self._merge()

    def _hub(self) -> Any:
        if not self.live or self._frame is not None or self.services is None:
            return None
        return hub_link(self.services).hub

    def _detach(self) -> None:
        feed, self._feed, self._seen = self._feed, None, -1
        if feed is not None:
            feed.close()

    def _merge(self) -> int | None:
        """Take what the hub has into the history; ordinal of the first bar that may differ."""
        if self._feed is None or self._history is None or self._feed.version == self._seen:
            return None
        now = self._feed.snapshot()
        self._seen = now.version
        return self._history.join(now.closed, now.forming)

    def poll(self) -> None:
        """Bring the screen up to the hub; touches nothing when nothing changed."""
        try:
            if self._feed is None and self._history is not None and self._hub() is not None:
                self._attach()
                if self._feed is not None:
                    self._show()
                return
            changed = self._merge()
            if changed is not None:
                # Not held: on a busy machine a stream that is held with other changes was seen to get lost on its way.
                self._draw_live(changed)
            if self._feed is not None:
                now = self._hub().status(self._instrument.symbol).state
                self.chart.settings(stale=now in ("stale", "reconnecting"))
        except Exception as error:
            self._detach()
            self._fail(error)

    def _draw_live(self, changed: int) -> None:
        history, (low, high) = self._history, self._slice
        drawn = len(self.chart.source.data["x"])
        reaches = drawn and high >= changed and high - low == drawn
        if not reaches:
            self._dress()
            return
        if changed < high - 1 or history.stop - low > MAX_BARS:
            self._show()
            return
        if changed == high - 1:
            self.chart.patch_last(self._columns(high - 1, high))
        if history.stop > high:
            self.chart.append(self._columns(high, history.stop))
            self._slice = (low, history.stop)
        self._count_down()

    def _count_down(self) -> None:
        step = self._shown.step
        if step and len(self._history):
            until = (int(self._history.records["time"][-1]) + step) // 1_000_000
            self.chart.settings(until=until if until > time.time() * 1000 - 60_000 else None)


_COVER = {
    "position": "absolute",
    "inset": "0",
    "z-index": "6",
    "background": "var(--wb-panel, #151a21)",
    "width": "100%",
    "height": "100%",
}


def _from_frame(bars: pd.DataFrame, state: Any) -> tuple[FrameBars, Instrument, BarSpec]:
    records = as_records(bars, "bars")
    steps = np.diff(records["time"])
    usual = int(np.median(steps)) if len(steps) else 60 * 1_000_000_000
    spec = min(map(BarSpec.parse, COMMON), key=lambda one: abs(np.log(one.nominal / max(usual, 1))))
    close = records["close"][-200:] if len(records) else np.zeros(0)
    decimals = next((d for d in range(2, 9) if np.allclose(np.round(close, d), close, rtol=0, atol=1e-9)), 8)
    name = str(bars.attrs.get("symbol", "Bars"))
    instrument = Instrument(name, tick_size=10.0**-decimals, session="24/7")
    return FrameBars(records, spec, calendar("24/7")), instrument, spec


def chart(what: pd.DataFrame | str, spec: str | None = None, *, live: bool = True, **params: Any) -> ChartView:
    """A chart that shows in a notebook cell and can be served.

    Parameters
    ----------
    what
        Bars (a frame as ``catalog.bars`` gives) or a symbol.
    spec
        Bar spec of a symbol, such as ``"5min"``; ``"1d"`` when left out.
    live
        Draw trades as they arrive.
    params
        ``tz``, ``dark``, ``palette`` of the state.
    """
    if not isinstance(what, str):
        return ChartView(bars=what, state=AppState(**params), live=False)
    from workbench.services import get_services

    return ChartView(get_services(), AppState(symbol=what, spec=str(BarSpec.parse(spec or "1d")), **params), live=live)
