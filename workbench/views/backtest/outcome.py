"""A run with all that the page shows of it, made beside the page, so that the page only draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.analytics import measures
from workbench.backtest import Result, Run, backtest
from workbench.backtest.stats import ACCOUNT
from workbench.charts.curves import Curve
from workbench.errors import DataError
from workbench.views.backtest.running import Job
from workbench.views.backtest.setup import Chosen


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a run, computed.

    Attributes
    ----------
    chosen, result
        What was run, and what came out.
    curve
        Equity and its benchmark on the clock of the run.
    stats
        Measures by name.
    trips, fills, orders, drawdowns, monthly
        Tables of the result.
    markers
        Fills as ``ChartView.markers`` takes them, by symbol; ``trip`` is the row in ``trips``, -1 for none.
    bracket
        Final equity by path, where bars are uncertain; else empty.
    seconds
        How long the run took, without reading.
    """

    chosen: Chosen
    result: Result
    curve: Curve
    stats: Mapping[str, float]
    trips: pd.DataFrame
    fills: pd.DataFrame
    orders: pd.DataFrame
    drawdowns: pd.DataFrame
    monthly: pd.DataFrame
    markers: Mapping[str, pd.DataFrame]
    bracket: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def again(self) -> Run:
        """The same run, not begun, on the bars of this one."""
        return self.chosen.run(self.result.market.frames)

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What is to be known of the run: kind and sentence."""
        found = []
        audit = getattr(self.result, "audit", None)
        if audit is not None and getattr(audit, "ok", None) is False:
            found.append(("look-ahead", " ".join(str(audit).split())))
        if self.bracket:
            low, high = min(self.bracket.values()), max(self.bracket.values())
            found.append(
                (
                    "uncertain",
                    f"In {self.result.uncertain_bars:,} bars it mattered which way the price went inside: "
                    f"final equity lies between {low:,.2f} and {high:,.2f}.",
                )
            )
        if self.result.margin_calls:
            found.append(("margin", f"{self.result.margin_calls:,} positions were closed for want of margin."))
        lost = self.orders[self.orders["status"].isin(["refused", "rejected"])] if len(self.orders) else self.orders
        if len(lost):
            reasons = ", ".join(f"{why} {count:,}" for why, count in lost["reason"].value_counts().items())
            found.append(("orders", f"{len(lost):,} orders were refused ({reasons}); see Orders."))
        if not len(self.fills):
            found.append(("empty", "Nothing was traded: the strategy asked for nothing on these bars."))
        return found


def read_bars(catalog: Any, chosen: Chosen, job: Job) -> dict[str, pd.DataFrame]:
    """The bars of a run by symbol.

    Raises
    ------
    DataError
        There are none of a symbol in the window; says what there is.
    """
    found = {}
    for at, symbol in enumerate(chosen.symbols):
        job.step(f"Reading {symbol} {chosen.spec}")
        job.progress(at, len(chosen.symbols) if len(chosen.symbols) > 1 else 0)
        covered = catalog.coverage(symbol)
        if covered is None:
            raise DataError(
                f"there is no data of {symbol}; import some with: workbench ingest csv FILE --symbol {symbol}"
            )
        bars = catalog.bars(symbol, chosen.spec, chosen.start, chosen.end)
        if not len(bars):
            first, last = (f"{pd.Timestamp(edge, tz='UTC'):%Y-%m-%d}" for edge in covered)
            raise NoBars(f"{symbol} has no {chosen.spec} bars in this window; there is data from {first} to {last}")
        bars.attrs["symbol"] = symbol
        found[symbol] = bars
    return found


class NoBars(DataError):
    """The window holds no bars, though there is data."""


def carried_out(catalog: Any, chosen: Chosen, job: Job) -> Outcome:
    """Read the bars, run the strategy, and compute what the page shows."""
    bars = read_bars(catalog, chosen, job)
    job.step("Running")
    given = next(iter(bars.values())) if len(bars) == 1 else bars
    result = backtest(chosen.strategy, given, progress=job.progress, **chosen.keywords())
    return computed(chosen, result, job)


def computed(chosen: Chosen, result: Result, job: Job) -> Outcome:
    """What the page shows of a result."""
    taken = job.elapsed
    job.step("Measuring")
    stats, trips, fills = result.stats, result.round_trips, result.fills
    job.check()
    uncertain = result.bracket().to_dict() if result.uncertain_bars else {}
    job.check()
    index = result.equity.index.as_unit("ns").asi8
    curve = Curve(index, result.equity.to_numpy(float), held(result), result.settings.cash)
    curve.drawdown  # noqa: B018 - computed here, so that the page need not
    return Outcome(
        chosen, result, curve, stats, trips, fills, result.orders, result.drawdowns, result.monthly,
        markers_of(fills, trips, result.symbols), uncertain, job.elapsed - taken,
    )  # fmt: skip


def held(result: Result) -> np.ndarray:
    """float64[bars]: what the cash would be worth in the benchmark, or held in all symbols in equal parts."""
    ready = getattr(result, "benchmark", None)
    if isinstance(ready, pd.Series) and len(ready) == len(result.equity):
        values = ready.to_numpy(float)
        return values
    closes = result.market.closes()[: len(result.equity)]
    if not len(closes):
        return np.zeros(0)
    known = np.isfinite(closes)
    start = closes[known.argmax(axis=0), np.arange(closes.shape[1])]
    with np.errstate(invalid="ignore"):
        worth = np.where(known, closes / start, 1.0).mean(axis=1)
    return result.settings.cash * worth


def markers_of(fills: pd.DataFrame, trips: pd.DataFrame, symbols: list[str]) -> dict[str, pd.DataFrame]:
    """Fills as markers of each symbol's chart; those of one round trip are one group.

    A position that is turned round has a fill that closes it and one that opens the next.
    """
    found = {}
    for symbol in symbols:
        mine, own = fills[fills["symbol"] == symbol], np.flatnonzero((trips["symbol"] == symbol).to_numpy())
        if not len(mine):
            continue
        closes = mine["position"].to_numpy(float) == 0
        number = np.cumsum(closes) - closes  # how many positions were over before this fill
        known = number < len(own)
        trip = np.full(len(mine), -1)
        trip[known] = own[number[known]]
        pnl = np.full(len(mine), np.nan)
        pnl[closes & known] = trips["pnl"].to_numpy(float)[trip[closes & known]]
        rows = {
            "time": pd.to_datetime(mine["time"].to_numpy(), utc=True),
            "kind": np.where(mine["side"] > 0, "buy", "sell").astype(object), "price": mine["price"].to_numpy(float),
            "text": _texts(mine), "size": mine["units"].to_numpy(float), "pnl": pnl, "group": number, "trip": trip,
        }  # fmt: skip
        found[symbol] = pd.DataFrame(rows)
    return found


def _texts(fills: pd.DataFrame) -> list[str]:
    """What stands beside a fill: the strategy's own name for it, and why where that is not a plain market order."""
    return [
        " · ".join(filter(None, [str(tag), "" if reason == "market" else str(reason)]))
        for tag, reason in zip(fills["tag"], fills["reason"], strict=True)
    ]


def about_measure(name: str) -> tuple[str, str, str, str]:
    """Title, group, unit and explanation of a number of ``Result.stats``."""
    if name in measures.names():
        about = measures.get(name).about
        text = " ".join(about.text.replace("``", "").split())
        return about.title, about.group, about.unit, f"{text} Formula: {about.formula}. Source: {about.source}"
    title, unit, text = ACCOUNT.get(name, (name.replace("_", " ").capitalize(), "ratio", ""))
    return title, "Account", unit, text
