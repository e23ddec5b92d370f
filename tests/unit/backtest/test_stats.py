"""The measures of a run: the names that are promised, values by hand, bars a year, benchmarks."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.backtest import Result, stats_of
from workbench.strategies import SmaCross

#: What scripts rely on.
PROMISED = [
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "max_drawdown_duration",
    "win_rate",
    "profit_factor",
    "expectancy",
    "sqn",
    "kelly",
    "round_trips",
    "exposure",
    "avg_win",
    "avg_loss",
    "best",
    "worst",
    "fees",
    "final_equity",
    "benchmark_return",
    "alpha",
    "beta",
    "var_95",
]


def days(closes: list[float]) -> pd.DataFrame:
    """Daily bars at the opens of New York, each opening at the close before."""
    first = pd.Timestamp("2024-01-08", tz="UTC").value
    day = 86_400_000_000_000
    stamps = wb.calendar("XNYS").windows(wb.BarSpec.parse("1d"), first, first + (2 * len(closes) + 9) * day).stamp
    index = pd.DatetimeIndex(stamps[stamps >= first][: len(closes)].view("M8[ns]"), name="time").tz_localize("UTC")
    close = np.array(closes, float)
    opens = np.append(close[:1], close[:-1])
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    return pd.DataFrame({"open": opens, "high": high, "low": low, "close": close}, index=index)


def run(closes: list[float], long: str = "close > 0", **settings: object) -> Result:
    return wb.backtest(long, days(closes), **settings)


def test_it_has_what_is_promised_as_plain_numbers() -> None:
    rng = np.random.default_rng(1)
    closes = list(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 400))))
    stats = wb.backtest(SmaCross(fast=5, slow=20), days(closes), fees=0.001, session="XNYS").stats
    assert set(PROMISED) <= set(stats) and len(stats) > 40
    assert all(type(stats[name]) is float for name in PROMISED), {n: type(stats[n]) for n in PROMISED}
    assert stats["periods_per_year"] == 252 and "XNYS" in stats.annual.reason
    assert str(stats.annual) in repr(stats)
    again = pickle.loads(pickle.dumps(stats))
    assert dict(again) == pytest.approx(dict(stats), nan_ok=True) and again.annual == stats.annual


def test_values_by_hand() -> None:
    # Bought at the second bar's open, 100, and held: 100 units.
    result = run([100.0, 110.0, 99.0, 121.0], session="XNYS")
    stats = result.stats
    assert result.equity.tolist() == [10_000.0, 11_000.0, 9_900.0, 12_100.0]
    assert stats["total_return"] == pytest.approx(0.21) and stats["final_equity"] == 12_100.0
    assert stats["max_drawdown"] == pytest.approx(-0.1) and stats["fees"] == 0.0
    returns = np.array([0.0, 0.1, -0.1, 121 / 99 - 1])
    assert stats["volatility"] == pytest.approx(returns.std(ddof=1) * np.sqrt(252))
    assert stats["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1) * np.sqrt(252))
    assert stats["benchmark_return"] == pytest.approx(0.21)
    assert stats["beta"] == pytest.approx(1.0) and stats["exposure"] == 0.75
    assert stats["round_trips"] == 0 and np.isnan(stats["win_rate"])


def test_another_benchmark_counts_from_what_was_known() -> None:
    result = run([100.0, 110.0, 99.0, 121.0])
    other = pd.Series([50.0, 55.0], index=result.equity.index[[0, 2]] - pd.Timedelta(hours=1))
    assert stats_of(result, other)["benchmark_return"] == pytest.approx(0.1)


def test_several_symbols_are_compared_with_holding_equal_parts() -> None:
    one, two = days([100.0, 110.0, 120.0]), days([10.0, 10.0, 9.0])
    stats = wb.backtest("close > 0", {"one": one, "two": two.iloc[1:]}, sizing=0.5).stats
    assert stats["benchmark_return"] == pytest.approx((0.2 - 0.1) / 2)


@pytest.mark.parametrize("closes", [[100.0], [100.0, 101.0], [100.0] * 5])
def test_runs_that_say_little(closes: list[float]) -> None:
    stats = run(closes).stats
    assert stats["final_equity"] == pytest.approx(100 * closes[-1]) and set(PROMISED) <= set(stats)


def test_bars_without_a_calendar_are_counted() -> None:
    rng = np.random.default_rng(2)
    closes = list(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 500))))
    assert run(closes).stats["periods_per_year"] == pytest.approx(252, rel=0.02)


def test_tables_are_of_the_run() -> None:
    result = run([100.0, 110.0, 99.0, 121.0, 120.0])
    assert result.drawdowns["depth"].min() == pytest.approx(-0.1)
    assert result.monthly["Year"].iloc[0] == pytest.approx(result.stats["total_return"])
    assert result.rolling(2, "total_return").iloc[-1] == pytest.approx(120 / 99 - 1)
    assert result.by_hour_and_weekday.notna().any(axis=None)
