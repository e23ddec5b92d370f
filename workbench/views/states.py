"""What a panel shows when it has nothing to show yet, nothing at all, or something went wrong.

One component for all three, so that a panel goes from one to the next by an update and nothing jumps.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import panel as pn
import param

from workbench.errors import WorkbenchError

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"


class StatePanel(pn.custom.JSComponent):
    """A skeleton, an empty state or an error. ``clicks`` counts presses of ``action``."""

    kind = param.Selector(default="loading", objects=["loading", "empty", "error"], doc="Which state.")
    shape = param.Selector(default="chart", objects=["chart", "table"], doc="What the skeleton resembles.")
    title = param.String(default="", doc="One sentence: what is missing or what went wrong.")
    text = param.String(default="", doc="What to do.")
    commands = param.List(default=[], item_type=str, doc="Shell commands that fix it, each with a copy button.")
    action = param.String(default="", doc="Label of a button, such as Try again; empty for none.")
    details = param.String(default="", doc="Text to unfold and copy, such as a traceback.")
    clicks = param.Integer(default=0, bounds=(0, None), doc="How often the button was pressed.")

    _esm = _JS / "states.js"
    _stylesheets = [_CSS / "states.css"]

    def show_loading(self, shape: str = "chart", title: str = "Loading") -> None:
        """Become a skeleton in the shape of what will come."""
        self.param.update(kind="loading", shape=shape, title=title, text="", commands=[], action="", details="")

    def show_empty(self, title: str, text: str = "", *, commands: Sequence[str] = (), action: str = "") -> None:
        """Say what is missing and the one thing that fixes it."""
        self.param.update(kind="empty", title=title, text=text, commands=list(commands), action=action, details="")

    def show_error(self, error: BaseException | str, *, doing: str = "", text: str = "", action: str = "") -> None:
        """Say what went wrong.

        Parameters
        ----------
        error
            One of our own errors is shown in its own words, whose last clause is the way out; of any other the words
            go to the details.
        doing
            What was being done, for errors that are not ours: ``"reading AAPL"``.
        text
            What to do, added to what the error says itself.
        """
        title, hint, details = explain(error, doing)
        text = f"{hint} {text}".strip()
        self.param.update(kind="error", title=title, text=text, commands=[], action=action, details=details)


def loading(shape: str = "chart", title: str = "Loading", **params: Any) -> StatePanel:
    """A skeleton: ``shape`` is ``chart`` or ``table``."""
    return StatePanel(kind="loading", shape=shape, title=title, **_filling(params))


def empty(
    title: str,
    text: str = "",
    *,
    commands: Sequence[str] = (),
    action: str = "",
    on_action: Callable[[], object] | None = None,
    **params: Any,
) -> StatePanel:
    """An empty state, with the commands or the button that fix it."""
    panel = StatePanel(kind="empty", title=title, text=text, commands=list(commands), action=action, **_filling(params))
    return _acting(panel, on_action)


def failed(
    error: BaseException | str,
    *,
    doing: str = "",
    text: str = "",
    action: str = "",
    on_action: Callable[[], object] | None = None,
    **params: Any,
) -> StatePanel:
    """An error inside the panel it concerns; see ``StatePanel.show_error``."""
    panel = StatePanel(kind="error", **_filling(params))
    panel.show_error(error, doing=doing, text=text, action=action)
    return _acting(panel, on_action)


def explain(error: BaseException | str, doing: str = "") -> tuple[str, str, str]:
    """An error as a sentence, a hint and details to unfold."""
    if isinstance(error, str):
        return _sentence(error), "", ""
    details = "".join(traceback.format_exception(error)).strip()
    if isinstance(error, WorkbenchError):
        said = str(error.args[0] if error.args else error)
        head, colon, tail = said.partition("; ")
        return _sentence(head), (_sentence(tail) if colon else ""), details
    while_ = f" while {doing}" if doing else ""
    return (
        f"Something unexpected happened{while_}.",
        f"{type(error).__name__}: {error}. Nothing stored was changed. Try again; if it stays, send the details.",
        details,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower():  # a path or a name keeps its own spelling
        text = text[:1].upper() + text[1:]
    return f"{text}{'' if text.endswith(('.', '?', '!')) else '.'}"


def _filling(params: dict[str, Any]) -> dict[str, Any]:
    return {"sizing_mode": "stretch_both", "margin": 0, **params}


def _acting(panel: StatePanel, on_action: Callable[[], object] | None) -> StatePanel:
    if on_action is not None:
        panel.param.watch(lambda _: on_action(), "clicks")
    return panel
