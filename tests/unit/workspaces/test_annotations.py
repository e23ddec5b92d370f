from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UnknownNameError, WorkspaceError
from workbench.workspaces import KINDS, Annotation, Workspaces

AT = pd.Timestamp("2026-03-02 14:30", tz="UTC").value
LINE = Annotation("ES", "trend", ((AT, 5000.25), (AT + 10**12, 5010.5)), style={"color": "#f90", "width": 2})


@pytest.fixture
def kept(tmp_path):
    made = Workspaces(f"sqlite:///{tmp_path / 'workbench.db'}")
    yield made.annotations
    made.close()


def test_a_drawing_comes_back_as_it_was(kept):
    made = kept.add(LINE)
    assert kept.of("ES") == [made] and kept.of("NQ") == []
    assert replace(made, id="", created=0, updated=0) == LINE and made.created == made.updated > 0


def test_changing_removing_and_restoring(kept):
    made = kept.add(LINE)
    before = kept.version("ES")
    moved = kept.update(made.id, anchors=((AT, 1.0), (AT + 5, 2.0)), locked=True)
    assert kept.of("ES") == [moved] and moved.created == made.created and moved.locked
    changed = kept.version("ES")
    kept.remove([made.id])
    assert kept.of("ES") == [] and len({before, changed, kept.version("ES")}) == 3
    kept.restore([made.id])
    assert [one.id for one in kept.of("ES")] == [made.id]


def test_a_refused_change_changes_nothing(kept):
    made = kept.add(LINE)
    with pytest.raises(WorkspaceError, match="trend: 1 anchors, it has 2"):
        kept.update(made.id, anchors=((AT, 1.0),), text="moved")
    assert kept.of("ES") == [made]
    with pytest.raises(UnknownNameError, match="no drawing"):
        kept.update("nothing", text="x")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "trnd"}, "did you mean trend"),
        ({"anchors": ((AT, float("nan")), (AT, 1.0))}, "out of range"),
        ({"anchors": ((2**70, 1.0), (AT, 1.0))}, "out of range"),
        ({"anchors": (("x", 1.0), (AT, 1.0))}, "pairs of ns UTC"),
        ({"anchors": (AT, AT)}, "pairs of ns UTC"),
        ({"symbol": ""}, "1 to 64"),
        ({"text": "x" * 2_001}, "at most 2,000"),
        ({"style": {"color": object()}}, "style cannot be kept"),
        ({"style": {"color": "x" * 3_000}}, "at most 2,000"),
        ({"kind": "brush", "anchors": ((AT, 1.0),) * 2_001}, "2 to 2,000"),
    ],
)
def test_what_is_no_drawing(changes, says):
    with pytest.raises(WorkspaceError, match=says):
        replace(LINE, **changes)


def test_the_table(kept):
    kept.add(LINE)
    kept.add(Annotation("ES", "horizontal", ((AT, 4990.0),), text="support", author="ann"))
    table = kept.frame("ES")
    assert list(table["kind"]) == ["trend", "horizontal"] and list(table["author"]) == ["", "ann"]
    assert table["start"].iloc[0] == pd.Timestamp(AT, tz="UTC") and table["high"].iloc[0] == 5010.5
    assert table["anchors"].iloc[0] == [(pd.Timestamp(at, tz="UTC"), price) for at, price in LINE.anchors]
    empty = kept.frame("NQ")
    assert list(empty.columns) == list(table.columns) and len(empty) == 0
    assert (
        empty.dtypes[["start", "end", "low", "high", "created"]]
        == table.dtypes[["start", "end", "low", "high", "created"]]
    ).all()


@given(
    st.sampled_from(sorted(KINDS)),
    st.integers(2, 30),
    st.integers(-(2**60), 2**62),
    st.floats(-1e12, 1e12),
    st.text(max_size=50),
)
def test_any_anchors_come_back_bit_for_bit(kind, count, instant, price, text):
    kept = Workspaces("sqlite://").annotations
    least, most = KINDS[kind]
    anchors = tuple((instant + n, price * (1 + n / 7)) for n in range(max(least, min(most, count))))
    made = kept.add(Annotation("X", kind, anchors, text=text))
    assert kept.of("X") == [made] and made.anchors == anchors
