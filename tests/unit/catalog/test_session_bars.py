"""Bars by session: what the catalog gives is what bars of the trades themselves are, on any calendar, in any range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.bars import bars_from_bars, bars_from_trades
from workbench.catalog import MarketCatalog, Store
from workbench.errors import DataError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, FLAG_NO_BAR, TRADE
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import DAY, BarSpec

# Thanksgiving's half day; a Saturday session in Mumbai; the change of clocks in New York, with such a Saturday before,
# and in London; the end of summer time, with Mumbai's evening session; the half days at Christmas.
WEEKS = ["2023-11-22", "2024-01-19", "2024-03-01", "2024-03-28", "2024-10-31", "2024-12-23"]
STARTS = [int(np.datetime64(day, "ns").astype("i8")) for day in WEEKS]
SESSIONS = ["XNYS", "CME_ES", "XHKG", "XBOM", "XLON", "24/7", "days:America/St_Johns"]
SPECS = ["1s", "7s", "1min", "7min", "45min", "1h", "90min", "4h", "12h", "24h", "1d", "2d", "1w", "1mo"]
EXACT = ["time", "open", "high", "low", "close", "trades"]
MINUTE = 60 * 1_000_000_000


def tape() -> np.ndarray:
    rng = np.random.default_rng(11)
    stretches = [start + rng.integers(0, (11 if k == 2 else 4) * DAY, 2500) for k, start in enumerate(STARTS)]
    out = np.zeros(sum(map(len, stretches)), TRADE)
    # Half of the prints on whole quarters of an hour, where edges of bars and sessions are.
    times = np.concatenate(stretches)
    quarter = rng.random(len(times)) < 0.5
    times[quarter] -= times[quarter] % (15 * MINUTE)
    out["ts_event"] = np.sort(times)
    out["price"] = 100 + np.round(rng.normal(size=len(out)).cumsum() / 10, 2)
    out["size"] = rng.random(len(out))
    out["side"] = rng.choice([-1, 0, 1], len(out))
    out["flags"] = rng.choice([0, FLAG_NO_BAR], len(out), p=[0.95, 0.05])
    return out


TAPE = tape()


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> MarketCatalog:
    store = Store(tmp_path_factory.mktemp("sessions"))
    master = InstrumentMaster.load(store.data_dir)
    for session in SESSIONS:
        master.put(Instrument(session, session=session))
        store.write("src", "trades", session, TAPE)
    return MarketCatalog(store, master)


def same(got: np.ndarray, want: np.ndarray) -> None:
    assert got.dtype == want.dtype
    for name in want.dtype.names:
        if name in ("volume", "buy_volume", "sell_volume", "vwap"):
            np.testing.assert_allclose(got[name], want[name], rtol=1e-12, atol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(got[name], want[name], err_msg=name)


INSTANTS = st.sampled_from(STARTS).flatmap(
    lambda start: st.one_of(
        st.integers(start - DAY, start + 12 * DAY),
        st.integers(-2, 12 * 96).map(lambda k: start + k * 15 * MINUTE),
    )
)


@pytest.mark.parametrize("session", SESSIONS)
@given(st.data())
def test_bars_are_those_of_the_trades(catalog: MarketCatalog, session: str, data: st.DataObject) -> None:
    spec = BarSpec.parse(data.draw(st.sampled_from(SPECS), "spec"))
    asked = data.draw(st.sampled_from([None, session, f"all:{session}"]), "session")
    kept = calendar(asked) if asked else catalog.instrument(session).calendar_of(spec)
    want = bars_from_trades(TAPE, spec, kept)
    low, high = sorted((data.draw(INSTANTS, "from"), data.draw(INSTANTS, "to")))
    inside = want[(want["time"] >= low) & (want["time"] < high)]
    same(catalog.bar_records(session, str(spec), low, high, session=asked), inside)
    n = data.draw(st.sampled_from([1, 2, 7, 40, 700]), "n")
    same(catalog.latest_bars(session, str(spec), n, high, session=asked), want[want["time"] < high][-n:])


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("spec", SPECS)
def test_all_bars_are_those_of_the_trades(catalog: MarketCatalog, session: str, spec: str) -> None:
    one = BarSpec.parse(spec)
    want = bars_from_trades(TAPE, one, catalog.instrument(session).calendar_of(one))
    same(catalog.bar_records(session, spec), want)
    same(catalog.latest_bars(session, spec, 5), want[-5:])
    if one.step:  # nothing is left out
        assert want["trades"].sum() == (TAPE["flags"] == 0).sum()


def test_rollups_are_used_where_they_lie_on_the_grid_of_the_sessions(catalog: MarketCatalog) -> None:
    def plan(session: str, spec: str, asked: str | None = None) -> tuple[str, bool]:
        found = catalog._bars(session, BarSpec.parse(spec), session=asked, price=None, source=None).plan
        return found.kind, found.ready

    assert plan("XNYS", "1min") == ("rollup_1min", True)
    assert plan("XNYS", "1min", "XNYS") == ("rollup_1min", False)  # what is outside is left out
    assert plan("XNYS", "1h") == ("rollup_1min", False)  # 09:30
    assert plan("CME_ES", "1h") == ("rollup_1h", True)
    assert plan("CME_ES", "4h") == ("rollup_1h", False)
    assert plan("XBOM", "4h") == ("rollup_1min", False)
    assert plan("XLON", "2h") == ("rollup_1min", False)  # 08:00 to 16:30
    assert plan("24/7", "4h") == ("rollup_1h", False)
    assert plan("XNYS", "7s") == ("rollup_1s", False)
    assert plan("XHKG", "1d") == ("rollup_1d", True)
    assert plan("XHKG", "1d", "24/7") == ("rollup_1h", False)
    assert plan("XHKG", "1w") == ("rollup_1d", False)


def local(bars: pd.DataFrame, tz: str) -> set[str]:
    return set(bars.index.tz_convert(tz).strftime("%H:%M"))


def test_bars_are_counted_from_the_open(catalog: MarketCatalog) -> None:
    assert local(catalog.bars("CME_ES", "4h"), "America/Chicago") >= {"17:00", "21:00", "01:00", "05:00", "09:00"}
    hours = local(catalog.bars("XNYS", "1h"), "America/New_York")
    assert hours == {"16:00", "13:00"} | {f"{hour:02}:30" for hour in range(24)}  # closes of whole and half days
    assert local(catalog.bars("XNYS", "1h", session="XNYS"), "America/New_York") == {f"{h:02}:30" for h in range(9, 16)}
    lunch = local(catalog.bars("XHKG", "1h", "2024-03-04", "2024-03-05"), "Asia/Hong_Kong")
    assert {"09:30", "10:30", "11:30", "12:00", "13:00", "14:00", "15:00", "16:00"} <= lunch
    assert local(catalog.bars("24/7", "4h"), "UTC") == {f"{hour:02}:00" for hour in range(0, 24, 4)}


# -- bars of vendors --------------------------------------------------------------------------------------------------


def vendor_catalog(folder: Path, spec: str, bars: np.ndarray, symbol: str = "SPY") -> MarketCatalog:
    store = Store(folder)
    store.write("vendor", f"bars_{spec}", symbol, bars)
    return MarketCatalog(store, InstrumentMaster.load(folder))


def regular(tape: np.ndarray) -> np.ndarray:
    """The prints inside of New York's sessions."""
    sessions = calendar("XNYS").sessions(int(tape["ts_event"][0]), int(tape["ts_event"][-1]))
    at = np.searchsorted(sessions.open, tape["ts_event"], "right") - 1
    return tape[(at >= 0) & (tape["ts_event"] < sessions.close[at])]


