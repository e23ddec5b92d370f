"""How long live bars are on their way from the hub's reader to the screens of this process.

======== ================================ ======================================================================
stage    from                             to
======== ================================ ======================================================================
document everything made of the newest    a chart's document was changed with it, by the tick of its session. What
         entries is done: the end of the  came before it and is drawn with it has waited longer, up to the interval
         reader's stage ``bar``           of draws
paint    the document was changed         the browser's word that it has painted this arrived: both by the server's
                                          clock, so the way back is in it. For how long the browser kept its word is
                                          not: it speaks twice a second, and tells that time by its own clock
======== ================================ ======================================================================

One draw is one sample of ``document``, one word of a browser one of ``paint``. ``live.latency`` has the stages before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from workbench.live.latency import SLICE_S, SLICES, Histogram, Quantiles

STAGES = ("document", "paint")

_FOLD = 500  # samples that wait to be counted: one by one that would take 20 us each


class ScreenLatency:
    """The counts of all charts of a process. Everything is for the one thread that sessions run in: the server's loop.

    Parameters
    ----------
    clock
        Seconds of any steady clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._histograms = {stage: Histogram() for stage in STAGES}
        self._waiting: dict[str, list[int]] = {stage: [] for stage in STAGES}
        self._turned = clock()

    def add(self, stage: str, duration: int) -> None:
        """Count one duration (ns) of a stage."""
        waiting = self._waiting[stage]
        if len(waiting) >= _FOLD or self._clock() - self._turned >= SLICE_S:
            self._count()
        waiting.append(duration)

    def stages(self) -> Mapping[str, Quantiles]:
        """Each stage over the last minute; ``count`` is the number of draws, or of words of browsers."""
        self._count()
        return {stage: one.quantiles() for stage, one in self._histograms.items()}

    def _count(self) -> None:
        passed = int((self._clock() - self._turned) // SLICE_S)
        self._turned += passed * SLICE_S
        for stage, histogram in self._histograms.items():
            waiting = self._waiting[stage]
            if waiting:  # they came before the time that has passed
                histogram.add(np.array(waiting, np.int64), np.ones(len(waiting), np.int64))
                waiting.clear()
            for _ in range(min(passed, SLICES)):
                histogram.turn()


#: Of this process.
screen_latency = ScreenLatency()
