"""What happens in the browser alone: JavaScript of components, one file each, and buttons that open something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
from panel.links import Callback

_EL = (Path(__file__).parent / "js" / "el.js").read_text("utf-8")


def with_el(path: Path) -> str:
    """The module of a file whose elements are made by ``el`` of ``js/el.js``."""
    return f"{_EL}\n{path.read_text('utf-8')}"


def opens(button: Any, popup: Any) -> None:
    """Have a button open a popup in the browser: what is typed next must find it, and no late answer may close it."""
    button.js_on_click(args={"popup": popup}, code="popup.data.open = true")
    if pn.state.curdoc is not None:
        # Panel remembers the popup by the button, and whatever is in it leads to the button again.
        pn.state.on_session_destroyed(lambda _: Callback.registry.pop(button, None))
