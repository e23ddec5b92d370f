"""Walk-forward against a loop of single backtests; no look-ahead; noise decays and an edge survives."""

import numpy as np
import pandas as pd
import param
import pytest
from distributed import LocalCluster

from tests.unit.sweep.conftest import walk
from workbench import analytics
from workbench.backtest import backtest
from workbench.errors import DataError
from workbench.strategies import SmaCross, SmaFlip, Strategy
from workbench.sweep import span
from workbench.sweep.folds import Anchored, Combinatorial, Purged, Rolling
from workbench.sweep.walk_forward import walk_forward

VALUES = {"fast": [3, 6, 10], "slow": [8, 15, 25]}
KEYWORDS = {"where": "fast < slow", "fees": 0.001}
MEASURES = ("sharpe", "total_return", "max_drawdown", "round_trips", "win_rate", "exposure", "fees", "sortino")


class Late(SmaFlip):
    """Does nothing before a bar: what a window is, written another way."""

    begin = param.Integer(0, bounds=(0, 10_000))

    def decide(self, now, was, broker):
        if now.bar >= self.begin:
            if now.quick > now.calm and was.quick <= was.calm:
                broker.long()
            elif now.quick < now.calm and was.quick >= was.calm:
                broker.short()


def by_hand(bars, span, cell, *, warmup, **keywords):
    """A backtest of one cell in one window: its equity and what it traded there."""
    low, high = span
    known = min(warmup, low)
    found = backtest(
        Late(**cell, begin=known), bars.iloc[low - known : high], close_at_end=True, audit=False, **keywords
    )
    return found, found.equity.iloc[known:]


def check(found, of, cash, periods):
    """Measures of a window against those of its equity and round trips."""
    result, equity = of
    returns = np.diff(np.r_[cash, equity]) / np.r_[cash, equity[:-1]]
    assert found["total_return"] == pytest.approx(equity.iloc[-1] / cash - 1, rel=1e-9, nan_ok=True)
    assert found["sharpe"] == pytest.approx(analytics.sharpe(returns, periods=periods), rel=1e-9, nan_ok=True)
    assert found["sortino"] == pytest.approx(analytics.sortino(returns, periods=periods), rel=1e-9, nan_ok=True)
    assert found["max_drawdown"] == pytest.approx(analytics.max_drawdown(returns), rel=1e-9, nan_ok=True)
    assert found["round_trips"] == len(result.round_trips)
    assert found["fees"] == pytest.approx(result.fees)
    weights = result.weights.sum(axis=1).iloc[-len(equity) :]
    assert found["exposure"] == pytest.approx(float((weights != 0).mean()), abs=2 / len(equity))


@pytest.mark.parametrize("folds", [Rolling(200, 80), Anchored(150, 90, purge=7)], ids=["rolling", "anchored"])
def test_all_windows_are_those_of_a_loop_of_backtests(bars, folds):
    wf = walk_forward(SmaFlip, bars, VALUES, folds=folds, warmup=40, measures=MEASURES, **KEYWORDS)
    split, table, cash = folds.split(bars.index), wf.table, 10_000.0
    equity = []
    for at, fold in enumerate(split.folds):
        rows = table[table["fold"] == at]
        scores = []
        for _, row in rows.iterrows():
            cell = {"fast": row["fast"], "slow": row["slow"]}
            inner, outer = (
                by_hand(bars, spans[0], cell, warmup=40, fees=0.001, cash=10_000.0) for spans in (fold.train, fold.test)
            )
            for end, part in (("_in", inner), ("_out", outer)):
                check({n: row[n + end] for n in MEASURES}, part, 10_000.0, float(wf.annual))
            returns = np.diff(np.r_[10_000.0, inner[1]]) / np.r_[10_000.0, inner[1][:-1]]
            scores.append(returns.mean() / returns.std() if returns.any() else -np.inf)
        best = rows.iloc[int(np.argmax(scores))]
        assert wf.choices.loc[at, "cell"] == best["cell"] == rows.loc[rows["chosen"], "cell"].item()
        traded = by_hand(
            bars, fold.test[0], {"fast": best["fast"], "slow": best["slow"]}, warmup=40, fees=0.001, cash=cash
        )
        equity.append(traded[1])
        cash = traded[1].iloc[-1]
    pd.testing.assert_series_equal(wf.result.equity, pd.concat(equity), rtol=1e-12, check_freq=False)
    assert wf.stats["total_return"] == pytest.approx(cash / 10_000 - 1)
    assert list(wf.equity) == [0]


