"""What was run, in words: the head of a tear sheet."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.analytics import Annual
from workbench.backtest import Result
from workbench.backtest.benchmark import pace_of
from workbench.backtest.provenance import Provenance
from workbench.charts.tearsheet.words import amount, moment, plain
from workbench.trading import Costs

_UNITS = ((604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_MOST = 160
#: Letters of what has a line of its own.
LONG = 58
_PATHS = {
    "pessimistic": "the loss first where a bar does not tell",
    "optimistic": "the profit first where a bar does not tell",
    "neutral": "the nearer extreme first where a bar does not tell",
}


@dataclass(frozen=True)
class Badge:
    """What the audit said: a word, its tone (``up``, ``down``, ``warn`` or ""), and the whole text."""

    text: str
    tone: str
    tip: str


def facts(result: Result, dated: bool) -> tuple[list[tuple[str, str]], Badge]:
    """Names and values of what was run, and what the audit said."""
    settings, index = result.settings, result.equity.index
    kind = type(result.strategy)
    name = getattr(result.strategy, "plugin_name", kind.__name__)
    parameters = ", ".join(f"{key} = {_short(value)}" for key, value in result.strategy.values().items())
    span = f"{moment(index[0], dated)} to {moment(index[-1], dated)}" if len(index) else "no bars"
    account = [f"cash {plain(settings.cash)}", f"sizing {settings.sizing:g} of equity"]
    account += [f"leverage {settings.leverage:g}"] if settings.leverage != 1 else []
    account += [] if settings.short else ["no short sales"]
    found = {
        "Strategy": name if kind.title in ("", name) else f"{name} ({kind.title})",
        "Parameters": parameters or "none",
        "Symbols": _many([one for one in result.symbols if one]) or "not named",
        "Bars": f"{len(index):,} of {_spec(result)}, {span}" + ("" if dated else f" ({index.tz or 'no zone'})"),
        "Account": ", ".join(account),
        "Costs": _costs(settings.costs),
        "Benchmark": _held(result) if result.compared is None else "given prices or returns, as known at each bar",
        **_origin(result),
        "Fills": _fills(result),
        "Annualised": annual_words(result.stats.annual),
    }
    # What is long has a line of its own, at the end.
    told = sorted(found.items(), key=lambda fact: len(fact[1]) > LONG)
    return told, _badge(result)


def annual_words(annual: Annual) -> str:
    """Bars a year and why, or why there is no such number."""
    return str(annual) if annual.periods > 0 else f"not, {annual.reason}"


def _short(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) <= _MOST else f"{text[:_MOST]} …"


def _many(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _spec(result: Result) -> str:
    for frame in result.market.frames.values():
        source = frame.attrs.get("source")
        if isinstance(source, dict) and source.get("spec"):
            return str(source["spec"])
    pace = pace_of(result.market.times)
    for seconds, unit in _UNITS:
        if pace and pace % (seconds * 1_000_000_000) == 0:
            return f"{pace // (seconds * 1_000_000_000)}{unit}"
    return "uneven length"


def _costs(given: dict[str, float]) -> str:
    usual = Costs()
    changed = {name: value for name, value in given.items() if float(getattr(usual, name, 0.0)) != value}
    if changed.get("taker") is not None and changed.get("taker") == changed.get("maker"):
        changed = {"fees": changed.pop("taker"), **{k: v for k, v in changed.items() if k != "maker"}}
    return ", ".join(f"{name.replace('_', ' ')} {amount(value)}" for name, value in changed.items()) or "none"


def _fills(result: Result) -> str:
    settings = result.settings
    told = [
        "at the next open" if settings.fill == "next_open" else "at the close that was decided on",
        _PATHS[settings.path],
    ]
    if result.market.inside:
        told[1] = "finer bars tell what happened inside"
    told += [f"sessions of {settings.session}"] if settings.session else []
    told += [f"all closed at the end ({settings.close_at_end})"] if settings.close_at_end else []
    return ", ".join(told)


def _held(result: Result) -> str:
    return "holding the symbol" if len(result.symbols) == 1 else "holding all symbols in equal parts"


def _origin(result: Result) -> dict[str, str]:
    one = Provenance.of(result)
    made = pd.Timestamp(one.when, tz="UTC")
    versions = ", ".join(f"{name} {version[:12]}" for name, version in one.versions.items())
    return {
        "Origin": f"data {one.data_hash[:12]}, code {one.code_hash[:12]} ({one.algorithm})",
        "Made": f"{moment(made, False)} UTC{f' by {one.who}' if one.who else ''}; {versions}",
    }


def _badge(result: Result) -> Badge:
    audit = result.audit
    if audit is None:
        return Badge("not audited", "", "The run was made without an audit for look-ahead.")
    words = {"ok": ("no look-ahead found", "up"), "peeks": ("looks ahead", "down"), "faults": ("has faults", "down")}
    text, tone = words.get(audit.state, ("audit incomplete", "warn"))
    return Badge(text, tone, str(audit))
