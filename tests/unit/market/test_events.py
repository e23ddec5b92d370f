from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.market.events import BAR, TRADE, as_frame, as_records, event_times


def test_missing_trade_columns_are_neutral():
    index = pd.DatetimeIndex(["2024-01-02T09:30"]).tz_localize("America/New_York")
    out = as_records(pd.DataFrame({"price": [1.5], "size": [2.0]}, index=index), "trades")
    assert out.dtype == TRADE and out["ts_event"][0] == out["ts_recv"][0] == pd.Timestamp("2024-01-02T14:30").value
    assert out["side"][0] == 0 and out["flags"][0] == 0


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_any_unit_become_ns(unit):
    frame = pd.DataFrame({"time": pd.to_datetime(["2024-01-02"]).as_unit(unit)})
    assert event_times(frame).tolist() == [pd.Timestamp("2024-01-02").value]


def test_bars_round_trip():
    bars = np.zeros(2, BAR)
    bars["time"], bars["close"], bars["trades"] = [0, 60_000_000_000], [1.0, 2.0], [3, 4]
    np.testing.assert_array_equal(as_records(as_frame(bars), "bars"), bars)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"ts_event": [1], "size": [1.0]}), "'price'"),
        (pd.DataFrame({"price": [1.0]}), "no times"),
        (pd.DataFrame({"ts_event": [1.5], "price": [1.0], "size": [1.0]}), "int64"),
        (pd.DataFrame({"ts_event": [pd.NaT], "price": [1.0], "size": [1.0]}), "NaT"),
        (np.zeros(1, BAR), "dtype"),
    ],
)
def test_refused(frame, said):
    with pytest.raises(DataError, match=said):
        as_records(frame, "trades")
