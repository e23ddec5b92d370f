"""One definition of a bar, whole (``resample``) and as it comes (``Resampler``), from trades, quotes or finer bars."""

from workbench.bars.batch import (
    bars_from_bars,
    bars_from_trades,
    quote_bars_from_quote_bars,
    quote_bars_from_quotes,
)
from workbench.bars.resample import resample, side_bars
from workbench.bars.resampler import Resampler

__all__ = [
    "Resampler",
    "bars_from_bars",
    "bars_from_trades",
    "quote_bars_from_quote_bars",
    "quote_bars_from_quotes",
    "resample",
    "side_bars",
]
