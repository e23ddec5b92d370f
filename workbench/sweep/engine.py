"""The front door of sweeps."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.backtest.engine import settings_of, strategy_of
from workbench.backtest.market import Bars, Market
from workbench.errors import DataError, did_you_mean
from workbench.kernels.sweep import SUMS
from workbench.strategies import Strategy
from workbench.sweep import executor as executors
from workbench.sweep.cells import Bench, Done
from workbench.sweep.measures import ALL, NAMES
from workbench.sweep.plan import Plan, plan_of
from workbench.sweep.result import Sweep
from workbench.sweep.search import ADAPTIVE, space_of
from workbench.sweep.space import Space, Values

if TYPE_CHECKING:
    from workbench.sweep.checkpoint import Checkpoint
    from workbench.sweep.executor import Client
    from workbench.sweep.jobs import Jobs
    from workbench.sweep.ledger import Ledger

Progress = Callable[[int, int], None]
EXECUTORS = ("threads", "processes")


def sweep(
    strategy: Strategy | type[Strategy] | str,
    bars: Bars,
    values: Mapping[str, Values],
    *,
    where: str | Sequence[str] | None = None,
    measures: Sequence[str] = NAMES,
    client: Client | str | None = None,
    executor: str = "threads",
    workers: int | None = None,
    memory: int | None = None,
    inside: Bars | None = None,
    progress: Progress | None = None,
    job: Jobs | str | Path | None = None,
    name: str = "",
    ledger: Ledger | None = None,
    search: str = "grid",
    n: int | None = None,
    seed: int = 0,
    objective: str | Sequence[str] = "sharpe",
    sampler: Any = "tpe",
    **keywords: Any,
) -> Sweep:
    """A backtest for each combination of values of a strategy's parameters.

    >>> sw = sweep(SmaCross, bars, {"fast": range(5, 50), "slow": range(5, 99)}, where="fast < slow")  # doctest: +SKIP
    >>> sw.table.sort_values("sharpe").tail()    # doctest: +SKIP

    Parameters
    ----------
    strategy
        A strategy, its class, or a text: its name, ``file.py:Class``, ``module:Class``, or a formula. Parameters that
        are not swept are as it has them.
    bars
        As ``backtest`` takes them.
    values
        Lists, ranges or arrays by parameter; see also ``log_range``.
    where
        Conditions between the parameters as formulas, such as ``fast < slow``.
    measures
        The columns of the table; see ``sweep.measures.ALL``.
    client
        A Dask client, or the address of its scheduler, whose workers run the cells.
    executor, workers
        Without a client: ``threads`` or ``processes`` of this machine, and how many; one for each processor.
    memory
        Bytes that may be used; three quarters of what is free.
    inside, **keywords
        As ``backtest`` has them: ``cash fees slippage fill sizing whole_units short costs session leverage path
        close_at_end``.
    progress
        Called with cells done and cells in all; it stops the sweep where it raises.
    job, name
        Where it is to be written down as it runs, so that it can be resumed: ``wb.sweeps()`` or a folder, and what it
        is to be called; see ``sweep.jobs.Jobs``.
    ledger
        Where its cells are counted as trials; that of the job unless given.
    search
        ``grid``: all combinations. ``random``, ``latin``: ``n`` of them, drawn at random or as a Latin hypercube;
        values may then be a ``span``. ``halving``: all (or ``n`` drawn ones) on the first ninth of the bars, the best
        third of them on the first third, the best third of these on all; gives a ``Halving``. ``optuna``: ``n`` cells,
        each asked for when the results of earlier ones are known; gives an ``Optimized``.
    n, seed
        How many cells are drawn or asked for, and where the draws begin.
    objective
        The measure that ``halving`` and ``optuna`` look for; for ``optuna`` also several.
    sampler
        Of ``optuna``: ``tpe``, ``cmaes``, ``nsga2``, or a sampler of that library.

    Raises
    ------
    DataError
        Arguments that cannot be used, or a sweep that does not fit into the memory: says what would.
    SweepStopped
        The job was paused or cancelled.
    UnknownNameError
        A parameter or measure that does not exist; names the nearest.
    """
    if search in ADAPTIVE:
        from workbench.sweep import optimize

        if job is not None:
            raise DataError(f"search={search!r} is no job: its next cells depend on the last ones; leave job= away")
        how = {"client": client, "executor": executor, "workers": workers, "memory": memory, "progress": progress}
        given = {"where": where, "n": n, "seed": seed, "objective": objective, "measures": tuple(measures)}
        bench, space = prepared(
            strategy, bars, values, where=where, inside=inside, search=search, n=n, seed=seed, **keywords
        )
        if search == "halving":
            return optimize.halving(bench, space, objective=objective, measures=tuple(measures), ledger=ledger, **how)
        return optimize.optuna(bench, values, sampler=sampler, ledger=ledger, **given, **how)
    bench, space = prepared(
        strategy, bars, values, where=where, inside=inside, search=search, n=n, seed=seed, **keywords
    )
    for measure in measures:
        if measure not in ALL:
            raise DataError(f"measures: {measure!r}: {did_you_mean(measure, ALL)}")
    plan = plan_of(bench, space, workers_of(workers), memory)
    checkpoint = None
    if job is not None:
        from workbench.sweep.jobs import Jobs

        jobs = Jobs.of(job, ledger)
        ledger = ledger or jobs.ledger
        said = [where] if isinstance(where, str) else list(where or ())
        id = jobs.create(bench, space, plan, measures=tuple(measures), name=name, where=said)
        checkpoint = jobs.checkpoint(id)
    return counted(
        bench, space, plan, measures=tuple(measures), client=client, executor=executor, progress=progress,
        checkpoint=checkpoint, ledger=ledger,
    )  # fmt: skip


def counted(
    bench: Bench,
    space: Space,
    plan: Plan,
    *,
    measures: tuple[str, ...] = NAMES,
    ledger: Ledger | None = None,
    **how: Any,
) -> Sweep:
    """The sweep of a space, its cells counted in the ledger; ``how`` are the keywords of ``run_all``."""
    over = Done(np.full(len(space), np.nan, SUMS))
    found = Sweep.of(bench, space, over.sums, failures=over.failures, measures=measures, ledger=ledger)
    try:
        run_all(bench, space, plan, over=over, **how)
    finally:
        # What was looked at is a trial, also where it was stopped before its end.
        if ledger is not None:
            ledger.note(found)
    return found


def run_all(
    bench: Bench,
    space: Space,
    plan: Plan,
    *,
    client: Client | str | None = None,
    executor: str = "threads",
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    over: Done | None = None,
) -> Done:
    """All cells of a space, in pieces and by those that the arguments of ``sweep`` name.

    Pieces that a checkpoint has are taken from there, and those to come are written there. What is over is put into
    ``over`` as it comes, where that is given.
    """
    over = over or Done(np.full(len(space), np.nan, SUMS))
    with checkpoint or nullcontext():
        there = checkpoint.there(over) if checkpoint is not None else set[int]()
        done = checkpoint.done if checkpoint is not None else 0
        if done and progress is not None:
            progress(done, len(space))
        left = (piece for piece in pieces_of(space, plan.piece) if piece[0] not in there)
        folder = None if checkpoint is None else checkpoint.folder
        with closing(_running(bench, left, plan.workers, client, how=executor, folder=folder)) as pieces:
            for first, found in pieces:
                over.sums[first : first + len(found.sums)] = found.sums
                over.failures.update({first + at: text for at, text in found.failures.items()})
                done += len(found.sums)
                if checkpoint is not None:
                    checkpoint.put(first, found)
                if progress is not None:
                    progress(done, len(space))
    return over


def plan(
    strategy: Strategy | type[Strategy] | str,
    bars: Bars,
    values: Mapping[str, Values],
    *,
    where: str | Sequence[str] | None = None,
    workers: int | None = None,
    memory: int | None = None,
    **keywords: Any,
) -> Plan:
    """What ``sweep`` with the same arguments would need: cells, time, memory. Raises as it does.

    Of a search whose cells depend on each other as many are counted as it begins with, or as are asked for, all bars
    each.
    """
    if keywords.get("search") == "optuna":
        keywords["search"] = "random"
    bench, space = prepared(strategy, bars, values, where=where, **keywords)
    return plan_of(bench, space, workers_of(workers), memory)


def prepared(
    strategy: Strategy | type[Strategy] | str,
    bars: Bars,
    values: Mapping[str, Values],
    *,
    where: str | Sequence[str] | None = None,
    inside: Bars | None = None,
    search: str = "grid",
    n: int | None = None,
    seed: int = 0,
    **keywords: Any,
) -> tuple[Bench, Space]:
    """The bench and the cells of the arguments of ``sweep``; the first cells, where the others depend on them."""
    base = strategy_of(strategy)
    space = space_of(base, values, where, search=search, n=n, seed=seed)
    settings = settings_of(**keywords)
    first = type(base)(**{**base.values(), **space.cell(0)})
    return Bench(first, Market(bars, settings.session, inside), settings), space


def pieces_of(space: Space, size: int) -> Iterator[tuple[int, Space]]:
    """A space in pieces, each with the number of its first cell."""
    for first in range(0, len(space), size):
        yield first, space.take(slice(first, first + size))


def _running(
    bench: Bench,
    pieces: Iterable[tuple[int, Space]],
    workers: int,
    client: Client | str | None,
    *,
    how: str,
    folder: Path | None,
) -> Iterator[tuple[int, Done]]:
    """Pieces as they are over; ``folder`` has the bars already, where it is given."""
    if client is None and how not in EXECUTORS:
        raise DataError(f"executor={how!r}: {did_you_mean(str(how), EXECUTORS)}")
    if client is None and how == "threads":
        yield from executors.in_threads(bench, pieces, workers)
        return
    with tempfile.TemporaryDirectory(prefix="workbench-sweep-") as own:
        place = folder or Path(own)
        if client is None:
            yield from executors.in_processes(bench, pieces, workers, place)
            return
        with executors.client_of(client) as dask:
            yield from executors.on_dask(bench, pieces, dask, place)


def workers_of(given: int | None) -> int:
    """How many work side by side: one for each processor that this process may use, unless given."""
    if given is not None and given < 1:
        raise DataError(f"workers={given}: one or more")
    return given or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else given or os.cpu_count() or 1
