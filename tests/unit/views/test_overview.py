from __future__ import annotations

import time

import numpy as np
import pytest

from tests.unit.views.fakes import DAY, START, FakeCatalog, FakeHub, FakeLive, FakeServices, bars
from workbench.errors import DataError
from workbench.views.overview import OverviewModel, join_bars


def model_of(services: FakeServices, *, hub: bool = True) -> OverviewModel:
    return OverviewModel(services, lambda: services.hub if hub else None)


@pytest.fixture
def services() -> FakeServices:
    return FakeServices(FakeCatalog({"AAPL": ("bars_1d", [10.0, 11.0]), "BTC-USD": ("trades", [100.0, 200.0, 210.0])}))


def test_rows_and_totals(services: FakeServices) -> None:
    overview = model_of(services).gather()
    assert [row.symbol for row in overview.rows] == ["BTC-USD", "AAPL"]  # what may be live comes first
    btc, aapl = overview.rows
    assert (btc.last, btc.decimals, btc.daily, btc.live) == (210.0, 2, False, False)
    assert btc.change == pytest.approx(210 / 200 - 1)
    assert (aapl.change, aapl.daily) == (pytest.approx(0.1), True)
    assert aapl.spark == (10.0, 11.0)
    assert (overview.datasets, overview.stored_rows, overview.stored_bytes) == (2, 5, 200)
    assert overview.sources == {"test": (2, 5, 200)}


def test_live_trades_move_the_row_and_a_new_day_moves_the_base_of_the_change(services: FakeServices) -> None:
    model = model_of(services)
    model.gather()
    live = services.hub.lives["BTC-USD", "1d"]
    live.shot.forming = bars([220.0], start=START + 2 * DAY)
    live.shot.last_price, live.shot.last_event_ns = 220.0, time.time_ns()
    row = model.tick().rows[0]
    assert (row.last, row.live) == (220.0, True)
    assert row.change == pytest.approx(220 / 200 - 1)
    live.shot.closed = bars([215.0], start=START + 2 * DAY)
    live.shot.forming = bars([430.0], start=START + 3 * DAY)
    live.shot.last_price = 430.0
    model._ticked_at = -1e9
    assert model.tick().rows[0].change == pytest.approx(1.0)


def test_one_damaged_symbol_marks_its_row_only(services: FakeServices) -> None:
    services.catalog.damaged.add("AAPL")
    btc, aapl = model_of(services).gather().rows
    assert btc.problem == "" and btc.last == 210.0
    assert "part-0.parquet is damaged" in aapl.problem and aapl.last is None


def test_a_broken_catalog_raises_and_is_read_again_when_mended(services: FakeServices) -> None:
    model = model_of(services)
    services.catalog.broken = True
    with pytest.raises(DataError, match="mend it"):
        model.gather()
    services.catalog.broken = False
    assert len(model.gather().rows) == 2


def test_pages_share_one_look_at_the_catalog(services: FakeServices) -> None:
    model = model_of(services)
    model.gather()
    reads = services.catalog.reads
    model.gather()
    assert services.catalog.reads == reads
    model.gather(force=True)
    assert services.catalog.reads == 2 * reads


def test_the_last_page_to_go_closes_the_subscriptions(services: FakeServices) -> None:
    model = model_of(services)
    model.attach()
    model.attach()
    model.gather()
    assert set(services.hub.lives) == {("BTC-USD", "1d"), ("BTC-USD", "1h")}
    model.detach()
    assert [live.closed_calls for live in services.hub.lives.values()] == [0, 0]
    model.detach()
    assert [live.closed_calls for live in services.hub.lives.values()] == [1, 1]


def test_a_symbol_that_is_gone_is_let_go(services: FakeServices) -> None:
    model = model_of(services)
    model.gather()
    del services.catalog.data["BTC-USD"]
    assert [row.symbol for row in model.gather(force=True).rows] == ["AAPL"]
    assert services.hub.lives["BTC-USD", "1d"].closed_calls == 1


def test_without_a_hub_the_history_is_shown_and_soon_looked_at_again(services: FakeServices) -> None:
    overview = model_of(services, hub=False).gather()
    assert overview.rows[0].last == 210.0
    assert services.hub.lives == {}


def test_join_prefers_live_bars_of_the_same_time() -> None:
    live = FakeLive(bars([9.0], start=START + DAY), bars([8.0], start=START + 2 * DAY))
    joined = join_bars(bars([1.0, 2.0]), live)
    assert joined["close"].tolist() == [1.0, 9.0, 8.0]
    assert np.all(np.diff(joined["time"]) == DAY)
    assert join_bars(bars([1.0]), None)["close"].tolist() == [1.0]
    assert join_bars(bars([1.0]), FakeHub().subscribe("x", "1d"))["close"].tolist() == [1.0]
