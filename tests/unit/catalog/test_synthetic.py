from __future__ import annotations

import numpy as np
import pytest

from workbench.catalog.synthetic import DEMO_SYMBOLS, SyntheticMarket
from workbench.errors import DataError
from workbench.market.instruments import InstrumentMaster
from workbench.market.specs import DAY, SECOND

MONDAY = int(np.datetime64("2026-03-09", "ns").astype("i8"))  # New York and Chicago have just changed their clocks


@pytest.fixture(scope="module", params=DEMO_SYMBOLS)
def week(request):
    return request.param, SyntheticMarket(request.param).trades(MONDAY - 3 * DAY, MONDAY + 3 * DAY)


def test_inside_sessions_sorted_and_on_the_grids(week):
    symbol, trades = week
    one, times = InstrumentMaster.load().get(symbol), trades["ts_event"]
    sessions = one.calendar.sessions(int(times[0]), int(times[-1]))
    at = np.searchsorted(sessions.open, times, "right") - 1
    assert (np.diff(times) >= 0).all() and (at >= 0).all() and (times < sessions.close[at]).all()
    assert len(np.unique(at)) == len(sessions)
    assert np.array_equal(np.round(trades["price"], one.decimals), trades["price"])
    for name, step in (("price", one.tick_size), ("size", one.lot)):
        steps = trades[name] / step
        assert np.abs(steps - np.rint(steps)).max() < 1e-4 and steps.min() >= 1 - 1e-9


def test_any_cut_is_the_same_tape(week):
    symbol, trades = week
    edges = [MONDAY - 3 * DAY, MONDAY - DAY - 7, MONDAY + 11 * 3600 * SECOND + 1, MONDAY + 2 * DAY, MONDAY + 3 * DAY]
    other = SyntheticMarket(symbol)
    later_first = [other.trades(a, b) for a, b in reversed(list(zip(edges[:-1], edges[1:], strict=True)))]
    assert np.array_equal(np.concatenate(later_first[::-1]), trades)


def test_sides_run_and_prices_bounce(week):
    _, trades = week
    side = trades["side"].astype(float)
    assert set(np.unique(side)) == {-1, 1} and 0.2 < np.corrcoef(side[1:], side[:-1])[0, 1] < 0.4
    turned, moves = side[1:] != side[:-1], np.diff(trades["price"])
    assert (moves * side[1:])[turned].mean() > 0


def test_bitcoin_never_pauses_for_three_seconds():
    times = SyntheticMarket("BTC-USD").trades(MONDAY, MONDAY + 3 * DAY)["ts_event"]
    assert np.diff(times).max() <= 3 * SECOND and 60_000 * 3 < len(times) < 100_000 * 3


def test_prices_stay_near_their_level_for_decades():
    for symbol, low, high in (("BTC-USD", 40_000, 150_000), ("ES", 4_800, 8_800), ("EURUSD", 1.0, 1.32)):
        prices = np.exp(SyntheticMarket(symbol)._anchors()[:, 1])
        assert low < prices.min() and prices.max() < high


def test_volume_is_u_shaped_in_a_floor_session():
    trades = SyntheticMarket("NIFTY").day("2026-03-10")
    hour = (trades["ts_event"] - trades["ts_event"][0]) // (3600 * SECOND)
    counts = np.bincount(hour)
    assert counts[0] > 1.5 * counts[3]


def test_days_seeds_and_limits():
    market = SyntheticMarket("NIFTY")
    assert len(market.day("2026-03-08")) == 0  # a Sunday
    ours, other = (SyntheticMarket("NIFTY", seed).day("2026-03-10")["price"][:50] for seed in (7, 8))
    assert not np.array_equal(ours, other)
    assert len(market.trades(5, 5)) == 0
    assert len(market.day("2050-03-10")) > 1000  # later than the published calendar
    with pytest.raises(DataError, match="1990"):
        SyntheticMarket("BTC-USD").day("1980-01-01")
