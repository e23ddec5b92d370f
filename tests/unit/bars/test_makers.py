"""What the makers of bars share: the path of the delta, sessions, forming bars, stamps."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from workbench.bars import Resampler, bars_from_bars, bars_from_trades, record_dtype, resample
from workbench.bars.makers import increasing
from workbench.errors import DataError, SpecError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, FLAG_NO_BAR, FLOW_BAR, TRADE, as_frame

S = 1_000_000_000
DAY = 86_400 * S
START = pd.Timestamp("2026-01-05 14:00", tz="UTC").value


def tape(n: int, seed: int = 0, *, whole: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(n, TRADE)
    out["ts_event"] = START + np.sort(rng.integers(0, 7200 * 50, n)) * (S // 50)
    out["price"] = np.round(100 + np.cumsum(rng.integers(-2, 3, n)) * 0.01, 2)
    out["size"] = rng.integers(1, 9, n) if whole else rng.exponential(1.0, n)
    out["side"] = rng.integers(-1, 2, n)
    out["flags"] = rng.random(n) < 0.1
    return out


def path(trades: np.ndarray, bars: np.ndarray) -> tuple[list[float], list[float]]:
    """Least and greatest delta of each time bar, print by print."""
    least, most = [], []
    edges = [*bars["time"].tolist(), 2**62]
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        inside = trades[(trades["ts_event"] >= begin) & (trades["ts_event"] < end) & (trades["flags"] == 0)]
        delta, seen = 0.0, []
        for one in inside:
            delta += float(one["size"]) * int(one["side"])
            seen.append(delta)
        least.append(min(seen))
        most.append(max(seen))
    return least, most


@pytest.mark.parametrize("spec", ["1min", "5min", "1h"])
def test_path_of_the_delta(spec):
    trades = tape(3000)
    bars = bars_from_trades(trades, spec, delta=True)
    least, most = path(trades, bars)
    np.testing.assert_allclose(bars["delta_min"], least, atol=1e-11)
    np.testing.assert_allclose(bars["delta_max"], most, atol=1e-11)
    plain = bars_from_trades(trades, spec)
    assert bars.dtype == FLOW_BAR == record_dtype(spec, delta=True)
    assert all((bars[name] == plain[name]).all() for name in BAR.names)
    end = bars["buy_volume"] - bars["sell_volume"]
    assert (bars["delta_min"] <= end).all() and (end <= bars["delta_max"]).all()


@pytest.mark.parametrize("spec", ["1min", "50tick", "20vol"])
def test_path_of_the_delta_in_chunks(spec):
    trades = tape(3000)
    live, parts = Resampler(spec, delta=True), []
    for chunk in np.array_split(trades, 61):
        parts.append(live.update_records(chunk))
        live = pickle.loads(pickle.dumps(live))
    assert (
        np.concatenate([*parts, live.forming_record]).tobytes() == bars_from_trades(trades, spec, delta=True).tobytes()
    )


def test_path_of_the_delta_rolls_up():
    trades = tape(4000, whole=True)  # whole sizes: sums are exact in any order
    fine = bars_from_trades(trades, "1s", delta=True)
    for spec in ("1min", "1h", "1d"):
        rolled, wanted = bars_from_bars(fine, spec, delta=True), bars_from_trades(trades, spec, delta=True)
        assert all((rolled[name] == wanted[name]).all() for name in FLOW_BAR.names if name != "vwap")
        np.testing.assert_allclose(rolled["vwap"], wanted["vwap"], rtol=1e-12)
    frame = resample(as_frame(fine), "5min", delta=True)
    assert list(frame.columns[-2:]) == ["delta_min", "delta_max"]
    with pytest.raises(DataError, match="build them from trades"):
        bars_from_bars(bars_from_trades(trades, "1s"), "1min", delta=True)
    with pytest.raises(SpecError, match="no path of the delta"):
        bars_from_trades(trades, "ha(1min)", delta=True)


def test_open_interest_is_the_last_of_each_bar():
    fine = resample(tape(2000), "1min")
    fine["open_interest"] = np.arange(len(fine), dtype=float)
    coarse = resample(fine.sample(frac=1, random_state=1), "5min")
    wanted = fine["open_interest"].groupby(fine.index.floor("5min")).last()
    assert (coarse["open_interest"] == wanted).all()
    assert "open_interest" not in resample(fine.drop(columns="open_interest"), "5min")


def test_a_session_cuts_bars_that_time_does_not():
    trades = tape(2500)
    trades["ts_event"] += np.arange(2500) // 500 * DAY  # five days
    trades["flags"] = 0
    bars = bars_from_trades(trades, "300tick", calendar("24/7"))
    assert bars["trades"].tolist() == [300, 200] * 5
    assert bars_from_trades(trades, "300tick")["trades"].tolist() == [300] * 8 + [100]
    regular = bars_from_trades(trades, "300tick", calendar("XNYS"))
    inside = (trades["ts_event"] % DAY >= 14.5 * 3600 * S) & (trades["ts_event"] % DAY < 21 * 3600 * S)
    assert regular["trades"].sum() == inside.sum() < 2500


def test_a_run_that_ends_with_a_full_bar_leaves_no_empty_one():
    trades = tape(20)
    trades["flags"] = 0
    trades["ts_event"][10:] += DAY
    live = Resampler("5tick", session="24/7")
    closed = [live.update_records(part) for part in (trades[:10], trades[10:15], trades[15:17])]
    assert [len(c) for c in closed] == [2, 1, 0] and live.forming_record["trades"].tolist() == [2]
    none = Resampler("5tick")
    assert len(none.update_records(trades[:5])) == 1 and len(none.forming_record) == 0


def test_equal_stamps_are_kept_apart():
    trades = tape(9)
    trades["flags"], trades["ts_event"] = 0, START
    times = bars_from_trades(trades, "2tick")["time"]
    assert (times == START + np.arange(5)).all()
    live = Resampler("2tick")
    singles = [live.update_records(trades[i : i + 1]) for i in range(9)]
    assert (np.concatenate([*singles, live.forming_record])["time"] == times).all()


def test_increasing():
    bars = np.zeros(5, BAR)
    bars["time"] = [3, 3, 3, 4, 9]
    moved, last = increasing(bars, 4)
    assert moved["time"].tolist() == [5, 6, 7, 8, 9] and last == 9
    assert bars["time"].tolist() == [3, 3, 3, 4, 9], "what was given stays as it is"
    assert increasing(bars[:0], 7)[1] == 7


def test_flagged_prints_end_no_bar():
    trades = tape(400)
    kept = trades[trades["flags"] & FLAG_NO_BAR == 0]
    for spec in ("7tick", "3vol", "300usd", "range:0.05"):
        assert bars_from_trades(trades, spec).tobytes() == bars_from_trades(kept, spec).tobytes()
        assert bars_from_trades(trades, spec, flagged=True)["trades"].sum() == 400


def test_a_flagged_print_closes_the_bar_before_it_and_makes_none():
    trades = tape(60)
    trades["flags"] = 0
    late = trades[-1:].copy()
    late["ts_event"] += 3600 * S
    late["flags"] = FLAG_NO_BAR
    for spec in ("1min", "ha(1min)", "linebreak(1min)", "renko:0.01(1min)"):
        whole = bars_from_trades(np.concatenate([trades, late]), spec)
        live = Resampler(spec)
        parts = [live.update_records(part) for part in (trades, late)]
        assert np.concatenate([*parts, live.forming_record]).tobytes() == whole.tobytes()
        assert spec == "linebreak(1min)" or spec.startswith("renko") or len(live.forming_record) == 0


def test_a_bad_print_is_named_by_its_place_in_the_chunk():
    trades = tape(400)
    trades["flags"][:50] = FLAG_NO_BAR
    trades["flags"][50:] = 0
    trades["price"][77] = np.nan
    for how in ({}, {"session": "24/7"}):
        with pytest.raises(DataError, match="trade 77:"):
            Resampler("10tick", **how).update_records(trades)
    with pytest.raises(DataError, match="trade 77:"):
        resample(trades, "10tick")


def test_a_tape_out_of_order_is_put_in_order_first():
    trades = tape(500)
    shuffled = np.random.default_rng(1).permutation(trades)
    ordered = shuffled[np.argsort(shuffled["ts_event"], kind="stable")]
    for spec in ("7tick", "3vol", "range:0.05", "renko:0.05", "ha(1min)"):
        assert bars_from_trades(shuffled, spec).tobytes() == bars_from_trades(ordered, spec).tobytes()


def test_kinds_of_bars_take_frames_of_bars():
    fine = resample(tape(3000), "1min")
    live = Resampler("ha(1min)")
    closed = live.update(fine)
    assert len(closed) == len(fine) and live.forming.empty
    assert resample(fine, "ha").equals(closed)
    assert {"real_open", "real_close"} <= set(closed.columns)
    assert (closed["real_close"] == fine["close"]).all()
    with pytest.raises(DataError, match="use resample"):
        Resampler("5min").update(fine)


def test_bars_of_the_innermost_base_go_through_all_that_are_between():
    fine = bars_from_trades(tape(3000), "1min")
    for spec in ("linebreak(ha(1min))", "ha(renko:0.05(1min))"):
        live = Resampler(spec)
        parts = [live.update_bars(part) for part in np.array_split(fine, 7)]
        inner = Resampler(str(live.spec.base))
        closed = np.concatenate([inner.update_bars(part) for part in np.array_split(fine, 3)])
        bare = Resampler(type(live.spec)(live.spec.kind, live.spec.args))
        assert np.concatenate(parts).tobytes() == bare.update_bars(closed).tobytes() and len(closed)


def test_quotes_make_bars_of_bars():
    quotes = pd.DataFrame(
        {"ts_event": START + np.arange(600) * S, "bid": 1.1 + np.sin(np.arange(600) / 50), "ask": 1.2}
    )
    base = resample(quotes, "1min", price="bid")
    assert resample(quotes, "ha(1min)", price="bid").equals(resample(base, "ha(1min)"))
    assert len(resample(quotes, "100tick", price="mid")) == 6
    with pytest.raises(DataError, match="price='mid'"):
        resample(quotes, "100tick", price="bid")


def test_gaps_are_of_time_bars():
    with pytest.raises(DataError, match="fill_gaps is for time bars"):
        resample(tape(10), "5tick", fill_gaps=True)


def test_gaps_are_filled_on_the_grid_before_the_open_too():
    trades = np.zeros(3, TRADE)
    trades["ts_event"] = [pd.Timestamp(t).value for t in ("2026-01-06 12:40", "2026-01-06 16:00", "2026-01-06 21:10")]
    trades["price"] = trades["size"] = 1.0
    bars = resample(trades, "1h", session="all:XNYS", fill_gaps=True)
    assert [t.strftime("%H:%M") for t in bars.index] == [
        "12:30", "13:30", "14:30", "15:30", "16:30", "17:30", "18:30", "19:30", "20:30", "21:00",
    ]  # fmt: skip
