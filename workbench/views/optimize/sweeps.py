"""Sweeps that are written down: listed, opened, thrown away and brought back, and set beside each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn

from workbench.charts.theme import series
from workbench.sweep.jobs import Jobs
from workbench.sweep.measures import NAMES
from workbench.sweep.result import more_is_better
from workbench.views.backtest.kept import RunList
from workbench.views.backtest.loaded import when_loaded
from workbench.views.backtest.outcome import about_measure
from workbench.views.backtest.running import Job, Runner
from workbench.views.backtest.tables import Column, Table, written
from workbench.views.optimize.board import title_of
from workbench.views.optimize.space import some
from workbench.views.optimize.work import looks
from workbench.views.state import AppState
from workbench.views.states import explain

#: Sweeps that the list shows, the newest.
MOST = 30
_KINDS = {"fraction": "percent", "money": "money", "count": "count", "bars": "number", "days": "number"}
Start = Callable[[Runner, Callable[[Job], Any]], object]


class SweepList(pn.viewable.Viewer):
    """The list.

    Parameters
    ----------
    services
        Gives the sweeps.
    state
        Of the page.
    show, compare, note
        Called with the id of the sweep to show, with those to set beside each other, and with what went wrong.
    """

    def __init__(
        self,
        services: Any,
        state: AppState,
        *,
        show: Callable[[str], object],
        compare: Callable[[list[str]], object],
        note: Callable[[str, str], object],
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.services, self.state = services, state
        self._show, self._compare, self._note = show, compare, note
        self.runner = Runner(self._over, looks())
        self.frame = pd.DataFrame()
        self._numbers: dict[str, int] = {}
        self._removed: list[tuple[str, str]] = []
        self._ticked: list[str] = []
        self._shown = ""
        self.model = RunList(
            title="Sweeps", named=False, hint="Sweeps are kept here, also those of others and of yesterday.", margin=0,
            sizing_mode="stretch_width", css_classes=["wb-runs"],
        )  # fmt: skip
        self.model.on_msg(lambda event: when_loaded(lambda: self.heard(event.data)))

    def __panel__(self) -> pn.viewable.Viewable:
        return self.model

    @property
    def shown(self) -> str:
        """Id of the sweep that is shown; empty for none."""
        return self._shown

    @shown.setter
    def shown(self, id: str) -> None:
        if id != self._shown:
            self._shown = id
            self._tell()

    def refresh(self, start: Start) -> None:
        """Read the list anew, beside the page; ``start`` begins the work."""
        start(self.runner, lambda job: self.services.sweeps.list())

    def heard(self, data: dict[str, Any]) -> None:
        """Carry out what was pressed: ``show``, ``tick``, ``compare``, ``remove``, ``restore``."""
        what, number = data.get("what"), data.get("id", -1)
        id = next((id for id, one in self._numbers.items() if one == number), "")
        if what == "show" and id:
            self._show(id)
        elif what == "tick" and id:
            self._ticked = [one for one in self._ticked if one != id] + ([id] if data.get("on") else [])
        elif what == "compare":
            self._compare(self._ticked)
        elif what in ("remove", "restore") and id:
            self._move(what, id)
        self._tell()

    def _move(self, what: str, id: str) -> None:
        jobs: Jobs = self.services.sweeps
        try:
            if what == "remove":
                name = str(self.frame.loc[self.frame["id"] == id, "name"].iloc[0]) or id
                jobs.delete(id)
                self._removed.append((id, name))
                self._ticked = [one for one in self._ticked if one != id]
            else:
                jobs.restore(id)
                self._removed = [one for one in self._removed if one[0] != id]
            self.frame = jobs.list()
        except Exception as error:
            self._note("error", " ".join(explain(error, "moving the sweep")[:2]))

    def _over(self, job: Job) -> None:
        if job.state == "done":
            self.frame = job.result
            self._tell()
        elif job.state == "failed":
            self._note("error", " ".join(explain(job.error, "reading the list of sweeps")[:2]))

    def _tell(self) -> None:
        rows, colors = [], series(self.state.dark)
        for one in self.frame.head(MOST).itertuples():
            place = self._ticked.index(one.id) if one.id in self._ticked else -1
            done = f"{one.cells:,} cells" if one.done == one.cells else f"{one.done:,} of {one.cells:,} cells"
            rows.append(
                {
                    "id": self._numbers.setdefault(one.id, len(self._numbers)), "name": one.name or one.strategy,
                    "about": f"{one.symbols} · {one.spec} · {done}",
                    "gain": "" if one.state == "finished" else one.state, "tone": "",
                    "tip": f"{one.id}, by {one.who or 'somebody'}, {one.created:%Y-%m-%d %H:%M} UTC: {one.state}",
                    "color": colors[place % len(colors)] if place >= 0 else "",
                }
            )  # fmt: skip
        known = self._numbers
        self.model.param.update(
            runs=rows, removed=[{"id": known[id], "name": name} for id, name in self._removed if id in known],
            ticked=[known[one] for one in self._ticked if one in known], shown=known.get(self._shown, -1),
        )  # fmt: skip


class Comparison(pn.viewable.Viewer):
    """Sweeps side by side: the best and the middle of each measure."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.runner = Runner(self._over, looks())
        self.table = Table(
            label="Sweeps compared", none="Tick two sweeps in the list and press Compare.", sortable=False
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self.table.model

    def ask(self, jobs: Jobs, ids: list[str], start: Start) -> None:
        """Show these sweeps; they are read beside the page."""
        start(self.runner, lambda job: compared(jobs, ids, job))

    def _over(self, job: Job) -> None:
        if job.state == "done":
            frame, names = job.result
            columns = [Column("what", "", "The best cell and the middle of all, by measure", "text", 170, 1.2)]
            columns += [Column(f"r{at}", name, name, "right", 150) for at, name in enumerate(names)]
            self.table.show(frame, columns=columns)
        elif job.state == "failed":
            self.table.show(pd.DataFrame({"what": [" ".join(explain(job.error, "reading the sweeps")[:2])]}),
                            columns=[Column("what", "", "", "text", 400)])  # fmt: skip


def compared(jobs: Jobs, ids: list[str], job: Job) -> tuple[pd.DataFrame, list[str]]:
    """Rows ``what``, ``differs`` and a column ``r0 r1 ...`` of texts for each sweep, and their names."""
    sweeps, names, states = [], [], []
    for at, id in enumerate(ids):
        job.step("Reading sweeps")
        job.progress(at, len(ids))
        sweeps.append(jobs.load(id, partial=True))
        states.append(jobs.status(id))
        names.append(states[-1].name or id)
    rows: list[dict[str, Any]] = []

    def add(what: str, texts: list[str]) -> None:
        rows.append({"what": what, "differs": len(set(texts)) > 1, **{f"r{at}": one for at, one in enumerate(texts)}})

    add("Strategy", [one.strategy for one in states])
    add("Bars", [f"{one.symbols} {one.spec}" for one in states])
    add("Cells", [f"{one.done:,} of {one.cells:,}" for one in states])
    for name in dict.fromkeys(name for one in sweeps for name in one.space.names):
        add(name, [some(one.space.values[name]) if name in one.space.values else "–" for one in sweeps])
    for name in NAMES:
        kind = _KINDS.get(about_measure(name)[2], "number")
        best, middle = [], []
        for one in sweeps:
            values = one.measure(name)
            values = values[np.isfinite(values)]
            top = (values.max() if more_is_better(name) else values.min()) if len(values) else float("nan")
            best.append(_short(top, kind))
            middle.append(_short(float(np.median(values)) if len(values) else float("nan"), kind))
        add(f"{title_of(name)}, best of all", best)
        add(f"{title_of(name)}, median", middle)
    return pd.DataFrame(rows), names


def _short(value: float, kind: str) -> str:
    return written(float(f"{value:.4g}") if kind == "number" and value == value else value, kind)
