"""What the best of many is worth: luck is called luck, a planted edge is found."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.unit.sweep.conftest import walk
from workbench import analytics
from workbench.analytics.neighbours import plateau
from workbench.analytics.overfitting import probability_of_backtest_overfitting
from workbench.analytics.snooping import superior_ability
from workbench.errors import DataError
from workbench.strategies import SmaCross
from workbench.sweep import honesty, sweep
from workbench.sweep.ledger import Ledger
from workbench.workspaces.database import Database
from workbench.workspaces.trial_index import TrialIndex

THOUSAND = {"fast": range(3, 43), "slow": range(10, 60, 2)}


def noise(seed: int, n: int = 1500, edge: float = 0.0) -> pd.DataFrame:
    """Daily bars without any edge; with one the next returns follow the last ones."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.012, n)
    if edge:
        trend = np.sign(np.sin(np.arange(n) / 40))
        returns += edge * trend
    close = 100 * np.exp(np.cumsum(returns))
    open_ = np.r_[100.0, close[:-1]]
    frame = pd.DataFrame({"open": open_, "high": np.maximum(open_, close) * 1.002})
    frame = frame.assign(low=np.minimum(open_, close) * 0.998, close=close, volume=1.0)
    return frame.set_index(pd.date_range("2015-01-01", periods=n, freq="1D", tz="UTC", name="time").as_unit("ns"))


@pytest.fixture(scope="module")
def found():
    return sweep(SmaCross, walk(1200), {"fast": range(3, 13), "slow": range(10, 40, 5)}, where="fast < slow")


def test_of_a_thousand_variants_on_noise_hardly_one_is_called_significant():
    flagged = []
    for seed in range(12):
        board = sweep(SmaCross, noise(seed), THOUSAND, measures=("sharpe",)).leaderboard(10)
        assert len(board) == 10 and (board["trials"] == 1000).all()
        flagged.extend(~board["significant"])
    assert np.mean(flagged) >= 0.95


def test_a_planted_edge_is_found():
    for seed in range(3):
        made = sweep(SmaCross, noise(seed, edge=0.004), THOUSAND, measures=("sharpe",))
        assert made.leaderboard(10)["significant"].all()
        judged = made.overfitting(cells=200, blocks=8)
        assert judged.significant and judged.p_value < 0.05 and judged.reality_check < 0.05
        assert judged.plateau > 0.8 and judged.cscv.probability_of_loss < 0.05


def test_noise_is_told_as_such_by_all_that_judge():
    judged = sweep(SmaCross, noise(1), THOUSAND, measures=("sharpe",)).overfitting(cells=300, blocks=8)
    assert not judged.significant and judged.p_value > 0.05
    assert "not significant as the best of 1,000 trials" in str(judged)


def test_the_figures_are_those_of_the_functions(found):
    judged = found.overfitting(blocks=10, seed=3)
    usable = np.flatnonzero(np.isfinite(found.measure("sharpe")))
    returns = pd.DataFrame({cell: found.result(int(cell)).returns.to_numpy() for cell in usable})
    expected = probability_of_backtest_overfitting(returns, 10)
    assert judged.probability == expected.probability
    pd.testing.assert_frame_equal(judged.cscv.splits, expected.splits)
    assert (judged.logits == expected.splits["logit"]).all()
    tested = superior_ability(returns, seed=3)
    assert (judged.p_value, judged.reality_check) == (tested.consistent, tested.reality_check)
    assert judged.best == found.best().index[0] and not judged.sampled and judged.cells == len(usable)
    best = found.result(judged.best)
    luck = np.sqrt(float(found.annual) / (len(best.returns) - 1))
    deviation = min(found.table["sharpe"].std(), luck)
    options = {"periods": float(found.annual), "trials": len(found), "trial_deviation": deviation}
    assert judged.deflated_sharpe == pytest.approx(analytics.deflated_sharpe(best.returns, **options), abs=1e-6)
    assert 1 < judged.effective < len(found) and judged.deflated_effective >= judged.deflated_sharpe


