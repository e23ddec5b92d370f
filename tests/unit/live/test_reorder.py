from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.live.reorder import Reorder
from workbench.market.events import TRADE

HOLD = 10


def prints(times: list[int], first: int = 0) -> np.ndarray:
    """Prints that are told apart by their price."""
    out = np.zeros(len(times), TRADE)
    out["ts_event"], out["price"] = times, first + np.arange(len(times))
    return out


def ends(*counts: int) -> np.ndarray:
    return np.cumsum(counts, dtype=np.int64)


def rows(trades: np.ndarray) -> list[tuple[int, int]]:
    return [(int(t), int(p)) for t, p in zip(trades["ts_event"], trades["price"], strict=True)]


def counted_behind(passed: list[tuple[int, int]]) -> int:
    newest, found = -(2**62), 0
    for time, _ in passed:
        found += time < newest
        newest = max(newest, time)
    return found


#: Batches as they arrive: (ns on the clock since the one before, event times).
arrivals = st.lists(st.tuples(st.integers(0, 30), st.lists(st.integers(0, 60), min_size=1, max_size=8)), max_size=12)


@given(arrivals)
def test_without_a_hold_each_batch_is_put_in_order_for_itself(batches: list[tuple[int, list[int]]]) -> None:
    merged, apart, number, expected = Reorder(), Reorder(), 0, []
    parts = []
    for _, times in batches:
        parts.append(prints(times, number))
        number += len(times)
        expected += sorted(rows(parts[-1]), key=lambda row: row[0])
    everything = np.concatenate([np.empty(0, TRADE), *parts])
    whole = rows(merged.put(everything, ends(*map(len, parts)), 0))
    singly = [row for part in parts for row in rows(apart.put(part, ends(len(part)), 0))]
    assert whole == singly == expected
    assert merged.disorder == apart.disorder == counted_behind(expected)
    assert merged.due is None


@given(arrivals)
def test_with_a_hold_nothing_is_lost_and_nothing_waits_longer(batches: list[tuple[int, list[int]]]) -> None:
    one, now, number, passed, waiting = Reorder(HOLD), 0, 0, [], {}
    for after, times in batches:
        now += after
        for row in rows(one.release(now)):
            passed.append(row)
            del waiting[row]
        assert all(now < since + HOLD for since in waiting.values())
        new = prints(times, number)
        number += len(times)
        waiting |= dict.fromkeys(rows(new), now)
        out = rows(one.put(new, ends(len(new)), now))
        newest = max(time for time, _ in [*passed, *waiting])
        for row in out:
            passed.append(row)
            del waiting[row]
        assert all(time > newest - HOLD for time, _ in waiting), "older by the hold than the newest, and still held"
        assert out == sorted(out, key=lambda row: row[0])
        assert len(one) == len(waiting)
        assert (one.due is None) == (not waiting)
        assert not waiting or now < one.due <= min(waiting.values()) + HOLD
    rest = rows(one.flush())
    assert sorted(rest) == sorted(waiting)
    assert one.disorder == counted_behind([*passed, *rest])
    assert len(one) == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, HOLD - 1)), max_size=40), st.data())
def test_disorder_within_the_hold_is_mended(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    """A tape whose prints arrive up to the hold late comes out in order, prints of one time as they came."""
    tape = prints(np.cumsum([step for step, _ in steps], dtype=int).tolist())
    arrived = tape["ts_event"] + np.array([delay for _, delay in steps], int)
    order = np.argsort(arrived, kind="stable")
    tape, arrived = tape[order], arrived[order]
    one, out, at = Reorder(HOLD), [], 0
    while at < len(tape):
        size = data.draw(st.integers(1, 5))
        part = tape[at : at + size]
        out += rows(one.put(part, ends(len(part)), int(arrived[min(at + size, len(tape)) - 1])))
        at += size
    out += rows(one.flush())
    assert out == sorted(rows(tape), key=lambda row: row[0])
    assert one.disorder == 0


def test_a_print_is_released_by_a_newer_one_or_by_the_clock() -> None:
    one = Reorder(HOLD)
    assert len(one.put(prints([100]), ends(1), 0)) == 0
    assert one.due == HOLD
    assert rows(one.put(prints([95, 110], 1), ends(2), 3)) == [(95, 1), (100, 0)]
    assert one.due == 3 + HOLD
    assert len(one.release(2 + HOLD)) == 0
    assert rows(one.release(3 + HOLD)) == [(110, 2)]
    assert one.due is None
    assert rows(one.put(prints([99], 3), ends(1), 20)) == [(99, 3)]  # too late to be put in its place
    assert one.disorder == 1


def test_one_print_from_the_future_holds_nobody_up() -> None:
    one = Reorder(HOLD)
    assert rows(one.put(prints([100, 10**6]), ends(2), 0)) == [(100, 0)]
    assert rows(one.put(prints([103, 101], 2), ends(2), 1)) == [(101, 3), (103, 2)]
    assert rows(one.release(HOLD)) == [(10**6, 1)]
