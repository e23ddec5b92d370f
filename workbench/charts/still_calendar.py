"""A time axis on which nights and weekends take their room, for still pictures: the twin of ``js/calendar.js``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Half of the stretch between two bars, in bars, that the time between them takes.
GAP = 0.01
_FAR = 1e7


def slots(shown: np.ndarray, slot: float) -> Callable[[np.ndarray | float], np.ndarray]:
    """A function from places on a trading-time axis (bars from the first one) to places in slots of time.

    A bar has the room of one slot, and what time there is between two slots opens up half-way between the bars. Beyond
    the bars each slot is taken to have one.

    Parameters
    ----------
    shown
        float64[n] ms of each bar, ascending.
    slot
        Ms from one bar to the next where nothing is left out, above zero.
    """
    # Bars that a session cut short are nearer to each other than a slot: they get one all the same.
    at = np.append(0.0, np.cumsum(np.maximum(1.0, np.diff(shown) / slot))) if len(shown) else np.zeros(0)
    near = 0.5 - GAP
    bars = np.arange(len(at), dtype=float)
    places = np.column_stack((bars - near, bars + near)).ravel()
    there = np.column_stack((at - near, at + near)).ravel()
    if not len(at):
        places = there = np.zeros(1)
    places = np.concatenate(([places[0] - _FAR], places, [places[-1] + _FAR]))
    there = np.concatenate(([there[0] - _FAR], there, [there[-1] + _FAR]))
    return lambda x: np.interp(np.asarray(x, float), places, there)
