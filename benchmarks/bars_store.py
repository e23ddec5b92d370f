"""Bars from our Parquet store beside polars and duckdb, which read the very same files with as many threads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.tape import same
from benchmarks.timing import in_turn, row
from workbench.catalog import MarketCatalog, Store
from workbench.market.events import as_records
from workbench.market.instruments import InstrumentMaster

TARGET = 1.5
DUCKDB = """
    SELECT ts_event - ts_event % 60000000000 AS time, arg_min(price, ts_event) AS open, max(price) AS high,
           min(price) AS low, arg_max(price, ts_event) AS close, sum(size) AS volume,
           coalesce(sum(size) FILTER (side > 0), 0) AS buy_volume,
           coalesce(sum(size) FILTER (side < 0), 0) AS sell_volume,
           count(*) AS trades, sum(price * size) / sum(size) AS vwap
    FROM read_parquet($files) GROUP BY 1 ORDER BY 1
"""
Columns = dict[str, np.ndarray]


def rows(trades: pd.DataFrame, *, runs: int) -> Iterator[dict]:
    """From the trades beside each peer, then from the bars that the store keeps beside that."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        store = Store(Path(folder))
        store.write("bench", "trades", "TAPE", as_records(trades, "trades"), rollups=False)
        catalog = MarketCatalog(store, InstrumentMaster.load(store.data_dir))
        files = sorted(map(str, store.data_dir.rglob("part-*.parquet")))

        def ours() -> pd.DataFrame:
            return catalog.bars("TAPE", "1min")

        bars, peers = ours(), {}
        for name, make in (("polars", polars_scan), ("duckdb", duckdb_scan)):
            try:
                peers[name] = make(files)
            except ImportError:
                peers[name] = None
        seconds = iter(in_turn(ours, *(peer[1] for peer in peers.values() if peer), runs=runs))
        ours_s = next(seconds)
        job = f"{len(trades) / 1e6:g} M trades -> 1min, from our Parquet, no rollups"
        for name, peer in peers.items():
            if peer is None:
                yield row(job, ours_s, f"{name} is not installed", None, TARGET, None)
            else:
                yield row(job, ours_s, peer[0], next(seconds), TARGET, same(bars, peer[1]()))

        store.rebuild_rollups("bench", "TAPE")
        checked = same(ours(), {name: bars[name].to_numpy() for name in bars.columns})
        read_s = in_turn(ours, runs=runs)[0]
        job = f"1min bars of {len(trades) / 1e6:g} M trades, as the store keeps them"
        yield row(job, read_s, "ours, from the trades", ours_s, None, checked)


def polars_scan(files: list[str]) -> tuple[str, Callable[[], Columns]]:
    """``group_by_dynamic`` over a lazy scan, with the streaming engine (the faster of its two here)."""
    import polars as pl

    price, size, side = pl.col("price"), pl.col("size"), pl.col("side")
    query = (
        pl.scan_parquet(files, hive_partitioning=False)
        .with_columns(pl.col("ts_event").cast(pl.Datetime("ns")).set_sorted())
        .group_by_dynamic("ts_event", every="1m")
        .agg(
            open=price.first(), high=price.max(), low=price.min(), close=price.last(), volume=size.sum(),
            buy_volume=size.filter(side > 0).sum(), sell_volume=size.filter(side < 0).sum(), trades=pl.len(),
            vwap=(price * size).sum() / size.sum(),
        )
    )  # fmt: skip

    def bars() -> Columns:
        found = query.collect(engine="streaming")
        return {name: found[name].to_numpy() for name in found.columns}

    return f"polars {pl.__version__} scan ({pl.thread_pool_size()} threads)", bars


def duckdb_scan(files: list[str]) -> tuple[str, Callable[[], Columns]]:
    """SQL over ``read_parquet``; first and last by time, as ``first`` and ``last`` mean any row with two threads."""
    import duckdb

    database = duckdb.connect()
    database.execute("SET threads = 2")
    return f"duckdb {duckdb.__version__} (2 threads)", lambda: database.execute(DUCKDB, {"files": files}).fetchnumpy()
