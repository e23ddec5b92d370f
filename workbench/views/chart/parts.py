"""The parts that every chart has; a new one is a class and a name in this list."""

from __future__ import annotations

from workbench.views.chart.drawings import Drawings
from workbench.views.chart.part import Part

PARTS: tuple[type[Part], ...] = (Drawings,)
