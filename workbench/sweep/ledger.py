"""The ledger of trials: every cell of every sweep and every stored run, by data and family of strategies.

What the best of many is worth depends on how many there were, by anyone, today and last year: a sweep's own cells are
only the last of them.
"""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from workbench.backtest import Result, Settings
from workbench.backtest.lookup import reference_of
from workbench.backtest.market import Market
from workbench.backtest.provenance import data_of, hash_of, user_name
from workbench.backtest.runs import Runs
from workbench.errors import WorkbenchError
from workbench.strategies import Strategy, strategies
from workbench.sweep.space import Space

if TYPE_CHECKING:
    from workbench.sweep.result import Sweep

#: Cells of a sweep that are remembered one by one; of a larger one the count and the moments are.
MOST_EACH = 200_000
_EACH = np.dtype([("cell", "<u8"), ("sharpe", "<f4")])
_COLUMNS = ["when", "who", "kind", "strategy", "family", "cells", "mean", "deviation", "best", "data"]


class Index(Protocol):
    """The rows in a database; see ``workspaces.trial_index.TrialIndex``."""

    def put(self, row: Mapping[str, Any]) -> bool:
        """Write a row; one of the same id stays unless this has more cells."""

    def rows(self, data: str | None = None, family: str | None = None) -> list[dict[str, Any]]:
        """Rows of these data and this family, the oldest first."""


@dataclass(frozen=True)
class Origin:
    """What trials are counted by.

    Attributes
    ----------
    data
        Hash of the bars, as ``Provenance.data_hash``.
    family
        The registered strategy that the class is, or is made from; else the name of the first class of its line.
    strategy
        The text by which the class is found again.
    settings
        Hash of the rules of the run: the same parameters under other fees are another trial.
    """

    data: str
    family: str
    strategy: str
    settings: str

    @classmethod
    def of(cls, kind: type[Strategy], market: Market, settings: Settings) -> Origin:
        """That of runs of a strategy over a market."""
        text = json.dumps(asdict(settings), sort_keys=True, default=repr)
        data = hash_of(data_of(market.frames), data_of(market.inside))
        return cls(data, family_of(kind), reference_of(kind), hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True)
class Trials:
    """Trials of one family on the same data.

    Attributes
    ----------
    count
        How many there were, each combination of parameters and rules once.
    mean, variance
        Of their Sharpe ratios a year; NaN for none, and for less than two.
    best
        The best of these ratios.
    sweeps, runs
        In how many sweeps and stored runs.
    who
        Names of those who made them.
    """

    count: int
    mean: float
    variance: float
    best: float
    sweeps: int = 0
    runs: int = 0
    who: tuple[str, ...] = ()

    @property
    def deviation(self) -> float:
        """Standard deviation of the Sharpe ratios a year."""
        return float(np.sqrt(self.variance))

    @classmethod
    def of(cls, sharpes: np.ndarray) -> Trials:
        """Those of one sweep alone, by the Sharpe ratios of its cells."""
        return _trials([_moments(sharpes)], sweeps=1)


