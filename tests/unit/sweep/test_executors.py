"""Threads, processes and a Dask cluster give the same table, whatever the pieces; progress and cancelling."""

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from workbench.errors import DataError
from workbench.strategies import SmaCross
from workbench.sweep import sweep
from workbench.sweep.engine import pieces_of, prepared

GRID = {"fast": range(3, 13), "slow": range(5, 25)}


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=True) as made:
        yield made


@pytest.fixture
def expected(bars):
    return sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, workers=1)


@pytest.mark.parametrize("keywords", [{"workers": 3}, {"executor": "processes", "workers": 2}])
def test_threads_and_processes_give_the_same_table(bars, expected, keywords):
    found = sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, **keywords)
    pd.testing.assert_frame_equal(found.table, expected.table, check_exact=True)


def test_a_cluster_gives_the_same_table(bars, expected, cluster):
    found = sweep(SmaCross, bars, GRID, where="fast < slow", fees=0.001, client=cluster.scheduler_address)
    pd.testing.assert_frame_equal(found.table, expected.table, check_exact=True)


def test_a_strategy_of_this_module_reaches_the_cluster(bars, cluster):
    class Mine(SmaCross):
        def decide(self, now, was, broker):
            broker.flat() if now.quick > now.calm else broker.long()

    with Client(cluster) as client:
        found = sweep(Mine, bars, {"fast": [3, 5]}, client=client)
    pd.testing.assert_frame_equal(found.table, sweep(Mine, bars, {"fast": [3, 5]}).table, check_exact=True)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pieces_of_any_size_give_the_same_sums(bars, expected, size):
    bench, space = prepared(SmaCross, bars, GRID, where="fast < slow", fees=0.001)
    for first, piece in pieces_of(space, size):
        assert (bench.run(piece).sums == expected.sums[first : first + len(piece)]).all()


def test_progress_counts_to_the_end_and_stops_where_it_raises(bars):
    seen = []
    sweep(SmaCross, bars, GRID, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (200, 200)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(SmaCross, bars, GRID, progress=stop)


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"executor": "thread"}, "did you mean threads"),
        ({"workers": 0}, "one or more"),
        ({"measures": ["sharp"]}, "did you mean sharpe"),
        ({"memory": 100_000}, "cells fit"),
        ({"client": "tcp://127.0.0.1:9"}, "no Dask scheduler"),
    ],
)
def test_what_cannot_be_used_is_said(bars, keywords, said):
    with pytest.raises(DataError, match=said):
        sweep(SmaCross, bars, GRID, **keywords)
