"""A frame of bars that somebody already has, as a chart takes it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.market.calendars import calendar
from workbench.market.events import BAR, as_records
from workbench.market.instruments import Instrument
from workbench.market.specs import COMMON, DAY, SECOND, BarSpec
from workbench.views.chart.look import Look
from workbench.views.chart.readers import FrameBars

_REAL = ("real_open", "real_high", "real_low", "real_close")


class Frame:
    """A frame of bars as a chart takes it.

    Parameters
    ----------
    bars
        As ``catalog.bars`` or ``resample`` give. ``attrs["symbol"]`` is the name in the legend.
    spec
        What bars they are; it decides how they are drawn. Left out, bars at even distances are taken for time bars, and
        all others are drawn one by one as they are.
    """

    def __init__(self, bars: pd.DataFrame, spec: str | None = None) -> None:
        records = _records(bars)
        guess, even = evenly(records["time"])
        self.spec = guess if spec is None else BarSpec.parse(spec)
        if spec is not None or even and records.dtype == BAR:
            self.look = Look.of(self.spec)
        else:
            times = records["time"] - records["time"] % 1_000_000
            dated = even and guess.dated or bool(len(times)) and not (times % DAY).any()
            seconds = bool((times % (60 * SECOND)).any())
            self.look = Look(str(guess) if even else "", dated=dated, seconds=seconds, exact=True)
        close = records["close"][-200:]
        decimals = next((d for d in range(2, 9) if np.allclose(np.round(close, d), close, rtol=0, atol=1e-9)), 8)
        name = str(bars.attrs.get("symbol", "Bars"))
        self.instrument = Instrument(name, tick_size=10.0**-decimals, session="24/7")
        self.reader = FrameBars(records, self.spec, calendar("24/7"))


def evenly(times: np.ndarray) -> tuple[BarSpec, bool]:
    """The time spec nearest to the distance of stamps (ns UTC), and whether they keep to it.

    Nights and pauses may be left out; of nine stamps in ten the distance must be a whole number of steps.
    """
    gaps = np.diff(times)
    usual = int(np.median(gaps)) if len(gaps) else 60 * SECOND
    known = [BarSpec.parse(text) for text in (*COMMON, "1mo")]
    near = min(known, key=lambda one: abs(np.log(one.nominal / max(usual, 1))))
    if not len(gaps):
        return near, True
    if near.dated:
        usually = np.mean((gaps >= 0.8 * near.nominal) & (gaps <= 4.5 * near.nominal))
        return near, bool(usually >= 0.9)
    if usual and usual % SECOND == 0 and np.mean(gaps % usual == 0) >= 0.9:
        return BarSpec.parse(f"{usual // SECOND}s"), True
    return near, bool(np.mean(gaps % near.step == 0) >= 0.9)


def _records(bars: pd.DataFrame) -> np.ndarray:
    plain = as_records(bars, "bars")
    if not set(_REAL) <= set(bars.columns):
        return plain
    out = np.zeros(len(plain), np.dtype([*BAR.descr, *((name, "<f8") for name in _REAL)]))
    for name in BAR.names:
        out[name] = plain[name]
    for name in _REAL:
        out[name] = bars[name].to_numpy()
    return out
