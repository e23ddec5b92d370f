"""Results of backtests as a terminal shows them: what was run, the money, the measures, the last round trips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from workbench.cli.console import out

if TYPE_CHECKING:
    import pandas as pd

    from workbench.backtest import Result
    from workbench.backtest.provenance import Provenance
    from workbench.backtest.runs import StoredRun

#: Round trips that are shown.
SHOWN = 5
_WIDEST = 1_000
_DAY = 86_400_000_000_000
_AUDITS = {
    "ok": ("no look-ahead found", "green"),
    "peeks": ("it looks ahead: these figures are not to be had", "bold red"),
    "faults": ("it has faults", "yellow"),
    "unchecked": ("no look-ahead found in what could be checked", "yellow"),
}
Line = tuple[str, str]


def tell(run: Result | StoredRun, provenance: Provenance, tz: str = "UTC") -> None:
    """Print a run."""
    spec = f" {provenance.spec}" if provenance.spec else ""
    first, last = (_day(at, tz) for at in (run.equity.index[0], run.equity.index[-1]))
    symbols = ", ".join(filter(None, provenance.symbols))
    say(provenance.label, style="bold", end="  ")
    say(f"{symbols}{spec}".strip() or "bars", end="  ")
    say(f"{first} to {last}, {len(run.equity):,} bars", style="dim")
    if told := _conditions(provenance):
        say(told, style="dim")
    say("")
    lay(beside(_money(run, provenance), _measures(run.stats)))
    say(str(run.stats.annual), style="dim")
    say("")
    for line in (_worst(run, provenance, tz), _uncertain(run), _open(run)):
        if line:
            say(line)
    _tell_audit(run)
    _tell_trips(run, tz)


def say(text: str, **style: Any) -> None:
    """Print a text as it is."""
    out.print(text, markup=False, **style)


def beside(*columns: Sequence[Line]) -> Table:
    """Names and values, in columns beside each other."""
    table = Table.grid(padding=(0, 4, 0, 0))
    for _ in columns:
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
    for n in range(max(map(len, columns))):
        cells = [column[n] if n < len(column) else ("", "") for column in columns]
        table.add_row(*(Text(cell, style="dim" if at % 2 == 0 else "") for at, cell in enumerate(sum(cells, ()))))
    return table


def table_of(heads: Iterable[str], rows: Iterable[Sequence[str]], left: int = 1) -> Table:
    """A table as the other commands have it; the first ``left`` columns are of texts, all others of numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def lay(table: Table) -> None:
    """Print a table as wide as it is: what reads it from a pipe gets all of it."""
    width = out.width
    out.width = _WIDEST
    try:
        out.print(table)
    finally:
        out.width = width


def percent(value: float, signed: bool = False) -> str:
    """A fraction as percents; "-" for NaN."""
    return "-" if value != value else f"{100 * value:{'+' if signed else ''},.2f} %"


def number(value: float, decimals: int = 2) -> str:
    """A number; "-" for NaN."""
    return "-" if value != value else f"{value:,.{decimals}f}"


def _day(time: pd.Timestamp, tz: str) -> str:
    return f"{time.tz_convert(tz):%Y-%m-%d}"


def _conditions(provenance: Provenance) -> str:
    """Parameters, and what of the keywords is not as usual."""
    from workbench.backtest.run import Settings

    usual = vars(Settings())
    parts = [f"{name} {_plain(value)}" for name, value in provenance.parameters.items()]
    for name, value in provenance.keywords.items():
        if isinstance(value, Mapping):
            parts += [f"{key} {_plain(one)}" for key, one in value.items()]
        elif value and value != usual.get(name):
            parts.append(f"{name} {_plain(value)}")
    return ", ".join(parts)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return f"{len(value):,} values" if hasattr(value, "dtype") else str(value)


