"""A run as it is kept: the tables of its result, its measures and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.analytics import Annual
from workbench.backtest.provenance import Data, Provenance
from workbench.backtest.runs.folder import read_tables
from workbench.backtest.runs.values import decode, encode
from workbench.backtest.stats import Stats
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.backtest.result import Result

#: Tables that every run has; those of parameters that are arrays come beside them.
TABLES = ("equity", "fills", "orders", "round_trips")
_ARRAYS = "parameter."


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run that was kept. Its tables are those of the result, to the last bit.

    Attributes
    ----------
    id, name, note, tags
        How it is found again.
    equity, fills, orders, round_trips, stats
        As in the result.
    benchmark
        What the cash would have become in what the run was compared with, by bar.
    worth
        The same of 1, float64, as the result has it; ``compared`` says whether the run was given that benchmark.
    uncertain_bars
        Bars in which it mattered which way the price went inside.
    audit
        What the audit found: ``ok peeks faults unchecked``; "" where there was none.
    provenance
        Where it came from.
    """

    id: str
    name: str
    note: str
    tags: tuple[str, ...]
    equity: pd.Series
    fills: pd.DataFrame
    orders: pd.DataFrame
    round_trips: pd.DataFrame
    stats: Stats
    worth: np.ndarray
    compared: bool
    uncertain_bars: int
    audit: str
    provenance: Provenance

    @property
    def symbols(self) -> list[str]:
        """Names of the symbols."""
        return self.provenance.symbols

    @property
    def when(self) -> pd.Timestamp:
        """When it was kept, UTC."""
        return pd.Timestamp(self.provenance.when, tz="UTC")

    @property
    def benchmark(self) -> pd.Series:
        """What the cash would have become in the benchmark."""
        cash = self.provenance.keywords["cash"]
        return pd.Series(cash * self.worth, index=self.equity.index, name="benchmark")

    @property
    def returns(self) -> pd.Series:
        """Simple return of each bar, the first against the cash at the start."""
        values = self.equity.to_numpy()
        before = np.concatenate([[self.provenance.keywords["cash"]], values[:-1]])
        with np.errstate(divide="ignore", invalid="ignore"):
            return pd.Series(values / before - 1.0, index=self.equity.index, name="returns")

    def __repr__(self) -> str:
        named = f" {self.name!r}" if self.name else ""
        return f"StoredRun({self.id}{named}: {self.provenance.label}, {len(self.round_trips)} round trips)"


def head_of(result: Result, provenance: Provenance) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """What is to be written of a result: the head's ``summary stats provenance`` and more, and the tables."""
    tables: dict[str, pd.DataFrame] = {
        "equity": result.equity.to_frame().assign(worth=result.worth),
        "fills": result.fills, "orders": result.orders, "round_trips": result.round_trips,
    }  # fmt: skip
    stats, times = result.stats, result.market.times
    arrays: dict[str, pd.DataFrame] = {}
    said = asdict(provenance)
    said["parameters"] = encode(provenance.parameters, arrays, "parameter")
    said["keywords"] = encode(said["keywords"], arrays, "keyword")
    said = {
        name: value if name in ("parameters", "keywords") else encode(value, arrays, name)
        for name, value in said.items()
    }
    summary = {
        "who": provenance.who, "label": provenance.label, "strategy": provenance.strategy,
        "parameters": said["parameters"], "symbols": provenance.symbols, "spec": provenance.spec,
        "first": int(times[0]), "last": int(times[-1]), "bars": len(result.equity),
        **{name: encode(float(stats[name]), arrays, name) for name in MEASURES},
        "round_trips": len(result.round_trips), "data_hash": provenance.data_hash, "code_hash": provenance.code_hash,
    }  # fmt: skip
    head = {
        "summary": summary,
        "stats": encode(dict(stats), arrays, "stats"),
        "annual": encode({"periods": stats.annual.periods, "reason": stats.annual.reason}, arrays, "annual"),
        "compared": result.compared is not None,
        "uncertain_bars": result.uncertain_bars,
        "audit": result.audit.state if result.audit is not None else "",
        "provenance": said,
    }
    return head, tables | arrays


#: Measures that the list of runs shows.
MEASURES = ("final_equity", "total_return", "sharpe", "max_drawdown")


def load_run(folder: Path, head: Mapping[str, Any], row: Mapping[str, Any]) -> StoredRun:
    """The run of a folder; ``row`` has its name, note and tags of now."""
    try:
        return _loaded(folder, head, row)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"run {folder.name}: what it says of itself is damaged ({error!r})") from error


def _loaded(folder: Path, head: Mapping[str, Any], row: Mapping[str, Any]) -> StoredRun:
    tables = read_tables(folder, head["files"])
    missing = [name for name in TABLES if name not in tables]
    if missing:
        raise DataError(f"run {folder.name}: it has no {', '.join(missing)}")
    stats = Stats(decode(head["stats"], {}), Annual(**decode(head["annual"], {})))
    found = {name: tables[name] for name in TABLES}
    curve = found["equity"]
    return StoredRun(
        id=head["id"], name=row["name"], note=row["note"], tags=tuple(row["tags"]),
        **found | {"equity": curve["equity"]}, stats=stats, worth=curve["worth"].to_numpy(),
        compared=head["compared"], uncertain_bars=head["uncertain_bars"], audit=head["audit"],
        provenance=provenance_from(head["provenance"], tables),
    )  # fmt: skip


def provenance_from(said: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Provenance:
    """The provenance that ``head_of`` wrote; fields of a later version are left out."""
    known = {name: decode(said[name], tables) for name in Provenance.__dataclass_fields__ if name in said}
    made = Provenance(**known)
    data, inside = ({symbol: Data(**one) for symbol, one in part.items()} for part in (made.data, made.inside))
    return replace(made, data=data, inside=inside)
