"""Folds: no bar is in training and test, gaps are kept, and every bar is tried as often as it should."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.sweep.folds import Anchored, Combinatorial, Purged, Rolling


def stamps(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2024-01-01", periods=count, freq="1h", tz="UTC")


def bars_of(spans) -> list[int]:
    return [bar for low, high in spans for bar in range(low, high)]


@given(st.integers(2, 300), st.integers(1, 80), st.integers(1, 60), st.integers(0, 30), st.integers(0, 12))
def test_windows_move_on_and_keep_their_distance(count, train, test, more, purge):
    for way, anchored in ((Rolling, False), (Anchored, True)):
        if train + purge >= count:
            with pytest.raises(DataError, match="too few"):
                way(train, test, test + more, purge).split(stamps(count))
            continue
        folds = way(train, test, test + more, purge).split(stamps(count))
        tried = [bar for fold in folds.folds for bar in bars_of(fold.test)]
        assert len(tried) == len(set(tried))
        assert tried == sorted(tried)
        if more == 0:
            assert tried == list(range(train + purge, count))
        for at, fold in enumerate(folds.folds):
            ((low, high),), ((first, last),) = fold.train, fold.test
            assert low == (0 if anchored else at * (test + more))
            assert high == at * (test + more) + train
            assert first == high + purge
            assert last == min(first + test, count)
        assert folds.paths == (tuple((at, 0) for at in range(len(folds))),)


def left_out(count, tests, purge, embargo):
    """Bars that no training may have, one by one."""
    out = set()
    for low, high in tests:
        out |= {bar for bar in range(count) if low - purge <= bar < high + purge + embargo}
    return out


@given(st.integers(12, 200), st.integers(2, 6), st.integers(0, 8), st.floats(0, 0.1))
def test_cross_validation_tries_every_bar_once_and_keeps_purge_and_embargo(count, parts, purge, embargo):
    try:
        folds = Purged(parts, purge, embargo).split(stamps(count))
    except DataError as error:
        assert "leave nothing" in str(error)
        return
    assert sorted(bar for fold in folds.folds for bar in bars_of(fold.test)) == list(range(count))
    sizes = [len(bars_of(fold.test)) for fold in folds.folds]
    assert max(sizes) - min(sizes) <= 1
    for fold in folds.folds:
        out = left_out(count, fold.test, purge, int(embargo * count))
        assert bars_of(fold.train) == [bar for bar in range(count) if bar not in out]


@given(st.integers(40, 160), st.integers(3, 7), st.data())
def test_combinations_try_every_bar_once_in_each_path(count, parts, data):
    test, purge = data.draw(st.integers(1, parts - 1)), data.draw(st.integers(0, 3))
    try:
        folds = Combinatorial(parts, test, purge, 0.02).split(stamps(count))
    except DataError as error:
        assert "leave nothing" in str(error)
        return
    assert len(folds) == math.comb(parts, test)
    assert len(folds.paths) == math.comb(parts, test) * test // parts
    used = [step for path in folds.paths for step in path]
    assert len(used) == len(set(used)) == len(folds) * test
    for path in folds.paths:
        assert bars_of(folds.folds[fold].test[place] for fold, place in path) == list(range(count))
    for fold in folds.folds:
        out = left_out(count, fold.test, purge, int(0.02 * count))
        assert bars_of(fold.train) == [bar for bar in range(count) if bar not in out]


def test_paths_of_the_book():
    """Six blocks, two of them tests: 15 splits and 5 paths (Lopez de Prado 2018, figure 12.1)."""
    folds = Combinatorial(6, 2).split(stamps(600))
    assert (len(folds), len(folds.paths)) == (15, 5)


def test_windows_of_calendar_time_follow_the_months():
    index = pd.date_range("2023-01-01", "2024-03-15", freq="1D", tz="UTC")
    folds = Rolling("6MS", "2MS").split(index)
    edges = [tuple(str(index[one].date()) for one in (*fold.train[0], fold.test[0][0])) for fold in folds.folds]
    assert edges[:2] == [("2023-01-01", "2023-07-01", "2023-07-01"), ("2023-03-01", "2023-09-01", "2023-09-01")]
    tried = [bar for fold in folds.folds for bar in bars_of(fold.test)]
    assert tried == list(range(index.get_loc("2023-07-01"), len(index)))
    table = folds.table(index)
    assert list(table.iloc[1])[1:] == [
        "test",
        pd.Timestamp("2023-07-01", tz="UTC"),
        index[index.get_loc("2023-08-31")],
        62,
    ]


def test_holidays_without_bars_are_passed_over():
    index = pd.date_range("2023-01-01", periods=60, freq="1D", tz="UTC")
    index = index.append(pd.date_range("2023-05-01", periods=60, freq="1D", tz="UTC"))
    folds = Anchored("30D", "15D").split(index)
    tried = [bar for fold in folds.folds for bar in bars_of(fold.test)]
    assert tried == list(range(30, 120))


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (Rolling(0, 5), "train=0"),
        (Rolling(5, 0), "test=0"),
        (Rolling(10, 5, 4), "tried twice"),
        (Rolling("10D", "5D", "4D"), "come twice"),
        (Rolling(10, "5D"), "all lengths in bars"),
        (Rolling("10X", "5D"), "train='10X'"),
        (Rolling("10D", "-5D"), "test='-5D'"),
        (Rolling(10, 5, purge=-1), "purge=-1"),
        (Rolling(100, 5), "too few"),
        (Purged(1), "parts=1"),
        (Purged(5, -1), "purge=-1"),
        (Purged(5, 0, 1.0), "embargo=1"),
        (Purged(2, 100), "leave nothing"),
        (Combinatorial(5, 5), "not all of them"),
        (Combinatorial(40, 20), "more than"),
    ],
)
def test_what_cannot_be_split_is_refused(way, said):
    with pytest.raises(DataError, match=said):
        way.split(stamps(60))


def test_folds_do_not_depend_on_later_bars():
    index = stamps(200)
    short, long = Rolling(50, 20).split(index[:150]), Rolling(50, 20).split(index)
    assert long.folds[: len(short)] == short.folds
    assert np.all(np.diff([fold.test[0][0] for fold in long.folds]) == 20)
