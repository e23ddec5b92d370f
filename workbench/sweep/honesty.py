"""What the best cells of a sweep are worth once it is known how many were tried: leaderboard and overfitting."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.analytics import overfitting as cscv
from workbench.analytics.neighbours import MOST_AXES
from workbench.analytics.neighbours import plateau as plateau_of
from workbench.analytics.snooping import SuperiorAbility, superior_ability
from workbench.analytics.trials import deflated_sharpes, effective_trials
from workbench.backtest.market import Bars, Market
from workbench.errors import DataError, did_you_mean
from workbench.sweep.cells import Bench
from workbench.sweep.ledger import Trials
from workbench.sweep.measures import ALL

if TYPE_CHECKING:
    from workbench.sweep.result import Sweep

#: A deflated Sharpe ratio from which on a result is called significant.
SIGNIFICANT = 0.95
#: Cells whose returns are computed again at most; how many of these are the best where there are more.
MOST_CELLS, BEST_CELLS = 1_000, 200
#: Rows of the table of returns at most: bars are put together where there are more.
MOST_ROWS = 20_000
_FEWEST = 2
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Overfitting:
    """How far the best cell of a sweep is to be believed.

    Attributes
    ----------
    best, parameters, sharpe
        The cell with the best Sharpe ratio a year, and that ratio.
    trials
        All trials of this family on these data that the ledger knows; those of the sweep alone without a ledger.
    effective
        How many independent trials would be as many, by the mean correlation of the returns.
    deflated_sharpe
        How probable it is that the true Sharpe ratio of the best is above what the best of so many trials without merit
        would show, by the number of ``trials``.
    deflated_effective
        The same by the ``effective`` number, which is kinder.
    cscv
        Choosing in one half of the bars, judged in the other; ``cscv.splits`` has a row a split.
    ability
        Hansen's and White's tests of the mean return.
    plateau
        What the neighbours of the best keep of its Sharpe ratio, 0 to 1; NaN for one without neighbours.
    cells, sampled
        Cells whose returns were compared, and whether that is not all: then they are the best 200 and a drawn sample of
        the rest, which makes the probability of overfitting look a little better than it is.
    bars_each
        Bars that were put together to one return, where there are many.
    """

    best: int
    parameters: dict[str, Any]
    sharpe: float
    trials: Trials
    effective: float
    deflated_sharpe: float
    deflated_effective: float
    cscv: cscv.Overfitting
    ability: SuperiorAbility
    plateau: float
    cells: int
    sampled: bool
    bars_each: int

    @property
    def probability(self) -> float:
        """PBO: how often the best of one half of the bars is below the median of all in the other."""
        return self.cscv.probability

    @property
    def logits(self) -> pd.Series:
        """ln(rank / (1 - rank)) of the chosen cell out of sample, of every split; below 0 it is in the worse half."""
        return self.cscv.splits["logit"]

    @property
    def p_value(self) -> float:
        """Hansen's consistent p-value: how probable so good a best is where no cell is better than not to trade."""
        return self.ability.consistent

    @property
    def reality_check(self) -> float:
        """White's p-value of the same."""
        return self.ability.reality_check

    @property
    def significant(self) -> bool:
        """Whether the deflated Sharpe ratio is 0.95 or more."""
        return self.deflated_sharpe >= SIGNIFICANT

    def __repr__(self) -> str:
        return f"Overfitting({self})"

    def _repr_html_(self) -> str:
        return importlib.import_module("workbench.charts.reprs").overfitting(self)  # by name: what draws is further out

    def __str__(self) -> str:
        verdict = "significant" if self.significant else "not significant"
        told = ", ".join(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
                         for name, value in self.parameters.items())  # fmt: skip
        lines = [
            f"best: {told}, Sharpe {self.sharpe:.2f}: {verdict} as the best of {self.trials.count:,} trials",
            f"deflated Sharpe {self.deflated_sharpe:.3f} ({self.deflated_effective:.3f} by {self.effective:,.1f}"
            " effective trials)",
            f"probability of overfitting {self.probability:.2f}, of a loss {self.cscv.probability_of_loss:.2f}",
            f"p-values: Hansen {self.p_value:.3f}, White {self.reality_check:.3f}; plateau {self.plateau:.2f}",
        ]
        if self.sampled:
            lines.append(f"by the returns of {self.cells:,} cells: the best and a drawn sample of the rest")
        return "\n".join(lines)


