"""Comparing: other symbols as lines over the prices, chosen in the top bar, hidden and removed in the legend."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import param

from workbench.charts.compare import MAX_COMPARED, Compared
from workbench.charts.theme import css_variables, tokens
from workbench.errors import DataError, WorkbenchError
from workbench.views.chart.compared import Other, spec_beside
from workbench.views.chart.origin import WorldBars
from workbench.views.chart.part import Part
from workbench.views.wire import in_turn

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
_log = logging.getLogger(__name__)


class ComparePicker(pn.custom.JSComponent):
    """A button, and a list of symbols to compare with; searching it asks nobody."""

    symbols = param.List(default=[], item_type=dict, doc="What there is: symbol and title of each.")
    value = param.List(default=[], item_type=str, doc="Symbols that are compared.")
    own = param.String(default="", doc="The chart's own symbol, which is not offered.")
    most = param.Integer(default=MAX_COMPARED, bounds=(1, MAX_COMPARED), doc="How many at most.")
    colors = param.String(default="", doc="The theme's colours as CSS properties.")

    _esm = _JS / "compare.js"
    _stylesheets = [_CSS / "compare.css"]


class Compare(Part):
    """The comparisons of a chart: ``compare`` of its state, in the order of the legend.

    Parameters
    ----------
    view
        The chart it belongs to.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self.layer = view.chart.compare
        self.others: dict[str, Other] = {}
        self.errors: dict[str, str] = {}
        self._slots: dict[str, int] = {}
        self._spec: Any = None
        self._picker: ComparePicker | None = None
        self._before = "linear"
        self.layer.wish.on_change("data", in_turn(self._wished))
        view.state.param.watch(lambda _: self._follow(), "compare")
        view.state.param.watch(lambda _: self._place(), "hidden")
        view.state.param.watch(lambda *_: self._dress(), ["symbol", "dark", "palette"])

    def tools(self) -> list[Any]:
        """The button; a chart of bars that were handed in has nothing to compare with."""
        if self.view.services is None:
            return []
        catalog = self.view.services.catalog
        titles = [(symbol, catalog.master.get_or_default(symbol).name) for symbol in catalog.symbols()]
        self._picker = ComparePicker(
            symbols=[{"symbol": symbol, "title": title if title != symbol else ""} for symbol, title in titles],
            margin=0,
            sizing_mode=None,
            css_classes=["wb-compare"],
        )
        self._dress()
        self._picker.param.watch(lambda event: self.choose(event.new), "value")
        return [self._picker]

    def choose(self, symbols: list[str]) -> None:
        """Compare with these. With the first one prices are spread in percent, with none as they were before."""
        state = self.view.state
        symbols = list(dict.fromkeys(symbols))[:MAX_COMPARED]
        changes = {"compare": symbols, "hidden": [one for one in state.hidden if one in symbols]}
        if symbols and not state.compare and state.scale != "percent":
            self._before = state.scale
            changes["scale"] = "percent"
        elif not symbols and state.compare and state.scale == "percent":
            changes["scale"] = self._before
        state.param.update(**changes)
        self._dress()

    def opened(self) -> None:
        """Try again what could not be read before, and read anew what may not have happened yet."""
        in_world = any(isinstance(other.reader, WorldBars) for other in self.others.values())
        if self.errors or in_world or self.view.origin.replay:
            self.errors.clear()
            self._forget()
            self._place()

    def drawn(self) -> None:
        """Prices for the bars that the browser has now."""
        self._place()

    def lived(self, first: int) -> None:
        """A price for the newest bar."""
        if self.others:
            self._place()

    def polled(self) -> None:
        """Take over what came live of the others."""
        if not self.others or self.view.history is None:
            return
        hub = self.view.origin.hub()
        for other in self.others.values():
            if hub is not None and not other.attached:
                other.attach(hub)
        came = [other.lived() for other in self.others.values()]
        if any(came):
            self._place()

    def close(self) -> None:
        """Let go of the hub."""
        self._forget()

    # --- prices ---------------------------------------------------------------------------------------------------

    def _forget(self, keep: tuple[str, ...] = ()) -> None:
        for symbol in [one for one in self.others if one not in keep]:
            self.others.pop(symbol).close()
        self.errors = {symbol: error for symbol, error in self.errors.items() if symbol in keep}

    def _follow(self) -> None:
        wanted = tuple(self.view.state.compare)
        self._forget(wanted)
        self._slots = {symbol: slot for symbol, slot in self._slots.items() if symbol in wanted}
        self._dress()
        self._place()

    def _dress(self) -> None:
        if self._picker is not None:
            state = self.view.state
            colors = css_variables(tokens(state.dark, state.palette))
            self._picker.param.update(value=list(state.compare), own=state.symbol, colors=colors)

    def _place(self) -> None:
        view, wanted = self.view, self.view.state.compare
        history = view.history
        if history is None or not len(history) or not (wanted or self.layer.placed):
            return
        low, high = view.shown
        if len(view.chart.source.data["x"]) != high - low:
            return  # bars are on their way
        spec, within = spec_beside(history, low, high)
        if (spec, within) != self._spec:
            self._forget()
            self._spec = (spec, within)
        rows, values = [], []
        for symbol in wanted:
            prices = self._prices(symbol, low, high)
            instrument = self.others[symbol].instrument if symbol in self.others else view.instrument
            slot = self._slots.setdefault(symbol, self._free())
            hidden, error = symbol in view.state.hidden, self.errors.get(symbol, "")
            rows.append(Compared(symbol, slot, instrument.decimals, hidden=hidden, error=error))
            values.append(prices)
        with pn.io.hold():
            self.layer.place(rows)
            self.layer.show(values)

    def _prices(self, symbol: str, low: int, high: int) -> Any:
        view = self.view
        if symbol not in self.errors:
            try:
                if symbol not in self.others:
                    self.others[symbol] = self._other(symbol)
                return self.others[symbol].at(view.history, low, high, view.instrument.calendar)
            except Exception as error:  # the chart goes on without it
                if not isinstance(error, WorkbenchError):
                    _log.warning("comparing with %s", symbol, exc_info=error)
                self.errors[symbol] = _said(error, str(self._spec[0]))
                if symbol in self.others:
                    self.others.pop(symbol).close()
        return np.full(high - low, np.nan)

    def _other(self, symbol: str) -> Other:
        services, (spec, within) = self.view.services, self._spec
        if services is None:
            raise WorkbenchError("needs a chart of a symbol, not of bars")
        instrument = services.catalog.master.get_or_default(symbol)
        known = services.catalog.symbols()
        if symbol not in known and instrument.symbol not in known:
            raise WorkbenchError("has no data")
        other = Other(self.view.origin.reader(instrument.symbol), instrument, spec, within=within)
        hub = self.view.origin.hub()
        if hub is not None:
            other.attach(hub)
        return other

    def _free(self) -> int:
        taken = set(self._slots.values())
        return next(slot for slot in range(MAX_COMPARED) if slot not in taken)

    def _wished(self, attr: str, old: Any, new: Any) -> None:
        for what, symbol in zip(new.get("what", ()), new.get("symbol", ()), strict=False):
            if symbol not in self.view.state.compare:
                continue
            if what == "remove":
                self.choose([one for one in self.view.state.compare if one != symbol])
            elif what == "hide":
                hidden = self.view.state.hidden
                shown = [one for one in hidden if one != symbol]
                self.view.state.hidden = shown if symbol in hidden else [*hidden, symbol]


def _said(error: Exception, spec: str) -> str:
    """Why there is no line, in the few words that a legend has room for."""
    if isinstance(error, DataError):
        return f"has no {spec} bars"
    if isinstance(error, WorkbenchError):
        return str(error.args[0] if error.args else error)[:80]
    return "cannot be read; the log has the details"
