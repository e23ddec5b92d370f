"""Many entries at once are what each of them is by itself: trades, their order, gaps, dead letters."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.live.codec import Producer, encode
from workbench.live.pipeline import Pipeline
from workbench.market.events import DTYPES, TRADE

NOW = 10**18
#: (producer, records that are left out before it, or sent again when negative, records, what is wrong with it)
ENTRY = st.tuples(
    st.sampled_from(["a", "a", "a", "b", "plain"]),
    st.sampled_from([0, 0, 0, 0, 0, 2, -3, -20]),
    st.integers(1, 6),
    st.sampled_from(["", "", "", "", "damaged", "price", "late", "restart", "kind"]),
)


def entries_of(plan: list[tuple[str, int, int, str]]) -> list[tuple[bytes, dict[bytes, bytes]]]:
    out, numbers, turn, time = [], {}, {}, 0
    for at, (name, skipped, rows, fault) in enumerate(plan):
        if fault == "restart":
            turn[name], numbers[name] = turn.get(name, 0) + 1, 0
        seq = max(numbers.get(name, 0) + skipped, 0)
        numbers[name] = seq + rows
        records = np.zeros(rows, TRADE)
        records["ts_event"] = NOW - 10**12 + time - (12 if fault == "late" else 0) + np.arange(rows)[::-1] // 2
        records["price"], records["size"] = at + 1.0, 1.0
        time += 3
        if fault == "price":
            records["price"][rows // 2] = np.nan
        who = name if name == "plain" else str(Producer(name, NOW - 10**12, f"n{turn.get(name, 0)}"))
        if fault == "kind":
            fields = encode("quotes", np.zeros(rows, DTYPES["quotes"]), seq, producer=who)
        else:
            fields = encode("trades", records, seq, producer=who)
        if fault == "damaged":
            fields[b"d"] = bytes([fields[b"d"][0] ^ 1]) + fields[b"d"][1:]
        out.append((b"%d-0" % at, fields))
    return out


def told(parts: list[list[tuple[bytes, dict[bytes, bytes]]]]) -> tuple:
    dead, gaps, trades = [], [], [np.empty(0, TRADE)]
    pipeline = Pipeline(lambda *letter: dead.append((letter[1], letter[3])), lambda *gap: gaps.append(gap), lambda: NOW)
    pipeline.attach("X", trades.append)
    for entries in parts:
        pipeline.feed("X", entries)
    found = np.concatenate(trades).tobytes(), gaps, sorted(dead), pipeline.disorder, pipeline.complete_from("X")
    pipeline.close()
    return found


@settings(max_examples=600)
@given(st.lists(ENTRY, min_size=1, max_size=25), st.lists(st.integers(0, 25), max_size=4))
def test_entries_together_are_entries_one_by_one(plan: list[tuple[str, int, int, str]], cuts: list[int]) -> None:
    entries = entries_of(plan)
    bounds = [0, *sorted(cuts), len(entries)]
    together = [entries[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True) if entries[a:b]]
    assert told(together) == told([[entry] for entry in entries])
