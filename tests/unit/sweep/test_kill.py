"""``kill -9`` of workers, the client, a page in mid-sweep: it finishes or resumes, with the table of a whole sweep."""

import json
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import textwrap

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from tests.unit.views.optimize.test_page import Held, page, settled, swept
from workbench.errors import DataError
from workbench.strategies import SmaCross
from workbench.sweep import executor, sweep
from workbench.sweep.jobs import Jobs

GRID = {"fast": range(3, 13), "slow": range(5, 25)}
RULES = {"where": "fast < slow", "fees": 0.001}
TIMEOUT = 120
#: A client that sweeps, tells of each piece and of its own processes, and waits at the second for a line.
CLIENT = """
    import json, multiprocessing, sys
    import pandas as pd
    from workbench.sweep.jobs import Jobs

    def told(done, total):
        told.pieces += 1
        print(json.dumps([done, [one.pid for one in multiprocessing.active_children()]]), flush=True)
        if told.pieces == 2:
            sys.stdin.readline()

    told.pieces = 0
    Jobs(sys.argv[1]).start(
        "sma_cross", pd.read_pickle(sys.argv[2]), {"fast": range(3, 13), "slow": range(5, 25)}, where="fast < slow",
        fees=0.001, name="killed", workers=1, progress=told, **json.loads(sys.argv[3]),
    )
"""


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=True) as made:
        yield made


@pytest.fixture
def client(cluster):
    with Client(cluster) as made:
        made.wait_for_workers(2, timeout=TIMEOUT)
        yield made


@pytest.fixture
def expected(bars):
    return sweep(SmaCross, bars, GRID, workers=1, **RULES)


class Once:
    """Progress that does something at one piece, when others are in flight; notes how far each was."""

    def __init__(self, act, at=2):
        self.act, self.at, self.seen = act, at, []

    def __call__(self, done, total):
        self.seen.append(done)
        if len(self.seen) == self.at:
            assert done < total
            self.act()