def test_a_stitched_result_is_a_result(bars):
    wf = walk_forward(SmaFlip, bars, VALUES, folds=Rolling(200, 80), **KEYWORDS)
    result, fold = wf.result, Rolling(200, 80).split(bars.index).folds
    assert result.equity.index[0] == bars.index[200]
    ends = [bars.index[one.test[0][1] - 1] for one in fold]
    assert set(result.fills.loc[result.fills["reason"] == "end of the run", "time"]) <= set(ends)
    assert (result.positions.loc[ends] == 0).all().all()
    assert result.fees == pytest.approx(result.fills["fee"].sum())
    assert result.round_trips["pnl"].sum() == pytest.approx(result.equity.iloc[-1] - 10_000)
    assert result.fills["order"].isin(result.orders.index).all()
    known = result.fills.merge(result.orders, left_on="order", right_index=True, suffixes=("", "_of"))
    assert (known["time"] - known["time_of"] <= pd.Timedelta("1h")).all()
    assert (known["time"] >= known["time_of"]).all()
    prices = bars["open"].reindex(result.fills["time"]).to_numpy()
    opens = result.fills["when"] == "open"
    np.testing.assert_allclose(result.fills["price"][opens], prices[opens])
    with pytest.raises(DataError, match="no bracket"):
        result.bracket()


def test_bars_after_a_test_change_nothing_before(bars):
    rng = np.random.default_rng(5)
    other = bars.copy()
    other.iloc[360:] *= rng.uniform(0.5, 1.5, (240, 1))
    one, two = (
        walk_forward(SmaFlip, frame, VALUES, folds=Rolling(200, 80), warmup=60, **KEYWORDS) for frame in (bars, other)
    )
    # The first two tests end with bar 359.
    before = one.table["fold"] < 2
    pd.testing.assert_frame_equal(one.table[before], two.table[before], check_exact=True)
    assert not one.table[~before].equals(two.table[~before])
    pd.testing.assert_series_equal(one.result.equity.iloc[:160], two.result.equity.iloc[:160], check_exact=True)


def test_the_choice_knows_nothing_of_the_test(bars):
    """Another future of a fold changes its results, not its choice."""
    other = bars.copy()
    other.iloc[200:] = other.iloc[200:].iloc[::-1].to_numpy()
    one, two = (walk_forward(SmaFlip, x, VALUES, folds=Anchored(200, 400), warmup=0, **KEYWORDS) for x in (bars, other))
    assert one.chosen[0] == two.chosen[0]
    assert one.choices["sharpe_in"][0] == two.choices["sharpe_in"][0]
    assert one.choices["sharpe_out"][0] != two.choices["sharpe_out"][0]


def test_windows_with_warm_up_trade_from_their_first_bars_on(bars):
    wf = walk_forward(SmaCross, bars, {"fast": [5], "slow": [100]}, folds=Rolling(300, 100))
    assert wf.warmup == 100  # the mean of 100 bars, and the bar before the first decision
    short = walk_forward(SmaCross, bars, {"fast": [5], "slow": [100]}, folds=Rolling(300, 100), warmup=0)
    assert (short.out_of_sample("round_trips") == 0).all()
    assert (wf.out_of_sample("exposure") > 0).any()
    assert (wf.result.fills["time"] > bars.index[300]).all()


def test_studies_have_settled_before_a_window():
    bars, name, values = walk(1_500), "macd_cross", {"fast": [5, 12], "slow": [26, 40]}
    folds = Rolling(500, 250)
    own = walk_forward(name, bars, values, folds=folds, fees=0.001)
    all_of_them = walk_forward(name, bars, values, folds=folds, fees=0.001, warmup=1_500)
    assert 0 < own.warmup < 900
    columns = [one for one in own.table if one.endswith(("_in", "_out"))]
    pd.testing.assert_frame_equal(own.table[columns], all_of_them.table[columns], rtol=1e-6)
    none = walk_forward(name, bars, values, folds=folds, fees=0.001, warmup=0)
    assert not np.allclose(none.table[columns], own.table[columns], rtol=1e-3, equal_nan=True)


class Lucky(Strategy):
    """Knows the next bar by a column of the bars, for one of its parameters: an edge."""

    which = param.Integer(0, bounds=(0, 9))

    def decide(self, now, was, broker):
        up = now.hint > 0 if self.which == 4 else (now.bar * 7919 + self.which * 104_729) % 11 < 5
        broker.long() if up else broker.short()


