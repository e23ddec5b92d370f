"""The catalog: any bars, from whatever there is, exactly; clear words when there is nothing."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.bars import bars_from_trades, quote_bars_from_quotes, side_bars
from workbench.catalog import MarketCatalog, Store, parts
from workbench.errors import DataError, UnknownNameError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, QUOTE, TRADE
from workbench.market.instruments import InstrumentMaster
from workbench.market.specs import DAY, BarSpec

T0 = int(np.datetime64("2024-02-27T03:00:00.5", "ns").astype("i8"))
DAYS = 20
SPECS = ("1s", "5s", "7min", "45min", "1h", "4h", "1d", "1w", "1mo")  # MSFT has minutes only


def tape() -> np.ndarray:
    rng = np.random.default_rng(3)
    out = np.zeros(9000, TRADE)
    out["ts_event"] = T0 + np.sort(rng.integers(0, DAYS * DAY, len(out)))
    out["price"], out["size"] = rng.integers(90, 110, len(out)), rng.integers(1, 9, len(out))
    out["side"] = rng.choice([-1, 0, 1], len(out))
    return out


def quotes() -> np.ndarray:
    rng = np.random.default_rng(4)
    out = np.zeros(3000, QUOTE)
    out["ts_event"] = T0 + np.sort(rng.integers(0, 3 * DAY, len(out)))
    out["bid"], out["ask"] = 1 + rng.random(len(out)), 3 + rng.random(len(out))
    return out


def daily(rows: int, first: str = "2000-03-01") -> np.ndarray:
    out = np.zeros(rows, BAR)
    out["time"] = np.datetime64(first, "ns").astype("i8") + np.arange(rows) * DAY
    out["open"] = out["high"] = out["low"] = out["close"] = np.arange(rows) + 1.0
    out["volume"] = 10
    return out


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> MarketCatalog:
    store = Store(tmp_path_factory.mktemp("catalog"))
    for symbol in ("BTC-USD", "ES"):
        store.write("syn", "trades", symbol, tape())
    store.write("oanda", "quotes", "EURUSD", quotes())
    store.write("bokeh", "bars_1d", "AAPL", daily(400))
    store.write("vendor", "bars_1min", "MSFT", bars_from_trades(tape(), BarSpec.parse("1min")))
    return MarketCatalog(store, InstrumentMaster.load(store.data_dir))


def same(got: np.ndarray, want: np.ndarray) -> None:
    for name in BAR.names:
        np.testing.assert_array_equal(got[name], want[name]) if name != "vwap" else np.testing.assert_allclose(
            got[name], want[name], rtol=1e-12
        )


@pytest.mark.parametrize("session", [None, "XNYS", "CME_ES", "days:Asia/Kolkata"])
@pytest.mark.parametrize(
    ("symbol", "spec"),
    [(symbol, spec) for symbol in ("BTC-USD", "ES", "MSFT") for spec in SPECS if (symbol, spec[-1]) != ("MSFT", "s")],
)
def test_bars_are_those_of_the_trades_in_any_range(
    catalog: MarketCatalog, symbol: str, spec: str, session: str | None
) -> None:
    one = BarSpec.parse(spec)
    kept = calendar(session) if session else catalog.instrument(symbol).calendar_of(one)
    want = bars_from_trades(tape(), one, kept)
    same(catalog.bar_records(symbol, spec, session=session), want)
    for low, high in ((T0 + DAY + 1, T0 + 9 * DAY), (T0 - DAY, T0 + 5), (T0 + 17 * DAY, T0 + 99 * DAY)):
        inside = want[(want["time"] >= low) & (want["time"] < high)]
        same(catalog.bar_records(symbol, spec, low, high, session=session), inside)
        for n in (1, 4, 60):
            same(catalog.latest_bars(symbol, spec, n, high, session=session), want[want["time"] < high][-n:])
    same(catalog.latest_bars(symbol, spec, 3, session=session), want[-3:])


def test_quotes_give_bars_of_a_side(catalog: MarketCatalog) -> None:
    spec = BarSpec.parse("5min")
    for price in ("bid", "ask"):
        want = side_bars(quote_bars_from_quotes(quotes(), spec), price)
        got = catalog.bar_records("EURUSD", "5min", price=price)
        assert got.tobytes() == want.tobytes()
    assert (
        catalog.bar_records("EURUSD", "5min").tobytes() == catalog.bar_records("EURUSD", "5min", price="bid").tobytes()
    )
    mid = catalog.bars("EURUSD", "1d", price="mid")
    assert ((mid["low"] >= 2) & (mid["high"] <= 3)).all()
    assert len(catalog.latest_bars("EURUSD", "1d", 2, price="mid")) == 2
    with pytest.raises(DataError, match="bid, ask, mid"):
        catalog.bars("EURUSD", "1d", price="last")


@pytest.mark.parametrize("spec", ["1min", "4h", "1d"])
def test_dask_and_arrow_hold_the_same(catalog: MarketCatalog, spec: str) -> None:
    want = catalog.bars("ES", spec, "2024-03-01", "2024-03-09 12:34")
    lazy = catalog.bars("ES", spec, "2024-03-01", "2024-03-09 12:34", as_="dask")
    pd.testing.assert_frame_equal(lazy.compute(scheduler="synchronous"), want, check_freq=False)
    table = catalog.bars("ES", spec, "2024-03-01", "2024-03-09 12:34", as_="arrow")
    assert str(table.schema.field("time").type) == "timestamp[ns, tz=UTC]"
    np.testing.assert_array_equal(table.column("close").to_numpy(), want["close"])
    trades = catalog.trades("ES", "2024-03-01", "2024-03-04 05:00")
    lazy = catalog.trades("ES", "2024-03-01", "2024-03-04 05:00", as_="dask").compute(scheduler="synchronous")
    pd.testing.assert_frame_equal(lazy.reset_index(drop=True), trades)
    with pytest.raises(DataError, match="pandas, dask, arrow"):
        catalog.bars("ES", "1d", as_="polars")


def test_times_are_utc_unless_they_say_otherwise(catalog: MarketCatalog) -> None:
    naive = catalog.bars("ES", "1h", "2024-03-01 00:00", "2024-03-02")
    evening = pd.Timestamp("2024-02-29 19:00", tz="America/New_York")
    local = catalog.bars("ES", "1h", evening, np.datetime64("2024-03-02"))
    pd.testing.assert_frame_equal(naive, local)
    assert str(naive.index[0]) == "2024-03-01 00:00:00+00:00"
    with pytest.raises(DataError, match="'yesteryear' cannot be read"):
        catalog.bars("ES", "1h", "yesteryear")


@pytest.mark.parametrize("form", ["pandas", "dask", "arrow"])
def test_nothing_has_the_right_columns(catalog: MarketCatalog, form: str) -> None:
    for spec in ("1min", "1d"):
        bars = catalog.bars("ES", spec, "2030", "2031", as_=form)
        assert len(bars) == 0
        assert list(bars.columns if form != "arrow" else bars.column_names[1:]) == list(BAR.names[1:])
    if form == "pandas":
        assert str(bars.index.dtype) == "datetime64[ns, UTC]" and bars["trades"].dtype == "int64"
        assert catalog.trades("ES", "2030").dtypes["side"] == "int8"


def test_daily_bars_of_a_vendor_make_weeks(catalog: MarketCatalog) -> None:
    assert len(catalog.bars("AAPL", "1d")) == 400
    weeks = catalog.bars("AAPL", "1w")
    assert weeks["volume"].sum() == 4000
    assert (weeks.index.day_of_week == 0).all()
    for spec in ("1h", "12h"):
        with pytest.raises(DataError, match=r"no exact .* there are bokeh/bars_1d"):
            catalog.bars("AAPL", spec)


def test_daily_bars_stamped_at_the_open_make_weeks_of_sessions(tmp_path: Path) -> None:
    sessions = calendar("XNYS").sessions(T0, T0 + 60 * DAY)
    bars = daily(len(sessions))
    bars["time"] = sessions.open
    store = Store(tmp_path)
    store.write("vendor", "bars_1d", "AAPL", bars)
    weeks = MarketCatalog(store, InstrumentMaster.load(tmp_path)).bars("AAPL", "1w")
    assert weeks["volume"].sum() == 10 * len(bars)
    assert set(weeks.index[1:].as_unit("ns").asi8) <= set(sessions.open.tolist())


def test_the_widest_source_wins_and_events_among_equals(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", "trades", "BTC-USD", tape())
    store.write("b", "bars_1min", "BTC-USD", bars_from_trades(tape(), BarSpec.parse("1min")))
    store.write("c", "bars_1d", "BTC-USD", daily(3000, "2017-01-01"))
    catalog = MarketCatalog(store, InstrumentMaster.load(tmp_path))
    assert catalog.sources("BTC-USD")[0] == "c"
    assert len(catalog.bars("BTC-USD", "1d")) == 3000
    same(catalog.bar_records("BTC-USD", "1h"), bars_from_trades(tape(), BarSpec.parse("1h")))
    assert catalog._bars("BTC-USD", BarSpec.parse("1h"), session=None, price=None, source=None).plan.source == "a"
    assert len(catalog.bars("BTC-USD", "1d", source="a")) == DAYS + 1
    with pytest.raises(UnknownNameError, match="source of BTC-USD 'd'"):
        catalog.bars("BTC-USD", "1d", source="d")


def test_latest_bars_read_only_the_tail(catalog: MarketCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = parts._read

    def counted(folder: Path, part: object, *rest: object) -> np.ndarray:
        opened.append(f"{folder.parent.name}/{part.path}")
        return real(folder, part, *rest)

    monkeypatch.setattr(parts, "_read", counted)
    assert len(catalog.store.manifests("syn", "ES").datasets["rollup_1s"].parts) > DAYS
    catalog.latest_bars("ES", "1s", 50)
    assert len(opened) <= 2 and opened[0].startswith("rollup_1s/date=2024-03-18")
    opened.clear()
    catalog.latest_bars("ES", "5s", 20, T0 + 10 * DAY)
    assert {o.partition("/")[0] for o in opened} == {"rollup_1s"} and len(opened) <= 2


def test_names_are_found_or_suggested(catalog: MarketCatalog) -> None:
    assert catalog.symbols() == ["AAPL", "BTC-USD", "ES", "EURUSD", "MSFT"]
    assert len(catalog.bars("btcusd", "1d")) == DAYS + 1  # an alias, in any case
    with pytest.raises(UnknownNameError, match="did you mean AAPL"):
        catalog.bars("AAPLE", "1d")
    with pytest.raises(UnknownNameError, match="there is no data of GOOG yet"):
        catalog.bars("GOOG", "1d")
    with pytest.raises(DataError, match="no quotes of ES; there are trades"):
        catalog.quotes("ES")
    assert catalog.coverage("GOOG") is None
    first, last = catalog.coverage("ES")
    assert first < T0 + DAY and last == int(tape()["ts_event"][-1])
    with pytest.raises(DataError, match="n must be at least 1"):
        catalog.latest_bars("ES", "1d", 0)


def test_datasets_are_listed_without_rollups(catalog: MarketCatalog) -> None:
    frame = catalog.datasets().set_index("name")
    assert sorted(frame["kind"].unique()) == ["bars_1d", "bars_1min", "quotes", "trades"]
    row = frame.loc["syn/trades/ES"]
    assert (row["rows"], row["symbols"], row["tz"], row["quarantined"]) == (9000, "ES", "America/Chicago", 0)
    assert row["start"] == pd.Timestamp(int(tape()["ts_event"][0]), tz="UTC")
    assert "AAPL" in catalog.instruments("apple").index


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    catalog = MarketCatalog(Store(tmp_path / "none"), InstrumentMaster.load(None), tmp_path)
    assert catalog.datasets().empty and catalog.symbols() == [] and catalog.broken == {}
    with pytest.raises(UnknownNameError, match="no data of ES yet"):
        catalog.bars("ES", "1d")


def test_a_catalog_travels(catalog: MarketCatalog) -> None:
    again = pickle.loads(pickle.dumps(catalog))
    pd.testing.assert_frame_equal(again.bars("ES", "1d"), catalog.bars("ES", "1d"))
