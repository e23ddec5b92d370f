"""Sweeps that outlive their process: written down piece by piece, paused, resumed, looked at from elsewhere.

>>> jobs = wb.sweeps()                                                        # doctest: +SKIP
>>> sw = jobs.start("sma_cross", bars, {"fast": range(5, 100)}, name="try")   # doctest: +SKIP
>>> sw = jobs.resume("try", progress=print)                                   # doctest: +SKIP
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.backtest.lookup import find_strategy
from workbench.backtest.market import Market
from workbench.backtest.provenance import code_of, data_of, hash_of, user_name
from workbench.backtest.run import Settings
from workbench.backtest.runs import TRASH
from workbench.backtest.runs import folder as files
from workbench.errors import DataError, UnknownNameError, WorkbenchError, did_you_mean
from workbench.kernels.sweep import SUMS
from workbench.strategies import Strategy
from workbench.sweep import job_files as disk
from workbench.sweep.cells import Bench
from workbench.sweep.checkpoint import Checkpoint, SweepStopped
from workbench.sweep.ledger import Ledger
from workbench.sweep.plan import Plan
from workbench.sweep.result import Sweep
from workbench.sweep.space import Space

if TYPE_CHECKING:
    from workbench.sweep.executor import Client

__all__ = ["Job", "Jobs", "Quota", "SweepStopped"]

Progress = Callable[[int, int], None]
_TIMES = ("created", "started", "heartbeat")


@dataclass(frozen=True)
class Quota:
    """What one user may have on the disk, the trash not counted; None for no limit."""

    jobs: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Job:
    """How a sweep stands.

    Attributes
    ----------
    id, name, who
        What it is called, and whose it is.
    strategy, symbols, spec
        What it runs, and over which bars.
    cells, done
        How many there are, and how many are over.
    state
        ``running``, ``paused``, ``cancelled``, ``finished``, ``failed``, or ``interrupted``: its process has died.
    created, started, heartbeat
        When it was made, was last begun, and last wrote something down (ns UTC; 0 for never).
    seconds, eta
        How long it has run, and will run; NaN where that is not known.
    bytes
        On the disk.
    error
        What it failed of.
    """

    id: str
    name: str
    who: str
    strategy: str
    symbols: str
    spec: str
    cells: int
    done: int
    state: str
    created: int
    started: int
    heartbeat: int
    seconds: float
    eta: float
    bytes: int
    error: str = ""


class Jobs:
    """Sweeps in a folder, which several processes may use at once.

    A job is named by its id, the beginning or the end of that, or its name, wherever it is the only one; ``last`` is
    the newest.

    Parameters
    ----------
    folder
        Where the folders of jobs are; made with the first one.
    ledger
        Where their cells are counted.
    quota
        What each user may have.
    """

    def __init__(self, folder: str | Path, ledger: Ledger | None = None, quota: Quota | None = None) -> None:
        self.folder, self.ledger, self.quota = Path(folder).expanduser(), ledger, quota or Quota()

    def __repr__(self) -> str:
        return f"Jobs({str(self.folder)!r})"

    @classmethod
    def of(cls, job: Jobs | str | Path, ledger: Ledger | None = None) -> Jobs:
        """The jobs that ``sweep(..., job=)`` names: themselves, or their folder."""
        if isinstance(job, Jobs):
            return job
        if isinstance(job, str | Path):
            return cls(job, ledger)
        raise DataError(f"job={job!r}: give wb.sweeps(), or a folder")

    # -- running ------------------------------------------------------------------------------------------------------

    def start(self, strategy: Any, bars: Any, values: Mapping[str, Any], **keywords: Any) -> Sweep:
        """A sweep that is written down as it runs; takes what ``sweep`` takes, and ``name``.

        Raises
        ------
        SweepStopped
            It was paused or cancelled, perhaps by another process.
        DataError
            As ``sweep`` has it; the quota is used up; the values cannot be written down.
        """
        from workbench.sweep.engine import sweep

        return sweep(strategy, bars, values, job=self, **keywords)

    def create(
        self, bench: Bench, space: Space, plan: Plan, *, measures: tuple[str, ...], name: str = "", where: Any = None
    ) -> str:
        """Write a sweep down without running it; gives its id. ``resume`` runs it."""
        self._check_quota(len(space) * SUMS.itemsize + sum(map(_size, _frames(bench))))
        return disk.write_job(
            self.folder, bench, space, piece=plan.piece, measures=measures, name=_name(name), where=where
        )

    def checkpoint(self, id: str) -> Checkpoint:
        """The place where a running sweep writes its pieces; for ``sweep.engine``."""
        return Checkpoint(self.folder / id, disk.read_head(self.folder / id))

    def resume(
        self,
        job: str,
        *,
        progress: Progress | None = None,
        client: Client | str | None = None,
        executor: str = "threads",
        workers: int | None = None,
        strategy: Strategy | type[Strategy] | None = None,
        trust: bool = False,
    ) -> Sweep:
        """Run the cells that are not there yet; the table is the same as if it had never stopped.

        Parameters
        ----------
        job
            Which one.
        progress, client, executor, workers
            As ``sweep`` has them; they may be others than before.
        strategy
            Its class, where that was of a notebook or a script.
        trust
            Load the class that was kept for want of a file. It is a pickle: whoever wrote it runs code here.

        Raises
        ------
        SweepStopped
            It was paused or cancelled.
        DataError
            It runs elsewhere, its files are damaged, or the source of its strategy is not what it was.
        """
        from workbench.sweep.engine import counted, workers_of

        id = self.id(job)
        head = disk.read_head(self.folder / id)
        if self.status(id).state == "finished":
            return self.load(id)
        bench, space = self._bench(id, head, strategy, trust), disk.read_space(self.folder / id, head)
        plan = Plan(len(space), head["bars"], head["piece"], 0.0, 0, workers_of(workers), bench.shared)
        return counted(
            bench, space, plan, measures=tuple(head["measures"]), client=client, executor=executor, progress=progress,
            checkpoint=self.checkpoint(id), ledger=self.ledger,
        )  # fmt: skip

    def pause(self, job: str) -> None:
        """Stop a sweep after the pieces at work, wherever it runs; ``resume`` goes on."""
        self._stop(job, "paused")

    def cancel(self, job: str) -> None:
        """Stop a sweep for good, wherever it runs. Its cells stay; only a ``resume`` of this very job goes on."""
        self._stop(job, "cancelled")

    def attach(self, job: str, progress: Progress | None = None, *, every: float = 0.25) -> Sweep:
        """Wait for a sweep that runs in another process, and load it.

        Parameters
        ----------
        job
            Which one.
        progress
            Called with cells done and cells in all, whenever there are more.
        every
            Seconds between looks at it.

        Raises
        ------
        SweepStopped
            It stopped before its end, or does not run at all.
        """
        id, seen, pause = self.id(job), -1, threading.Event()
        while True:
            one = self.status(id)
            if progress is not None and one.done != seen:
                seen = one.done
                progress(one.done, one.cells)
            if one.state == "finished":
                return self.load(id)
            if one.state != "running":
                raise SweepStopped(id, one.state, one.done, one.cells, one.error)
            pause.wait(every)

    # -- finding ------------------------------------------------------------------------------------------------------

    def list(self, who: str | None = None) -> pd.DataFrame:
        """The sweeps of all, or of one user, newest first: a row each, with what ``Job`` has."""
        found = [one for one in map(self._known, self._ids()) if one is not None and who in (None, one.who)]
        frame = pd.DataFrame([asdict(one) for one in found], columns=list(Job.__dataclass_fields__))
        for name in _TIMES:
            times = pd.DatetimeIndex(frame[name].to_numpy("i8").view("M8[ns]"), tz="UTC")
            frame[name] = times.where(times.asi8 > 0)
        return frame

    def status(self, job: str) -> Job:
        """How one of them stands."""
        folder = self.folder / self.id(job)
        head, state = disk.read_head(folder), disk.read_state(folder)
        done, now = disk.cells_done(folder), str(state.get("state", "interrupted"))
        if disk.is_running(folder):
            now = "running"
        elif now == "running":
            now = "interrupted"
        seconds = float(state.get("seconds", 0.0))
        left = head["cells"] - done
        return Job(
            id=head["id"], name=head["name"], who=head["who"], strategy=head["strategy"],
            symbols=", ".join(filter(None, head["data"])), spec=head["spec"], cells=head["cells"], done=done,
            state=now, created=head["created"], started=int(state.get("started", 0)),
            heartbeat=int(state.get("heartbeat", 0)), seconds=seconds,
            eta=0.0 if not left else seconds * left / done if done and seconds else np.nan, bytes=disk.size_of(folder),
            error=str(state.get("error", "")),
        )  # fmt: skip

    def load(
        self, job: str, *, partial: bool = False, strategy: Strategy | type[Strategy] | None = None, trust: bool = False
    ) -> Sweep:
        """A finished sweep. Its bars are read, and its strategy is looked for, when a cell is asked for.

        Parameters
        ----------
        job
            Which one.
        partial
            Also one that is not finished; cells to come are NaN.
        strategy, trust
            As ``resume`` has them.

        Raises
        ------
        DataError
            It is not finished, or its files are damaged.
        """
        id = self.id(job)
        folder = self.folder / id
        head = disk.read_head(folder)
        sums, failures, done = disk.read_pieces(folder, head["cells"])
        if done < head["cells"] and not partial:
            raise DataError(
                f"sweep {id} has {done:,} of {head['cells']:,} cells: resume({id!r}), or load it with partial=True"
            )
        bench = disk.StoredBench(disk.settings_of(head), lambda: self._bench(id, head, strategy, trust))
        return Sweep(
            bench, disk.read_space(folder, head), sums, failures, tuple(head["measures"]), disk.annual_of(head),  # type: ignore[arg-type]
            ledger=self.ledger, given=disk.origin_of(head), name=head["class"],
        )  # fmt: skip

    def id(self, job: str) -> str:
        """The id of the one job that a text means.

        Raises
        ------
        UnknownNameError
            It means none, or several.
        """
        known = self._ids()
        if job in known:
            return job
        if job == "last" and known:
            return known[0]
        names = {id: head["name"] for id in known if (head := disk.try_head(self.folder / id)) is not None}
        found = [id for id in known if job and (names.get(id) == job or id.startswith(job) or id.endswith(job))]
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownNameError(f"{job!r} may be {len(found)} sweeps: {', '.join(found[:8])}; say more of the id")
        raise UnknownNameError(
            f"there is no sweep {job!r}: {did_you_mean(job, [*known, *filter(None, names.values())])}"
        )

    def delete(self, job: str) -> None:
        """Move a sweep that does not run to the trash, from where ``restore`` brings it back."""
        id = self.id(job)
        if disk.is_running(self.folder / id):
            raise DataError(f"sweep {id} is running: pause or cancel it first")
        files.move(self.folder / id, self.folder / TRASH / id)

    def restore(self, id: str) -> None:
        """Bring a deleted sweep back, by its id."""
        if not (self.folder / TRASH / id / disk.HEAD).is_file():
            raise UnknownNameError(f"there is no sweep {id!r} in the trash")
        files.move(self.folder / TRASH / id, self.folder / id)

    def empty_trash(self) -> None:
        """Remove deleted sweeps for good."""
        shutil.rmtree(self.folder / TRASH, ignore_errors=True)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _ids(self) -> tuple[str, ...]:
        """Ids, the newest first; those of one second by when they were written."""
        found = files.names(self.folder) - {TRASH}
        return tuple(sorted(found, key=lambda id: (id[:15], disk.written(self.folder / id)), reverse=True))

    def _known(self, id: str) -> Job | None:
        try:
            return self.status(id)
        except WorkbenchError:  # deleted meanwhile, or damaged
            return None

    def _stop(self, job: str, how: str) -> None:
        id = self.id(job)
        one = self.status(id)
        if one.state == "finished":
            raise DataError(f"sweep {id} is finished: there is nothing to stop")
        if one.state == "running":
            disk.ask_to_stop(self.folder / id, how)
        else:
            disk.write_state(self.folder / id, disk.read_state(self.folder / id) | {"state": how})

    def _bench(self, id: str, head: Mapping[str, Any], given: Strategy | type[Strategy] | None, trust: bool) -> Bench:
        """The bench of a job, made anew of its files."""
        folder = self.folder / id
        bars, inside = disk.read_bars(folder, head)
        if hash_of(data_of(bars), data_of(inside)) != head["data_hash"]:
            raise DataError(
                f"sweep {id}: its bars are not those that were written: take them from a copy, or start anew"
            )
        if isinstance(given, Strategy):
            kind: type[Strategy] = type(given)
            base = given
        elif head["pickled"] and given is None:
            if not trust:
                raise DataError(
                    f"sweep {id}: the class {head['class']} was of a notebook or a script. Give resume({id!r}, "
                    "strategy=...), or trust=True to load the pickle that was kept of it, if you trust who wrote it"
                )
            base = disk.unpickled(folder)
            kind = type(base)
        else:
            kind = given or find_strategy(head["strategy"])[0]
            base = kind(**disk.parameters_of(folder, head))
        if code_of(kind).hash != head["code_hash"]:
            raise DataError(f"sweep {id}: the source of {head['strategy']} is not what it was; start a new sweep")
        settings: Settings = disk.settings_of(head)
        return Bench(base, Market(bars, settings.session, inside or None), settings)

    def _check_quota(self, more: int) -> None:
        me = user_name()
        mine = [one for one in map(self._known, self._ids()) if one is not None and one.who == me]
        jobs, size = self.quota.jobs, self.quota.bytes
        if jobs is not None and len(mine) >= jobs:
            raise DataError(
                f"{me or 'you'} may have {jobs:,} sweeps and has {len(mine):,}: delete some, or raise "
                "WORKBENCH_SWEEP_QUOTA_JOBS"
            )
        used = sum(one.bytes for one in mine)
        if size is not None and used + more > size:
            raise DataError(
                f"this sweep needs up to {more / 2**20:,.1f} MB; {me or 'you'} may have {size / 2**20:,.1f} MB of "
                f"sweeps and has {used / 2**20:,.1f} MB: delete some, or raise WORKBENCH_SWEEP_QUOTA_GB"
            )


def _frames(bench: Bench) -> list[pd.DataFrame]:
    return [*bench.market.frames.values(), *bench.market.inside.values()]


def _size(frame: pd.DataFrame) -> int:
    return int(frame.memory_usage(index=True).sum())


def _name(name: str) -> str:
    name = name.strip()
    if len(name) > 200 or not name.isprintable() or name == "last":
        raise DataError(f"a sweep's name has up to 200 printable characters and is not 'last', got {name[:70]!r}")
    return name
