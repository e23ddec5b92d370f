"""What goes between page and browser loses nothing: one queue for each socket, and the lock for what was put off.

Bokeh writes a change when the callback that made it is over; Panel writes what it held together at once, and while the
socket is busy some time later. So of two changes of one property the older could arrive last, and stay on the screen
until the next. Here every message takes its place when it is made. And what a browser says while other changes of it
wait is put off by Panel and then done without the document's lock: what that changes on a Bokeh model was refused, and
the press of a button lost.

In a notebook messages of the browser are handled by the thread of the cells, not beside it: Panel's holding and sending
are not made for two. And of several changes in one message each is heard: after the first one with a callback Panel
left the document on hold, and the others were never told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import wraps
from types import SimpleNamespace
from typing import Any

from panel.io import document as panel_document
from panel.io.notebook import push
from panel.io.server import WSHandler
from panel.io.state import state
from panel.pane import plot as panel_plot
from panel.reactive import Syncable
from panel.viewable import Renderable

_dispatch = panel_document.dispatch_tornado
_handle = Renderable._on_msg


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


#: The loop that runs the cells, as this module is imported by one; None in a process that has no loop yet.
_cells = _running()


class _Free:
    """In the place of the socket's lock: there is one writer, so that nobody waits, and Panel finds it free."""

    _block = SimpleNamespace(_value=1)

    async def acquire(self) -> Any:
        return nullcontext()


class OrderedSocket(WSHandler):
    """A socket that sends messages in the order of ``send_message``, whenever they are waited for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.write_lock = _Free()
        self._queue: deque[tuple[Any, asyncio.Future[None]]] = deque()
        self._writer: asyncio.Task[None] | None = None

    def send_message(self, message: Any) -> Awaitable[None]:
        """Put a message in its place; what is given is done when it has been written."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((message, written))
        if self._writer is None:
            self._writer = asyncio.ensure_future(self._write())
        return written

    async def _write(self) -> None:
        try:
            while self._queue:
                message, written = self._queue.popleft()
                try:
                    await super().send_message(message)
                except Exception as error:
                    if not written.done():
                        written.set_exception(error)
                if not written.done():
                    written.set_result(None)
        finally:
            self._writer = None


def dispatch(conn: Any, events: Any = None, msg: Any = None) -> Sequence[Awaitable[None]]:
    """Panel's own way to a socket, by the queue where it has one."""
    if not isinstance(conn._socket, OrderedSocket):
        return _dispatch(conn, events, msg)
    if msg is None and not events:
        return []
    return [conn._socket.send_message(conn.protocol.create("PATCH-DOC", events) if msg is None else msg)]


def hear(root: Renderable, ref: str, manager: Any, message: Any) -> None:
    """Handle what a browser says to a notebook, in the thread of the cells; done when this returns."""

    async def handle() -> None:
        _handle(root, ref, manager, message)

    if _cells is None or not _cells.is_running() or _running() is _cells:
        _handle(root, ref, manager, message)
    else:
        asyncio.run_coroutine_threadsafe(handle(), _cells).result()


def in_turn(callback: Callable[[str, Any, Any], None]) -> Callable[[str, Any, Any], None]:
    """A callback for a Bokeh model, done after all that the browser said before it.

    Panel waits 50 ms with a change of a component, for more of the same; a change of a Bokeh model is told at once. A
    dialog that was closed and opened again from the chart so closed after it had been opened.
    """

    @wraps(callback)
    def heard(attr: str, old: Any, new: Any) -> None:
        page = state.curdoc
        waiting = state._change_callbacks.pop(page, {}) if page else {}
        with ExitStack() as said:  # each is done, also when one before it fails
            said.callback(callback, attr, old, new)
            for change in reversed(waiting.values()):
                said.callback(change.func.__self__._change_event, page)

    return heard


@contextmanager
def _wrap_callback(callback: Any, wrapped: Any, doc: Any, comm: Any, callbacks: list[Any]) -> Iterator[None]:
    """Around a ``callback`` of a Bokeh model in a notebook: what it changes is sent, and then nothing is held.

    While it runs it is in the list itself, in the place of what Panel has ``wrapped`` it in, so that it can be removed.
    """
    free = doc.callbacks.hold_value is None
    if free:
        doc.hold()
    callbacks[:] = [callback if one is wrapped else one for one in callbacks]
    try:
        yield
    finally:
        callbacks[:] = [wrapped if one is callback else one for one in callbacks]
        push(doc, comm)
        if free:
            doc.unhold()


panel_document.dispatch_tornado = dispatch
panel_plot._wrap_callback = _wrap_callback
Renderable._on_msg = hear
for _put_off in (Syncable._event_coroutine, Syncable._change_coroutine):
    _put_off.lock = True  # as ``panel.io.with_lock`` marks a callback
