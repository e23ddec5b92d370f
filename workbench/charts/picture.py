"""A study as a still picture: candles with the study over them or in a pane below, as SVG text that needs nothing else.

Colours are those of the theme and the looks those of the chart. Numbers are rounded to a tenth of a pixel, so that 120
bars with a few lines are less than 20 KB.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.charts.still import FOOT, Still
from workbench.charts.still_paper import PAD
from workbench.charts.still_study import Layer
from workbench.charts.studies import Drawn
from workbench.charts.study_text import Study
from workbench.errors import DataError
from workbench.indicators import Indicator

#: Share of the height that a pane below the prices takes.
_SHARE = 0.42


def picture(
    one: Indicator,
    bars: pd.DataFrame,
    *,
    width: int = 640,
    height: int = 320,
    dark: bool | None = False,
    values: pd.Series | pd.DataFrame | None = None,
) -> str:
    """Draw an indicator on bars.

    Parameters
    ----------
    one
        The indicator. Candle patterns mark their bars, up below the low and down above the high; what is not causal is
        dashed, and the legend says that it repaints.
    bars
        Columns open, high, low and close, or close alone; none at all gives an empty frame that says so.
    width, height
        Of the picture, px; at least 160 by 120.
    dark
        Which theme; None takes the colours from the page that the picture stands in: ``--wb-text`` and so on as
        ``theme.css_variables`` has them, and ``--wb-series-0`` ... for lines.
    values
        What the indicator gives for these bars, if it was computed with bars before them; else it is called.

    Returns
    -------
    str
        One ``<svg>`` element, well-formed and with nothing outside of itself.

    Raises
    ------
    DataError
        There is no close, the values are not of these bars, or there is no room to draw.
    """
    if width < 160 or height < 120:
        raise DataError(f"a picture is at least 160 x 120 px, not {width} x {height}: ask for a larger one")
    if "close" not in bars.columns:
        raise DataError(f"a picture needs the column close; there are {', '.join(map(str, bars.columns)) or 'none'}")
    found = one(bars) if values is None else values
    if len(found) != len(bars):
        raise DataError(f"{len(found)} values for {len(bars)} bars: give the values of these bars, one a bar")
    layer = Layer.of(Drawn(0, Study(one.plugin_name), one), np.asarray(found, float))
    index = bars.index
    wall = None
    if isinstance(index, pd.DatetimeIndex):
        wall = (index.tz_localize(None) if index.tz is not None else index).as_unit("ns").asi8
    still = Still(bars, [layer], size=(width, height), dark=dark, wall=wall)
    return still.drawn(f"{one.title}: {one.label}", _SHARE * (height - FOOT - PAD))
