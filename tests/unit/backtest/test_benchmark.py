"""Benchmarks on the clock of a run: what is known counts, and nothing of what comes."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.backtest.test_engine import Restless, bars_of
from workbench.backtest import Result, backtest, bracket, stats_of
from workbench.backtest.benchmark import worth_of
from workbench.backtest.market import Market
from workbench.errors import DataError, UnknownNameError

HOURS = bars_of(1, 240)


def run(benchmark: object = None, **settings: object) -> Result:
    return backtest("close > open", HOURS, benchmark=benchmark, audit=False, **settings)


def daily(values: list[float], first: str = "2026-01-05") -> pd.DataFrame:
    index = pd.date_range(first, periods=len(values), freq="1D", tz="UTC", name="time")
    return pd.DataFrame({name: np.array(values, float) for name in ("open", "high", "low", "close")}, index=index)


def test_without_one_it_is_to_hold_the_symbol() -> None:
    result = run(cash=500.0)
    close = HOURS["close"]
    np.testing.assert_allclose(result.benchmark, 500 * close / close.iloc[0], rtol=1e-12)
    assert result.stats["benchmark_return"] == pytest.approx(close.iloc[-1] / close.iloc[0] - 1)


def test_one_symbol_of_several() -> None:
    bars = {"up": bars_of(1, 50), "down": bars_of(2, 50)}
    result = backtest("close > open", bars, benchmark="down", sizing=0.5, audit=False)
    close = bars["down"]["close"]
    np.testing.assert_allclose(result.benchmark, 10_000 * close / close.iloc[0], rtol=1e-12)


def test_a_daily_close_is_known_when_the_day_is_over() -> None:
    days = daily([100.0, 110.0, 121.0, 50.0, 60.0])
    worth = run(days).worth
    assert worth[:23].tolist() == [1.0] * 23  # nothing is known before the last hour of the first day has closed
    assert worth[23:47].tolist() == [1.0] * 24
    np.testing.assert_allclose(worth[47:71], 1.1)
    np.testing.assert_allclose(worth[71:95], 1.21)
    np.testing.assert_allclose(worth[95:119], 0.5)
    np.testing.assert_allclose(run(days["close"]).worth, worth)


def test_finer_bars_are_known_to_the_last() -> None:
    days = daily([100.0, 101.0, 102.0, 103.0])
    result = backtest("close > open", days, benchmark=HOURS, audit=False)
    at = HOURS["close"].to_numpy()[[23, 47, 71, 95]]
    np.testing.assert_allclose(result.worth, at / at[0])


def test_prices_and_returns_say_the_same() -> None:
    close = HOURS["close"]
    returns = close.pct_change().fillna(0.0)
    np.testing.assert_allclose(run(returns).worth, run(close).worth, rtol=1e-12)
    np.testing.assert_allclose(run(returns.rename("returns")).worth, run(HOURS).worth, rtol=1e-12)
    rising = pd.Series(0.001, HOURS.index, name="returns")
    assert run(rising).worth[-1] == pytest.approx(1.001**239)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 60), st.sampled_from(["7min", "1h", "90min", "1D"]), st.integers(0, 500))
def test_later_values_change_nothing(seed: int, count: int, freq: str, offset: int) -> None:
    market = Market(HOURS)
    index = pd.date_range("2026-01-04 20:00", periods=count, freq=freq, tz="UTC") + pd.Timedelta(minutes=offset)
    prices = pd.Series(np.random.default_rng(seed).uniform(50, 150, count), index, name="prices")
    assume(index[-1] >= HOURS.index[0])
    whole = worth_of(market, prices)
    step = index[1] - index[0]
    closes = HOURS.index + pd.Timedelta(hours=1)
    known = [prices[index + step <= close] for close in closes]
    start = next((part.iloc[-1] for part in known if len(part)), np.nan)
    slow = [part.iloc[-1] / start if len(part) else 1.0 for part in known]
    np.testing.assert_allclose(whole, slow, rtol=1e-12)


def test_uneven_stamps_are_when_they_were_seen() -> None:
    seen = pd.Series(
        [10.0, 11.0, 12.1], pd.to_datetime(["2026-01-05 00:30", "2026-01-05 05:10", "2026-01-07 03:00"], utc=True)
    )
    worth = run(seen.rename("prices")).worth
    assert worth[4] == 1.0 and worth[5] == pytest.approx(1.1) and worth[50] == pytest.approx(1.21)


def test_it_goes_with_the_run() -> None:
    result = backtest(Restless(seed=3), bars_of(2, 900), benchmark=bars_of(5, 900), audit=False)
    assert result.uncertain_bars > 0
    for one in bracket(result).values():
        np.testing.assert_array_equal(one.worth, result.worth)
    again = pickle.loads(pickle.dumps(result))
    assert (
        again.stats["benchmark_return"] == result.stats["benchmark_return"] != stats_of(again, bars_of(6, 900))["beta"]
    )
    assert result.stats["beta"] != pytest.approx(stats_of(result, bars_of(6, 900))["beta"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (HOURS["close"].iloc[::-1], "is not after the row before"),
        (HOURS["close"].iloc[:0], "empty"),
        (HOURS["close"] * np.nan, "all NaN"),
        (HOURS["close"].reset_index(drop=True), "no DatetimeIndex"),
        (HOURS.drop(columns="close"), "bars need close; they have open"),
        (HOURS["close"].replace(HOURS["close"].iloc[3], np.inf), "infinite at 2026-01-05 03:00"),
        (HOURS["close"] * -1, "a price of -"),
        (pd.Series(-2.0, HOURS.index, name="returns"), "a return of -2 loses more than all"),
        (pd.Series(0.001, HOURS.index), "call the Series 'prices' or 'returns'"),
        (HOURS["close"].set_axis(HOURS.index - pd.Timedelta(days=900)), "give one of the same time"),
        (HOURS["close"].set_axis(HOURS.index + pd.Timedelta(days=900)), "give one of the same time"),
        (HOURS["close"].astype(str) + "x", "not numeric"),
        (12.5, "not float"),
    ],
)
def test_what_cannot_be_compared_with_is_told(given: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        run(given)


def test_a_symbol_that_is_not_there_is_told() -> None:
    bars = {"AAPL": bars_of(1, 30), "MSFT": bars_of(2, 30)}
    with pytest.raises(UnknownNameError, match="AAPL"):
        backtest("close > open", bars, benchmark="APPL")
    with pytest.raises(UnknownNameError, match="have no name"):
        run("AAPL")
