"""The tables of a tear sheet: cells are words, with the number behind them and a colour where it means something."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.analytics import Bands, measures
from workbench.backtest import Result, Stats
from workbench.backtest.stats import ACCOUNT
from workbench.charts.tearsheet.words import NONE, amount, moments, of_unit, percent, plain, price
from workbench.errors import WorkbenchError

#: Groups of measures, the first of all first; others follow.
_GROUPS = ("Account", "Return and risk", "Drawdown", "Tails", "Against a benchmark", "Round trips", "Positions")


@dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes
    ----------
    text
        As it is read.
    value
        The number itself, where it is one.
    tone
        ``up`` or ``down`` for words in that colour.
    heat
        -1 to 1: how much of the colour of loss or gain lies behind it.
    tip
        What else there is to say.
    name
        Of the measure that it is.
    """

    text: str
    value: float | None = None
    tone: str = ""
    heat: float = 0.0
    tip: str = ""
    name: str = ""


@dataclass(frozen=True)
class Table:
    """A table; the first ``words`` columns are words, which stand left.

    Attributes
    ----------
    columns
        Head line.
    rows
        Cells, or plain text.
    groups
        Rows before which a line with a name stands, by their number.
    heat, scrolls
        Whether it is one of colours; whether it is long, and scrolls on a screen.
    """

    columns: list[str]
    rows: list[list[Cell | str]]
    words: int = 1
    groups: dict[int, str] = field(default_factory=dict)
    heat: bool = False
    scrolls: bool = False


def tone(value: float) -> str:
    """Colour of a gain or a loss."""
    return "up" if value > 0 else "down" if value < 0 else ""


def measure_cell(value: float, unit: str, signed: bool = False, *, tip: str = "", name: str = "") -> Cell:
    """A measure by its unit."""
    return Cell(of_unit(value, unit), value, tone(value) if signed else "", tip=tip, name=name)


def unit_of(name: str) -> str:
    """The unit of a number of ``Result.stats``."""
    return ACCOUNT[name][1] if name in ACCOUNT else measures.get(name).about.unit


def months(table: pd.DataFrame) -> Table:
    """Returns by month, a row for each year."""
    values = table.to_numpy(float)
    cells = _heat(values[:, :-1], 2)
    rows: list[list[Cell | str]] = []
    for year, row, total in zip(table.index, cells, values[:, -1].tolist(), strict=True):
        rows.append([str(year), *row, Cell(percent(total)[:-2] if not np.isnan(total) else NONE, total, tone(total))])
    return Table(["Year, %", *map(str, table.columns)], rows, heat=True)


def hours(table: pd.DataFrame) -> Table:
    """Mean returns by hour and weekday, of the hours and days that have any."""
    kept = table.dropna(how="all").dropna(how="all", axis=1)
    size = np.nanmax(np.abs(kept.to_numpy(float)), initial=0.0)
    decimals = int(np.clip(1 - np.floor(np.log10(100 * size)), 2, 6)) if size > 0 else 2
    cells = _heat(kept.to_numpy(float), decimals)
    single = len(kept) == 1
    rows = [["Mean" if single else f"{hour:02d}:00", *row] for hour, row in zip(kept.index, cells, strict=True)]
    return Table(["%" if single else "Hour, %", *map(str, kept.columns)], rows, heat=True)


def _heat(values: np.ndarray, decimals: int) -> list[list[Cell]]:
    """Percentages without their sign of percent; the deepest colour from the ninth tenth of sizes on."""
    sizes = np.abs(values[np.isfinite(values)])
    most = float(np.quantile(sizes, 0.9)) if len(sizes) else 0.0
    most = most or float(sizes.max(initial=0.0)) or 1.0
    return [
        [
            Cell(
                percent(one, decimals).removesuffix(" %"),
                one,
                heat=0.0 if np.isnan(one) else max(-1.0, min(one / most, 1.0)),
            )
            for one in row
        ]
        for row in values.tolist()
    ]


def bands(found: Bands) -> Table:
    """Quantiles of measures of the resampled histories."""
    low, high = (1 - found.level) / 2, (1 + found.level) / 2
    rows: list[list[Cell | str]] = []
    for name, row in found.measures.iterrows():
        about = measures.get(str(name)).about
        rows.append(
            [about.title, *(measure_cell(row[key], about.unit) for key in ("observed", "low", "median", "high"))]
        )
    edges = [f"{100 * part:.3g} % are below" for part in (low, high)]
    was = "As it was" if found.step == 1 else f"As it was, by {found.step} bars"
    return Table(["Measure", was, edges[0], "Median", edges[1]], rows)


def drawdowns(table: pd.DataFrame, dated: bool) -> Table:
    """The deepest drawdowns."""
    columns = [moments(table[name], dated) for name in ("start", "trough", "recovery")]
    rows: list[list[Cell | str]] = []
    for at, (depth, down, up, bars, days) in enumerate(
        zip(table["depth"], table["bars_down"], table["bars_up"], table["bars"], table["days"], strict=True)
    ):
        start, trough, back = (column[at] for column in columns)
        back = "not yet" if back == NONE else back
        counts = [plain(float(one), 0) for one in (down, up, bars)]
        lasted = plain(float(days), 0 if days >= 10 else 1)
        rows.append([str(at + 1), start, trough, back, Cell(percent(depth), depth, "down"), *counts, lasted])
    head = ["#", "Peak", "Trough", "Recovery", "Depth", "Bars down", "Bars up", "Bars", "Days"]
    return Table(head, rows, words=4)


