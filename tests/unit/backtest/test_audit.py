"""Look-ahead of thirty kinds and more, each found and named; and what is not look-ahead, let be."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import param
import pytest
from scipy.signal import savgol_filter

import workbench as wb
from workbench.backtest import Audit, LookAhead, audit, backtest
from workbench.backtest.audit.search import plan
from workbench.backtest.audit.subject import Tape
from workbench.errors import DataError
from workbench.indicators import indicator
from workbench.strategies import Portfolio, Signals, SmaCross, Strategy

Study = Callable[[pd.DataFrame], Any]


def session_bars(days: int = 15, seed: int = 0) -> pd.DataFrame:
    """Bars of five minutes, six and a half hours a day, with some closes that are missing in ``gapped``."""
    rng = np.random.default_rng(seed)
    opens = pd.date_range("2026-01-05 14:30", periods=days, freq="B", tz="UTC")
    index = pd.DatetimeIndex(np.concatenate([day + pd.to_timedelta(np.arange(78) * 5, unit="min") for day in opens]))
    n = len(index)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.003, n)))
    open_ = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.0005, n))
    high = np.maximum(open_, close) * (1 + rng.exponential(0.001, n))
    low = np.minimum(open_, close) * (1 - rng.exponential(0.001, n))
    volume = np.round(rng.lognormal(5, 1, n)) + 1
    frame = {"open": open_, "high": high, "low": low, "close": close, "volume": volume}
    frame["gapped"] = np.where(rng.random(n) < 0.1, np.nan, close)
    return pd.DataFrame(frame, index=index.as_unit("ns").rename("time"))


BARS = session_bars()


def of_the_day(bars: pd.DataFrame, column: str, how: str) -> pd.Series:
    return bars[column].groupby(bars.index.normalize()).transform(how)


def centred_mean(bars):
    return bars["close"].rolling(21, center=True).mean()


def next_close(bars):
    return bars["close"].shift(-1)


def back_filled(bars):
    return bars["gapped"].bfill()


def z_score_of_all(bars):
    return (bars["close"] - bars["close"].mean()) / bars["close"].std()


def min_max_of_all(bars):
    return (bars["close"] - bars["close"].min()) / (bars["close"].max() - bars["close"].min())


def rank_among_all(bars):
    return bars["close"].rank(pct=True)


def daily_close_at_the_open(bars):
    return bars["close"].resample("D").last().reindex(bars.index, method="ffill")


def joined_forward(bars):
    left = pd.DataFrame({"time": bars.index})
    right = pd.DataFrame({"time": bars.index[::12], "hourly": bars["close"].to_numpy()[::12]})
    return pd.merge_asof(left, right, on="time", direction="forward")["hourly"].to_numpy()


def above_the_quantile_of_all(bars):
    return (bars["volume"] > bars["volume"].quantile(0.9)).astype(float)


def interpolated(bars):
    return bars["gapped"].interpolate()


def bars_from_the_high_of_all(bars):
    return np.arange(len(bars)) - float(np.argmax(bars["high"].to_numpy()))


def without_a_trend_of_all(bars):
    x = np.arange(len(bars))
    return bars["close"] - np.polyval(np.polyfit(x, bars["close"], 2), x)


def smoothed_by_fft(bars):
    found = np.fft.rfft(bars["close"].to_numpy())
    found[len(found) // 20 :] = 0
    return np.fft.irfft(found, len(bars))


def savgol(bars):
    return savgol_filter(bars["close"].to_numpy(), 31, 3)


def fitted_on_all(bars):
    gain = bars["close"].pct_change()
    x, y = gain.shift(1).fillna(0), gain.fillna(0)
    return x * (x @ y) / (x @ x)


def next_open(bars):
    return bars.assign(entry=bars["open"].shift(-1))["entry"] / bars["close"]


def gain_to_come(bars):
    return bars["close"].pct_change(-1)


def reversed_mean(bars):
    return bars["close"][::-1].rolling(10).mean()[::-1]


def reversed_sum(bars):
    return bars["volume"][::-1].cumsum()[::-1]


def filled_with_the_mean(bars):
    return bars["gapped"].fillna(bars["gapped"].mean())


def high_of_the_day(bars):
    return of_the_day(bars, "high", "max")


def turns_on_their_bar(bars):
    return indicator("zigzag", percent=1.0)(bars)["line"]


def by_the_last_close(bars):
    return bars["close"] / bars["close"].iloc[-1]


def share_of_the_day(bars):
    return bars["volume"] / of_the_day(bars, "volume", "sum")


def hindsight(bars):
    after = bars["close"].rolling(10).max().shift(-10)
    return (after > bars["close"] * 1.005).astype(float)


def best_window_of_all(bars):
    gain = bars["close"].pct_change().shift(-1)
    worth = {n: (gain * np.sign(bars["close"] - bars["close"].rolling(n).mean())).sum() for n in (5, 12, 30, 55)}
    return bars["close"].rolling(max(worth, key=worth.get)).mean()


def seldom_the_next(bars):
    """One bar in 500: where the volume is the highest."""
    calm = bars["volume"] < bars["volume"].rolling(500, min_periods=1).max()
    return bars["close"].where(calm | (np.arange(len(bars)) < 300), bars["close"].shift(-1))


def last_bars_alone(bars):
    out = bars["close"].copy()
    out.iloc[-5:] = bars["close"].iloc[-1]
    return out


def holes_from_the_future(bars):
    return bars["gapped"].fillna(bars["close"].shift(-3))


def hours_by_their_end(bars):
    hours = bars["close"].resample("h", label="left", closed="right").last()
    return hours.reindex(bars.index, method="ffill")


def changes_the_bars(bars):
    bars["close"] = bars["close"].rolling(5, center=True, min_periods=1).mean()
    return bars["close"]


def drawn_by_the_length(bars):
    order = np.random.default_rng(len(bars)).permutation(len(bars))
    return bars["close"].to_numpy()[order]


def peak_of_a_window_of_both_sides(bars):
    return (bars["high"] == bars["high"].rolling(11, center=True).max()).astype(float)


def clipped_by_all(bars):
    gain = bars["close"].pct_change()
    return gain.clip(gain.quantile(0.02), gain.quantile(0.98))


def every_five_hundredth(bars):
    odd = np.arange(len(bars)) % 500 == 499
    return bars["close"].where(~odd, bars["close"].shift(-1))


FAULTS = [
    centred_mean, next_close, back_filled, z_score_of_all, min_max_of_all, rank_among_all, daily_close_at_the_open,
    joined_forward, above_the_quantile_of_all, interpolated, bars_from_the_high_of_all, without_a_trend_of_all,
    smoothed_by_fft, savgol, fitted_on_all, next_open, gain_to_come, reversed_mean, reversed_sum, filled_with_the_mean,
    high_of_the_day, turns_on_their_bar, by_the_last_close, share_of_the_day, hindsight, best_window_of_all,
    seldom_the_next, last_bars_alone, holes_from_the_future, hours_by_their_end, drawn_by_the_length,
    peak_of_a_window_of_both_sides, clipped_by_all, every_five_hundredth, changes_the_bars,
]  # fmt: skip


class Suspect(Strategy):
    """One honest study, and one that is given."""

    window = param.Integer(10, bounds=(1, 500), doc="Bars of the mean.")
    suspect = param.Callable(doc="A function of bars.")

    def studies(self):
        return {"honest": indicator("sma", window=self.window), "suspect": self.suspect}

    def decide(self, now, was, broker):
        if now.suspect > now.honest:
            broker.long()
        else:
            broker.flat()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.__name__)
def test_look_ahead_is_found_and_named(fault: Study):
    found = audit(fault, BARS, cuts=len(BARS) if fault is every_five_hundredth else 150)
    assert found.state == "peeks" and not found.ok
    assert found.first["study"] == fault.__name__
    one = found.first
    assert one["time"] == BARS.index[one["bar"]] and one["was"] != one["becomes"]
    assert fault.__name__ in str(found) and str(one["time"]) in str(found)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.__name__)
def test_in_a_strategy_the_study_is_named_and_no_other(fault: Study):
    found = audit(Suspect(suspect=fault), BARS, cuts=len(BARS) if fault is every_five_hundredth else 60)
    named = set(found.findings["study"][found.findings["kind"] == "look-ahead"])
    expected = {"suspect", "orders"}
    assert found.first["study"] == "suspect" and named <= expected


def sampled_state(study: Study) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LookAhead)
        return backtest(Suspect(suspect=study), session_bars()).audit.state


def test_the_audit_after_a_run_finds_nearly_all():
    missed = [one.__name__ for one in FAULTS if sampled_state(one) != "peeks"]
    assert set(missed) <= {"seldom_the_next", "every_five_hundredth"}


def honest_zscore(bars):
    return (bars["close"] - bars["close"].rolling(50).mean()) / bars["close"].rolling(50).std()


def yesterdays_close(bars):
    days = bars["close"].groupby(bars.index.normalize()).last().shift(1)
    return days.reindex(bars.index.normalize()).to_numpy()


def joined_backward(bars):
    left = pd.DataFrame({"time": bars.index})
    right = pd.DataFrame({"time": bars.index[::12], "hourly": bars["close"].to_numpy()[::12]})
    return pd.merge_asof(left, right, on="time")["hourly"].to_numpy()


def high_of_the_day_so_far(bars):
    return bars["high"].groupby(bars.index.normalize()).cummax()


def expanding_rank(bars):
    return bars["close"].expanding(20).rank(pct=True)


def by_convolution(bars):
    return np.convolve(bars["close"].to_numpy(), np.hanning(30))[: len(bars)]


def filled_forward(bars):
    return bars["gapped"].ffill()


def two_columns(bars):
    return pd.DataFrame({"fast": bars["close"].ewm(span=5).mean(), "slow": bars["close"].ewm(span=50).mean()})


def filtered_through(bars):
    """Causal, and not the same bit for bit: the sums are made by FFT of another length."""
    n = len(bars)
    size = 2 * n + 40
    found = np.fft.irfft(np.fft.rfft(bars["close"], size) * np.fft.rfft(np.ones(20) / 20, size), size)
    return found[:n]


HONEST = [
    honest_zscore, yesterdays_close, joined_backward, high_of_the_day_so_far, expanding_rank, by_convolution,
    filled_forward, two_columns, filtered_through,
]  # fmt: skip


@pytest.mark.parametrize("study", HONEST, ids=lambda one: one.__name__)
def test_honest_studies_pass(study: Study):
    found = audit(study, BARS, cuts=100)
    assert found.ok, str(found)
    assert sampled_state(lambda bars: np.asarray(study(bars)) if study is not two_columns else bars["close"]) == "ok"


def test_what_is_not_the_same_bit_for_bit_is_told():
    assert audit(filtered_through, BARS).checked.inexact == ("filtered_through",)
    assert audit(honest_zscore, BARS).checked.inexact == ()
    assert not audit(filtered_through, BARS, tolerance=0.0).ok


@pytest.mark.parametrize(("fault", "ahead"), [(next_close, 1), (centred_mean, 10), (holes_from_the_future, 3)])
def test_how_far_it_looks(fault: Study, ahead: int):
    text = audit(fault, BARS, cuts=100).first["text"]
    assert f"it looks {ahead} bar" in text
    assert "all bars there are" in audit(z_score_of_all, BARS, cuts=100).first["text"]


def test_the_first_bar_is_named():
    assert audit(next_close, BARS).first["bar"] == 0
    assert audit(centred_mean, BARS).first["bar"] == 10
    assert audit(lambda bars: bars["close"].where(np.arange(len(bars)) < 700, bars["close"].shift(-1)), BARS).first[
        "bar"
    ] in range(700, 760)


def test_a_stamp_that_is_too_early_is_a_peek_too():
    found = audit(lambda bars: bars["close"].resample("D").last().dropna(), BARS, cuts=100)
    assert found.state == "peeks" and found.first["time"] == BARS.index[0].normalize()
    closed = audit(lambda bars: bars["close"].resample("D", label="right").last().dropna(), BARS, cuts=100)
    assert closed.ok, str(closed)


@pytest.mark.parametrize("name", ["obv", "cvd", "vwap_anchored"])
def test_what_depends_on_the_start_is_anchored_and_no_fault(name: str):
    bars = BARS.assign(buy_volume=BARS["volume"] * 0.4, sell_volume=BARS["volume"] * 0.6)
    found = audit(name, bars, cuts=100)
    assert found.ok and set(found.findings["kind"]) == {"anchored"} and np.isnan(found.warmups["needed"]).all()


def test_a_session_begins_anew_and_is_not_anchored():
    found = audit(indicator("vwap", session="24/7"), BARS, cuts=100)
    assert found.ok and not len(found.findings) and 0 < found.warmups["needed"].max() < 78


def test_the_warm_up_that_is_needed_is_told():
    table = audit(indicator("sma", window=30), BARS, cuts=100).warmups.set_index("study")
    assert table.loc["sma"].tolist() == [29, 29, 29]
    fading = audit(indicator("ema", window=30), BARS, cuts=100).warmups.set_index("study").loc["ema"]
    assert fading["known"] == 29 and 100 < fading["needed"] < 300


def test_a_warm_up_that_is_too_short_is_found():
    def half_full(bars):
        return bars["close"].rolling(40, min_periods=1).mean()

    assert audit(half_full, BARS, cuts=100).ok, "it declares nothing"
    found = audit(half_full, BARS, warmup=10)
    assert found.state == "faults" and "declare warmup = 39" in found.findings["text"][0]
    assert audit(half_full, BARS, warmup=39).ok
    found = audit(Suspect(suspect=half_full), BARS, cuts=50)
    assert found.findings["kind"].tolist() == ["warm-up"] and found.findings["study"][0] == "suspect"
    assert audit(Suspect(suspect=half_full, window=40), BARS, cuts=50).ok, "it waits for the other study as long"


def test_an_indicator_that_declares_too_little_is_found():
    kind = type(indicator("sma"))
    short = type("Short", (kind,), {"warmup": property(lambda self: 3), "title": "Short"})(window=30)
    found = audit(short, BARS, cuts=50)
    assert found.state == "faults" and found.findings["kind"][0] == "warm-up" and found.findings["bar"][0] == 29


def test_what_changes_the_bars_is_found_and_what_it_gives_is_looked_at_apart():
    def writes(bars):
        bars["gain"] = bars["close"].pct_change()
        return bars["gain"]

    before = BARS.copy()
    found = audit(writes, BARS, cuts=100)
    assert found.state == "faults" and found.findings["kind"].tolist() == ["changes its input"]
    assert "gain" in found.findings["text"][0]
    pd.testing.assert_frame_equal(BARS, before)
    both = audit(changes_the_bars, BARS, cuts=100)
    assert set(both.findings["kind"]) == {"changes its input", "look-ahead"}


def test_what_is_random_is_told_from_what_peeks():
    rng = np.random.default_rng(0)
    found = audit(lambda bars: rng.random(len(bars)), BARS, cuts=20)
    assert found.findings["kind"].tolist() == ["not repeatable"] and found.state == "faults"


def test_several_symbols_are_cut_at_the_same_time():
    other = session_bars(seed=5).iloc[40:2000:3]
    bars = {"A": BARS, "B": other}

    def spread(given):
        return (given["A"]["close"] - given["B"]["close"].reindex(given["A"].index, method="ffill")).rename("spread")

    def peeking(given):
        return given["A"]["close"] - given["B"]["close"].reindex(given["A"].index, method="bfill")

    assert audit(lambda given: {"A": spread(given)}, bars, cuts=100).ok
    assert audit(spread, bars, cuts=100).ok
    found = audit(lambda given: {"A": peeking(given)}, bars, cuts=100)
    assert found.state == "peeks" and found.first["study"].startswith("A: ")
    found = audit(Suspect(suspect=next_close), bars, cuts=50)
    assert set(found.findings["study"]) >= {"A: suspect", "B: suspect"} and "A: honest" not in set(
        found.findings["study"]
    )
    found = audit(SmaCross(), bars, cuts=100)
    assert found.ok and found.checked.studies == ("A: quick", "A: calm", "B: quick", "B: calm", "orders")


def test_a_symbol_that_begins_late_is_audited_after_a_run_too():
    bars = {"A": session_bars(days=40), "B": session_bars(days=40, seed=5).iloc[2_000:]}
    assert backtest(SmaCross(), bars).audit.ok
    with pytest.warns(LookAhead, match="suspect"):
        found = backtest(Suspect(suspect=hindsight), bars).audit
    assert set(found.findings["study"]) == {"A: suspect", "B: suspect"}


class Spread(Portfolio):
    """A study of two symbols, with the future or without."""

    method = param.Selector(default="ffill", objects=["ffill", "bfill"], doc="How the other is brought to the clock.")

    def across(self, bars):
        first, second = bars.values()
        return {"spread": first["close"] - second["close"].reindex(first.index, method=self.method)}

    def decide(self, now, was, broker):
        for k in range(2):
            broker.target(k, 0.4 if now.spread[k] > 0.0 else -0.4)


def test_studies_across_symbols():
    bars = {"A": BARS, "B": session_bars(seed=5).iloc[::3]}
    assert audit(Spread(), bars, cuts=60).ok
    found = audit(Spread(method="bfill"), bars, cuts=200)
    assert found.state == "peeks" and found.first["study"] in ("A: spread", "B: spread")
    with pytest.warns(LookAhead, match="spread"):
        assert "looks ahead" in repr(backtest(Spread(method="bfill"), bars))


class Sly(Strategy):
    """Its studies are honest, but it is another strategy where there are more bars."""

    def studies(self):
        return {"mean": indicator("sma", window=5)}

    def columns(self, bars):
        return {"mean": super().columns(bars)["mean"]}

    def decide(self, now, was, broker):
        if now.bar % 10 == 3:
            broker.long()
        elif now.bar % 10 == 8:
            broker.flat()


def test_orders_are_compared_too(monkeypatch: pytest.MonkeyPatch):
    assert audit(Sly(), BARS, cuts=60).checked.studies == ("mean", "orders")
    assert audit(Sly(), BARS, cuts=60).ok
    from workbench.backtest import engine

    made = engine.Run

    class Peeking(made):  # an engine that knows how many bars there are
        def finish(self, progress=None):
            self.state.account["cash"] *= 1 + 1e-9 * self.instants
            super().finish(progress)

    monkeypatch.setattr(engine, "Run", Peeking)
    found = audit(Sly(), BARS, cuts=60)
    assert found.state == "peeks" and found.findings["study"].tolist() == ["orders"]


def test_keywords_of_the_run_and_finer_bars():
    coarse = BARS.groupby(np.arange(len(BARS)) // 2)
    bars = pd.DataFrame({"open": coarse["open"].first(), "high": coarse["high"].max(), "low": coarse["low"].min(),
                         "close": coarse["close"].last(), "volume": coarse["volume"].sum()})  # fmt: skip
    bars.index = BARS.index[::2]
    found = audit(SmaCross(), bars, cuts=60, inside=BARS, fees=0.001, fill="close", close_at_end=True)
    assert found.ok, str(found)


def test_arrays_are_not_said_to_be_right():
    signals = (BARS["close"] > BARS["open"]).to_numpy()
    found = backtest(Signals(long=signals, exit="close < open"), BARS).audit
    assert found.state == "unchecked" and not found.ok and found.first is None
    assert found.checked.studies == ("exit", "short", "cover") and "long not checkable: arrays" in str(found)
    thorough = audit(Signals(long=signals, exit="close < open"), BARS, cuts=40)
    assert thorough.state == "unchecked" and "exit" in thorough.checked.studies
    series = audit(Signals(long=pd.Series(signals, BARS.index), exit="close < open"), BARS, cuts=40)
    assert series.state == "unchecked" and str(series) == str(thorough)


def test_the_audit_is_on_unless_told_and_warns_at_the_line_of_the_caller():
    assert backtest(SmaCross(), BARS).audit.ok
    assert backtest(SmaCross(), BARS, audit=False).audit is None
    with pytest.warns(LookAhead, match=r"suspect at bar \d+") as seen:
        result = backtest(Suspect(suspect=next_close), BARS)
    warning = seen[0].message
    assert seen[0].filename == __file__
    with pytest.warns(LookAhead) as seen:
        wb.backtest(Suspect(suspect=next_close), BARS)
    assert seen[0].filename == __file__
    assert (warning.study, warning.bar) == ("suspect", result.audit.first["bar"])
    assert warning.time == result.audit.first["time"]
    assert "it looks ahead: suspect" in repr(result) and "looks ahead" not in repr(backtest(SmaCross(), BARS))
    again = pickle.loads(pickle.dumps(result))
    assert str(again.audit) == str(result.audit) and again.audit.state == "peeks"
    assert pickle.loads(pickle.dumps(warning)).args == warning.args


def test_what_raises_on_few_bars_is_checked_where_it_does_not():
    def needs_many(bars):
        if len(bars) < 200:
            raise ValueError("too few")
        return bars["close"].shift(-1)

    found = audit(needs_many, BARS)
    assert found.state == "peeks" and found.checked.raised > 0
    always = audit(lambda bars: bars["close"] if len(bars) == len(BARS) else needs_many(bars.iloc[:1]), BARS, cuts=20)
    assert always.state == "unchecked" and "too few" in str(always)


def test_long_bars_are_cut_in_stretches_too():
    tape = Tape(session_bars(days=200))
    parts = plan(tape, 500, 30, np.random.default_rng(0))
    assert parts[0][:2] == (0, len(tape)) and len(parts) > 1 and sum(one[2] for one in parts) <= 500
    assert all(0 <= start < stop <= len(tape) for start, stop, _ in parts)
    late = session_bars(days=200)
    found = audit(lambda bars: bars["close"].where(bars.index < late.index[9_000], bars["close"].shift(-1)), late)
    assert found.state == "peeks" and found.first["bar"] in range(9_000, 15_000)
    assert audit(SmaCross(), session_bars(days=200), cuts=100).ok


def test_a_rare_peek_is_found_as_often_as_the_guide_says():
    """One bar in fifty, by chance, and 100 cuts: 1 - (1 - 1/50) ** 100 is 87 %."""
    bars = BARS[["open", "high", "low", "close"]]
    found = 0
    for seed in range(15):
        odd = pd.Series(np.random.default_rng(seed).random(len(bars)) < 0.02, bars.index)

        def rarely(part: pd.DataFrame, odd: pd.Series = odd) -> np.ndarray:
            close = part["close"].to_numpy()
            return np.where(odd[part.index], np.append(close[1:], np.nan), close)

        found += audit(rarely, bars, cuts=100, starts=0, seed=seed).state == "peeks"
    assert found >= 12


@pytest.mark.parametrize("thing", [SmaCross, SmaCross(), "sma_cross", "sma", indicator("sma"), "close - sma(close, 9)"])
def test_things_that_can_be_audited(thing: Any):
    found = audit(thing, BARS, cuts=20)
    assert found.ok and found.checked.cuts == 20 and found.checked.bars == len(BARS)
    assert ("orders" in found.checked.studies) == ("cross" in found.subject)


def test_bars_without_times_have_rows():
    bars = BARS.reset_index(drop=True)
    found = audit(lambda given: given["close"].shift(-1), bars, cuts=20)
    assert found.first["time"] == found.first["bar"] == 0


@pytest.mark.parametrize(
    ("thing", "how", "match"),
    [
        (np.ones(4), {}, "give the function that made it"),
        ("smaa(close, 4)", {}, "did you mean sma"),
        (lambda bars: 1.0, {}, "a number for each bar"),
        (lambda bars: np.ones(3), {}, "gives 3 values for"),
        (lambda bars: np.full(len(bars), "up"), {}, "no numbers"),
        ("close", {"cuts": 0}, "cuts=0"),
        ("close", {"fees": 0.1}, "keywords of backtest go with a strategy"),
    ],
)
def test_what_cannot_be_audited(thing: Any, how: dict[str, int], match: str):
    with pytest.raises(DataError, match=match):
        audit(thing, BARS, **how)


def test_bars_that_cannot_be_used():
    with pytest.raises(DataError, match="empty"):
        audit("close", BARS.iloc[:0])
    with pytest.raises(DataError, match="order of time"):
        audit("close", BARS[::-1])
    with pytest.raises(DataError, match="DataFrame"):
        audit("close", BARS["close"])
    with pytest.raises(DataError, match="raised|boom"):
        audit(lambda bars: (_ for _ in ()).throw(DataError("boom")), BARS)
    assert audit("close", BARS.iloc[:1]).state == "unchecked"


def test_it_is_the_same_each_time_and_picklable():
    one, other = (audit(interpolated, BARS, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one.findings, other.findings)
    assert isinstance(pickle.loads(pickle.dumps(one)), Audit) and str(one) == str(other)
