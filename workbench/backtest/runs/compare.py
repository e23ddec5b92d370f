"""Runs beside each other, and what one has that the other has not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.backtest.provenance import Provenance, flat, same
from workbench.backtest.runs.stored import StoredRun

if TYPE_CHECKING:
    from workbench.backtest.result import Result

#: What makes two fills the same one. Numbers of orders and bars move with everything before them.
_FILL = ["time", "symbol", "side", "units", "price", "fee", "reason", "tag", "when"]
_KINDS = ("strategy", "parameter", "keyword", "data", "version", "measure")


def compare(runs: Mapping[str, Result | StoredRun]) -> pd.DataFrame:
    """Runs side by side: strategy, parameters, keywords, data, versions and measures; what differs first.

    Parameters
    ----------
    runs
        Results or stored runs, by the name of their column.

    Returns
    -------
    DataFrame
        A row for each, by ``kind`` (``strategy parameter keyword data version measure``) and ``name``; the column
        ``differs``, then one for each run. What a run does not have is None.
    """
    columns = {name: _facts(run) for name, run in runs.items()}
    rows = list(dict.fromkeys(key for facts in columns.values() for key in facts))
    differs = {key: not all(same(facts.get(key), columns[name].get(key)) for facts in columns.values())
               for name in list(columns)[:1] for key in rows}  # fmt: skip
    rows.sort(key=lambda key: (not differs[key], _KINDS.index(key[0])))
    index = pd.MultiIndex.from_tuples(rows, names=["kind", "name"])
    found = {"differs": pd.Series([differs[key] for key in rows], index, dtype=bool)}
    for name, facts in columns.items():
        found[name] = pd.Series([facts.get(key) for key in rows], index, dtype=object)
    return pd.DataFrame(found, index=index)


def _facts(run: Result | StoredRun) -> dict[tuple[str, str], Any]:
    from_ = run.provenance if isinstance(run, StoredRun) else Provenance.of(run)
    symbols = ", ".join(from_.symbols)
    spans = [(one.first, one.last) for one in from_.data.values()]
    data = {
        "symbols": symbols, "spec": from_.spec, "first": pd.Timestamp(min(one for one, _ in spans), tz="UTC"),
        "last": pd.Timestamp(max(one for _, one in spans), tz="UTC"),
        "bars": len(run.equity), "hash": from_.data_hash[:12],
    }  # fmt: skip
    groups: dict[str, Mapping[str, Any]] = {
        "strategy": {"strategy": from_.strategy, "code": from_.code_hash[:12]}, "parameter": from_.parameters,
        "keyword": flat(from_.keywords), "data": data, "version": from_.versions, "measure": run.stats,
    }  # fmt: skip
    return {(kind, name): value for kind, values in groups.items() for name, value in values.items()}


@dataclass(frozen=True, eq=False)
class RunDiff:
    """What two runs have not in common; all of it is empty where they are the same to the last bit.

    Attributes
    ----------
    here, there
        How the two are called.
    first
        The first bar at which equity differs, or which one of them has only; None where there is none.
    equity
        The bars from there on that differ: ``here`` and ``there``, NaN where a run does not have the bar.
    fills_here, fills_there
        Fills that only one of them has.
    measures
        Measures that differ: ``here``, ``there``, ``change``.
    provenance
        What makes them different runs, a sentence each.
    """

    here: str
    there: str
    first: pd.Timestamp | None
    equity: pd.DataFrame
    fills_here: pd.DataFrame
    fills_there: pd.DataFrame
    measures: pd.DataFrame
    provenance: dict[str, str]

    @property
    def same(self) -> bool:
        """Whether equity, fills and measures are the same to the last bit, wherever they come from."""
        return self.first is None and not (len(self.fills_here) or len(self.fills_there) or len(self.measures))

    def __str__(self) -> str:
        lines = [f"{self.here} and {self.there}"]
        if self.same:
            lines.append("equity, fills and measures are the same to the last bit")
        if self.first is not None:
            one, other = self.equity.iloc[0]
            lines.append(
                f"equity differs at {len(self.equity):,} bars, first at {self.first}: {_money(one)}, {_money(other)}"
            )
        for name, fills in ((self.here, self.fills_here), (self.there, self.fills_there)):
            if len(fills):
                lines.append(f"{len(fills):,} fills only in {name}, first at {fills['time'].iloc[0]}")
        if len(self.measures):
            lines.append(f"{len(self.measures)} measures differ: {', '.join(self.measures.index[:8])}"
                         + (" ..." if len(self.measures) > 8 else ""))  # fmt: skip
        return "\n".join([*lines, *self.provenance.values()])

    __repr__ = __str__


def difference(here: Result | StoredRun, there: Result | StoredRun, names: tuple[str, str]) -> RunDiff:
    """What two runs have not in common; ``names`` are how they are called."""
    one, other = (run.equity.rename(name) for run, name in ((here, "here"), (there, "there")))
    both = pd.concat([one, other], axis=1, join="outer", sort=True)
    values = both.to_numpy()
    # A NaN in both is one bar, a NaN in one that has the bar and none in the other are two things.
    apart = (values[:, 0] != values[:, 1]) & ~np.isnan(values).all(axis=1)
    apart |= both.index.isin(one.index) != both.index.isin(other.index)
    equity = both[apart]
    provenance = [run.provenance if isinstance(run, StoredRun) else Provenance.of(run) for run in (here, there)]
    return RunDiff(
        *names,
        first=equity.index[0] if len(equity) else None,
        equity=equity,
        fills_here=_only(here.fills, there.fills),
        fills_there=_only(there.fills, here.fills),
        measures=_measures(here.stats, there.stats),
        provenance=provenance[0].changes(provenance[1]),
    )


def _only(mine: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Fills that the others lack; of several that are alike as many as there are more."""
    keys = [list(zip(*(frame[name].tolist() for name in _FILL), strict=True)) for frame in (mine, others)]
    left: dict[tuple[Any, ...], int] = {}
    for key in keys[1]:
        left[key] = left.get(key, 0) + 1
    keep = []
    for key in keys[0]:
        keep.append(not left.get(key, 0))
        left[key] = left.get(key, 0) - 1
    return mine[keep]


def _measures(here: Mapping[str, float], there: Mapping[str, float]) -> pd.DataFrame:
    names = [name for name in sorted({*here, *there}) if not same(here.get(name, np.nan), there.get(name, np.nan))]
    table = pd.DataFrame(
        {"here": [here.get(name, np.nan) for name in names], "there": [there.get(name, np.nan) for name in names]},
        index=pd.Index(names, name="measure", dtype=str),
        dtype=float,
    )
    return table.assign(change=table["there"] - table["here"])


def _money(value: float) -> str:
    return "no such bar" if value != value else f"{value:,.2f}" if abs(value) >= 0.01 else f"{value:g}"
