"""Plateaus and spikes."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analytics import neighbours as module
from workbench.analytics.neighbours import plateau
from workbench.errors import DataError


def grid(**axes) -> pd.DataFrame:
    return pd.DataFrame(product(*axes.values()), columns=list(axes))


def by_hand(values: list[float], cells: list[tuple]) -> list[float]:
    """Cell by cell, all others looked at."""
    places = [sorted(set(column)) for column in zip(*cells, strict=True)]
    at = [tuple(places[k].index(one) for k, one in enumerate(cell)) for cell in cells]
    scores = []
    for k, value in enumerate(values):
        near = [
            values[j]
            for j in range(len(cells))
            if j != k and all(abs(a - b) <= 1 for a, b in zip(at[j], at[k], strict=True)) and not math.isnan(values[j])
        ]
        if not near or math.isnan(value):
            scores.append(math.nan)
        else:
            m = float(np.median(near))
            part = (m >= 0) * 1.0 if value == 0 else m / value if value > 0 else 1.0 if m >= 0 else value / m
            scores.append(min(max(part, 0.0), 1.0))
    return scores


def test_a_spike_is_low_and_a_plateau_is_one():
    cells = grid(fast=range(9), slow=range(9))
    values = np.full(81, 0.1)
    values[(cells.fast == 2) & (cells.slow == 2)] = 2.0
    values[cells.fast.between(5, 7) & cells.slow.between(5, 7)] = 1.5
    score = pd.Series(plateau(values, cells), pd.MultiIndex.from_frame(cells))
    assert score[2, 2] == pytest.approx(0.05)
    assert score[6, 6] == 1 and score[5, 5] == pytest.approx(0.1 / 1.5)  # three neighbours of eight are up there
    assert score[5, 6] == 1  # five of eight
    assert score[1, 1] == 1  # beside the spike


@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4).filter(lambda one: math.prod(one) <= 60),
    seed=st.integers(0, 9999),
    part=st.floats(0.3, 1),
)
def test_any_table_is_scored_cell_by_cell(shape, seed, part):
    rng = np.random.default_rng(seed)
    steps = [np.sort(rng.choice(np.arange(-50, 50) / 4, size, replace=False)) for size in shape]  # uneven steps
    cells = grid(**{f"p{k}": one for k, one in enumerate(steps)}).sample(frac=part, random_state=seed)
    values = rng.integers(-3, 5, len(cells)).astype(float)
    values[rng.random(len(values)) < 0.2] = np.nan
    expected = by_hand(values.tolist(), list(cells.itertuples(index=False, name=None)))
    np.testing.assert_allclose(plateau(values, cells), expected, rtol=1e-12)
    np.testing.assert_allclose(plateau(-values * 7, cells, more_is_better=False), expected, rtol=1e-12)


def test_blocks_of_cells_do_not_matter(monkeypatch):
    cells = grid(a=range(7), b=range(8), c=range(3))
    values = np.random.default_rng(1).normal(1, 1, len(cells))
    whole = plateau(values, cells)
    monkeypatch.setattr(module, "BLOCK", 100)
    np.testing.assert_array_equal(plateau(values, cells), whole)


def test_the_edges_are_not_joined_to_the_next_row():
    cells = grid(a=[1, 2], b=[1, 2, 3, 4])
    values = np.where(cells.b == 4, 5.0, 1.0)
    assert plateau(values, cells)[cells.b == 1].tolist() == [1, 1]
    assert plateau(values, cells)[cells.b == 4].tolist() == pytest.approx([0.2, 0.2])


@pytest.mark.parametrize(
    ("value", "near", "score"),
    [
        (2, 1, 0.5),
        (1, 2, 1),
        (2, -1, 0),
        (-0.1, -0.4, 0.25),  # drawdowns
        (-0.4, -0.1, 1),
        (-1, 1, 1),
        (0, 0, 1),
        (0, -1, 0),
        (0, 1, 1),
        (math.inf, 3, 0),
        (math.inf, math.inf, 1),
        (3, math.inf, 1),
        (3, -math.inf, 0),
        (-3, -math.inf, 0),
        (math.nan, 1, math.nan),
        (1, math.nan, math.nan),
    ],
)
def test_what_a_neighbour_leaves_of_a_value(value, near, score):
    assert plateau([value, near], {"a": [1, 2]})[0] == pytest.approx(score, nan_ok=True)


def test_opposite_infinities_have_no_middle():
    assert math.isnan(plateau([math.inf, 1, -math.inf], {"a": [1, 2, 3]})[1])


def test_names_and_flags_have_no_steps_and_times_have():
    cells = grid(kind=["ema", "sma"], on=[True, False], a=[1, 2])
    found = plateau([4, 1, 3, 3, 2, 8, 5, 5], cells)
    assert found.tolist() == [0.25, 1, 1, 1, 1, 0.25, 1, 1]
    days = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"], utc=True)
    assert plateau([4, 1, 4], {"day": days}).tolist() == [0.25, 1, 0.25]
    assert np.isnan(plateau([4, 1, 4], {"kind": ["a", "b", "c"]})).all()


def test_labels_stay_and_nothing_gives_nothing():
    values = pd.Series([1.0, 2.0], ["x", "y"])
    found = plateau(values, pd.DataFrame({"a": [3, 1]}, ["x", "y"]))
    assert found.to_dict() == {"x": 1, "y": 0.5} and found.name == "plateau"
    assert len(plateau([], {"a": []})) == 0
    assert np.isnan(plateau([1.0], {"a": [1]})).all()


@pytest.mark.parametrize(
    ("axes", "wrong"),
    [
        ({}, "0 parameters; give 1 to 4"),
        (dict.fromkeys("abcde", [1, 2, 3]), "5 parameters"),
        ({"a": [1, 2]}, "a has 2 cells, the values .3,."),
        ({"a": [1, None, 2]}, "a is missing at row 1"),
        ({"a": [1, 2, 1], "b": ["x", "y", "x"]}, "the cell a=1, b=x is there twice"),
    ],
)
def test_tables_that_are_no_grid(axes, wrong):
    with pytest.raises(DataError, match=f"plateau: {wrong}"):
        plateau([1.0, 2.0, 3.0], axes)


@pytest.mark.parametrize(
    ("values", "axes", "wrong"),
    [
        (["x"], {"a": [1]}, "values cannot be read as numbers"),
        ([1.0], [1], "axes are a list"),
        ([[1.0]], {"a": [1]}, "a"),
    ],
)
def test_what_is_no_table(values, axes, wrong):
    with pytest.raises(DataError, match=f"plateau: {wrong}"):
        plateau(values, axes)


def test_too_many_places_are_refused():
    random = np.random.default_rng(0).random((50_000, 4))
    with pytest.raises(DataError, match="round its parameters to a grid"):
        plateau(random[:, 0], pd.DataFrame(random).add_prefix("p"))
