"""Measures of cells out of the sums that the kernel keeps: the formulas of ``workbench.analytics``, by column.

They agree with ``Result.stats`` of the same cell to 1e-9 (moments of third and fourth order to 1e-6); a test walks all.
"""

from __future__ import annotations

import numpy as np

from workbench.analytics.arithmetic import per_bar, ratio

#: Those that a table has unless told, in the order of its columns.
NAMES = (
    "total_return", "cagr", "sharpe", "sortino", "calmar", "volatility", "max_drawdown", "max_drawdown_duration",
    "round_trips", "win_rate", "profit_factor", "expectancy", "sqn", "kelly", "avg_win", "avg_loss", "best", "worst",
    "exposure", "turnover", "fees", "final_equity", "skew", "kurtosis",
)  # fmt: skip
#: All that there are.
ALL = (
    *NAMES, "mean_return", "geometric_mean", "downside_volatility", "omega", "gain_to_pain", "recovery_factor",
    "positive_bars", "best_bar", "worst_bar", "time_under_water", "ulcer_index", "pain_index", "ulcer_performance",
    "pain_ratio", "payoff_ratio", "money_profit_factor", "avg_bars", "financing", "margin_calls", "uncertain_bars",
)  # fmt: skip


def measures_of(
    sums: np.ndarray, names: tuple[str, ...] = NAMES, *, cash: float, periods: float, risk_free: float = 0.0
) -> dict[str, np.ndarray]:
    """Measures by name, float64[cells], of ``kernels.sweep.SUMS[cells]``.

    Parameters
    ----------
    sums
        One row for each cell.
    names
        Those wanted, of ``ALL``.
    cash, periods, risk_free
        Money at the start, bars a year, and the simple return of riskless money a year.
    """
    with np.errstate(all="ignore"):
        return {name: np.asarray(_FORMULAS[name](_Sums(sums, cash, periods, risk_free)), float) for name in names}


class _Sums:
    """The sums by name, and what several formulas share."""

    def __init__(self, sums: np.ndarray, cash: float, periods: float, risk_free: float) -> None:
        self.sums, self.cash, self.periods, self.risk_free = sums, cash, periods, risk_free
        self.free = per_bar(risk_free, periods) if np.isfinite(periods) else np.nan

    def __getattr__(self, name: str) -> np.ndarray:
        return self.sums[name]

    @property
    def growth(self) -> np.ndarray:
        return np.where(self.ruin >= 0, 0.0, self.final / self.cash)

    @property
    def mean(self) -> np.ndarray:
        return ratio(self.r1, self.bars)

    @property
    def cagr(self) -> np.ndarray:
        return self.growth ** (self.periods / self.bars) - 1.0

    def deviation(self, ddof: int = 1) -> np.ndarray:
        """Exactly 0 where all returns are equal."""
        square = np.maximum(self.r2 - self.r1 * self.mean, 0.0)
        found = np.sqrt(ratio(square, self.bars - ddof))
        return np.where(self.bars <= ddof, np.nan, np.where(self.low == self.high, 0.0, found))

    @property
    def shortfall(self) -> np.ndarray:
        return np.sqrt(self.missed / self.bars)

    @property
    def trip_deviation(self) -> np.ndarray:
        square = np.maximum(self.t2 - self.t1 * ratio(self.t1, self.trips), 0.0)
        found = np.sqrt(ratio(square, self.trips - 1))
        return np.where(self.trips < 2, np.nan, np.where(self.best == self.worst, 0.0, found))

    @property
    def payoff(self) -> np.ndarray:
        gain, loss = ratio(self.won, self.wins), ratio(self.given, self.losses)
        return ratio(np.where(self.wins > 0, gain, 0.0), np.where(self.losses > 0, loss, 0.0))

    @property
    def win_rate(self) -> np.ndarray:
        return ratio(self.wins, self.trips)

    def moment(self, order: int) -> np.ndarray:
        """Standardised moment of the population."""
        m, n = self.mean, self.bars
        if order == 3:
            centred = self.r3 / n - 3.0 * m * self.r2 / n + 2.0 * m**3
        else:
            centred = self.r4 / n - 4.0 * m * self.r3 / n + 6.0 * m**2 * self.r2 / n - 3.0 * m**4
        return np.where(self.low == self.high, np.nan, ratio(centred, self.deviation(0) ** order))


