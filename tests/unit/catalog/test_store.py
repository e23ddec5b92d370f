"""The store: what is written is read, at once or not at all, by any number of processes."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench
from workbench.catalog import Store, parts
from workbench.errors import DataError, SpecError, UnknownNameError
from workbench.market.events import BAR, QUOTE, TRADE
from workbench.market.specs import DAY, SECOND

ROOT = Path(workbench.__file__).parents[1]
T0 = int(np.datetime64("2024-01-30T23:59:00", "ns").astype("i8"))


def trades(times: list[int] | np.ndarray, price: float = 100.0) -> np.ndarray:
    out = np.zeros(len(times), TRADE)
    out["ts_event"] = out["ts_recv"] = times
    out["price"] = price + np.arange(len(times)) % 7
    out["size"], out["side"] = 1.0, 1
    return out


def files(store: Store) -> set[Path]:
    return {p for p in store.data_dir.rglob("*") if p.is_file() and p.suffix != ".lock"}


def write(store: Store, records: np.ndarray, **how: object) -> object:
    return store.write("src", "trades", "X/Y", records, rollups=False, **how)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def test_rows_come_back_sorted_and_stable(store: Store) -> None:
    records = trades([T0 + 5, T0, T0 + 5, T0 + 200 * SECOND])
    written = write(store, records)
    assert (written.rows, written.first, written.last) == (4, T0, T0 + 200 * SECOND)
    assert written.partitions == ("2024-01-30", "2024-01-31")
    got = store.read("src", "trades", "X/Y")
    assert got.tobytes() == records[[1, 0, 2, 3]].tobytes()
    layout = sorted(str(p.parent.relative_to(store.data_dir)) for p in store.data_dir.rglob("*.parquet"))
    assert layout == [f"src/trades/symbol=X%2FY/date=2024-01-{d}" for d in (30, 31)]


@pytest.mark.parametrize(
    ("kind", "days", "partitions"),
    [
        ("quotes", [0, 1], ["2024-01-30", "2024-01-31"]),
        ("bars_5s", [0, 1], ["2024-01-30", "2024-01-31"]),
        ("bars_60s", [0, 1, 2], ["2024-01-01", "2024-02-01"]),
        ("bars_4h", [0, 40, 400], ["2024-01-01", "2025-01-01"]),
        ("bars_1d", [-24_000, -7000, 0, 4000], ["1950-01-01", "2000-01-01", "2020-01-01", "2030-01-01"]),
    ],
)
def test_partitions_follow_the_kind(store: Store, kind: str, days: list[int], partitions: list[str]) -> None:
    records = np.zeros(len(days), QUOTE if kind == "quotes" else BAR)
    records[records.dtype.names[0]] = [T0 + d * DAY for d in days]
    # -24,000 days before lies in 1958
    assert list(store.write("src", kind, "S", records, rollups=False).partitions) == partitions
    assert store.read("src", kind, "S").tobytes() == records.tobytes()


def test_ranges_are_half_open_and_columns_are_projected(store: Store) -> None:
    times = T0 + np.arange(300_000) * SECOND  # several row groups, several days
    records = trades(times)
    write(store, records)
    low, high = int(times[140_000]), int(times[290_000])
    assert store.read("src", "trades", "X/Y", low, high).tobytes() == records[140_000:290_000].tobytes()
    some = store.read("src", "trades", "X/Y", low, high, columns=["size", "price"])
    assert some.dtype.names == ("price", "size")
    assert (some["price"] == records["price"][140_000:290_000]).all()
    assert store.tail("src", "trades", "X/Y", 100_000, before=high).tobytes() == records[190_000:290_000].tobytes()
    assert store.tail("src", "trades", "X/Y", 5).tobytes() == records[-5:].tobytes()
    assert len(store.read("src", "trades", "X/Y", high, low)) == 0
    assert store.read("src", "trades", "X/Y", 0, 5).dtype == TRADE
    with pytest.raises(DataError, match="no column 'prise': did you mean price"):
        store.read("src", "trades", "X/Y", columns=["prise"])


def test_overlap_is_refused_and_replace_puts_rows_in_place(store: Store) -> None:
    write(store, trades([T0, T0 + 10, T0 + 20, T0 + 30]))
    before = files(store)
    with pytest.raises(DataError, match=r"already holds 2 rows .* use replace=True \(--replace\)"):
        write(store, trades([T0 + 5, T0 + 20]))
    assert files(store) == before
    write(store, trades([T0 + 12, T0 + 15]))  # a hole may be filled
    write(store, trades([T0 + 10, T0 + 13], price=7.0), replace=True)
    got = store.read("src", "trades", "X/Y")
    assert list(got["ts_event"] - T0) == [0, 10, 13, 15, 20, 30]
    assert list(got["price"][1:3]) == [7.0, 8.0]


def test_replacing_with_the_same_rows_keeps_them(store: Store) -> None:
    records = trades([T0, T0 + 10])
    write(store, records)
    write(store, records, replace=True)
    assert store.read("src", "trades", "X/Y").tobytes() == records.tobytes()


def test_many_small_appends_leave_few_files(store: Store) -> None:
    for k in range(64):
        write(store, trades([T0 - DAY + k]))
    assert len(store.read("src", "trades", "X/Y")) == 64
    assert len(list(store.data_dir.rglob("*.parquet"))) <= 7


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.booleans()), min_size=1, max_size=8))
def test_appends_and_replaces_match_a_list(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    store = Store(tmp_path_factory.mktemp("model"))
    model: list[tuple[int, float]] = []
    for number, (ticks, replace) in enumerate(steps):
        times = [T0 + t * 10 * SECOND for t in ticks]  # 40 of them cross midnight
        rows = trades(times, price=100.0 * number)
        low, high = min(times), max(times)
        if not replace and any(low <= t <= high for t, _ in model):
            with pytest.raises(DataError, match="--replace"):
                write(store, rows)
            continue
        write(store, rows, replace=replace)
        model = [one for one in model if not low <= one[0] <= high]
        model = sorted([*model, *zip(times, rows["price"].tolist(), strict=True)], key=lambda one: one[0])
        got = store.read("src", "trades", "X/Y")
        assert list(zip(got["ts_event"].tolist(), got["price"].tolist(), strict=True)) == model
        files_now = store.manifests("src", "X/Y").datasets["trades"].parts
        assert all(a.last < b.first for a, b in zip(files_now, files_now[1:], strict=False))
    assert {p for p in files(store) if p.suffix == ".parquet"} == {
        store.data_dir / "src" / "trades" / "symbol=X%2FY" / p.path
        for p in store.manifests("src", "X/Y").datasets["trades"].parts
    }


def test_unusable_records_are_refused(store: Store) -> None:
    with pytest.raises(DataError, match="record array"):
        store.write("src", "trades", "X", np.zeros(3))
    with pytest.raises(DataError, match="check its unit"):
        write(store, trades([1_700_000_000_000_000_000, 9_000_000_000_000_000_000]))
    twice = np.zeros(2, BAR)
    twice["time"] = T0
    with pytest.raises(DataError, match="two bars of one time"):
        store.write("src", "bars_1d", "X", twice)
    with pytest.raises(DataError, match="built by the store"):
        store.write("src", "rollup_1min", "X", twice[:1])
    with pytest.raises(DataError, match="did you mean trades"):
        store.write("src", "trade", "X", trades([T0]))
    with pytest.raises(SpecError):
        store.write("src", "bars_1q", "X", twice[:1])
    for source in ("../up", "", "manifest", "a b"):
        with pytest.raises(DataError, match="folder name"):
            store.write(source, "trades", "X", trades([T0]))
    for symbol in ("", " X", "a\nb"):
        with pytest.raises(DataError, match="symbol"):
            store.write("src", "trades", symbol, trades([T0]))
    assert not files(store)


def test_unknown_dataset_is_named_with_the_nearest(store: Store) -> None:
    write(store, trades([T0]))
    with pytest.raises(UnknownNameError, match="did you mean src/trades/X/Y"):
        store.read("src", "trades", "X/Z")


def test_origins_and_coverage_are_kept(store: Store) -> None:
    write(store, trades([T0]), origin={"name": "a.csv", "sha256": "aa", "rows": 1, "quarantined": 2})
    write(store, trades([]), origin={"name": "b.csv", "sha256": "bb", "rows": 0, "quarantined": 3})
    write(store, trades([T0 + 5]), covered_until=T0 + DAY)
    one = store.manifest("src", "trades", "X/Y")
    assert (one.rows, one.quarantined, one.covered_until, one.partitions) == (2, 5, T0 + DAY, 1)
    assert [o["name"] for o in one.origins] == ["a.csv", "b.csv"]
    assert store.has_origin("src", "trades", "X/Y", "bb")
    assert not store.has_origin("src", "trades", "X/Y", "cc")
    assert not store.has_origin("src", "trades", "none", "aa")
    assert store.datasets() == [one]
    path = store.quarantine("src", "X/Y", "some/a.csv", [(3, 'x,"y', "not a price")])
    assert path.read_text().splitlines() == ["line,text,reason", '3,"x,""y",not a price']
    assert store.datasets() == [one]


def part_of(store: Store, date: str) -> Path:
    return next(iter((store.data_dir / "src/trades/symbol=X%2FY" / f"date={date}").iterdir()))


def halve(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(at: float) -> object:
    def damage(data: bytes) -> bytes:
        out = bytearray(data)
        out[int(len(out) * at)] ^= 0xFF
        return bytes(out)

    return damage


@pytest.mark.parametrize(
    "damage", [halve, flip(0.3), flip(0.97), lambda data: b""], ids=["half", "page", "footer", "empty"]
)
def test_a_damaged_part_is_named_and_only_its_time_is_lost(store: Store, damage: object) -> None:
    rng = np.random.default_rng(1)
    records = trades(T0 - DAY + np.arange(3000) * 60 * SECOND)
    records["price"] = rng.random(len(records))
    write(store, records)
    part = part_of(store, "2024-01-30")
    good = part.read_bytes()
    part.write_bytes(damage(good))
    before = {p: p.read_bytes() for p in files(store)}
    with pytest.raises(DataError) as told:
        store.read("src", "trades", "X/Y")
    for word in (str(part), "sha256", "2024-01-30T00:00:00Z", "--replace"):
        assert word in str(told.value)
    with pytest.raises(DataError, match="sha256"):
        store.verify("src", "trades", "X/Y")
    midnight = T0 + 60 * SECOND
    late = records[records["ts_event"] >= midnight]
    assert store.read("src", "trades", "X/Y", midnight).tobytes() == late.tobytes()
    with pytest.raises(DataError, match="damaged"):  # a change that has to read it changes nothing
        write(store, records[1000:1010], replace=True)
    assert {p: p.read_bytes() for p in files(store)} == before
    day = records[(records["ts_event"] >= midnight - DAY) & (records["ts_event"] < midnight)]
    write(store, day, replace=True)  # the way out that was told
    assert store.read("src", "trades", "X/Y").tobytes() == records.tobytes()
    store.verify("src", "trades", "X/Y")


def test_a_footer_that_lies_is_found(store: Store) -> None:
    write(store, trades(T0 + np.arange(40)))
    part = part_of(store, "2024-01-30")
    data = part.read_bytes()
    at = data.rindex(int(T0 + 39).to_bytes(8, "little"))  # the newest time, in the statistics that reads go by
    part.write_bytes(data[:at] + int(T0 - 39).to_bytes(8, "little") + data[at + 8 :])
    with pytest.raises(DataError, match="its footer changed"):
        store.read("src", "trades", "X/Y", T0)


def test_only_row_groups_that_are_needed_are_read(store: Store) -> None:
    times = T0 - DAY + np.arange(500_000)
    write(store, trades(times))
    file = pq.ParquetFile(part_of(store, "2024-01-29"))
    assert file.num_row_groups == 4
    size = 131_072
    for start, end, rows, want in (
        (None, None, None, [0, 1, 2, 3]),
        (int(times[size]), int(times[2 * size]), None, [1]),
        (int(times[size - 1]), int(times[2 * size]) + 1, None, [0, 1, 2]),
        (None, None, 10, [3]),
        (None, int(times[2 * size]), size, [1]),
        (None, int(times[2 * size]) + 1, 10, [1, 2]),
        (int(times[-1]) + 1, None, None, []),
    ):
        assert parts._groups(file, start, end, rows) == want, (start, end, rows)
    file.close()


def scanned(store: Store, columns: list[str], start: int | None = None, end: int | None = None) -> list[np.ndarray]:
    """Whole columns of a scan; pieces must be of one length and in order."""
    pieces = store.scan("src", "trades", "X/Y", start, end, columns=columns, take=list)
    assert all(len(piece) == len(columns) and len({len(column) for column in piece}) == 1 for piece in pieces)
    return [np.concatenate(column) for column in zip(*pieces, strict=True)] if pieces else []


def test_a_scan_gives_the_columns_of_a_read(store: Store) -> None:
    times = T0 - DAY + np.arange(700_000) * (DAY // 400_000)  # two days; several pieces in the first
    records = trades(times)
    records["size"] = np.random.default_rng(5).random(len(records))
    records["side"][len(records) // 2 :] = -1
    records["ts_recv"] += 5
    write(store, records)
    rows = len(records)
    for low, high in ((0, rows), (1, rows - 1), (140_000, 140_001), (131_072, 262_144), (300_000, 450_000)):
        start, end = int(times[low]), int(times[high - 1]) + 1
        for columns in (["ts_event", "price", "size", "side", "flags"], ["flags"], ["side", "ts_recv"]):
            for name, column in zip(columns, scanned(store, columns, start, end), strict=True):
                assert column.dtype == TRADE[name]
                assert column.tobytes() == records[name][low:high].tobytes(), (name, low, high)
    assert b"".join(column.tobytes() for column in scanned(store, ["price"])) == records["price"].tobytes()
    assert scanned(store, ["price"], int(times[-1]) + 1) == scanned(store, ["price"], 0, int(times[0])) == []
    assert scanned(store, ["flags"], int(times[9]) + 1, int(times[10])) == []
    assert scanned(store, ["flags"], int(times[10]), int(times[9])) == []
    with pytest.raises(DataError, match="no column 'prise': did you mean price"):
        scanned(store, ["prise"])
    with pytest.raises(UnknownNameError):
        store.scan("src", "quotes", "X/Y", columns=["bid"], take=list)


def test_a_column_of_one_value_is_not_unpacked(store: Store) -> None:
    records = trades(T0 - DAY + np.arange(3000))
    records["price"] = np.where(np.arange(3000) == 7, np.nan, 5.0)  # the footer knows nothing of NaN
    write(store, records)
    (piece,) = store.scan("src", "trades", "X/Y", columns=["flags", "side", "price"], take=list)
    assert piece[0].strides == piece[1].strides == (0,) and (piece[1] == 1).all()
    assert np.isnan(piece[2][7]) and np.isnan(piece[2]).sum() == 1


def test_a_scan_that_is_left_early_or_fails_ends_its_threads(store: Store) -> None:
    write(store, trades(T0 - DAY + np.arange(1_500_000)))
    before = threading.active_count()
    first = store.scan("src", "trades", "X/Y", columns=["price"], take=lambda pieces: next(pieces)[0])
    assert 0 < len(first) < 500_000

    def refuse(pieces: object) -> None:
        next(pieces)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        store.scan("src", "trades", "X/Y", columns=["price"], take=refuse)
    assert threading.active_count() == before


@pytest.mark.parametrize("damage", [halve, flip(0.3), flip(0.97)], ids=["half", "page", "footer"])
def test_a_scan_names_a_damaged_part(store: Store, damage: object) -> None:
    records = trades(T0 - DAY + np.arange(3000) * 60 * SECOND)
    records["price"] = np.random.default_rng(1).random(len(records))
    write(store, records)
    part = part_of(store, "2024-01-30")
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(DataError, match=r"damaged.*sha256.*--replace"):
        scanned(store, ["ts_event", "price", "size"])
    assert len(scanned(store, ["price"], T0 + 60 * SECOND)[0]) == (records["ts_event"] >= T0 + 60 * SECOND).sum()


def test_a_scan_begins_anew_when_a_writer_took_a_file_away(store: Store) -> None:
    write(store, trades([T0 - DAY, T0 - 5]))
    write(store, trades([T0 + DAY]))
    calls = []

    def take(pieces: object) -> list[float]:
        calls.append(1)
        if len(calls) == 1:
            write(store, trades([T0 - DAY, T0 - 5], price=7.0), replace=True)
        return [price for (column,) in pieces for price in column]

    assert store.scan("src", "trades", "X/Y", columns=["price"], take=take) == [7.0, 8.0, 100.0]
    assert len(calls) == 2
    part_of(store, "2024-01-31").unlink()
    with pytest.raises(DataError, match=r"part-.*\.parquet is missing"):
        scanned(store, ["price"])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.one_of(st.floats(width=64), st.sampled_from([0.0, -0.0, 1.5])), min_size=1, max_size=300),
    st.integers(0, 2**31),
)
def test_every_packing_gives_back_every_bit(tmp_path_factory: pytest.TempPathFactory, values: list, seed: int) -> None:
    rng = np.random.default_rng(seed)
    records = np.zeros(len(values), TRADE)
    records["ts_event"] = np.sort(T0 + rng.integers(0, 2 * DAY, len(values)))
    records["ts_recv"] = rng.integers(-(2**63), 2**63 - 1, len(values))
    records["price"], records["size"] = values, rng.choice(values, len(values))
    records["side"], records["flags"] = rng.integers(-128, 128, len(values)), rng.integers(0, 2**16, len(values))
    store = Store(tmp_path_factory.mktemp("packed"))
    write(store, records)
    assert store.read("src", "trades", "X/Y").tobytes() == records.tobytes()


def test_values_that_mostly_differ_take_no_more_room_than_they_have_to(store: Store) -> None:
    rng = np.random.default_rng(2)
    records = trades(np.sort(T0 - DAY + rng.integers(0, DAY // 2, 200_000)))
    records["size"] = rng.exponential(1.0, len(records))
    write(store, records)
    # Two columns of times at 5 bytes and sizes at 7; by dictionary it was 8, 8 and 10.
    assert store.manifest("src", "trades", "X/Y").bytes < 18 * len(records)


def test_a_missing_part_is_named(store: Store) -> None:
    write(store, trades([T0]))
    part_of(store, "2024-01-30").unlink()
    with pytest.raises(DataError, match=r"part-.*\.parquet is missing"):
        store.read("src", "trades", "X/Y")


def test_a_damaged_manifest_leaves_other_symbols_alone_and_can_be_recovered(store: Store) -> None:
    records = trades(T0 + np.arange(500) * SECOND)
    write(store, records)
    store.write("src", "trades", "OK", records, rollups=False)
    manifest = store.data_dir / "src/manifest/symbol=X%2FY.json"
    manifest.write_text('{"version": 1, "datase')
    assert [d.symbol for d in store.datasets()] == ["OK"]
    assert list(store.damaged()) == [manifest]
    for act in (lambda: store.read("src", "trades", "X/Y"), lambda: write(store, trades([T0 + DAY]))):
        with pytest.raises(DataError, match=r"is damaged .* Store\.recover\('src', 'X/Y'\)"):
            act()
    manifest.unlink()
    with pytest.raises(DataError, match="is missing though"):  # never sweeps what it cannot explain
        write(Store(store.data_dir), trades([T0 + DAY]))
    store.recover("src", "X/Y")
    assert store.read("src", "trades", "X/Y").tobytes() == records.tobytes()


def run(script: str, *args: object) -> subprocess.Popen:
    code = "import sys, os, numpy as np\nfrom workbench.catalog import Store\n" + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", code, *map(str, args)], cwd=ROOT, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("moment", ["workbench.catalog.manifest.save", "workbench.catalog.manifest.os.replace"])
def test_a_crash_leaves_the_old_state_and_its_leavings_are_swept(store: Store, moment: str) -> None:
    write(store, trades([T0]))
    before = files(store)
    module, name = moment.rsplit(".", 1)
    child = run(
        f"""
        import workbench.catalog.manifest
        from workbench.market.events import TRADE
        {module}.{name} = lambda *a, **k: os._exit(9)
        records = np.zeros(1, TRADE)
        records["ts_event"] = {T0 + DAY}
        Store(sys.argv[1]).write("src", "trades", "X/Y", records, rollups=False)
        """,
        store.data_dir,
    )
    assert child.wait(60) == 9
    child.stderr.close()
    left = files(store) - before
    assert len(left) == 1
    assert len(store.read("src", "trades", "X/Y")) == 1
    again = Store(store.data_dir)
    again.write("src", "trades", "X/Y", trades([T0 + 2 * DAY]), rollups=False)
    assert not left & files(store)
    assert list(again.read("src", "trades", "X/Y")["ts_event"]) == [T0, T0 + 2 * DAY]


def test_a_crash_of_the_first_write_does_not_stop_the_second(store: Store) -> None:
    child = run(
        """
        import workbench.catalog.parts
        from workbench.market.events import TRADE
        real = workbench.catalog.parts.write
        def write(*args):
            real(*args)
            os._exit(9)
        workbench.catalog.parts.write = write
        records = np.zeros(1, TRADE)
        records["ts_event"] = int(sys.argv[2])
        Store(sys.argv[1]).write("src", "trades", "X/Y", records, rollups=False)
        """,
        store.data_dir,
        T0,
    )
    assert child.wait(60) == 9
    child.stderr.close()
    assert len(list(store.data_dir.rglob("*.parquet"))) == 1
    assert store.datasets() == []
    write(store, trades([T0 + 1]))
    assert list(store.read("src", "trades", "X/Y")["ts_event"]) == [T0 + 1]
    assert len(list(store.data_dir.rglob("*.parquet"))) == 1


def test_processes_write_the_same_symbol_at_once_while_it_is_read(store: Store) -> None:
    writes, writers = 25, 2
    script = """
    from workbench.market.events import TRADE
    store, first, count = Store(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for k in range(count):
        records = np.zeros(3, TRADE)
        records["ts_event"] = first + k * 1000 + np.arange(3)
        records["price"] = first % 97
        store.write("src", "trades", "X/Y", records, rollups=False)
    """
    write(store, trades([T0 - 1]))
    children = [run(script, store.data_dir, T0 + n * 100, writes) for n in range(writers)]
    seen = [1]
    while any(child.poll() is None for child in children):
        seen.append(len(store.read("src", "trades", "X/Y")))
    for child in children:
        assert child.wait() == 0, child.stderr.read()
        child.stderr.close()
    assert seen == sorted(seen)
    assert all(n % 3 == 1 for n in seen)  # a write is seen as a whole
    got = store.read("src", "trades", "X/Y")
    want = {T0 - 1} | {T0 + n * 100 + k * 1000 + i for n in range(writers) for k in range(writes) for i in range(3)}
    assert got["ts_event"].tolist() == sorted(want)


def test_a_store_travels_as_its_folder(store: Store) -> None:
    write(store, trades([T0]))
    assert len(pickle.loads(pickle.dumps(store)).read("src", "trades", "X/Y")) == 1


def test_delete_removes_files_and_only_its_own(store: Store) -> None:
    write(store, trades([T0]))
    store.write("src", "bars_1d", "X/Y", np.array([(T0, 1, 1, 1, 1, 1, 0, 0, 1, 1)], BAR))
    store.delete("src", "trades", "X/Y")
    assert [d.kind for d in store.datasets()] == ["bars_1d"]
    assert len(list(store.data_dir.rglob("*.parquet"))) == 1
    with pytest.raises(UnknownNameError):
        store.delete("src", "trades", "X/Y")
