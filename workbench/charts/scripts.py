"""The chart's JavaScript, kept in files of its own under ``js/`` and handed to Bokeh as text."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def script(*names: str) -> str:
    """Text of the files ``names`` of ``charts/js``, one after the other, so that later ones may use earlier ones."""
    folder = resources.files("workbench.charts").joinpath("js")
    return "\n".join(folder.joinpath(name).read_text("utf-8") for name in names)