class Ledger:
    """The record of all trials, in a database that several processes may use at once.

    Parameters
    ----------
    index
        The rows.
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    def note(self, sweep: Sweep) -> bool:
        """Count the cells of a sweep that were run. Those that were counted before are not counted twice.

        A ledger that cannot be written to is told as a warning: the numbers of the sweep are right without it.
        """
        done = np.flatnonzero(~np.isnan(sweep.sums["bars"]))
        names = cell_names(sweep.fixed, sweep.origin.settings, sweep.space)
        return self._put(sweep.origin, names, sweep.measure("sharpe"), done=done, kind="sweep")

    def note_run(self, result: Result) -> bool:
        """Count a backtest as one trial."""
        origin = Origin.of(type(result.strategy), result.market, result.settings)
        whole = Space({}, np.zeros((1, 0), np.int32))
        names = cell_names(result.strategy.values(), origin.settings, whole)
        return self._put(origin, names, np.array([result.stats["sharpe"]]), done=np.arange(1), kind="run")

    def trials(self, data_hash: str, family: str) -> Trials:
        """All trials of a family of strategies on the same data."""
        rows = self._index.rows(data_hash, family)
        each = [np.frombuffer(row["each"], _EACH) for row in rows if row["each"] is not None]
        parts = [(row["cells"], row["known"], row["mean"], row["square"], row["best"]) for row in rows
                 if row["each"] is None]  # fmt: skip
        if each:
            every = np.concatenate(each)
            _, first = np.unique(every["cell"], return_index=True)
            parts.append(_moments(every["sharpe"][first].astype(float)))
        kinds = [row["kind"] for row in rows]
        who = tuple(sorted({row["who"] for row in rows if row["who"]}))
        return _trials(parts, sweeps=kinds.count("sweep"), runs=kinds.count("run"), who=who)

    def list(self) -> pd.DataFrame:
        """What was counted, the oldest first: ``when who kind strategy family cells mean deviation best data``."""
        rows = []
        for row in self._index.rows():
            deviation = np.sqrt(row["square"] / (row["known"] - 1)) if row["known"] > 1 else np.nan
            when = pd.Timestamp(row["created"], tz="UTC")
            rows.append({**row, "when": when, "deviation": deviation})
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _put(self, origin: Origin, names: np.ndarray, sharpes: np.ndarray, *, done: np.ndarray, kind: str) -> bool:
        if not len(done):
            return False
        # The same cells in another order are the same trials; a sweep that goes on after a pause is still the one.
        text = f"{origin.data} {origin.family} {hashlib.sha256(np.sort(names).tobytes()).hexdigest()}"
        cells, known, mean, square, best = _moments(sharpes[done])
        each = None
        if len(names) <= MOST_EACH:
            table = np.empty(len(done), _EACH)
            table["cell"], table["sharpe"] = names[done], sharpes[done]
            each = table.tobytes()
        row = {
            "id": hashlib.sha256(text.encode()).hexdigest(), "data": origin.data, "family": origin.family,
            "strategy": origin.strategy, "kind": kind, "who": user_name(), "created": time.time_ns(), "cells": cells,
            "known": known, "mean": mean, "square": square, "best": best, "each": each,
        }  # fmt: skip
        try:
            return self._index.put(row)
        except WorkbenchError as error:
            warnings.warn(f"{len(done):,} trials could not be counted: {error}", stacklevel=3)
            return False


class CountedRuns(Runs):
    """Stored runs, each of which is counted as a trial when it is kept."""

    def __init__(self, *args: Any, ledger: Ledger, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ledger = ledger

    def save(self, result: Result, *, tags: Sequence[str] = (), note: str = "", name: str = "") -> str:
        """Keep a result and count it; see ``Runs.save``."""
        id = super().save(result, tags=tags, note=note, name=name)
        self._ledger.note_run(result)
        return id


def family_of(kind: type[Strategy]) -> str:
    """The registered strategy that a class is, or is made from; else the name of the first class of its line."""
    own = [one for one in kind.__mro__ if one not in Strategy.__mro__]
    known = strategies.names()
    for one in own:
        name = vars(one).get("plugin_name")
        if name in known:
            return str(name)
    mine = [one for one in own if issubclass(one, Strategy) and not one.__module__.startswith("workbench.")]
    return (mine or own or [kind])[-1].__name__


def cell_names(fixed: Mapping[str, Any], settings: str, space: Space) -> np.ndarray:
    """A number for each cell, uint64[cells]: the same wherever all parameters and the rules are, whatever was swept.

    Parameters
    ----------
    fixed
        All parameters of the strategy; those that the space has are taken from there.
    settings
        Hash of the rules.
    space
        The cells.
    """
    found = np.full(len(space), _number("", settings), np.uint64)
    for name, value in fixed.items():
        if name not in space.values:
            found += _number(name, value)
    for at, (name, values) in enumerate(space.values.items()):
        found += np.array([_number(name, one) for one in values], np.uint64)[space.codes[:, at]]
    return found


def _number(name: str, value: Any) -> np.uint64:
    """64 bits of a hash of a parameter's value; 5 and 5.0 are the same."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = repr(float(value)).encode()
    elif isinstance(value, np.ndarray | pd.Series | pd.DataFrame):
        plain = np.ascontiguousarray(value)
        text = f"{plain.dtype}{plain.shape}".encode() + (
            plain.tobytes() if plain.dtype != object else repr(plain.tolist()).encode()
        )
    else:
        text = repr(value).encode()
    digest = hashlib.blake2b(name.encode() + b"\0" + text, digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


Moments = tuple[int, int, float, float, float | None]


def _moments(sharpes: np.ndarray) -> Moments:
    """Cells; of those with a ratio their number, mean, sum of squares around it, and best."""
    known = sharpes[np.isfinite(sharpes)]
    if not len(known):
        return len(sharpes), 0, 0.0, 0.0, None
    mean = float(known.mean())
    return len(sharpes), len(known), mean, float(((known - mean) ** 2).sum()), float(known.max())


def _trials(parts: Sequence[Moments], *, sweeps: int = 0, runs: int = 0, who: tuple[str, ...] = ()) -> Trials:
    """Groups put together: Chan, Golub & LeVeque (1979), Updating formulae for computing sample variances."""
    count, known, mean, square, best = 0, 0, 0.0, 0.0, -np.inf
    for cells, more, middle, away, top in parts:
        count += cells
        if more:
            both = known + more
            square += away + (middle - mean) ** 2 * known * more / both
            mean += (middle - mean) * more / both
            known, best = both, max(best, float(top if top is not None else -np.inf))
    return Trials(
        count, mean if known else np.nan, square / (known - 1) if known > 1 else np.nan, best if known else np.nan,
        sweeps, runs, who,
    )  # fmt: skip
