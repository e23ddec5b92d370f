"""``wb.chart``: the chart in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import panel as pn

from workbench.errors import BusError, DataError
from workbench.indicators import Indicator
from workbench.live.replay import Controls
from workbench.market.instants import instant_of
from workbench.market.specs import BarSpec
from workbench.views.chart.cell import in_notebook
from workbench.views.chart.frames import Frame
from workbench.views.chart.markers import OnSelect
from workbench.views.chart.studies import read_studies
from workbench.views.chart.view import ChartView
from workbench.views.state import AppState

#: Seconds that a replay may take to be joined before the chart is shown without it.
_JOIN_S = 10.0


def chart(
    what: pd.DataFrame | str,
    spec: str | None = None,
    *,
    type: str | None = None,
    studies: Sequence[str | Indicator] = (),
    start: Any = None,
    end: Any = None,
    live: bool | str | Controls = True,
    markers: pd.DataFrame | None = None,
    on_select: OnSelect | None = None,
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
    start, end
        Instants at the edges of the window: whatever pandas reads as one, UTC unless it says a zone. Left out, the
        chart shows its newest bars.
    live
        Draw trades as they arrive. A replay (as ``wb.replay`` gives), its name or the address of its bus: follow that.
    markers
        Trades, events and alerts on it: columns ``time``, ``kind`` ("buy", "sell", "event" or "alert"), ``price`` and
        ``text``; maybe ``size``, ``group`` (the same for the fills of a round trip) and ``pnl``.
    on_select
        Called with the row of a marker that is pressed.
    params
        ``compare`` (other symbols, as lines in percent), ``hidden`` (those of them whose lines are not drawn), ``tz``,
        ``dark``, ``palette`` of the state. Without ``dark`` a chart in a notebook follows the theme of JupyterLab or VS
        Code, or else Panel's (``pn.extension(theme="dark")``); elsewhere it is dark.

    Examples
    --------
    >>> import workbench as wb
    >>> view = wb.chart("AAPL", "1d", studies=["ema(window=50)"], start="2012-01-01", end="2012-07-01", live=False)
    >>> view.state.symbol, view.state.spec, view.state.studies  # in a notebook: end the cell with ``view``
    ('AAPL', '1d', ['ema(window=50)'])
    """
    follow = in_notebook() and "dark" not in params
    if follow:
        params["dark"] = pn.config.theme == "dark"
    params["studies"] = read_studies(studies)
    if type is not None:
        params["chart"] = type
    if start is not None or end is not None:
        params["window"] = _window(start, end)
    if params.get("compare"):
        params.setdefault("scale", "percent")
    if isinstance(what, str):
        from workbench.services import get_services

        bus = live.url if isinstance(live, Controls) else live if isinstance(live, str) and "://" in live else ""
        if isinstance(live, str) and not bus:
            params["replay"] = live
        state = AppState(symbol=what, spec=str(BarSpec.parse(spec or "1d")), **params)
        view = ChartView(get_services(), state, live=bool(live), bus=bus)
        if error := view.origin.wait(_JOIN_S):
            view.close()
            raise BusError(error)
    else:
        view = ChartView(bars=Frame(what, spec), state=AppState(**params), live=False)
    if markers is not None:
        view.markers(markers, on_select)
    if follow:  # the dialog's component tells the theme of JupyterLab or VS Code
        view.dialog.dialog.param.watch(lambda told: view.state.param.update(dark=bool(told.new)), "dark_theme")
    return view


def _window(start: Any, end: Any) -> tuple[int, int]:
    """Edges in ns UTC; all there is on a side that was left out."""
    edges = []
    for name, edge, rest in (("start", start, -(2**63) + 1), ("end", end, 2**63 - 1)):
        edges.append(rest if edge is None else instant_of(edge, name))
    if edges[0] >= edges[1]:
        raise DataError(f"start {start} is not before end {end}: a window has a first and a last instant")
    return edges[0], edges[1]
