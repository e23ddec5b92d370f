"""``wb.chart``: the chart in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from workbench.indicators import Indicator
from workbench.market.specs import BarSpec
from workbench.views.chart.frames import Frame
from workbench.views.chart.studies import read_studies
from workbench.views.chart.view import ChartView
from workbench.views.state import AppState


def chart(
    what: pd.DataFrame | str,
    spec: str | None = None,
    *,
    type: str | None = None,
    studies: Sequence[str | Indicator] = (),
    live: bool = True,
    **params: Any,
) -> ChartView:
    """A chart that shows in a notebook cell and can be served.

    Parameters
    ----------
    what
        Bars (a frame as ``catalog.bars`` or ``resample`` give) or a symbol.
    spec
        Bar spec of a symbol, such as ``"5min"`` or ``"ha(1d)"``; ``"1d"`` when left out. With bars, what they are:
        ``"renko:1.0"`` draws bricks.
    type
        How bars are drawn: ``"candles"``, ``"line"``, ``"baseline"`` ...; see ``workbench.charts.types``.
    studies
        Drawn on it: texts such as ``"ema(window=20)"``, or indicators.
    live
        Draw trades as they arrive.
    params
        ``tz``, ``dark``, ``palette`` of the state.
    """
    params["studies"] = read_studies(studies)
    if type is not None:
        params["chart"] = type
    if not isinstance(what, str):
        return ChartView(bars=Frame(what, spec), state=AppState(**params), live=False)
    from workbench.services import get_services

    return ChartView(get_services(), AppState(symbol=what, spec=str(BarSpec.parse(spec or "1d")), **params), live=live)
