"""The runs of a session: kept, named, removed and brought back, and what differs between them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import param

from workbench.charts.tearsheet.words import of_unit
from workbench.charts.theme import series
from workbench.views.backtest.fields import text_of
from workbench.views.backtest.outcome import Outcome, about_measure
from workbench.views.backtest.setup import Account
from workbench.views.backtest.tables import ratio, written
from workbench.views.scripts import with_el

#: Runs that a session keeps with their bars; the oldest gives way.
MOST = 40
#: Letters of a name.
LETTERS = 60
_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Measures that come before the others.
KEY = ("total_return", "cagr", "sharpe", "sortino", "max_drawdown", "win_rate", "profit_factor", "round_trips", "fees")


@dataclass(eq=False)
class Kept:
    """A run with its name."""

    id: int
    name: str
    outcome: Outcome


class RunList(pn.custom.JSComponent):
    """The list as the browser draws it."""

    runs = param.List(default=[], item_type=dict, doc="id, name, about, gain, tone, tip and color of each.")
    removed = param.List(default=[], item_type=dict, doc="id and name of those that can be brought back.")
    ticked = param.List(default=[], item_type=int, doc="Those that are to be compared.")
    shown = param.Integer(default=-1, bounds=(-1, None), doc="The run whose result is shown.")
    comparing = param.Boolean(default=False, doc="Whether runs are shown over each other.")
    title = param.String(default="Runs", doc="What stands over the list.")
    hint = param.String(
        default="Every run of this session is kept here. Tick two to compare them.", doc="Said while there are none."
    )
    named = param.Boolean(default=True, doc="Whether they can be given other names.")
    returns = param.Boolean(default=False, doc="Whether the tab tells its name, by which it finds its runs again.")

    _esm = with_el(_JS / "runs.js")
    _stylesheets = [_CSS / "runs.css"]


class Session(param.Parameterized):
    """The runs of a session, the newest first."""

    runs = param.List(default=[], item_type=Kept, doc="Runs that are there, the newest first.")
    removed = param.List(default=[], item_type=Kept, doc="Runs that were removed, the newest last.")
    ticked = param.List(default=[], item_type=int, doc="Numbers of the runs to compare, in the order of the ticks.")
    shown = param.Integer(default=-1, bounds=(-1, None), doc="Number of the run that is shown; -1 for none.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._numbers = itertools.count()

    def add(self, outcome: Outcome) -> Kept:
        """Keep a run; it is the one that is shown then."""
        number = next(self._numbers)
        kept = Kept(number, self._free(outcome.chosen.label), outcome)
        runs = [kept, *self.runs][:MOST]
        self.param.update(
            runs=runs, shown=number, ticked=[one for one in self.ticked if any(r.id == one for r in runs)]
        )
        return kept

    def take(self, other: Session) -> None:
        """Have the runs of another session in place of one's own."""
        self._numbers = other._numbers
        self.param.update(**{name: getattr(other, name) for name in ("runs", "removed", "ticked", "shown")})

    def _free(self, label: str) -> str:
        label, names = label[:LETTERS], {one.name for one in self.runs}
        if label not in names:
            return label
        return next(f"{label} ({n})" for n in itertools.count(2) if f"{label} ({n})" not in names)

    def get(self, number: int) -> Kept | None:
        """The run of a number, if it is there."""
        return next((one for one in self.runs if one.id == number), None)

    def rename(self, number: int, name: str) -> None:
        """Give a run another name."""
        one = self.get(number)
        if one is not None and name.strip():
            one.name = name.strip()[:LETTERS]
            self.param.trigger("runs")

    def remove(self, number: int) -> None:
        """Take a run off the list; it can be brought back."""
        one = self.get(number)
        if one is None:
            return
        self.param.update(
            runs=[run for run in self.runs if run is not one],
            removed=[*self.removed, one][-MOST:],
            ticked=[tick for tick in self.ticked if tick != number],
            shown=-1 if self.shown == number else self.shown,
        )

    def restore(self, number: int) -> None:
        """Bring a run back to its place."""
        one = next((run for run in self.removed if run.id == number), None)
        if one is not None:
            runs = sorted([*self.runs, one], key=lambda run: -run.id)
            self.param.update(runs=runs, removed=[run for run in self.removed if run is not one])

    def tick(self, number: int, on: bool) -> None:
        """Choose a run for comparison, or not."""
        ticked = [one for one in self.ticked if one != number]
        if on and self.get(number) is not None:
            ticked.append(number)
        self.ticked = ticked

    @property
    def compared(self) -> list[Kept]:
        """The runs that are ticked, in the order of the ticks."""
        return [one for one in map(self.get, self.ticked) if one is not None]


