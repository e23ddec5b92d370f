"""What came out of a backtest: tables that are made when they are asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import analytics
from workbench.analytics import Bands
from workbench.backtest.audit import Audit
from workbench.backtest.benchmark import worth_of
from workbench.backtest.market import Market
from workbench.backtest.run import Run, Settings
from workbench.backtest.stats import Stats, bars_a_year, rolling_of, stats_of
from workbench.errors import DataError, did_you_mean
from workbench.kernels import ledger as k
from workbench.kernels.round_trips import ROUND_TRIP, round_trips
from workbench.strategies.base import Strategy

_MODES = ("units", "fraction", "cash", "risk")


@dataclass(frozen=True, eq=False)
class Result:
    """A finished backtest. Picklable, with the bars it was made of.

    Attributes
    ----------
    strategy, settings, market
        What was run.
    equity
        Worth of the account at the close of each bar.
    state
        The account at the end, see ``kernels.ledger``.
    log
        Fills and orders as the kernel writes them; ``fills``, ``orders`` and ``round_trips`` are their tables.
    tags
        Names behind the numbers of tags.
    compared
        float64[instants]: what 1 in the benchmark has become; None where that is to hold the symbols.
    audit
        Whether its studies knew the future; None where that was not looked at.
    """

    strategy: Strategy
    settings: Settings
    market: Market
    equity: pd.Series
    state: k.State
    log: k.Log
    tags: dict[float, str]
    compared: np.ndarray | None = None
    audit: Audit | None = None

    @classmethod
    def of(cls, run: Run) -> Result:
        """The result of a run that has come to its end, or as far as it has come."""
        equity = pd.Series(run.equity[: run.next], index=run.market.index[: run.next], name="equity", copy=False)
        account = run.state.account[0]
        log = k.Log(run.log.fills[: account["fills"]], run.log.orders[: account["orders"]])
        return cls(run.strategy, run.settings, run.market, equity, run.state, log, run.tags)

    @property
    def symbols(self) -> list[str]:
        """Names of the symbols."""
        return self.market.symbols

    @property
    def uncertain_bars(self) -> int:
        """Bars in which it mattered which way the price went inside; see ``bracket``."""
        return int(self.state.account["uncertain"][0])

    @property
    def margin_calls(self) -> int:
        """Positions that were closed for want of margin."""
        return int(self.state.account["called"][0])

    @property
    def fees(self) -> float:
        """All fees."""
        return float(self.state.account["fees"][0])

    @property
    def financing(self) -> float:
        """All interest and funding that was paid."""
        return float(self.state.account["financing"][0])

    @cached_property
    def returns(self) -> pd.Series:
        """Simple return of each bar, the first against the cash at the start."""
        values = self.equity.to_numpy()
        before = np.concatenate([[self.settings.cash], values[:-1]])
        with np.errstate(divide="ignore", invalid="ignore"):
            return pd.Series(values / before - 1.0, index=self.equity.index, name="returns")

    @cached_property
    def fills(self) -> pd.DataFrame:
        """A row for each fill.

        ``side`` 1 bought, -1 sold; ``when`` in the bar: ``open``, ``inside``, ``close``; ``position`` after it;
        ``slippage`` is what the price was worse than that of the market, in money.
        """
        rows = self.log.fills
        units, side = np.abs(rows["units"]), np.sign(rows["units"]).astype(int)
        columns = {
            "time": self._times(rows["instant"]), "symbol": self._names(rows["symbol"]), "side": side, "units": units,
            "price": rows["price"], "value": units * rows["price"], "fee": rows["fee"],
            "slippage": rows["units"] * (rows["price"] - rows["raw"]), "position": rows["after"],
            "order": rows["order"], "reason": _words(k.REASONS, rows["reason"]), "tag": self._tags(rows["tag"]),
            "when": _words(k.MOMENTS, rows["moment"]), "bar": self._bars(rows["instant"], rows["symbol"]),
        }  # fmt: skip
        return pd.DataFrame(columns)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """A row for each order, its number as index: when it was made, what it asked, and what became of it.

        ``exit`` is stop loss (``stop``), target (``limit``) and trailing stop of its ``parent`` in one.
        """
        rows = self.log.orders
        with np.errstate(invalid="ignore", divide="ignore"):
            price = rows["value"] / rows["units"]
        ended = pd.Series(self._times(np.maximum(rows["ended"], 0))).where(rows["ended"] >= 0)
        columns = {
            "time": self._times(rows["born"]), "symbol": self._names(rows["symbol"]),
            "kind": _words(k.KINDS, rows["kind"]), "side": rows["side"].astype(int), "amount": rows["amount"],
            "mode": _words(_MODES, rows["mode"]), "limit": rows["limit"], "stop": rows["stop"],
            "status": _words(k.STATUSES, rows["status"]), "reason": _words(k.REASONS, rows["reason"]),
            "units": rows["units"], "price": price, "fees": rows["fees"], "ended": ended,
            "parent": rows["parent"], "tag": self._tags(rows["tag"]),
        }  # fmt: skip
        return pd.DataFrame(columns).rename_axis("order")

    @cached_property
    def round_trips(self) -> pd.DataFrame:
        """A row for each position from flat to flat, in the order of their ends; what is open at the end is not there.

        ``pnl`` is after fees, ``return`` is that by the value of what was bought (sold short), ``mae`` and ``mfe`` are
        the worst and best price on the way, as fractions of the mean entry price.
        """
        rows = self.log.fills
        parts = []
        for s in range(len(self.symbols)):
            found, out = self.market.columns[s], np.zeros(len(rows), ROUND_TRIP)
            bars = self._bars(rows["instant"], np.full(len(rows), s))
            count = round_trips(rows, bars, s, found["high"], found["low"], found["close"], out)
            parts.append(out[:count])
        trips = np.concatenate(parts)
        trips = trips[np.argsort(trips["exit_instant"], kind="stable")]
        entry, exit_ = self._times(trips["entry_instant"]), self._times(trips["exit_instant"])
        columns = {
            "symbol": self._names(trips["symbol"]), "side": trips["side"], "units": trips["units"],
            "entry_time": entry, "exit_time": exit_, "entry_price": trips["entry_price"],
            "exit_price": trips["exit_price"], "pnl": trips["pnl"],
            "return": trips["pnl"] / (trips["units"] * trips["entry_price"]), "fees": trips["fees"],
            "mae": trips["mae"], "mfe": trips["mfe"], "bars": trips["exit_bar"] - trips["entry_bar"],
            "holding": exit_ - entry, "fills": trips["fills"], "reason": _words(k.REASONS, trips["reason"]),
            "tag": self._tags(trips["tag"]),
        }  # fmt: skip
        return pd.DataFrame(columns)

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Units held at the close of each bar, a column for each symbol."""
        rows, count = self.log.fills, len(self.equity)
        held = np.zeros((count, len(self.symbols)))
        for s in range(len(self.symbols)):
            mine = rows[rows["symbol"] == s]
            bounds = np.append(np.append(0, mine["instant"]), count)
            held[:, s] = np.repeat(np.append(0.0, mine["after"]), np.diff(bounds))
        return pd.DataFrame(held, index=self.equity.index, columns=pd.Index(self.symbols, name="symbol"))

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Worth of each position at the close of each bar, as a fraction of equity; negative when short."""
        worth = np.nan_to_num(self.positions.to_numpy() * self.market.closes()[: len(self.equity)])
        parts = worth / self.equity.to_numpy()[:, np.newaxis]
        return pd.DataFrame(parts, index=self.positions.index, columns=self.positions.columns)

    @cached_property
    def exposure(self) -> pd.Series:
        """Worth of all positions, long and short alike, as a fraction of equity."""
        return self.weights.abs().sum(axis=1).rename("exposure")

    @cached_property
    def traded(self) -> pd.Series:
        """Value that was traded in each bar, both sides, as a fraction of equity."""
        rows = self.log.fills
        value = np.bincount(rows["instant"], np.abs(rows["units"]) * rows["price"], len(self.equity))
        return pd.Series(value / self.equity.to_numpy(), index=self.equity.index, name="traded")

    @cached_property
    def data(self) -> dict[str, pd.Series | pd.DatetimeIndex]:
        """What measures are computed of, by the names of ``analytics.DATA``."""
        trips = self.round_trips
        return {
            "returns": self.returns, "times": self.equity.index, "trips": trips["return"], "pnl": trips["pnl"],
            "trip_bars": trips["bars"], "favourable": trips["mfe"], "adverse": trips["mae"],
            "weights": self.weights.sum(axis=1), "traded": self.traded,
        }  # fmt: skip

    @cached_property
    def open_positions(self) -> pd.DataFrame:
        """Positions that are open at the end: units, mean entry price, last price, and what they have won."""
        rows = self.state.positions
        some = np.flatnonzero(rows["units"])
        units, entry, mark = rows["units"][some], rows["entry"][some], rows["mark"][some]
        table = {"units": units, "entry": entry, "price": mark, "pnl": units * (mark - entry)}
        return pd.DataFrame(table, index=pd.Index([self.symbols[s] for s in some], name="symbol"))

    @cached_property
    def worth(self) -> np.ndarray:
        """What 1 in the benchmark has become at each bar, float64."""
        return (worth_of(self.market) if self.compared is None else self.compared)[: len(self.equity)]

    @cached_property
    def benchmark(self) -> pd.Series:
        """What the cash would have become in the benchmark: to hold the symbols, unless the run was given another."""
        return pd.Series(self.settings.cash * self.worth, index=self.equity.index, name="benchmark")

    @cached_property
    def stats(self) -> Stats:
        """All measures of the run by name, beside its benchmark; see ``stats_of`` for another one."""
        return stats_of(self)

    @cached_property
    def drawdowns(self) -> pd.DataFrame:
        """The deepest drawdowns: when they began, were deepest and were made good, how deep and how long."""
        return analytics.drawdowns(self.equity, start=self.settings.cash)

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """Return of each month, a row for each year."""
        return analytics.monthly_returns(self.returns)

    @cached_property
    def by_hour_and_weekday(self) -> pd.DataFrame:
        """Returns by hour and weekday, UTC."""
        return analytics.by_hour_and_weekday(self.returns)

    def rolling(self, window: int, name: str = "sharpe") -> pd.Series:
        """A measure of returns over the last ``window`` bars, at each bar."""
        return rolling_of(self, name, window)

    def bands(
        self, n: int = 1000, seed: int = 0, method: str = "bootstrap", *, level: float = 0.9, block: float | None = None
    ) -> Bands:
        """What the run could have made by chance: bands of equity, and quantiles of measures.

        Parameters
        ----------
        n, seed
            Paths, and where their draws begin.
        method
            ``bootstrap`` draws blocks of bars; ``shuffle`` changes the order of the round trips.
        level
            Part of the paths between the outer lines.
        block
            Bars of a block on average, for the bootstrap; chosen by the data unless given.

        Raises
        ------
        DataError
            Less than two bars or round trips, or an argument out of its limits.
        """
        if method == "shuffle":
            if block is not None:
                raise DataError(f"bands: block={block:g} is of the bootstrap; round trips are shuffled one by one")
            pnl = self.round_trips["pnl"]
            return analytics.bands_of_trips(pnl, cash=self.settings.cash, n=n, seed=seed, level=level)
        if method != "bootstrap":
            raise DataError(f"bands: method={method!r}: {did_you_mean(str(method), ('bootstrap', 'shuffle'))}")
        options = {"periods": float(bars_a_year(self)), "cash": self.settings.cash}
        return analytics.bands_of_returns(self.returns, **options, n=n, seed=seed, level=level, block=block)

    def report(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write the tear sheet; what is at ``path`` is replaced when all of it is written.

        Parameters
        ----------
        path
            ``sheet.html`` is one page that needs nothing else, ``sheet.pdf`` the same for print. ``fills.csv`` (or
            ``equity orders round_trips stats``) is that table, any other name in ``.csv`` the round trips; a folder
            gets all five tables.
        title
            Head line; the strategy's name unless given.

        Returns
        -------
        Path
            What was written.

        Raises
        ------
        DataError
            Another suffix, or a place that cannot be written to.
        """
        from workbench.backtest.report import write_report

        return write_report(self, path, title=title)

    def bracket(self) -> pd.Series:
        """Final equity for each path that the price may have taken inside of the bars."""
        from workbench.backtest.engine import bracket

        if not self.uncertain_bars:
            return pd.Series(self.equity.iloc[-1], index=list(k.PATHS), name="final_equity")
        found = {path: one.equity.iloc[-1] for path, one in bracket(self).items()}
        return pd.Series(found, name="final_equity")

    def _times(self, instants: np.ndarray) -> pd.DatetimeIndex:
        return self.market.index[instants]

    def _bars(self, instants: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        return self.market.rows[instants, symbols] if len(self.market.rows) else instants

    def _names(self, symbols: np.ndarray) -> np.ndarray:
        return np.array(self.symbols, object)[symbols]

    def _tags(self, codes: np.ndarray) -> list[str]:
        return ["" if one == 0 else self.tags.get(one, f"{one:.0f}") for one in codes.tolist()]

    def _repr_html_(self) -> str:
        return importlib.import_module("workbench.charts.reprs").result(self)  # by name: what draws is further out

    def __repr__(self) -> str:
        change = self.equity.iloc[-1] / self.settings.cash - 1
        first = None if self.audit is None else self.audit.first
        peeks = "" if first is None else f"; it looks ahead: {first['study']} at bar {first['bar']}"
        return f"Result({self.strategy.label}: {change:+.2%}, {len(self.round_trips)} round trips{peeks})"


def _words(words: tuple[str, ...], numbers: np.ndarray) -> np.ndarray:
    return np.array(words, object)[numbers]