def noise(count: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = walk(count, seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    frame["close"], frame["open"] = close, np.r_[100.0, close[:-1]]
    frame["high"], frame["low"] = frame[["open", "close"]].max(axis=1), frame[["open", "close"]].min(axis=1)
    return frame


def test_an_edge_survives_and_noise_does_not():
    kept = []
    for seed in range(6):
        bars = noise(2_400, seed)
        ahead = np.append(np.diff(bars["close"]), 0.0)
        hint = np.where(np.random.default_rng(seed).random(2_400) < 0.6, np.sign(ahead), -np.sign(ahead))
        bars["hint"] = hint
        edge = walk_forward(Lucky, bars, {"which": range(10)}, folds=Rolling(600, 300))
        assert (edge.choices["which"] == 4).all()
        assert edge.decay["ratio"] > 0.6
        assert edge.stats["total_return"] > 0
        grid = {"fast": range(2, 20, 2), "slow": range(20, 80, 6)}
        none = walk_forward(SmaFlip, bars, grid, folds=Rolling(600, 300))
        kept.append(none.decay)
    mean = pd.DataFrame(kept).mean()
    assert mean["in_sample"] > 2
    assert abs(mean["out_of_sample"]) < 0.35 * mean["in_sample"]
    assert abs(mean["slope"]) < 0.35
    assert abs(mean["rank_correlation"]) < 0.35


def test_several_blocks_of_training_are_one(bars):
    wf = walk_forward(SmaFlip, bars, VALUES, folds=Purged(4, purge=10, embargo=0.01), warmup=30, **KEYWORDS)
    fold = wf.folds.folds[1]
    assert len(fold.train) == 2
    for at in range(len(wf.space)):
        parts = [by_hand(bars, span, wf.space.cell(at), warmup=30, fees=0.001, cash=1e4) for span in fold.train]
        returns = np.concatenate([np.diff(np.r_[1e4, part]) / np.r_[1e4, part[:-1]] for _, part in parts])
        assert wf.in_sample("sharpe")[1, at] == pytest.approx(analytics.sharpe(returns, periods=float(wf.annual)))
        assert wf.in_sample("total_return")[1, at] == pytest.approx(np.prod(1 + returns) - 1)
        trips = pd.concat([result.round_trips["return"] for result, _ in parts])
        assert wf.in_sample("win_rate")[1, at] == pytest.approx((trips > 0).mean())
        assert wf.in_sample("best")[1, at] == pytest.approx(trips.max())
        assert wf.in_sample("max_drawdown")[1, at] == pytest.approx(
            min(analytics.max_drawdown(np.diff(np.r_[1e4, part]) / np.r_[1e4, part[:-1]]) for _, part in parts)
        )
    assert len(wf.result.equity) == len(bars)


def test_combinations_have_a_result_for_each_path(bars):
    wf = walk_forward(SmaFlip, bars, VALUES, folds=Combinatorial(5, 2), **KEYWORDS)
    assert wf.equity.shape == (600, 4)
    assert wf.equity.notna().all().all()
    assert len(wf.table) == 10 * len(wf.space)


def test_the_plateau_is_taken_before_the_spike(bars):
    from workbench.sweep.space import grid
    from workbench.sweep.walk_forward import _choice

    space = grid(SmaCross(), {"fast": range(1, 8)})
    values = np.array([0.1, 3.0, 0.1, 1.0, 1.2, 1.1, 0.9])
    assert _choice(values, space, "sharpe", "best") == 1
    assert _choice(values, space, "sharpe", "plateau") in (4, 5)
    assert _choice(-values, space, "sharpe", "best") == 0
    assert _choice(np.array([-9.0, -2.0, -9.0, -3.0, -3.1, -3.0, -3.2]), space, "sharpe", "plateau") in (3, 4, 5)
    assert _choice(np.full(7, np.nan), space, "sharpe", "plateau") == -1
    assert _choice(values, space, "volatility", "best") == 0


def test_a_fold_without_any_result_stays_in_cash(bars):
    wf = walk_forward(
        SmaCross, bars, {"fast": [3], "slow": [150]}, folds=Anchored(140, 140), measure="win_rate", warmup=0
    )
    assert wf.chosen[0] == -1
    assert wf.chosen[-1] == 0
    assert (wf.result.equity.iloc[:140] == 10_000).all()


def test_several_symbols_with_clocks_of_their_own(bars):
    frames = {"A": bars, "B": walk(560, seed=4).iloc[7::2]}
    wf = walk_forward(SmaFlip, frames, VALUES, folds=Rolling(200, 100), sizing=0.4, warmup=50, **KEYWORDS)
    for row in wf.choices.itertuples():
        low, high = wf.folds.folds[row.Index].test[0]
        clock = wf.bench.market.index
        parts = {
            name: one[(one.index >= clock[low - 50]) & (one.index <= clock[high - 1])] for name, one in frames.items()
        }
        same = backtest(SmaFlip(fast=row.fast, slow=row.slow), parts, sizing=0.4, fees=0.001, audit=False)
        assert not (wf.result.fills["time"] < clock[200]).any()
        later = same.fills[same.fills["time"] > clock[low + 1]]
        mine = wf.result.fills[wf.result.fills["time"].between(clock[low + 2], clock[high - 2])]
        assert set(zip(later["time"], later["symbol"], strict=True)) >= set(
            zip(mine["time"], mine["symbol"], strict=True)
        )
    assert set(wf.result.fills["symbol"]) == {"A", "B"}


@pytest.mark.parametrize("keywords", [{"workers": 3}, {"executor": "processes", "workers": 1}])
def test_whoever_runs_it_the_table_is_the_same(bars, keywords):
    folds = Rolling(300, 300)
    one = walk_forward(SmaFlip, bars, VALUES, folds=folds, workers=1, **KEYWORDS)
    two = walk_forward(SmaFlip, bars, VALUES, folds=folds, **keywords, **KEYWORDS)
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)


def test_a_cluster_gives_the_same_table(bars):
    folds = Rolling(300, 300)
    one = walk_forward(SmaFlip, bars, VALUES, folds=folds, **KEYWORDS)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", processes=True) as cluster:
        two = walk_forward(SmaFlip, bars, VALUES, folds=folds, client=cluster.scheduler_address, **KEYWORDS)
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)


