"""Kinds of synthetic market: what each does to the habits of a market, and the events of its days."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.errors import DataError, unknown

#: Bounds of what can be set: jumps a day, size of a jump in daily sigmas, chance that a regime goes on a day longer.
BOUNDS = {"jumps": (0.0, 50.0), "jump_size": (0.0, 10.0), "persistence": (0.0, 0.999)}


@dataclass(frozen=True)
class Scenario:
    """How a market differs from the normal one. Distances of prices are in sigmas: a normal day's move.

    ``sigma``, ``trades``, ``spread`` multiply those of the market; ``travel`` the random moves from close to close and
    ``noise`` those inside of a day. ``drift`` is added each day, in a direction that turns with the chance 1 -
    ``persistence``, which is also the memory of the daily log-volatility. ``pull`` is a day's share of the way back to
    the market's level, ``reversion`` how often a day prices come back to the day's path (e-folds). A ``gap`` (least,
    greatest) happens once a day behind a halt; a ``crash`` (least, greatest) on every ``every``-th day.
    ``jumps`` is the mean number a day, ``jump_size`` their standard deviation.
    """

    name: str
    about: str
    sigma: float = 1.0
    trades: float = 1.0
    spread: float = 1.0
    travel: float = 1.0
    noise: float = 1.0
    drift: float = 0.0
    pull: float = 0.02  # prices stay within about +-25 % of the level
    reversion: float = 0.0
    gap: tuple[float, float] | None = None
    crash: tuple[float, float] | None = None
    every: int = 5
    jumps: float = 0.0
    jump_size: float = 1.0
    persistence: float = 0.95


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("normal", "Daily moves with clusters of volatility around a level; the demo data."),
        Scenario(
            "trending", "Some weeks in one direction, each day with it.",
            travel=0.35, noise=0.4, drift=1.8, pull=0.008, persistence=0.92,
        ),  # fmt: skip
        Scenario("ranging", "Prices that come back to where they were, again and again.", travel=0.1, reversion=80.0),
        Scenario(
            "volatile", "Three times the volatility, jumps, wide spreads.",
            sigma=3.0, trades=1.8, spread=2.5, jumps=4.0, jump_size=0.3,
        ),
        Scenario("gap", "Once a day a halt, and a price far from the last one behind it.", gap=(3.0, 6.0), pull=0.05),
        Scenario("quiet", "A third of the volatility and a quarter of the trades.", sigma=0.3, trades=0.25, spread=0.7),
        Scenario(
            "crash", "Every fifth day a fall of 8 to 14 daily moves within the hour; a third of it comes back.",
            crash=(8.0, 14.0), pull=0.08, spread=1.3,
        ),
    )
}  # fmt: skip

#: The halt before a gap, the fall of a crash and its recovery, as shares of the session.
_HALT, _FALL, _BACK, _RECOVERED = 0.004, 0.02, 0.15, 1 / 3
_BURST = 15.0  # times the usual pace while prices fall


def scenario(
    name: str, *, jumps: float | None = None, jump_size: float | None = None, persistence: float | None = None
) -> Scenario:
    """The scenario called ``name``, with another number and size of jumps or persistence where they are given.

    Raises
    ------
    UnknownNameError
        There is no such scenario.
    DataError
        A value is outside of ``BOUNDS``.
    """
    if name not in SCENARIOS:
        raise unknown("scenario", name, SCENARIOS)
    given = {"jumps": jumps, "jump_size": jump_size, "persistence": persistence}
    given = {key: value for key, value in given.items() if value is not None}
    for key, value in given.items():
        low, high = BOUNDS[key]
        if not low <= value <= high:
            raise DataError(f"{key} of a synthetic market lies in {low:g} .. {high:g}, got {value!r}")
    return replace(SCENARIOS[name], **given)


class Events:
    """What happens on each of ``days`` days beside the random walk: drift, jumps, gaps, crashes.

    ``net`` is the way that each day goes by them in all, float64[days], in sigmas.
    """

    def __init__(self, one: Scenario, days: int, words: list[int]) -> None:
        self._one = one
        # Draws of its own: a normal market stays what it is whatever is added here.
        noise = np.random.default_rng([*words, 0, 1])
        kinds = noise.random((days, 4))
        turns = noise.random(days) < 1 - one.persistence
        self.direction = np.where((np.cumsum(turns) + noise.integers(2)) % 2, 1.0, -1.0)
        counts = noise.poisson(one.jumps, days) if one.jumps else np.zeros(days, "i8")
        self._first = np.concatenate([[0], np.cumsum(counts)])
        self._at, self._size = noise.random(self._first[-1]), one.jump_size * noise.standard_normal(self._first[-1])
        self._moment = 0.25 + 0.5 * kinds[:, 0]
        self.gap, self.crash = np.zeros(days), np.zeros(days)
        if one.gap:
            low, high = one.gap
            self.gap = np.where(kinds[:, 1] < 0.5, -1, 1) * (low + (high - low) * kinds[:, 2])
        if one.crash:
            low, high = one.crash
            due = np.arange(days) % one.every == int(noise.integers(one.every))
            self.crash = np.where(due, low + (high - low) * kinds[:, 3], 0)
        jumps = np.add.reduceat(np.append(self._size, 0.0), self._first[:-1]) * (counts > 0)
        self.net = one.drift * self.direction + self.gap - self.crash * (1 - _RECOVERED) + jumps

    def path(self, day: int, shares: np.ndarray) -> np.ndarray:
        """The way by events, in sigmas, at ``shares`` of the day's session (0 .. 1, float64[n]).

        The drift is left out: it goes as time goes, which is how the rest of the way to the close goes too.
        """
        out, at = np.zeros(len(shares)), self._moment[day]
        for i in range(self._first[day], self._first[day + 1]):
            out += np.where(shares >= self._at[i], self._size[i], 0.0)
        if self.gap[day]:
            out += np.where(shares >= at, self.gap[day], 0.0)
        if self.crash[day]:
            knots = [at, at + _FALL, at + _FALL + _BACK]
            out -= self.crash[day] * np.interp(shares, knots, [0.0, 1.0, 1 - _RECOVERED])
        return out

    def pace(self, day: int, shares: np.ndarray) -> np.ndarray:
        """How many times the usual number of trades comes."""
        inside = (shares >= self._moment[day]) & (shares < self._moment[day] + _FALL)
        return np.where(inside & (self.crash[day] > 0), _BURST, 1.0)

    def open_at(self, day: int, shares: np.ndarray) -> np.ndarray:
        """Where trade is not halted, bool[n]."""
        at = self._moment[day]
        return (shares < at - _HALT) | (shares >= at) | (self.gap[day] == 0)
