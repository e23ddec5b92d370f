"""The Backtest page: form and runs at the left, chart with the result over tables at the right.

A mode takes the place of the tables: a Viewer that is made with ``(make_run, chart)``, such as the debugger. The chart
stays above it and is the mode's to move and to mark while it is open; what the result had there comes back after it.
See ``modes``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import panel as pn
import param

from workbench.backtest import StrategyError
from workbench.views.backtest.actions import buttons_of, saved_report, store
from workbench.views.backtest.compare import Comparison
from workbench.views.backtest.curves import CurvesPart
from workbench.views.backtest.form import BacktestForm
from workbench.views.backtest.head import Head
from workbench.views.backtest.kept import Kept, RunList, Session, told
from workbench.views.backtest.layout import AREA, BOTTOM, CHART, PAGE, SIDE
from workbench.views.backtest.loaded import when_loaded
from workbench.views.backtest.modes import Modes, debugger
from workbench.views.backtest.outcome import NoBars, carried_out
from workbench.views.backtest.results import ResultTables
from workbench.views.backtest.returning import Tab
from workbench.views.backtest.running import Job, Runner
from workbench.views.backtest.setup import Chosen, reason_of
from workbench.views.chart import ChartView
from workbench.views.chart.controls import controls, known_symbols
from workbench.views.shell import symbol_resolver
from workbench.views.state import AppState
from workbench.views.states import StatePanel, explain

#: How often a session looks at what goes on, ms; only while something does.
POLL_MS = 100
_FOLLOWED = ("tz", "dark", "palette")


class BacktestView(pn.viewable.Viewer):
    """The page's main area.

    Parameters
    ----------
    services
        Gives the catalog, and stored runs where there are some.
    state
        Of the page.
    """

    source = param.String(default="", doc="Where the bars come from; the status strip shows it.")

    def __init__(self, services: Any, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self.services, self.state = services, state
        self.session, self.runner = Session(), Runner(self._worked)
        self.chosen: Chosen | None = None
        self._timer: Any = None
        self._again: Callable[[], object] = self.run
        self.tab = Tab(self.session)
        same = {name: getattr(state, name) for name in (*_FOLLOWED, "symbol", "spec")}
        self.chart = ChartView(services, AppState(**same), live=False, railed=False)
        self.curves = CurvesPart(self.chart)
        self.chart.parts.append(self.curves)
        self.form = BacktestForm(services, state, resolve=symbol_resolver(services), run=self.run, cancel=self.cancel)
        self.head = Head(sizing_mode="stretch_width", margin=0)
        self.head.on_msg(lambda event: when_loaded(lambda: self.press(event.data)))
        self.list = RunList(returns=True, sizing_mode="stretch_width", margin=0, css_classes=["wb-runs"])
        self.list.on_msg(lambda event: when_loaded(lambda: self.arrange(event.data)))
        self.tables = ResultTables(
            on_trip=self.to_trip, on_drawdown=self.to_drawdown, on_moment=self.to_moment, tz=state.tz
        )
        self.comparison = Comparison(state)
        self.notice = StatePanel(sizing_mode="stretch_both", margin=0)
        self.notice.param.watch(lambda _: when_loaded(lambda: self._again()), "clicks")
        self._lay()
        self._watch()
        self.form.sync_url(pn.state.location)
        self._empty()

    def _lay(self) -> None:
        side = pn.Column(
            self.form, self.list, css_classes=["wb-bt-side"], stylesheets=[SIDE], margin=0, sizing_mode=None
        )
        self._bottom = pn.Column(
            self.notice, self.tables, css_classes=["wb-bt-bottom"], stylesheets=[BOTTOM], margin=0,
            sizing_mode="stretch_both",
        )  # fmt: skip
        chart = pn.Column(
            self.chart, css_classes=["wb-bt-chart"], stylesheets=[CHART], margin=0, sizing_mode="stretch_both"
        )
        area = pn.Column(css_classes=["wb-bt-area"], stylesheets=[AREA], margin=0, sizing_mode="stretch_both")
        result = [chart, self.tables.bar, self._bottom]
        self.modes = Modes(area, self.head, chart, result=result, bare=self._bare, back=lambda: self._put(later=True))
        self._root = pn.Row(side, area, css_classes=["wb-bt"], stylesheets=[PAGE], margin=0, sizing_mode="stretch_both")

    def _watch(self) -> None:
        state = self.state
        state.param.watch(lambda *_: self._dress(), list(_FOLLOWED))
        state.param.watch(lambda *_: self._looked(), ["symbol", "spec"])
        self.form.param.watch(lambda _: self._changed(), "edits")
        self.session.param.watch(lambda *_: self._listed(), ["runs", "removed", "ticked", "shown"])
        self.tables.bar.param.watch(lambda event: self._bottom.param.update(visible=not event.new), "folded")
        self.chart.param.watch(lambda event: self.param.update(source=event.new), "source")
        if pn.state.curdoc is not None:
            self._timer = pn.state.add_periodic_callback(self.poll, period=POLL_MS, start=False)
            pn.state.on_session_destroyed(lambda _: self.close())

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def controls(self) -> list[Any]:
        """Symbol, bar spec and zone for the page's top bar; what the chart has besides."""
        return controls(self.state, *known_symbols(self.services), recent=self.chart.recent)

    def close(self) -> None:
        """Stop what goes on; called when the session ends."""
        self.runner.cancel()
        self.leave()
        self.tab.close()
        if self._timer is not None and self._timer.running:
            self._timer.stop()

    # --- running --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run what the form says, unless a field is wrong."""
        chosen = self.form.chosen()
        if chosen is None:
            return
        self.leave()
        self.chosen = chosen
        if self.shown is None:
            self.head.param.update(title=chosen.label, place=chosen.place, badges=[])
        catalog = self.services.catalog
        self.runner.start(lambda job: carried_out(catalog, chosen, job))
        self.form.panel.working = True
        if self._timer is not None and not self._timer.running:
            self._timer.start()

    def cancel(self) -> None:
        """Stop the run that goes on."""
        self.runner.cancel()
        self.poll()

    def poll(self) -> None:
        """Look at what goes on."""
        if not self.runner.poll() and self._timer is not None and self._timer.running:
            self._timer.stop()
        if self.runner.job is not None:
            self.head.work(self.runner.job)

    def _worked(self, job: Job) -> None:
        if not job.busy:
            with pn.io.hold():
                self._over(job)

    def _over(self, job: Job) -> None:
        self.head.work(None)
        self.form.panel.working = False
        chosen = self.chosen
        if job.state == "done":
            outcome = job.result
            self.tables.log("ran", f"{chosen.label} on {chosen.place} in {job.elapsed:.2f} s")
            for kind, text in outcome.notes:
                self.tables.log(kind, text)
            self.show(self.session.add(outcome))
        elif job.state == "cancelled":
            self.tables.log("cancelled", f"{chosen.label} on {chosen.place} after {job.elapsed:.1f} s")
            if self.session.shown < 0:
                self._empty("Cancelled", "Nothing was kept of the run. Change the form, or run it again.", "Run again")
        else:
            self._failed(chosen, job.error)

    def _failed(self, chosen: Chosen, error: BaseException) -> None:
        title, hint, _ = explain(error, "running the backtest")
        if self.form.setup.blame(error):
            self.form.tell()
            error = reason_of(error)
            title, hint, _ = explain(error)
        self.tables.log("error", f"{chosen.label} on {chosen.place}: {title} {hint}")
        self._bare()
        self.session.shown = -1
        self.head.failed(chosen.label, chosen.place, title)
        self._head_buttons()
        self._again = self.run
        text = "The other runs of the session are kept." if self.session.runs else ""
        if isinstance(error, NoBars):
            self._again = self._all_there_is
            self.notice.show_error(error, action="Use all there is", text=text)
        else:
            self.notice.show_error(error, doing="running the backtest", text=text, action="Run again")
        self.tables.show(None)
        self._told(True)
        self._show_market(chosen.symbols[0], chosen.spec)
        if isinstance(error, StrategyError) and error.time is not None:
            self.curves.pick(error.time, error.time, "down")

    def _all_there_is(self) -> None:
        for name in ("from", "to"):
            self.form.edit(name, "")
        self.run()

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def shown(self) -> Kept | None:
        """The run whose result is shown."""
        return self.session.get(self.session.shown)

    def show(self, kept: Kept) -> None:
        """Show the result of a run."""
        with pn.io.hold():
            self._show(kept)

    def _show(self, kept: Kept) -> None:
        outcome = kept.outcome
        self.leave()
        self.session.shown = kept.id
        self._show_market(outcome.chosen.symbols[0], outcome.chosen.spec)
        self.head.show(outcome)
        self._head_buttons()
        self.tables.show(outcome)
        self._told(False)
        self._put()
        index = outcome.result.equity.index
        history = self.chart.history
        if len(index) and history is not None and len(history):
            last = int(index.as_unit("ns").asi8[-1])
            if last < int(history.records["time"][-1]) or not history.at_end:
                self.chart.go_to(pd.Timestamp(last, tz="UTC"), at=0.96)  # near the right edge
        self._changed()

    def _put(self, *, later: bool = False) -> None:
        """Curves and markers of the result that is shown."""
        if (kept := self.shown) is not None:
            self.curves.put(kept.outcome.curve, later=later)
            self.chart.markers(kept.outcome.markers.get(self.chart.state.symbol), self._marker)

    def _bare(self) -> None:
        self.curves.put(None)
        self.chart.markers(None)

    def _show_market(self, symbol: str, spec: str) -> None:
        if (self.chart.state.symbol, self.chart.state.spec) != (symbol, spec):
            self.chart.state.param.update(symbol=symbol, spec=spec)

    def _looked(self) -> None:
        """The form asks for other bars: the chart shows them as long as there is no result that needs others."""
        if self.shown is None:
            self._show_market(self.state.symbol, self.state.spec)
        self._changed()

    def _changed(self) -> None:
        kept, found = self.shown, self.form.setup.check()
        same = kept is None or (found is not None and _told_of(found) == _told_of(kept.outcome.chosen))
        self.form.panel.changed = not same

    def _dress(self) -> None:
        self.chart.state.param.update(**{name: getattr(self.state, name) for name in _FOLLOWED})
        self.tables.tz = self.state.tz
        self._listed()

    def _empty(self, title: str = "", text: str = "", action: str = "") -> None:
        self.head.param.update(title="Backtest", place="", figures=[], badges=[], symbols=[])
        self._head_buttons()
        self._again = self.run if action else self.run_example
        self.notice.show_empty(
            title or "Nothing has been run yet",
            text
            or "Choose a strategy and its market at the left and press Run (Ctrl+Enter), or look at an example first.",
            action=action or "Run the example",
        )
        self.tables.show(None)
        self._told(True)

    def run_example(self) -> None:
        """Run the crossing of two means on the symbol of the page, or on the first that there is data of."""
        symbols = self.services.catalog.symbols()
        symbol = self.state.symbol if self.state.symbol in symbols else next(iter(symbols), self.state.symbol)
        spec = self.state.spec if symbol == self.state.symbol else "1d"
        self.form.show({"strategy": "sma_cross"}, symbol, spec)
        self.run()

    def _told(self, noticed: bool) -> None:
        self.notice.visible, self.tables.body.visible = noticed, not noticed
        if noticed:
            self.tables.bar.folded = False

    def _head_buttons(self) -> None:
        pressed = {"debug": self.modes.mode is not None}
        wrong = self.chosen is not None and self.shown is None
        self.head.buttons = buttons_of(
            self.services, self.shown, debug=debugger() is not None, failed=wrong, pressed=pressed
        )

    # --- the user asks --------------------------------------------------------------------------------------------

    def press(self, data: dict[str, Any]) -> None:
        """Carry out what is pressed in the head: ``symbol``, ``debug``, ``report-html`` ..., ``save``."""
        name, kept = str(data.get("what")), self.shown
        if name == "symbol" and kept is not None:
            self._to_symbol(str(data.get("symbol")))
        elif name == "debug":
            if self.modes.mode is not None:
                self.leave()
            else:
                self.debug()
        elif name.startswith("report-") and kept is not None:
            pn.state.execute(partial(saved_report, self.head, kept, name.partition("-")[2], self.tables.log))
        elif name == "save" and kept is not None:
            pn.state.execute(partial(store, self.head, self.services, kept, self.tables.log))

    def arrange(self, data: dict[str, Any]) -> None:
        """Carry out what was pressed in the list of runs."""
        what, number = data.get("what"), int(data.get("id", -1))
        session = self.session
        if what == "show" and (kept := session.get(number)) is not None:
            chosen = kept.outcome.chosen
            self._compare(False)
            self.form.show(dict(chosen.texts), chosen.symbols[0], chosen.spec)
            self.show(kept)
        elif what == "rename":
            session.rename(number, str(data.get("name", "")))
        elif what == "remove":
            was = session.shown == number
            session.remove(number)
            if was:
                self._next()
        elif what == "restore":
            session.restore(number)
        elif what == "hello" and self.tab.hello(str(data.get("tab", ""))) and self.shown is not None:
            self.show(self.shown)
        elif what == "tick":
            session.tick(number, bool(data.get("on")))
        elif what == "compare":
            self._compare(bool(data.get("on")) and len(session.compared) > 1)

    def _next(self) -> None:
        """Show another run in place of one that is gone."""
        if self.session.runs:
            self.show(self.session.runs[0])
        else:
            self._bare()
            self._empty()

    def _listed(self) -> None:
        self.list.param.update(**told(self.session, self.state.dark))
        if self.list.comparing:
            self._compare(len(self.session.compared) > 1)

    def _compare(self, on: bool) -> None:
        """Show the ticked runs over each other in place of the result, or the result again."""
        if on:
            self.leave()
            runs = self.session.compared
            self.comparison.show(runs)
            self.head.param.update(title=f"{len(runs)} runs compared", place="", figures=[], badges=[], symbols=[])
            self.head.buttons = buttons_of(self.services, None, debug=False, failed=False, pressed={})
        if on != self.list.comparing:
            self.list.comparing = on
            self.modes.put_over(self.comparison if on else None)
            if not on and self.shown is not None:
                self.head.show(self.shown.outcome)
                self._head_buttons()

    def _to_symbol(self, symbol: str) -> None:
        kept = self.shown
        if kept is None or symbol not in kept.outcome.chosen.symbols:
            return
        self._show_market(symbol, kept.outcome.chosen.spec)
        self.head.symbol = symbol
        self._put()

    def to_trip(self, row: int) -> None:
        """Bring a round trip onto the chart and mark it."""
        trip = self.shown.outcome.trips.iloc[row]
        self._jump(trip["symbol"], trip["entry_time"], trip["exit_time"], "up" if trip["pnl"] > 0 else "down")

    def to_drawdown(self, row: int) -> None:
        """Bring a drawdown onto the chart and mark it."""
        found = self.shown.outcome.drawdowns.iloc[row]
        end = found["recovery"]
        end = self.shown.outcome.result.equity.index[-1] if pd.isna(end) else end
        self._jump(self.chart.state.symbol, found["start"], end, "down")

    def to_moment(self, row: pd.Series) -> None:
        """Bring the bar of a fill or an order onto the chart and mark it."""
        self._jump(row["symbol"], row["time"], row["time"], "accent")

    def _jump(self, symbol: str, start: Any, end: Any, tone: str) -> None:
        if symbol != self.chart.state.symbol:
            self._to_symbol(symbol)
        self.curves.pick(start, end, tone)

    def _marker(self, row: pd.Series) -> None:
        if int(row["trip"]) >= 0:
            self.tables.open("trips")
            self.tables.tables["trips"].mark(int(row["trip"]))
            self.to_trip(int(row["trip"]))

    # --- modes ----------------------------------------------------------------------------------------------------

    def debug(self) -> None:
        """Open the debugger on the run that is shown, or on what the form says where none is."""
        kind, kept = debugger(), self.shown
        if kind is None:
            return
        try:
            self._compare(False)
            make = self.form.run_of() if kept is None else kept.outcome.again
            self.modes.enter(lambda: kind(make, self.chart))
        except Exception as error:
            self.tables.log("debugger", " ".join(explain(error, "opening the debugger")[:2]))
            self.notice.show_error(error, doing="opening the debugger", action="Run again")
            self._told(True)
        self._head_buttons()

    def leave(self) -> None:
        """Close the mode that is open, and bring back what the result had on the chart."""
        if self.modes.leave():
            self._head_buttons()


def _told_of(chosen: Chosen) -> tuple[Any, ...]:
    return dict(chosen.texts), chosen.symbols, chosen.spec
