"""Measures of round trips, in the order in which they ended.

``trips`` are results as fractions of what was put in, after fees: they compare over accounts and years. Given money
instead, the functions compute the same of money; ``money_profit_factor`` is listed for it.
"""

from __future__ import annotations

import numpy as np

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, measure


@measure(
    title="Round trips",
    formula="n",
    source="Definition.",
    unit="count",
    more_is_better=None,
    least=0,
    edges="0 without one",
)
def round_trips(trips: Values) -> float:
    """How many positions were opened and closed."""
    return np.full(trips.shape[:-1], float(trips.shape[-1]))


@measure(
    title="Win rate",
    formula="count(t > 0) / n",
    source="Definition; an even trip is not won.",
    unit="fraction",
    more_is_better=True,
)
def win_rate(trips: Values) -> float:
    """The share of round trips with a gain."""
    return (trips > 0).mean(axis=-1)


@measure(
    title="Profit factor",
    formula="sum(max(t, 0)) / sum(max(-t, 0))",
    source="Schwager (1984); of fractions, as backtesting.py has it.",
    unit="ratio",
    more_is_better=True,
    edges="inf without a loss, NaN where all are even",
)
def profit_factor(trips: Values) -> float:
    """The sum of gains over the sum of losses."""
    return a.ratio(np.maximum(trips, 0.0).sum(axis=-1), np.maximum(-trips, 0.0).sum(axis=-1))


@measure(
    title="Profit factor in money",
    formula="sum(max(p, 0)) / sum(max(-p, 0)), p: money",
    source="Schwager (1984); gross profit over gross loss.",
    unit="ratio",
    more_is_better=True,
    edges="inf without a loss, NaN where all are even",
)
def money_profit_factor(pnl: Values) -> float:
    """The sum of gains over the sum of losses in money: in an account that grows the last trips weigh most."""
    return profit_factor(pnl)


@measure(
    title="Payoff ratio",
    formula="mean(t where t > 0) / |mean(t where t < 0)|",
    source="Definition.",
    unit="ratio",
    more_is_better=True,
    edges="inf without a loss, 0 without a gain, NaN without either",
)
def payoff_ratio(trips: Values) -> float:
    """The size of an average gain over that of an average loss."""
    gain, loss = avg_win(trips), avg_loss(trips)
    gain, loss = np.where(np.isnan(gain), 0.0, gain), np.where(np.isnan(loss), 0.0, loss)
    return a.ratio(gain, -loss)


@measure(
    title="Expectancy",
    formula="mean(t)",
    source="Tharp (1998), Trade Your Way to Financial Freedom.",
    unit="fraction",
    more_is_better=True,
)
def expectancy(trips: Values) -> float:
    """The mean result of a round trip."""
    return trips.mean(axis=-1)


@measure(
    title="System quality number",
    formula="mean(t) / std(t) * sqrt(n)",
    source="Tharp (2008), Definitive Guide to Position Sizing; sqrt(min(n, most)) with a limit, there 100.",
    unit="ratio",
    more_is_better=True,
    least=2,
    edges="inf with the sign of the mean where results do not vary, NaN where all are even",
)
def sqn(trips: Values, *, most: int | None = None) -> float:
    """Mean result over its deviation, times the root of the number of round trips: a t statistic.

    ``most`` limits the number that counts.
    """
    count = min(trips.shape[-1], most or trips.shape[-1])
    return a.ratio(trips.mean(axis=-1), a.deviation(trips)) * np.sqrt(count)


@measure(
    title="Kelly fraction",
    formula="w - (1 - w) / payoff, w = win rate",
    source="Kelly (1956), A New Interpretation of Information Rate; two outcomes.",
    unit="fraction",
    more_is_better=True,
    edges="1 without a loss, NaN without a gain",
)
def kelly(trips: Values) -> float:
    """The part of equity whose growth is greatest, were each result an average gain or an average loss."""
    won, payoff = win_rate(trips), payoff_ratio(trips)
    return np.where(won > 0, won - a.ratio(1.0 - np.asarray(won), payoff), np.nan)


@measure(
    title="Average win",
    formula="mean(t where t > 0)",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
    edges="NaN without a gain",
)
def avg_win(trips: Values) -> float:
    """The mean result of the round trips with a gain."""
    return a.ratio(np.maximum(trips, 0.0).sum(axis=-1), (trips > 0).sum(axis=-1))


@measure(
    title="Average loss",
    formula="mean(t where t < 0)",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
    edges="NaN without a loss",
)
def avg_loss(trips: Values) -> float:
    """The mean result of the round trips with a loss, a negative number."""
    return a.ratio(np.minimum(trips, 0.0).sum(axis=-1), (trips < 0).sum(axis=-1))


@measure(title="Best round trip", formula="max(t)", source="Definition.", unit="fraction", more_is_better=True)
def best(trips: Values) -> float:
    """The highest result of a round trip."""
    return trips.max(axis=-1)


@measure(title="Worst round trip", formula="min(t)", source="Definition.", unit="fraction", more_is_better=True)
def worst(trips: Values) -> float:
    """The lowest result of a round trip."""
    return trips.min(axis=-1)


@measure(
    title="Consecutive wins",
    formula="longest run of t > 0",
    source="Definition; an even trip ends a run.",
    unit="count",
    more_is_better=True,
)
def consecutive_wins(trips: Values) -> float:
    """The most round trips with a gain, one after the other."""
    return _longest(trips > 0)


@measure(
    title="Consecutive losses",
    formula="longest run of t < 0",
    source="Definition; an even trip ends a run.",
    unit="count",
    more_is_better=False,
)
def consecutive_losses(trips: Values) -> float:
    """The most round trips with a loss, one after the other."""
    return _longest(trips < 0)


@measure(
    title="Average bars held",
    formula="mean(bars)",
    source="Definition.",
    unit="bars",
    more_is_better=None,
)
def avg_bars(trip_bars: Values) -> float:
    """Bars that a round trip was held for, on average."""
    return trip_bars.mean(axis=-1)


@measure(
    title="Longest bars held",
    formula="max(bars)",
    source="Definition.",
    unit="bars",
    more_is_better=None,
)
def max_bars(trip_bars: Values) -> float:
    """Bars that the longest round trip was held for."""
    return trip_bars.max(axis=-1)


@measure(
    title="Edge ratio",
    formula="mean(MFE) / |mean(MAE)|",
    source="Faith (2007), Way of the Turtle; of fractions, not of ATR.",
    unit="ratio",
    more_is_better=True,
    edges="inf where no trip was ever at a loss, NaN where none moved",
)
def edge_ratio(favourable: Values, adverse: Values) -> float:
    """How far round trips went right over how far they went wrong on the way."""
    return a.ratio(favourable.mean(axis=-1), np.abs(adverse.mean(axis=-1)))


def _longest(holds: np.ndarray) -> np.ndarray:
    at = np.arange(1, holds.shape[-1] + 1)
    broken = np.maximum.accumulate(np.where(holds, 0, at), axis=-1)
    return (at - broken).max(axis=-1).astype(float)
