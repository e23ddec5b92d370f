"""The Optimize page: form, estimate and sweeps at the left, heat map and fan over leaderboard and cell at the right."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import param

from workbench.sweep import Plan, Sweep
from workbench.views.backtest.head import Head
from workbench.views.backtest.layout import AREA, PAGE, SIDE
from workbench.views.backtest.loaded import after, when_loaded
from workbench.views.backtest.outcome import Outcome, computed
from workbench.views.backtest.running import Job, Runner
from workbench.views.chart.controls import controls, known_symbols
from workbench.views.optimize.board import HeatPanel
from workbench.views.optimize.cell import CellPanel
from workbench.views.optimize.coordinates import CoordinatesPanel
from workbench.views.optimize.fan import FanPanel
from workbench.views.optimize.form import OptimizeForm
from workbench.views.optimize.halves import HalvesPanel
from workbench.views.optimize.layout import SWEEPS, TOP
from workbench.views.optimize.saved import save
from workbench.views.optimize.space import Swept
from workbench.views.optimize.sweeps import Comparison, SweepList
from workbench.views.optimize.tables import ROWS, Bottom
from workbench.views.optimize.told import buttons_of, head_of, recent_of
from workbench.views.optimize.work import Sweeping, looks, planned
from workbench.views.shell import symbol_resolver
from workbench.views.state import AppState
from workbench.views.states import StatePanel, explain

#: How often a session looks at what goes on, ms; how long nothing is typed before a plan is made, ms.
POLL_MS, PLAN_MS = 100, 400
#: Seconds between two pictures of a sweep that runs, at least, and how many times what one costs.
_PICTURE, _COST = 0.25, 6.0


class OptimizeView(pn.viewable.Viewer):
    """The page's main area.

    Parameters
    ----------
    services
        Gives the catalog and the sweeps that are written down.
    state
        Of the page.
    """

    source = param.String(default="", doc="Where the bars come from; the status strip shows it.")

    def __init__(self, services: Any, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self.services, self.state = services, state
        self.now: Sweeping | None = None
        self.chosen: Swept | None = None
        self._timer, self._drawn, self._turn = None, 0.0, 0
        self._again: Callable[[], object] = self.run
        self.runner = Runner(self._worked)
        self._planner = Runner(self._planned, looks())
        self._ranker = Runner(self._ranked, looks())
        self._celler = Runner(self._celled, looks())
        self.form = OptimizeForm(services, state, resolve=symbol_resolver(services), run=self.run, cancel=self.cancel)
        self.head = Head(sizing_mode="stretch_width", margin=0)
        self.head.on_msg(lambda event: when_loaded(lambda: self.press(str(event.data.get("what")))))
        self.heat = HeatPanel(self.pick, self.brush)
        self.fan = FanPanel(state)
        self.coordinates = CoordinatesPanel(self.brush)
        self.halves = HalvesPanel(state, self.pick, start=self.start)
        self.cell = CellPanel(services, state)
        self.list = SweepList(services, state, show=self.open, compare=self._compare, note=self._note)
        self.comparison = Comparison()
        others = {"coordinates": self.coordinates, "halves": self.halves, "cell": self.cell, "compare": self.comparison}
        self.bottom = Bottom(self.pick, others, lambda name: self._follow() if name == "coordinates" else None)
        self.notice = StatePanel(sizing_mode="stretch_both", margin=0)
        self.notice.param.watch(lambda _: when_loaded(lambda: self._again()), "clicks")
        self._lay()
        self._watch()
        self.form.sync_url(pn.state.location)
        self._empty()
        self.plan()

    def _lay(self) -> None:
        side = pn.Column(
            self.form, self.list, css_classes=["wb-bt-side"], stylesheets=[SIDE, SWEEPS], margin=0, sizing_mode=None
        )
        top = pn.Row(
            self.heat, self.fan, css_classes=["wb-op-top"], stylesheets=[TOP], margin=0, sizing_mode="stretch_both"
        )
        self._parts = [top, self.bottom.bar, self.bottom.body]
        area = pn.Column(
            self.head, self.notice, *self._parts, css_classes=["wb-bt-area"], stylesheets=[AREA], margin=0,
            sizing_mode="stretch_both",
        )  # fmt: skip
        self._root = pn.Row(side, area, css_classes=["wb-bt"], stylesheets=[PAGE], margin=0, sizing_mode="stretch_both")

    def _watch(self) -> None:
        state = self.state
        state.param.watch(lambda *_: self._dress(), ["tz", "dark", "palette"])
        state.param.watch(lambda *_: self._edited(), ["symbol", "spec"])
        self.form.param.watch(lambda _: self._edited(), "edits")
        self.heat.lens.param.watch(lambda _: self._measured(), "measure")
        self._dress()
        if pn.state.curdoc is not None:
            self._timer = pn.state.add_periodic_callback(self.poll, period=POLL_MS, start=False)
            pn.state.on_session_destroyed(lambda _: self.close())

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def controls(self) -> list[Any]:
        """Symbol, bar spec and zone for the page's top bar."""
        state, catalog = self.state, self.services.catalog
        return controls(
            state, *known_symbols(self.services), recent=lambda: recent_of(catalog, state.symbol, state.spec)
        )

    def close(self) -> None:
        """Called when the session ends: a sweep that runs goes on, what was only looked at does not."""
        for runner in self._lookers:
            runner.cancel()
        if self._timer is not None and self._timer.running:
            self._timer.stop()

    @property
    def _lookers(self) -> list[Runner]:
        return [
            self._planner, self._ranker, self._celler, self.fan.runner, self.halves.runner, self.comparison.runner,
            self.list.runner,
        ]  # fmt: skip

    @property
    def sweep(self) -> Sweep | None:
        """The cells that are shown."""
        return self.now.sweep if self.now is not None else None

    @property
    def busy(self) -> bool:
        """Whether anything goes on."""
        return self.runner.busy or any(one.busy for one in self._lookers)

    # --- running --------------------------------------------------------------------------------------------------

    def start(self, runner: Runner, work: Callable[[Job], Any]) -> None:
        """Have a runner do something, and look at it until it is over."""
        runner.start(work)
        when_loaded(self._look)  # a clock of a page that is not there yet would be asked again without end

    def _look(self) -> None:
        if self.busy and self._timer is not None and not self._timer.running:
            self._timer.start()

    def poll(self) -> None:
        """Look at what goes on."""
        for runner in self._lookers:
            runner.poll()
        self.runner.poll()
        if self.runner.job is not None:
            self._progress(self.runner.job)
        if not self.busy and self._timer is not None and self._timer.running:
            self._timer.stop()

    def plan(self) -> None:
        """Say what a sweep would need, beside the page."""
        chosen = self.form.setup.check()
        self.form.panel.refused = ""
        if not isinstance(chosen, Swept) or self.runner.busy:
            self._planner.cancel()
            self.form.panel.plan = ""
            return
        self.form.panel.plan = "Planning …"
        catalog = self.services.catalog
        self.start(self._planner, lambda job: planned(catalog, chosen, job))

    def _edited(self) -> None:
        self._turn += 1
        turn = self._turn
        after(PLAN_MS, lambda: self.plan() if turn == self._turn else None)

    def _planned(self, job: Job) -> None:
        if job.state == "done":
            found: Plan = job.result
            self.form.panel.plan = f"{str(found)[:1].upper()}{str(found)[1:]}."
        elif job.state == "failed":
            self.form.panel.plan = ""
            self._refuse(job.error)

    def _refuse(self, error: BaseException | None) -> str:
        """Say in the form why there can be no sweep; gives the sentence."""
        title, hint, _ = explain(error, "planning the sweep")
        told = f"{title} {hint}".strip()
        if isinstance(error, Exception) and self.form.setup.blame(error):
            self.form.tell()
        else:
            self.form.panel.refused = told
        return told

    def run(self) -> None:
        """Run what the form says, unless a field is wrong."""
        chosen = self.form.chosen()
        if isinstance(chosen, Swept) and not self.runner.busy:
            self.chosen = chosen
            try:
                self._begin(Sweeping(self.services.sweeps, chosen))
            except Exception as error:  # where sweeps are kept cannot be reached
                self._failed(error)

    def _begin(self, one: Sweeping) -> None:
        self._planner.cancel()
        self.form.panel.param.update(working=True, refused="")
        fresh = one is not self.now
        self.now, self._drawn = one, 0.0
        if fresh:
            self._clear()
            self.head.param.update(title=one.name, place=one.chosen.place if one.chosen else "", figures=[], badges=[])
        catalog = self.services.catalog
        self.start(self.runner, lambda job: one.carry_out(catalog, job))
        self._buttons()

    def pause(self) -> None:
        """Stop the sweep that runs; it can go on."""
        if self.now is not None and self.runner.busy:
            self.now.stop("paused")

    def resume(self) -> None:
        """Go on with the sweep that was stopped."""
        if self.now is not None and not self.runner.busy:
            self._begin(self.now)

    def cancel(self) -> None:
        """Stop the sweep that runs. Its cells stay."""
        if self.now is not None and self.runner.busy:
            self.now.stop("cancelled")
            if not self.now.id:
                self.runner.cancel()
            self.poll()

    def _progress(self, job: Job) -> None:
        one = self.now
        if one is None:
            return
        if one.sweep is not None and job.busy:
            clock = time.monotonic()
            if not self._shown:
                self._show(one)
            elif clock >= self._drawn:
                self.heat.draw()
                self.head.param.update(**head_of(one))
                self._drawn = clock + max(_PICTURE, _COST * (time.monotonic() - clock))
        phase = f"{job.phase}: {one.told}" if one.told else job.phase or "Starting"
        self.head.progress = {"phase": phase, "share": job.share, "seconds": float(int(job.elapsed))}

    def _worked(self, job: Job) -> None:
        if job.busy or self.now is None:
            return
        one = self.now
        with pn.io.hold():
            self.head.progress = {"phase": "", "share": None, "seconds": 0.0}
            self.form.panel.working = False
            if job.state == "failed":
                told = self._refuse(job.error)
                self.bottom.log("error", f"{one.name}: {told}")
                if one.sweep is None:
                    self._failed(job.error)
                    return
            elif job.state == "cancelled":
                self.now = None
                self._empty("Cancelled", "Nothing was kept: the sweep had not begun.", "Run again")
                return
            self.bottom.log(one.state, f"{one.name}: {one.told} after {job.elapsed:.1f} s")
            self._show(one)
        self._rank()
        self.list.refresh(self.start)

    def _failed(self, error: BaseException | None) -> None:
        self.now = None
        self.head.failed(self.chosen.label if self.chosen else "Sweep", "", "")
        self._again = self.run
        self.notice.show_error(error or "", doing="running the sweep", action="Run again")
        self._tell(True)
        self._buttons()

    # --- what is shown --------------------------------------------------------------------------------------------

    @property
    def _shown(self) -> bool:
        return self.sweep is not None and self.heat.sweep is self.sweep and not self.notice.visible

    def _show(self, one: Sweeping) -> None:
        """Show the cells of a sweep, as far as they are there."""
        sweep = one.sweep
        assert sweep is not None
        self.heat.show(sweep)
        self.list.shown = one.id
        self.coordinates.show(sweep, self.heat.lens.measure, fill=self.bottom.bar.value == "coordinates")
        self.halves.show(sweep, self.heat.lens.measure)
        self.head.param.update(**head_of(one))
        self._tell(False)
        self._buttons()

    def _rank(self) -> None:
        """Compute the leaderboard beside the page."""
        sweep, measure = self.sweep, self.heat.lens.measure
        if sweep is not None and not self.runner.busy:
            self.start(self._ranker, lambda job: (sweep, measure, sweep.leaderboard(ROWS, measure)))

    def _ranked(self, job: Job) -> None:
        if job.state == "done" and job.result[0] is self.sweep:
            self.bottom.show(job.result[0], job.result[2], job.result[1])
        elif job.state == "failed":
            self.bottom.log("leaderboard", " ".join(explain(job.error, "ranking the cells")[:2]))

    def _measured(self) -> None:
        if self.sweep is not None:
            self._rank()
            self._follow()
            self.halves.show(self.sweep, self.heat.lens.measure)

    def _follow(self) -> None:
        if self.sweep is not None:
            self.coordinates.show(self.sweep, self.heat.lens.measure, fill=self.bottom.bar.value == "coordinates")

    def _clear(self) -> None:
        self._ranker.cancel()
        self.bottom.show(None, None, "")
        self.fan.clear()
        self.heat.mark(None)
        self.heat.brushed(None)

    def _dress(self) -> None:
        dark, palette = self.state.dark, self.state.palette
        self.heat.board.theme(dark, palette)
        self.bottom.log_table.tz = self.state.tz

    def _empty(self, title: str = "", text: str = "", action: str = "") -> None:
        self.head.param.update(title="Optimize", place="", figures=[], badges=[])
        self._buttons()
        self._again = self.run if action else self.run_example
        self.notice.show_empty(
            title or "Nothing has been swept yet",
            text or "Choose a strategy and the ranges of its parameters at the left and press Run (Ctrl+Enter).",
            action=action or "Run the example",
        )
        self._tell(True)
        self.list.refresh(self.start)

    def run_example(self) -> None:
        """Sweep the crossing of two means over the symbol of the page, or over the first that there is data of."""
        symbols = self.services.catalog.symbols()
        symbol = self.state.symbol if self.state.symbol in symbols else next(iter(symbols), self.state.symbol)
        self.form.show({"strategy": "sma_cross"}, symbol, self.state.spec if symbol == self.state.symbol else "1d")
        self.run()

    def _tell(self, noticed: bool) -> None:
        self.notice.visible = noticed
        top, bar, body = self._parts
        top.visible = bar.visible = not noticed
        body.visible = not noticed and not self.bottom.bar.folded

    def _buttons(self) -> None:
        self.head.buttons = buttons_of(self.now, self.runner.busy)

    # --- the user asks --------------------------------------------------------------------------------------------

    def press(self, what: str) -> None:
        """Carry out what is pressed in the head: ``pause``, ``resume``, ``csv``, ``parquet``."""
        if what == "pause":
            self.pause()
        elif what == "resume":
            self.resume()
        elif what in ("csv", "parquet") and self.now is not None and self.sweep is not None:
            save(self.head, self.sweep, (self.now.id, what), self.bottom.log)

    def pick(self, number: int) -> None:
        """Run a cell again as a whole backtest and show what it traded."""
        sweep, one = self.sweep, self.now
        if sweep is None or one is None:
            return
        self.heat.mark(number)
        self.bottom.open("cell")
        cell = sweep.space.cell(number)
        self.cell.wait(", ".join(f"{name} {value}" for name, value in cell.items()))

        def work(job: Job) -> Outcome:
            job.step("Running the cell")
            return computed(one.cell(cell), sweep.result(number), job)

        self.start(self._celler, work)

    def _celled(self, job: Job) -> None:
        if job.state == "done":
            with pn.io.hold():
                self.cell.show(job.result)
        elif job.state == "failed":
            self.cell.fail(" ".join(explain(job.error, "running the cell")[:2]))

    def brush(self, cells: np.ndarray) -> None:
        """Show the curves of these cells."""
        if self.sweep is not None and len(cells):
            self.fan.ask(self.sweep, cells, self.start)

    def open(self, id: str) -> None:
        """Show a sweep that is written down."""
        if self.runner.busy:
            return
        one = self.now if self.now is not None and self.now.id == id else Sweeping(self.services.sweeps, id=id)
        try:
            if one is not self.now:
                one.open()
                one.spec = one.spec or self.state.spec
        except Exception as error:
            self._note("error", " ".join(explain(error, "opening the sweep")[:2]))
            return
        if one is not self.now:
            self._clear()
        self.now = one
        self._show(one)
        self._rank()

    def _note(self, kind: str, text: str) -> None:
        self.bottom.log(kind, text)
        self.state.notice = text

    def _compare(self, ids: list[str]) -> None:
        if len(ids) > 1:
            if self.sweep is None:
                self.open(ids[0])
            self.bottom.open("compare")
            self.comparison.ask(self.services.sweeps, ids, self.start)
