"""The debugger's panel as the browser draws it, and what it is told of a cursor: texts, ready to be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import panel as pn
import param

from workbench.backtest.debugger import Debugger, Stop
from workbench.backtest.debugger.breakpoints import KINDS
from workbench.backtest.debugger.sight import Fill, Order, Sight
from workbench.charts.tearsheet.words import percent, plain
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Bars a second at which a session plays.
SPEEDS = (1, 2, 5, 10, 20, 50, 100, 500)
#: Lines of a list, and letters of a value, at most.
MOST, LETTERS = 60, 60
#: What the rules of docs/fills.md are about.
RULES = {
    1: "A decision sees the closed bar; here it is filled at that very close",
    2: "Market orders fill at the open of the next bar",
    3: "Limit orders fill when the price trades beyond the limit",
    4: "Stop orders become market orders at the stop",
    5: "Stop loss, take profit and trailing stop guard an entry",
    6: "Stop and target in the same bar: the path is assumed",
    7: "Trailing stops move with bars that are over",
    8: "A bar fills a share of its volume",
    9: "Expiry, and bars without volume",
    11: "Cash and margin",
    12: "Sizes are computed at the fill",
}
_ACCOUNT = {
    "position": ("Position", "Units held; below 0 when short"),
    "entry": ("Entry", "Mean price of the position"),
    "unrealised": ("Unrealised", "What the position has won at this close"),
    "equity": ("Equity", "Worth of the account at this close"),
    "cash": ("Cash", "Money in the account"),
    "drawdown": ("Drawdown", "What is lost since the highest equity"),
    "bars_held": ("Bars held", "Bars since the position was opened"),
    "fees": ("Fees", "All fees so far"),
}


class DebuggerPanel(pn.custom.JSComponent):
    """Transport bar, breakpoints, values, source and orders. Made once; what changes is patched in."""

    at = param.Dict(default={}, doc="What is seen at the cursor, see ``told_of``.")
    source = param.Dict(default={}, doc="title, first (number) and lines of decide.")
    kinds = param.List(default=[], item_type=list, doc="Kinds of breakpoints: name and what it is for.")
    names = param.List(default=[], item_type=str, doc="What a condition may name.")
    symbols = param.List(default=[], item_type=str, doc="Symbols of the run, where there are several.")
    symbol = param.String(default="", doc="The one whose rows are shown.")
    breaks = param.List(default=[], item_type=dict, doc="number, text, kind, on and hit of each breakpoint.")
    wrong = param.String(default="", doc="What is wrong with the breakpoint that was to be added.")
    astray = param.String(default="", doc="What is wrong with the place that was to be gone to.")
    added = param.Integer(default=0, bounds=(0, None), doc="Counts breakpoints that were added: the field empties.")
    mode = param.Selector(default="still", objects=["still", "playing", "running"], doc="What goes on.")
    done = param.Number(default=0.0, bounds=(0, 1), doc="Part of the run that is over, while it runs.")
    speed = param.Selector(default=10, objects=list(SPEEDS), doc="Bars a second while playing.")
    speeds = param.List(default=list(SPEEDS), item_type=int, doc="Speeds to choose from.")
    later = param.Boolean(default=False, doc="Whether the chart shows later bars, greyed.")
    finer = param.Boolean(default=False, doc="Whether there are finer bars inside of the bars.")

    _esm = with_el(_JS / "debugger.js")
    _stylesheets = [_CSS / "debugger.css"]


def kinds() -> list[list[str]]:
    """Kinds of breakpoints for the panel."""
    return [[name, about] for name, (_, about) in KINDS.items()]


def source_of(debugger: Debugger) -> dict[str, Any]:
    """``decide`` for the panel, its indent taken off."""
    name, first, lines = debugger.source
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return {"title": Path(name).name, "first": first, "lines": [line[indent:] for line in lines]}


def told_of(debugger: Debugger, sight: Sight, stop: Stop, tz: str = "UTC") -> dict[str, Any]:
    """What the panel shows at a cursor; times are in the zone ``tz``."""
    where = _where(sight.time, tz)
    lines = [one.line for one in sight.asked if one.line is not None]
    failed = sight.failure is not None
    raised = _raised(sight)
    many = len(debugger.symbols) > 1
    return {
        "instant": sight.instant,
        "count": debugger.instants,
        "time": f"{where} {tz}" if where else "",
        "why": stop.why,
        "told": _sentence(debugger, sight, stop),
        "failed": failed,
        "end": debugger.at_end,
        "account": [
            [title, _FORMS.get(name, written)(sight.account[name]), tip]
            for name, (title, tip) in _ACCOUNT.items()
            if name in sight.account
        ],
        "rows": [
            [name, written(value), written(sight.was.get(name))]
            for name, value in sight.now.items()
            if name not in ("time", "bar")
        ],
        "memory": [[str(at), written(value)] for at, value in enumerate(sight.memory.tolist()) if value],
        "locals": [[name, _shown(value)] for name, value in list(sight.local.items())[:MOST]],
        "lines": [raised] if raised is not None else lines,
        "asked": [{"text": _named(one.symbol, one.text, many), "line": one.line} for one in sight.asked],
        "fills": [_fill(one, many) for one in sight.fills[-MOST:]],
        "working": [{"text": _order(one, many)} for one in sight.working[:MOST]],
        "ended": [
            {"text": f"{_order(one, many)}: {one.status}, {one.reason}", "rules": _rules(one.rules)}
            for one in sight.ended[:MOST]
        ],
        "inside": _inside(sight, tz),
    }


def written(value: Any) -> str:
    """A value as a table shows it; a dash for what is not known."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer) or value == round(value, 0) and abs(value) < 1e15:
        text = f"{value:,.0f}"
    elif abs(value) >= 1000:
        text = f"{value:,.2f}"
    else:
        text = f"{value:.6g}"
    return text.replace("-", "−")


