"""The ledger of trials: everything is counted once, by data and family, by whoever makes it."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sweep.conftest import walk
from workbench import services
from workbench.backtest import backtest
from workbench.config import Settings
from workbench.errors import DataError
from workbench.strategies import SmaCross, Strategy
from workbench.sweep import ledger as module
from workbench.sweep import sweep
from workbench.sweep.jobs import Jobs
from workbench.sweep.ledger import CountedRuns, Ledger, Trials, _moments, _trials, family_of
from workbench.workspaces.database import Database
from workbench.workspaces.run_index import RunIndex
from workbench.workspaces.trial_index import TrialIndex


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'x.db'}")
    yield made
    made.close()


@pytest.fixture
def ledger(database):
    return Ledger(TrialIndex(database))


def known(ledger, found):
    return ledger.trials(found.origin.data, found.origin.family)


def test_a_sweep_is_counted_with_the_spread_of_its_ratios(ledger, bars):
    found = sweep(SmaCross, bars, {"fast": range(3, 9), "slow": range(10, 20)}, ledger=ledger)
    sharpes, trials = found.table["sharpe"], known(ledger, found)
    assert (trials.count, trials.sweeps, trials.runs) == (60, 1, 0)
    assert trials.best == pytest.approx(sharpes.max(), rel=1e-6)
    assert trials.mean == pytest.approx(sharpes.mean(), rel=1e-6)
    assert trials.variance == pytest.approx(sharpes.var(), rel=1e-5)
    assert found.trials == trials


def test_what_was_tried_before_is_not_counted_twice(ledger, bars):
    first = sweep(SmaCross, bars, {"fast": [3, 4, 5], "slow": [10, 11]}, ledger=ledger)
    sweep(SmaCross, bars, {"slow": [11, 10], "fast": [5, 4, 3]}, ledger=ledger)
    assert (known(ledger, first).count, known(ledger, first).sweeps) == (6, 1)
    sweep(SmaCross(slow=10), bars, {"fast": [5, 6, 7]}, ledger=ledger)
    assert (known(ledger, first).count, known(ledger, first).sweeps) == (8, 2)
    every = sweep(SmaCross, bars, {"fast": [3, 4, 5, 6, 7], "slow": [10, 11]})
    mine = every.table[(every.table["fast"] <= 5) | (every.table["slow"] == 10)]["sharpe"]
    assert known(ledger, first).variance == pytest.approx(mine.var(), rel=1e-5)


def test_other_fees_are_other_trials_and_other_bars_other_books(ledger, bars):
    first = sweep(SmaCross, bars, {"fast": [3, 4]}, ledger=ledger)
    sweep(SmaCross, bars, {"fast": [3, 4]}, fees=0.001, ledger=ledger)
    assert known(ledger, first).count == 4
    other = sweep(SmaCross, walk(600, seed=2), {"fast": [3, 4, 5]}, ledger=ledger)
    assert known(ledger, other).count == 3 and known(ledger, first).count == 4
    assert ledger.list()["cells"].tolist() == [2, 2, 3]


def test_a_class_made_from_a_registered_one_is_of_its_family(ledger, bars):
    class Mine(SmaCross):
        pass

    class Other(Strategy):
        def decide(self, now, was, broker):
            broker.flat()

    class Another(Other):
        def studies(self):
            return {}

    assert family_of(SmaCross) == family_of(Mine) == "sma_cross"
    assert family_of(Other) == family_of(Another) == "Other"
    found = sweep(SmaCross, bars, {"fast": [3, 4]}, ledger=ledger)
    sweep(Mine, bars, {"fast": [5]}, ledger=ledger)
    assert known(ledger, found).count == 3


def test_without_a_ledger_the_cells_themselves_count(bars):
    found = sweep(SmaCross, bars, {"fast": [3, 4, 5]})
    assert found.trials == Trials.of(found.table["sharpe"].to_numpy()) and found.trials.count == 3


def test_large_sweeps_are_counted_by_their_moments(ledger, bars, monkeypatch):
    monkeypatch.setattr(module, "MOST_EACH", 10)
    one = sweep(SmaCross, bars, {"fast": range(3, 9), "slow": range(10, 20)}, ledger=ledger)
    sweep(SmaCross, bars, {"fast": range(3, 9), "slow": range(10, 20)}, ledger=ledger)
    two = sweep(SmaCross, bars, {"fast": [20, 21], "slow": [30, 31]}, ledger=ledger)
    both = np.concatenate([one.table["sharpe"], two.table["sharpe"]])
    trials = known(ledger, one)
    assert trials.count == 64 and trials.variance == pytest.approx(both.var(ddof=1), rel=1e-5)


def test_a_sweep_that_was_stopped_counts_as_far_as_it_came_and_then_whole(ledger, bars, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_EACH", 10)
    jobs = Jobs(tmp_path / "jobs", ledger)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.start(SmaCross, bars, {"fast": range(3, 9), "slow": range(10, 20)}, workers=1, progress=stop)
    done = jobs.status("last").done
    part = jobs.load("last", partial=True)
    assert known(ledger, part).count == part.trials.count == done < 60
    found = jobs.resume("last")
    assert known(ledger, found).count == 60 and known(ledger, found).sweeps == 1


def test_stored_runs_are_trials_once(ledger, database, bars, tmp_path):
    kept = CountedRuns(tmp_path / "runs", RunIndex(database), ledger=ledger)
    result = backtest(SmaCross(fast=4, slow=11), bars, audit=False)
    kept.save(result)
    kept.save(result, name="again")
    assert len(kept.list()) == 2
    found = sweep(SmaCross, bars, {"fast": [3, 4], "slow": [10, 11]}, ledger=ledger)
    trials = known(ledger, found)
    assert (trials.count, trials.runs, trials.sweeps) == (4, 1, 1), "the run is one of the cells"
    kept.save(backtest(SmaCross(fast=30, slow=50), bars, audit=False))
    assert known(ledger, found).count == 5
    assert known(ledger, found).best >= max(trials.best, -9)


def test_a_ledger_that_cannot_be_written_to_is_a_warning(bars):
    class Broken:
        def put(self, row):
            raise DataError("the disk is full")

        def rows(self, data=None, family=None):
            return []

    with pytest.warns(UserWarning, match="2 trials could not be counted: the disk is full"):
        found = sweep(SmaCross, bars, {"fast": [3, 4]}, ledger=Ledger(Broken()))
    assert len(found.table) == 2 and found.trials.count == 2


def test_several_processes_count_at_once(tmp_path, ledger, bars):
    code = """
        import sys
        sys.path.insert(0, "tests/unit/sweep")
        from conftest import walk
        from workbench.strategies import SmaCross
        from workbench.sweep import sweep
        from workbench.sweep.ledger import Ledger
        from workbench.workspaces.database import Database
        from workbench.workspaces.trial_index import TrialIndex

        ledger = Ledger(TrialIndex(Database(sys.argv[1])))
        for slow in range(10, 20):
            values = {"fast": [3, 4], "slow": [slow, 40 + int(sys.argv[2])]}
            sweep(SmaCross, walk(600), values, workers=1, ledger=ledger)
    """
    url = f"sqlite:///{tmp_path / 'x.db'}"
    running = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), url, str(n)]) for n in range(2)]
    assert [one.wait() for one in running] == [0, 0]
    found = sweep(SmaCross, bars, {"fast": [3]})
    # Ten slow values that both have, and one of each process' own.
    assert ledger.trials(found.origin.data, "sma_cross").count == 2 * 12


@given(st.lists(st.lists(st.floats(-5, 5) | st.just(np.nan), max_size=8), max_size=6))
def test_moments_of_groups_are_those_of_all(groups):
    found = _trials([_moments(np.array(one, float)) for one in groups])
    every = np.array([x for one in groups for x in one if x == x])
    assert found.count == sum(map(len, groups))
    if len(every) > 1:
        assert found.mean == pytest.approx(every.mean(), abs=1e-9)
        assert found.variance == pytest.approx(every.var(ddof=1), abs=1e-9)
        assert found.best == every.max()
    else:
        assert np.isnan(found.variance)


def test_the_front_door_counts_and_keeps(tmp_path, monkeypatch, bars):
    made = services.Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path, sweep_quota_jobs=0))
    monkeypatch.setattr(services, "_services", made)
    found = services.sweep(SmaCross, bars, {"fast": [3, 4, 5]})
    kept = services.sweep("sma_cross", bars, {"fast": [5, 6]}, job=True, name="kept")
    assert kept.trials.count == found.trials.count == 4
    assert services.sweeps().load("kept").table.equals(kept.table)
    assert made.sweeps.quota.jobs is None and made.sweeps.quota.bytes == 20 * 2**30
    made.runs.save(backtest(SmaCross(fast=29), bars, audit=False))
    assert found.trials.count == 5 and found.trials.runs == 1
    assert services.sweep(SmaCross, bars, {"fast": [7]}, ledger=None).trials.count == 1
    made.close()
