from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.live.growing import Growing


@given(st.lists(st.integers(0, 30), max_size=30), st.integers(1, 64))
def test_it_holds_the_newest_and_counts_the_rest(sizes: list[int], limit: int) -> None:
    everything = np.arange(sum(sizes))
    out, at, seen = Growing(everything.dtype, limit, 2), 0, []
    for size in sizes:
        out.append(everything[at : at + size])
        at += size
        view = out.view()
        assert len(view) == len(out) <= limit
        assert out.dropped + len(out) == at
        np.testing.assert_array_equal(view, everything[at - len(view) : at])
        seen.append((view, view.copy()))
    for view, as_it_was in seen:
        np.testing.assert_array_equal(view, as_it_was)
    assert at == 0 or len(out) >= min(at, max(limit // 2, 1))


def test_views_cannot_be_written_and_may_be_short() -> None:
    out = Growing(np.dtype("i8"), 100)
    out.append(np.arange(10))
    np.testing.assert_array_equal(out.view(3), [7, 8, 9])
    assert len(out.view(50)) == 10
    with pytest.raises(ValueError, match="read-only"):
        out.view()[0] = 1
