"""Indicators beside TA-Lib and pandas-ta-classic on the same bars, one thread each; and many of them bar by bar."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import numpy as np
import pandas as pd

from benchmarks import pandas_ta
from benchmarks.parity import columns_for, compared_with, minutes, talib_values
from benchmarks.timing import goal, in_turn, mean_row, row
from workbench.indicators import Peer, Studies, indicator, indicators

BARS, FEWER = 10_000_000, 1_000_000
TARGET, LEAST = 1.5, 0.8
STUDIES, A_BAR = 50, 50e-6


def run(*, quick: bool = False) -> Iterator[dict]:
    """A row for each function in common with a peer, their geometric means, and the stream."""
    frame = minutes(BARS // 50 if quick else BARS)
    ratios = []
    for name, kind in indicators:
        if kind.talib:
            found = talib_row(name, kind.talib[0], frame)
            if found["ratio"]:
                ratios.append(found["ratio"])
            yield found
    if ratios:
        yield mean_row(ratios, f"TA-Lib {metadata.version('TA-Lib')}", TARGET)
    yield from pandas_ta.rows(frame.iloc[: FEWER // 20 if quick else FEWER])
    yield stream_row(frame)


def talib_row(name: str, peer: Peer, frame: pd.DataFrame) -> dict:
    """One indicator beside the function of TA-Lib that its class names."""
    ours = indicator(name, **peer.values)
    job = f"{len(frame) / 1e6:g} M bars, {ours.label}"
    try:
        import talib
    except ImportError:
        return row(job, in_turn(lambda: ours(frame), runs=3)[0], "TA-Lib is not installed", None, LEAST, None)
    columns = columns_for(ours, peer, frame)
    function = getattr(talib, peer.name)
    ours_s, theirs_s = in_turn(lambda: ours(frame), lambda: function(*columns, **peer.arguments), runs=3)
    some = frame.iloc[:100_000]
    good = compared_with(ours, some, talib_values(ours, peer, some), peer)
    return row(job, ours_s, f"TA-Lib {talib.__version__} {peer.name}", theirs_s, LEAST, good)


def stream_row(frame: pd.DataFrame) -> dict:
    """Studies on one symbol, a bar at a time; equal to the batch."""
    chosen = [indicator(name) for name, kind in indicators if kind.causal and not name.startswith("cdl_")][:STUDIES]
    some = frame.iloc[:5_000]
    studies = Studies(chosen)
    batch = pd.concat([pd.DataFrame(one(some)) for one in chosen], axis=1)
    checked = bool(np.array_equal(studies.update(some).to_numpy(), batch.to_numpy(), equal_nan=True))
    rows = np.ascontiguousarray(studies.rows_of(some))

    def stream() -> None:
        live = Studies(chosen)
        for at in range(len(rows)):
            live.update_rows(rows[at : at + 1])

    ours_s = in_turn(stream, runs=3)[0]
    return goal(f"a bar of {len(chosen)} studies, {len(some):,} bars one by one", ours_s / len(some), A_BAR, checked)
