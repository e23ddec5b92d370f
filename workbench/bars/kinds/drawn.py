"""What kinds that draw something else than what was traded have in common."""

from __future__ import annotations

import numpy as np

from workbench.bars.kinds.base import Stage


class MarkedStage(Stage):
    """Keeps what each cut finds out about its lines until they are drawn."""

    #: Of every cut since the last ``shape``: arrays with a value for each index that the cut gave.
    _marks: tuple[tuple[np.ndarray, ...], ...] = ()

    def mark(self, *arrays: np.ndarray) -> None:
        """Keep these. A chunk that spans several sessions is cut in several calls."""
        self._marks = (*self._marks, arrays)

    def marks(self) -> tuple[np.ndarray, ...]:
        """All that was kept, each array in one piece, and forget it; nothing when there was no cut."""
        kept, self._marks = self._marks, ()
        return kept[0] if len(kept) == 1 else tuple(map(np.concatenate, zip(*kept, strict=True)))


class DrawnStage(MarkedStage):
    """Lines from closes. What was traded stays in the bar; its four prices become those of the line."""

    def __init__(self, width: int) -> None:
        self.state = np.zeros(width)

    def lines(self, close: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Index after the last bar of each line that these closes complete, and where the lines open and close."""
        raise NotImplementedError

    def under_way(self, state: np.ndarray, close: float) -> tuple[float, float]:
        """Where the line that is not complete opens and closes, ``close`` being the last price it knows of."""
        raise NotImplementedError

    def cut_bars(self, bars: np.ndarray) -> np.ndarray:
        ends, *marks = self.lines(column(bars, "close"), self.state)
        self.mark(*marks)
        return ends

    def shape(self, bars: np.ndarray) -> np.ndarray:
        marks = self.marks()
        return _with_body(bars, *marks) if marks else bars

    def forming(self, bar: np.ndarray) -> np.ndarray:
        # An unfinished bar may carry the line on; that it ends the line is known when that bar is closed.
        ahead, last = self.state.copy(), column(bar, "close")
        ended = len(self.lines(last, ahead)[0])
        return _with_body(bar, *self.under_way(self.state if ended else ahead, float(last[0])))


def column(bars: np.ndarray, name: str) -> np.ndarray:
    """A column of records, contiguous and read-only, so that the kernels are compiled for one layout."""
    values = np.ascontiguousarray(bars[name])
    values.flags.writeable = False
    return values


def _with_body(bars: np.ndarray, open_: np.ndarray | float, close: np.ndarray | float) -> np.ndarray:
    out = bars.copy()
    out["open"], out["close"] = open_, close
    out["high"], out["low"] = np.maximum(open_, close), np.minimum(open_, close)
    return out
