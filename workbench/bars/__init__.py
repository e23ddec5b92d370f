"""One definition of a bar, whole (``resample``) and as it comes (``Resampler``), of any kind."""

from workbench.bars.batch import quote_bars_from_quote_bars, quote_bars_from_quotes
from workbench.bars.makers import record_dtype
from workbench.bars.resample import bars_from_bars, bars_from_trades, resample, side_bars
from workbench.bars.resampler import Resampler

__all__ = [
    "Resampler",
    "bars_from_bars",
    "bars_from_trades",
    "quote_bars_from_quote_bars",
    "quote_bars_from_quotes",
    "record_dtype",
    "resample",
    "side_bars",
]