def told(session: Session, dark: bool) -> dict[str, Any]:
    """What the browser draws of a session."""
    colors, rows = series(dark), []
    for one in session.runs:
        outcome, stats = one.outcome, one.outcome.stats
        gain = stats.get("total_return", float("nan"))
        chosen = outcome.chosen
        place = session.ticked.index(one.id) if one.id in session.ticked else -1
        trips = f"{len(outcome.trips):,} round trips"
        rows.append(
            {
                "id": one.id,
                "name": one.name,
                "about": f"{chosen.place} · Sharpe {ratio(stats.get('sharpe'))}",
                "gain": written(gain, "percent"),
                "tone": "up" if gain > 0 else "down" if gain < 0 else "",
                "tip": f"{chosen.label} on {chosen.place}: {trips}",
                "color": colors[place % len(colors)] if place >= 0 else "",
            }
        )
    removed = [{"id": one.id, "name": one.name} for one in session.removed]
    return {"runs": rows, "removed": removed, "ticked": list(session.ticked), "shown": session.shown}


def side_by_side(runs: Sequence[Kept]) -> tuple[pd.DataFrame, list[str]]:
    """Parameters and measures of runs, a column ``r0 r1 ...`` for each; what differs comes first.

    Returns
    -------
    frame
        ``what``, ``group``, ``differs`` and the columns of texts.
    tips
        An explanation for each row.
    """
    rows, tips = [], []

    def add(group: str, what: str, texts: list[str], tip: str = "") -> None:
        rows.append({"group": group, "what": what, "differs": len(set(texts)) > 1, **_columns(texts)})
        tips.append(tip)

    chosen = [one.outcome.chosen for one in runs]
    add("Run", "Strategy", [getattr(type(one.strategy), "plugin_name", "") for one in chosen])
    names = dict.fromkeys(name for one in chosen for name in one.strategy.values())
    for name in names:
        values = [one.strategy.values() for one in chosen]
        add("Parameter", name, [text_of(one[name]) if name in one else "–" for one in values])
    add("Run", "Symbols", [", ".join(one.symbols) for one in chosen])
    add("Run", "Bars", [one.spec for one in chosen])
    add("Run", "From", [_day(one.outcome, 0) for one in runs])
    add("Run", "To", [_day(one.outcome, -1) for one in runs])
    for name in dict.fromkeys(name for one in chosen for name in one.options):
        add("Rule", name, [text_of(one.options.get(name)) or "–" for one in chosen], Account.param[name].doc or "")
    for name in dict.fromkeys(name for one in chosen for name in one.costs):
        add("Cost", name, [text_of(one.costs.get(name, 0.0)) for one in chosen])
    measured = [*KEY, *(name for one in runs for name in one.outcome.stats)]
    for name in dict.fromkeys(name for name in measured if any(name in one.outcome.stats for one in runs)):
        title, group, unit, tip = about_measure(name)
        add(group, title, [of_unit(one.outcome.stats.get(name, float("nan")), unit) for one in runs], tip)
    frame = pd.DataFrame(rows)
    order = frame.sort_values("differs", ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True), [tips[at] for at in order]


def _columns(texts: list[str]) -> dict[str, str]:
    return {f"r{at}": text for at, text in enumerate(texts)}


def _day(outcome: Outcome, at: int) -> str:
    index = outcome.result.equity.index
    return f"{index[at]:%Y-%m-%d %H:%M}" if len(index) else "–"
