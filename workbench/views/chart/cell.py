"""A chart in a notebook's cell: the kernel's loop looks after it, where a page has its session."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import panel as pn

from workbench.views import wire  # noqa: F401  a cell needs what it mends


def in_notebook() -> bool:
    """Whether this runs for a cell of a notebook, and not for a page, which a kernel can serve too."""
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython.get_ipython() if ipython else None, "kernel", None)
    return kernel is not None and getattr(pn.state.curdoc, "session_context", None) is None


def look_after(root: Any, look: Callable[[], None], period: int, *, there: Callable[[], bool]) -> Any:
    """Call ``look`` every ``period`` ms while ``root`` is shown in a cell, and send what it changed.

    Not before ``there`` says that the browser has spoken: a message goes to a cell in several parts, and JupyterLab
    drops those that come before the chart listens. What is left of one garbles all that follow.

    Returns the callback; None in a script, where nobody looks at a chart.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return None

    def act() -> None:
        if root._models and there():
            look()
            pn.io.push_notebook(root)  # nobody else sends what Bokeh's objects were told outside of an event

    return pn.state.add_periodic_callback(act, period=period)
