"""Indicators beside TA-Lib and beside published results: how far they are apart, as a table for the documentation.

``python -m benchmarks parity`` needs TA-Lib, and ``WORKBENCH_TEST_DATA`` for the published results; with both it writes
``docs/indicators/parity.md`` and ``parity.json``. Figures have one digit: the last bits of a sum are the machine's.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.timing import row
from workbench.errors import DataError
from workbench.indicators import Indicator, Peer, indicator, indicators

FOLDER = Path(__file__).parents[1] / "docs" / "indicators"
BARS = 100_000
#: Part of a typical value below which a value counts as near 0.
NEAR_ZERO = 1e-3
TALIB, STOCK = "TA-Lib", "Stock.Indicators"

#: Functions of TA-Lib that work on one value at a time: operators and functions of the formula language.
ELEMENTWISE = {
    "ADD": "+", "SUB": "-", "MULT": "*", "DIV": "/", "ACOS": "acos", "ASIN": "asin", "ATAN": "atan", "CEIL": "ceil",
    "COS": "cos", "COSH": "cosh", "EXP": "exp", "FLOOR": "floor", "LN": "log", "LOG10": "log10", "SIN": "sin",
    "SINH": "sinh", "SQRT": "sqrt", "TAN": "tan", "TANH": "tanh",
}  # fmt: skip
#: Functions of TA-Lib that are something else than an indicator here.
TALIB_ELSEWHERE = {
    "HA": "The kind of bars `ha(...)`, which every indicator can be computed on; tests/unit/bars.",
    **{name: f"`{word}` of the formula language." for name, word in ELEMENTWISE.items()},
}
#: Published results that are no indicator here.
STOCK_ELSEWHERE = {
    "heikinashi": "The kind of bars `ha(...)`; tests/unit/bars/kinds compares the prices of the file.",
    "renko": "The kind of bars `renko:...`; tests/unit/bars/kinds compares the bricks of the file.",
    "renko-atr": "The kind of bars `renko:...` with the last mean range as its size; tests/unit/bars/kinds.",
}


def minutes(n: int, seed: int = 5) -> pd.DataFrame:
    """Seeded minutes on a price grid; ``other`` is a second price, ``periods`` a window that changes."""
    rng = np.random.default_rng(seed)
    close = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.0005, n))), 2)
    open_ = np.concatenate([[1000.0], close[:-1]])[:n]
    high = np.maximum(open_, close) + np.round(rng.exponential(0.2, n), 2)
    low = np.minimum(open_, close) - np.round(rng.exponential(0.2, n), 2)
    buy = rng.integers(1, 500, n).astype(float)
    volume = buy + rng.integers(1, 500, n)
    columns = {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "buy_volume": buy,
               "sell_volume": volume - buy, "other": close[::-1].copy(), "periods": _periods(n)}  # fmt: skip
    return pd.DataFrame(columns, index=pd.date_range("2006-01-02", periods=n, freq="min", tz="UTC", name="time"))


def _periods(n: int) -> np.ndarray:
    return 1.0 + np.arange(n) % 40


def data() -> Path | None:
    """Where the published results are, if ``WORKBENCH_TEST_DATA`` says."""
    said = os.environ.get("WORKBENCH_TEST_DATA")  # noqa: TID251 - a setting of the tests, not of the package
    folder = Path(said or "") / "indicators"
    return folder if said and folder.is_dir() else None


def published_bars(folder: Path) -> pd.DataFrame:
    """The 502 days that the published results are of; ``other`` is the close of the second symbol."""
    bars = _prices(folder / "quotes" / "default.csv")
    return bars.assign(other=_prices(folder / "quotes" / "compare.csv")["close"], periods=_periods(len(bars)))


def _prices(path: Path) -> pd.DataFrame:
    bars = pd.read_csv(path, encoding="utf-8-sig", thousands=",").rename(columns=str.lower)
    times = pd.DatetimeIndex(pd.to_datetime(bars.iloc[:, 0], utc=True), name="time")
    return bars.iloc[:, 1:].set_index(times).sort_index()


def table(values: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """Values with a column for each output."""
    return values.to_frame() if isinstance(values, pd.Series) else values


def columns_for(one: Indicator, peer: Peer, bars: pd.DataFrame) -> list[np.ndarray]:
    """The columns that the function of TA-Lib takes: those it names, or the ones that ours reads in their place."""
    from talib import abstract

    names, ours = [], dict(zip(one.inputs, one.reads, strict=True))
    single = [ours[name] for name in one.inputs if name not in ("high", "low", "close", "open", "volume", "session")]
    for key, columns in abstract.Function(peer.name).input_names.items():
        names += columns if key == "prices" else [single.pop(0) if single else columns]
    frame = bars[list({name for name in names if name in bars})].to_dict("series")
    for name in names:
        if name not in frame:
            frame[name] = pd.Series(one.columns_of(bars)[one.reads.index(name)])
    return [frame[name].to_numpy(float).copy() for name in names]


def talib_values(one: Indicator, peer: Peer, bars: pd.DataFrame) -> dict[str, np.ndarray]:
    """What TA-Lib gives, by the names of its outputs."""
    import talib
    from talib import abstract

    found = getattr(talib, peer.name)(*columns_for(one, peer, bars), **peer.arguments)
    names = abstract.Function(peer.name).output_names
    return dict(zip(names, found if isinstance(found, tuple) else (found,), strict=True))


def published_values(peer: Peer, folder: Path) -> dict[str, np.ndarray]:
    """What a file of published results holds, by the names of its columns."""
    rows = json.loads((folder / "expected" / f"{peer.name}.standard.json").read_text("utf-8"))
    found = {name: [row.get(name) for row in rows] for name in peer.outputs if name}
    return {name: np.array([np.nan if one is None else one for one in values], float) for name, values in found.items()}


def difference(one: Indicator, ours: pd.DataFrame, theirs: Mapping[str, np.ndarray], peer: Peer) -> tuple[float, int]:
    """The greatest relative difference of all outputs after the warm-up, and how many bars were compared.

    A value near 0 is what is left when greater ones are taken from each other, and is not known better than these are:
    a price of 100 to 1e-14, so a difference of two to no more. There the difference is measured against a thousandth
    of a typical value, which at 1e-9 is 1e-12 of it, or 4,500 units of its rounding; sums over 100,000 bars need some
    hundreds. Typical is the median of what the peer gives, zeros aside; for outputs that are prices or differences of
    prices (``scale`` is ``price``) it is the median close where that is greater.

    Raises
    ------
    DataError
        Something is known on bars on which the peer does not know it, though its class says otherwise; or nothing is.
    """
    worst, bars = 0.0, 0
    price = float(np.median(np.abs(ours.attrs["close"]))) if one.scale == "price" else 0.0
    for column, name in zip(ours.columns, peer.outputs or tuple(theirs), strict=True):
        if not name:
            continue
        mine, other = ours[column].to_numpy(), np.asarray(theirs[name], float)
        if peer.after == 0 and (np.isnan(mine) != np.isnan(other)).any():
            at = int((np.isnan(mine) != np.isnan(other)).argmax())
            raise DataError(
                f"{one.label}: {column} is not known where {peer.name}.{name} is, or known where not: bar {at}"
            )
        mine, other = mine[one.warmup + peer.after :], other[one.warmup + peer.after :]
        both = ~(np.isnan(mine) | np.isnan(other))
        if not both.any():
            raise DataError(f"{one.label}: {column} and {peer.name}.{name} have no bar in common")
        mine, other = mine[both], other[both]
        some = np.abs(other[other != 0])
        floor = NEAR_ZERO * max(price, float(np.median(some)) if len(some) else 0.0) or 1.0
        worst = max(worst, float((np.abs(mine - other) / np.maximum(np.abs(other), floor)).max()))
        bars = max(bars, int(both.sum()))
    return worst, bars


def compared_with(one: Indicator, bars: pd.DataFrame, theirs: Mapping[str, np.ndarray], peer: Peer) -> bool:
    """Whether ``one`` gives on ``bars`` what a peer gives, to its tolerance."""
    ours = table(one(bars))
    ours.attrs["close"] = bars["close"].to_numpy(float)
    try:
        return difference(one, ours, theirs, peer)[0] <= peer.tolerance
    except DataError:
        return False


@dataclass(frozen=True)
class Compared:
    """One indicator beside one peer on one set of bars."""

    name: str
    ours: Indicator
    peer: Peer
    source: str
    data: str
    bars: int
    worst: float
    seconds: float

    @property
    def kept(self) -> bool:
        """Whether the difference is within the tolerance of the peer."""
        return self.worst <= self.peer.tolerance


def compared(name: str, peer: Peer, bars: pd.DataFrame, folder: Path | None = None) -> Compared:
    """``name`` beside TA-Lib on ``bars``, or beside the published results of ``folder``, which are of ``bars``."""
    one = indicator(name, **peer.values)
    begin = time.perf_counter()
    ours = table(one(bars))
    seconds = time.perf_counter() - begin
    ours.attrs["close"] = bars["close"].to_numpy(float)
    theirs = published_values(peer, folder) if folder else talib_values(one, peer, bars)
    worst, count = difference(one, ours, theirs, peer)
    said = f"{len(bars):,} bars at random" if "buy_volume" in bars else "default.csv"
    return Compared(name, one, peer, STOCK if folder else TALIB, said, count, worst, seconds)


def every(folder: Path | None, bars: int = BARS) -> Iterator[Compared]:
    """All peers of all indicators on all bars there are."""
    random = minutes(bars)
    published = None if folder is None else published_bars(folder)
    for name, kind in indicators:
        for peer in kind.talib:
            yield compared(name, peer, random)
            if published is not None:
                yield compared(name, peer, published)
        for peer in kind.stock if published is not None else ():
            yield compared(name, peer, published, folder)


def run(*, quick: bool = False) -> Iterator[dict]:
    """A row for each comparison; the tables are written when nothing was left out."""
    folder = data()
    try:
        import talib
    except ImportError:
        yield row("parity", 0.0, "TA-Lib is not installed", None, None, None)
        return
    found = []
    for one in every(folder, BARS // 10 if quick else BARS):
        found.append(one)
        line = row(f"{one.ours.label}, {one.data}", one.seconds, f"{one.source} {one.peer.name}", None, None, one.kept)
        said = {"difference": figure(one.worst), "tolerance": one.peer.tolerance, "bars": one.bars}
        yield {**line, **said, "note": f"{said['difference']} apart, {one.peer.tolerance:g} allowed"}
    if folder is not None and not quick:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "parity.md").write_text(document(found, talib.get_functions()), "utf-8")
        (FOLDER / "parity.json").write_text(summary(found), "utf-8")


def figure(worst: float) -> str:
    """A difference with one digit, or 0 where it is below the rounding of the numbers."""
    return "0" if worst < 1e-15 else f"{worst:.0e}"


def summary(found: Iterable[Compared]) -> str:
    """By indicator: the greatest difference from all peers, and who they are; JSON."""
    out: dict[str, dict[str, Any]] = {}
    for one in found:
        mine = out.setdefault(one.name, {"difference": 0.0, "peers": []})
        mine["difference"] = max(mine["difference"], float(figure(one.worst)))
        said = f"{one.source} {one.peer.name}"
        mine["peers"] += [said] if said not in mine["peers"] else []
    return json.dumps(out, indent=1) + "\n"


def document(found: Iterable[Compared], functions: Iterable[str]) -> str:
    """The table as Markdown: a line for each peer, then what is no indicator here, and why."""
    lines: dict[tuple[str, int], list[Compared]] = {}
    for one in found:
        lines.setdefault((one.name, id(one.peer)), []).append(one)  # a peer holds mappings: it has no hash
    rows = [_line(some) for some in lines.values()]
    wide = [some[0] for some in lines.values() if some[0].peer.tolerance > 1e-9]
    names = {some[0].peer.name for some in lines.values() if some[0].source == TALIB}
    files = {some[0].peer.name for some in lines.values() if some[0].source == STOCK}
    matched = sum(name in names for name in functions)
    return "\n".join([
        "# Parity of the indicators",
        "",
        "Written by `python -m benchmarks parity`; `tests/contracts/test_parity.py` keeps it whole and true.",
        "",
        f"{matched} functions of TA-Lib, on {BARS:,} seeded random bars and the 502 days of default.csv; {len(files)} "
        "files of published results of Stock.Indicators, on the same 502 days. Each difference is the greatest of all "
        "outputs and bars after the warm-up, relative to the peer's value; next to 0, where that says nothing, to a "
        f"thousandth of a typical value (`benchmarks.parity.difference`). All but {len(wide)} are held to 1e-9.",
        "",
        "| Indicator | Peer | Our parameters, where not the defaults | Bars | Difference | Allowed | Convention |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        "## Not an indicator here",
        "",
        "| Theirs | Here |",
        "|---|---|",
        *(f"| {TALIB} {name} | {why} |" for name, why in TALIB_ELSEWHERE.items()),
        *(f"| {STOCK} {name} | {why} |" for name, why in STOCK_ELSEWHERE.items()),
        "",
    ])  # fmt: skip


def _line(some: list[Compared]) -> str:
    one = some[0]
    values = ", ".join(f"{name} {value}" for name, value in one.peer.values.items())
    bars = " + ".join(f"{each.bars:,}" for each in some)
    worst = max(some, key=lambda each: each.worst).worst
    assert not math.isnan(worst)
    cells = (
        one.name,
        f"{one.source} {one.peer.name}",
        values,
        bars,
        figure(worst),
        f"{one.peer.tolerance:.0e}",
        one.peer.note,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
