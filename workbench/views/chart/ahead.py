"""Reading ahead: around a window that rests bars are read, so that the next pan is answered from memory."""

from __future__ import annotations

from workbench.errors import WorkbenchError
from workbench.views.chart.history import History
from workbench.views.chart.part import Part


class Ahead(Part):
    """Reads on around a window that has not moved from one look to the next."""

    _seen: tuple[History, tuple[float, float]] | None = None
    _done = False

    def polled(self) -> None:
        """As ``Part.polled``."""
        history = self.view.history
        if history is None or not len(history):
            return
        now = (history, self.view.window)
        if now != self._seen:
            self._seen, self._done = now, False
        elif not self._done:
            self._done = True
            try:
                history.ahead(*self.view.window)
            except (WorkbenchError, OSError):
                return  # a damaged file is told of when somebody gets there
