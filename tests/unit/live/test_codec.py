from __future__ import annotations

import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.live.codec import MAX_ROWS, MAX_SEQ, Batch, Producer, decode, encode, joined
from workbench.market.events import DTYPES, TRADE

KINDS = st.sampled_from(sorted(DTYPES))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    kind = draw(KINDS)
    rows = draw(st.integers(1, 40))
    size = rows * DTYPES[kind].itemsize
    records = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), DTYPES[kind])
    producer = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
    return Batch(kind, records, draw(st.integers(0, MAX_SEQ)), producer)


@given(batches())
def test_what_was_encoded_is_decoded(batch: Batch) -> None:
    back = decode(encode(batch.kind, batch.records, batch.seq, producer=batch.producer))
    assert (back.kind, back.seq, back.producer) == (batch.kind, batch.seq, batch.producer)
    assert back.records.dtype == batch.records.dtype
    assert back.records.tobytes() == batch.records.tobytes()
    assert back.end == batch.seq + len(batch.records)


@given(batches(), st.data())
def test_any_changed_byte_is_found(batch: Batch, data: st.DataObject) -> None:
    fields = encode(batch.kind, batch.records, batch.seq, producer=batch.producer)
    name = data.draw(st.sampled_from([name for name in fields if fields[name]]))
    at = data.draw(st.integers(0, len(fields[name]) - 1))
    changed = bytearray(fields[name])
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DataError):
        decode({**fields, name: bytes(changed)})


@given(batches(), st.data())
def test_a_shortened_or_missing_field_is_found(batch: Batch, data: st.DataObject) -> None:
    fields = encode(batch.kind, batch.records, batch.seq, producer=batch.producer)
    name = data.draw(st.sampled_from([name for name in fields if fields[name]]))
    short = fields[name][: data.draw(st.integers(0, len(fields[name]) - 1))]
    with pytest.raises(DataError):
        decode({**fields, name: short})
    del fields[name]
    with pytest.raises(DataError):
        decode(fields)


@given(st.dictionaries(st.sampled_from([b"v", b"k", b"p", b"s", b"n", b"c", b"d", b"x"]), st.binary(max_size=80)))
def test_noise_is_refused(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(DataError):
        decode(fields)


def test_what_cannot_be_sent_is_named() -> None:
    one = np.zeros(1, TRADE)
    for args, word in [
        (("trade", one, 0), "did you mean trades"),
        (("quotes", one, 0), "dtype"),
        (("trades", one[:0], 0), "got 0"),
        (("trades", np.zeros(MAX_ROWS + 1, TRADE), 0), "65,536"),
        (("trades", one, -1), "got -1"),
    ]:
        with pytest.raises(DataError, match=word):
            encode(*args)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(-(2**63), 2**63 - 1))
def test_producers_are_read_back(name: str, since: int) -> None:
    one = Producer.start(name, since)
    assert Producer.parse(str(one)) == one
    assert Producer.start(name, since) != one


def test_a_foreign_producer_is_no_error() -> None:
    assert Producer.parse("somebody") is None


def test_bars_may_say_their_spec() -> None:
    bars = np.zeros(2, DTYPES["bars"])
    assert decode(encode("bars_1min", bars, 5)).kind == "bars_1min"
    assert (
        decode(encode("flow_bars_1000tick", np.zeros(1, DTYPES["flow_bars"]), 0)).records.dtype == DTYPES["flow_bars"]
    )
    for kind in ("bars_", "bars_soon", "trades_1min", "bar_1min", "bars_1min" * 20):
        with pytest.raises(DataError, match="unknown kind"):
            encode(kind, bars, 0)
        fields = encode("bars", bars, 0)
        with pytest.raises(DataError):
            decode({**fields, b"k": kind.encode()})


def test_identities_beyond_what_a_time_holds_are_foreign() -> None:
    assert Producer.parse(f"a@{2**63}-x") is None and Producer.parse(f"a@{-(2**63)}-x") is not None


def test_the_entry_of_the_documents_is_one() -> None:
    text = (Path(__file__).parents[3] / "docs" / "live.md").read_text("utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    sent: list[tuple] = []
    kept = types.SimpleNamespace(Redis=lambda: types.SimpleNamespace(xadd=lambda *args, **more: sent.append(args)))
    exec(code.replace("import redis\n", ""), {"redis": kept})
    ((key, fields),) = sent
    batch = decode(fields)
    assert key == "wb:trades:BTC-USD" and Producer.parse(batch.producer).name == "mine"
    assert batch.records[["price", "size", "side"]].tolist() == [(65000.5, 0.25, 1)]


def test_sizes_in_the_documents_are_those() -> None:
    text = (Path(__file__).parents[3] / "docs" / "live.md").read_text("utf-8")
    for kind in ("trades", "quotes", "book", "bars"):
        (line,) = (
            line
            for line in text.splitlines()
            if line.startswith(f"| `{kind}`") and line.endswith(("35 |", "48 |", "80 |"))
        )
        assert line.endswith(f" {DTYPES[kind].itemsize} |")
        assert all(name in line for name in DTYPES[kind].names) or kind == "book"


@given(st.lists(st.integers(0, 5), max_size=5), st.booleans())
def test_joined_records_are_those(sizes: list[int], swapped: bool) -> None:
    noise = np.random.default_rng(len(sizes))
    parts = [np.frombuffer(noise.bytes(35 * n), TRADE)[:: -1 if swapped else 1] for n in sizes] or [np.empty(0, TRADE)]
    assert joined(parts).tobytes() == b"".join(part.tobytes() for part in parts)
