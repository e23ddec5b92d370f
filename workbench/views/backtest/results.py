"""The tables below the chart: round trips, orders, fills, measures, months, drawdowns and what went wrong."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import param

from workbench.charts.tearsheet.words import of_unit
from workbench.views.backtest.kept import KEY
from workbench.views.backtest.outcome import Outcome, about_measure
from workbench.views.backtest.tables import Column, Table, written
from workbench.views.values import ZoneParameter

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year")
#: A month of this return has the full colour.
_FULL = 0.10

TRIPS = (
    Column("number", "#", "In the order of their ends", "count", 48, 0.4),
    Column("symbol", "Symbol", "", "text", 84),
    Column("side", "Side", "", "side", 56, 0.6),
    Column("entry_time", "Entry", "When it was opened", "time", 104, 1.4),
    Column("exit_time", "Exit", "When it was closed", "time", 104, 1.4),
    Column("units", "Units", "Most units held", "units", 84),
    Column("entry_price", "In at", "Mean price of what opened it", "price", 76),
    Column("exit_price", "Out at", "Mean price of what closed it", "price", 76),
    Column("pnl", "Profit", "After fees", "money", 88, toned=True),
    Column("return", "Return", "Profit by what was put in", "percent", 88, toned=True),
    Column("bars", "Bars", "Bars it was held for", "count", 56, 0.6),
    Column("mae", "MAE", "Worst price on the way, by the entry", "percent", 88),
    Column("mfe", "MFE", "Best price on the way, by the entry", "percent", 88),
    Column("fees", "Fees", "", "money", 72),
    Column("reason", "Closed by", "", "text", 80),
    Column("tag", "Tag", "", "text", 64),
)
ORDERS = (
    Column("order", "#", "Number of the order", "count", 52, 0.4),
    Column("time", "Made", "Close of the bar at which it was asked for", "time", 104, 1.4),
    Column("symbol", "Symbol", "", "text", 84),
    Column("kind", "Kind", "", "text", 76),
    Column("side", "Side", "", "trade", 52, 0.6),
    Column("amount", "Amount", "What was asked for", "units", 84),
    Column("mode", "In", "What the amount is: units, fraction of equity, cash, risk", "text", 68),
    Column("limit", "Limit", "", "price", 76),
    Column("stop", "Stop", "", "price", 76),
    Column("status", "Status", "", "text", 76),
    Column("units", "Filled", "Units that were filled", "units", 84),
    Column("price", "At", "Mean price of the fills", "price", 76),
    Column("fees", "Fees", "", "money", 72),
    Column("ended", "Ended", "When nothing more could come of it", "time", 104, 1.4),
    Column("reason", "Reason", "", "text", 80),
    Column("tag", "Tag", "", "text", 64),
)
FILLS = (
    Column("time", "Time", "The bar of the fill", "time", 104, 1.4),
    Column("symbol", "Symbol", "", "text", 84),
    Column("side", "Side", "", "trade", 52, 0.6),
    Column("units", "Units", "", "units", 84),
    Column("price", "Price", "", "price", 84),
    Column("value", "Value", "Units by price", "money", 96),
    Column("fee", "Fee", "", "money", 72),
    Column("slippage", "Slippage", "What the price was worse than that of the market, in money", "money", 76),
    Column("position", "Position", "Units held after it", "units", 84),
    Column("when", "When", "Where in the bar: open, inside, close", "text", 64),
    Column("reason", "Reason", "", "text", 80),
    Column("order", "Order", "Number of the order", "count", 60, 0.5),
    Column("tag", "Tag", "", "text", 64),
)
MEASURES = (
    Column("title", "Measure", "Rest on a row for what it is", "text", 200, 1.4),
    Column("value", "Value", "", "right", 110, 0.5),
    Column("group", "Group", "", "text", 150, 0.8),
    Column("text", "What it is", "", "text", 300, 5),
)
DRAWDOWNS = (
    Column("rank", "#", "The deepest first", "count", 48, 0.4),
    Column("depth", "Depth", "Loss since the peak", "percent", 88, toned=True),
    Column("start", "Peak", "When equity was highest before", "time", 104, 1.4),
    Column("trough", "Trough", "When it was deepest", "time", 104, 1.4),
    Column("recovery", "Made good", "When the peak was reached again; a dash where it is not yet", "time", 104, 1.4),
    Column("bars_down", "Bars down", "From peak to trough", "count", 84),
    Column("bars_up", "Bars up", "From trough to recovery", "count", 84),
    Column("days", "Days", "From peak to recovery, or to the end", "count", 84),
)
LOG = (
    Column("when", "At", "Time of this machine, UTC", "text", 76, 0.3),
    Column("kind", "What", "", "text", 90, 0.4),
    Column("text", "Told", "", "text", 400, 8),
)
_COLUMNS = {"trips": TRIPS, "orders": ORDERS, "fills": FILLS}
#: Groups of measures in the order in which they are read.
_GROUPS = ("Return and risk", "Drawdown", "Round trips", "Against a benchmark", "Positions", "Tails", "Evidence")


class TabBar(pn.custom.JSComponent):
    """Tabs, and a button that folds what lies below them."""

    tabs = param.List(default=[], item_type=tuple, doc="name, title, count and tooltip of each.")
    value = param.String(default="trips", doc="The tab that is open.")
    folded = param.Boolean(default=False, doc="Whether the tables are folded away.")

    _esm = _JS / "tabs.js"
    _stylesheets = [_CSS / "tabs.css"]


class ResultTables(pn.viewable.Viewer):
    """The tables of a result; one is filled when it is first looked at.

    Parameters
    ----------
    on_trip, on_drawdown, on_moment
        Called with a row of the outcome's ``trips`` or ``drawdowns``, or with a row of fills or orders, that is picked.
    """

    tz = ZoneParameter(default="UTC", doc="IANA zone in which times are written.")

    def __init__(
        self,
        *,
        on_trip: Callable[[int], object],
        on_drawdown: Callable[[int], object],
        on_moment: Callable[[pd.Series], object],
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.outcome: Outcome | None = None
        self._filled: set[str] = set()
        self._log: list[dict[str, str]] = []
        fills, orders = (
            (lambda row: on_moment(self.outcome.fills.iloc[row])),
            (lambda row: on_moment(self.outcome.orders.reset_index().iloc[row])),
        )
        self.tables = {
            "trips": Table(TRIPS, label="Round trips", none="No position was closed.", on_pick=on_trip),
            "orders": Table(ORDERS, label="Orders", none="No order was made.", on_pick=orders),
            "fills": Table(FILLS, label="Fills", none="Nothing was filled.", on_pick=fills),
            "measures": Table(MEASURES, label="Measures", sortable=False),
            "drawdowns": Table(DRAWDOWNS, label="Drawdowns", none="Equity never fell.", on_pick=on_drawdown),
            "log": Table(LOG, label="Log", none="Nothing went wrong so far.", sortable=False),
        }  # fmt: skip
        self.months = pn.pane.HTML(
            "", sizing_mode="stretch_both", margin=0, stylesheets=[_MONTHLY], css_classes=["wb-months"]
        )
        self.bar = TabBar(sizing_mode="stretch_width", margin=0, height=30)
        bodies = {**self.tables, "monthly": self.months}
        self._boxes = {
            name: pn.Column(
                body, sizing_mode="stretch_both", margin=0, visible=name == self.bar.value, css_classes=["wb-tab"]
            )
            for name, body in bodies.items()
        }
        self.body = pn.Column(*self._boxes.values(), sizing_mode="stretch_both", margin=0, css_classes=["wb-tables"])
        self.bar.param.watch(lambda _: self._open(), "value")
        self.param.watch(lambda _: [table.param.update(tz=self.tz) for table in self.tables.values()], "tz")
        self._tabs()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.body

    def show(self, outcome: Outcome | None) -> None:
        """Show a result, or none."""
        self.outcome, self._filled = outcome, set()
        self._tabs()
        self._fill(self.bar.value)

    def open(self, name: str) -> None:
        """Open a tab."""
        self.bar.param.update(value=name, folded=False)

    def log(self, kind: str, text: str) -> None:
        """Add a line to the log, the newest first."""
        when = f"{pd.Timestamp.now('UTC'):%H:%M:%S}"
        self._log.insert(0, {"when": when, "kind": kind, "text": " ".join(text.split())})
        del self._log[500:]
        self._filled.discard("log")
        self._tabs()
        if self.bar.value == "log":
            self._fill("log")

    def _open(self) -> None:
        for name, box in self._boxes.items():
            box.visible = name == self.bar.value
        self._fill(self.bar.value)

    def _tabs(self) -> None:
        one = self.outcome
        count = {name: f"{len(getattr(one, name)):,}" if one else "" for name in ("trips", "orders", "fills")}
        self.bar.tabs = [
            ("trips", "Round trips", count["trips"], "Positions from flat to flat; a row shows itself on the chart"),
            ("orders", "Orders", count["orders"], "What was asked for, and what became of it"),
            ("fills", "Fills", count["fills"], "What was traded"),
            ("measures", "Measures", "", "All measures, with what they are"),
            ("monthly", "Monthly", "", "Return of each month"),
            ("drawdowns", "Drawdowns", "", "The deepest losses; a row shows itself on the chart"),
            ("log", "Log", f"{len(self._log)}" if self._log else "", "What ran and what went wrong"),
        ]

    def _fill(self, name: str) -> None:
        one = self.outcome
        if name in self._filled or name not in self._boxes:
            return
        self._filled.add(name)
        if name == "log":
            self.tables["log"].show(pd.DataFrame(self._log, columns=["when", "kind", "text"]))
        elif name == "monthly":
            self.months.object = "" if one is None else monthly_html(one.monthly)
        elif one is None:
            self.tables[name].show(pd.DataFrame(columns=[column.name for column in self.tables[name].columns]))
        elif name == "trips":
            self._show(name, one.trips.assign(number=range(1, len(one.trips) + 1)))
        elif name == "drawdowns":
            self.tables[name].show(one.drawdowns.reset_index(drop=True).assign(rank=range(1, len(one.drawdowns) + 1)))
        elif name == "measures":
            frame, tips = measures_of(one)
            self.tables[name].show(frame, tips=tips)
        else:
            self._show(name, getattr(one, name).reset_index())

    def _show(self, name: str, frame: pd.DataFrame) -> None:
        """Show a table without the columns that say nothing of this run."""
        several = len(self.outcome.chosen.symbols) > 1
        said = {"symbol": several, **{one: bool((frame[one] != "").any()) for one in ("tag",)}}
        said |= {one: bool(frame[one].notna().any()) for one in ("limit", "stop") if one in frame.columns}
        columns = [column for column in _COLUMNS[name] if said.get(column.name, True)]
        self.tables[name].show(frame, columns=columns)


def measures_of(outcome: Outcome) -> tuple[pd.DataFrame, list[str]]:
    """All numbers of a result with their explanation, by group."""
    rows, tips = [], []
    for name, value in outcome.stats.items():
        title, group, unit, text = about_measure(name)
        if name == "periods_per_year":
            text = str(getattr(outcome.stats, "annual", text))
        rows.append({"title": title, "value": of_unit(value, unit), "group": group, "text": text})
        tips.append(f"{title} ({name})\n{text}")
    frame = pd.DataFrame(rows, columns=["title", "value", "group", "text"])
    first = dict.fromkeys([*_GROUPS, *frame["group"]])
    place = frame["group"].map({group: at for at, group in enumerate(first)})
    keys = [list(KEY).index(name) if name in KEY else len(KEY) for name in outcome.stats]
    order = frame.assign(place=place, key=keys).sort_values(["place", "key", "title"], kind="stable").index
    return frame.loc[order].reset_index(drop=True), [tips[at] for at in order]


def monthly_html(monthly: pd.DataFrame) -> str:
    """Months as a heat table: the number is always written, the colour only helps."""
    if not len(monthly):
        return '<p class="none">The run is too short for a month.</p>'
    head = "".join(f"<th scope=col>{html.escape(str(name))}</th>" for name in monthly.columns)
    rows = []
    for year, values in zip(monthly.index, monthly.to_numpy(float), strict=True):
        cells = "".join(_month(value, str(name)) for name, value in zip(monthly.columns, values, strict=True))
        rows.append(f"<tr><th scope=row>{html.escape(str(year))}</th>{cells}</tr>")
    return f"<table><thead><tr><th scope=col>Year</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _month(value: float, name: str) -> str:
    if value != value:
        return "<td></td>"
    strength = round(min(1.0, abs(value) / _FULL) * 45)
    colour = "up" if value > 0 else "down"
    style = f' style="background: color-mix(in srgb, var(--wb-{colour}) {strength}%, transparent)"' if strength else ""
    kind = ' class="year"' if name == _MONTHS[-1] else ""
    return f"<td{kind}{style}>{written(value, 'percent')}</td>"


_MONTHLY = """
:host { overflow: auto; height: 100%; font: 12px/24px var(--wb-font); color: var(--wb-text);
  font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; min-width: 100%; }
th { font-weight: 400; color: var(--wb-muted); text-align: right; padding: 0 8px; position: sticky; top: 0;
  background: var(--wb-panel); }
th[scope=row], thead th:first-child { text-align: left; padding-left: 12px; left: 0; }
td { text-align: right; padding: 0 8px; white-space: nowrap; border: 1px solid var(--wb-panel); min-width: 58px; }
td.year { font-weight: 600; }
.none { margin: 0; padding: 12px; color: var(--wb-muted); }
"""
