"""A window that rests has its neighbourhood read; one that moves has not, and nothing that is held goes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from workbench.errors import DataError
from workbench.market.events import BAR
from workbench.market.specs import BarSpec
from workbench.views.chart.ahead import Ahead
from workbench.views.chart.history import CHUNK, HELD, History

MINUTE = 60_000_000_000
COUNT = 60_000


class Reader:
    def __init__(self) -> None:
        self.bars = np.zeros(COUNT, BAR)
        self.bars["time"] = np.arange(COUNT) * MINUTE
        self.reads, self.broken = 0, False

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        return self._read(0, COUNT if before is None else before // MINUTE)[-n:]

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        return self._read(-(-max(start, 0) // MINUTE), -(-end // MINUTE))

    def coverage(self) -> tuple[int, int]:
        return 0, (COUNT - 1) * MINUTE

    def _read(self, low: int, high: int) -> np.ndarray:
        self.reads += 1
        if self.broken:
            raise DataError("part-0.parquet is damaged; restore it")
        return self.bars[low:high]


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def view(reader: Reader) -> SimpleNamespace:
    history = History(reader, BarSpec.parse("1min")).open(before=COUNT // 2 * MINUTE)
    return SimpleNamespace(history=history, window=(history.stop - 300.0, float(history.stop)))


def test_a_window_that_rests_is_read_around_once(reader: Reader, view: SimpleNamespace) -> None:
    ahead, (start, end) = Ahead(view), view.window
    before = reader.reads
    ahead.polled()
    assert reader.reads == before  # it may still be moving
    ahead.polled()
    assert view.history.first <= start - CHUNK and view.history.stop >= end + CHUNK
    done = reader.reads
    for _ in range(5):
        ahead.polled()
    assert reader.reads == done
    view.window = (start - 500, end - 500)
    assert view.history.first <= start - 500 - 300  # such a pan is answered from memory
    stamps = view.history.records["time"]
    assert np.array_equal(np.diff(stamps), np.full(len(stamps) - 1, MINUTE))


def test_a_window_that_moves_reads_nothing(reader: Reader, view: SimpleNamespace) -> None:
    ahead, before = Ahead(view), reader.reads
    for _ in range(5):
        view.window = (view.window[0] - 10, view.window[1] - 10)
        ahead.polled()
    assert reader.reads == before


def test_nothing_that_is_held_goes(view: SimpleNamespace) -> None:
    ahead, history = Ahead(view), view.history
    while history.older(CHUNK) and len(history) + CHUNK < HELD:
        pass
    first, stop = history.first, history.stop
    view.window = (float(first), first + 4000.0)
    ahead.polled()
    ahead.polled()
    assert (history.first, history.stop) == (first, stop)


def test_a_damaged_file_far_away_is_not_told_of_here(reader: Reader, view: SimpleNamespace) -> None:
    ahead, reader.broken = Ahead(view), True
    ahead.polled()
    ahead.polled()
    assert len(view.history) == CHUNK