def _skew(s: _Sums) -> np.ndarray:
    return np.where(s.bars < 3, np.nan, s.moment(3) * np.sqrt(s.bars * (s.bars - 1.0)) / (s.bars - 2.0))


def _kurtosis(s: _Sums) -> np.ndarray:
    n, excess = s.bars, s.moment(4) - 3.0
    return np.where(n < 4, np.nan, ((n + 1.0) * excess + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)))


def _kelly(s: _Sums) -> np.ndarray:
    return np.where(s.wins > 0, s.win_rate - ratio(1.0 - s.win_rate, s.payoff), np.nan)


_FORMULAS = {
    "total_return": lambda s: s.growth - 1.0,
    "cagr": lambda s: s.cagr,
    "mean_return": lambda s: s.mean * s.periods,
    "geometric_mean": lambda s: s.growth ** (1.0 / s.bars) - 1.0,
    "volatility": lambda s: s.deviation() * np.sqrt(s.periods),
    "downside_volatility": lambda s: s.shortfall * np.sqrt(s.periods),
    "sharpe": lambda s: ratio(s.mean - s.free, s.deviation()) * np.sqrt(s.periods),
    "sortino": lambda s: ratio(s.mean, s.shortfall) * np.sqrt(s.periods),
    "calmar": lambda s: ratio(s.cagr, -s.drawdown),
    "omega": lambda s: ratio(s.gained, s.lost),
    "gain_to_pain": lambda s: ratio(s.r1, s.lost),
    "skew": _skew,
    "kurtosis": _kurtosis,
    "positive_bars": lambda s: s.up / s.bars,
    "best_bar": lambda s: s.high,
    "worst_bar": lambda s: s.low,
    "max_drawdown": lambda s: s.drawdown,
    "max_drawdown_duration": lambda s: s.duration,
    "time_under_water": lambda s: s.under / s.bars,
    "ulcer_index": lambda s: np.sqrt(s.depth2 / s.bars),
    "pain_index": lambda s: s.depth1 / s.bars,
    "ulcer_performance": lambda s: ratio(s.cagr - s.risk_free, np.sqrt(s.depth2 / s.bars)),
    "pain_ratio": lambda s: ratio(s.cagr - s.risk_free, s.depth1 / s.bars),
    "recovery_factor": lambda s: ratio(s.growth - 1.0, -s.drawdown),
    "exposure": lambda s: s.held / s.bars,
    "turnover": lambda s: s.traded / s.bars * s.periods / 2.0,
    "round_trips": lambda s: s.trips,
    "win_rate": lambda s: s.win_rate,
    "profit_factor": lambda s: ratio(s.won, s.given),
    "money_profit_factor": lambda s: ratio(s.money_won, s.money_given),
    "payoff_ratio": lambda s: s.payoff,
    "expectancy": lambda s: ratio(s.t1, s.trips),
    "sqn": lambda s: ratio(ratio(s.t1, s.trips), s.trip_deviation) * np.sqrt(s.trips),
    "kelly": _kelly,
    "avg_win": lambda s: ratio(s.won, s.wins),
    "avg_loss": lambda s: ratio(-s.given, s.losses),
    "best": lambda s: np.where(s.trips > 0, s.best, np.nan),
    "worst": lambda s: np.where(s.trips > 0, s.worst, np.nan),
    "avg_bars": lambda s: ratio(s.trip_bars, s.trips),
    "fees": lambda s: s.fees,
    "financing": lambda s: s.financing,
    "margin_calls": lambda s: s.called,
    "uncertain_bars": lambda s: s.uncertain,
    "final_equity": lambda s: s.final,
}
