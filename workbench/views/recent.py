"""What to do first, and what was done last: lines with links for the home page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from workbench.strategies import strategies
from workbench.views.chart.layouts import OPEN
from workbench.views.overview import Overview
from workbench.views.state import AppState

#: Lines that are shown.
MOST = 8
#: Lines with the instant (ns UTC) that they are sorted by.
Found = Iterator[tuple[int, dict[str, str]]]
_log = logging.getLogger(__name__)


def first_steps(overview: Overview) -> list[dict[str, str]]:
    """Links to what a newcomer tries, with the instruments that are there."""
    rows = [row for row in overview.rows if not row.problem]
    if not rows:
        return []
    moving = next((row.symbol for row in rows if row.live), rows[0].symbol)
    daily = next((row.symbol for row in rows if row.daily), rows[0].symbol)
    trial = {"symbol": daily, "spec": "1d", "strategy": "sma_cross"}
    return [
        _line(
            f"Watch {moving}", _address("chart", symbol=moving, spec="1min"), "bars of a minute, live where it trades"
        ),
        _line("Backtest a moving-average cross", _address("backtest", **trial), f"{daily}, days; press Run there"),
        _line("Sweep its two windows", _address("optimize", **trial), "and see how much of it is luck"),
        _line("Replay a stored day", "live", "at any speed, on a bus of its own"),
        _line("Bring your own prices", "", "", "workbench ingest csv prices.csv --symbol ACME"),
    ]


def recent(services: Any, owner: str = "") -> list[dict[str, str]]:
    """The newest layouts, stored runs and sweeps, newest first; a line of what cannot be read in its place.

    It reads the database and the folders of runs and sweeps: call it in a thread.
    """
    found: list[tuple[int, dict[str, str]]] = []
    kinds = {"Layouts": _layouts, "Stored runs": _runs, "Sweeps": _sweeps}
    for name, lines in kinds.items():
        try:
            found += lines(services, owner)
        except Exception as error:
            _log.warning("%s cannot be listed on the home page", name, exc_info=True)
            found.append((0, _line(f"{name} cannot be read", "", str(error.args[0] if error.args else error))))
    newest = sorted(found, key=lambda one: -one[0])[:MOST]
    return [line | {"when": str(at // 1_000_000) if at else ""} for at, line in newest]


def _layouts(services: Any, owner: str) -> Found:
    kept = services.workspaces.layouts
    for name in kept.names(owner=owner):
        if name == OPEN:
            continue
        layout = kept.load(name, owner=owner)
        state = AppState()
        state.apply_document(layout.document, theme=False)
        yield layout.saved, _line(name, f"chart?{state.query}", "layout")


def _runs(services: Any, _: str) -> Found:
    for row in services.runs.list().head(MOST).to_dict("records"):
        gain = f"{100 * row['total_return']:+,.1f} %".replace("-", "−")
        words = f"run · {', '.join(row['symbols'])} {row['spec']} · {gain}"
        yield (
            _instant(row["when"]),
            _line(row["name"] or row["label"], _setting("backtest", row, row["parameters"]), words),
        )


def _sweeps(services: Any, _: str) -> Found:
    for row in services.sweeps.list().head(MOST).to_dict("records"):
        row["symbols"] = [one.strip() for one in row["symbols"].split(",")]
        words = f"sweep · {', '.join(row['symbols'])} {row['spec']} · {row['done']:,} of {row['cells']:,} cells"
        words += "" if row["state"] == "finished" else f", {row['state']}"
        yield _instant(row["created"]), _line(row["name"] or row["strategy"], _setting("optimize", row, {}), words)


def _setting(page: str, row: dict[str, Any], parameters: dict[str, Any]) -> str:
    """The page with what a run was made of; "" for a strategy that this process does not have."""
    if row["strategy"] not in {name for name, _ in strategies} or not row["symbols"]:
        return ""
    given = {f"p.{name}": value for name, value in parameters.items()}
    symbols = {"symbols": ",".join(row["symbols"])} if len(row["symbols"]) > 1 else {}
    return _address(page, symbol=row["symbols"][0], spec=row["spec"], strategy=row["strategy"], **symbols, **given)


def _address(page: str, **query: Any) -> str:
    return f"{page}?{urlencode(query)}"  # relative: the pages may be served below a prefix


def _instant(when: pd.Timestamp) -> int:
    return 0 if pd.isna(when) else pd.Timestamp(when).value


def _line(text: str, href: str, note: str, command: str = "") -> dict[str, str]:
    return {"text": text, "href": href, "note": note, "command": command}
