"""Records into bars, and into the form that was asked for: pandas, Dask or Arrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.bars import (
    bars_from_bars,
    bars_from_trades,
    quote_bars_from_quote_bars,
    quote_bars_from_quotes,
    resample,
    side_bars,
)
from workbench.catalog import schema
from workbench.catalog.plan import Plan
from workbench.errors import DataError
from workbench.market.events import as_frame, as_records

FORMS = ("pandas", "dask", "arrow")


def check(as_: str) -> None:
    """Refuse a form that is none of ``FORMS``."""
    if as_ not in FORMS:
        raise DataError(f"as_={as_!r} is not known: use one of {', '.join(FORMS)}")


def build(plan: Plan, stored: np.ndarray) -> np.ndarray:
    """Bars of ``plan.spec`` from the rows that were read for it."""
    if plan.price is None:
        if plan.ready:
            return stored
        make = bars_from_trades if plan.finer is None else bars_from_bars
        return make(stored, plan.spec, plan.sessions)
    if plan.price == "mid":
        return as_records(resample(stored, plan.spec, session=plan.sessions.name, price="mid"), "bars")
    if not plan.ready:
        make = quote_bars_from_quotes if plan.finer is None else quote_bars_from_quote_bars
        stored = make(stored, plan.spec, plan.sessions)
    return side_bars(stored, plan.price)


def cut(records: np.ndarray, start: int | None, end: int | None) -> np.ndarray:
    """Rows of sorted records with time in [start, end)."""
    times = records[records.dtype.names[0]]
    low = 0 if start is None else int(np.searchsorted(times, start))
    high = len(times) if end is None else int(np.searchsorted(times, end))
    return records[low : max(low, high)]


def convert(records: np.ndarray, as_: str) -> Any:
    """Records as a pandas frame, an Arrow table or a Dask frame of one partition."""
    if as_ == "arrow":
        table = schema.as_arrow(records)
        if "time" in table.column_names:
            stamped = table.column("time").cast(pa.timestamp("ns", tz="UTC"))
            table = table.set_column(0, pa.field("time", stamped.type), stamped)
        return table
    frame = as_frame(records)
    if as_ == "dask":
        import dask.dataframe

        return dask.dataframe.from_pandas(frame, npartitions=1, sort=False)
    return frame


def dask(read: Callable[[tuple[int, int]], pd.DataFrame], cuts: list[int], dtype: np.dtype) -> Any:
    """A lazy Dask frame, a partition for each stretch between two ``cuts`` (ns)."""
    import dask.dataframe

    meta = as_frame(np.empty(0, dtype))
    divisions = None
    if "time" in dtype.names:
        divisions = tuple(pd.Timestamp(c, tz="UTC") for c in cuts)
    spans = list(zip(cuts[:-1], cuts[1:], strict=True))
    return dask.dataframe.from_map(read, spans, meta=meta, divisions=divisions)
