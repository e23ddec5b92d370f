"""Each scenario is what it says: figures of its tape against those of the normal market, with fixed seeds."""

from __future__ import annotations

import zlib
from itertools import pairwise

import numpy as np
import pytest

from workbench.catalog.scenarios import BOUNDS, SCENARIOS
from workbench.catalog.synthetic import DEMO_SYMBOLS, SyntheticMarket
from workbench.errors import DataError, UnknownNameError
from workbench.market.events import BOOK, QUOTE, SELL
from workbench.market.specs import DAY, SECOND

MONDAY = int(np.datetime64("2026-03-09", "ns").astype("i8"))
SIGMA = {"BTC-USD": 0.022, "NIFTY": 0.0085}
#: Of the tape that the demo data hang on, three days as they were before there were scenarios: CRC-32 of prices, sizes,
#: sides and flags, and the mean time of day, ns. Exponentials differ in their last bit from one kind of processor to
#: another, and with them some times by a nanosecond.
DEMO = {
    "BTC-USD": (0xC0283D3E, 44_301_778_906_883.0),
    "NIFTY": (0x4F531D56, 23_198_019_677_375.0),
    "ES": (0xF1634212, 52_961_736_271_318.0),
}


def days(symbol: str, scenario: str, count: int = 10, **options: float) -> list[np.ndarray]:
    market = SyntheticMarket(symbol, scenario=scenario, **options)
    found = [market.day(np.datetime64("2026-03-02") + i) for i in range(2 * count)]
    return [one for one in found if len(one)][:count]


