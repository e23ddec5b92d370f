"""Volatility estimators beside their formulas, written out slowly."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=7)
N = 20


def slow(term) -> np.ndarray:
    """``term`` of the logarithms of each window of bars, and of the close before it."""
    logs = np.log(BARS[["open", "high", "low", "close"]].to_numpy())
    out = np.full(len(BARS), np.nan)
    for i in range(N, len(BARS)):
        out[i] = np.sqrt(term(*logs[i - N + 1 : i + 1].T, logs[i - N : i, 3]))
    return out


def rogers_satchell(o, h, low, c, before):
    return np.mean((h - c) * (h - o) + (low - c) * (low - o))


def yang_zhang(o, h, low, c, before):
    k = 0.34 / (1.34 + (N + 1) / (N - 1))
    night, day = np.var(o - before, ddof=1), np.var(c - o, ddof=1)
    return night + k * day + (1 - k) * rogers_satchell(o, h, low, c, before)


FORMULAS = {
    "realised": lambda o, h, low, c, before: np.var(c - before, ddof=1),
    "parkinson": lambda o, h, low, c, before: np.mean((h - low) ** 2) / (4 * np.log(2)),
    "garman_klass": lambda o, h, low, c, before: np.mean((h - low) ** 2 / 2 - (2 * np.log(2) - 1) * (c - o) ** 2),
    "rogers_satchell": rogers_satchell,
    "yang_zhang": yang_zhang,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_against_the_formula(name):
    wanted = slow(FORMULAS[name])
    found = indicator(name, window=N)(BARS).to_numpy()
    np.testing.assert_allclose(found[N:], wanted[N:], rtol=1e-10)
    np.testing.assert_allclose(indicator(name, window=N, periods=252)(BARS), found * np.sqrt(252), rtol=1e-14)


def test_realised_without_the_mean():
    wanted = slow(lambda o, h, low, c, before: np.mean((c - before) ** 2))
    found = indicator("realised", window=N, centred=False)(BARS).to_numpy()
    np.testing.assert_allclose(found[N:], wanted[N:], rtol=1e-10)


@pytest.mark.parametrize("name", FORMULAS)
def test_prices_at_or_below_zero_are_no_error(name):
    bars = BARS.copy()
    bars.iloc[30] = 0.0
    bars.iloc[31] = -1.0
    found = indicator(name)(bars).to_numpy()
    assert np.isfinite(found[N:]).all()
