"""The benchmark of a trade's way to the screen: prices say when, ages and the interval come from them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ui_live import SESSIONS, ages, pixel_row, price_at

#: Some instant in us, shortly before the prices begin anew.
AT = 1_800_000_000_000_000 // 10**10 * 10**10 + 10**10 - 200_000


def drawn(interval_ms: float, age_ms: float, count: int = 40) -> np.ndarray:
    """Paints so often, each of a newest trade of this age."""
    painted = AT + 1e3 * interval_ms * np.arange(count)
    received = ((painted - 1e3 * age_ms) * 1e3).astype(np.int64)
    return np.column_stack([painted, price_at(received)])


def test_ages_are_found_from_prices_also_where_these_begin_anew() -> None:
    found = drawn(50, 30)
    assert np.diff(found[:, 1]).min() < 0
    newest, every, interval = ages(found)
    assert newest == pytest.approx(np.full(40, 30.0), abs=0.01)
    assert interval == pytest.approx(50, abs=0.01)
    # A trade that came right after a draw waits for the next one.
    assert every.min() == pytest.approx(30, abs=0.01) and every.max() == pytest.approx(79.5, abs=0.6)
    assert np.median(every) == pytest.approx(55, abs=1)


def test_the_row_tells_all_and_fails_where_sessions_were_lost() -> None:
    row = pixel_row(drawn(50, 30), 100_000.0, SESSIONS)
    assert row["ours_s"] == pytest.approx(0.030, abs=1e-4) and row["checked"] is True
    assert "newest trade of a paint p50 30, p95 30 ms" in row["note"] and "the interval of 50 ms" in row["note"]
    assert pixel_row(drawn(50, 30), 100_000.0, SESSIONS - 1)["checked"] is False
