"""Trades and bars read from JSON: what each value may be, and that nothing else gets through."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.live import rows
from workbench.live.rows import Unusable
from workbench.market.events import BAR, TRADE

NOW = int(np.datetime64("2024-03-04T12:00", "ns").astype("i8"))
TICK = {"symbol": "BTC-USD", "price": 65000.5, "volume": 0.25, "timestamp": "2024-03-04T11:59:59.5"}
MINUTE = {
    "timestamp": "2024-03-04T11:58:00Z", "open": 10.0, "high": 12.0, "low": 9.5, "close": 11.0, "volume": 100,
    "bid_volume": 40, "ask_volume": 60, "number_of_trades": 7, "open_interest": 0,
    "chart_info": {"symbol": "ES", "seconds_per_bar": 60},
}  # fmt: skip


@given(st.integers(10**17, 2**62), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_numbers_are_taken_by_their_magnitude(nanoseconds: int, unit: int) -> None:
    assert rows.instant(nanoseconds // unit) == nanoseconds // unit * unit
    assert rows.instant(str(nanoseconds // unit)) == nanoseconds // unit * unit


@given(
    st.datetimes(pd.Timestamp("1970-01-02"), pd.Timestamp("2200-01-01")),
    st.integers(0, 999),
    st.sampled_from(["", "Z", "+00:00"]),
)
def test_written_times_keep_their_nanoseconds(when: datetime, rest: int, zone: str) -> None:
    text = when.replace(microsecond=when.microsecond or 1).isoformat()
    wanted = int(np.datetime64(text, "ns").astype("i8")) + rest
    assert rows.instant(f"{text}{rest:03d}{zone}") == wanted
    assert rows.instant(f"{text}{zone}") == wanted - rest


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("2024-03-04", "2024-03-04T00:00"),
        ("2024-03-04T13:00:00+02:00", "2024-03-04T11:00"),
        ("2024-03-04 11:00:00.1234567", "2024-03-04T11:00:00.1234567"),
        (1709550000.25, "2024-03-04T11:00:00.25"),
        (1709550000250.5, "2024-03-04T11:00:00.2505"),
        ("1709550000.25", "2024-03-04T11:00:00.25"),
        ("1969-12-31T23:59:59.999999999", "1969-12-31T23:59:59.999999999"),
    ],
)
def test_times(value: object, wanted: str) -> None:
    assert rows.instant(value) == int(np.datetime64(wanted, "ns").astype("i8"))


@pytest.mark.parametrize(
    "value",
    [None, True, [], {}, "", "soon", "2024-13-01", math.nan, math.inf, 2**63, -(2**63) - 1, 10**400, "9" * 5000]
    + ["9999-01-01", "1_000", "0x10", "1e999", "0001-01-01T00:00:00+23:59"],
)  # fmt: skip
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(Unusable) as told:
        rows.instant(value)
    assert told.value.field == "timestamp" and len(str(told.value)) < 120


@pytest.mark.parametrize(
    "value", [None, False, "", "NaN", "inf", "1_0", [1], math.nan, -math.inf, 10**400, "1e400", " 1"]
)
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(Unusable, match="price"):
        rows.number(value, "price")


def test_numbers_may_be_texts() -> None:
    assert [rows.number(one, "x") for one in ("65000.5", "-1e3", ".5", 7)] == [65000.5, -1000.0, 0.5, 7.0]


def test_a_tick_is_read() -> None:
    name, one = rows.trade(TICK, now=NOW)
    assert name == "BTC-USD"
    assert np.array([one], TRADE)[0].tolist() == (NOW - 500_000_000, NOW, 65000.5, 0.25, 0, 0)
    for side, wanted in [("buy", 1), ("SELL", -1), (" b ", 1), (-1, -1), (0, 0), ("unknown", 0), (None, 0), ("", 0)]:
        assert rows.trade({**TICK, "side": side}, now=NOW)[1][4] == wanted
    nameless = {key: value for key, value in TICK.items() if key != "symbol"}
    assert rows.trade(nameless, now=NOW, channel="ES")[0] == "ES"
    assert rows.trade({**nameless, "chart_info": {"symbol": "NQ"}}, now=NOW)[0] == "NQ"
    sized = {"size": 3, **{key: value for key, value in TICK.items() if key != "volume"}}
    assert rows.trade(sized, now=NOW)[1][3] == 3.0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price": None}, "price"), ({"price": math.nan}, "price"), ({"volume": -1}, "volume"),
        ({"side": "up"}, "side"),
        ({"side": True}, "side"), ({"side": []}, "side"), ({"side": 2}, "side"), ({"symbol": ""}, "symbol"),
        ({"symbol": 5}, "symbol"), ({"symbol": " ES"}, "symbol"), ({"symbol": "\ud800"}, "symbol"),
        ({"symbol": None}, "symbol"), ({"symbol": "x" * 101}, "symbol"), ({"timestamp": "2024-03-06"}, "timestamp"),
        ({"timestamp": -5}, "timestamp"), ({"timestamp": None}, "timestamp"),
    ],
)  # fmt: skip
def test_a_tick_that_cannot_be_used_names_the_field(changes: dict, field: str) -> None:
    with pytest.raises(Unusable) as told:
        rows.trade({**TICK, **changes}, now=NOW)
    assert told.value.field == field


def test_identities() -> None:
    assert rows.identity({"id": 5}, "me") == rows.identity({"id": "5", "seq": 3}, "you") == "id/5"
    assert rows.identity({"seq": 5}, "me") == rows.identity({"seq": 5, "client": "me"}, "you") == "seq/5/me"
    assert rows.identity({"seq": 5}, "me") != rows.identity({"id": "seq/5/me"}, "me")
    bad = [{}, {"id": ""}, {"id": True}, {"id": 1.5}, {"id": "x" * 201}, {"seq": -1}, {"seq": "1"}, {"seq": True}]
    for row in [*bad, {"seq": 1, "client": ""}, {"seq": 1, "client": 4}]:
        with pytest.raises(Unusable):
            rows.identity(row, "me")


def test_a_bar_is_read_and_volume_sides_are_the_aggressors() -> None:
    name, spec, one = rows.bar(MINUTE, now=NOW)
    got = np.array([one], BAR)[0]
    assert (name, spec) == ("ES", "1min")
    assert got["time"] == NOW - 120 * 10**9
    assert (got["buy_volume"], got["sell_volume"], got["volume"], got["trades"]) == (60, 40, 100, 7)
    assert np.isnan(got["vwap"])
    plain = {key: MINUTE[key] for key in ("timestamp", "open", "high", "low", "close", "volume", "chart_info")}
    assert np.array([rows.bar(plain, now=NOW)[2]], BAR)[0][["buy_volume", "sell_volume", "trades"]].tolist() == (
        0,
        0,
        0,
    )
    for seconds, wanted in [(1, "1s"), (300, "5min"), (86_400, "1d"), (604_800, "1w"), ("3600", "1h"), (90.0, "90s")]:
        assert rows.bar({**MINUTE, "chart_info": {"symbol": "ES", "seconds_per_bar": seconds}}, now=NOW)[1] == wanted


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"open": None, "close": "x", "volume": -1}, ["open", "close", "volume"]),
        ({"high": 10.5}, ["high"]), ({"low": 10.5}, ["low"]), ({"high": 1, "low": 20}, ["high"]),
        ({"bid_volume": 60}, ["volume"]), ({"number_of_trades": 1.5}, ["number_of_trades"]),
        ({"number_of_trades": 2**60}, ["number_of_trades"]), ({"open_interest": -1}, ["open_interest"]),
        ({"chart_info": None}, ["chart_info"]), ({"chart_info": []}, ["chart_info"]),
        ({"chart_info": {}}, ["chart_info.symbol", "chart_info.seconds_per_bar"]),
        ({"chart_info": {"symbol": "A", "seconds_per_bar": 0}}, ["chart_info.seconds_per_bar"]),
        ({"chart_info": {"symbol": "A", "seconds_per_bar": 100_000}}, ["chart_info.seconds_per_bar"]),
        ({"timestamp": NOW + 2 * 86_400 * 10**9}, ["timestamp"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_with_a_bar_is_told(changes: dict, fields: list[str]) -> None:
    found = rows.bar({**MINUTE, **changes}, now=NOW)
    assert isinstance(found, list) and [one.field for one in found] == fields


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MINUTE, *TICK, "side", "id"]), inner),
)


@given(st.dictionaries(st.sampled_from([*MINUTE, *TICK, "side", "size", "id", "seq"]), JSON))
def test_anything_else_is_refused_in_words(row: dict) -> None:
    row = json.loads(json.dumps(row))
    for read in (lambda: rows.trade(row, now=NOW), lambda: rows.identity(row, "me")):
        try:
            read()
        except Unusable as fault:
            assert fault.reason
    found = rows.bar(row, now=NOW)
    if isinstance(found, tuple):
        assert np.isfinite(list(found[2][:-1])).all()


def test_now_is_real() -> None:
    assert abs(rows.instant(datetime.now(UTC).timestamp()) - datetime.now(UTC).timestamp() * 1e9) < 1e10