def test_many_cells_are_sampled_and_the_draw_is_repeatable(found):
    one, two = (found.overfitting(cells=20, blocks=6, seed=5) for _ in range(2))
    assert one.sampled and one.cells == 20
    pd.testing.assert_frame_equal(one.cscv.splits, two.cscv.splits)
    assert "a drawn sample of the rest" in str(one)
    assert one.best == found.best().index[0]
    seen = []
    found.overfitting(cells=20, blocks=6, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (20, 20)


def test_many_bars_are_put_together(found, monkeypatch):
    monkeypatch.setattr(honesty, "MOST_ROWS", 500)
    judged = found.overfitting(cells=20, blocks=6)
    assert judged.bars_each == 3 and judged.cscv.bars == 400


def test_the_leaderboard_has_no_bare_ratio(found):
    board = found.leaderboard(5)
    assert board.index.tolist() == found.best("sharpe", 5).index.tolist()
    assert {"sharpe", "deflated_sharpe", "significant", "plateau", "trials"} <= set(board)
    assert (board["significant"] == (board["deflated_sharpe"] >= 0.95)).all()
    scores = plateau(found.table["sharpe"].to_numpy(), found.space.table())
    assert board["plateau"].tolist() == scores[board.index].tolist()
    other = found.leaderboard(3, measure="max_drawdown")
    assert other.index.tolist() == found.best("max_drawdown", 3).index.tolist()
    assert {"max_drawdown", "sharpe", "deflated_sharpe"} <= set(other)


def test_the_leaderboard_knows_later_bars(found):
    later = walk(800, seed=9)
    board = found.leaderboard(4, holdout=later)
    alone = sweep(SmaCross, later, {"fast": range(3, 13), "slow": range(10, 40, 5)}, where="fast < slow")
    assert board["out_of_sample"].tolist() == alone.measure("sharpe")[board.index].tolist()
    assert "out_of_sample" not in found.leaderboard(4)


def test_more_trials_in_the_ledger_make_it_worth_less(tmp_path):
    ledger = Ledger(TrialIndex(Database(f"sqlite:///{tmp_path / 'x.db'}")))
    bars, values = noise(4), {"fast": [3, 5, 8], "slow": [20, 30]}
    first = sweep(SmaCross, bars, values, ledger=ledger)
    before = first.leaderboard(1)
    sweep(SmaCross, bars, {"fast": range(3, 30), "slow": range(31, 60, 3)}, ledger=ledger)
    after = first.leaderboard(1)
    assert after["trials"].item() == 276 and before["trials"].item() == 6
    assert after["sharpe"].item() == before["sharpe"].item()
    assert after["deflated_sharpe"].item() != before["deflated_sharpe"].item()
    fresh = sweep(SmaCross, bars, values)
    assert fresh.overfitting(blocks=4).trials.count == 6 and first.overfitting(blocks=4).trials.count == 276


def test_plateaus_of_one_many_and_no_parameters(bars):
    one = sweep(SmaCross, bars, {"fast": [3, 4, 5], "slow": [20]})
    assert np.isfinite(honesty.plateaus(one, "sharpe")).all()
    single = sweep(SmaCross, bars, {"fast": [3]})
    assert np.isnan(single.leaderboard(1)["plateau"].item())
    wide = sweep("macd_cross", bars, {"fast": [5, 6], "slow": [20, 21], "signal": [4, 5]})
    assert np.isfinite(honesty.plateaus(wide, "sharpe")).all()


def test_what_cannot_be_judged_is_said(bars, found):
    single = sweep(SmaCross, bars, {"fast": [3]})
    with pytest.raises(DataError, match="1 of 1 cells"):
        single.overfitting()
    for wrong in ({"cells": 1}, {"cells": 2_000}):
        with pytest.raises(DataError, match="between 2 and 1,000"):
            found.overfitting(**wrong)
    with pytest.raises(DataError, match="one or more"):
        found.leaderboard(0)
    with pytest.raises(DataError, match="did you mean sharpe"):
        found.leaderboard(measure="sharp")


@pytest.mark.parametrize("dark", [True, False])
def test_the_heat_map_shows_the_matrix_and_marks_the_best(found, dark):
    made = found.heatmap("fast", "slow", dark=dark)
    matrix = found.matrix("fast", "slow")
    cells = made.figure.renderers[0].data_source.data
    assert len(cells["value"]) == matrix.notna().to_numpy().sum() < matrix.size, "holes are left blank"
    for x, y, value in zip(cells["x"], cells["y"], cells["value"], strict=True):
        assert matrix.iloc[y, x] == value
    best = next(one for one in made.figure.renderers if one.name == "best")
    place = best.data_source.data
    assert matrix.iloc[place["y"][0], place["x"][0]] == np.nanmax(matrix.to_numpy())
    assert "<iframe" in made._repr_html_()
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.?https?:", made.html()), "nothing is downloaded"


def test_the_heat_map_of_what_is_better_when_small(found):
    made = found.heatmap("fast", "slow", "volatility")
    best = next(one for one in made.figure.renderers if one.name == "best").data_source.data
    matrix = found.matrix("fast", "slow", "volatility").to_numpy()
    assert matrix[best["y"][0], best["x"][0]] == np.nanmin(matrix)
