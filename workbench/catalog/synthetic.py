"""A market of our own: seeded trades that look and behave like a real tape, the same on every machine and in any order.

Daily anchors are mean-reverting log-returns with volatility clusters; each day is a bridge between its anchors. A day
depends on (seed, symbol, date) alone, so history and live feed agree however they are cut.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import time

import numpy as np

from workbench.catalog import synthetic_book
from workbench.catalog.scenarios import Events
from workbench.catalog.scenarios import scenario as find_scenario
from workbench.errors import DataError
from workbench.market.calendars import Calendar, Hours, Sessions
from workbench.market.events import BUY, DTYPES, SELL, TRADE
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import DAY, SECOND

#: Symbols of the demo.
DEMO_SYMBOLS = ("BTC-USD", "ETH-USD", "ES", "EURUSD", "NIFTY")

_FIRST, _LAST = np.datetime64("1990-01-01", "D"), np.datetime64("2100-01-01", "D")
_KEPT_DAYS = 3  # what a live feed looks at around midnight


@dataclass(frozen=True)
class Profile:
    """Habits of one market. Money in its currency, ``sigma`` a fraction a day, ``rhythm`` (hour of session, weight)."""

    level: float
    sigma: float
    trades: int  # of a whole day on average, beside the beats
    beat: float  # seconds; at least one trade in every stretch of this length
    size: float  # median
    tail: float  # sigma of the log of sizes
    half_spread: float  # fraction of the price; half a tick at least
    rhythm: tuple[tuple[float, float], ...]
    overnight: float = 0.0  # share of the day's variance that falls between close and open
    family: str = ""  # symbols of a family move together


_ROUND_THE_CLOCK = ((0, 0.9), (3, 0.7), (8, 1.0), (13.5, 1.6), (15, 1.9), (17, 1.4), (21, 0.9), (24, 0.9))
_GLOBEX = (
    (0, 0.3), (1, 0.15), (8, 0.15), (9.5, 0.4), (15.4, 0.5), (15.5, 3.0), (16.5, 1.7), (18.5, 1.0), (21, 1.6),
    (22, 3.0), (22.1, 0.6), (23, 0.3),
)  # fmt: skip
_CURRENCIES = ((0, 0.2), (2, 0.5), (6, 0.4), (10, 1.5), (12, 1.2), (15, 2.0), (18, 1.6), (20, 0.8), (24, 0.2))
_FLOOR = ((0, 3.0), (0.5, 1.6), (3, 0.7), (5.5, 1.4), (6.25, 3.0))

_PROFILES = {
    "BTC-USD": Profile(78_000, 0.022, 30_000, 1.5, 0.01, 1.6, 6e-6, _ROUND_THE_CLOCK, family="crypto"),
    "ETH-USD": Profile(3_000, 0.028, 30_000, 3.0, 0.2, 1.6, 1.2e-5, _ROUND_THE_CLOCK, family="crypto"),
    "ES": Profile(6_500, 0.009, 45_000, 20.0, 1.5, 1.1, 0, _GLOBEX, 0.03),
    "EURUSD": Profile(1.15, 0.0042, 38_000, 15.0, 150_000, 1.2, 3e-5, _CURRENCIES, 0.02),
    "NIFTY": Profile(25_000, 0.0085, 22_000, 10.0, 50, 1.0, 8e-6, _FLOOR, 0.3),
}
_OTHERS = Profile(100, 0.015, 20_000, 20.0, 100, 1.2, 5e-5, _FLOOR, 0.3)
#: Where an exchange's published calendar ends, its regular hours on weekdays go on.
_REGULAR = {
    "XBOM": Hours("XBOM", "Asia/Kolkata", time(9, 15), time(15, 30)),
    "CME_ES": Hours("CME_ES", "America/Chicago", time(17), time(16)),
    "XNYS": Hours("XNYS", "America/New_York", time(9, 30), time(16)),
}


class SyntheticMarket:
    """Trades, quotes and a book of one symbol at any time from 1990 to 2099. Safe for many threads.

    Parameters
    ----------
    symbol
        A symbol of the instrument master; others trade around the clock at about 100.
    seed
        Another seed is another market.
    instrument
        Tick size, lot and sessions; the built-in master's when left out.
    scenario
        What kind of market it is, one of ``scenarios.SCENARIOS``; ``normal`` is the market of the demo data.
    jumps, jump_size, persistence
        Mean number of jumps a day, their standard deviation in daily sigmas, and the chance that a regime lasts a day
        longer; the scenario's when left out. ``scenarios.BOUNDS`` has their limits.
    """

    def __init__(
        self,
        symbol: str,
        seed: int = 7,
        *,
        instrument: Instrument | None = None,
        scenario: str = "normal",
        jumps: float | None = None,
        jump_size: float | None = None,
        persistence: float | None = None,
    ) -> None:
        self.instrument = instrument or InstrumentMaster.load().get_or_default(symbol)
        self.symbol, self.seed = self.instrument.symbol, int(seed)
        one = self.scenario = find_scenario(scenario, jumps=jumps, jump_size=jump_size, persistence=persistence)
        usual = _PROFILES.get(self.symbol, _OTHERS)
        self.profile = replace(
            usual, sigma=usual.sigma * one.sigma, trades=int(usual.trades * one.trades), beat=usual.beat / one.trades,
            half_spread=usual.half_spread * one.spread,
        )  # fmt: skip
        self._path: np.ndarray | None = None
        self._events: Events | None = None
        self._days: dict[tuple[str, np.datetime64], np.ndarray] = {}
        self._lock = threading.RLock()

    def day(self, date: np.datetime64 | Date | str) -> np.ndarray:
        """All trades of the session called ``date``, TRADE records by time; empty when the market is closed."""
        return self._day("trades", np.datetime64(date, "D")).copy()

    def trades(self, start_ns: int, end_ns: int) -> np.ndarray:
        """TRADE records with ``start_ns`` <= time < ``end_ns``: the days one after the other, cut."""
        return self.events("trades", start_ns, end_ns)

    def quotes(self, start_ns: int, end_ns: int) -> np.ndarray:
        """QUOTE records of the same stretch: of each trade the best prices and sizes that it met, just before it."""
        return self.events("quotes", start_ns, end_ns)

    def book(self, start_ns: int, end_ns: int) -> np.ndarray:
        """BOOK records of the same stretch: ten levels a side, whose best are the quotes.

        A day begins with a snapshot and has another one with the first change of each minute; what is between are
        updates. Rows of equal time are one change, and no prices cross after any row of it.
        """
        return self.events("book", start_ns, end_ns)

    def events(self, kind: str, start_ns: int, end_ns: int) -> np.ndarray:
        """``trades``, ``quotes`` or ``book`` of the stretch, whichever ``kind`` names."""
        if end_ns <= start_ns:
            return np.empty(0, DTYPES[kind])
        found = []
        for date in np.unique(self._sessions(int(start_ns), int(end_ns)).date):
            records = self._day(kind, date)
            low, high = np.searchsorted(records["ts_event"], [start_ns, end_ns])
            found.append(records[low:high])
        return np.concatenate(found) if found else np.empty(0, DTYPES[kind])

    # -- inside -------------------------------------------------------------------------------------------------------

    def _sessions(self, start: int, end: int) -> Sessions:
        own: Calendar = self.instrument.calendar
        try:
            return own.sessions(start, end)
        except DataError:
            return _REGULAR.get(own.name, Hours(own.name, own.tz, time(9), time(17))).sessions(start, end)

    def _day(self, kind: str, date: np.datetime64) -> np.ndarray:
        make: dict[str, Callable[[np.datetime64], np.ndarray]] = {
            "trades": self._made, "quotes": self._quoted, "book": self._booked
        }  # fmt: skip
        with self._lock:
            if (kind, date) not in self._days:
                self._days[kind, date] = make[kind](date)
                held = [key for key in self._days if key[0] == kind]
                for key in held[:-_KEPT_DAYS]:
                    del self._days[key]
            return self._days[kind, date]

    def _quoted(self, date: np.datetime64) -> np.ndarray:
        noise = np.random.default_rng([*self._words(), int((date - _FIRST).astype(int)), 2])
        return synthetic_book.quotes(
            self._day("trades", date), noise, self.instrument, half_spread=self.profile.half_spread
        )

    def _booked(self, date: np.datetime64) -> np.ndarray:
        return synthetic_book.book(self._day("quotes", date), self.instrument, size=self.profile.size)

    def _words(self) -> list[int]:
        return [self.seed, zlib.crc32(self.symbol.encode())]

    def _anchors(self) -> np.ndarray:
        """Log prices at open and close of every day, shape (days, 2); made whole, so that any day is the same."""
        if self._path is not None:
            return self._path
        one, days = self.profile, int((_LAST - _FIRST).astype(int)) + 1
        what, noise = self.scenario, np.random.default_rng(self._words())
        self._events = Events(what, days, self._words())
        moves, shocks = noise.standard_normal((days, 2)), noise.standard_normal(days)
        if one.family:
            common = np.random.default_rng([self.seed, zlib.crc32(one.family.encode())])
            moves = 0.8 * common.standard_normal((days, 2)) + 0.6 * moves
        log_vol, price, level = 0.0, np.log(one.level), np.log(one.level)
        memory = what.persistence
        scale = 0.35 * np.sqrt(1 - memory**2)
        nights = one.sigma * np.sqrt(one.overnight) * moves[:, 0] * what.travel
        days_ = one.sigma * np.sqrt(1 - one.overnight) * moves[:, 1] * what.travel
        extra = (one.sigma * self._events.net).tolist()
        path = np.empty((days, 3))
        for i, (night, move, shock) in enumerate(zip(nights.tolist(), days_.tolist(), shocks.tolist(), strict=True)):
            log_vol = memory * log_vol + scale * shock
            vol = np.exp(log_vol)
            opened = price + vol * night
            price = opened + vol * move + what.pull * (level - opened) + extra[i]
            path[i] = opened, price, vol
        self._path = path
        return path

    def _made(self, date: np.datetime64) -> np.ndarray:
        if not _FIRST <= date < _LAST:
            raise DataError(f"synthetic {self.symbol} trades from {_FIRST} until {_LAST}; {date} was asked for")
        noon = int(date.astype("M8[ns]").astype("i8")) + DAY // 2
        around = self._sessions(noon - 2 * DAY, noon + 2 * DAY)
        mine = around.date == date
        opens, lengths = around.open[mine], (around.close - around.open)[mine]
        if not len(opens):
            return np.empty(0, TRADE)
        one, number = self.profile, int((date - _FIRST).astype(int))
        opened, closed, vol = self._anchors()[number]
        noise = np.random.default_rng([*self._words(), number])
        moments, pace = self._moments(noise, int(lengths.sum()), vol, number)
        shares = moments / lengths.sum()
        moments, shares = (each[self._events.open_at(number, shares)] for each in (moments, shares))
        count = len(moments)

        flips = noise.random(count) < 0.35  # runs of about three: autocorrelation 0.3
        side = np.where((np.cumsum(flips) + noise.integers(2)) % 2, BUY, SELL).astype("i1")
        gaps = np.diff(moments, prepend=0) / SECOND
        variance = np.interp(moments / SECOND, pace[0], pace[1]) * gaps
        variance /= variance.sum()
        push = 0.97 * noise.standard_normal(count) + 0.25 * side
        done = np.cumsum(variance)
        walk = _returning(push * np.sqrt(variance), done, self.scenario.reversion) * one.sigma * vol
        walk *= self.scenario.noise
        walk += one.sigma * self._events.path(number, shares)
        # What drifts goes as time goes, the rest of the way as trade goes.
        middle = np.exp(opened + walk + (shares if self.scenario.drift else done) * (closed - opened - walk[-1]))

        tick, lot = self.instrument.tick_size, self.instrument.lot
        half = np.maximum(tick / 2, one.half_spread * middle * np.exp(0.4 * noise.standard_normal(count)))
        out = np.zeros(count, TRADE)
        ends = np.cumsum(lengths)
        stretch = np.searchsorted(ends, moments, "right")
        out["ts_event"] = out["ts_recv"] = moments + (opens - ends + lengths)[stretch]
        out["price"] = _on_grid(middle + side * half, tick)
        out["size"] = _on_grid(one.size * np.exp(one.tail * noise.standard_normal(count)), lot)
        out["side"] = side
        return out

    def _moments(
        self, noise: np.random.Generator, length: int, vol: float, number: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Arrival times (ns since the open, rising strictly) and the pace (seconds, variance weight) behind them."""
        one, seconds = self.profile, length / SECOND
        grid = np.linspace(0, seconds, max(int(seconds // 20), 2) + 1)
        hours, weights = np.array(one.rhythm, "f8").T
        if hours[-1] < seconds / 3600 or one.rhythm is _FLOOR:
            hours = hours * (seconds / 3600 / hours[-1])
        shape = np.interp(grid / 3600, hours, weights)
        heat = np.zeros(len(grid))
        for knots, strength in ((seconds / 3600, 0.35), (seconds / 600, 0.3), (seconds / 90, 0.25)):
            at = np.linspace(0, seconds, max(int(knots), 2) + 1)
            heat += strength * np.interp(grid, at, noise.standard_normal(len(at)))
        rush = self._events.pace(number, grid / seconds)
        rate = shape * np.exp(heat) * rush
        rounds = np.concatenate([[0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(grid))])
        whole = hours[-1] * 3600
        parents = int(one.trades / 2.5 * min(seconds / whole, 1) * vol**0.5) + 1
        starts = np.interp(np.sort(noise.random(parents)) * rounds[-1], rounds, grid)
        families = np.repeat(starts, noise.geometric(0.4, parents))  # 2.5 prints each, within some tenths of a second
        bursts = families + noise.exponential(0.15, len(families))
        beats = np.arange(0, seconds, one.beat)
        beats = beats + one.beat * noise.random(len(beats))
        times = np.concatenate([bursts, beats])
        moments = np.sort((times * SECOND).astype("i8") + noise.integers(1, 1000, len(times)))
        order = np.arange(len(moments))
        moments = np.maximum.accumulate(moments - order) + order
        return moments[moments < length], np.array([grid, shape * np.exp(2 * heat)])


def _returning(steps: np.ndarray, done: np.ndarray, rate: float) -> np.ndarray:
    """The sum of ``steps`` that goes back to zero ``rate`` times while ``done`` goes from 0 to 1."""
    if not rate:
        return np.cumsum(steps)
    grown = np.exp(rate * done)  # rate is at most some hundreds, far from the limit of a double
    return np.cumsum(steps * grown) / grown


def _on_grid(values: np.ndarray, step: float) -> np.ndarray:
    """The nearest multiples of ``step``, one at least. Divides where the step is 1/n: that is the nearest float."""
    whole = np.maximum(np.rint(values / step), 1)
    inverse = round(1 / step) if step < 1 else 0
    return whole / inverse if inverse and abs(inverse * step - 1) < 1e-9 else whole * step
