"""Searches whose next cells depend on the last ones: successive halving, and the samplers of Optuna."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import DataError, did_you_mean
from workbench.kernels.sweep import SUMS
from workbench.sweep.cells import Bench, Done
from workbench.sweep.engine import Progress, counted, run_all, workers_of
from workbench.sweep.measures import ALL
from workbench.sweep.plan import plan_of
from workbench.sweep.result import Sweep, more_is_better
from workbench.sweep.search import Axis, axes_of, holding, space_of_rows
from workbench.sweep.space import Space, Values
from workbench.sweep.windows import Window

if TYPE_CHECKING:
    from workbench.sweep.ledger import Ledger, Trials

#: Of a rung and the next: so many times the bars, and so many times fewer cells.
FACTOR, RUNGS = 3, 3
#: Cells that are asked for before the results of any of them are told; the same on any machine, so that a seed gives
#: the same cells everywhere.
BATCH = 16
SAMPLERS = ("tpe", "cmaes", "nsga2")
#: Cells that are asked for, for each that is new and holds, before the search is over.
_PATIENCE = 200


@dataclass(frozen=True, eq=False)
class Halving(Sweep):
    """What is left of a successive halving: the cells that were run on all bars.

    The others were dropped for what they did on the first bars, and so were the measures that they would have had: the
    best of these cells is the best of all ``tried``, and is to be judged as such.

    Attributes
    ----------
    rungs
        A sweep for each length of the bars, the last is this one.
    """

    rungs: tuple[Sweep, ...] = ()

    @property
    def tried(self) -> int:
        """Cells that were run, on all lengths."""
        return sum(map(len, self.rungs)) + len(self)

    @property
    def trials(self) -> Trials:
        """All trials as ``Sweep.trials`` has them, never fewer than ``tried``."""
        found = super().trials
        return replace(found, count=max(found.count, self.tried))

    @property
    def history(self) -> pd.DataFrame:
        """The tables of all lengths, one below the other, with ``rung`` and its ``bars``."""
        every = [*self.rungs, self]
        tables = [
            one.table.assign(rung=at, bars=len(one.bench.market.times)).reset_index() for at, one in enumerate(every)
        ]
        return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True, eq=False)
class Optimized(Sweep):
    """The cells that a sampler asked for, in that order.

    Attributes
    ----------
    objectives
        The measures that it looked for.
    """

    objectives: tuple[str, ...] = ()

    @property
    def front(self) -> pd.DataFrame:
        """The cells that no other beats in all objectives at once."""
        signs = [1.0 if more_is_better(name) else -1.0 for name in self.objectives]
        values = np.stack([sign * self.measure(name) for sign, name in zip(signs, self.objectives, strict=True)], 1)
        known = np.flatnonzero(np.isfinite(values).all(axis=1))
        kept = [at for at in known if not _beaten(values[at], values[known])]
        return self.table.loc[kept]


def halving(
    bench: Bench,
    space: Space,
    *,
    objective: str | Sequence[str] = "sharpe",
    measures: tuple[str, ...],
    workers: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
    **how: Any,
) -> Halving:
    """All cells on the first ninth of the bars, the best third of them on the first third, the best of these on all.

    Parameters
    ----------
    bench, space
        What is to be run.
    objective
        The one measure by which cells are kept; those without a value go first.
    measures, workers, memory, progress, **how
        As ``sweep`` has them.
    """
    (name,) = checked_objectives(objective, most=1)
    market, settings, rungs = bench.market, bench.settings, list[Sweep]()
    sizes = [-(-len(space) // FACTOR**at) for at in range(RUNGS)]
    for at in range(RUNGS):
        bars = len(market.times) // FACTOR ** (RUNGS - 1 - at)
        if bars < 2:
            raise DataError(f"search='halving' begins with a ninth of the bars, which is {bars} of {len(market.times)}")
        here = bench
        if bars < len(market.times):
            part = Window(market, (0, bars), session=settings.session).market(gate=False)
            here = Bench(bench.strategy, part, settings)
        plan = plan_of(here, space, workers_of(workers), memory)
        told = progress and _shifted(progress, sum(sizes[:at]), sum(sizes))
        rungs.append(counted(here, space, plan, measures=measures, progress=told, **how))
        if at + 1 < RUNGS:
            values = rungs[-1].measure(name) * (1.0 if more_is_better(name) else -1.0)
            order = np.argsort(-np.where(np.isfinite(values), values, -np.inf), kind="stable")
            space = space.take(np.sort(order[: sizes[at + 1]]))
    last = rungs[-1]
    return Halving(**_fields(last), rungs=tuple(rungs[:-1]))


def optuna(
    bench: Bench,
    values: Mapping[str, Values],
    *,
    where: str | Sequence[str] | None = None,
    n: int,
    seed: int = 0,
    objective: str | Sequence[str] = "sharpe",
    sampler: Any = "tpe",
    measures: tuple[str, ...],
    ledger: Ledger | None = None,
    workers: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
    **how: Any,
) -> Optimized:
    """``n`` cells that a sampler asks for, each once, sixteen at a time.

    Where it comes to an end of the cells that hold and are new there are fewer.

    Parameters
    ----------
    bench, values, where, n, seed, objective, sampler, measures, **how
        As ``sweep`` has them.

    Raises
    ------
    DataError
        Optuna is not there, a sampler that it does not have, or no cell holds.
    """
    names, axes = checked_objectives(objective), axes_of(type(bench.strategy), values)
    with _quiet() as library:
        better = ["maximize" if more_is_better(name) else "minimize" for name in names]
        study = library.create_study(directions=better, sampler=_sampler(library, sampler, seed, len(names)))
        kinds = {name: _distribution(library, axis) for name, axis in axes.items()}
        ranks = {name: _order(axis) for name, axis in axes.items()}
        rows, over, plan = np.empty((0, len(axes))), Done(np.empty(0, SUMS)), None
        known, asked = dict[bytes, list[float]](), 0
        while len(rows) < n and asked < _PATIENCE * (len(rows) + BATCH):
            trials = [study.ask(kinds) for _ in range(min(BATCH, n - len(rows)))]
            asked += len(trials)
            found = np.array([[ranks[name][one.params[name]] for name in axes] for one in trials], float)
            good = holding(axes, found, bench.strategy, where)
            keys = [row.tobytes() for row in found]
            fresh = {key: at for at, key in reversed(list(enumerate(keys))) if good[at] and key not in known}
            if fresh:
                new = found[sorted(fresh.values())]
                space = space_of_rows(axes, new)
                plan = plan or plan_of(bench, space, workers_of(workers), memory)
                piece = max(-(-len(space) // plan.workers), 1)
                done = run_all(bench, space, replace(plan, piece=piece), **how)
                over.failures.update({len(rows) + at: text for at, text in done.failures.items()})
                over.sums, rows = np.concatenate([over.sums, done.sums]), np.concatenate([rows, new])
                part = Sweep.of(bench, space, done.sums, failures={}, measures=measures)
                told = np.stack([part.measure(name) for name in names], axis=1).tolist()
                known |= dict(zip([row.tobytes() for row in new], told, strict=True))
                if progress is not None:
                    progress(len(rows), n)
            for trial, key, holds in zip(trials, keys, good, strict=True):
                if holds and np.isfinite(known[key]).all():
                    study.tell(trial, known[key])
                else:
                    study.tell(trial, state=library.trial.TrialState.FAIL)
    if not len(rows):
        raise DataError(f"search='optuna': of {asked:,} cells that were asked for where={where!r} holds for none")
    every = Sweep.of(
        bench, space_of_rows(axes, rows), over.sums, failures=over.failures, measures=measures, ledger=ledger
    )
    if ledger is not None:
        ledger.note(every)
    return Optimized(**_fields(every), objectives=names)


def checked_objectives(given: str | Sequence[str], most: int = 8) -> tuple[str, ...]:
    """The measures that are looked for; DataError where there is none of that name, or too many."""
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in ALL:
            raise DataError(f"objective={name!r}: {did_you_mean(str(name), ALL)}")
    if not 1 <= len(names) <= most:
        raise DataError(f"objective={given!r}: {'one measure' if most == 1 else f'1 to {most} measures'}")
    return names


def _beaten(row: np.ndarray, others: np.ndarray) -> bool:
    return bool(((others >= row).all(axis=1) & (others > row).any(axis=1)).any())


def _fields(found: Sweep) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Sweep.__dataclass_fields__}


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)


@contextmanager
def _quiet() -> Iterator[Any]:
    """The library, which says nothing of each study meanwhile."""
    try:
        import optuna as library
    except ImportError:
        raise DataError("search='optuna' needs the package optuna: pip install optuna cmaes") from None
    before = library.logging.get_verbosity()
    library.logging.set_verbosity(library.logging.ERROR)
    try:
        yield library
    finally:
        library.logging.set_verbosity(before)


def _sampler(library: Any, given: Any, seed: int, objectives: int) -> Any:
    if not isinstance(given, str):
        return given
    if given not in SAMPLERS:
        raise DataError(f"sampler={given!r}: {did_you_mean(given, SAMPLERS)}")
    if given == "nsga2":
        return library.samplers.NSGAIISampler(seed=seed, population_size=BATCH)
    if given == "tpe":
        return library.samplers.TPESampler(seed=seed, constant_liar=True)
    if objectives > 1:
        raise DataError("sampler='cmaes' looks for one objective: take 'tpe' or 'nsga2' for several")
    try:
        import cmaes  # noqa: F401
    except ImportError:
        raise DataError("sampler='cmaes' needs the package cmaes: pip install cmaes") from None
    return library.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)


def _distribution(library: Any, axis: Axis) -> Any:
    """What is asked for: the place of a value in their order, or a number of a span."""
    kinds = library.distributions
    if axis.span is None:
        if _ordered(axis):
            return kinds.IntDistribution(0, len(axis.values) - 1)
        return kinds.CategoricalDistribution(list(range(len(axis.values))))
    kind = kinds.IntDistribution if axis.whole else kinds.FloatDistribution
    return kind(axis.span.low, axis.span.high, log=axis.span.log)


def _ordered(axis: Axis) -> bool:
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in axis.values)


class _Same:
    """Numbers of a span stand for themselves."""

    def __getitem__(self, value: float) -> float:
        return value


def _order(axis: Axis) -> Any:
    """From what is asked for to what ``Axis.at`` gives: a value's code, or the number of a span."""
    if axis.span is not None:
        return _Same()
    codes = np.arange(len(axis.values))
    return np.argsort(axis.values, kind="stable") if _ordered(axis) else codes
