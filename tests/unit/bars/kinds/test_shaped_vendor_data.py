"""Heikin Ashi and Renko against another library. Needs ``WORKBENCH_TEST_DATA``, a folder of public files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.oracles import shapes as oracle
from workbench.bars import bars_from_bars
from workbench.market.events import as_records
from workbench.market.specs import BarSpec

FOLDER = os.environ.get("WORKBENCH_TEST_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="WORKBENCH_TEST_DATA is not set")
DATA = Path(FOLDER or ".") / "indicators"


@pytest.fixture(scope="module")
def bars() -> np.ndarray:
    quotes = pd.read_csv(DATA / "quotes" / "default.csv", encoding="utf-8-sig", index_col="date", parse_dates=True)
    return as_records(quotes, "bars")


def expected(name: str) -> pd.DataFrame:
    return pd.DataFrame(json.loads((DATA / "expected" / f"{name}.standard.json").read_text("utf-8")))


def assert_bricks(bars: np.ndarray, spec: str, wanted: pd.DataFrame) -> None:
    """Prices, volumes, ways, and the bar that completed each brick."""
    got = bars_from_bars(bars, spec)[: len(wanted)]
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_allclose(got[name], wanted[name], rtol=1e-13, atol=0, err_msg=name)
    np.testing.assert_array_equal(got["close"] > got["open"], wanted["isUp"])
    stage = BarSpec.parse(spec).maker().stage()
    ends = stage.cut_bars(bars)
    bricks = np.abs(stage.marks()[0])
    completed = pd.to_datetime(np.repeat(bars["time"][ends - 1], bricks))
    assert list(completed) == list(pd.to_datetime(wanted["date"]))


def test_heikin_ashi_is_that_of_stock_indicators(bars):
    wanted, got = expected("heikinashi"), bars_from_bars(bars, "ha")
    assert len(got) == len(wanted) == 502
    assert list(pd.to_datetime(got["time"])) == list(pd.to_datetime(wanted["date"]))
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_allclose(got[name], wanted[name], rtol=1e-13, atol=0, err_msg=name)


def test_renko_is_that_of_stock_indicators(bars):
    wanted = expected("renko")
    assert len(wanted) == 422
    assert_bricks(bars, "renko:1.0", wanted)


def test_renko_of_the_last_range_is_that_of_stock_indicators(bars):
    """It sizes all bricks by the range at the end of the file: for us a size like any other."""
    last = oracle.wilder(bars, 14)[-1]
    assert last == pytest.approx(expected("atr")["atr"].iloc[-1], rel=1e-13)
    wanted = expected("renko-atr")
    assert len(wanted) == 29
    assert_bricks(bars, f"renko:{last!r}", wanted)


def test_renko_of_the_range_never_changes_the_past(bars):
    whole = bars_from_bars(bars, "renko:atr14")
    assert len(whole) > 50
    for end in (16, 100, 377):
        early = bars_from_bars(bars[:end], "renko:atr14")[:-1]  # without the one that forms
        assert early.tobytes() == whole[: len(early)].tobytes()
