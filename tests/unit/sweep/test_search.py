"""Searches: what is drawn, halved and asked for, and that each cell is still a backtest."""

import numpy as np
import pandas as pd
import param
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.sweep.conftest import walk
from workbench.backtest import backtest
from workbench.errors import DataError, UnknownNameError
from workbench.strategies import SmaCross, Strategy
from workbench.sweep import plan, span, sweep, sweep_over
from workbench.sweep.search import space_of


class Wide(Strategy):
    """Many kinds of parameters, for draws; ``peak`` is where it trades best."""

    window = param.Integer(5, bounds=(1, 100_000))
    stop = param.Number(0.1, bounds=(0.0001, 1.0))
    kind = param.Selector(default="sma", objects=["sma", "ema", "wma"])
    trend = param.Boolean(True)
    x = param.Number(0.0, bounds=(-5, 5))

    def decide(self, now, was, broker):
        if now.bar == 1:
            broker.buy(fraction=1.0 / (1.0 + (self.x - 1.5) ** 2))


@given(st.integers(1, 400), st.integers(0, 9))
def test_random_cells_are_each_once_and_hold(n, seed):
    values = {"fast": range(2, 40), "slow": range(2, 60)}
    space = space_of(SmaCross(), values, "fast < slow", search="random", n=n, seed=seed)
    table = space.table()
    assert len(table) == n == len(table.drop_duplicates())
    assert (table["fast"] < table["slow"]).all()
    again = space_of(SmaCross(), values, "fast < slow", search="random", n=n, seed=seed)
    assert (again.codes == space.codes).all()


def test_random_cells_are_drawn_evenly():
    space = space_of(SmaCross(), {"fast": range(1, 5), "slow": range(1, 51)}, search="random", n=100, seed=3)
    many = [
        space_of(SmaCross(), {"fast": range(1, 5), "slow": range(1, 51)}, search="random", n=100, seed=at).codes
        for at in range(60)
    ]
    counts = np.bincount(np.concatenate(many)[:, 0])
    assert counts.min() > 0.9 * counts.mean()
    assert len(space) == 100


def test_all_are_given_where_there_are_no_more():
    space = space_of(SmaCross(), {"fast": [1, 2, 3], "slow": [2, 3]}, "fast < slow", search="random", n=50)
    assert sorted(map(tuple, space.table().to_numpy())) == [(1, 2), (1, 3), (2, 3)]


def test_a_space_of_any_size_is_drawn_from():
    values = {"window": range(1, 50_000), "stop": np.linspace(0.001, 1, 5_000), "x": np.linspace(-5, 5, 900)}
    space = space_of(Wide(), values, "window * stop < 100", search="random", n=700, seed=1)
    table = space.table()
    assert len(table.drop_duplicates()) == 700
    assert (table["window"] * table["stop"] < 100).all()


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(0, 5))
def test_a_latin_hypercube_has_one_cell_in_each_part_of_each_axis(n, seed):
    values = {"x": span(-5, 5), "stop": span(0.001, 1.0, log=True), "window": range(1, n + 1)}
    table = space_of(Wide(), values, search="latin", n=n, seed=seed).table()
    assert sorted(np.floor((table["x"] + 5) / 10 * n).astype(int)) == list(range(n))
    part = np.floor(np.log(table["stop"] / 0.001) / np.log(1000) * n + 1e-9).astype(int)
    assert sorted(np.minimum(part, n - 1)) == list(range(n))
    assert sorted(table["window"]) == list(range(1, n + 1))


def test_a_latin_hypercube_holds_its_conditions():
    values = {"fast": span(2, 50), "slow": span(2, 200, log=True)}
    table = space_of(SmaCross(), values, "fast < slow", search="latin", n=150, seed=2).table()
    assert len(table.drop_duplicates()) == 150
    assert (table["fast"] < table["slow"]).all()
    assert table.dtypes.eq(np.int64).all()


def test_spans_of_whole_numbers_have_both_ends():
    table = space_of(SmaCross(), {"fast": span(2, 5)}, search="random", n=4).table()
    assert sorted(table["fast"]) == [2, 3, 4, 5]


def test_texts_and_flags_are_drawn_too():
    values = {"kind": ["sma", "ema"], "trend": [True, False], "x": span(0, 1)}
    space = space_of(Wide(), values, search="random", n=300, seed=0)
    found = space.table().groupby(["kind", "trend"]).size()
    assert len(found) == 4
    assert found.min() > 40
    assert isinstance(space.cell(0)["trend"], bool)


