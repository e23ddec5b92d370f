"""Spaces: combinations, conditions, and what is refused."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DataError, UnknownNameError
from workbench.strategies import SmaCross
from workbench.sweep import log_range
from workbench.sweep.space import grid


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=9, unique=True),
    st.lists(st.integers(1, 60), min_size=1, max_size=9, unique=True),
)
def test_cells_are_all_combinations_that_hold(fast, slow):
    expected = [(f, s) for f, s in itertools.product(fast, slow) if f < s]
    if not expected:
        with pytest.raises(DataError, match="leaves no cell"):
            grid(SmaCross(), {"fast": fast, "slow": slow}, "fast < slow")
        return
    space = grid(SmaCross(), {"fast": fast, "slow": slow}, "fast < slow")
    assert [tuple(row) for row in space.table().to_numpy()] == expected
    assert [tuple(space.cell(at).values()) for at in range(len(space))] == expected
    assert list(space.cells()) == [space.cell(at) for at in range(len(space))]


def test_a_condition_may_name_a_parameter_that_is_not_swept():
    assert len(grid(SmaCross(slow=8), {"fast": range(1, 20)}, "fast < slow")) == 7


def test_several_conditions_all_hold():
    space = grid(SmaCross(), {"fast": range(1, 20), "slow": range(1, 20)}, ["fast < slow", "slow - fast > 5"])
    assert (space.table()["slow"] - space.table()["fast"]).min() == 6


@pytest.mark.parametrize(
    ("values", "where", "said"),
    [
        ({"fst": [1]}, None, "did you mean fast"),
        ({"fast": [0, 5]}, None, "fast=0"),
        ({"fast": [1.5]}, None, "fast=1.5"),
        ({"fast": []}, None, "fast has no values"),
        ({}, None, "needs values"),
        ({"fast": [3]}, "fast < slo", "no parameter 'slo'"),
        ({"fast": [3]}, "fast <", "where='fast <'"),
        ({"fast": [3]}, "fast > 9", "leaves no cell"),
        ({"fast": range(1, 5001), "slow": range(1, 5001)}, None, "25,000,000 combinations"),
    ],
)
def test_what_cannot_be_swept_is_refused_by_name(values, where, said):
    with pytest.raises((DataError, UnknownNameError), match=said):
        grid(SmaCross(), values, where)


def test_values_are_plain_numbers_and_each_once():
    space = grid(SmaCross(), {"fast": np.array([3, 3, 4]), "slow": 9})
    assert space.values == {"fast": [3, 4], "slow": [9]}
    assert type(space.cell(0)["fast"]) is int


@given(st.integers(1, 50), st.integers(51, 5000), st.integers(2, 30))
def test_log_ranges_have_both_ends_and_grow_by_factors(first, last, count):
    found = log_range(first, last, count)
    assert (found[0], found[-1]) == (first, last)
    assert all(a < b for a, b in itertools.pairwise(found))
    assert all(isinstance(one, int) for one in found)


def test_a_log_range_that_is_none_is_refused():
    with pytest.raises(DataError, match="0 < first < last"):
        log_range(0, 10)
