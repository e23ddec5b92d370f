"""Layouts of the chart page: what is open is kept and restored, and can be kept under names, exported and imported."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from workbench.errors import UnknownNameError, WorkbenchError, WorkspaceError
from workbench.views.scripts import opens, with_el
from workbench.views.shell import symbol_resolver
from workbench.views.state import LINKED, AppState
from workbench.views.visits import when_visited
from workbench.workspaces.layouts import OPEN, VERSION, Layout, Layouts, read

#: Seconds of rest after a change before what is open is kept.
REST = 1.0
#: Set by the browser when it leaves a chart, so that a reload can be told from a link that is opened.
LEFT = "wb_chart_left"
_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: One thread of the process keeps what is open, in the order in which it changed; no page waits for the database.
_WRITER = ThreadPoolExecutor(1, "layouts")
_log = logging.getLogger(__name__)


class LayoutMenu(pn.custom.JSComponent):
    """The list of layouts and what can be done with them."""

    told = param.Dict(
        default={}, doc="items (name, saved, default), current, changed, said, undo, and error with place."
    )

    _esm = with_el(_JS / "layouts.js")
    _stylesheets = [_CSS / "layouts.css"]

    def answer(self, **what: Any) -> None:
        """Hand the browser a file (``file text``) or the earlier saves of a layout (``name saves``)."""
        self._send_msg(what)


class BrowserMemory(pn.custom.JSComponent):
    """What the browser remembers of the chart."""

    theme = param.String(default="", doc="Theme and colours of a layout that was opened, such as ``dark classic``.")

    _esm = _JS / "memory.js"


class ChartLayouts:
    """Named layouts of whoever looks at the chart page, and what is open.

    A page whose link says nothing shows what was open last, else the default layout. What is open is kept a second
    after the last change, if it differs from what is kept. With two tabs the last one that changed something wins:
    its charts are what the next page shows. The theme of a page that opens is the browser's own.

    Parameters
    ----------
    services
        Give the workspaces, where layouts are kept; without them there is no button.
    state
        That of the page. Made before its charts, so that they open with what is restored.
    """

    def __init__(self, services: Any, state: AppState) -> None:
        self.services, self.state = services, state
        self.owner = self.current = ""
        self._page = False
        self._undo: Callable[[], str] | None = None
        self._kept: Mapping[str, Any] | None = None
        self._saving: Future[Layout] | None = None
        self._due = 0.0
        self._failed = False
        self.menu = LayoutMenu(margin=0, css_classes=["wb-layout-menu"])
        self.menu.on_msg(lambda said: self.carry_out(said.data))
        self.memory = BrowserMemory(margin=0, width=0, height=0, sizing_mode="fixed")
        self.popup = pmui.Popup(
            pn.Column(self.menu, width=_WIDE, margin=0),
            anchor_origin={"horizontal": "right", "vertical": "bottom"},
            transform_origin={"horizontal": "right", "vertical": "top"},
            sx=_POPUP,
        )
        self.button = pmui.Button(
            label="Layout ▾",
            size="small",
            variant="text",
            color="secondary",
            margin=0,
            height=28,
            description="Layouts: open, save, import and export",
            attached=[self.popup],
            css_classes=["wb-layout"],
            sx=_BUTTON,
        )
        opens(self.button, self.popup)
        when_visited(self._opened)

    def _opened(self) -> None:
        self.owner = (pn.state.user or "") if pn.state.curdoc is not None else ""
        self._page = self.services is not None and self.state.asked is not None
        if self._page:
            self._restore()
            mine = ["link", "window", "bars", "arrangement", "active", "others", "dark", "palette"]
            self.state.param.watch(self._changed, [*LINKED, *mine])
            self._changed()

    @property
    def kept(self) -> Layouts:
        """Where layouts are kept."""
        return self.services.workspaces.layouts

    def tools(self) -> list[Any]:
        """The button of the menu."""
        return [] if self.services is None else [pn.Row(self.button, self.memory, margin=0, sizing_mode=None)]

    def polled(self) -> None:
        """Keep what is open when a hand rests; called a few times a second while the page is open."""
        if not self._page:
            return
        if self._saving is not None:
            if self._saving.done():
                self._ended(self._saving)
                self._saving = None
        elif self._due and time.monotonic() >= self._due:
            self._due = 0.0
            document = self._open_document()
            if document != self._kept:
                self._kept = document
                self._saving = _WRITER.submit(lambda: self.kept.save(OPEN, document, owner=self.owner))

    # --- what is open ---------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        """Show what was open last, or the default layout; a link that says something is left alone."""
        state = self.state
        try:
            try:
                document = self._kept = dict(self.kept.load(OPEN, owner=self.owner).document)
            except UnknownNameError:
                document = None
            if state.asked:
                if document is None or not self._reloaded(document):
                    return
            elif document is None:
                name = self.kept.default(owner=self.owner)
                if name is None:
                    return
                document = {**self.kept.load(name, owner=self.owner).document, "layout": name}
            refused = self._take(document, theme=False)
        except Exception as error:  # the page opens without it
            refused = [f"What was open last cannot be read. {_said(error)}"]
            _log.warning("restoring what was open", exc_info=not isinstance(error, WorkbenchError))
        if refused:
            state.notice = " ".join(refused)

    def _reloaded(self, document: Mapping[str, Any]) -> bool:
        """Whether the link says what was open just now in this browser."""
        kept = AppState()
        kept.apply_document(document, resolve=symbol_resolver(self.services))
        return kept.query == self.state.query and pn.state.curdoc is not None and LEFT in pn.state.cookies

    def _take(self, document: Mapping[str, Any], *, theme: bool = True) -> list[str]:
        """Show a document; sentences for what of it cannot be used."""
        name = document.get("layout")
        with pn.io.hold():
            refused = self.state.apply_document(
                {key: value for key, value in document.items() if key != "layout"},
                resolve=symbol_resolver(self.services),
                theme=theme,
            )
        self._call(name if isinstance(name, str) and len(name) <= 128 else "")
        return refused

    def _open_document(self) -> dict[str, Any]:
        document = {**self.state.document(), "version": VERSION}
        return {**document, "layout": self.current} if self.current else document

    def _changed(self, *_: object) -> None:
        self._due = time.monotonic() + REST if self._page else 0.0

    def _ended(self, saving: Future[Layout]) -> None:
        """Say once that what is open cannot be kept; with the next change it is tried again."""
        error = saving.exception()
        if error is not None:
            self._kept = None
            if not self._failed:
                self.state.notice = f"What is open cannot be kept for the next time. {_said(error)}"
                _log.warning("keeping what is open", exc_info=not isinstance(error, WorkbenchError))
        self._failed = error is not None

    # --- the menu -------------------------------------------------------------------------------------------------

    def carry_out(self, said: Mapping[str, Any]) -> None:
        """Do what the menu asks for: ``what`` and its values. Errors are told in the menu, in their place."""
        done: Mapping[str, Callable[..., str | None]] = {
            "look": lambda: "",
            "save": self.save,
            "open": self.open,
            "rename": self.rename,
            "delete": self.delete,
            "default": self.default,
            "saves": self._saves,
            "export": self._export,
            "import": self.take_file,
            "undo": self._back,
        }
        error, text = "", None
        try:
            values = dict(said)
            text = done[values.pop("what")](**values)
        except Exception as failed:  # the page stays as it is
            error = _said(failed)
            _log.warning("layouts: %s failed", said, exc_info=not isinstance(failed, WorkbenchError))
        if said.get("what") == "look":
            self._undo = None
        self._tell(text, error, str(said.get("what", "")))

    def save(self, name: str) -> str:
        """Keep what is open under a name: that of the layout which is open, or a new one."""
        name = name.strip()
        if name != self.current and name in self.kept.names(owner=self.owner):
            raise WorkspaceError(f"there is a layout {name!r} already: open it first, or choose another name")
        if name == OPEN:
            raise WorkspaceError(f"{OPEN} is what is open by itself: choose another name")
        self.kept.save(name, self.state.document(), owner=self.owner)
        self._undo = None
        self._call(name)
        return f"Saved {name}."

    def open(self, name: str, revision: int | None = None) -> str | None:
        """Show a layout, or an earlier save of it."""
        found = self.kept.load(name, owner=self.owner, revision=revision)
        return self._replace({**found.document, "layout": name}, f"Opened {name}.")

    def rename(self, name: str, to: str) -> str:
        """Give a layout another name; its earlier saves go with it."""
        to = to.strip()
        if to == name:
            return ""
        if to == OPEN or to in self.kept.names(owner=self.owner):
            raise WorkspaceError(f"there is a layout {to!r} already: choose another name")
        self.kept.rename(name, to, owner=self.owner)
        if self.current == name:
            self._call(to)
        self._undo = lambda: self.rename(to, name)
        return f"Renamed {name} to {to}."

    def delete(self, name: str) -> str:
        """Take a layout off the list. Its saves can be had back."""
        document = self.kept.load(name, owner=self.owner).document
        first, was_open = self.kept.default(owner=self.owner) == name, self.current == name
        self.kept.delete(name, owner=self.owner)
        if was_open:
            self._call("")

        def back() -> str:
            self.kept.save(name, document, owner=self.owner)
            if first:
                self.kept.set_default(name, owner=self.owner)
            if was_open:
                self._call(name)
            self._undo = None
            return f"{name} is back."

        self._undo = back
        return f"Deleted {name}."

    def default(self, name: str) -> str:
        """Let a layout open first, or none if it is the one that does."""
        first = self.kept.default(owner=self.owner) == name
        self.kept.set_default(None if first else name, owner=self.owner)
        return "No layout opens first." if first else f"{name} opens first where nothing was open."

    def take_file(self, file: str, text: str) -> str | None:
        """Show the layout of a file."""
        document = read(text, file)
        charts = document.get("charts")
        if not isinstance(charts, list) or not any(isinstance(one, dict) for one in charts):
            raise WorkspaceError(f"{file} holds no chart: `charts` must be a list of JSON objects")
        document.pop("layout", None)
        return self._replace(document, f"Opened {file}.")

    def _replace(self, document: Mapping[str, Any], said: str) -> str | None:
        before = self._open_document()
        refused = self._take(document)
        state = self.state
        self.memory.theme = f"{'dark' if state.dark else 'light'} {state.palette}"

        def back() -> str:
            self._take(before)
            self._undo = None
            return "Back to what was open before."

        self._undo = back
        if refused:
            state.notice = " ".join(refused)
            raise WorkspaceError(f"{said} {' '.join(refused)}")
        return said

    def _saves(self, name: str) -> str:
        rows = [
            {"revision": revision, "saved": self._when(saved)}
            for revision, saved in self.kept.revisions(name, owner=self.owner)
        ]
        self.menu.answer(what="saves", name=name, saves=rows)
        return ""

    def _export(self, name: str = "") -> str:
        found = self.kept.load(name, owner=self.owner).document if name else self.state.document()
        text = json.dumps({**found, "version": VERSION}, indent=2, ensure_ascii=False)
        plain = "".join(one if one.isalnum() or one in "-_." else "-" for one in name or self.state.symbol)
        self.menu.answer(what="file", file=f"{plain}.layout.json", text=f"{text}\n")
        return f"Exported {name or 'what is open'}."

    def _back(self) -> str:
        return self._undo() if self._undo is not None else ""

    def _call(self, name: str) -> None:
        """Say which layout is open."""
        if name != self.current:
            self.current = name
            self._changed()
        short = name if len(name) <= _SHORT else f"{name[: _SHORT - 1]}…"
        self.button.param.update(label=f"{short or 'Layout'} ▾", color="primary" if name else "secondary")

    def _when(self, saved: int) -> str:
        return f"{pd.Timestamp(saved, tz='UTC').tz_convert(self.state.tz):%-d %b %Y %H:%M:%S}"

    def _tell(self, said: str | None, error: str, place: str) -> None:
        """Bring the menu up to what is kept."""
        items: list[dict[str, Any]] = []
        changed = False
        try:
            names, first = self.kept.names(owner=self.owner), self.kept.default(owner=self.owner)
            for name in names:
                saves = self.kept.revisions(name, owner=self.owner)
                items.append({"name": name, "saved": self._when(saves[0][1]), "default": name == first})
            if self.current in names:
                shown = {**self.state.document(), "version": VERSION}
                changed = dict(self.kept.load(self.current, owner=self.owner).document) != shown
            elif self.current:
                self._call("")  # deleted elsewhere
        except Exception as failed:
            error = error or _said(failed)
        self.menu.told = {
            "items": items,
            "current": self.current,
            "changed": changed,
            "said": said or "",
            "error": error,
            "place": place,
            "undo": self._undo is not None,
        }


def _said(error: BaseException) -> str:
    text = str(error.args[0] if error.args else error).rstrip(".") or type(error).__name__
    return f"{text[:1].upper()}{text[1:]}."


_WIDE, _SHORT = 380, 18  # px of the menu, letters of a name in the top bar
_BUTTON = {
    "fontSize": "12px",
    "minWidth": 0,
    "px": "8px",
    "py": "2px !important",
    "justifyContent": "flex-start",
    "whiteSpace": "nowrap",
}
_POPUP = {
    "& .MuiPaper-root": {
        "border": "1px solid var(--wb-hairline)",
        "backgroundColor": "var(--wb-raised)",
        "mt": "4px",
        "maxWidth": "calc(100vw - 16px)",
    },
}
