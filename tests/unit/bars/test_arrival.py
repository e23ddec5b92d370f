"""Prints that come out of order, outside the session or with wrong columns: each counts, is counted, or is named."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import oracles
from workbench.bars import (
    Resampler,
    bars_from_bars,
    bars_from_trades,
    quote_bars_from_quote_bars,
    quote_bars_from_quotes,
    resample,
)
from workbench.errors import DataError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, QUOTE, TRADE, as_frame
from workbench.market.specs import BarSpec

S = 1_000_000_000


def prints(*times, day="2026-01-06"):
    """Trades at ``times`` of a day in UTC, priced 1, 2, 3 ... in the order they come."""
    out = np.zeros(len(times), TRADE)
    out["ts_event"] = [pd.Timestamp(f"{day} {time}", tz="UTC").value for time in times]
    out["price"], out["size"] = np.arange(1, len(times) + 1), 1.0
    return out


def chunked(live, trades, size):
    closed = [live.update_records(trades[at : at + size]) for at in range(0, len(trades), size)]
    return np.concatenate([*closed, live.forming_record])


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_print_outside_the_session_closes_no_bar(size):
    # New York closes at 21:00 UTC; the third print is of the last minute still.
    trades = prints("20:59:50", "21:00:05", "20:59:59")
    live = Resampler("1min", session="XNYS")
    bars = chunked(live, trades, size)
    assert bars["close"].tolist() == [3.0] and bars["trades"].tolist() == [2] and live.late == 0


@pytest.mark.parametrize("size", [1, 4])
def test_a_late_print_is_counted_also_after_the_session(size):
    live = Resampler("1min", session="XNYS")
    bars = chunked(live, prints("20:58:50", "20:59:50", "21:00:05", "20:58:59"), size)
    assert bars["trades"].tolist() == [1, 1] and live.late == 1


def arrive(trades, windows, step):
    """Slow twin of the arrival rules: the prints that count, in order, and how many came too late."""
    find = oracles.session_bar(windows, step)
    kept, late, forming = [], 0, None
    for i, ns in enumerate(trades["ts_event"].tolist()):
        if forming is not None and ns < forming:
            late += 1
            continue
        bar = find(ns)
        if bar is not None:
            kept.append((i, bar))
            forming = bar
    return kept, late


@given(
    jumps=st.lists(st.integers(-4000, 9000), min_size=1, max_size=80),
    spec=st.sampled_from(["1min", "45min", "1d", "1w"]),
    session=st.sampled_from(["XNYS", "XHKG", "CME_ES", "24/7"]),
    size=st.integers(1, 80),
    start=st.sampled_from(["2026-03-06 20:00", "2026-10-30 03:30", "2026-11-27 17:30"]),
)
def test_any_order_in_any_chunks(jumps, spec, session, size, start):
    trades = np.zeros(len(jumps), TRADE)
    trades["ts_event"] = pd.Timestamp(start, tz="UTC").value + np.cumsum(jumps) * 10 * S
    trades["price"], trades["size"] = np.arange(len(jumps)), 1.0
    parsed = BarSpec.parse(spec)
    windows = calendar(session).windows(parsed, int(trades["ts_event"].min()), int(trades["ts_event"].max()))
    kept, late = arrive(trades, windows, parsed.step)
    live = Resampler(spec, session=session)
    bars = chunked(live, trades, size)
    assert live.late == late
    assert bars["time"].tolist() == sorted({bar for _, bar in kept})
    for bar in bars:
        mine = [i for i, time in kept if time == bar["time"]]
        assert (bar["open"], bar["close"], bar["trades"]) == (mine[0], mine[-1], len(mine))
        assert (bar["high"], bar["low"]) == (max(mine), min(mine))


def test_one_wrong_old_time_does_not_stop_the_stream():
    # Nobody knows the sessions of 1950: the calendar must not be asked for what is late anyway.
    trades = prints("02:00:00", "02:00:30")
    trades["ts_event"][1] = pd.Timestamp("1950-01-03", tz="UTC").value
    live = Resampler("1min", session="XHKG")
    live.update_records(trades[:1])
    live.update_records(trades[1:])
    assert live.late == 1 and live.forming_record["trades"].tolist() == [1]


def test_the_count_of_late_prints_travels_with_a_pickle():
    live = Resampler("1min")
    live.update_records(prints("10:00:00", "10:05:00", "10:01:00"))
    assert pickle.loads(pickle.dumps(live)).late == live.late == 1


def test_errors_name_the_row_as_it_was_given():
    trades = prints("10:00:50", "10:00:40", "10:00:45")
    trades["price"][1] = np.nan  # the first one in time
    with pytest.raises(DataError, match="trade 1: price nan"):
        bars_from_trades(trades, "1min")
    live = Resampler("1min")
    live.update_records(prints("10:01:00"))
    late_first = prints("10:00:10", "10:01:10", "10:01:20", "10:01:15")
    late_first["size"][3] = np.inf
    with pytest.raises(DataError, match="trade 3: .*size inf"):
        live.update_records(late_first)
    assert live.late == 0 and live.forming_record["trades"].tolist() == [1]
    bars = np.zeros(2, BAR)
    bars["time"] = 60 * S, 0
    bars["low"][0] = np.inf
    with pytest.raises(DataError, match="bar 0 "):
        bars_from_bars(bars, "1h")


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_an_infinite_quote_is_refused(side):
    quotes = np.zeros(3, QUOTE)
    quotes["ts_event"] = 3, 2, 1
    quotes[side][0] = np.inf
    with pytest.raises(DataError, match=f"quote 0: {side} inf"):
        quote_bars_from_quotes(quotes, "1min")


def test_quote_bars_of_several_quotes_roll_up_bit_for_bit():
    rng = np.random.default_rng(3)
    quotes = np.zeros(5000, QUOTE)
    quotes["ts_event"] = pd.Timestamp("2026-01-06", tz="UTC").value + np.sort(rng.integers(0, 7200, 5000)) * S // 4
    for name in ("bid", "ask", "bid_size", "ask_size"):
        quotes[name] = np.where(rng.random(5000) < 0.3, np.nan, rng.integers(1, 90, 5000))
    direct = quote_bars_from_quotes(quotes, "1min")
    assert quote_bars_from_quote_bars(quote_bars_from_quotes(quotes, "1s"), "1min").tobytes() == direct.tobytes()
    first = quotes[quotes["ts_event"] < direct["time"][1]]
    assert direct["quotes"][0] == len(first) > 60
    assert direct["bid_high"][0] == np.nanmax(first["bid"]) and direct["ask_low"][0] == np.nanmin(first["ask"])


@pytest.mark.parametrize("take", [lambda frame: resample(frame, "1min"), lambda frame: Resampler("1min").update(frame)])
@pytest.mark.parametrize(
    ("column", "values"),
    [("price", ["a", "b"]), ("size", ["1", "x"]), ("side", ["B", "S"]), ("side", [1.0, np.nan]), ("side", [1, 300])],
)
def test_a_column_of_something_else_is_named(take, column, values):
    frame = as_frame(prints("10:00:00", "10:00:01"))
    frame[column] = values
    with pytest.raises(DataError, match=f"column '{column}'"):
        take(frame)


def test_whole_numbers_of_any_type_are_sides_prices_and_sizes():
    trades = prints("10:00:00", "10:00:01", "10:02:00")
    trades["side"] = 1, -1, 0
    frame = as_frame(trades)
    wanted = resample(frame, "1min")
    plain = frame.astype({"side": "float64", "size": "int32", "price": "Int64"})
    pd.testing.assert_frame_equal(resample(plain, "1min"), wanted)
    live = Resampler("1min")
    pd.testing.assert_frame_equal(pd.concat([live.update(plain), live.forming]), wanted)


def test_what_is_no_frame_is_named():
    with pytest.raises(DataError, match="a list"):
        resample([1, 2], "1min")
