"""Bars that time does not cut, from the store: those of the whole tape bit for bit, in any range, reading little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.bars import bars_from_bars, bars_from_trades, record_dtype, resample
from workbench.catalog import MarketCatalog, Store, event_bars, parts, schema
from workbench.catalog import tape as tapes
from workbench.catalog.plan import Plan
from workbench.catalog.shelf import Given
from workbench.errors import DataError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, FLAG_NO_BAR, QUOTE, TRADE
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import DAY, BarSpec, bar_kinds

T0 = int(np.datetime64("2024-03-05T03:00:00.5", "ns").astype("i8"))
DAYS = 12
SESSIONS = ["XNYS", "CME_ES", "XHKG", "24/7"]
RUNS = ["37tick", "120vol", "9000usd", "range:0.5"]
RUNNING = [
    "renko:0.5", "renko:0.5(15min)", "ha(15min)", "ha(4h)", "ha(37tick)", "ha(1d)", "ha(ha(1h))", "linebreak(1h)",
    "kagi:0.4(15min)", "pnf:0.2,3(15min)", "linebreak(renko:0.3(5min))", "renko:0.2(37tick)", "ha(renko:0.5)",
]  # fmt: skip


def tape() -> np.ndarray:
    rng = np.random.default_rng(5)
    out = np.zeros(6000, TRADE)
    out["ts_event"] = T0 + np.sort(rng.integers(0, DAYS * DAY, len(out)))
    out["price"] = 100 + np.round(rng.normal(size=len(out)).cumsum() / 10, 2)
    out["size"] = rng.integers(1, 9, len(out))
    out["side"] = rng.choice([-1, 0, 1], len(out))
    out["flags"] = rng.choice([0, FLAG_NO_BAR], len(out), p=[0.95, 0.05])
    return out


TAPE = tape()


def examples() -> list[str]:
    return [kind.example for _, kind in bar_kinds if not BarSpec.parse(kind.example).timed]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> MarketCatalog:
    store = Store(tmp_path_factory.mktemp("events"))
    master = InstrumentMaster.load(store.data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "row_group_rows", lambda kind: 300)  # so that bars go on from piece to piece
        for session in SESSIONS:
            master.put(Instrument(session, session=session))
            store.write("src", "trades", session, TAPE)
    return MarketCatalog(store, master)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask partitions of a few hundred trades, so that there are many."""
    monkeypatch.setattr(tapes, "_ROWS", 300)


def same(got: np.ndarray, want: np.ndarray, *, rolled: bool = False) -> None:
    """Bit for bit; sums to 1e-12 where bars were rolled up from finer ones."""
    assert got.dtype == want.dtype
    for name in want.dtype.names:
        if rolled and name in ("volume", "buy_volume", "sell_volume", "vwap"):
            np.testing.assert_allclose(got[name], want[name], rtol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(got[name], want[name], err_msg=name)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("spec", "session"),
    [(spec, session) for spec in [*RUNS, *RUNNING] for session in SESSIONS] + [(spec, "CME_ES") for spec in examples()],
)
def test_bars_are_those_of_the_whole_tape(catalog: MarketCatalog, spec: str, session: str) -> None:
    one, rolled = BarSpec.parse(spec), "(" in spec
    for asked in (None, session):
        kept = calendar(asked) if asked else catalog.instrument(session).calendar_of(one)
        want = bars_from_trades(TAPE, one, kept)
        same(catalog.bar_records(session, spec, session=asked), want, rolled=rolled)
        assert (np.diff(want["time"]) > 0).all()
        for low, high in ((T0 + DAY + 1, T0 + 5 * DAY), (T0 - DAY, T0 + 5), (T0 + 9 * DAY, T0 + 99 * DAY), (T0, T0)):
            inside = want[(want["time"] >= low) & (want["time"] < high)]
            same(catalog.bar_records(session, spec, low, high, session=asked), inside, rolled=rolled)
            for n in (1, 4, 60, 10_000):
                got = catalog.latest_bars(session, spec, n, high, session=asked)
                same(got, want[want["time"] < high][-n:], rolled=rolled)
        same(catalog.latest_bars(session, spec, 3, session=asked), want[-3:], rolled=rolled)


@pytest.mark.parametrize("spec", RUNS)
@given(st.integers(T0 - DAY, T0 + 13 * DAY), st.integers(T0 - DAY, T0 + 13 * DAY), st.integers(1, 300))
def test_any_range_of_bars_of_a_session(catalog: MarketCatalog, spec: str, one: int, other: int, n: int) -> None:
    low, high = sorted((one, other))
    want = bars_from_trades(TAPE, spec, calendar("all:XNYS"))
    same(catalog.bar_records("XNYS", spec, low, high), want[(want["time"] >= low) & (want["time"] < high)])
    same(catalog.latest_bars("XNYS", spec, n, high), want[want["time"] < high][-n:])


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    opened: list[str] = []
    real = parts._opened

    def counted(folder: Path, part: object, *rest: object) -> np.ndarray:
        opened.append(f"{folder.parent.name}/{part.path}"[:22])
        return real(folder, part, *rest)

    monkeypatch.setattr(parts, "_opened", counted)
    return opened


