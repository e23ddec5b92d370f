from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.live.codec import MAX_ROWS, MAX_SEQ, Batch, Producer, decode, encode
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
