"""The parts that every chart has; a new one is a class and a name in this list."""

from __future__ import annotations

from workbench.views.chart.drawings import Drawings
from workbench.views.chart.layouts import ChartLayouts
from workbench.views.chart.part import Part
from workbench.views.chart.share import Share
from workbench.views.chart.type_picker import TypePicker

PARTS: tuple[type[Part], ...] = (TypePicker, Drawings, Share, ChartLayouts)