def overfitting(
    sweep: Sweep, *, cells: int = MOST_CELLS, blocks: int = 16, seed: int = 0, progress: Progress | None = None
) -> Overfitting:
    """How far the best cell of a sweep is to be believed; see ``Sweep.overfitting``."""
    if not _FEWEST <= cells <= MOST_CELLS:
        raise DataError(f"overfitting: cells={cells}; between {_FEWEST} and {MOST_CELLS:,}")
    sharpes = sweep.measure("sharpe")
    usable = np.flatnonzero(np.isfinite(sharpes))
    if len(usable) < _FEWEST:
        raise DataError(
            f"overfitting: {len(usable)} of {len(sweep):,} cells have a Sharpe ratio; it needs {_FEWEST} that trade"
        )
    best = int(usable[np.argmax(sharpes[usable])])
    chosen, drawn = _chosen(sharpes, usable, cells, seed)
    returns, each = _returns(sweep, chosen, progress)
    part = returns.iloc[:, drawn] if len(drawn) >= _FEWEST else returns
    trials = sweep.trials
    effective = _effective(part, trials.count)
    return Overfitting(
        best=best, parameters=sweep.space.cell(best), sharpe=float(sharpes[best]), trials=trials, effective=effective,
        deflated_sharpe=float(deflated(sweep, np.array([best]), trials.count)[0]),
        deflated_effective=float(deflated(sweep, np.array([best]), effective)[0]),
        cscv=cscv.probability_of_backtest_overfitting(returns, blocks),
        ability=superior_ability(returns, seed=seed),
        plateau=float(plateaus(sweep, "sharpe")[best]), cells=len(chosen), sampled=len(chosen) < len(usable),
        bars_each=each,
    )  # fmt: skip


def leaderboard(sweep: Sweep, *, count: int = 20, measure: str = "sharpe", holdout: Bars | None = None) -> pd.DataFrame:
    """The best cells, with what their Sharpe ratios are worth; see ``Sweep.leaderboard``."""
    if count < 1:
        raise DataError(f"leaderboard: count={count}; one or more")
    if measure not in ALL:
        raise DataError(f"leaderboard: measure={measure!r}: {did_you_mean(measure, ALL)}")
    rows = sweep.best(measure, count).index.to_numpy(np.int64)
    trials = sweep.trials
    probability = deflated(sweep, rows, trials.count)
    found = {measure: sweep.measure(measure)[rows], "sharpe": sweep.measure("sharpe")[rows]}
    found |= {
        "deflated_sharpe": probability, "significant": probability >= SIGNIFICANT,
        "plateau": plateaus(sweep, measure)[rows], "trials": np.full(len(rows), trials.count),
    }  # fmt: skip
    if holdout is not None:
        found["out_of_sample"] = _later(sweep, rows, holdout).measure("sharpe")
    found |= {name: sweep.measure(name)[rows] for name in ("total_return", "max_drawdown", "round_trips")
              if name not in found}  # fmt: skip
    table = pd.DataFrame(found, index=pd.Index(rows, name="cell"))
    return pd.concat([sweep.space.take(rows).table().set_axis(table.index), table], axis=1)


def deflated(sweep: Sweep, cells: np.ndarray, trials: float) -> np.ndarray:
    """The deflated Sharpe ratio of some cells, as of so many trials; see ``analytics.trials.deflated_sharpes``.

    The spread of the ratios is that of ``Sweep.trials``, but not more than luck can make it: of cells without merit a
    ratio a year has the standard error sqrt(bars a year / bars). Where some cells win for good and others lose (to
    fees, or as the other side of what wins) the trials differ by more than that, and the best would be taken for luck
    the more, the clearer it is.
    """
    n = sweep.sums["bars"][cells]
    spread = spread_of(sweep)
    # Of the sample, as the table has them, back to those of the population.
    with np.errstate(all="ignore"):
        lean = sweep.measure("skew")[cells] * (n - 2.0) / np.sqrt(n * (n - 1.0))
        excess = (sweep.measure("kurtosis")[cells] * (n - 2.0) * (n - 3.0) / (n - 1.0) - 6.0) / (n + 1.0)
    return deflated_sharpes(
        sweep.measure("sharpe")[cells], bars=n, periods=float(sweep.annual), skew=lean, kurtosis=excess,
        trials=max(float(trials), 1.0), deviation=spread,
    )  # fmt: skip


