"""Retention: whole partitions go when a rule says so, nothing else ever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.catalog import Store
from workbench.catalog.retention import Dropped, apply, rules
from workbench.errors import ConfigError
from workbench.market.events import BAR, BOOK, TRADE
from workbench.market.specs import DAY


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


NOW = ns("2024-03-10T12:00")


def trades(*days: str) -> np.ndarray:
    out = np.zeros(len(days), TRADE)
    out["ts_event"] = [ns(day) for day in days]
    out["price"] = out["size"] = 1
    return out


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "data")
    days = [f"2024-03-{day:02}T10:00" for day in range(1, 11)]
    for source in ("recorded", "kept"):
        store.write(source, "trades", "X", trades(*days))
    book = np.zeros(10, BOOK)
    book["ts_event"] = [ns(day) for day in days]
    store.write("kept", "book", "Y", book)
    return store


def days(store: Store, source: str, kind: str, symbol: str = "X") -> list[str]:
    parts = store.manifests(source, symbol).datasets[kind].parts
    return [part.path[5:15] for part in parts]


def test_whole_days_before_the_limit_go(store: Store) -> None:
    wanted = rules({"recorded/trades": "3d"})
    planned = apply(store, wanted, NOW, dry=True)
    assert len(days(store, "recorded", "trades")) == 10
    dropped = apply(store, wanted, NOW)
    assert dropped == planned
    # 3 days before noon of the 10th is noon of the 7th: of the 7th there is still something to be kept.
    assert [one.date for one in dropped] == [f"2024-03-{day:02}" for day in range(1, 7)]
    assert dropped[0] == Dropped("recorded", "trades", "X", "2024-03-01", 1, dropped[0].bytes, "recorded/trades = 3d")
    assert dropped[0].bytes > 100
    assert days(store, "recorded", "trades") == [f"2024-03-{day:02}" for day in range(7, 11)]
    on_disk = {path.parent.name[5:] for path in store.data_dir.glob("recorded/trades/*/*/*.parquet")}
    assert on_disk == set(days(store, "recorded", "trades"))
    assert apply(store, wanted, NOW) == []


def test_what_no_rule_names_is_kept(store: Store) -> None:
    apply(store, rules({"recorded/trades": "1h", "*/book": "2d", "other/*": "1h"}), NOW)
    assert len(days(store, "kept", "trades")) == 10
    assert len(days(store, "recorded", "rollup_1s")) == 10
    assert days(store, "kept", "book", "Y") == ["2024-03-08", "2024-03-09", "2024-03-10"]


def test_bars_are_named_by_their_size_and_go_no_earlier_than_their_trades(store: Store) -> None:
    wanted = rules({"recorded/bars_1s": "2d", "recorded/trades": "5d"})
    apply(store, wanted, NOW)
    assert days(store, "recorded", "trades")[0] == "2024-03-05"
    assert days(store, "recorded", "rollup_1s")[0] == "2024-03-05"
    apply(store, rules({"recorded/bars_1s": "2d", "recorded/trades": "1d"}), NOW)
    assert days(store, "recorded", "trades")[0] == "2024-03-09"
    assert days(store, "recorded", "rollup_1s")[0] == "2024-03-08"


@pytest.mark.parametrize(
    ("kind", "first", "age", "until"),
    [
        ("bars_1min", "2024-01-31", "1d", "2024-02-01"),
        ("bars_1h", "2023-12-31", "1d", "2024-01-01"),
        ("bars_1d", "2019-12-31", "1d", "2020-01-01"),
    ],
)
def test_longer_partitions_end_with_their_month_year_and_decade(
    kind: str, first: str, age: str, until: str, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    bars = np.zeros(2, BAR)
    bars["time"] = [ns(first), ns("2024-03-01")]
    store.write("v", kind, "X", bars)
    wanted = rules({f"v/{kind}": age})
    assert apply(store, wanted, ns(until) + DAY - 1) == []
    assert len(apply(store, wanted, ns(until) + DAY)) == 1
    assert len(store.read("v", kind, "X")) == 1


def test_the_exact_rule_counts_before_wildcards_and_the_longest_age_of_those(store: Store) -> None:
    apply(store, rules({"*/trades": "1d", "rec*/trades": "8d", "kept/trades": "2d"}), NOW)
    assert len(days(store, "recorded", "trades")) == 9
    assert len(days(store, "kept", "trades")) == 3


@pytest.mark.parametrize(
    ("name", "age", "said"),
    [
        ("trades", "90d", "write source/kind"),
        ("a/b/c", "90d", "write source/kind"),
        ("recorded/trade", "90d", "did you mean trades"),
        ("recorded/bars_7tick", "90d", "only time bars"),
        ("manifest/trades", "90d", "cannot be a folder name"),
        ("recorded/trades", "90", "an age is a number"),
        ("recorded/trades", "0d", "an age is a number"),
        ("recorded/trades", "3 fortnights", "an age is a number"),
    ],
)
def test_rules_that_cannot_be_read_say_why(name: str, age: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        rules({name: age})
    assert f"{name} = {age}" in str(error.value)


def test_a_reader_meanwhile_finds_what_is_left(store: Store) -> None:
    apply(store, rules({"recorded/trades": "3d"}), NOW)
    assert len(store.read("recorded", "trades", "X", ns("2024-03-01"), None)) == 4
    store.write("recorded", "trades", "X", trades("2024-03-11T10:00"))
    assert len(store.read("recorded", "trades", "X")) == 5