def same(one, other):
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def kill(pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def has_ended(pid):
    """Wait until a process, which may be nobody's child, is no more."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], TIMEOUT)[0])
    finally:
        os.close(handle)


def killed_client(folder, bars, keywords):
    """Run a client as far as its second piece and kill it; gives the processes that it had."""
    bars.to_pickle(folder / "bars.pickle")
    command = [sys.executable, "-c", textwrap.dedent(CLIENT), folder / "sweeps", folder / "bars.pickle"]
    process = subprocess.Popen(
        [*command, json.dumps(keywords)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        told = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert 0 < told[0][0] < told[1][0] < 165
    finally:
        process.kill()
        process.communicate()
    return told[1][1]


def test_a_killed_process_of_the_pool_is_replaced(bars, expected):
    told = Once(lambda: kill(one.pid for one in multiprocessing.active_children()[:1]))
    same(sweep(SmaCross, bars, GRID, executor="processes", workers=2, progress=told, **RULES), expected)
    assert told.seen == sorted(set(told.seen)) and told.seen[-1] == len(expected), "each piece is counted once"


def test_processes_that_always_die_are_told(bars, tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "_LOST", 0)
    (tmp_path / "grim.py").write_text(
        "import multiprocessing, os\n"
        "from workbench.strategies import SmaCross\n"
        "class Grim(SmaCross):\n"
        "    def studies(self):\n"
        "        if multiprocessing.parent_process() is not None:\n"
        "            os._exit(9)\n"
        "        return super().studies()\n"
    )
    text = f"{tmp_path / 'grim.py'}:Grim"
    with pytest.raises(DataError, match=r"executor='processes'.*grim\.py:Grim have died 1 times.*executor='threads'"):
        sweep(text, bars, {"fast": [3, 5]}, executor="processes", workers=1)


def test_a_killed_worker_of_a_cluster_is_done_without(bars, expected, client):
    pids = list(client.run(os.getpid).values())
    told = Once(lambda: kill(pids[:1]))
    same(sweep(SmaCross, bars, GRID, client=client, progress=told, **RULES), expected)
    assert told.seen == sorted(set(told.seen)) and told.seen[-1] == len(expected)


def test_bars_that_were_sent_and_died_with_all_workers_are_sent_again(bars, expected, client, monkeypatch):
    monkeypatch.setattr(executor, "_all_there", lambda paths: False)
    sent, scattered = [], executor._scattered
    monkeypatch.setattr(executor, "_scattered", lambda *given: sent.append(1) or scattered(*given))
    pids = client.run(os.getpid).values()
    same(sweep(SmaCross, bars, GRID, client=client, progress=Once(lambda: kill(pids)), **RULES), expected)
    assert len(sent) > 1


def test_a_scheduler_that_is_gone_is_told_and_the_job_resumes(bars, expected, tmp_path):
    jobs = Jobs(tmp_path)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", processes=True) as own,
        Client(own.scheduler_address, timeout="2s", set_as_default=False) as mine,
    ):
        # As when its machine goes: every connection breaks, and nobody answers any more.
        gone = Once(lambda: own.sync(own.scheduler.close))
        with pytest.raises(DataError, match=r"the Dask cluster tcp://\S+ is gone.*jobs\.resume"):
            jobs.start(SmaCross, bars, GRID, client=mine, progress=gone, name="lost", **RULES)
    assert jobs.status("lost").state == "failed" and 0 < jobs.status("lost").done < len(expected)
    same(jobs.resume("lost"), expected)


def test_a_cluster_that_loses_all_its_workers_is_told_and_the_job_resumes(bars, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "_LOOK", 0.1)
    monkeypatch.setattr(executor, "_WITHOUT", 0.0)
    jobs = Jobs(tmp_path)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", processes=True) as own,
        Client(own, set_as_default=False) as mine,
    ):
        gone = Once(lambda: own.scale(0))
        with pytest.raises(DataError, match=r"the Dask cluster tcp://\S+ has been without a worker.*jobs\.resume"):
            jobs.start(SmaCross, bars, GRID, client=mine, progress=gone, name="lost", **RULES)
    same(jobs.resume("lost"), expected)


def test_a_killed_client_takes_its_processes_along_and_its_job_resumes(bars, expected, tmp_path):
    children = killed_client(tmp_path, bars, {"executor": "processes"})
    assert children and all(map(has_ended, children)), "none is left behind"
    jobs = Jobs(tmp_path / "sweeps")
    before = jobs.status("killed")
    assert before.state == "interrupted" and 0 < before.done < before.cells
    same(jobs.resume("killed"), expected)
    same(jobs.load("killed"), expected)


def test_a_killed_client_of_a_cluster_resumes_there(bars, expected, tmp_path, cluster, client):
    assert killed_client(tmp_path, bars, {"client": cluster.scheduler_address}) == []
    jobs = Jobs(tmp_path / "sweeps")
    assert jobs.status("killed").state == "interrupted"
    same(jobs.resume("killed", client=client), expected)


def test_a_page_that_goes_leaves_its_sweep_running(tmp_path, monkeypatch):
    whole = swept(page(tmp_path / "whole")).sweep.table
    view, held = settled(page(tmp_path / "left")), Held(monkeypatch)
    view.run()
    assert held.first.wait(TIMEOUT)
    job, jobs = view.runner.job, view.services.sweeps
    view.close()  # what the end of its session calls, also where a browser was killed
    assert jobs.status("last").state == "running"
    held.go.set()
    job._future.result(TIMEOUT)
    assert jobs.status("last").state == "finished"
    pd.testing.assert_frame_equal(jobs.load("last").table, whole, check_exact=True)
    other = settled(page(tmp_path / "left"))
    other.list.heard({"what": "show", "id": other.list.model.runs[0]["id"]})
    pd.testing.assert_frame_equal(settled(other).sweep.table, whole, check_exact=True)
