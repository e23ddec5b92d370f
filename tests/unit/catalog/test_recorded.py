"""What is recorded from a stream: merged in its place, with the account of how much of the stream it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bars import bars_from_trades
from workbench.catalog import Store, recorded
from workbench.catalog.recorded import KEEP_GAPS, Overtaken, Recorded, recorded_kinds, store_recorded
from workbench.errors import DataError
from workbench.market.events import TRADE
from workbench.market.specs import SECOND

T0 = int(np.datetime64("2024-01-30T23:00:00", "ns").astype("i8"))


def trades(times: list[int] | np.ndarray, first: int = 0) -> np.ndarray:
    out = np.zeros(len(times), TRADE)
    out["ts_event"] = out["ts_recv"] = times
    out["price"], out["size"] = first + np.arange(len(times)), 1
    return out


def cursor(entry: int) -> dict:
    return {"entry": f"{entry}-0", "sequences": {"me": ["me@0-a", entry, T0]}}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def commit(store: Store, records: np.ndarray, step: int, **more: object):
    after = None if step == 0 else cursor(step - 1)
    return store_recorded(store, "rec", "X", {"trades": Recorded(records, after, cursor(step), **more)})


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 5000), min_size=0, max_size=12), min_size=1, max_size=8),
    st.sampled_from([1, 60]),
)
def test_late_records_go_to_their_place(tmp_path_factory, batches: list[list[int]], scale: int) -> None:
    store = Store(tmp_path_factory.mktemp("data"))
    sent, first = [], 0
    for step, times in enumerate(batches):
        sent.append(trades([T0 + t * scale * SECOND for t in times], first))
        first += len(times)
        commit(store, sent[-1], step)
    everything = np.concatenate(sent)
    expected = everything[np.argsort(everything["ts_event"], kind="stable")]
    assert store.manifests("rec", "X").datasets["trades"].cursor == cursor(len(batches) - 1)
    if not len(expected):
        return
    np.testing.assert_array_equal(store.read("rec", "trades", "X"), expected)
    for spec in ("1s", "1min", "1h", "1d"):
        np.testing.assert_array_equal(store.read("rec", f"rollup_{spec}", "X"), bars_from_trades(expected, spec))
    parts = store.manifests("rec", "X").datasets["trades"].parts
    assert all(a.last < b.first or a.path[:15] != b.path[:15] for a, b in zip(parts[:-1], parts[1:], strict=True))


def test_small_commits_leave_few_files_and_rewrite_little(store: Store, monkeypatch) -> None:
    from workbench.catalog import parts

    written = []
    real = parts.write
    monkeypatch.setattr(
        parts, "write", lambda folder, kind, rows: written.append((kind, len(rows))) or real(folder, kind, rows)
    )
    steps, per = 128, 50
    for step in range(steps):
        # 10 s a commit, so that the last second, minute, hour and day are always rewritten; a print late by 1 s.
        times = T0 + (step * 10 + np.linspace(0, 10, per)) * SECOND
        times[0] -= SECOND
        commit(store, trades(times.astype("i8"), step * per), step)
    datasets = store.manifests("rec", "X").datasets
    for kind, entry in datasets.items():
        total = sum(rows for name, rows in written if name == kind)
        assert len(entry.parts) <= 14, kind
        assert total <= entry.rows * 2 * np.log2(steps) + 20 * steps, kind
    # Every bar of a day rewritten at each commit would be 64 times its number.
    assert sum(rows for name, rows in written if name == "rollup_1s") < 20 * datasets["rollup_1s"].rows


def test_who_was_overtaken_writes_nothing(store: Store) -> None:
    commit(store, trades([T0]), 0)
    before = store.manifests("rec", "X")
    for after in (None, cursor(7)):
        with pytest.raises(Overtaken, match="somebody else has recorded it"):
            store_recorded(store, "rec", "X", {"trades": Recorded(trades([T0 + 5]), after, cursor(9))})
    assert Store(store.data_dir).manifests("rec", "X") == before
    assert len(store.read("rec", "trades", "X")) == 1


def test_a_manifest_of_an_older_version_is_read(store: Store) -> None:
    store.write("rec", "trades", "X", trades([T0]))
    path = store.data_dir / "rec/manifest/symbol=X.json"
    raw = json.loads(path.read_text())
    for entry in raw["datasets"].values():
        del entry["cursor"], entry["gaps"]
    path.write_text(json.dumps(raw))
    entry = Store(store.data_dir).manifests("rec", "X").datasets["trades"]
    assert (entry.cursor, entry.gaps, entry.rows) == (None, (), 1)
    store_recorded(store, "rec", "X", {"trades": Recorded(trades([T0 + 1]), None, cursor(0))})
    assert len(store.read("rec", "trades", "X")) == 2


def test_other_writes_leave_the_cursor_alone(store: Store) -> None:
    commit(store, trades([T0, T0 + 1]), 0, covered_until=T0 + 1)
    store.write("rec", "trades", "X", trades([T0]), replace=True)
    store.rebuild_rollups("rec", "X")
    assert store.manifests("rec", "X").datasets["trades"].cursor == cursor(0)
    commit(store, trades([]), 1)
    assert Store(store.data_dir).manifests("rec", "X").datasets["trades"].cursor == cursor(1)


def test_the_end_of_what_is_covered_never_goes_back(store: Store) -> None:
    for step, until in enumerate([T0 + 5, T0 + 3, None]):
        commit(store, trades([T0 + step]), step, covered_until=until)
        assert store.manifest("rec", "trades", "X").covered_until == T0 + 5


def test_the_ledger_is_bounded_and_keeps_its_sum(store: Store) -> None:
    lines = tuple(
        {"start": i, "end": i + 1, "missing": 3, "reason": "trimmed" if i % 2 else "never came", "noticed": i}
        for i in range(KEEP_GAPS + 10)
    )
    commit(store, trades([T0]), 0, gaps=lines)
    found = recorded.gaps(store)
    assert len(found) == KEEP_GAPS
    assert found["missing"].sum() == 3 * (KEEP_GAPS + 10)
    assert found["reason"][0] == "several"
    assert (found["start"][0].value, found["end"][0].value) == (0, 11)
    assert len(recorded.gaps(store, "Y")) == 0
    assert str(recorded.gaps(store, "Y")["start"].dtype) == "datetime64[ns, UTC]"


def test_kinds_are_checked() -> None:
    assert recorded_kinds("trades, quotes") == ("trades", "quotes")
    for wrong in ("bars", "", []):
        with pytest.raises(DataError, match="record one or more of"):
            recorded_kinds(wrong)
