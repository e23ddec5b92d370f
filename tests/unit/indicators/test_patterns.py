"""Candle patterns: drawn by hand, and beside TA-Lib on bars that have all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.indicators import indicator, indicators
from workbench.indicators.patterns import Pattern

PATTERNS = [name for name, kind in indicators if issubclass(kind, Pattern) and name.startswith("cdl_")]
#: Drawn by hand below.
RARE = ("cdl_2crows", "cdl_breakaway", "cdl_mathold")


def bars(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    """Candles after ten usual ones: open, high, low, close."""
    index = pd.date_range("2026-01-05", periods=10 + len(rows), freq="D", tz="UTC", name="time")
    return pd.DataFrame([(100, 103, 99, 102)] * 10 + list(rows), index, ["open", "high", "low", "close"], float)


def rough(n: int, seed: int) -> pd.DataFrame:
    """Bars on a coarse grid, each for itself, so that gaps, ties and rare patterns are there."""
    rng = np.random.default_rng(seed)
    middle = np.round(rng.uniform(0, 14, n)) + np.arange(n) % 5 * rng.choice([-2, 0, 2], n // 5 + 1).repeat(5)[:n]
    moves = rng.choice([-1, 1], n) * np.round(rng.choice([1, 2, 12], n) * rng.uniform(0, 1.5, n))
    open_, close = middle, middle + moves
    high = np.maximum(open_, close) + np.round(rng.exponential(rng.choice([0.1, 3.0], n)))
    low = np.minimum(open_, close) - np.round(rng.exponential(rng.choice([0.1, 3.0], n)))
    return 100 + pd.DataFrame({"open": open_, "high": high, "low": low, "close": close}) * 0.05


def test_all_are_there():
    assert len(PATTERNS) == 61


@pytest.mark.parametrize("name", PATTERNS)
def test_the_same_as_talib_where_ties_and_rare_ones_are(name):
    talib = pytest.importorskip("talib")
    one, found = indicator(name), 0
    for seed in (1, 2):
        some = rough(100_000, seed)
        ours = one(some).to_numpy()
        theirs = getattr(talib, one.talib[0].name)(*(some[column].to_numpy() for column in one.inputs))
        np.testing.assert_array_equal(ours, theirs)
        found += np.count_nonzero(ours)
    assert found or name in RARE, "never there: says nothing"


@pytest.mark.parametrize(
    ("name", "rows", "value"),
    [
        ("cdl_doji", [(100, 103, 97, 100.25)], 100),
        ("cdl_doji", [(100, 103, 97, 100.5)], 0),
        ("cdl_marubozu", [(100, 104, 100, 104)], 100),
        ("cdl_marubozu", [(104, 104, 100, 100)], -100),
        ("cdl_hammer", [(99, 100, 95, 100)], 0),  # the bar before has its low at 99: this one is not near it
        ("cdl_engulfing", [(102, 103, 99, 100), (99, 104, 98, 103)], 100),
        ("cdl_engulfing", [(102, 103, 99, 100), (100, 104, 98, 103)], 80),
        ("cdl_darkcloudcover", [(100, 105, 99, 104), (106, 106, 101, 101.5)], -100),
        ("cdl_3outside", [(102, 103, 99, 100), (99, 104, 98, 103), (103, 106, 102, 105)], 100),
        ("cdl_2crows", [(100, 106, 99, 105), (108, 109, 105.5, 106), (107, 107.5, 101, 103)], -100),
        (
            "cdl_breakaway",
            [(100, 101, 94, 95), (93, 94, 91, 92), (92, 93, 90, 91), (91, 92, 89, 90), (90, 95, 89, 94)],
            100,
        ),
        (
            "cdl_breakaway",
            [
                (95, 101, 94, 100),
                (103, 104, 102, 104),
                (104, 105, 103, 105),
                (105, 106, 104, 106),
                (106, 107, 100, 101),
            ],
            -100,
        ),
        (
            "cdl_mathold",
            [
                (100, 106, 99, 105),
                (107, 108, 105.5, 106),
                (105.5, 106, 104, 104.5),
                (104.5, 105, 103.5, 104),
                (104.5, 110, 104, 109),
            ],
            100,
        ),
        ("cdl_eveningstar", [(100, 105, 99, 105), (106, 107, 105.5, 106.5), (106, 106, 101, 101)], -100),
    ],
)
def test_by_hand(name, rows, value):
    one, some = indicator(name), bars(*rows)
    assert one(some).iloc[-1] == value
    talib = pytest.importorskip("talib")
    assert getattr(talib, one.talib[0].name)(*(some[column].to_numpy() for column in one.inputs))[-1] == value


def test_penetration():
    some = bars((100, 105, 99, 104), (106, 106, 102, 102.5))
    assert indicator("cdl_darkcloudcover")(some).iloc[-1] == 0
    assert indicator("cdl_darkcloudcover", penetration=0.3)(some).iloc[-1] == -100


def test_a_hikkake_is_confirmed_within_three_bars():
    some = bars((100, 110, 90, 105), (100, 108, 95, 104), (100, 106, 92, 101), (101, 107, 96, 103), (103, 110, 99, 109))
    assert indicator("cdl_hikkake")(some).iloc[-3:].tolist() == [100, 0, 200]


def test_by_percent():
    some = bars((100, 105, 99, 100.2), (100, 105, 100, 105), (105, 105, 100, 100), (100, 100, 100, 100))
    assert indicator("doji", percent=0.25)(some).iloc[-4:].tolist() == [1, 0, 0, 1]
    assert indicator("marubozu")(some).iloc[-4:].tolist() == [0, 100, -100, 0]


def test_blocks_of_a_long_run_are_one_run():
    some, one = rough(20_000, 5), indicator("cdl_3whitesoldiers")
    rest = one.stream().update(some.set_index(pd.date_range("2026-01-05", periods=len(some), freq="min", tz="UTC")))
    np.testing.assert_array_equal(one(some).to_numpy(), rest.to_numpy())
