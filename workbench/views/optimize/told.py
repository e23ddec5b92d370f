"""What stands in the line over a sweep: how it is, and what can be done with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.market.events import BAR
from workbench.views.backtest.tables import written
from workbench.views.optimize.work import Sweeping

#: How states that are not the end look: a badge of this tone.
_TONES = {"paused": "warn", "cancelled": "warn", "failed": "bad", "interrupted": "warn", "running": "good"}
#: Bars that the picker of bars looks at for sizes that suit the instrument.
_RECENT = 500


def head_of(one: Sweeping) -> dict[str, Any]:
    """Title, place, figures, badges and code of a sweep whose cells are shown."""
    sweep, chosen = one.sweep, one.chosen
    assert sweep is not None
    first = next(iter(sweep.failures.values()), "Cells in which the strategy raised")
    failed = written(len(sweep.failures), "count")
    figures = [
        ("Cells", f"{one.done:,} / {len(sweep):,}", "Cells that are over, of all", ""),
        ("Failed", failed, first[:300], "down" if sweep.failures else ""),
        ("Bars", written(one.bars, "count"), "Bars of each cell", ""),
    ]
    badges = [{"text": one.state, "tone": _TONES[one.state], "tip": one.told}] if one.state in _TONES else []
    if sweep.failures:
        badges.append({"text": f"raised in {failed} cells", "tone": "bad", "tip": first[:300]})
    return {
        "title": one.name,
        "place": chosen.place if chosen is not None else one.place,
        "figures": [dict(zip(("label", "value", "tip", "tone"), figure, strict=True)) for figure in figures],
        "badges": badges,
        "code": chosen.code() if chosen is not None else f"sw = wb.sweeps().load({one.id!r})\nsw.leaderboard()",
    }


def buttons_of(one: Sweeping | None, busy: bool) -> list[dict[str, str]]:
    """The buttons over a sweep, while one runs (``busy``) or not."""
    found = []
    if one is not None and busy:
        found.append(("pause", "Pause", "Stop after the cells at work; Resume goes on"))
    elif one is not None and one.state in ("paused", "cancelled", "failed", "interrupted") and one.id:
        found.append(("resume", "Resume", "Run the cells that are not there yet"))
    if one is not None and one.sweep is not None:
        found += [
            ("csv", "CSV", "Download the table of all cells"),
            ("parquet", "Parquet", "Download the table of all cells, with its types"),
            ("code", "Code", "Copy the sweep as a notebook cell"),
        ]
    return [{"name": name, "label": label, "tip": tip} for name, label, tip in found]


def recent_of(catalog: Any, symbol: str, spec: str) -> tuple[np.ndarray, float]:
    """The newest bars (BAR) and the price step of a symbol; none where they cannot be read."""
    try:
        return catalog.latest_bars(symbol, spec, _RECENT), float(catalog.master.get(symbol).tick_size)
    except Exception:  # a picker of bars has sizes of its own then
        return np.zeros(0, BAR), 0.01
