"""Bars of a fixed time, or of whole sessions."""

from __future__ import annotations

import param

from workbench.bars.kinds.base import BarKind, bar_kinds


@bar_kinds.register("time")
class Time(BarKind):
    """``5min``, ``1d``: cut by the windows of a calendar (``market.calendars``), not by a stage."""

    title = "Time"
    about = "A fixed time from the open of the session; days, weeks and months are whole sessions."
    example = "5min"
    of = "either"
    written = ("count", "unit_of_time")

    count = param.Integer(5, bounds=(1, 86_400), doc="How many of the unit make a bar.")
    unit_of_time = param.Selector(default="min", objects=["s", "min", "h", "d", "w", "mo"], doc="Unit of the count.")
