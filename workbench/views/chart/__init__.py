"""The chart screen: one Viewer for served pages and notebook cells."""

from __future__ import annotations

from workbench.views.chart.grid import ChartGrid
from workbench.views.chart.notebook import chart
from workbench.views.chart.view import ChartView

__all__ = ["ChartGrid", "ChartView", "chart"]