def test_hours_on_the_utc_grid_are_given_as_they_are(tmp_path: Path) -> None:
    hours = bars_from_trades(TAPE, "1h")
    catalog = vendor_catalog(tmp_path, "1h", hours)
    assert catalog.bar_records("SPY", "1h").tobytes() == hours.tobytes()
    assert catalog.latest_bars("SPY", "1h", 3).tobytes() == hours[-3:].tobytes()
    assert catalog.bar_records("SPY", "4h").tobytes() == bars_from_bars(hours, "4h").tobytes()
    assert catalog.latest_bars("SPY", "4h", 9, STARTS[3]).tobytes() == (
        bars_from_bars(hours[hours["time"] < STARTS[3]], "4h")[-9:].tobytes()
    )
    for spec in ("1h", "4h", "1d"):
        with pytest.raises(DataError, match=f"no exact {spec} bars of SPY on calendar XNYS"):
            catalog.bars("SPY", spec, session="XNYS")
    with pytest.raises(DataError, match="no exact 1d bars"):  # a day is a session, as before
        catalog.bars("SPY", "1d")


@pytest.mark.parametrize("spec", ["1min", "15min", "30min"])
def test_bars_of_a_vendor_that_fit_are_counted_from_the_open(tmp_path: Path, spec: str) -> None:
    fine = bars_from_trades(TAPE, spec)
    catalog = vendor_catalog(tmp_path, spec, fine)
    for coarse in ("30min", "1h", "4h", "1d", "1w"):
        one = BarSpec.parse(coarse)
        same(
            catalog.bar_records("SPY", coarse), bars_from_trades(TAPE, one, catalog.instrument("SPY").calendar_of(one))
        )
        same(catalog.bar_records("SPY", coarse, session="XNYS"), bars_from_trades(TAPE, one, calendar("XNYS")))


