"""Rollups: what is stored beside the events equals bars made from the events, whatever the order of writing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.bars import bars_from_trades, quote_bars_from_quotes
from workbench.catalog import Store, rollups
from workbench.errors import DataError
from workbench.market.calendars import calendar
from workbench.market.events import FLAG_NO_BAR, QUOTE, TRADE
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import DAY, SECOND, BarSpec

T0 = int(np.datetime64("2024-03-07T03:00:00.5", "ns").astype("i8"))  # holds the US change of clocks of 10 March
EXACT = ["time", "open", "high", "low", "close", "trades"]


def tape(rows: int, days: float, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(rows, TRADE)
    out["ts_event"] = T0 + np.sort(rng.integers(0, int(days * DAY), rows))
    out["price"] = 100 + np.round(rng.normal(size=rows).cumsum() / 10, 2)
    out["size"] = rng.random(rows)
    out["side"] = rng.choice([-1, 0, 1], rows)
    out["flags"] = rng.choice([0, FLAG_NO_BAR], rows, p=[0.9, 0.1])
    return out


def assert_same(got: np.ndarray, want: np.ndarray) -> None:
    for name in EXACT:
        np.testing.assert_array_equal(got[name], want[name], err_msg=name)
    for name in ("volume", "buy_volume", "sell_volume", "vwap"):
        np.testing.assert_allclose(got[name], want[name], rtol=1e-12, atol=1e-12, err_msg=name)


def assert_rollups(store: Store, symbol: str, trades: np.ndarray, session: str) -> None:
    for text in ("1s", "1min", "1h", "1d"):
        sessions = calendar(session if text == "1d" else "24/7")
        want = bars_from_trades(trades, BarSpec.parse(text), sessions)
        assert len(want)
        assert_same(store.read("src", f"rollup_{text}", symbol), want)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


@pytest.mark.parametrize("symbol, session", [("BTC-USD", "24/7"), ("ES", "CME_ES"), ("AAPL", "XNYS")])
def test_rollups_equal_bars_of_the_trades(store: Store, symbol: str, session: str) -> None:
    trades = tape(6000, 9)
    pieces = np.array_split(trades, 7)
    for k in (3, 0, 1, 6, 5, 2, 4):  # holes are filled later
        store.write("src", "trades", symbol, pieces[k])
    assert_rollups(store, symbol, trades, session)
    assert store.manifest("src", "rollup_1d", symbol).session == calendar(session).name


def test_replaced_trades_leave_no_trace_in_rollups(store: Store) -> None:
    trades = tape(4000, 4)
    store.write("src", "trades", "BTC-USD", trades)
    new = tape(50, 1.3, seed=9)
    new["ts_event"] += DAY
    store.write("src", "trades", "BTC-USD", new, replace=True)
    times = trades["ts_event"]
    low, high = new["ts_event"][[0, -1]]
    left = np.concatenate([trades[times < low], new, trades[times > high]])
    assert_rollups(store, "BTC-USD", left, "24/7")


def test_a_change_of_session_builds_all_days_anew(store: Store) -> None:
    master = InstrumentMaster.load(store.data_dir)
    trades = tape(3000, 6)
    store.write("src", "trades", "MINE", trades[:1500])
    master.put(Instrument("MINE", session="CME_ES"))
    store.write("src", "trades", "MINE", trades[1500:])
    assert_rollups(store, "MINE", trades, "CME_ES")


def test_quotes_have_rollups_too(store: Store) -> None:
    rng = np.random.default_rng(5)
    quotes = np.zeros(3000, QUOTE)
    quotes["ts_event"] = T0 + np.sort(rng.integers(0, 3 * DAY, 3000))
    quotes["bid"], quotes["ask"] = 1 + rng.random(3000), 3 + rng.random(3000)
    quotes["bid"][rng.random(3000) < 0.3] = np.nan
    store.write("src", "quotes", "EURUSD", quotes[:1000])
    store.write("src", "quotes", "EURUSD", quotes[1000:])
    for text in ("1s", "1min", "1h", "1d"):
        sessions = calendar("FX" if text == "1d" else "24/7")
        want = quote_bars_from_quotes(quotes, BarSpec.parse(text), sessions)
        got = store.read("src", f"quote_rollup_{text}", "EURUSD")
        assert len(want)
        for name in want.dtype.names:
            np.testing.assert_array_equal(got[name], want[name], err_msg=name)


def test_a_damaged_rollup_is_rebuilt_from_the_trades(store: Store) -> None:
    trades = tape(1000, 2)
    store.write("src", "trades", "BTC-USD", trades)
    part = next(store.data_dir.glob("src/rollup_1min/*/*/*.parquet"))
    part.write_bytes(part.read_bytes()[:200])
    with pytest.raises(DataError, match=r"Store\.rebuild_rollups\('src', 'BTC-USD'\)"):
        store.read("src", "rollup_1min", "BTC-USD")
    assert len(store.read("src", "trades", "BTC-USD")) == 1000
    store.rebuild_rollups("src", "BTC-USD")
    assert_rollups(store, "BTC-USD", trades, "24/7")


def test_trades_older_than_the_calendar_have_no_daily_rollup(store: Store) -> None:
    trades = tape(100, 1)
    trades["ts_event"] -= 70 * 365 * DAY
    store.write("src", "trades", "AAPL", trades)
    kinds = {d.kind for d in store.datasets()}
    assert "rollup_1h" in kinds and "rollup_1d" not in kinds


def test_without_rollups_there_are_none(store: Store) -> None:
    store.write("src", "trades", "BTC-USD", tape(10, 1), rollups=False)
    store.write("src", "bars_1min", "BTC-USD", bars_from_trades(tape(10, 1), BarSpec.parse("1min")))
    assert [d.kind for d in store.datasets()] == ["bars_1min", "trades"]
    assert rollups.rungs("bars_1min") == []


def test_whole_bars_cover_every_bar_that_is_touched() -> None:
    hour, utc, week = BarSpec.parse("4h"), calendar("24/7"), BarSpec.parse("1w")
    midnight = T0 - T0 % DAY
    assert rollups.whole_bars(hour, utc, T0, T0 + 1) == (midnight, midnight + 4 * 3600 * SECOND)
    assert rollups.whole_bars(hour, utc, midnight, midnight + 14400 * SECOND) == (midnight, midnight + 14400 * SECOND)
    night = int(np.datetime64("2024-03-07T03:00", "ns").astype("i8"))
    assert rollups.whole_bars(hour, calendar("XNYS"), night, night + 60 * SECOND) is None
    low, high = rollups.whole_bars(week, calendar("XNYS"), night, night + 1)  # between two sessions of a week
    assert np.datetime64(low, "ns") == np.datetime64("2024-03-04T14:30")
    assert np.datetime64(high, "ns") == np.datetime64("2024-03-08T21:00")


@pytest.mark.parametrize("name", ["XNYS", "all:XNYS", "all:XHKG", "XHKG", "all:CME_ES", "24/7", "days:Asia/Kolkata"])
@given(st.data())
def test_whole_bars_are_the_bars_that_are_touched(name: str, data: st.DataObject) -> None:
    spec = BarSpec.parse(data.draw(st.sampled_from(["7min", "45min", "1h", "4h", "24h", "1d", "1w"])))
    minute = st.integers(0, 8 * 1440).map(lambda k: T0 - 2 * DAY + k * 60 * SECOND + k % 3)
    start, end = sorted((data.draw(minute), data.draw(minute)))
    end += 1
    windows = calendar(name).windows(spec, start - 40 * DAY, end + 40 * DAY)
    spans = []  # begin and end of every bar there is
    for open_, close, stamp in zip(windows.open.tolist(), windows.close.tolist(), windows.stamp.tolist(), strict=True):
        begin = stamp
        while windows.step and begin > open_:
            begin -= windows.step
        if not windows.step and spans and spans[-1][0] == stamp:
            spans[-1] = (stamp, close)
        elif not windows.step:
            spans.append((stamp, close))
        while windows.step and begin < close:
            if begin + windows.step > open_:
                spans.append((max(begin, open_), min(begin + windows.step, close)))
            begin += windows.step
    touched = [span for span in spans if span[0] < end and span[1] > start]
    want = (touched[0][0], touched[-1][1]) if touched else None
    assert rollups.whole_bars(spec, calendar(name), start, end) == want
