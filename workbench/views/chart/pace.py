"""How often live bars are drawn: as often as the browser keeps up with, between five and twenty times a second.

The browser tells which bar it has drawn last, twice a second at most; how long ago that was sent is how far it is
behind. What comes between two draws is drawn at once with the next: nothing of it is lost, it is only not shown alone.

A browser that is neither late nor early is one of a machine with other work to do: it gets what a chart opens with, so
that a rate that fell in a bad moment comes back when that is over.

The same answers tell how long a bar took to the screen: see ``views.screen_latency``.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from workbench.views.screen_latency import screen_latency

#: Draws a second: at least, at most, and when a chart opens.
SLOWEST, FASTEST, FIRST = 5.0, 20.0, 10.0
#: Seconds behind, beyond which the rate falls and below which it rises; and of silence after which nobody is drawing.
LATE, EARLY, SILENT = 0.60, 0.30, 2.0
#: By what the rate changes with a report. It falls faster than it rises, so that a queue gets short soon. The last is
#: how it comes back to ``FIRST`` between late and early.
_DOWN, _UP, _BACK = 0.6, 1.15, 1.05
#: Seconds over which the note counts what was coalesced, so that it does not flicker.
COUNTED = 5.0
#: A bar as both sides know it: its ordinal and its volume, which grows with every trade.
Seen = tuple[int, float]


class Pace:
    """The rate of draws, from what was sent and what of it was seen. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self.rate = FIRST
        self._drew = self._heard = float("-inf")
        self._sent: deque[tuple[Seen, float]] = deque(maxlen=256)

    def due(self, now: float) -> bool:
        """Whether it is time to draw what is there; asking again before the next time says no."""
        if self._sent and now - max(self._heard, self._sent[0][1]) > SILENT:
            self.rate = SLOWEST  # a page in the background, or one that has much to do
        if now - self._drew < 1 / self.rate - 1e-9:
            return False
        self._drew = now
        return True

    def sent(self, bar: Seen, now: float) -> None:
        """A newest bar that is on its way to the browser."""
        self._sent.append((bar, now))

    def seen(self, bar: Seen, now: float) -> float | None:
        """The browser has drawn this bar; seconds it is behind, None for a bar that was not sent as a live one."""
        at = next((when for one, when in reversed(self._sent) if one == bar), None)
        if at is None:
            self._heard = now  # it draws, if not what was sent last
            return None
        while self._sent and self._sent[0][1] <= at:
            self._sent.popleft()
        self._heard = now
        behind = now - at
        if behind > LATE:
            self.rate = max(SLOWEST, self.rate * _DOWN)
        elif behind < EARLY:
            self.rate = min(FASTEST, self.rate * _UP)
        elif self.rate < FIRST:
            self.rate = min(FIRST, self.rate * _BACK)
        return behind


class Paced:
    """Draws a view's live bars at the pace of its browser; the view's note says that pace and what was coalesced."""

    def __init__(self, view: Any) -> None:
        self.view, self.pace = view, Pace()
        self._told = time.monotonic()
        #: When the note was made anew, and what had been coalesced and drawn by then.
        self._counts: deque[tuple[float, int, int]] = deque([(self._told, 0, 0)])
        view.chart.seen.on_change("data", self._heard)

    def tick(self) -> None:
        """Draw, if it is time to; called twenty times a second."""
        now, view = time.monotonic(), self.view
        if not self.pace.due(now):
            return
        before, made = view.chart.drawn, view._feed.made  # asked first: later there may be newer ones, not drawn yet
        view.poll()
        if view.chart.drawn != before:
            self.pace.sent(view.chart.last, time.monotonic())
            if made:
                screen_latency.add("document", time.time_ns() - made)
        if now - self._told >= 1:
            self._tell(now)

    def _tell(self, now: float) -> None:
        view, counts = self.view, self._counts
        self._told = now
        counts.append((now, view._feed.joined, view.chart.drawn))
        while now - counts[1][0] >= COUNTED:
            counts.popleft()
        since, joined, drawn = counts[0]
        text = f"{self.pace.rate:.0f} Hz" if view.chart.drawn > drawn else ""  # of a closed market there is none
        per_second = round((view._feed.joined - joined) / (now - since))
        if text and per_second > 0:
            text += f" · {per_second} a second coalesced"
        view.note = text if view._feed else ""

    def _heard(self, attr: str, old: Any, new: Any) -> None:
        if not len(new.get("x", ())):
            return
        behind = self.pace.seen((int(new["x"][0]), float(new["volume"][0])), time.monotonic())
        if behind is not None:
            screen_latency.add("paint", round((behind - float(new["kept"][0]) / 1e3) * 1e9))
