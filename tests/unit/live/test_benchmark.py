"""The benchmark of the live plane counts every trade; nothing here asks how fast."""

from __future__ import annotations

import pytest

from benchmarks import live


@pytest.mark.parametrize("measure", [live.sustained_row, live.bridge_row])
def test_every_trade_is_counted(measure: object) -> None:
    live.warm()
    with live.redis() as url:
        found = measure(url, 0.3)
    assert found["checked"] is True and found["note"]