def minutes(trades: np.ndarray) -> np.ndarray:
    """Log prices, the last of each minute in which there are any."""
    last = np.flatnonzero(np.diff(trades["ts_event"] // (60 * SECOND), append=2**62))
    return np.log(trades["price"][last])


def _print_of(tape: np.ndarray) -> tuple[int, float]:
    told = b"".join(tape[name].tobytes() for name in ("price", "size", "side", "flags"))
    return zlib.crc32(told), float(np.mean(tape["ts_event"] % DAY))


@pytest.fixture(scope="module", params=SIGMA)
def symbol(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("name", DEMO)
def test_the_normal_market_is_bit_for_bit_that_of_the_demo_data(name: str) -> None:
    one = SyntheticMarket(name, scenario="normal")
    tape = np.concatenate([one.day(date) for date in ("2026-03-10", "2019-07-01", "2026-11-20")])
    assert _print_of(tape) == (DEMO[name][0], pytest.approx(DEMO[name][1], abs=1.0))
    other = SyntheticMarket(name)
    assert np.array_equal(other.trades(MONDAY, MONDAY + DAY), one.trades(MONDAY, MONDAY + DAY))


def test_trending_days_go_one_way(symbol: str) -> None:
    def straight(scenario: str) -> float:
        """How much of the price is a line in time, mean R squared of the days."""
        found = []
        for day in days(symbol, scenario):
            found.append(np.corrcoef(day["ts_event"] - day["ts_event"][0], np.log(day["price"]))[0, 1] ** 2)
        return float(np.mean(found))

    assert straight("trending") > 0.75 > straight("normal") + 0.15
    closes = np.array([np.log(day["price"][[0, -1]]) for day in days(symbol, "trending", 60)])
    signs = np.sign(closes[:, 1] - closes[:, 0])
    assert (signs[1:] == signs[:-1]).mean() > 0.8
    slopes = np.abs(closes[:, 1] - closes[:, 0]) / SIGMA[symbol]
    assert 0.7 < slopes.mean() < 2.2


def test_ranging_prices_come_back(symbol: str) -> None:
    def ratio(scenario: str) -> float:
        """Variance of half-hours over that of minutes: 1 for a walk, towards 0 where prices come back."""
        found = []
        for day in days(symbol, scenario):
            prices = minutes(day)
            found.append(np.var(prices[30:] - prices[:-30]) / (30 * np.var(np.diff(prices))))
        return float(np.mean(found))

    assert ratio("ranging") < 0.5 < 0.65 < ratio("normal")
    closes = np.concatenate([np.log(day["price"][-1:]) for day in days(symbol, "ranging", 40)])
    assert np.ptp(closes) < 3 * SIGMA[symbol]


def volatility(tapes: list[np.ndarray]) -> float:
    return float(np.sqrt(np.mean([np.var(np.diff(minutes(day))) * len(minutes(day)) for day in tapes])))


def test_volatile_and_quiet_are_three_times_and_a_third(symbol: str) -> None:
    usual, count = days(symbol, "normal"), np.mean([len(day) for day in days(symbol, "normal")])
    for scenario, low, high, trades in (("volatile", 2.5, 4.0, 1.8), ("quiet", 0.25, 0.4, 0.25)):
        tapes = days(symbol, scenario)
        assert low < volatility(tapes) / volatility(usual) < high
        assert np.mean([len(day) for day in tapes]) == pytest.approx(trades * count, rel=0.05)


def test_a_gap_a_day_behind_a_halt(symbol: str) -> None:
    for usual, day in zip(days(symbol, "normal"), days(symbol, "gap"), strict=True):
        assert np.abs(np.diff(np.log(usual["price"]))).max() < 0.5 * SIGMA[symbol]
        steps = np.diff(np.log(day["price"])) / SIGMA[symbol]
        (at,) = np.flatnonzero(np.abs(steps) > 2)
        assert 2.8 < abs(steps[at]) < 6.2
        length = day["ts_event"][-1] - day["ts_event"][0]
        halt = day["ts_event"][at + 1] - day["ts_event"][at]
        assert halt > 0.0035 * length
        assert halt == np.diff(day["ts_event"]).max()


def test_a_crash_every_fifth_day(symbol: str) -> None:
    def fall(day: np.ndarray) -> tuple[float, int]:
        """The deepest drawdown of a day in sigmas, and its trough."""
        prices = np.log(day["price"])
        below = prices - np.maximum.accumulate(prices)
        return float(-below.min() / SIGMA[symbol]), int(below.argmin())

    market = SyntheticMarket(symbol, scenario="crash")
    every = [market.day(np.datetime64("2026-03-02") + i) for i in range(30)]
    falls = [fall(day) if len(day) else (np.nan, 0) for day in every]
    depths = np.array([depth for depth, _ in falls])
    crashes = np.flatnonzero(depths > 6)
    assert len(crashes) >= 3 and (np.diff(crashes) % 5 == 0).all()
    assert np.nanmax(np.delete(depths, crashes)) < 5
    for i in crashes:
        depth, trough = falls[i]
        assert 7 < depth < 17
        times, length = every[i]["ts_event"], every[i]["ts_event"][-1] - every[i]["ts_event"][0]
        hour = (times > times[trough] - 0.02 * length) & (times <= times[trough])
        assert hour.sum() > 3 * 0.02 * len(times), "prints come much quicker while prices fall"
        regained = np.log(every[i]["price"][-1] / every[i]["price"][trough]) / SIGMA[symbol]
        assert regained > 0.1 * depth


def test_jumps_are_as_many_and_as_large_as_asked() -> None:
    tapes = days("BTC-USD", "normal", 30, jumps=5.0, jump_size=2.0)
    steps = [np.diff(np.log(day["price"])) / SIGMA["BTC-USD"] for day in tapes]
    large = np.concatenate([one[np.abs(one) > 0.5] for one in steps])
    # Those beyond 0.5 of a normal distribution of deviation 2 are 80 %.
    assert len(large) == pytest.approx(0.8 * 5 * 30, rel=0.2)
    assert np.sqrt(np.mean(large**2)) == pytest.approx(2.2, rel=0.2)


def test_persistence_is_how_long_a_direction_lasts() -> None:
    def turns(persistence: float) -> int:
        market = SyntheticMarket("BTC-USD", scenario="trending", persistence=persistence)
        market._anchors()
        return int((np.diff(market._events.direction[:10_000]) != 0).sum())

    assert turns(0.5) == pytest.approx(5000, rel=0.05)
    assert turns(0.98) == pytest.approx(200, rel=0.25)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_any_cut_is_the_same_market(scenario: str) -> None:
    edges = [MONDAY, MONDAY + 7 * 3600 * SECOND + 1, MONDAY + DAY - 3, MONDAY + DAY + 5 * 3600 * SECOND]
    whole, cut = (SyntheticMarket("NIFTY", 3, scenario=scenario) for _ in range(2))
    for kind in ("trades", "quotes", "book"):
        parts = [cut.events(kind, low, high) for low, high in reversed(list(pairwise(edges)))]
        assert np.array_equal(np.concatenate(parts[::-1]), whole.events(kind, edges[0], edges[-1]))
        assert len(whole.events(kind, 5, 5)) == 0
    other = SyntheticMarket("NIFTY", 4, scenario=scenario).trades(edges[0], edges[-1])
    assert not np.array_equal(other["price"][:50], whole.trades(edges[0], edges[-1])["price"][:50])


@pytest.mark.parametrize(("name", "scenario"), [*((one, "normal") for one in DEMO_SYMBOLS), ("NIFTY", "crash")])
def test_trades_meet_the_quotes_and_the_book(name: str, scenario: str) -> None:
    market = SyntheticMarket(name, scenario=scenario)
    start, end = MONDAY + 4 * 3600 * SECOND, MONDAY + 6 * 3600 * SECOND
    trades, quotes, book = (market.events(kind, start, end) for kind in ("trades", "quotes", "book"))
    assert (quotes.dtype, book.dtype) == (QUOTE, BOOK)
    assert (np.diff(quotes["ts_event"]) >= 0).all() and (np.diff(book["ts_event"]) >= 0).all()
    spread = (quotes["ask"] - quotes["bid"]) / market.instrument.tick_size
    assert np.abs(spread - np.rint(spread)).max() < 1e-3 and np.rint(spread).min() >= 1
    at = np.searchsorted(quotes["ts_event"], trades["ts_event"], "right") - 1
    first = int(np.flatnonzero(at >= 0)[0])
    met, trades = quotes[at[first:]], trades[first:]
    assert len(np.unique(at)) > 0.99 * len(at)
    assert ((trades["price"] >= met["bid"]) & (trades["price"] <= met["ask"])).all()
    mine = np.where(trades["side"] == SELL, met["bid_size"], met["ask_size"])
    assert (trades["size"] <= mine + 1e-9).all()
    follow_the_book(book, quotes, trades)


def follow_the_book(book: np.ndarray, quotes: np.ndarray, trades: np.ndarray) -> None:
    """Row by row, as a reader would; the slow way."""
    first = int(np.flatnonzero(book["flags"] & 1)[0])
    book = book[first : first + 60_000]
    last = np.append(book["ts_event"][1:] != book["ts_event"][:-1], False)
    best = {int(one["ts_event"]): one for one in quotes}
    sides: dict[int, dict[float, float]] = {1: {}, -1: {}}
    known, seen = False, 0
    for row, ends in zip(book, last, strict=True):
        if row["flags"] & 1:
            sides, known = {1: {}, -1: {}}, True
        if row["size"]:
            sides[int(row["side"])][float(row["price"])] = float(row["size"])
        else:
            del sides[int(row["side"])][float(row["price"])]  # only what is there is taken away
        if known and sides[1] and sides[-1]:
            assert max(sides[1]) < min(sides[-1]), "the book is crossed"
        if ends:
            one = best[int(row["ts_event"])]
            assert (len(sides[1]), len(sides[-1])) == (10, 10)
            assert (max(sides[1]), min(sides[-1])) == (one["bid"], one["ask"])
            assert (sides[1][one["bid"]], sides[-1][one["ask"]]) == (one["bid_size"], one["ask_size"])
            seen += 1
    assert seen > 500


def test_what_cannot_be_is_named() -> None:
    with pytest.raises(UnknownNameError, match="unknown scenario 'crashh': did you mean crash"):
        SyntheticMarket("BTC-USD", scenario="crashh")
    for name, (low, high) in BOUNDS.items():
        for value in (low - 0.1, high + 0.1, np.nan):
            with pytest.raises(DataError, match=f"{name} of a synthetic market lies in"):
                SyntheticMarket("BTC-USD", **{name: value})
