"""Indicators on a coarser timeframe, against what is known at each bar by cutting the bars off there."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from workbench.bars import resample
from workbench.errors import DataError, SpecError, UnknownNameError
from workbench.indicators import Studies, indicator
from workbench.market.calendars import calendar

NY = "America/New_York"


def made(times: pd.DatetimeIndex, seed: int = 0) -> pd.DataFrame:
    rng, n = np.random.default_rng(seed), len(times)
    close = np.round(100 + np.cumsum(rng.normal(0, 0.1, n)), 2)
    high, low = close + np.round(rng.exponential(0.1, n), 2), close - np.round(rng.exponential(0.1, n), 2)
    buy, sell = rng.integers(0, 50, n).astype(float), rng.integers(1, 50, n).astype(float)
    return pd.DataFrame(
        {"open": close, "high": high, "low": low, "close": close, "volume": buy + sell, "buy_volume": buy,
         "sell_volume": sell, "trades": rng.integers(1, 9, n), "vwap": (high + low + close) / 3,
         "custom": rng.normal(0, 1, n)},
        index=times.rename("time"),
    )  # fmt: skip


def five_minutes(n: int = 700, start: str = "2026-03-02", *, gaps: float = 0.0, seed: int = 0) -> pd.DataFrame:
    times = pd.date_range(start, periods=n, freq="5min", tz="UTC").as_unit("ns")
    keep = np.random.default_rng(seed).random(n) >= gaps
    return made(times[keep], seed)


def table(values: pd.Series | pd.DataFrame) -> np.ndarray:
    return (values.to_frame() if isinstance(values, pd.Series) else values).to_numpy()


def slow(inner, bars, spec, *, session="24/7", length=pd.Timedelta(0), forming=False) -> pd.DataFrame:
    """At some bars: all so far are resampled, those that are not over are left out, and the last value is taken."""
    step, none, out = pd.Timedelta(spec), np.full(len(inner.outputs), np.nan), []
    some = np.unique(np.r_[0, np.random.default_rng(8).integers(0, len(bars), 40), len(bars) - 14 : len(bars)])
    for i in some:
        coarse = resample(bars.iloc[: i + 1].drop(columns="custom"), spec, session=session)
        if "custom" in inner.reads:
            last = bars["custom"].iloc[: i + 1].to_numpy()
            at = bars.index[: i + 1].searchsorted([*coarse.index[1:], bars.index[i] + pd.Timedelta(1)]) - 1
            coarse["custom"] = last[at]
        if not forming:
            ends = coarse.index + step
            if session != "24/7":
                known = calendar(session).sessions(coarse.index[0].value, coarse.index[-1].value)
                close = pd.DatetimeIndex(known.close, tz="UTC")
                ends = np.minimum(ends, close[close.searchsorted(coarse.index, "right")])
            coarse = coarse[ends <= bars.index[i] + length]
        out.append(table(inner(coarse))[-1] if len(coarse) else none)
    return pd.DataFrame(out, bars.index[some])


def agrees(values, wanted) -> None:
    assert np.isfinite(wanted.to_numpy()[-12:]).all()
    np.testing.assert_array_equal(table(values.loc[wanted.index]), wanted)


def chunked(one, bars, seed=3) -> pd.DataFrame | pd.Series:
    stream, rng, at, parts = one.stream(), np.random.default_rng(seed), 0, []
    while at < len(bars):
        end = at + int(rng.choice([0, 1, 1, 2, 7, 60]))
        parts.append(stream.update(bars.iloc[at:end]))
        stream, at = pickle.loads(pickle.dumps(stream)), end
    return pd.concat(parts)


NAMES = [
    ("rsi", {"window": 5}), ("sma", {"window": 3, "price": "hlc3"}), ("macd", {"fast": 3, "slow": 5, "signal": 3}),
    ("atr", {"window": 4}), ("obv", {}), ("sma", {"window": 3, "price": "vwap"}), ("vwap", {}),
    ("sma", {"window": 2, "price": "custom"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), NAMES, ids=lambda one: one if isinstance(one, str) else "")
@pytest.mark.parametrize("kind", [{}, {"of": "5min"}, {"forming": True}], ids=["closed", "of", "forming"])
def test_it_is_what_was_known_at_each_bar(name, values, kind):
    bars = five_minutes(330, gaps=0.3)
    one = indicator(name, **values, timeframe="1h", **kind)
    length = pd.Timedelta("5min") if "of" in kind else pd.Timedelta(0)
    wanted = slow(indicator(name, **values), bars, "1h", length=length, forming="forming" in kind)
    agrees(one(bars), wanted)


@pytest.mark.parametrize("kind", [{}, {"of": "5min"}, {"forming": True}], ids=["closed", "of", "forming"])
def test_hours_begin_with_the_session(kind):
    days = pd.date_range("2026-03-05 13:00", "2026-03-10 23:00", freq="5min", tz="UTC").as_unit("ns")  # DST: the 8th
    bars = made(days)
    one = indicator("sma", window=2, timeframe="1h", session="XNYS", **kind)
    length = pd.Timedelta("5min") if "of" in kind else pd.Timedelta(0)
    inner = indicator("sma", window=2)
    within = bars[bars.index >= "2026-03-05 14:30"]
    wanted = slow(inner, within, "1h", session="XNYS", length=length, forming="forming" in kind)
    agrees(one(within), wanted)
    agrees(one(bars), wanted)
    np.testing.assert_array_equal(chunked(one, bars), one(bars))
    if not kind:
        changes = one(within)[one(within).diff().fillna(0) != 0].index.tz_convert(NY)
        assert {f"{at:%H:%M}" for at in changes} <= {f"{hour}:30" for hour in range(10, 16)} | {"16:00"} | {"09:30"}


@pytest.mark.parametrize("session", ["XNYS", "days:America/New_York"])
@pytest.mark.parametrize("kind", [{}, {"of": "15min"}])
def test_a_day_is_closed_with_its_session(session, kind):
    times = pd.date_range("2026-03-02", "2026-03-14", freq="15min", tz="UTC").as_unit("ns")
    bars = made(times)
    one = indicator("sma", window=1, timeframe="1d", session=session, **kind)
    days = resample(bars, "1d", session=session)["close"]
    sessions = calendar(session).sessions(days.index[0].value, days.index[-1].value)
    ends = pd.Series(days.to_numpy(), pd.DatetimeIndex(sessions.close, tz="UTC") - pd.Timedelta(*kind.values() or [0]))
    wanted = ends[ends.index <= times[-1]].reindex(times, method="ffill")
    np.testing.assert_array_equal(one(bars), wanted)
    np.testing.assert_array_equal(chunked(one, bars), wanted)
    assert wanted.notna().sum() > 500


@pytest.mark.parametrize(("name", "values"), NAMES, ids=lambda one: one if isinstance(one, str) else "")
@pytest.mark.parametrize("kind", [{}, {"of": "5min"}, {"forming": True}], ids=["closed", "of", "forming"])
def test_a_stream_gives_the_same_bits_and_the_future_changes_nothing(name, values, kind):
    bars = five_minutes(600, gaps=0.2, seed=5)
    one = indicator(name, **values, timeframe="30min", **kind)
    whole = one(bars)
    np.testing.assert_array_equal(table(chunked(one, bars)), table(whole))
    for end in (0, 1, 7, 200, 399):
        np.testing.assert_array_equal(table(one(bars.iloc[:end])), table(whole.iloc[:end]))


@pytest.mark.parametrize("forming", [False, True])
def test_bars_of_events_and_of_the_same_length(forming):
    rng = np.random.default_rng(2)
    stamps = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(np.cumsum(rng.exponential(40, 400)), unit="s")
    events = made(pd.DatetimeIndex(stamps).round("256ns"))
    one = indicator("ema", window=3, timeframe="10min", forming=forming)
    agrees(one(events), slow(one.inner, events, "10min", forming=forming))
    hours = resample(five_minutes(), "1h")
    plain = indicator("ema", window=3)(hours)
    told = indicator("ema", window=3, timeframe="1h", of="1h")(hours)
    np.testing.assert_array_equal(told, plain)
    np.testing.assert_array_equal(indicator("ema", window=3, timeframe="1h")(hours)[1:], plain[:-1])


@pytest.mark.parametrize("kind", [{}, {"forming": True}])
def test_a_bar_with_nan_is_passed_over(kind):
    bars = five_minutes(400)
    holes = np.zeros(400, bool)
    holes[[0, 11, 12, 100, 399]] = True
    holed = bars.copy()
    holed.loc[holes, "close"] = np.nan
    one = indicator("rsi", window=3, timeframe="1h", **kind)
    values = one(holed)
    assert values[holes].isna().all()
    np.testing.assert_array_equal(values[~holes], one(bars[~holes]))
    np.testing.assert_array_equal(chunked(one, holed), values)


def test_it_has_the_interface_of_the_inner_one():
    one = indicator("macd", timeframe="60min", forming=True, session="XNYS")
    inner = indicator("macd")
    for name in ("title", "source", "outputs", "overlay", "styles", "levels", "scale", "causal", "warmup", "lookback"):
        assert getattr(one, name) == getattr(inner, name)
    assert one.label == f"{inner.label} 1h XNYS forming"
    again = eval(repr(one))
    for other in (again, pickle.loads(pickle.dumps(one))):
        assert repr(other) == repr(one)
        pd.testing.assert_frame_equal(other(five_minutes()), one(five_minutes()))
    assert repr(indicator("sma", window=3, timeframe="1h", of="5m")) == (
        "indicator('sma', price='close', window=3, timeframe='1h', of='5min')"
    )
    bars = five_minutes()
    assert indicator("sma", window=3, timeframe="1h")(bars).name == "sma"
    both = Studies([indicator("sma", window=3), indicator("sma", window=3, timeframe="1h")])
    assert both.names == ["sma 3", "sma 3 1h"] and both.columns == ["close", "time"]
    np.testing.assert_array_equal(both.update(bars)["sma 3 1h"], indicator("sma", window=3, timeframe="1h")(bars))


def test_a_series_is_the_price():
    bars = five_minutes()
    for price in ("close", "hlc3"):
        one, wanted = indicator("sma", window=3, price=price, timeframe="1h"), indicator("sma", window=3)
        hours = wanted(bars["custom"].resample("1h").last())
        assert one(bars["custom"]).dropna().drop_duplicates().tolist() == hours.dropna().tolist()[:-1]
    with pytest.raises(DataError, match="atr reads high, low, close: give bars"):
        indicator("atr", timeframe="1h")(bars["close"])


def test_the_session_of_the_indicator_is_that_of_its_bars():
    one = indicator("vwap", timeframe="1h", session="XNYS")
    assert one.session == "XNYS" and one.inner.session == "XNYS" and repr(one).count("session=") == 1
    days = pd.date_range("2026-03-05 14:30", "2026-03-06 21:00", freq="5min", tz="UTC").as_unit("ns")
    hours = resample(made(days), "1h", session="XNYS")
    found, wanted = table(one(made(days))), table(indicator("vwap", session="XNYS")(hours))
    found = found[np.isfinite(found)]
    assert len(found) > 100 and np.isin(found, wanted).all()


def test_a_bar_at_a_time_as_a_mapping():
    bars = five_minutes(60)
    one = indicator("sma", window=2, timeframe="1h", of="5min")
    stream = one.stream()
    found = [stream.update({"time": at, "close": close}) for at, close in bars["close"].items()]
    np.testing.assert_array_equal(found, one(bars))
    with pytest.raises(DataError, match="a bar needs 'time'"):
        stream.update({"close": 1.0})


def test_what_cannot_be():
    days = made(pd.date_range("2026-01-05", periods=40, freq="1D", tz="UTC").as_unit("ns"))
    with pytest.raises(DataError, match="rsi 14 wilder 1h: the first 10 bars lie further apart than the timeframe 1h"):
        indicator("rsi", timeframe="1h")(days)
    stream = indicator("rsi", timeframe="1h").stream()
    stream.update(days.iloc[:10])
    with pytest.raises(DataError, match="further apart"):
        stream.update(days.iloc[10:11])
    with pytest.raises(DataError, match="bars of 1d are coarser than the timeframe 1h"):
        indicator("rsi", timeframe="1h", of="1d")
    with pytest.raises(DataError, match=r"the bar at 2026-03-02 00:55:00.* is not of 10min"):
        indicator("sma", timeframe="1h", of="10min")(five_minutes())
    with pytest.raises(DataError, match=r"the bar at 2026-03-02 00:15:00.* is older"):
        indicator("sma", timeframe="1h")(five_minutes().iloc[[0, 1, 5, 3]])
    with pytest.raises(DataError, match="timeframe '1000tick' is not of time"):
        indicator("sma", timeframe="1000tick")
    with pytest.raises(SpecError, match="cannot be read"):
        indicator("sma", timeframe="hourly")
    with pytest.raises(UnknownNameError, match="XNYZ"):
        indicator("sma", timeframe="1h", session="XNYZ")
    with pytest.raises(DataError, match="forming goes with a timeframe"):
        indicator("sma", forming=True)
    with pytest.raises(DataError, match="changes what is past"):
        indicator("zigzag", timeframe="1h", forming=True)
    with pytest.raises(DataError, match="sma 20: .*forming.* must be True or False"):
        indicator("sma", timeframe="1h", forming="yes")
    with pytest.raises(UnknownNameError, match="no parameter 'timefram'"):
        indicator("sma", timefram="1h")