def _money(run: Result | StoredRun, provenance: Provenance) -> list[Line]:
    stats, cash = run.stats, provenance.keywords["cash"]
    lines = [
        ("money at the start", number(cash)),
        ("at the end", number(stats["final_equity"])),
        ("return", percent(stats["total_return"], True)),
        ("of its benchmark", percent(stats["benchmark_return"], True)),
        ("a year", percent(stats["cagr"], True)),
        ("fees", number(stats["fees"])),
        ("financing", number(stats["financing"])),
        ("margin calls", number(stats["margin_calls"], 0)),
        ("time in the market", percent(stats["exposure"])),
        ("round trips", number(stats["round_trips"], 0)),
    ]
    return [line for line in lines if line[0] not in ("financing", "margin calls") or stats[line[0].replace(" ", "_")]]


def _measures(stats: Mapping[str, float]) -> list[Line]:
    return [
        ("Sharpe", number(stats["sharpe"])),
        ("Sortino", number(stats["sortino"])),
        ("Calmar", number(stats["calmar"])),
        ("volatility", percent(stats["volatility"])),
        ("deepest drawdown", percent(stats["max_drawdown"])),
        ("won", percent(stats["win_rate"])),
        ("profit factor", number(stats["profit_factor"])),
        ("mean of a round trip", percent(stats["expectancy"], True)),
    ]


def _worst(run: Result | StoredRun, provenance: Provenance, tz: str) -> str:
    from workbench import analytics

    found = analytics.drawdowns(run.equity, start=provenance.keywords["cash"])
    if not len(found):
        return "there was no drawdown"
    one = found.iloc[0]
    back = f"made good on {_day(one['recovery'], tz)}" if one["recovery"] == one["recovery"] else "not made good"
    return (
        f"deepest drawdown: {percent(one['depth'])} from {_day(one['start'], tz)} to {_day(one['trough'], tz)}, "
        f"{back}, {int(one['bars']):,} bars"
    )


def _uncertain(run: Result | StoredRun) -> str:
    count = run.uncertain_bars
    if not count:
        return ""
    told = f"what happened inside of {count:,} bars is not known, and matters"
    bracket = getattr(run, "bracket", None)
    if bracket is None:
        return told
    return f"{told}; money at the end: {', '.join(f'{number(value)} ({path})' for path, value in bracket().items())}"


def _open(run: Result | StoredRun) -> str:
    found = getattr(run, "open_positions", None)
    if found is None or not len(found):
        return ""
    told = [
        f"{row.units:,.6g} {symbol} of {number(row.entry)} at {number(row.price)}".replace("  ", " ")
        for symbol, row in zip(found.index, found.itertuples(), strict=True)
    ]
    return f"open at the end: {', '.join(told)}"


def _tell_audit(run: Result | StoredRun) -> None:
    state = run.audit if run.audit is None or isinstance(run.audit, str) else run.audit.state
    if not state:
        return
    text, style = _AUDITS.get(state, (state, ""))
    say("audit: ", end="")
    say(text, style=style)
    for line in getattr(run.audit, "findings", {"text": ()})["text"]:
        say(f"  {line}")


def _tell_trips(run: Result | StoredRun, tz: str) -> None:
    trips = run.round_trips
    say("")
    if not len(trips):
        say("there was no round trip")
        return
    last = trips.iloc[-SHOWN:]
    step = np.median(np.diff(run.equity.index.as_unit("ns").asi8)) if len(run.equity) > 1 else 0
    stamp = _day if step >= _DAY else _stamp
    say(f"the last {len(last)} of {len(trips):,} round trips" if len(trips) > len(last) else "round trips", style="dim")
    rows = [
        (
            one.symbol, "long" if one.side > 0 else "short", stamp(one.entry_time, tz), stamp(one.exit_time, tz),
            f"{one.units:,.6g}", number(one.entry_price), number(one.exit_price), number(one.pnl),
            percent(trip, True), f"{one.bars:,}", one.reason,
        )
        for one, trip in zip(last.itertuples(), last["return"], strict=True)
    ]  # fmt: skip
    heads = ["symbol", "side", "from", "to", "units", "entry", "exit", "won", "return", "bars", "why"]
    at = 0 if trips["symbol"].nunique() > 1 else 1
    lay(table_of(heads[at:], [row[at:] for row in rows], left=4 - at))


def _stamp(time: pd.Timestamp, tz: str) -> str:
    return f"{time.tz_convert(tz):%Y-%m-%d %H:%M}"
