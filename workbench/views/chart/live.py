"""The hub's bars of what a chart shows: one subscription at a time, and what of it was seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.views.chart.history import History

#: How long a chart that opens waits for what the bus holds of it; the hub looks at what it is asked every 50 ms.
PATIENCE_S = 0.5


class LiveFeed:
    """A subscription that can be moved from one symbol and spec to the next."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._hub: Any = None
        self._symbol = ""
        self._seen = self._began = -1
        self._counted = -1
        self._into: History | None = None
        #: Changes of the bars that were drawn together with a later one.
        self.joined = 0

    def __bool__(self) -> bool:
        return self._bars is not None

    def attach(self, hub: Any, symbol: str, spec: str, *, newest: bool = False) -> None:
        """Subscribe to these bars instead.

        With ``newest`` it returns when the hub has counted in what came since the end of the stored history, so that a
        chart opens at its newest bars and does not leap to them. Bars that are made of all that is stored come later,
        and those of a bus that does not answer when it does.
        """
        self.detach()
        self._bars, self._hub, self._symbol = hub.subscribe(symbol, spec), hub, symbol
        if newest and hub.status(symbol).state in ("live", "stale") and self._bars.wait_begun(0):
            self._bars.wait_ready(PATIENCE_S)
        self._began = self._bars.snapshot().began

    def detach(self) -> None:
        """Let go of the hub."""
        bars, self._bars, self._into, self._seen, self._counted = self._bars, None, None, -1, -1
        self._hub = None
        if bars is not None:
            bars.close()

    def merge(self, history: History, *, again: bool = False) -> int | None:
        """Take what is new into the history; ordinal of the first bar that may differ, None when nothing is new.

        A history that does not reach to the newest bars takes them when it does. Bars that a replay made anew, as it
        went back in time, are of another history.
        """
        if self._bars is None or (self._bars.version == self._seen and history is self._into and not again):
            return None
        now = self._bars.snapshot()
        if now.began != self._began:
            return None
        if self._counted >= 0:
            self.joined += max(0, now.version - self._counted - 1)
        self._counted = now.version
        if not history.at_end:
            self._into = None
            return None
        self._seen, self._into = now.version, history
        return history.join(now.closed, now.forming)

    @property
    def made(self) -> int:
        """When the hub had made the newest bars of all that came, ns UTC; 0 while it has made none."""
        return 0 if self._hub is None else self._hub.latency.done.get(self._symbol, 0)

    @property
    def last_price(self) -> float | None:
        """The price traded last; None while nothing came."""
        price = np.nan if self._bars is None else self._bars.snapshot().last_price
        return float(price) if np.isfinite(price) else None
