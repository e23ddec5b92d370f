"""Pages that are made before their visitor comes, and what on them must wait for him.

Making a page takes longer than all else a server does for it, and little of it depends on who looks: the link, the
theme and what was open last. A page whose app asks for it (``page_state(services, ahead=True)``) is made ahead by
``views.serving``; what depends on the visitor is handed to ``when_visited``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
from bokeh.document import Document
from panel.io.state import set_curdoc
from panel.util import edit_readonly
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

#: What waits on a page that has no visitor yet, in the order in which it was said.
_WAITING: WeakKeyDictionary[Document, list[Callable[[], object]]] = WeakKeyDictionary()
#: Pages that may be made ahead: what they were made of, to be asked again when somebody comes.
_MADE_OF: WeakKeyDictionary[Document, tuple[Callable[[], Hashable], Hashable]] = WeakKeyDictionary()

#: Who wants to hear in which look a page is seen.
_LOOKS: WeakKeyDictionary[Document, Callable[[str, str], object]] = WeakKeyDictionary()


class Nobody(HTTPServerRequest):
    """The request of a page without a visitor: its address, no query and no cookies."""

    def __init__(self, like: HTTPServerRequest) -> None:
        line = RequestStartLine("GET", like.path, "HTTP/1.1")
        super().__init__(start_line=line, headers=HTTPHeaders({"Host": like.host}))
        self.protocol, self.remote_ip = like.protocol, like.remote_ip


def _keep(kept: WeakKeyDictionary[Document, Any], document: Document, value: Any) -> None:
    """Keep something of a page until its session ends: it leads back to the page, which would stay for ever else."""
    if document not in kept:
        document.on_session_destroyed(lambda _: kept.pop(document, None))
    kept[document] = value


def when_visited(callback: Callable[[], object]) -> None:
    """Do something that depends on the visitor: now, or on a page that is made ahead once there is one."""
    document = pn.state.curdoc
    if document is not None and waiting(document):
        _keep(_WAITING, document, [*_WAITING.get(document, ()), callback])
    else:
        callback()


def when_looked_at(callback: Callable[[str, str], object]) -> None:
    """Hear the theme and the palette that the visitor's browser has, before the page is sent to it."""
    if pn.state.curdoc is not None:
        _keep(_LOOKS, pn.state.curdoc, callback)


def looked_at(document: Document, theme: str, palette: str) -> None:
    """Tell a page the look in which it is seen; its document is locked."""
    callback = _LOOKS.get(document)
    if callback is not None:
        with set_curdoc(document):
            callback(theme, palette)


def waiting(document: Document) -> bool:
    """Whether the page is made ahead and nobody has come yet."""
    request = document.session_context.request if document.session_context else None
    return isinstance(getattr(request, "_request", None), Nobody)


def may_be_made_ahead(made_of: Callable[[], Hashable]) -> None:
    """Say of the page that is being made that others of it may be made ahead.

    ``made_of`` gives what is drawn and may change before a visitor comes, such as the symbols there are; where it
    differs by then, the page is made anew.
    """
    if pn.state.curdoc is not None:
        _keep(_MADE_OF, pn.state.curdoc, (made_of, made_of()))


def made_ahead(document: Document) -> bool:
    """Whether pages like this one may be made ahead."""
    return document in _MADE_OF


def still_right(document: Document) -> bool:
    """Whether what a page was made of is as it was."""
    made_of, before = _MADE_OF[document]
    try:
        return made_of() == before
    except Exception:  # the page that is made anew says in its own place what is wrong
        return False


def visited(document: Document) -> None:
    """Do what was waiting: the session's request is the visitor's by now, and its document is locked."""
    with set_curdoc(document):
        location = pn.state.location
        told = type(location).from_request(document.session_context.request)
        names = ("href", "hostname", "pathname", "protocol", "port", "search", "hash")
        with edit_readonly(location):
            location.param.update({name: getattr(told, name) for name in names})
        for callback in _WAITING.pop(document, ()):
            callback()
