"""A chart that knows no more than the debugger's cursor: bars up to it, markers so far, later bars greyed if asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from bokeh.models import BoxAnnotation, Span

from workbench.backtest.debugger import Debugger
from workbench.charts.theme import tokens
from workbench.views.backtest.outcome import markers_of
from workbench.views.chart import ChartView
from workbench.views.chart.frames import Frame
from workbench.views.chart.history import History
from workbench.views.chart.part import Part
from workbench.views.chart.readers import FrameBars
from workbench.views.state import AppState

#: Bars that are appended at most; beyond them the chart is moved.
_STREAMED = 60
#: The cursor stays right of this part of the window while one goes back; then the window moves.
_LEFT = 0.35
#: Fills that are shown as markers at most: the newest.
_FILLS = 300


class CutChart(Part):
    """Keeps a chart at the cursor of a debugger, until ``close``.

    Parameters
    ----------
    debugger
        Whose cursor it is.
    chart
        The chart that is taken over, and given back by ``close``; None makes one.
    """

    def __init__(self, debugger: Debugger, chart: ChartView | None) -> None:
        self.debugger, self._lent = debugger, chart is not None
        self._count = self._fills = 0
        self._later, self._spec = False, None
        self.cut, frame = self._frame(chart)
        if chart is None:
            chart = ChartView(None, AppState(symbol=debugger.symbol or "Bars"), frame, live=False, railed=False)
        super().__init__(chart)
        self._held, chart.frame = chart.frame if self._lent else None, frame
        self._veil = [BoxAnnotation(level="overlay", line_color=None, visible=False) for _ in range(2)]
        self._line = Span(dimension="height", line_width=1, line_dash=[4, 3], visible=False)
        for figure, box in zip((chart.chart.price, chart.chart.volume), self._veil, strict=True):
            figure.add_layout(box)
        chart.chart.price.add_layout(self._line)
        self._watch = chart.state.param.watch(lambda *_: self._veiled(), ["dark", "palette"])
        chart.parts.append(self)

    def _frame(self, chart: ChartView | None) -> tuple[FrameBars, Frame]:
        debugger = self.debugger
        bars = debugger.all_bars()
        bars.attrs = {**bars.attrs, "symbol": debugger.symbol or "Bars"}
        same = chart is not None and chart.frame is None and chart.state.symbol == debugger.symbol
        if same:
            self._spec = chart.state.spec
        frame = Frame(bars, self._spec)
        if same and chart.instrument.symbol:
            frame.instrument = chart.instrument
        return frame.reader, frame

    @property
    def later(self) -> bool:
        """Whether later bars are shown, greyed."""
        return self._later

    @later.setter
    def later(self, on: bool) -> None:
        if on != self._later:
            self._later = on
            self._move(self._count, whole=True)

    def another(self) -> None:
        """The debugger shows another symbol."""
        chart = self.view
        self.cut, chart.frame = self._frame(None)
        self._count = self._fills = 0
        chart.markers(None)

    def follow(self) -> None:
        """Come to the cursor of the debugger."""
        self._move(len(self.debugger.bars()))
        self._mark()

    def close(self) -> None:
        """Give the chart back as it was."""
        chart = self.view
        if self not in chart.parts:
            return
        chart.parts.remove(self)
        chart.state.param.unwatch(self._watch)
        for figure in (chart.chart.price, chart.chart.volume):
            figure.center = [one for one in figure.center if one not in (*self._veil, self._line)]
        if self._lent:
            chart.markers(None)
            chart.frame = self._held
            chart.reload()
            if self.debugger.cursor >= 0:
                chart.go_to(pd.Timestamp(int(self.cut.records["time"][self._count - 1]), tz="UTC"))

    # --- bars -----------------------------------------------------------------------------------------------------

    def _move(self, count: int, *, whole: bool = False) -> None:
        chart, before = self.view, self._count
        fresh, self._count = not before, count
        self.cut.cut(len(self.cut.records) if self._later else count)
        history = chart.history
        opened = history is not None and len(history) > 0 and not fresh
        done = False
        if opened and not whole:
            done = count == before
            if self._later:
                self._look()
                done = True
            elif before < count <= before + _STREAMED:
                done = self._joined(before, count)
            elif count < before:
                done = self._dropped(count)
        if not opened:
            chart.reload()
        elif not done:
            self._around()
        self._veiled()

    def _joined(self, before: int, count: int) -> bool:
        """Append the bars that were played, where the newest ones are held."""
        chart, history = self.view, self.view.history
        if str(history.spec) != str(self.cut.own) or not history.at_end or not len(history):
            return False
        seen = chart.window[1] >= history.stop - 1
        records = self.cut.records
        if int(history.records["time"][-1]) != int(records["time"][before - 1]):
            return False
        changed = history.join(records[before:count], records[:0])
        if changed is None or not seen:
            return False
        chart.redraw(changed=changed)
        # The browser follows its newest bar by itself, and tells its window later.
        room = history.stop - chart.window[1] + 1
        if room > 0:
            chart.window = (chart.window[0] + room, chart.window[1] + room)
        return True

    def _dropped(self, count: int) -> bool:
        """Take the bars away that are later than the cursor now, and leave the window where that is in it."""
        chart, history = self.view, self.view.history
        if str(history.spec) != str(self.cut.own) or not count:
            return False
        last = int(self.cut.records["time"][count - 1])
        keep = int(np.searchsorted(history.records["time"], last, "right"))
        ordinal = history.first + keep - 1
        if keep < 1 or int(history.records["time"][keep - 1]) != last or ordinal < self._leftmost():
            return False
        history.records, history.at_end = history.records[:keep], True
        chart.redraw()
        return True

    def _leftmost(self) -> float:
        low, high = self.view.window
        return low + _LEFT * (high - low)

    def _around(self) -> None:
        """The newest bars up to the cursor, or those around it, in a window as wide as it was."""
        chart = self.view
        width = min(max(chart.window[1] - chart.window[0], 20.0), 600.0)
        if self._later:
            chart.history = History(self.cut, self.view.history.spec).open()
            self._look(force=True)
            return
        chart.history = History(self.cut, self.cut.own).open()
        if not len(chart.history):
            chart.reload()
            return
        stop = chart.history.stop + max(2.0, 0.04 * width)
        chart.redraw((stop - width, stop))

    def _look(self, force: bool = False) -> None:
        """Have the cursor in the window, where all bars are shown."""
        chart, last = self.view, int(self.cut.records["time"][max(self._count - 1, 0)])
        ordinal = chart.history.ordinal(last)
        low, high = chart.window
        if force or not low < ordinal < high - 1:
            chart.go_to(pd.Timestamp(last, tz="UTC"))

    # --- what is drawn over them ----------------------------------------------------------------------------------

    def drawn(self) -> None:
        """The chart holds other bars: the line of the cursor stands elsewhere."""
        self._veiled()

    def opened(self) -> None:
        """The chart was opened anew."""
        self._veiled()

    def _veiled(self) -> None:
        chart, history = self.view, self.view.history
        on = self._later and history is not None and len(history) > 0 and self._count > 0
        if on:
            last = int(self.cut.records["time"][self._count - 1])
            edge = history.ordinal(last) + 0.5
            colour = tokens(chart.state.dark, getattr(chart.state, "palette", "classic"))
            for box in self._veil:
                box.update(left=edge, fill_color=colour.panel, fill_alpha=0.72)
            self._line.update(location=edge, line_color=colour.accent)
        for one in (*self._veil, self._line):
            if one.visible != on:
                one.visible = on

    def _mark(self) -> None:
        fills = self.debugger.filled
        if fills == self._fills:
            return
        self._fills = fills
        found = markers_of(*self.debugger.recent(_FILLS), [self.debugger.symbol]) if fills else {}
        self.view.markers(found.get(self.debugger.symbol))
