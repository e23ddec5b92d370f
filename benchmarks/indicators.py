"""Indicators beside TA-Lib on the same bars, one thread each; and many of them bar by bar."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.timing import in_turn, row
from workbench.indicators import Indicator, Peer, Studies, indicator, indicators

BARS = 10_000_000
TARGET, LEAST = 1.5, 0.8
STUDIES, A_BAR = 50, 50e-6


def bars(n: int) -> pd.DataFrame:
    """Seeded minutes on a price grid."""
    rng = np.random.default_rng(5)
    close = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.0005, n))), 2)
    open_ = np.concatenate([[1000.0], close[:-1]])
    high = np.maximum(open_, close) + np.round(rng.exponential(0.2, n), 2)
    low = np.minimum(open_, close) - np.round(rng.exponential(0.2, n), 2)
    buy = rng.integers(1, 500, n).astype(float)
    volume = buy + rng.integers(1, 500, n)
    columns = {"open": open_, "high": high, "low": low, "close": close, "volume": volume,
               "buy_volume": buy, "sell_volume": volume - buy}  # fmt: skip
    return pd.DataFrame(columns, index=pd.date_range("2006-01-02", periods=n, freq="min", tz="UTC", name="time"))


def run(*, quick: bool = False) -> Iterator[dict]:
    """A row for each function in common, their geometric mean, and the stream."""
    frame = bars(BARS // 50 if quick else BARS)
    ratios = []
    for name, kind in indicators:
        if kind.talib:
            found = talib_row(name, kind.talib[0], frame)
            if found["ratio"]:
                ratios.append(found["ratio"])
            yield found
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        one = row(f"geometric mean of {len(ratios)}, least {min(ratios):.2f}x", 1.0, "TA-Lib", mean, TARGET, None)
        yield one
    yield stream_row(frame)


def talib_row(name: str, peer: Peer, frame: pd.DataFrame) -> dict:
    """One indicator beside the function of TA-Lib that its class names."""
    ours = indicator(name, **peer.values)
    job = f"{len(frame) / 1e6:g} M bars, {ours.label}"
    try:
        import talib
    except ImportError:
        return row(job, in_turn(lambda: ours(frame), runs=3)[0], "TA-Lib is not installed", None, LEAST, None)
    columns = [column.copy() for column in ours.columns_of(frame)]
    function = getattr(talib, peer.name)
    ours_s, theirs_s = in_turn(lambda: ours(frame), lambda: function(*columns, **peer.arguments), runs=3)
    return row(job, ours_s, f"TA-Lib {talib.__version__} {peer.name}", theirs_s, LEAST, equal(ours, peer, frame))


def equal(ours: Indicator, peer: Peer, frame: pd.DataFrame) -> bool:
    """Whether the first output is the peer's, to its tolerance, on the newest 100,000 bars of a run over 200,000."""
    import talib

    some = frame.iloc[:200_000]
    values = ours(some)
    mine = (values if isinstance(values, pd.Series) else values.iloc[:, 0]).to_numpy()[-100_000:]
    found = getattr(talib, peer.name)(*(column.copy() for column in ours.columns_of(some)), **peer.arguments)
    at = next((i for i, output in enumerate(peer.outputs) if output), 0)
    if at:
        return True
    theirs = np.asarray(found[0] if isinstance(found, tuple) else found, float)[-100_000:]
    both = ~(np.isnan(mine) | np.isnan(theirs))
    return bool(np.allclose(mine[both], theirs[both], rtol=max(peer.tolerance, 1e-9) * 10, atol=1e-6))


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
    job = f"{len(chosen)} studies, {len(some)} bars, a bar at a time"
    return row(job, ours_s, f"goal {A_BAR * 1e6:g} us a bar", A_BAR * len(some), 1.0, checked)