def by_side(trips: pd.DataFrame) -> Table:
    """What long and short round trips made."""
    rows: list[list[Cell | str]] = []
    for name, some in (("Long", trips[trips["side"] > 0]), ("Short", trips[trips["side"] < 0]), ("All", trips)):
        results, money = some["return"], float(some["pnl"].sum())
        won, count = float((results > 0).mean()) if len(some) else np.nan, len(some)
        cells = [Cell(percent(float(one)), float(one), tone(one)) for one in
                 (results.mean(), results.max(), results.min())]  # fmt: skip
        rows.append([name, f"{count:,}", Cell(percent(won), won), *cells, plain(float(some["bars"].mean()), 1),
                     Cell(plain(money), money, tone(money))])  # fmt: skip
    return Table(["Side", "Trips", "Won", "Mean", "Best", "Worst", "Mean bars", "Profit"], rows)


def costs(result: Result) -> Table:
    """What was paid, in money and of the cash at the start, and the same run for each way inside of the bars."""
    cash = result.settings.cash
    fills = result.fills
    paid = {
        "Fees": result.fees,
        "Slippage and spread": float(np.nansum(fills["slippage"].to_numpy(float))) if len(fills) else 0.0,
        "Interest and funding": result.financing,
    }
    paid["All"] = sum(paid.values())
    rows: list[list[Cell | str]] = [
        [name, Cell(plain(value), value), Cell(percent(value / cash), value / cash)] for name, value in paid.items()
    ]
    traded = float(fills["value"].sum()) if len(fills) else 0.0
    rows.append(["Value traded", Cell(plain(traded), traded), Cell(percent(traded / cash), traded / cash)])
    groups = {0: "Paid"}
    if result.uncertain_bars:
        groups[len(rows)] = f"Final equity, by what the price did inside of {result.uncertain_bars:,} uncertain bars"
        rows += _bracket(result)
    return Table(["", "Money", "Of the cash at the start"], rows, groups=groups)


def _bracket(result: Result) -> list[list[Cell | str]]:
    try:
        found = result.bracket()
    except WorkbenchError as error:  # a strategy may raise on another path
        return [[str(error), NONE, NONE]]
    used, cash = result.settings.path, result.settings.cash
    return [
        [f"{str(path).capitalize()}{' (this run)' if path == used else ''}", Cell(plain(value), value),
         Cell(percent(value / cash), value / cash)]
        for path, value in found.items()
    ]  # fmt: skip


def uncertain_note(result: Result) -> str:
    """How sure the fills are."""
    bars, calls = result.uncertain_bars, result.margin_calls
    said = "No fill depended on what the price did inside of a bar."
    if bars:
        said = f"In {bars:,} bars it mattered which way the price went inside; {result.settings.path} was assumed."
    return said + (f" {calls:,} positions were closed for want of margin." if calls else "")


def all_measures(stats: Stats) -> Table:
    """Every measure, by group, two in a row."""
    grouped: dict[str, list[tuple[str, Cell]]] = {group: [] for group in _GROUPS}
    for name, value in stats.items():
        if name in ACCOUNT:
            title, unit, tip = ACCOUNT[name]
            group = "Account"
        else:
            about = measures.get(name).about
            title, unit, tip, group = about.title, about.unit, about.formula, about.group
        grouped.setdefault(group, []).append((title, measure_cell(value, unit, tip=tip, name=name)))
    rows: list[list[Cell | str]] = []
    groups = {}
    for group, found in grouped.items():
        if not found:
            continue
        groups[len(rows)] = group
        half = -(-len(found) // 2)
        for at in range(half):
            second = found[half + at] if half + at < len(found) else ("", Cell(""))
            rows.append([found[at][0], found[at][1], second[0], second[1]])
    return Table(["Measure", "Value", "Measure", "Value"], rows, groups=groups)


def trips(table: pd.DataFrame, most: int, dated: bool, named: bool) -> Table:
    """Round trips, the latest of them, in the order of their ends."""
    some = table.iloc[max(0, len(table) - most) :]
    first = len(table) - len(some) + 1
    columns: list[list[Cell | str]] = [
        [str(first + at) for at in range(len(some))],
        ["Long" if side > 0 else "Short" for side in some["side"].tolist()],
        list(moments(some["entry_time"], dated)), list(moments(some["exit_time"], dated)),
        [str(one) for one in some["reason"].tolist()],
        [amount(one) for one in some["units"].tolist()],
        [price(one) for one in some["entry_price"].tolist()], [price(one) for one in some["exit_price"].tolist()],
        [Cell(percent(one), one, tone(one)) for one in some["return"].tolist()],
        [Cell(plain(one), one, tone(one)) for one in some["pnl"].tolist()],
        [percent(one) for one in some["mae"].tolist()], [percent(one) for one in some["mfe"].tolist()],
        [plain(float(one), 0) for one in some["bars"].tolist()],
    ]  # fmt: skip
    head = [
        "#",
        "Side",
        "Entry",
        "Exit",
        "Ended by",
        "Units",
        "In at",
        "Out at",
        "Return",
        "Profit",
        "MAE",
        "MFE",
        "Bars",
    ]
    if named:
        columns.insert(1, [str(one) for one in some["symbol"].tolist()])
        head.insert(1, "Symbol")
    return Table(head, [list(row) for row in zip(*columns, strict=True)], words=6 if named else 5)