def spread_of(sweep: Sweep) -> float:
    """Standard deviation of the Sharpe ratios a year that trials without merit would have; see ``deflated``."""
    found = sweep.trials.deviation
    luck = float(np.sqrt(float(sweep.annual) / max(np.nanmax(sweep.sums["bars"], initial=2.0) - 1.0, 1.0)))
    return min(found, luck) if np.isfinite(found) else 0.0


def plateaus(sweep: Sweep, measure: str) -> np.ndarray:
    """The plateau score of all cells, float64[cells]; NaN for cells without neighbours.

    Of more than four parameters those with most values are stepped on; cells have to agree in the others.
    """
    from workbench.sweep.result import more_is_better

    table = sweep.space.table()
    wide = sorted((name for name in table if len(sweep.space.values[name]) > 1),
                  key=lambda name: -len(sweep.space.values[name]))  # fmt: skip
    if not wide:
        return np.full(len(sweep), np.nan)
    axes = {name: table[name].to_numpy() for name in wide[:MOST_AXES]}
    if len(wide) > MOST_AXES:
        rest = [sweep.space.names.index(name) for name in wide[MOST_AXES - 1 :]]
        axes = {name: axes[name] for name in wide[: MOST_AXES - 1]}
        axes["rest"] = np.array([str(row) for row in sweep.space.codes[:, rest].tolist()], object)
    values = sweep.measure(measure)
    try:
        return np.asarray(plateau_of(values, axes, more_is_better=more_is_better(measure)))
    except DataError:  # drawn values, of which no two are beside each other
        return np.full(len(sweep), np.nan)


def _chosen(sharpes: np.ndarray, usable: np.ndarray, most: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells to compare, and which of them (by place) are a fair sample of all."""
    if len(usable) <= most:
        return usable, np.arange(len(usable))
    top = max(BEST_CELLS * most // MOST_CELLS, 1)
    order = usable[np.argsort(-sharpes[usable], kind="stable")]
    drawn = np.random.default_rng(seed).choice(order[top:], most - top, replace=False)
    return np.concatenate([order[:top], np.sort(drawn)]), np.arange(top, most)


def _returns(sweep: Sweep, cells: np.ndarray, progress: Progress | None) -> tuple[pd.DataFrame, int]:
    """Returns of cells, a column each (named by the cell), and how many bars each row has."""
    cash, bars = sweep.bench.settings.cash, len(sweep.bench.market.times)
    each = -(-bars // MOST_ROWS)
    last = np.arange(each, bars + each, each).clip(max=bars) - 1
    table = np.empty((len(last), len(cells)), order="F")
    for at, cell in enumerate(cells):
        equity = sweep.bench.finished(sweep.space.cell(int(cell))).equity[last]
        before = np.append(cash, equity[:-1])
        with np.errstate(all="ignore"):
            # What has lost all has nothing left to lose.
            table[:, at] = np.where(before > 0, equity / before - 1.0, 0.0)
        if progress is not None:
            progress(at + 1, len(cells))
    return pd.DataFrame(table, columns=cells, copy=False), each


def _effective(returns: pd.DataFrame, count: int) -> float:
    """Effective trials of ``count`` that resemble each other as these do."""
    n = returns.shape[1]
    found = effective_trials(returns)
    if n < _FEWEST:
        return found
    alike = (n - found) / (n - 1.0)
    return float(alike + (1.0 - alike) * max(count, 1))


def _later(sweep: Sweep, rows: np.ndarray, holdout: Bars) -> Sweep:
    """The same cells on other bars."""
    space, settings, base = sweep.space.take(rows), sweep.bench.settings, sweep.bench.strategy
    first = type(base)(**{**base.values(), **space.cell(0)})
    bench = Bench(first, Market(holdout, settings.session), settings)
    done = bench.run(space)
    return type(sweep).of(bench, space, done.sums, failures=done.failures, measures=sweep.measures)
