"""The rule that keeps each record once: whatever is sent twice, lost or begun anew."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.live.codec import Batch, Producer
from workbench.live.sequences import Gap, Sequences
from workbench.market.events import TRADE
from workbench.market.specs import DAY

NOW = 2**60
ME = str(Producer("me", 0, "a"))


def batch(first: int, count: int, *, who: str = ME, step: int = 10) -> Batch:
    """Records ``first ..``; their price is their number, their time follows from it."""
    records = np.zeros(count, TRADE)
    records["price"] = np.arange(first, first + count)
    records["ts_event"] = step * records["price"].astype("i8")
    return Batch("trades", records, first, who)


def taken(sequences: Sequences, *batches: Batch) -> tuple[list[int], list[Gap]]:
    numbers, gaps = [], []
    for one in batches:
        records, gap = sequences.new(one, NOW)
        numbers += records["price"].astype(int).tolist()
        gaps += [] if gap is None else [gap]
    return numbers, gaps


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)), min_size=1, max_size=30), st.data())
def test_whatever_is_sent_again_is_taken_once(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    """A producer that does not know what was stored goes back, cuts anew, and sends on from there."""
    sent, end = [], 0
    for back, size in steps:
        sent.append(batch(max(end - back, 0), size))
        end = max(end, sent[-1].end)
    at = data.draw(st.integers(0, len(sent)))
    before = Sequences()
    numbers, gaps = taken(before, *sent[:at])
    # Stopped, written down, and gone on from what was written.
    after = Sequences(json.loads(json.dumps(before.state())))
    more, later = taken(after, *sent[at:])
    assert numbers + more == list(range(end))
    assert gaps + later == []
    assert after.state() == {"me": [ME, end, 10 * (end - 1)]}


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=2, max_size=30))
def test_gaps_say_exactly_what_is_missing(pieces: list[tuple[int, bool]]) -> None:
    sequences, at, there, missing = Sequences(), 0, [], 0
    gaps: list[Gap] = []
    for size, lost in [(1, False), *pieces, (1, False)]:
        if lost:
            missing += size
        else:
            numbers, found = taken(sequences, batch(at, size))
            there += numbers
            gaps += found
        at += size
    assert sum(gap.missing for gap in gaps) == missing
    assert len(there) + missing == at
    for gap in gaps:
        before, after = gap.start // 10, gap.end // 10
        assert before in there and after in there
        assert after - before - 1 == gap.missing


def test_another_sequence_is_told_by_its_times() -> None:
    sequences = Sequences()
    taken(sequences, batch(0, 10))
    again = str(Producer("me", 50, "b"))
    assert taken(sequences, Batch("trades", batch(5, 10).records, 0, again)) == ([10, 11, 12, 13, 14], [])
    late = str(Producer("me", 500, "c"))
    assert taken(sequences, Batch("trades", batch(50, 2).records, 0, late)) == ([50, 51], [Gap(140, 500)])
    assert taken(sequences, Batch("trades", batch(0, 3).records, 0, "somebody else")) == ([0, 1, 2], [])
    assert sorted(sequences.watermarks) == [20, 510]


def test_what_is_known_from_elsewhere_is_no_news() -> None:
    sequences = Sequences(floor=40)
    assert taken(sequences, batch(0, 8), batch(8, 2)) == ([5, 6, 7, 8, 9], [])


def test_a_time_from_the_future_is_no_measure() -> None:
    sequences, odd = Sequences(), batch(0, 3)
    odd = Batch("trades", odd.records.copy(), 0, ME)
    odd.records["ts_event"][2] = NOW + DAY + 1
    sequences.new(odd, NOW)
    assert sequences.state() == {"me": [ME, 3, 10]}