def test_cells_are_counted_once_as_trials(bars):
    class Counted:
        def note(self, found):
            self.found = found

    ledger, folds = Counted(), Rolling(200, 80)
    wf = walk_forward(SmaFlip, bars, VALUES, folds=folds, ledger=ledger, **KEYWORDS)
    assert len(ledger.found) == len(wf.space)
    tests = wf.out_of_sample("total_return")
    np.testing.assert_allclose(ledger.found.measure("total_return"), np.prod(1 + tests, axis=0) - 1)


def test_drawn_cells_walk_forward_too(bars):
    values = {"fast": span(3, 9), "slow": span(10, 40)}
    wf = walk_forward(SmaCross, bars, values, folds=Rolling(200, 200), search="random", n=7, seed=3)
    assert len(wf.table) == 14


def test_strategies_that_make_their_own_columns_wait_for_the_window(bars):
    class Own(SmaCross):
        def columns(self, bars):
            return {name: one for name, one in super().columns(bars).items() if name in ("quick", "calm")}

    one, two = (
        walk_forward(kind, bars, VALUES, folds=Rolling(200, 80), warmup=50, **KEYWORDS) for kind in (SmaCross, Own)
    )
    pd.testing.assert_frame_equal(one.table, two.table, rtol=1e-9)


def test_progress_counts_the_cells_of_all_windows(bars):
    seen = []
    wf = walk_forward(SmaFlip, bars, VALUES, folds=Rolling(200, 200), progress=lambda *at: seen.append(at), **KEYWORDS)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (3 * len(wf.space),) * 2  # what is a test first is a training later: three windows


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"folds": Rolling(900, 10)}, "too few"),
        ({"folds": 5}, "one of sweep.folds"),
        ({"folds": Rolling(200, 50), "measure": "sharp"}, "did you mean sharpe"),
        ({"folds": Rolling(200, 50), "reduce": "bst"}, "did you mean best"),
        ({"folds": Rolling(200, 50), "warmup": -1}, "warmup=-1"),
        ({"folds": Rolling(200, 50), "search": "optuna", "n": 5}, "other cells in each window"),
        ({"folds": Rolling(200, 50), "memory": 1000}, "cells fit"),
    ],
)
def test_what_cannot_be_used_is_said(bars, keywords, said):
    with pytest.raises(DataError, match=said):
        walk_forward(SmaFlip, bars, VALUES, **keywords)
