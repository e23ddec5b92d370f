"""The studies of a chart: from the texts of the state to numbers on the screen, and back when a legend is pressed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import pandas as pd

from workbench.charts.candles import CandleChart
from workbench.charts.studies import Drawn
from workbench.charts.study_text import HEIGHTS, Study
from workbench.errors import WorkbenchError
from workbench.indicators import Indicator
from workbench.views.chart.history import History
from workbench.views.chart.study_values import Lead, StudyValues
from workbench.views.wire import in_turn


@dataclass
class Entry:
    """A study of the chart, its number, and what is computed of it."""

    id: int
    text: str
    study: Study
    values: StudyValues | None = None
    error: str = ""


class ChartStudies:
    """Keeps a chart's studies at what ``state.studies`` says.

    Parameters
    ----------
    chart
        Where they are drawn.
    state
        Its ``studies`` are the texts, in the order of the panes.
    edit
        Called with the number of a study whose settings are asked for.
    """

    def __init__(self, chart: CandleChart, state: Any, edit: Callable[[int], object]) -> None:
        self.chart, self.state, self.edit = chart, state, edit
        self.entries: list[Entry] = []
        self.session = ""
        self._ids = count()
        self._at: tuple[History, tuple[int, int]] | None = None
        chart.studies.wish.on_change("data", in_turn(self._wished))
        state.param.watch(lambda _: self._follow(), "studies")

    # --- drawing --------------------------------------------------------------------------------------------------

    def draw(self, history: History, drawn: tuple[int, int], session: str = "") -> None:
        """Bring all studies to the bars of a history; those of ordinals ``drawn`` are on the screen.

        ``session`` is the calendar of those that begin with a session and were not told which.
        """
        self._at = (history, drawn)
        if session != self.session:
            self.session = session
            for entry in self.entries:
                entry.values = None
        self._list()
        if not self.entries and not self.chart.studies.glyphs:
            return
        self._compute(history, drawn[0])
        shown = [self._drawn(entry) for entry in self.entries]
        self.chart.studies.place(shown)
        for entry in self.entries:
            if entry.values is not None and not entry.error and not entry.study.looks.hidden:
                low, high = (ordinal - history.first for ordinal in drawn)
                self.chart.studies.show(entry.id, drawn[0], entry.values.rows(*drawn), history.records[low:high])

    def live(self, history: History, drawn: tuple[int, int]) -> None:
        """The same when the newest bars changed."""
        if self.entries:
            self.draw(history, drawn, self.session)

    def _follow(self) -> None:
        if self._at is not None:
            self.draw(*self._at, self.session)

    def _list(self) -> None:
        """Entries for the texts of the state; what is there already stays what it is."""
        texts = list(self.state.studies)
        if [entry.text for entry in self.entries] == texts:
            return
        left = {entry.text: entry for entry in reversed(self.entries)}
        found: list[Entry | None] = [left.pop(text, None) for text in texts]
        spare = [entry for entry in self.entries if not any(entry is one for one in found)]
        for at, text in enumerate(texts):
            if found[at] is None:
                found[at] = self._entry(text, spare)
        self.entries = [entry for entry in found if entry is not None]

    def _entry(self, text: str, spare: list[Entry]) -> Entry:
        try:
            study = Study.parse(text)
        except WorkbenchError as error:
            return Entry(next(self._ids), text, Study(text.partition("(")[0].strip()[:40] or "?"), error=_said(error))
        for entry in spare:
            if entry.study.name == study.name:  # other parameters or looks of one that is there
                spare.remove(entry)
                same = dict(entry.study.values) == dict(study.values)
                return Entry(entry.id, text, study, entry.values if same else None, entry.error if same else "")
        return Entry(next(self._ids), text, study)

    def _compute(self, history: History, low: int) -> None:
        lead: Lead | None = None
        for entry in self.entries:
            if entry.error:
                continue
            try:
                if entry.values is None:
                    entry.values = StudyValues(entry.study.indicator(self.session or None))
                values, own = entry.values, entry.values.lead
                if own is None or not own.serves(history, values.one.warmup) or not values.covers(low):
                    if lead is None or lead.warmup < values.one.warmup:
                        longest = [one.values.one.warmup for one in self.entries if one.values is not None]
                        lead = Lead(history, max(longest))
                    own = lead
                values.bring(own)
            except WorkbenchError as error:
                entry.error = _said(error)
        if lead is not None:
            lead.forget()

    def _drawn(self, entry: Entry) -> Drawn:
        values = entry.values
        note = ""
        if values is not None and values.lead is not None and not values.lead.whole and values.lead.since is not None:
            note = f"from {pd.Timestamp(values.lead.since, tz='UTC').tz_convert(self.state.tz):%Y-%m-%d}"
        one = None if values is None or entry.error else values.one
        return Drawn(entry.id, entry.study, one, note, entry.error)

    # --- changes --------------------------------------------------------------------------------------------------

    def add(self, study: Study | str | Indicator) -> None:
        """One more, below the others."""
        self.state.studies = [*self.state.studies, str(Study.of(study))]

    def change(self, number: int, study: Study | None) -> None:
        """Put another in the place of one; None takes it away."""
        pairs = zip(self.entries, self.state.studies, strict=True)
        changed = [str(study) if entry.id == number else text for entry, text in pairs]
        if study is None:
            changed = [text for entry, text in zip(self.entries, changed, strict=True) if entry.id != number]
        self.state.studies = changed

    def entry(self, number: int) -> Entry | None:
        """The study of this number."""
        return next((entry for entry in self.entries if entry.id == number), None)

    def _wished(self, attr: str, old: Any, new: Any) -> None:
        if not len(new.get("what", ())):
            return
        what, number = str(new["what"][0]), int(new["id"][0])
        if what == "height":
            self._heights(json.loads(new["value"][0]))
            return
        entry = self.entry(number)
        if entry is None:
            return
        looks = entry.study.looks
        if what == "settings":
            self.edit(number)
        elif what == "remove":
            self.change(number, None)
        elif what in ("up", "down"):
            self._move(entry, -1 if what == "up" else 1)
        elif what == "hide" and not entry.error:
            self.change(number, entry.study.with_looks(hidden=not looks.hidden))
        elif what == "fold" and not entry.error:
            self.change(number, entry.study.with_looks(folded=not looks.folded))

    def _heights(self, heights: Sequence[Sequence[int]]) -> None:
        texts = list(self.state.studies)
        lowest = len(heights) - 1
        for at, (number, height) in enumerate(heights):
            entry = self.entry(int(number))
            if entry is None:
                if int(number) < 0:
                    self.chart.volume_height(int(height), lowest=at == lowest)
                continue
            if entry.study.looks.folded:
                continue
            plain = self.chart.studies.plain_height(int(height), lowest=at == lowest)
            plain = None if plain is None else min(max(plain, HEIGHTS[0]), HEIGHTS[1])
            entry.study = entry.study.with_looks(height=plain)
            entry.text = texts[self.entries.index(entry)] = str(entry.study)
        self.state.studies = texts

    def _move(self, entry: Entry, by: int) -> None:
        """Past the next pane; studies over the prices are no panes."""
        texts, order = list(self.state.studies), self.entries
        panes = [one for one in order if self._drawn(one).own_pane]
        at = panes.index(entry) + by if entry in panes else -1
        if 0 <= at < len(panes):
            here, there = order.index(entry), order.index(panes[at])
            texts[here], texts[there] = texts[there], texts[here]
            order[here], order[there] = order[there], order[here]
            self.state.studies = texts


def read_studies(texts: Sequence[str | Indicator | Study]) -> list[str]:
    """Canonical texts of studies; a ``WorkbenchError`` for one that cannot be read."""
    return [str(Study.of(one)) for one in texts]


def _said(error: Exception) -> str:
    return str(error.args[0] if error.args else error)
