"""Trades to bars beside polars, pandas and duckdb: all nine columns on every side, results compared.

Here is what happens in memory; ``bars_store`` has the rows from Parquet and ``bars_kinds`` those of each kind of bar.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

import workbench as wb
from benchmarks import bars_kinds, bars_store
from benchmarks.tape import same, tape
from benchmarks.timing import in_turn, row

TRADES = 20_000_000


def run(*, quick: bool = False) -> Iterator[dict]:
    """Rows of the benchmark, one a job and peer."""
    trades = tape(TRADES // 20 if quick else TRADES)
    millions = f"{len(trades) / 1e6:g} M trades -> 1min, in memory"
    yield polars_row(trades, millions, runs=3 if quick else 7)
    yield pandas_row(trades, millions)
    yield stream_row(trades)
    yield from bars_store.rows(trades, runs=3 if quick else 5)
    yield from bars_kinds.rows(trades)


def polars_row(trades: pd.DataFrame, job: str, *, runs: int) -> dict:
    """Against ``group_by_dynamic`` on a column that polars is told is sorted."""
    try:
        import polars as pl
    except ImportError:
        return row(job, in_turn(lambda: wb.resample(trades, "1min"))[0], "polars is not installed", None, 2.5, None)
    theirs = pl.DataFrame({name: trades[name].to_numpy() for name in trades.columns})
    theirs = theirs.with_columns(pl.col("ts_event").cast(pl.Datetime("ns"))).set_sorted("ts_event")
    price, size, side = pl.col("price"), pl.col("size"), pl.col("side")

    def peer() -> pl.DataFrame:
        return theirs.group_by_dynamic("ts_event", every="1m").agg(
            open=price.first(), high=price.max(), low=price.min(), close=price.last(), volume=size.sum(),
            buy_volume=size.filter(side > 0).sum(), sell_volume=size.filter(side < 0).sum(), trades=pl.len(),
            vwap=(price * size).sum() / size.sum(),
        )  # fmt: skip

    bars, wanted = wb.resample(trades, "1min"), peer()
    checked = same(bars, {name: wanted[name].to_numpy() for name in bars.columns})
    ours_s, peer_s = in_turn(lambda: wb.resample(trades, "1min"), peer, runs=runs)
    threads = pl.thread_pool_size()
    return row(job, ours_s, f"polars {pl.__version__} ({threads} threads)", peer_s, 2.5, checked)


def pandas_row(trades: pd.DataFrame, job: str) -> dict:
    """Against ``resample(...).agg`` of the same four columns: what the vwap and the sides need is part of the job."""

    def peer() -> pd.DataFrame:
        size, side = trades["size"], trades["side"]
        stamped = pd.DataFrame(
            {
                "price": trades["price"],
                "size": size,
                "buy": size.where(side > 0, 0.0),
                "sell": size.where(side < 0, 0.0),
                "notional": trades["price"] * size,
            }
        ).set_index(pd.DatetimeIndex(trades["ts_event"].to_numpy().view("M8[ns]")))
        out = stamped.resample("1min").agg(
            open=("price", "first"), high=("price", "max"), low=("price", "min"), close=("price", "last"),
            volume=("size", "sum"), buy_volume=("buy", "sum"), sell_volume=("sell", "sum"),
            trades=("price", "count"), notional=("notional", "sum"),
        )  # fmt: skip
        out["vwap"] = out["notional"] / out["volume"]
        return out[out["trades"] > 0]

    bars, wanted = wb.resample(trades, "1min"), peer()
    checked = same(bars, {name: wanted[name].to_numpy() for name in bars.columns})
    ours_s, peer_s = in_turn(lambda: wb.resample(trades, "1min"), peer, runs=3)
    return row(job, ours_s, f"pandas {pd.__version__}", peer_s, 25, checked)


def stream_row(trades: pd.DataFrame) -> dict:
    """The incremental form in batches of 512 beside the batch form; bit for bit the same bars."""
    from workbench.market.events import as_frame, as_records

    records = as_records(trades.iloc[: len(trades) // 4], "trades")

    def stream() -> np.ndarray:
        live = wb.Resampler("1min")
        closed = [live.update_records(records[at : at + 512]) for at in range(0, len(records), 512)]
        return np.concatenate([*closed, live.forming_record])

    checked = as_frame(stream()).equals(wb.resample(records, "1min"))
    ours_s, batch_s = in_turn(stream, lambda: wb.resample(records, "1min"), runs=3)
    job = f"{len(records) / 1e6:g} M trades -> 1min, batches of 512"
    return row(job, ours_s, "ours, in one piece", batch_s, None, checked)
