"""Indicators of who traded: what buyers took, and what sellers did."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, SessionIndicator, indicators
from workbench.kernels.indicators import flow as kernel


@indicators.register("delta")
class Delta(Indicator):
    """Volume that buyers took from the book less what sellers did, of each bar."""

    title = "Volume delta"
    source = "Order flow: volume at the ask less volume at the bid."
    formula = "buy_volume - sell_volume"
    inputs = ("buy_volume", "sell_volume")
    nan = "shows"
    styles = {"value": "histogram"}
    levels = (0.0,)
    scale = "none"

    def kernel(self) -> Callable[..., None]:
        return kernel.delta


@indicators.register("cvd")
class Cvd(SessionIndicator):
    """Volume of buyers less that of sellers, added up from the first bar, or from the open of each session."""

    title = "Cumulative volume delta"
    source = "Running sum of the volume delta."
    formula = "sum(buy_volume - sell_volume) of all bars since the anchor"
    inputs = ("buy_volume", "sell_volume", "session")
    scale = "none"
    anchor = param.Selector(
        default="first", objects=["session", "first"], doc="Begins anew with each session, or with the first bar."
    )

    def kernel(self) -> Callable[..., None]:
        return kernel.cvd

    def constants(self) -> tuple[float, ...]:
        return (float(self.anchor == "session"),)

    def state_size(self) -> int:
        return 2


@indicators.register("volume_imbalance")
class VolumeImbalance(Indicator):
    """(buy - sell) / (buy + sell) of the volume of the last ``window`` bars: -1 (sellers only) to 1 (buyers only)."""

    title = "Volume imbalance"
    source = "Volume delta over volume; 0 where nothing was traded."
    formula = "sum(buy_volume - sell_volume, window) / sum(buy_volume + sell_volume, window)"
    inputs = ("buy_volume", "sell_volume")
    levels = (0.0,)
    scale = "none"
    window = param.Integer(1, bounds=(1, 100_000), doc="Bars that are added up.")

    def kernel(self) -> Callable[..., None]:
        return kernel.imbalance

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 7 + 2 * self.window

    @property
    def warmup(self) -> int:
        return self.window - 1