#: Of the account: money, and a share, which is above 0 as in the formula of a breakpoint.
_FORMS = {**dict.fromkeys(("unrealised", "equity", "cash", "fees"), plain), "drawdown": percent}


def _shown(value: Any) -> str:
    if isinstance(value, float | int | bool | np.floating | np.integer | np.bool_):
        return written(value.item() if isinstance(value, np.generic) else value)
    try:
        text = repr(value)
    except Exception as error:  # somebody else's repr
        text = f"cannot be shown ({type(error).__name__})"
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _where(time: Any, tz: str) -> str:
    if time != time:
        return ""
    local = time.tz_convert(ZoneInfo(tz))
    return f"{local:%Y-%m-%d %H:%M}" if not local.second else f"{local:%Y-%m-%d %H:%M:%S}"


def _sentence(debugger: Debugger, sight: Sight, stop: Stop) -> str:
    if sight.failure is not None:
        return str(sight.failure)
    if stop.why == "breakpoint":
        return f"Stopped: {stop.text}"
    if stop.why == "none":
        return f"There is {stop.text}"
    if stop.why == "paused":
        return "Paused"
    return "The run is over" if debugger.at_end else ""


def _raised(sight: Sight) -> int | None:
    """The line of ``decide`` that raised."""
    found, error = None, None if sight.failure is None else sight.failure.__cause__
    trace = None if error is None else error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "decide":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _named(symbol: str, text: str, many: bool) -> str:
    return f"{symbol}: {text}" if many else text


def _rules(numbers: tuple[int, ...]) -> list[list[Any]]:
    return [[number, RULES.get(number, "")] for number in numbers]


def _fill(one: Fill, many: bool) -> dict[str, Any]:
    side = "bought" if one.units > 0 else "sold"
    fee = f", fee {written(one.fee)}" if one.fee else ""
    tag = f" · {one.tag}" if one.tag else ""
    text = f"{side} {written(abs(one.units))} at {written(one.price)}{fee}, {one.reason}, {one.when}{tag}"
    return {"text": _named(one.symbol, text, many), "side": int(np.sign(one.units)), "rules": _rules(one.rules)}


def _order(one: Order, many: bool) -> str:
    way = {1: "buy", -1: "sell"}.get(one.side, "")
    mode = {"units": "", "of equity": " of equity", "money": " money", "at risk": " at risk"}[one.mode]
    parts = [f"{one.kind.replace('_', '-')} {way}".strip()]
    # An exit closes what its parent opened; of all others the amount that was asked says more.
    amount = one.left if one.kind == "exit" else one.amount
    parts.append(f"{written(amount)}{mode}")
    parts += [
        f"{name} {written(value)}" for name, value in (("limit", one.limit), ("stop", one.stop)) if value == value
    ]
    if one.tag:
        parts.append(one.tag)
    return _named(one.symbol, f"#{one.number} {', '.join(parts)}", many)


def _inside(sight: Sight, tz: str) -> str:
    place = sight.inside
    if place is None:
        return ""
    prices = " ".join(
        f"{name} {written(value)}"
        for name, value in (("O", place.open), ("H", place.high), ("L", place.low), ("C", place.close))
    )
    return f"Inside of the next bar, part {place.part} of {place.parts}, {_where(place.time, tz)}: {prices}"
