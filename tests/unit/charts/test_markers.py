"""Markers: what a frame may say, on which bars they stand, what travels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.charts.markers import (
    ALERTS,
    COLUMNS,
    GATHERED,
    LETTERS,
    MOST,
    MarkerLayer,
    Stage,
    link_rows,
    marker_rows,
    read_markers,
)
from workbench.errors import DataError

MINUTE = 60 * 10**9
START = 1_700_000_040_000_000_000


def stage(n: int = 10, low: int = 0, high: int | None = None, step: int = MINUTE) -> Stage:
    high = n if high is None else high
    return Stage(START + step * np.arange(n, dtype="i8"), low, high, np.arange(low, high) + 100.0, step)


def frame(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Rows of (minutes after the first bar, kind, price, ...)."""
    names = ["time", "kind", "price", "text", "group", "pnl"]
    full = [(*row, *("", None, np.nan)[len(row) - 3 :]) for row in rows]
    out = pd.DataFrame(full, columns=names)
    out["time"] = pd.to_datetime([round(START + at * MINUTE) for at in out["time"]], utc=True)
    return out


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("kind", "byu", "row 1, column 'kind': 'byu' is no kind: did you mean buy"),
        ("time", "yesterday", "row 1, column 'time': 'yesterday' is no instant"),
        ("price", "dear", "row 1, column 'price': 'dear' is no number"),
        ("price", np.nan, "row 1, column 'price': sell needs a price"),
        ("price", np.inf, "row 1, column 'price': 'inf' is no number"),
        ("pnl", "much", "row 1, column 'pnl': 'much' is no number"),
    ],
)
def test_what_cannot_be_used_is_named_by_row_and_column(name: str, value: object, said: str) -> None:
    given = frame((0, "buy", 1.0), (1, "sell", 2.0)).astype(object)
    given.loc[1, name] = value
    with pytest.raises(DataError, match=said):
        read_markers(given)


@pytest.mark.parametrize("name", ["time", "kind", "price", "text"])
def test_a_column_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(DataError, match=f"need a column '{name}'"):
        read_markers(frame((0, "buy", 1.0)).drop(columns=name))


def test_times_are_utc_in_whatever_zone_they_come_and_may_be_the_index() -> None:
    given = frame((3, "buy", 1.0), (1, "event", np.nan))
    naive, far = given.copy(), given.copy()
    naive["time"] = naive["time"].dt.tz_localize(None)
    far["time"] = far["time"].dt.tz_convert("Asia/Kolkata")
    for one in (given, naive, far, given.set_index("time")):
        read = read_markers(one)
        assert read.time.tolist() == [START + MINUTE, START + 3 * MINUTE]
        assert read.row.tolist() == [1, 0]
    with pytest.raises(DataError, match="not numbers"):
        read_markers(given.assign(time=[1, 2]))


@pytest.mark.parametrize(("after", "bar"), [(0, 0), (0.999, 0), (1, 1), (8.5, 8), (9.9, 9)])
def test_a_marker_stands_on_the_bar_that_holds_its_time(after: float, bar: int) -> None:
    rows = marker_rows(read_markers(frame((after, "buy", 1.0))), stage())
    assert rows["x"].tolist() == [100 + bar]


def test_a_marker_in_a_pause_stands_on_the_bar_before_it() -> None:
    bars = stage()
    bars.times[5:] += 60 * MINUTE
    assert marker_rows(read_markers(frame((20, "sell", 1.0))), bars)["x"].tolist() == [104]


def test_markers_of_other_bars_do_not_travel_but_alerts_do() -> None:
    read = read_markers(
        frame((-5, "buy", 1.0), (1, "buy", 1.0), (5, "sell", 2.0), (9, "sell", 2.0), (-50, "alert", 3.0))
    )
    rows = marker_rows(read, stage(low=4, high=8))
    assert rows["id"].tolist() == [2, 4] and rows["x"][0] == 105
    assert marker_rows(read_markers(frame((500, "buy", 1.0))), stage())["id"].tolist() == []


def test_many_become_one_row_for_a_kind_on_a_bar() -> None:
    n = MOST + 2
    given = frame(*((i % 10, "buy" if i % 4 else "sell", float(i % 4 or 2), "fill", None, 1.0) for i in range(n)))
    rows = marker_rows(read_markers(given), stage())
    assert rows["count"].sum() == rows["pnl"].sum() == n
    assert len(rows["id"]) < 20 and set(rows["text"]) == {""}
    prices = [given["price"].iloc[i] for i in range(n) if i % 10 == 1 and i % 4]
    first = [i for i in range(len(rows["id"])) if rows["x"][i] == 101 and rows["kind"][i] == 0]
    assert np.isclose(rows["price"][first[0]], np.mean(prices))


def test_never_more_rows_than_a_message_should_have() -> None:
    n = 20_000
    rng = np.random.default_rng(5)
    times = pd.to_datetime(START + rng.integers(0, 4000 * MINUTE, n), utc=True)
    kinds = rng.choice(["buy", "sell", "event", "alert"], n)
    read = read_markers(pd.DataFrame({"time": times, "kind": kinds, "price": 1.0, "text": "x" * 500}))
    rows = marker_rows(read, stage(4000))
    assert len(rows["id"]) <= 2 * GATHERED + ALERTS
    assert rows["count"].sum() == np.isin(kinds, ["buy", "sell", "event"]).sum() + ALERTS
    assert max(map(len, rows["text"])) == LETTERS
    assert sum(rows[name].nbytes for name in COLUMNS if name != "text") < 200_000


def test_fills_of_a_round_trip_are_joined_in_the_order_of_their_times() -> None:
    read = read_markers(
        frame(
            (3, "sell", 12.0, "", "a", 5.0),
            (1, "buy", 10.0, "", "a", np.nan),
            (2, "buy", 11.0, "", "a", np.nan),
            (4, "sell", 9.0, "", "b", -1.0),
            (5, "event", np.nan, "", "b", np.nan),
            (6, "buy", 8.0, "", "b", -1.0),
            (7, "buy", 8.0),
        )
    )
    links = link_rows(read, stage())
    assert links["x0"].tolist() == [101, 102, 104] and links["x1"].tolist() == [102, 103, 106]
    assert links["y0"].tolist() == [10, 11, 9] and links["won"].tolist() == [1, 1, -1]


def test_a_line_to_a_fill_beyond_the_bars_that_are_shown_is_drawn() -> None:
    read = read_markers(frame((1, "buy", 1.0, "", 1, np.nan), (8, "sell", 2.0, "", 1, 3.0)))
    links = link_rows(read, stage(low=4, high=6))
    assert links["x0"].tolist() == [101] and links["x1"].tolist() == [108]
    assert len(link_rows(read, stage(low=9))["x0"]) == 0


def test_the_layer_sends_nothing_that_is_there() -> None:
    layer, read, sent = MarkerLayer(), read_markers(frame((1, "buy", 1.0), (2, "event", np.nan))), []
    layer.source.on_change("data", lambda attr, old, new: sent.append("source"))
    layer.links.on_change("data", lambda attr, old, new: sent.append("links"))
    for _ in range(2):
        layer.show(marker_rows(read, stage()), link_rows(read, stage()), whole=2)
    assert sent == ["source"] and layer.source.tags == [{"whole": 2}]
