"""A stored run once more: strategy, keywords and bars from what was kept of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.backtest.engine import backtest
from workbench.backtest.lookup import find_strategy
from workbench.backtest.market import Bars
from workbench.backtest.provenance import Data, Provenance
from workbench.backtest.result import Result
from workbench.backtest.runs.folder import read_tables
from workbench.backtest.runs.stored import provenance_from
from workbench.backtest.runs.values import Unkept
from workbench.errors import DataError, WorkbenchError
from workbench.strategies import Strategy
from workbench.trading import Costs

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog


def run_again(
    place: Path,
    head: Mapping[str, Any],
    catalog: Callable[[], MarketCatalog] | None,
    *,
    bars: Bars | None = None,
    inside: Bars | None = None,
) -> tuple[Result, dict[str, str]]:
    """Run what a folder holds; gives the result, and what is not as it was, a sentence each (``Provenance.changes``).

    Raises
    ------
    DataError
        The strategy cannot be found, a parameter was not kept, or there are no such bars; says what to do.
    """
    id, tables = place.name, read_tables(place, head["files"])
    was = provenance_from(head["provenance"], tables)
    strategy, keywords = _strategy(id, was), _keywords(id, was)
    bars = _bars(id, was.data, catalog) if bars is None else bars
    inside = _bars(id, was.inside, catalog) if inside is None and was.inside else inside
    result = backtest(strategy, bars, **keywords, inside=inside, audit=bool(head["audit"]))
    worth = tables["equity"]["worth"].to_numpy()
    if head["compared"] and len(worth) == len(result.equity):
        result = replace(result, compared=worth)
    return result, was.changes(Provenance.of(result))


def _strategy(id: str, was: Provenance) -> Strategy:
    for name, value in was.parameters.items():
        if isinstance(value, Unkept):
            raise DataError(f"run {id}: parameter {name} could not be kept ({value.text}), so that it cannot run again")
    try:
        kind, _ = find_strategy(was.strategy)
    except WorkbenchError as error:
        raise DataError(
            f"run {id}: its strategy is not to be found: {error}. Its source is load({id!r}).provenance.code"
        ) from error
    return kind(**was.parameters)


def _keywords(id: str, was: Provenance) -> dict[str, Any]:
    known = inspect.signature(backtest).parameters
    for name, value in was.keywords.items():
        if name not in known or isinstance(value, Unkept):
            raise DataError(
                f"run {id}: this Workbench cannot take the keyword {name}={value!r}, so it cannot run again"
            )
    return {**was.keywords, "costs": Costs(**was.keywords["costs"])}


def _bars(id: str, data: Mapping[str, Data], catalog: Callable[[], MarketCatalog] | None) -> Bars:
    """Bars by symbol from the catalog, by what was kept of them."""
    found = {}
    for symbol, one in data.items():
        if one.source is None or catalog is None:
            raise DataError(
                f"run {id} does not say where the bars of {symbol or 'it'} come from: give them, again({id!r}, bars)"
            )
        try:
            # Up to the instant after the last bar, so that it is among them.
            bars = catalog().bars(**one.source, start=np.int64(one.first), end=np.int64(one.last + 1))
        except WorkbenchError as error:
            raise DataError(f"run {id}: its bars are not to be had any more: {error}") from error
        if not len(bars):
            raise DataError(f"run {id}: the catalog has no bars of {symbol} in its time any more: give them")
        found[symbol] = bars
    return found