def test_the_newest_bars_of_a_session_need_that_session_only(
    catalog: MarketCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = reads(monkeypatch)
    for session, n, before, days in (
        ("24/7", 1, None, [17]),
        ("24/7", 5, T0 + 11 * DAY // 2, [10]),
        ("24/7", 15, T0 + 11 * DAY // 2, [9, 10]),  # 13 bars a day
        ("CME_ES", 1, T0 + 5 * DAY, [7, 8, 9, 10]),  # Sunday 03:00 is in the run since Thursday evening
        ("CME_ES", 1, T0 + 6 * DAY, [10, 11]),
    ):
        opened.clear()
        catalog.latest_bars(session, "37tick", n, before)
        assert sorted(set(opened)) == [f"trades/date=2024-03-{day:02}" for day in days]


def test_running_bars_are_made_once_and_anew_when_the_data_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    catalog = MarketCatalog(store, InstrumentMaster.load(tmp_path))
    store.write("src", "trades", "BTC-USD", TAPE[:3000])
    opened = reads(monkeypatch)
    for spec in ("renko:0.5", "ha(15min)", "linebreak(ha(15min))"):
        opened.clear()
        first = catalog.bar_records("BTC-USD", spec)
        assert bool(opened) == (spec != "linebreak(ha(15min))")  # its base is there already
        opened.clear()
        first["close"] = 0.0  # what is kept is not what was handed out
        same(catalog.bar_records("BTC-USD", spec), bars_from_trades(TAPE[:3000], spec), rolled=True)
        same(catalog.latest_bars("BTC-USD", spec, 2), bars_from_trades(TAPE[:3000], spec)[-2:], rolled=True)
        assert opened == []
    store.write("src", "trades", "BTC-USD", TAPE[3000:])
    for spec in ("renko:0.5", "ha(15min)", "linebreak(ha(15min))"):
        same(catalog.bar_records("BTC-USD", spec), bars_from_trades(TAPE, spec), rolled=True)


def test_what_is_kept_has_a_limit() -> None:
    memo = event_bars._Memo(3 * BAR.itemsize)
    row, none = np.zeros(1, BAR), np.zeros(0, BAR)
    for key in "abc":
        memo.put(key, 1, (row, none))
    assert memo.get("a", 1) is not None and memo.get("a", 2) is None
    memo.put("d", 1, (row, none))
    assert memo.get("b", 1) is None and memo.get("a", 1) is not None  # b was not asked for the longest
    memo.put("e", 1, (np.zeros(4, BAR), none))
    assert memo.get("e", 1) is None and memo.bytes == 3 * BAR.itemsize
    memo.put("d", 2, (np.zeros(2, BAR), none))
    assert memo.bytes == 3 * BAR.itemsize and memo.get("d", 2) is not None


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("spec", ["37tick", "renko:0.5", "ha(4h)"])
def test_dask_and_arrow_hold_the_same(catalog: MarketCatalog, spec: str) -> None:
    for low, high in ((None, None), ("2024-03-07", "2024-03-12 12:34"), ("2030", "2031")):
        want = catalog.bars("XNYS", spec, low, high)
        lazy = catalog.bars("XNYS", spec, low, high, as_="dask")
        assert lazy.npartitions == 1 or spec == "37tick"
        pd.testing.assert_frame_equal(lazy.compute(scheduler="synchronous"), want, check_freq=False)
        table = catalog.bars("XNYS", spec, low, high, as_="arrow")
        assert table.column_names == ["time", *want.columns]
        np.testing.assert_array_equal(table.column("close").to_numpy(), want["close"])
    lazy = catalog.bars("XNYS", "37tick", as_="dask")
    assert lazy.npartitions > 4
    opens = set(calendar("XNYS").sessions(T0, T0 + DAYS * DAY).open.tolist())
    assert {edge.value for edge in lazy.divisions[1:-1]} <= opens


def test_a_tape_that_the_calendar_does_not_know_is_cut_by_utc_days(tmp_path: Path) -> None:
    old = TAPE[:1000].copy()
    old["ts_event"] -= 57 * 365 * DAY  # calendars begin in 1970
    both = np.concatenate([old, TAPE])
    store = Store(tmp_path)
    store.write("src", "trades", "AAPL", both)
    catalog = MarketCatalog(store, InstrumentMaster.load(tmp_path))
    want = bars_from_trades(both, "37tick", calendar("24/7"))
    same(catalog.bar_records("AAPL", "37tick"), want)
    same(catalog.bar_records("AAPL", "37tick", T0), want[want["time"] >= T0])  # the same whatever is asked
    same(catalog.latest_bars("AAPL", "37tick", 50), want[-50:])


# -- symbols without trades -------------------------------------------------------------------------------------------


def daily(rows: int) -> np.ndarray:
    rng = np.random.default_rng(8)
    out = np.zeros(rows, BAR)
    out["time"] = np.datetime64("2020-01-01", "ns").astype("i8") + np.arange(rows) * DAY
    out["open"] = out["close"] = 50 + np.round(rng.normal(size=rows).cumsum(), 2)
    out["high"], out["low"], out["volume"], out["vwap"] = out["open"] + 1, out["open"] - 1, 10, np.nan
    return out


def test_bars_of_a_vendor_make_other_bars(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("bokeh", "bars_1d", "AAPL", daily(300))
    catalog = MarketCatalog(store, InstrumentMaster.load(tmp_path))
    for name in ("ha", "renko:2.5", "linebreak", "kagi:2.0", "pnf:1.0"):
        got = catalog.bar_records("AAPL", f"{name}(1d)")
        want = bars_from_bars(daily(300), name)  # which takes the last bar for a closed one
        closed = bars_from_bars(daily(299), name)
        assert len(got) and got.dtype == record_dtype(f"{name}(1d)")
        shared = np.flatnonzero(got["time"] < closed["time"][-1])
        assert got[shared].tobytes() == want[shared].tobytes()
    assert catalog.bar_records("AAPL", "ha(1d)").tobytes() == bars_from_bars(daily(300), "ha").tobytes()
    assert catalog.bars("AAPL", "ha(1w)")["volume"].sum() == 3000
    assert list(catalog.bars("AAPL", "ha(1d)").columns)[-4:] == ["real_open", "real_high", "real_low", "real_close"]
    with pytest.raises(DataError, match=r"1000tick bars of AAPL are made of trades.*only bokeh/bars_1d.*ha\(1d\)"):
        catalog.bars("AAPL", "1000tick")
    with pytest.raises(DataError, match=r"no exact 5min bars of AAPL .* bokeh/bars_1d"):
        catalog.bars("AAPL", "ha(5min)")
    with pytest.raises(DataError, match=r"ha bars are made of bars: name them, such as ha\(5min\)"):
        catalog.bars("AAPL", "ha")


def test_quotes_make_bars_of_a_side_and_of_the_middle(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    quotes = np.zeros(3000, QUOTE)
    quotes["ts_event"] = T0 + np.sort(rng.integers(0, 3 * DAY, len(quotes)))
    quotes["bid"] = 1 + np.round(rng.normal(size=len(quotes)).cumsum() / 1000, 4)
    quotes["ask"] = quotes["bid"] + 0.0002
    quotes["ask"][::7] = np.nan
    store = Store(tmp_path)
    store.write("oanda", "quotes", "EURUSD", quotes)
    catalog = MarketCatalog(store, InstrumentMaster.load(tmp_path))
    for price in ("bid", "ask"):
        base = catalog.bar_records("EURUSD", "5min", price=price)
        got = catalog.bar_records("EURUSD", "ha(5min)", price=price)
        assert got.tobytes() == bars_from_bars(base, "ha").tobytes()
    assert catalog.bar_records("EURUSD", "ha(5min)").tobytes() == (
        catalog.bar_records("EURUSD", "ha(5min)", price="bid").tobytes()
    )
    for spec in ("50tick", "renko:0.001", "ha(50tick)"):
        want = resample(quotes, spec, price="mid", session="FX")
        pd.testing.assert_frame_equal(catalog.bars("EURUSD", spec, price="mid", session="FX"), want, check_freq=False)
    with pytest.raises(DataError, match="price='mid'"):
        catalog.bars("EURUSD", "50tick", price="bid")
    with pytest.raises(DataError, match="made of trades, and there are only oanda/quotes"):
        catalog.bars("EURUSD", "50tick")


def test_bars_of_records_that_are_not_stored_are_made_each_time() -> None:
    plan = Plan("file", "trades", "X", BarSpec.parse("15min"), calendar("24/7"), None, T0, T0 + DAYS * DAY)
    base = event_bars.TimeBars(plan, Given(TAPE))
    bars = event_bars.RunningBars(BarSpec.parse("ha(15min)"), calendar("24/7"), base)
    assert bars.origin() is None
    same(bars.between(None, None), bars_from_trades(TAPE, "ha(15min)"))


def test_only_time_bars_are_stored(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="only time bars are stored, such as bars_1min; 1000tick bars are made"):
        Store(tmp_path).write("src", "bars_1000tick", "X", np.zeros(0, BAR))
    with pytest.raises(DataError, match="only time bars are stored"):
        Store(tmp_path).write("src", "bars_volume_run:1000", "X", np.zeros(0, BAR))
