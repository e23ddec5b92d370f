from __future__ import annotations

import numpy as np
import pytest

from workbench.catalog import demo
from workbench.catalog.market_catalog import MarketCatalog
from workbench.catalog.store import Store
from workbench.catalog.synthetic import SyntheticMarket
from workbench.market.instruments import InstrumentMaster
from workbench.market.specs import DAY

NOW = int(np.datetime64("2026-03-11T15:00:00.000000123", "ns").astype("i8"))


@pytest.fixture
def catalog(tmp_path):
    return MarketCatalog(Store(tmp_path), InstrumentMaster.load(tmp_path))


def test_real_days():
    bars = demo.daily_bars("AAPL")
    assert len(bars) == 3270 and str(bars["time"][:1].view("M8[ns]")[0])[:16] == "2000-03-01T14:30"
    assert (np.diff(bars["time"]) > 0).all()


def test_written_once_and_topped_up(catalog):
    start = (NOW // DAY - 2) * DAY
    demo.write_demo(catalog, NOW, symbols=["NIFTY"], days=2)
    before = catalog.store.datasets()
    demo.write_demo(catalog, NOW, symbols=["NIFTY"], days=2)
    assert catalog.store.datasets() == before
    demo.write_demo(catalog, NOW + DAY, symbols=["NIFTY"], days=2)
    stored = catalog.store.read("synthetic", "trades", "NIFTY")
    assert np.array_equal(stored, SyntheticMarket("NIFTY").trades(start, NOW + DAY))
    assert catalog.store.manifest("synthetic", "trades", "NIFTY").covered_until == NOW + DAY
    assert catalog.store.manifest("bokeh", "bars_1d", "AAPL").rows == 3270


def test_goes_on_after_a_stop_in_the_middle(catalog):
    def stop(done, total, what):
        assert done <= total
        if "NIFTY" in what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.write_demo(catalog, NOW, symbols=["NIFTY"], days=3, progress=stop)
    demo.write_demo(catalog, NOW, symbols=["NIFTY"], days=3)
    stored = catalog.store.read("synthetic", "trades", "NIFTY")
    assert np.array_equal(stored, SyntheticMarket("NIFTY").trades((NOW // DAY - 3) * DAY, NOW))
