"""The parts that every chart has; a new one is a class and a name in this list."""

from __future__ import annotations

from workbench.views.chart.ahead import Ahead
from workbench.views.chart.axes import Axes
from workbench.views.chart.compare import Compare
from workbench.views.chart.drawings import Drawings
from workbench.views.chart.goto import GoTo
from workbench.views.chart.keys import Keys
from workbench.views.chart.links import Linked
from workbench.views.chart.markers import ChartMarkers
from workbench.views.chart.part import Part
from workbench.views.chart.place import Place
from workbench.views.chart.share import Share
from workbench.views.chart.type_picker import TypePicker

PARTS: tuple[type[Part], ...] = (
    Axes,
    TypePicker,
    Compare,
    ChartMarkers,
    Drawings,
    GoTo,
    Share,
    Keys,
    Linked,
    Place,
    Ahead,
)
