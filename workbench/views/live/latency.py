"""How long trades are on their way, stage by stage, to the bars and on to the screen, as figures and bars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import panel as pn
import param

from workbench.live.latency import LatencySnapshot, Quantiles
from workbench.views.screen_latency import screen_latency
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: The ends of a bar, ms: it grows with the logarithm between them.
SHORTEST_MS, LONGEST_MS = 0.01, 10_000.0
#: Where the histogram ends: what was back-filled took longer.
BEYOND_MS = 1_000_000.0

#: Name and explanation of each stage, in the order of the way.
STAGES = {
    "received": ("Exchange", "From the venue's clock to the feed's receipt"),
    "published": ("Publish", "From the feed's receipt to the entry in Redis, in whole milliseconds"),
    "read": ("Read", "From the entry in Redis to this process, in whole milliseconds"),
    "bar": ("Bar", "From there until everything made of it is done, bars included"),
    "total": ("To bar", "From the feed's receipt to the finished bars: publish, read and bar together"),
    "document": ("Document", "From the finished bars until a chart's page was changed with them"),
    "paint": ("Paint", "From the changed page until the browser's word that it is painted, the way back included"),
}


class Stages(pn.custom.JSComponent):
    """A row for each stage: p50, p95, p99, and a bar from p50 to p99."""

    rows = param.List(default=[], item_type=dict, doc="name, tip, p50, p95, p99 and note as texts, low and high 0..1.")
    told = param.String(default="", doc="What the figures are of.")

    _esm = with_el(_JS / "stages.js")
    _stylesheets = [_CSS / "parts.css"]

    def show(self, latency: LatencySnapshot) -> None:
        """Show a snapshot of the hub, and beside it the charts of this process."""
        screens = screen_latency.stages()
        count, draws = (max(one.count for one in stages.values()) for stages in (latency.stages, screens))
        told = f"of {count:,} trades in the last minute, " if count else "no trades in the last minute, "
        told += f"drawn {draws:,} times" if draws else "drawn by no chart"
        self.param.update(rows=rows_of({**latency.stages, **screens}), told=told)


def rows_of(stages: Mapping[str, Quantiles]) -> list[dict[str, Any]]:
    """What the browser draws of all ``STAGES``."""
    rows = []
    for stage, (name, tip) in STAGES.items():
        one = stages[stage]
        note = f"{one.negative:,} of {one.count:,} took less than no time: two clocks differ" if one.negative else ""
        rows.append(
            {
                "name": name, "tip": tip, "note": note, "low": share(one.p50), "high": share(one.p99),
                **{part: ms(getattr(one, part)) for part in ("p50", "p95", "p99")},
            }
        )  # fmt: skip
    return rows


def ms(value: float) -> str:
    """Milliseconds with three digits; a dash for none, and in words what is beyond all that is counted."""
    if value != value:
        return "–"
    if value >= BEYOND_MS:
        return "> 16 min"
    value = 0.0 if abs(value) < 0.005 else value
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{places}f}".replace("-", "−")


def share(value: float) -> float:
    """Where a duration lies on a bar, 0 to 1; what is shorter than its beginning, or none, lies there."""
    if not value > SHORTEST_MS:
        return 0.0
    return round(min(1.0, math.log(value / SHORTEST_MS) / math.log(LONGEST_MS / SHORTEST_MS)), 3)