@pytest.mark.parametrize(
    ("values", "keywords", "said"),
    [
        ({"fast": span(2, 9)}, {}, "fast: a span has no grid"),
        ({"fast": [2]}, {"search": "rando"}, "did you mean random"),
        ({"fast": [2]}, {"search": "random"}, "n is None"),
        ({"fast": [2]}, {"search": "latin", "n": 0}, "n is 0"),
        ({"fast": [2]}, {"n": 5}, "a grid has all its cells"),
        ({"fst": span(2, 9)}, {"search": "random", "n": 5}, "did you mean fast"),
        ({"fast": span(0, 9)}, {"search": "random", "n": 5}, "fast=0"),
        ({"fast": span(2.1, 2.9)}, {"search": "random", "n": 5}, "no value"),
        ({}, {"search": "random", "n": 5}, "needs values"),
        ({"fast": span(2, 9)}, {"search": "random", "n": 50}, "of .* draws 8 are new"),
        ({"fast": span(2, 900)}, {"search": "latin", "n": 5, "where": "fast > 901"}, "hold where='fast > 901'"),
        ({"fast": span(2, 9)}, {"search": "random", "n": 2, "where": "fast < slo"}, "no parameter 'slo'"),
    ],
)
def test_what_cannot_be_searched_is_refused(values, keywords, said):
    with pytest.raises((DataError, UnknownNameError), match=said):
        space_of(SmaCross(), values, **keywords)


@pytest.mark.parametrize(("low", "high", "log"), [(2, 2, False), (3, 2, False), (0, 1, True), (0, np.inf, False)])
def test_spans_that_are_none_are_refused(low, high, log):
    with pytest.raises(DataError, match="low < high"):
        span(low, high, log)


def same_as_backtests(sw, bars, **keywords):
    for at in range(len(sw)):
        stats = backtest(type(sw.bench.strategy)(**sw.space.cell(at)), bars, audit=False, **keywords).stats
        assert sw.table.loc[at, "sharpe"] == pytest.approx(stats["sharpe"], rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("search", ["random", "latin"])
def test_drawn_cells_are_backtests(bars, search):
    sw = sweep(
        SmaCross,
        bars,
        {"fast": span(2, 20), "slow": range(10, 40)},
        where="fast < slow",
        search=search,
        n=12,
        fees=0.001,
    )
    assert len(sw) == 12
    same_as_backtests(sw, bars, fees=0.001)


def test_halving_keeps_the_best_third_on_more_and_more_bars(bars):
    values = {"fast": range(2, 8), "slow": range(9, 15)}
    sw = sweep(SmaCross, bars, values, search="halving", fees=0.001)
    full = [sweep(SmaCross, bars.iloc[:count], values, fees=0.001).table for count in (66, 200, 600)]
    kept = full[0].sort_values("sharpe", ascending=False, kind="stable").index[:12]
    kept = full[1].loc[kept].sort_values("sharpe", ascending=False, kind="stable").index[:4]
    key = ["fast", "slow"]
    expected = full[2].loc[kept].sort_values(key).reset_index(drop=True)
    found = sw.table.sort_values(key).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, check_names=False)
    assert [len(one) for one in (*sw.rungs, sw)] == [36, 12, 4]
    assert sw.tried == len(sw.history) == 52
    assert sw.history.groupby("rung")["bars"].first().tolist() == [66, 200, 600]
    same_as_backtests(sw, bars, fees=0.001)


def test_halving_may_begin_with_drawn_cells_and_tells_its_progress(bars):
    seen = []
    sw = sweep(
        SmaCross, bars, {"fast": span(2, 20), "slow": span(21, 90)}, search="halving", n=30, objective="volatility",
        progress=lambda *at: seen.append(at),
    )  # fmt: skip
    assert seen[-1] == (44, 44)
    least = sw.rungs[1].table["volatility"].sort_values()
    kept = set(zip(sw.table["fast"], sw.table["slow"], strict=True))
    best = sw.rungs[1].table.loc[least.index[:4]]
    assert kept == set(zip(best["fast"], best["slow"], strict=True))


def test_a_cube_of_drawn_cells_is_refused_where_it_would_be_huge(bars):
    sw = sweep(Wide, bars, {"x": span(-1, 1), "stop": span(0.1, 1), "window": span(1, 90_000)}, search="latin", n=300)
    with pytest.raises(DataError, match="take the table"):
        sw.cube  # noqa: B018


def test_dropped_cells_are_trials(bars):
    sw = sweep(SmaCross, bars, {"fast": range(2, 8), "slow": range(9, 15)}, search="halving")
    assert sw.trials.count == 52


def test_the_plan_of_a_search_has_its_cells(bars):
    values = {"fast": span(2, 9), "slow": span(10, 90)}
    assert [plan(SmaCross, bars, values, search=one, n=30).cells for one in ("random", "halving", "optuna")] == [30] * 3


def test_adaptive_searches_are_no_jobs(bars, tmp_path):
    with pytest.raises(DataError, match="is no job"):
        sweep(SmaCross, bars, {"fast": [2, 3]}, search="halving", job=tmp_path)
    with pytest.raises(DataError, match="one measure"):
        sweep(SmaCross, bars, {"fast": [2, 3]}, search="halving", objective=("sharpe", "cagr"))
    with pytest.raises(DataError, match="ninth of the bars"):
        sweep(SmaCross, bars.iloc[:9], {"fast": [2, 3], "slow": [3, 4]}, search="halving")


