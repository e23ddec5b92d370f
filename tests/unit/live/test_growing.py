from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.live import growing
from workbench.live.growing import Growing


@given(st.lists(st.integers(-3, 30), max_size=60), st.integers(1, 64))
def test_it_holds_the_newest_and_counts_the_rest(sizes: list[int], limit: int) -> None:
    """Sizes are those of what is appended; a negative one lowers the limit."""
    everything = np.arange(sum(sizes, 90 * len(sizes)))
    out, at, seen = Growing(everything.dtype, limit, 2), 0, []
    for size in sizes:
        if size < 0:
            limit = max(limit + size, 1)
            out.keep_to(limit)
            assert out.capacity <= limit
            assert len(out) >= min(at, limit // 2)
        else:
            out.append(everything[at : at + size])
            at += size
        view = out.view()
        assert len(view) == len(out) <= limit
        assert out.dropped + len(out) == at
        np.testing.assert_array_equal(view, everything[at - len(view) : at])
        seen.append((view, view.copy()))
    for view, as_it_was in seen:
        np.testing.assert_array_equal(view, as_it_was)
    assert len(out) >= min(at, limit // 2)


def test_no_append_copies_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(growing, "copy_records", lambda parts, out: written.append(len(parts[0])))
    out = Growing(np.dtype("i8"), 4_096, 16)
    for _ in range(3_000):
        written.append(0)
        out.append(np.arange(5))
        assert sum(written[-1 - written[::-1].index(0) :]) <= 25
    assert out.dropped > 2 * 4_096


def test_views_cannot_be_written_and_may_be_short() -> None:
    out = Growing(np.dtype("i8"), 100)
    out.append(np.arange(10))
    np.testing.assert_array_equal(out.view(3), [7, 8, 9])
    assert len(out.view(50)) == 10
    with pytest.raises(ValueError, match="read-only"):
        out.view()[0] = 1
