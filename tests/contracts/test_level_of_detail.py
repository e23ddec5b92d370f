"""Whatever window a chart shows, the bars in the browser are those resampled from the trades directly, bit for bit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.bars import bars_from_trades
from workbench.catalog import MarketCatalog, Store
from workbench.charts.candles import MAX_BARS, WIDEST
from workbench.market.events import BAR, TRADE
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import COMMON, SECOND, BarSpec
from workbench.views.chart import ChartView
from workbench.views.state import AppState
from workbench.workspaces import Workspaces

#: Random windows of each symbol; WORKBENCH_WINDOWS=200 is the number that is promised.
WINDOWS = int(os.environ.get("WORKBENCH_WINDOWS", "60"))
#: Around the clock; sessions over midnight and over both changes of the clock; days with a pause between them.
SYMBOLS = ("BTC-USD", "ES", "AAPL")
START, END = (pd.Timestamp(day, tz="UTC").value for day in ("2024-02-26", "2024-04-08"))
TRADES = 150_000
FIELDS = ("open", "high", "low", "close", "volume")


def tape(seed: int) -> np.ndarray:
    """Busy and quiet stretches, equal stamps, pauses of days; sizes whose sums are exact in any order."""
    rng = np.random.default_rng(seed)
    out = np.zeros(TRADES, TRADE)
    bursts = np.sort(rng.integers(START, END, TRADES // 500))
    pauses = rng.exponential(20 * SECOND, (TRADES // 500, 500)).astype("i8")
    times = np.repeat(bursts, 500) + pauses.cumsum(1).ravel()
    out["ts_event"] = out["ts_recv"] = np.sort(times - times % rng.choice([1, SECOND], TRADES))
    out["price"] = np.round(100 + np.cumsum(rng.integers(-1, 2, TRADES)) * 0.01, 2)
    out["size"] = rng.integers(1, 400, TRADES) / 8
    out["side"] = rng.choice([-1, 0, 1], TRADES)
    return out


@pytest.fixture(scope="module")
def tapes() -> dict[str, np.ndarray]:
    return {symbol: tape(seed) for seed, symbol in enumerate(SYMBOLS)}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, tapes: dict[str, np.ndarray]) -> Iterator[SimpleNamespace]:
    store = Store(tmp_path_factory.mktemp("store"))
    for symbol, trades in tapes.items():
        store.write("test", "trades", symbol, trades)
    catalog = MarketCatalog(store, InstrumentMaster.load(Path(store.data_dir)))
    workspaces = Workspaces("sqlite://")
    yield SimpleNamespace(catalog=catalog, workspaces=workspaces)
    workspaces.close()


class Truth:
    """Bars of any spec from all trades at once."""

    def __init__(self, trades: np.ndarray, instrument: Instrument) -> None:
        self.trades, self.instrument = trades, instrument
        self._made: dict[str, np.ndarray] = {}

    def bars(self, spec: BarSpec) -> np.ndarray:
        if str(spec) not in self._made:
            self._made[str(spec)] = bars_from_trades(self.trades, spec, self.instrument.calendar_of(spec))
        return self._made[str(spec)]


def hold_the_truth(view: ChartView, truth: np.ndarray, where: str) -> None:
    """The browser's bars are a stretch of the true ones without a gap, and all there are of the window."""
    data = view.chart.source.data
    count = len(data["x"])
    assert 0 < count <= MAX_BARS, where
    assert np.array_equal(data["x"], np.arange(data["x"][0], data["x"][0] + count)), where
    stamps = view.history.records["time"][data["x"] - view.history.first]
    assert np.array_equal(data["time"], stamps // 1_000_000), where
    at = int(np.searchsorted(truth["time"], stamps[0]))
    wanted = truth[at : at + count]
    assert np.array_equal(stamps, wanted["time"]), where
    for name in FIELDS:
        assert np.array_equal(data[name].view("i8"), np.ascontiguousarray(wanted[name]).view("i8")), f"{where}: {name}"
    start, end = view.window
    assert data["x"][0] <= start or at == 0, f"{where}: bars are missing at the left"
    assert data["x"][-1] >= end - 1 or at + count == len(truth), f"{where}: bars are missing at the right"


def look(view: ChartView, start: float, end: float, *, width: int, ask: str = "") -> None:
    """What the browser tells after a pan or a zoom."""
    epoch = view.chart.source.tags[0]["epoch"]
    view.chart.viewport.data = {"start": [start], "end": [end], "width": [width], "epoch": [epoch], "ask": [ask]}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_any_window_holds_what_brute_force_gives(services: SimpleNamespace, tapes: dict, symbol: str) -> None:
    rng = np.random.default_rng(SYMBOLS.index(symbol) + 11)
    view = ChartView(services, AppState(symbol=symbol, spec="1s"), live=False)
    view.__panel__()
    truth = Truth(tapes[symbol], view.instrument)
    seen = set()
    for step in range(WINDOWS):
        if step % 5 == 0:
            view.state.spec = str(rng.choice(COMMON))
        start, end = view.window
        how = rng.choice(["pan", "jump", "zoom", "home", "end"], p=[0.35, 0.1, 0.45, 0.05, 0.05])
        if how == "pan":
            shift = (end - start) * rng.uniform(-1.5, 1.5)
            start, end = start + shift, end + shift
        elif how == "jump":
            shift = rng.choice([-1, 1]) * rng.uniform(1000, 9000)
            start, end = start + shift, end + shift
        elif how == "zoom":
            width = float(np.clip((end - start) * np.exp(rng.uniform(-2.5, 2.5)), 8, WIDEST))
            start = start + (end - start - width) * rng.uniform()
            end = start + width
        # The browser keeps the hand where there are bars: some of them stay in view.
        low, high = view.history.first, view.history.stop
        width = end - start
        if view.history.at_end:
            start = min(start, high - 0.3 * width)
        if view.history.at_start:
            start = max(start, low - 0.7 * width)
        where = f"{symbol} {step}: {view.state.spec}, {how} to {start:.0f} .. {start + width:.0f} of {view.spec}"
        look(view, start, start + width, width=int(rng.integers(320, 2600)), ask=how if how in ("home", "end") else "")
        hold_the_truth(view, truth.bars(view.spec), f"{where} -> {view.spec}")
        seen.add(str(view.spec))
    assert len(seen) >= 4  # or the walk stood still


def test_bars_that_are_handed_in_are_thinned_the_same_way(tapes: dict) -> None:
    trades = tapes["BTC-USD"]
    truth = Truth(trades, InstrumentMaster.load().get("BTC-USD"))
    finest = truth.bars(BarSpec.parse("1min"))
    frame = pd.DataFrame({name: finest[name] for name in BAR.names if name != "time"})
    frame.index = pd.DatetimeIndex(finest["time"].view("M8[ns]"), tz="UTC", name="time")
    view = ChartView(bars=frame)
    view.__panel__()
    assert str(view.spec) == "1min"
    rng = np.random.default_rng(5)
    seen = set()
    for step in range(WINDOWS):
        start, end = view.window
        width = float(np.clip((end - start) * np.exp(rng.uniform(-1.5, 1.8)), 8, WIDEST))
        start = float(np.clip(start + rng.uniform(-1, 1) * width, view.history.first, view.history.stop - 0.3 * width))
        look(view, start, start + width, width=1400)
        hold_the_truth(view, truth.bars(view.spec), f"{step}: {start:.0f} .. {start + width:.0f} -> {view.spec}")
        seen.add(str(view.spec))
    assert len(seen) >= 2
