"""What stands below the heat map: the leaderboard, a cell on its chart, both halves, other sweeps, what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import panel as pn

from workbench.sweep import Sweep
from workbench.views.backtest.outcome import about_measure
from workbench.views.backtest.results import LOG, TabBar
from workbench.views.backtest.tables import Column, Table, ratio, written
from workbench.views.optimize.board import title_of
from workbench.views.optimize.layout import BOTTOM, LINE

#: Rows of the leaderboard.
ROWS = 100
_KINDS = {"fraction": "percent", "money": "money", "count": "count", "bars": "number", "days": "number"}
_HONEST = {
    "sharpe": ("Sharpe", "Sharpe ratio a year; read it beside the deflated one"),
    "deflated_sharpe": (
        "Deflated", "How probable it is that the true ratio is above the best of so many trials by luck"
    ),
    "significant": ("Significant", "Whether the deflated Sharpe ratio is 0.95 or more"),
    "plateau": ("Plateau", "What the cells beside it keep of the measure: 0 a spike, 1 a plateau"),
    "trials": ("Trials", "All trials of this family of strategies on these data, by anyone"),
}  # fmt: skip

#: Title and tooltip of each tab, in their order.
TABS = {
    "best": ("Leaderboard", "The best cells, and what their Sharpe ratios are worth; a row shows its backtest"),
    "coordinates": ("Coordinates", "All parameters side by side; drag on an axis to brush"),
    "halves": ("In and out of sample", "One half of the window against the other"),
    "cell": ("Cell", "The backtest of the cell that was pressed"),
    "compare": ("Compare", "Sweeps that are ticked in the list, side by side"),
    "log": ("Log", "What ran and what went wrong"),
}


class Bottom(pn.viewable.Viewer):
    """Tabs, of which one is open at a time.

    Parameters
    ----------
    on_cell
        Called with the number of a cell that is picked in the leaderboard.
    others
        What else there is, by the name of its tab in ``TABS``.
    opened
        Called with the name of the tab that is opened.
    """

    def __init__(
        self,
        on_cell: Callable[[int], object],
        others: Mapping[str, Any],
        opened: Callable[[str], object] = lambda name: None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._on_cell, self._opened, self.cells = on_cell, opened, pd.Index([])
        self._log: list[dict[str, str]] = []
        self.board = Table(
            label="Leaderboard", none="The leaderboard comes when the sweep is over, or is paused.",
            on_pick=lambda row: self._on_cell(int(self.cells[row])),
        )  # fmt: skip
        self.trials = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=0, stylesheets=[LINE], css_classes=["wb-line"]
        )
        self.log_table = Table(LOG, label="Log", none="Nothing went wrong so far.", sortable=False)
        best = pn.Column(self.trials, self.board, sizing_mode="stretch_both", margin=0, stylesheets=[_BEST],
                         css_classes=["wb-op-best"])  # fmt: skip
        bodies = {"best": best, **others, "log": self.log_table}
        self.bar = TabBar(value="best", sizing_mode="stretch_width", margin=0, height=30)
        self._boxes = {
            name: pn.Column(
                body, sizing_mode="stretch_both", margin=0, visible=name == "best", css_classes=["wb-tab"],
            )
            for name, body in bodies.items()
        }  # fmt: skip
        self.body = pn.Column(
            *self._boxes.values(), css_classes=["wb-op-bottom"], stylesheets=[BOTTOM], margin=0,
            sizing_mode="stretch_both",
        )  # fmt: skip
        self.bar.param.watch(lambda _: self._open(), "value")
        self.bar.param.watch(lambda _: self.body.param.update(visible=not self.bar.folded), "folded")
        self._tabs()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.body

    def open(self, name: str) -> None:
        """Open a tab."""
        self.bar.param.update(value=name, folded=False)

    def show(self, sweep: Sweep | None, found: pd.DataFrame | None, measure: str) -> None:
        """Show the leaderboard of a sweep; None for none."""
        if sweep is None or found is None:
            self.cells = pd.Index([])
            self.board.show(pd.DataFrame(), columns=())
            self.trials.object = ""
            return
        self.cells = found.index
        frame, columns = leaders(sweep, found, measure)
        self.board.show(frame, columns=columns)
        self.trials.object = trials_told(sweep, found)

    def log(self, kind: str, text: str) -> None:
        """Add a line to the log, the newest first."""
        when = f"{pd.Timestamp.now('UTC'):%H:%M:%S}"
        self._log.insert(0, {"when": when, "kind": kind, "text": " ".join(text.split())})
        del self._log[500:]
        self.log_table.show(pd.DataFrame(self._log, columns=["when", "kind", "text"]))
        self._tabs()

    def _open(self) -> None:
        for name, box in self._boxes.items():
            box.visible = name == self.bar.value
        self._opened(self.bar.value)

    def _tabs(self) -> None:
        count = {"log": f"{len(self._log)}" if self._log else ""}
        self.bar.tabs = [(name, title, count.get(name, ""), tip) for name, (title, tip) in TABS.items()]


def leaders(sweep: Sweep, found: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, list[Column]]:
    """The leaderboard as a table: its texts and its columns."""
    out = pd.DataFrame({"cell": found.index})
    columns = [Column("cell", "Cell", "Number of the cell", "count", 56, 0.4)]
    for name in sweep.space.names:
        out[name] = found[name].to_numpy()
        columns.append(Column(name, name, "", "right" if out[name].dtype == object else "number", 64, 0.7))
    for name in found.columns.drop(sweep.space.names):
        title, tip = _HONEST.get(name, (title_of(name), about_measure(name)[3]))
        values = found[name].to_numpy()
        if name == "significant":
            out[name] = ["yes" if one else "no" for one in values]
            columns.append(Column(name, title, tip, "text", 84, 0.7))
        elif name in ("sharpe", "plateau", "deflated_sharpe"):
            out[name] = [f"{one:.3f}" if name == "deflated_sharpe" and one == one else ratio(one) for one in values]
            columns.append(Column(name, title, tip, "right", 76, 0.8))
        else:
            out[name] = values
            unit = "count" if name == "trials" else _KINDS.get(about_measure(name)[2], "number")
            columns.append(Column(name, title, tip, unit, 104, 0.9, toned=name == "total_return"))
    return out, columns


def trials_told(sweep: Sweep, found: pd.DataFrame) -> str:
    """How many trials there were on these data, and how many of the best are more than luck."""
    trials = int(found["trials"].iloc[0]) if len(found) else sweep.trials.count
    good = int(found["significant"].sum()) if len(found) else 0
    verdict = (
        f"{good} of the best {len(found)} are significant" if good else f"none of the best {len(found)} is significant"
    )
    failed = ""
    if sweep.failures:
        first = next(iter(sweep.failures.values()))
        failed = (
            f' · <span class="bad">the strategy raised in {len(sweep.failures):,} cells</span>, first: {_plain(first)}'
        )
    return f"<p><b>{written(trials, 'count')} trials</b> on these data so far, by anyone: {verdict}{failed}</p>"


def _plain(text: str) -> str:
    import html

    return html.escape(" ".join(text.split())[:200])


_BEST = """
:host(.wb-op-best) { display: flex; flex-flow: column; gap: 0; height: 100%; }
:host(.wb-op-best) > .wb-line { flex: none; height: auto; }
"""
