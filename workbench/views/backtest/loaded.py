"""When a browser is told: not before its page is whole, and not of two changes of the layout at once."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

#: How often a page that is being loaded is looked at, ms.
_AGAIN_MS = 50


def when_loaded(act: Callable[[], object]) -> None:
    """Do something now, or as soon as the page of this session is whole."""
    document = pn.state.curdoc
    if document is None or pn.state.loaded:
        act()
    else:
        document.add_timeout_callback(lambda: when_loaded(act), _AGAIN_MS)


def after(ms: int, act: Callable[[], object]) -> None:
    """Do something when the browser has carried out what it was told so far; at once where there is no browser.

    Figures are half made while something is added to them, and the layout must not change meanwhile.
    """
    document = pn.state.curdoc
    if document is None:
        act()
    else:
        document.add_timeout_callback(act, ms)
