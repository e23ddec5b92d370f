"""Cutting the tape, against a look at every window for every print."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.kernels import time_bars

NOWHERE = np.iinfo(np.int64).min


@st.composite
def windows(draw):
    """Stretches that touch or leave a gap, of a fixed step or in groups."""
    edges = sorted(draw(st.lists(st.integers(-50, 400), min_size=2, max_size=16, unique=True)))
    touching = draw(st.booleans())
    pairs = list(zip(edges[:-1], edges[1:], strict=True))[:: 1 if touching else 2]
    opens, closes = np.array(pairs, np.int64).T
    step = draw(st.sampled_from([0, 1, 7, 30]))
    group = np.arange(len(opens)) // draw(st.integers(1, 3))
    stamps = opens[np.searchsorted(group, group)] if step == 0 else opens
    return np.ascontiguousarray(opens), np.ascontiguousarray(closes), np.ascontiguousarray(stamps), step


def bar_of(t, opens, closes, stamps, step):
    for begin, end, stamp in zip(opens, closes, stamps, strict=True):
        if begin <= t < end:
            return int(begin + (t - begin) // step * step) if step else int(stamp)
    return None


@given(windows(), st.lists(st.integers(-60, 420), max_size=200))
def test_stretches_hold_exactly_the_prints_of_their_bar(where, values):
    times = np.sort(np.array(values, np.int64))
    low, high, bar, good = time_bars.cut(times, *where)
    assert good
    got = [None] * len(times)
    for i, j, stamp in zip(low, high, bar, strict=True):
        assert i < j
        for row in range(i, j):
            assert got[row] is None
            got[row] = int(stamp)
    assert got == [bar_of(t, *where) for t in times]


@given(windows(), st.lists(st.integers(-60, 420), max_size=100))
def test_sorted_times_are_cut_and_sifted_alike(where, values):
    times = np.sort(np.array(values, np.int64))
    low, high, bar, good = time_bars.cut(times, *where)
    assert good
    rows, bars, late = time_bars.sift(times, *where, NOWHERE)
    assert late == 0
    assert bars.tolist() == np.repeat(bar, high - low).tolist()
    assert rows.tolist() == [row for i, j in zip(low, high, strict=True) for row in range(i, j)]


@given(windows(), st.lists(st.integers(-60, 420), max_size=60))
def test_a_tape_out_of_order_is_seen_wherever_it_is(where, values):
    times = np.array(values, np.int64)
    assert time_bars.cut(times, *where)[3] == (values == sorted(values))


def test_more_stretches_than_the_first_guess_has_room_for():
    times = np.arange(5000, dtype=np.int64)
    edge = np.array([0, 5000], np.int64)
    low, high, bar, _ = time_bars.cut(times, edge[:1], edge[1:], edge[:1], 1)
    assert bar.tolist() == low.tolist() == (high - 1).tolist() == times.tolist()


@given(st.lists(st.integers(-5, 5), max_size=30), st.integers(-6, 6))
def test_the_first_descent(values, floor):
    before = [floor, *values]
    wanted = next((i for i, value in enumerate(values) if value < before[i]), -1)
    assert time_bars.first_descent(np.array(values, np.int64), floor) == wanted


def test_strided_and_read_only_fields_give_what_plain_arrays_give():
    packed = np.zeros(9, np.dtype([("t", "<i8"), ("p", "<f8"), ("q", "<f8"), ("s", "i1"), ("f", "<u2")]))
    packed["p"], packed["q"], packed["s"], packed["f"][4] = np.arange(9) % 5 + 0.1, 0.3, np.arange(9) % 3 - 1, 1
    fields = [packed[name] for name in "pqsf"]
    frozen = [field.copy() for field in fields]
    for field in frozen:
        field.flags.writeable = False
    low, high, bar = (np.array(a, np.int64) for a in ([0, 3, 7], [3, 6, 9], [0, 1, 1]))
    seen = []
    for columns in (fields, frozen):
        acc, count = np.zeros((2, time_bars.BAR_WIDTH)), np.zeros(2, np.int64)
        assert time_bars.fold_trades(low, high, bar, 1, *columns, acc, count) == -1
        seen.append((acc.tobytes(), count.tolist()))
    assert seen[0] == seen[1] and seen[0][1] == [3, 4]
