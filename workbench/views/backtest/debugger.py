"""The debugger as a mode of the Backtest page: a transport bar, breakpoints, and what is seen at the cursor."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import panel as pn
import param

from workbench.backtest import Run
from workbench.backtest.debugger import JUMPS, Debugger, Stop
from workbench.errors import FormulaError, WorkbenchError
from workbench.views.backtest.debugger_chart import CutChart
from workbench.views.backtest.debugger_panels import DebuggerPanel, kinds, source_of, told_of
from workbench.views.chart import ChartView
from workbench.views.values import sentence

#: How often a session looks at what goes on, ms; only while something does.
TICK_MS = 100
#: Seconds that playing waits for a browser to say that it has drawn what it was sent.
PATIENCE = 2.0
#: Runs that go on at once, of all sessions; bars at most that one press may step.
WORKERS, STEPS = 4, 1_000


@cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="debugger")


class DebuggerView(pn.viewable.Viewer):
    """Goes through a run bar by bar, with a chart that knows no more than the cursor.

    Parameters
    ----------
    make_run
        Makes a run that has not begun.
    chart
        The chart to move and to mark, given back by ``close``; None has one of its own.
    """

    busy = param.Boolean(default=False, doc="Whether the run goes on in another thread.")

    def __init__(self, make_run: Callable[[], Run], chart: ChartView | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.debugger = Debugger(make_run)
        self.chart = CutChart(self.debugger, chart)
        self._own = chart is None
        debugger = self.debugger
        symbols = debugger.symbols
        self.panel = DebuggerPanel(
            source=source_of(debugger), kinds=kinds(), names=debugger.names, finer=debugger.finer,
            symbols=symbols if len(symbols) > 1 else [], symbol=debugger.symbol, sizing_mode="stretch_both", margin=0,
            css_classes=["wb-debugger"], min_height=240,
        )  # fmt: skip
        self.panel.on_msg(lambda event: self.act(dict(event.data)))
        self.panel.param.watch(lambda event: self._greyed(event.new), "later")
        self._stop = Stop("there")
        self._job: Future[Stop] | None = None
        self._timer: Any = None
        self._due = self._last = self._sent = 0.0
        self._unseen = False
        self._closed = threading.Event()
        self._watch = self.chart.view.state.param.watch(lambda *_: self._tell(), "tz")
        if pn.state.curdoc is not None:
            self._timer = pn.state.add_periodic_callback(self.tick, period=TICK_MS, start=False)
            pn.state.on_session_destroyed(lambda _: self.close())
        self.debugger.to(debugger.first)
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        if not hasattr(self, "_root"):
            if self._own:
                self._root = pn.Column(
                    pn.Column(self.chart.view, sizing_mode="stretch_both", margin=0, min_height=300),
                    pn.Column(self.panel, sizing_mode="stretch_width", margin=0, height=380),
                    sizing_mode="stretch_both", margin=0,
                )  # fmt: skip
            else:
                self._root = pn.Column(self.panel, sizing_mode="stretch_both", margin=0)
        return self._root

    def close(self) -> None:
        """Stop what goes on and give the chart back."""
        if self._closed.is_set():
            return
        self._closed.set()
        self.debugger.pause()
        self._halt()
        self.chart.view.state.param.unwatch(self._watch)
        self.chart.close()

    # --- what is pressed ------------------------------------------------------------------------------------------

    def act(self, asked: dict[str, Any]) -> None:
        """Carry out what the panel says; what is wrong with it is told in the panel."""
        what = str(asked.get("what"))
        if what == "seen":
            self._unseen = False
            return
        if what == "pause":
            self.pause()
            return
        if self.busy or self._closed.is_set():
            return  # the buttons are off: this was on its way
        if what != "play" and self.panel.mode == "playing":
            self.pause()
        self.panel.astray = ""
        try:
            self._act(what, asked)
        except WorkbenchError as error:
            self._refuse(what, error)

    def _act(self, what: str, asked: dict[str, Any]) -> None:
        debugger, count = self.debugger, max(1, min(int(asked.get("n", 1)), STEPS))
        if what == "step":
            self._moved(debugger.step(count))
        elif what == "back":
            inner = debugger.see().inside is not None
            count = min(count, max(debugger.cursor, 0) + inner)  # the first bar stays in sight
            self._moved(debugger.back(count) if count else Stop("start"))
        elif what == "start":
            self._moved(debugger.to(0))
        elif what == "inside":
            self._moved(debugger.inside())
        elif what == "play":
            self._play(int(asked.get("speed", self.panel.speed)))
        elif what == "run":
            self._work(debugger.run)
        elif what == "jump" and asked.get("kind") in JUMPS:
            kind, back = asked["kind"], bool(asked.get("back"))
            self._work(lambda: debugger.jump(kind, back=back))
        elif what == "to":
            self._work(lambda: debugger.to(str(asked.get("text", ""))), of="to")
        elif what == "symbol":
            debugger.symbol = str(asked.get("symbol"))
            self.panel.param.update(symbol=debugger.symbol, names=debugger.names)
            self.chart.another()
            self._show()
        else:
            self._break(what, asked)

    def _break(self, what: str, asked: dict[str, Any]) -> None:
        debugger = self.debugger
        if what == "add":
            debugger.add(str(asked.get("kind")), str(asked.get("text", "")))
            self.panel.param.update(wrong="", added=self.panel.added + 1)
        elif what == "remove":
            debugger.remove(int(asked.get("number", 0)))
        elif what == "toggle":
            for one in debugger.breakpoints:
                one.on = bool(asked.get("on")) if one.number == asked.get("number") else one.on
        self._list()

    def _refuse(self, what: str, error: WorkbenchError) -> None:
        said = sentence(error)
        if isinstance(error, FormulaError):
            place = f" (at {error.text[error.position : error.position + error.length]!r})" if error.text else ""
            said = f"{error.reason[:1].upper()}{error.reason[1:]}{place}"
        if what == "add":
            self.panel.wrong = said
        else:
            self.panel.astray = said

    # --- going on -------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Stop playing or running."""
        self.debugger.pause()
        if self._job is not None:
            self._job.cancel()  # if it has not begun
        if self.panel.mode == "playing":
            self._halt()
            self._moved(Stop("paused"))

    def _play(self, speed: int) -> None:
        self.panel.param.update(speed=speed if speed in self.panel.speeds else self.panel.speed)
        if self.debugger.at_end:
            return
        self.panel.mode, self._unseen = "playing", False
        self._due, self._last = 1.0, time.monotonic()  # the first bar comes at once
        self._go_on()

    def _work(self, job: Callable[[], Stop], of: str = "") -> None:
        """Run until something stops it, beside the server's loop where there is one."""
        if self._timer is None:
            self._moved(job())
            return
        self.busy, self.panel.mode, self._of = True, "running", of
        self._job = _workers().submit(lambda: Stop("paused") if self._closed.is_set() else job())
        self._go_on()

    def _go_on(self) -> None:
        if self._timer is not None and not self._timer.running:
            self._timer.start()

    def _halt(self) -> None:
        if self._timer is not None and self._timer.running:
            self._timer.stop()
        if not self._closed.is_set():
            self.panel.mode = "still"

    def tick(self) -> None:
        """Look at what goes on: bars that are due while playing, how far a run is."""
        if self._job is not None:
            self._look_after(self._job)
        elif self.panel.mode == "playing":
            now = time.monotonic()
            if self._unseen and now - self._sent < PATIENCE:
                return
            # A session that is late plays slower instead of falling ever further behind.
            self._due = min(
                self._due + self.panel.speed * (now - self._last), 2 * self.panel.speed * TICK_MS / 1000 + 1
            )
            self._last, count = now, int(self._due)
            if count:
                self._due -= count
                stop = self.debugger.play(count)
                if stop.why != "there":
                    self._halt()
                self._unseen, self._sent = True, now
                self._moved(stop)
        else:
            self._halt()

    def _look_after(self, job: Future[Stop]) -> None:
        if not job.done():
            self.panel.done = min(1.0, max(0.0, (self.debugger.cursor + 1) / self.debugger.instants))
            return
        self._job, self.busy = None, False
        self._halt()
        try:
            stop = Stop("paused") if job.cancelled() else job.result()
        except WorkbenchError as error:
            self._refuse(self._of, error)
            stop = self._stop
        self._moved(stop)

    # --- showing --------------------------------------------------------------------------------------------------

    def _moved(self, stop: Stop) -> None:
        self._stop = stop
        if not self._closed.is_set():
            self._show()

    def _show(self) -> None:
        with pn.io.hold():
            self._tell()
            self._list()
            self.chart.follow()

    def _tell(self) -> None:
        if self.busy:
            return
        tz = getattr(self.chart.view.state, "tz", "UTC")
        self.panel.at = told_of(self.debugger, self.debugger.see(), self._stop, tz)

    def _list(self) -> None:
        hit = self._stop.breakpoint if self._stop.why == "breakpoint" else None
        self.panel.breaks = [
            {"number": one.number, "kind": one.kind, "text": one.text, "on": one.on, "hit": one.number == hit}
            for one in self.debugger.breakpoints
        ]

    def _greyed(self, on: bool) -> None:
        with pn.io.hold():
            self.chart.later = on
