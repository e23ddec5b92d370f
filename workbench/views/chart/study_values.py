"""Numbers of studies over the bars that a chart holds, from the beginning of the data where that is not too far."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.indicators import Indicator, Studies
from workbench.indicators.base import PRICES, column_of, session_numbers
from workbench.views.chart.history import HELD, History

#: Bars that are read before those a chart holds, at most; when there are more, a lead-in for the longest warm-up.
MOST, LEAD, WARMUPS = 200_000, 5_000, 20


class Lead:
    """The bars that studies are computed of: a history's, and those before it.

    Bars before it are read once, and of them only the last are kept. ``whole`` says that there is nothing before them.

    Parameters
    ----------
    history
        The bars a chart holds.
    warmup
        The longest of the studies, in bars.
    """

    def __init__(self, history: History, warmup: int) -> None:
        self.history, self.warmup, self.anchor = history, warmup, history.first
        self._before = self._read()
        self.start = self._from = history.first - len(self._before)
        #: First of the bars that stay when the others are let go of.
        self.near = max(self.start, history.first - LEAD)
        first = self._before if len(self._before) else history.records
        #: Stamp of the first bar that is counted in (ns UTC), None without any.
        self.since = int(first["time"][0]) if len(first) else None

    def _read(self) -> np.ndarray:
        history = self.history
        stamps = history.records["time"]
        if history.at_start or not len(stamps):
            self.whole = True
            return history.records[:0]
        covered = history.reader.coverage()
        pace = max(1.0, (stamps[-1] - stamps[0]) / max(1, len(stamps) - 1))
        ahead = (stamps[0] - covered[0]) / pace if covered else 0.0
        count = MOST if ahead <= 1.5 * MOST else max(LEAD, WARMUPS * self.warmup)
        out = history.reader.latest(history.spec, count, int(stamps[0]))
        self.whole = len(out) < count
        return out

    def serves(self, history: History, warmup: int) -> bool:
        """Whether numbers of these bars are those of a history now, for studies of this warm-up."""
        enough = self.whole or history.first - self.start >= max(LEAD, WARMUPS * warmup)
        return history is self.history and enough and history.first >= self.start

    def parts(self, low: int, high: int) -> list[np.ndarray]:
        """Bars of these ordinals, those before the history apart; nothing when some of them are not held any more."""
        history = self.history
        if low >= history.first:
            return [history.records[low - history.first : high - history.first]]
        if history.first > self.anchor or low < self._from:
            return []
        before = self._before[low - self._from : min(high, history.first) - self._from]
        return [before, history.records[: max(0, high - history.first)]]

    def forget(self) -> None:
        """Let go of the bars far before the history."""
        self._before = self._before[self.near - self._from :]
        self._from = self.near

    @property
    def fresh(self) -> bool:
        """Whether studies can be begun with it: nothing was let go of."""
        return self._from == self.start and self.history.first <= self.anchor


class StudyValues:
    """Numbers of one study by ordinal; equal to those of the indicator called with all bars, bit for bit.

    All bars but the newest are taken in once, in order; the newest may still change and is only looked at. A study that
    is not causal is computed anew for the newest bars whenever one of them changes.
    """

    def __init__(self, one: Indicator) -> None:
        self.one = one
        self._lead: Lead | None = None
        self._first = self._taken = 0

    @property
    def lead(self) -> Lead | None:
        """The bars it was computed of."""
        return self._lead

    def bring(self, lead: Lead) -> None:
        """Come up to the bars as they are now."""
        stop = lead.history.stop
        if self._lead is not lead:
            self._begin(lead)
        if not self.one.causal:
            self._anew(lead)
            return
        if self._taken < stop - 1:
            parts = lead.parts(self._taken, stop - 1)
            self._append(
                [
                    self._live.update_rows(rows_of(part, self._live.columns, self.one.plugin_name))
                    for part in parts
                    if len(part)
                ]
            )
        if self._taken == stop - 1:
            newest = lead.history.records[-1:]
            self._newest = self._live.peek_rows(rows_of(newest, self._live.columns, self.one.plugin_name))

    def rows(self, low: int, high: int) -> np.ndarray:
        """float64[high - low, outputs] of these ordinals; NaN where nothing is known."""
        out = np.full((high - low, len(self.one.outputs)), np.nan)
        a, b = max(low, self._first), min(high, self._taken)
        if a < b:
            out[a - low : b - low] = self._kept[a - self._first : b - self._first]
        if low <= self._taken < high and len(self._newest):
            out[self._taken - low] = self._newest[0]
        return out

    def covers(self, low: int) -> bool:
        """Whether numbers from this ordinal on are kept."""
        return self._lead is not None and low >= self._first

    def _begin(self, lead: Lead) -> None:
        self._lead, self._live = lead, Studies([self.one] if self.one.causal else [])
        self._first = self._taken = lead.start
        self._newest = np.empty((0, len(self.one.outputs)))
        self._kept = np.empty((0, len(self.one.outputs)))

    def _append(self, more: list[np.ndarray]) -> None:
        used, count = self._taken - self._first, sum(map(len, more))
        self._taken += count
        if used + count <= len(self._kept):
            self._kept[used : used + count] = np.concatenate(more)
            return
        # Of a long lead only what a hand may soon pan back to is kept.
        drop = max(0, min(used + count, self._lead.history.first - HELD - self._first))
        spare = np.empty(((used + count) // 8 + 64, len(self.one.outputs)))
        self._kept = np.concatenate([np.concatenate([self._kept[:used], *more])[drop:], spare])
        self._first += drop

    def _anew(self, lead: Lead) -> None:
        """All numbers of the bars that are held, each time."""
        first = lead.history.first
        low = min(first, lead.near) if first <= lead.anchor else first
        rows = np.concatenate(lead.parts(low, lead.history.stop))
        self._first, self._taken = low, lead.history.stop
        self._kept = np.asarray(self.one(frame_of(rows)), float).reshape(len(rows), -1)


def rows_of(records: np.ndarray, columns: list[str], who: str) -> np.ndarray:
    """Bars as ``Studies`` take them; as ``Studies.rows_of`` gives, without a frame, which costs more than a study."""
    out, known = np.empty((len(records), len(columns))), records.dtype.names
    for at, name in enumerate(columns):
        if name.startswith("session:"):
            out[:, at] = session_numbers(records["time"], name.removeprefix("session:"))
        elif name in known:
            out[:, at] = records[name]
        elif name in PRICES:
            parts = [records[part] for part in PRICES[name]]
            out[:, at] = sum(parts[1:], parts[0]) / len(parts)
        else:
            out[:, at] = column_of(frame_of(records), name, who)
    return out


def frame_of(records: np.ndarray) -> pd.DataFrame:
    """Bars as indicators take them; ``time`` stays ns UTC."""
    return pd.DataFrame({name: records[name] for name in records.dtype.names})