@pytest.fixture
def rising() -> pd.DataFrame:
    """Bars that rise evenly, so that more is better up to where the leverage ends."""
    bars = walk(120)
    for name in ("open", "high", "low", "close"):
        bars[name] = 100.0 + np.arange(120)
    return bars


OPTUNA = {"search": "optuna", "objective": "total_return"}


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_a_sampler_finds_the_peak(rising, sampler):
    pytest.importorskip("optuna")
    values = {"x": span(-5, 5)}
    sw = sweep(Wide, rising, values, n=64, seed=4, sampler=sampler, **OPTUNA)
    assert len(sw) == len(sw.table) == 64
    assert sw.best("total_return")["x"].item() == pytest.approx(1.5, abs=0.2)
    early, late = (np.abs(sw.table["x"] - 1.5).iloc[part].mean() for part in (slice(0, 16), slice(48, 64)))
    assert late < early / 2
    again = sweep(Wide, rising, values, n=64, seed=4, sampler=sampler, workers=1, **OPTUNA)
    pd.testing.assert_frame_equal(sw.table, again.table, check_exact=True)


def test_asked_cells_are_backtests_and_each_once(bars):
    pytest.importorskip("optuna")
    seen = []
    sw = sweep(
        SmaCross, bars, {"fast": [3, 9, 5], "slow": [4, 8, 12]}, where="fast < slow", search="optuna", n=40, fees=0.001,
        progress=lambda *at: seen.append(at),
    )  # fmt: skip
    pairs = list(zip(sw.table["fast"], sw.table["slow"], strict=True))
    assert sorted(pairs) == [(3, 4), (3, 8), (3, 12), (5, 8), (5, 12), (9, 12)]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    same_as_backtests(sw, bars, fees=0.001)


def test_several_objectives_have_a_front(rising):
    pytest.importorskip("optuna")
    sw = sweep(
        Wide, rising, {"x": span(-5, 5), "kind": ["sma", "ema"]}, search="optuna", sampler="nsga2", n=48, seed=1,
        objective=("total_return", "volatility"),
    )  # fmt: skip
    front = sw.front
    assert 1 < len(front) <= 48
    assert sw.best("total_return").index[0] in front.index
    ordered = front.sort_values("total_return")
    assert ordered["volatility"].is_monotonic_increasing


def test_cells_that_fail_do_not_end_the_search(bars):
    pytest.importorskip("optuna")

    class Falling(SmaCross):
        def decide(self, now, was, broker):
            if self.fast == 4:
                raise ValueError("no fours")
            broker.long() if now.quick > now.calm else broker.flat()

    sw = sweep(Falling, bars, {"fast": [3, 4, 5], "slow": [9, 12]}, search="optuna", n=6)
    table = sw.table
    assert set(sw.failures) == set(table.index[table["fast"] == 4])
    assert len(table) == 6


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"objective": "sharp"}, "did you mean sharpe"),
        ({"sampler": "tp"}, "did you mean tpe"),
        ({"sampler": "cmaes", "objective": ("sharpe", "cagr")}, "one objective"),
        ({"where": "fast > slow"}, "where='fast > slow'"),
    ],
)
def test_what_a_sampler_cannot_do_is_said(bars, keywords, said):
    pytest.importorskip("optuna")
    with pytest.raises(DataError, match=said):
        sweep(SmaCross, bars, {"fast": [3, 4], "slow": [9, 12]}, search="optuna", n=4, **keywords)


def test_several_markets_are_one_table(bars):
    markets = {("A", "1h"): bars, ("A", "2h"): bars.iloc[::2], ("B", "1h"): walk(500, 4)}
    found = sweep_over(SmaCross, markets, {"fast": [3, 5], "slow": [9, 12]}, fees=0.001)
    table = found.table
    assert list(table.columns[:5]) == ["symbol", "spec", "cell", "fast", "slow"]
    assert len(table) == 12
    own = sweep(SmaCross, markets["B", "1h"], {"fast": [3, 5], "slow": [9, 12]}, fees=0.001).table
    part = table[(table["symbol"] == "B") & (table["spec"] == "1h")].drop(columns=["symbol", "spec"]).set_index("cell")
    pd.testing.assert_frame_equal(part, own, check_exact=True)
    assert list(sweep_over(SmaCross, {"A": bars}, {"fast": [3]}).table.columns[:3]) == ["symbol", "cell", "fast"]
    with pytest.raises(DataError, match="B 1h: bars need"):
        sweep_over(SmaCross, {("B", "1h"): bars[["open"]]}, {"fast": [3]})
    with pytest.raises(UnknownNameError, match="no sweep of"):
        found["A", "3h"]
    with pytest.raises(DataError, match="all by"):
        sweep_over(SmaCross, {"A": bars, ("B", "1h"): bars}, {"fast": [3]})