def test_a_vendors_hours_from_the_open_make_longer_bars(tmp_path: Path) -> None:
    """The last is stamped 15:30 and nominally ends at 16:30, but nothing is ever traded after 16:00."""
    tape = regular(TAPE)
    hours = bars_from_trades(tape, "1h", calendar("XNYS"))
    catalog = vendor_catalog(tmp_path, "1h", hours)
    for coarse in ("1h", "2h", "4h", "1d"):
        same(catalog.bar_records("SPY", coarse), bars_from_trades(tape, coarse, calendar("XNYS")))


def odd(minute: int, symbol: str, folder: Path) -> tuple[MarketCatalog, np.ndarray]:
    """Two days of hours that begin so many minutes past."""
    bars = np.zeros(40, BAR)
    bars["time"] = np.datetime64("2024-03-04T10", "ns").astype("i8") + (np.arange(40) * 60 + minute) * MINUTE
    for name in ("open", "high", "low", "close"):
        bars[name] = np.arange(40)
    return vendor_catalog(folder, "1h", bars, symbol), bars


def test_a_bar_that_may_hold_prints_of_two_bars_is_never_split(tmp_path: Path) -> None:
    catalog, bars = odd(30, "BTC-USD", tmp_path)
    assert catalog.bar_records("BTC-USD", "1h").tobytes() == bars.tobytes()
    for spec in ("4h", "24h", "1d"):  # the one of 23:30 holds two days
        with pytest.raises(DataError, match=f"no exact {spec} bars"):
            catalog.bars("BTC-USD", spec)


def test_hours_on_no_grid_are_given_as_they_are(tmp_path: Path) -> None:
    catalog, bars = odd(17, "SPY", tmp_path)
    assert catalog.bar_records("SPY", "1h").tobytes() == bars.tobytes()
    assert catalog.latest_bars("SPY", "1h", 3).tobytes() == bars[-3:].tobytes()
    with pytest.raises(DataError, match="no exact 2h bars"):
        catalog.bars("SPY", "2h")


def test_the_widest_source_still_wins(tmp_path: Path) -> None:
    """Ten years of a vendor's hours go before a month of trades, though they do not begin at the open."""
    store = Store(tmp_path)
    store.write("narrow", "trades", "SPY", TAPE[TAPE["ts_event"] > STARTS[-1]])
    store.write("wide", "bars_1h", "SPY", bars_from_trades(TAPE, "1h"))
    catalog = MarketCatalog(store, InstrumentMaster.load(tmp_path))
    assert catalog.bars("SPY", "4h").index[0] < pd.Timestamp("2023-12-01", tz="UTC")
    assert "09:30" in local(catalog.bars("SPY", "4h", source="narrow"), "America/New_York")
    store.write("sessions", "bars_2h", "SPY", bars_from_trades(regular(TAPE), "2h", calendar("XNYS")))
    assert local(catalog.bars("SPY", "4h"), "America/New_York") == {"09:30", "13:30"}  # as wide, and from the open
    store.write("equal", "trades", "SPY", TAPE)
    assert "09:30" in local(catalog.bars("SPY", "4h"), "America/New_York")


def test_times_that_the_calendar_does_not_know_are_on_the_utc_grid(tmp_path: Path) -> None:
    old = TAPE[:4000].copy()
    old["ts_event"] -= 57 * 365 * DAY  # calendars begin in 1970
    store = Store(tmp_path)
    store.write("src", "trades", "AAPL", old)
    store.write("src", "trades", "MSFT", np.concatenate([old, TAPE]))
    catalog = MarketCatalog(store, InstrumentMaster.load(tmp_path))
    same(catalog.bar_records("AAPL", "4h"), bars_from_trades(old, "4h"))
    whole = bars_from_trades(np.concatenate([old, TAPE]), "4h")
    same(catalog.bar_records("MSFT", "4h"), whole)
    same(catalog.bar_records("MSFT", "4h", STARTS[3]), whole[whole["time"] >= STARTS[3]])  # the same whatever is asked
    with pytest.raises(DataError, match="session='24/7'"):
        catalog.bars("AAPL", "4h", session="XNYS")
