"""What objects look like in a notebook: small tables with units, and for a backtest its picture. No script is in them.

The classes call these by name from ``_repr_html_``: what draws is further out than what computes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from workbench.analytics import measures
from workbench.backtest.stats import ACCOUNT
from workbench.charts.tearsheet.head import annual_words
from workbench.charts.tearsheet.plots import equity_picture
from workbench.charts.tearsheet.words import NONE, amount, is_dated, moment, of_unit, percent, plain
from workbench.charts.theme import FONT, LIGHT, css_variables

if TYPE_CHECKING:
    from workbench.backtest import Audit, Result
    from workbench.backtest.stats import Stats
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.sweep import Sweep
    from workbench.sweep.honesty import Overfitting

#: Measures of a backtest's table, and of those of one beside its benchmark.
KEY = ("total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "round_trips", "win_rate",
       "profit_factor", "exposure", "fees", "final_equity", "benchmark_return")  # fmt: skip
#: Rows of a sweep, of findings and of datasets that are shown.
BEST, FOUND, HELD = 8, 8, 60
#: Words of units beside a value; a percentage says it itself.
_UNITS = {"fraction": "", "ratio": "ratio", "bars": "bars", "days": "days", "count": "number", "money": "money"}
_SIDES = "border:0;padding:2px 14px 2px 0;white-space:nowrap;font-variant-numeric:tabular-nums;"
_MOST_TEXT = 240


def result(one: Result) -> str:
    """A finished backtest: equity and drawdown, then the measures that matter, with units."""
    index = one.equity.index
    dated = is_dated(index)
    span = f", {moment(index[0], dated)} to {moment(index[-1], dated)}" if len(index) else ""
    symbols = ", ".join(name for name in one.symbols[:4] if name)
    said = f"{symbols + ', ' if symbols else ''}{len(index):,} bar{'s' * (len(index) != 1)}{span}"
    audit = "not audited for look-ahead" if one.audit is None else _verdict(one.audit)
    picture = ""
    if len(index) > 1:
        picture = equity_picture(one.equity, one.benchmark, one.returns, one.settings.cash).svg()
        picture = f'<div style="max-width:760px">{picture}</div>'
    stats = one.stats
    return _box(
        one.strategy.label, f"{said}; {audit}", picture + _measures({k: stats[k] for k in KEY if k in stats}, stats)
    )


def stats(one: Stats) -> str:
    """All measures of a run, with their units."""
    return _box("Measures", f"{len(one)} of them", _measures(one, one))


def audit(one: Audit) -> str:
    """What an audit found, the first findings in full."""
    rows = one.findings.head(FOUND)
    table = ""
    if len(rows):
        table = _table(
            ("study", "kind", "bar", "time", "what"),
            [(r.study, r.kind, plain(r.bar, 0), moment(r.time, False), _cut(r.text)) for r in rows.itertuples()],
            words=(0, 1, 3, 4), wrapped=4,
        )  # fmt: skip
    more = (
        f"<p>and {len(one.findings) - len(rows):,} more in <code>findings</code></p>"
        if len(one.findings) > FOUND
        else ""
    )
    return _box(one.subject, f"{_verdict(one)}; checked {one.checked}", table + more)


def sweep(one: Sweep) -> str:
    """The best cells of a sweep by their Sharpe ratio, never without what it is worth."""
    spans = ", ".join(f"{name} {len(values):,} values" for name, values in one.space.values.items())
    failed = f"; {len(one.failures):,} failed" if one.failures else ""
    board = one.leaderboard(BEST)
    names = [*one.space.names, "sharpe", "deflated_sharpe", "plateau", "total_return", "max_drawdown", "round_trips"]
    units = {"deflated_sharpe": "fraction", "plateau": "fraction"}
    heads = [_head(name, units.get(name) or (_unit(name) if name not in one.space.names else "")) for name in names]
    rows = [[_value(row[name], units.get(name) or _unit(name), name in one.space.names) for name in names]
            for _, row in board.iterrows()]  # fmt: skip
    trials = int(board["trials"].iloc[0]) if len(board) else len(one)
    foot = (
        f"<p>The best {len(board)} by Sharpe ratio a year, as the best of {trials:,} trials. Deflated: how probable it "
        "is that the true ratio is above what luck alone would show as the best of so many; 95 % or more is "
        "significant. Plateau: what the cells beside it keep.</p>"
    )
    return _box(one.name or "Sweep", f"{len(one):,} cells over {spans}{failed}", _table(heads, rows) + foot)


def overfitting(one: Overfitting) -> str:
    """How far the best cell of a sweep is to be believed, each number with what it says."""
    told = ", ".join(f"{name} = {value}" for name, value in one.parameters.items())
    rows = [
        ("Sharpe ratio of the best", plain(one.sharpe, 3), "a year"),
        ("Trials", plain(one.trials.count, 0), f"as many as {plain(one.effective, 1)} independent ones"),
        ("Deflated Sharpe ratio", percent(one.deflated_sharpe, 1), "how probable it is more than luck; 95 % wanted"),
        ("Probability of overfitting", percent(one.probability, 1),
         "how often the best of one half is below the median in the other"),
        ("Probability of a loss", percent(one.cscv.probability_of_loss, 1), "of the chosen cell, in the other half"),
        ("Hansen's p-value", plain(one.p_value, 3), "how probable so good a best is without any merit"),
        ("White's p-value", plain(one.reality_check, 3), "the same, stricter where some cells are poor"),
        ("Plateau", percent(one.plateau, 1), "what the neighbours keep of the ratio"),
    ]  # fmt: skip
    sampled = f"; {one.cells:,} cells: the best and a drawn sample of the rest" if one.sampled else ""
    verdict = "significant" if one.significant else "not significant"
    return _box(f"Best: {told}", verdict + sampled, _table(("", "value", "meaning"), rows, words=(0, 2)))


def catalog(one: MarketCatalog) -> str:
    """The datasets that there are, with rows and size."""
    frame = one.datasets()
    shown = frame.head(HELD)
    rows = [
        (r.symbols, r.kind, r.source, moment(r.start, True), moment(r.end, True), _count(r.rows), _size(r.bytes), r.tz,
         plain(r.quarantined, 0))
        for r in shown.itertuples()
    ]  # fmt: skip
    heads = ("symbol", "kind", "source", "from", "to", "rows", "size", "zone", "quarantined, rows")
    more = f"<p>and {len(frame) - len(shown):,} more in <code>datasets()</code></p>" if len(frame) > HELD else ""
    body = _table(heads, rows, words=(0, 1, 2, 3, 4, 7)) + more if rows else "<p>Nothing yet: ingest a file.</p>"
    return _box("Catalog", f"{len(frame):,} dataset{'s' * (len(frame) != 1)}", body)


def _measures(values: dict[str, float], stats: Stats) -> str:
    rows = [(_title(name), of_unit(value, _unit(name)), _UNITS[_unit(name)]) for name, value in values.items()]
    half = -(-len(rows) // 2)
    parts = "".join(
        _table(("measure", "value", "unit"), part, words=(0, 2)) for part in (rows[:half], rows[half:]) if part
    )
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:0 32px">{parts}</div><p>{escape(annual_words(stats.annual))}</p>'
    )


def _title(name: str) -> str:
    return ACCOUNT[name][0] if name in ACCOUNT else measures.get(name).about.title


def _unit(name: str) -> str:
    if name == "periods_per_year":
        return "bars"  # written with decimals elsewhere, and no money
    if name in ACCOUNT:
        return ACCOUNT[name][1]
    return measures.get(name).about.unit if name in measures.names() else "ratio"


def _head(name: str, unit: str) -> str:
    return f"{name}, %" if unit == "fraction" else name


def _value(value: object, unit: str, parameter: bool) -> str:
    if isinstance(value, str) or parameter:
        return f"{value:g}" if isinstance(value, float) else str(value)
    return of_unit(float(value), unit)


def _verdict(one: Audit) -> str:
    words = {"ok": "no look-ahead found", "peeks": "looks ahead", "faults": "has faults"}
    return words.get(one.state, "audit incomplete")


def _count(value: object) -> str:
    return NONE if pd.isna(value) else amount(int(value))


def _size(value: object) -> str:
    if pd.isna(value):
        return NONE
    return f"{int(value) / 1e3:,.1f} kB" if value < 1e6 else f"{int(value) / 1e6:,.1f} MB"


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} …"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: Sequence[int] = (), wrapped: int = -1) -> str:
    """A table; columns of ``words`` stand left, the ``wrapped`` one may break into lines."""

    def cell(tag: str, at: int, text: str, more: str = "") -> str:
        side = "left" if at in words else "right"
        wraps = "white-space:normal;" if at == wrapped else ""
        return f'<{tag} style="{_SIDES}text-align:{side};{wraps}{more}">{escape(str(text))}</{tag}>'

    muted = "color:var(--wb-muted);font-weight:400;"
    head = "".join(cell("th", at, text, muted) for at, text in enumerate(heads))
    body = "".join(f"<tr>{''.join(cell('td', at, text) for at, text in enumerate(row))}</tr>" for row in rows)
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;margin:6px 0;font:inherit">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _box(title: str, said: str, body: str) -> str:
    """All of it, in the colours of JupyterLab's theme where there is one."""
    colours = css_variables(LIGHT) + (
        " --wb-text: var(--jp-content-font-color1, #131722); --wb-muted: var(--jp-content-font-color2, #5d6574);"
        " --wb-hairline: var(--jp-border-color1, #c8ccd4); --wb-grid: var(--jp-border-color2, #e4e6eb);"
    )
    return (
        f'<div class="wb-repr" style="{escape(colours)} color:var(--wb-text);font:13px/1.45 {escape(FONT)};'
        'max-width:960px">'
        f'<div><b>{escape(title)}</b> <span style="color:var(--wb-muted)">{escape(said)}</span></div>{body}</div>'
    )
