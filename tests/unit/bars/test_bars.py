"""Bars against the oracle, whole and in any chunks."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from tests import oracles
from workbench.bars import (
    Resampler,
    bars_from_bars,
    bars_from_trades,
    batch,
    quote_bars_from_quote_bars,
    quote_bars_from_quotes,
    resample,
)
from workbench.errors import DataError, SpecError, UnknownNameError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, FLAG_NO_BAR, QUOTE, TRADE, as_frame
from workbench.market.specs import BarSpec

S = 1_000_000_000
START = pd.Timestamp("2026-01-05 14:00", tz="UTC").value


def tape(n, *, seed=0, start=START, seconds=7200, offset=100.0, tick=0.01, flags=0.1):
    """A tape with repeated stamps, unknown sides and flagged prints."""
    rng = np.random.default_rng(seed)
    out = np.zeros(n, TRADE)
    out["ts_event"] = start + np.sort(rng.integers(0, seconds * 50, n)) * (S // 50)
    out["price"] = offset + np.cumsum(rng.integers(-2, 3, n)) * tick
    out["size"] = rng.exponential(1.0, n)
    out["side"] = rng.integers(-1, 2, n)
    out["flags"] = rng.random(n) < flags
    return out


def same(left, right):
    assert left.dtype == right.dtype == BAR
    assert left.tobytes() == right.tobytes()


@pytest.mark.parametrize("spec", ["1s", "90s", "1min", "7min", "1h", "24h"])
@pytest.mark.parametrize("flagged", [False, True])
def test_fixed_steps_equal_the_oracle(spec, flagged):
    trades = tape(3000, seed=1)
    step = BarSpec.parse(spec).step
    wanted = oracles.bars(trades, lambda ns: oracles.floor_time(ns, step), flagged=flagged)
    same(bars_from_trades(trades, spec, flagged=flagged), wanted)


@pytest.mark.parametrize("name", ["XNYS", "XHKG", "CME_ES", "XBOM", "FX", "days:America/New_York"])
@pytest.mark.parametrize("spec", ["45min", "1h", "1d", "2d", "1w", "1mo"])
def test_sessions_equal_the_oracle(name, spec):
    # Two weeks around the end of daylight saving in New York.
    trades = tape(1500, seed=2, start=pd.Timestamp("2026-10-26", tz="UTC").value, seconds=14 * 86_400)
    sessions = calendar(name)
    parsed = BarSpec.parse(spec)
    windows = sessions.windows(parsed, int(trades["ts_event"][0]), int(trades["ts_event"][-1]))
    wanted = oracles.bars(trades, oracles.session_bar(windows, parsed.step))
    assert len(wanted)
    same(bars_from_trades(trades, spec, sessions), wanted)


def test_local_days_follow_the_zone():
    trades = tape(2000, seed=3, start=pd.Timestamp("2026-03-06", tz="UTC").value, seconds=5 * 86_400)
    wanted = oracles.bars(trades, lambda ns: oracles.local_midnight(ns, "America/New_York"))
    got = resample(trades, "1d", tz="America/New_York")
    same(batch_of(got), wanted)


def batch_of(frame):
    return np.array([(t.value, *row) for t, row in zip(frame.index, frame.itertuples(index=False), strict=True)], BAR)


chunkings = st.lists(st.integers(0, 60), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(
    sizes=chunkings,
    seed=st.integers(0, 10_000),
    spec=st.sampled_from(["1s", "5s", "1min", "1h", "1d"]),
    session=st.sampled_from([None, "XNYS", "XHKG"]),
    far=st.booleans(),
)
def test_any_chunking_gives_the_same_bars(sizes, seed, spec, session, far):
    n = sum(sizes)
    trades = tape(n, seed=seed, seconds=40 * 86_400 if far else 600, offset=1e7)
    whole = bars_from_trades(trades, spec, calendar(session or "24/7"))
    live, closed, at = Resampler(spec, session=session), [], 0
    for size in sizes:
        closed.append(live.update_records(trades[at : at + size]))
        at += size
        live = pickle.loads(pickle.dumps(live))
    same(np.concatenate([*closed, live.forming_record]), whole)
    assert live.late == 0


def test_a_bar_closes_with_the_first_print_after_it_and_never_before():
    trades = tape(50, seed=5, seconds=30, flags=0)
    live = Resampler("1min")
    assert not len(live.update_records(trades))
    later = trades[:1].copy()
    later["ts_event"] += 60 * S
    assert len(live.update_records(later)) == 1
    assert live.forming_record["trades"].tolist() == [1]


def test_the_future_does_not_change_closed_bars():
    trades = tape(4000, seed=6)
    whole = bars_from_trades(trades, "5min")
    for cut in (10, 777, 3999):
        part = bars_from_trades(trades[:cut], "5min")
        same(part[:-1], whole[: len(part) - 1])


def test_late_prints_are_left_out_and_counted_whatever_the_chunks():
    trades = tape(400, seed=7, seconds=600, flags=0)
    rng = np.random.default_rng(0)
    shuffled = trades[np.argsort(trades["ts_event"] + rng.integers(0, 90, 400) * S, kind="stable")]
    seen = []
    for size in (1, 7, 400):
        live, closed = Resampler("1min"), []
        for at in range(0, 400, size):
            closed.append(live.update_records(shuffled[at : at + size]))
        seen.append((live.late, np.concatenate([*closed, live.forming_record]).tobytes()))
    assert seen[0] == seen[1] == seen[2]
    newest, kept = 0, 0
    for t in shuffled["ts_event"]:
        newest = max(newest, t)
        kept += t >= oracles.floor_time(int(newest), 60 * S)
    assert 0 < seen[0][0] == 400 - kept


def test_batch_puts_prints_in_order_and_keeps_equal_stamps_in_tape_order():
    trades = tape(300, seed=8)
    trades["ts_event"] = trades["ts_event"] // (5 * S) * (5 * S)
    order = np.argsort(np.random.default_rng(1).integers(0, 3, 300), kind="stable")
    mixed = trades[order]
    same(bars_from_trades(mixed, "1min"), bars_from_trades(mixed[np.argsort(mixed["ts_event"], kind="stable")], "1min"))


def test_two_threads_change_nothing(monkeypatch):
    trades = tape(60_000, seed=9, seconds=86_400)
    one = bars_from_trades(trades, "1min")
    monkeypatch.setattr(batch, "_WORTH_A_THREAD", 1000)
    same(bars_from_trades(trades, "1min"), one)
    same(bars_from_trades(trades, "1mo"), bars_from_trades(trades, "1mo"))


@pytest.mark.parametrize("tick", [1.0, 0.25])
def test_rollups_are_exact(tick):
    trades = tape(20_000, seed=10, seconds=3 * 86_400, tick=tick)
    trades["size"] = np.random.default_rng(2).integers(1, 50, len(trades))
    seconds = bars_from_trades(trades, "1s")
    minutes = bars_from_bars(seconds, "1min")
    hours = bars_from_bars(minutes, "1h")
    days = bars_from_bars(hours, "1d")
    for rolled, spec in ((minutes, "1min"), (hours, "1h"), (days, "1d")):
        direct = bars_from_trades(trades, spec)
        for name in ("time", "open", "high", "low", "close", "volume", "buy_volume", "sell_volume", "trades"):
            assert (rolled[name] == direct[name]).all(), (spec, name)
        assert np.allclose(rolled["vwap"], direct["vwap"], rtol=1e-12, atol=0)
    sessions = calendar("XBOM")
    assert (bars_from_bars(minutes, "1d", sessions)["close"] == bars_from_trades(trades, "1d", sessions)["close"]).all()


def test_rolled_sums_of_fractional_sizes_agree_to_twelve_digits():
    trades = tape(20_000, seed=11, seconds=86_400)
    rolled = bars_from_bars(bars_from_trades(trades, "1s"), "1h")
    assert np.allclose(rolled["volume"], bars_from_trades(trades, "1h")["volume"], rtol=1e-12, atol=0)


def quotes():
    out = np.zeros(4, QUOTE)
    out["ts_event"] = START + np.array([0, 1, 2, 65]) * S
    out["bid"], out["ask"] = [np.nan, 1.5, 1.4, 1.6], [2.0, np.nan, 2.2, 2.1]
    out["bid_size"], out["ask_size"] = [np.nan, 5, np.nan, 7], [3, np.nan, 4, 1]
    return out


def test_quote_bars_skip_what_is_not_known():
    bars = quote_bars_from_quotes(quotes(), "1min")
    first = bars[0]
    assert [first[f"bid_{f}"] for f in ("open", "high", "low", "close", "size")] == [1.5, 1.5, 1.4, 1.4, 5]
    assert [first[f"ask_{f}"] for f in ("open", "high", "low", "close", "size")] == [2.0, 2.2, 2.0, 2.2, 4]
    assert bars["quotes"].tolist() == [3, 1]
    rolled = quote_bars_from_quote_bars(quote_bars_from_quotes(quotes(), "1s"), "1min")
    assert rolled.tobytes() == bars.tobytes()


def test_prices_of_quotes():
    assert resample(quotes(), "1min", price="bid")["high"].tolist() == [1.5, 1.6]
    assert resample(quotes(), "1min", price="ask")["trades"].tolist() == [3, 1]
    assert resample(quotes(), "1min", price="mid")["close"].tolist() == [(1.4 + 2.2) / 2, (1.6 + 2.1) / 2]
    with pytest.raises(DataError, match="price='bid', 'ask' or 'mid'"):
        resample(quotes(), "1min")


def test_frames_of_any_make():
    trades = tape(500, seed=12, flags=0)
    wanted = resample(trades, "1min")
    frame = as_frame(trades)
    pd.testing.assert_frame_equal(resample(frame, "1min"), wanted)
    stamped = frame.drop(columns="ts_event").set_index(
        pd.DatetimeIndex(frame["ts_event"].to_numpy().view("M8[ns]")).tz_localize("UTC").tz_convert("Asia/Tokyo")
    )
    pd.testing.assert_frame_equal(wb.resample(stamped, "1min"), wanted)
    plain = resample(frame[["ts_event", "price", "size"]], "1min")
    assert (plain["volume"] == wanted["volume"]).all() and not plain["buy_volume"].any()
    before = frame.copy()
    resample(frame, "1h")
    pd.testing.assert_frame_equal(frame, before)


def test_gaps_are_filled_only_when_asked_for():
    trades = tape(2, seed=13, flags=0)
    trades["ts_event"] = START + np.array([0, 200]) * S
    assert len(resample(trades, "1min")) == 2
    filled = resample(trades, "1min", fill_gaps=True)
    assert filled["trades"].tolist() == [1, 0, 0, 1]
    assert (filled["open"].iloc[1:3] == trades["price"][0]).all()
    assert filled["vwap"].isna().tolist() == [False, True, True, False]


def test_nothing_in_nothing_out():
    assert len(resample(tape(0), "1min")) == 0
    live = Resampler("1min")
    assert len(live.update_records(tape(0))) == 0 and len(live.forming) == 0
    assert len(bars_from_bars(np.zeros(0, BAR), "1h")) == len(quote_bars_from_quotes(np.zeros(0, QUOTE), "1h")) == 0


def test_a_bar_of_flagged_prints_only_does_not_exist():
    trades = tape(10, seed=14, flags=0)
    trades["flags"] = FLAG_NO_BAR
    assert len(bars_from_trades(trades, "1min")) == 0
    live = Resampler("1min")
    live.update_records(trades)
    assert len(live.forming_record) == 0
    assert len(bars_from_trades(trades, "1d", flagged=True)) == 1


@pytest.mark.parametrize(("field", "value"), [("price", np.nan), ("price", np.inf), ("size", np.nan), ("size", -1.0)])
def test_bad_numbers_are_refused_by_row_and_nothing_is_taken_in(field, value):
    trades = tape(20, seed=15, flags=0)
    trades[field][7] = value
    with pytest.raises(DataError, match="trade 7"):
        bars_from_trades(trades, "1min")
    live = Resampler("1min")
    live.update_records(trades[:5])
    before = live.forming_record.tobytes()
    with pytest.raises(DataError):
        live.update_records(trades[5:])
    assert live.forming_record.tobytes() == before


def test_bad_questions_are_answered():
    with pytest.raises(SpecError, match="5min"):
        resample(tape(3), "5mni")
    with pytest.raises(UnknownNameError, match="XNYS"):
        resample(tape(3), "5min", session="XNYSE")
    with pytest.raises(DataError, match="exclude each other"):
        resample(tape(3), "5min", session="XNYS", tz="UTC")
    with pytest.raises(DataError, match="price and size"):
        resample(pd.DataFrame({"ts_event": [1], "last": [2.0]}), "1min")


@pytest.mark.parametrize("spec", ["24mo", "60mo", "120mo", "100w", "366d"])
def test_very_long_bars_begin_where_they_begin_whatever_was_asked_for(spec):
    trades = tape(600, seed=16, start=pd.Timestamp("1990-01-01", tz="UTC").value, seconds=36 * 365 * 86_400)
    live, closed = Resampler(spec), []
    for at in range(0, 600, 50):
        closed.append(live.update_records(trades[at : at + 50]))
    same(np.concatenate([*closed, live.forming_record]), bars_from_trades(trades, spec))


def test_text_in_a_column_of_bars_is_named():
    frame = as_frame(bars_from_trades(tape(50), "1min")).astype({"close": object})
    frame.iloc[0, frame.columns.get_loc("close")] = "n/a"
    with pytest.raises(DataError, match="'close' is not numeric"):
        resample(frame, "1h")
