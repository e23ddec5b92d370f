"""Bars that time cuts, read by way of a plan."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from workbench.catalog import output, schema
from workbench.catalog import plan as plans
from workbench.catalog.manifest import Part
from workbench.catalog.plan import Plan
from workbench.catalog.shelf import Shelf
from workbench.catalog.tape import Tape
from workbench.market.events import BAR


@dataclass(frozen=True)
class TimeBars:
    """Bars of ``plan`` from the rows of ``shelf``. Other kinds of bars have the same methods (``event_bars``)."""

    plan: Plan
    shelf: Shelf
    dtype = BAR

    @property
    def first(self) -> int:
        """No bar begins before (ns)."""
        return self.plan.first - self.plan.longest()

    @property
    def until(self) -> int:
        """Exclusive end of the time there is (ns)."""
        return self.plan.until

    def between(self, start: int | None, end: int | None) -> np.ndarray:
        """Bars with time in [start, end) (ns), each whole."""
        plan = self.plan
        low = self.first if start is None else start
        high = self.until if end is None else end
        reach = plan.reach(low, high)
        if reach is None:
            return np.empty(0, self.dtype)
        if plan.finer is None and plan.price is None:
            tape = Tape(self.shelf, plan.first, plan.until)
            bars = schema.joined(list(tape.bars(plan.spec, plan.sessions, *reach)), self.dtype)
        else:
            bars = output.build(plan, self.shelf.read(*reach))
        return output.cut(bars, low, high)

    def newest(self, n: int, before: int | None) -> np.ndarray:
        """The newest ``n`` bars with time < ``before`` (ns)."""
        build = functools.partial(output.build, self.plan)
        return plans.newest(self.plan, n, before, build=build, tail=self.shelf.tail, between=self.between)

    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """All bars but the last, and the last, which may be unfinished."""
        bars = self.between(None, None)
        return bars[:-1], bars[-1:]

    def origin(self) -> tuple[Hashable, tuple[Part, ...]] | None:
        """What names these bars, and what changes with the data; None when nothing does."""
        if self.shelf.key is None:
            return None
        return (self.shelf.key, self.plan.spec, self.plan.sessions, self.plan.price), self.shelf.parts()

    def cuts(self, start: int | None, end: int | None) -> list[int]:
        """Edges of Dask partitions: about a stored partition each."""
        low = self.first if start is None else max(start, self.first)
        high = self.until if end is None else min(end, self.until)
        if low >= high:
            return [low, low + 1]
        wide = max(self.plan.longest(), 1)
        kept = [low]
        for part in self.shelf.parts():
            if low < part.first < high and part.first - kept[-1] > wide:
                kept.append(part.first)
        return [*kept, high]
