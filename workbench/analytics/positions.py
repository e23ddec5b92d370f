"""Measures of what was held: ``weights`` are values of the position over equity, ``traded`` what changed hands."""

from __future__ import annotations

import numpy as np

from workbench.analytics.base import Values, measure


@measure(
    title="Exposure",
    formula="count(w != 0) / n",
    source="Definition.",
    unit="fraction",
    more_is_better=None,
)
def exposure(weights: Values) -> float:
    """The share of bars with a position."""
    return (weights != 0).mean(axis=-1)


@measure(
    title="Average exposure",
    formula="mean(|w|)",
    source="Definition.",
    unit="fraction",
    more_is_better=None,
)
def average_exposure(weights: Values) -> float:
    """The size of the position over equity, on average, flat bars among them; above 1 with leverage."""
    return np.abs(weights).mean(axis=-1)


@measure(
    title="Net exposure",
    formula="mean(w)",
    source="Definition.",
    unit="fraction",
    more_is_better=None,
)
def net_exposure(weights: Values) -> float:
    """The position over equity on average, shorts negative."""
    return weights.mean(axis=-1)


@measure(
    title="Turnover",
    formula="mean(v) * periods / 2, v: value traded in a bar over equity",
    source="One side of what is bought and sold, as funds report it.",
    unit="ratio",
    more_is_better=False,
)
def turnover(traded: Values, *, periods: float) -> float:
    """How often a year the equity is turned over: half of all that was bought and sold."""
    return np.abs(traded).mean(axis=-1) * periods / 2.0
