"""What goes between page and browser loses nothing: one queue for each socket, and the lock for what was put off.

Bokeh writes a change when the callback that made it is over; Panel writes what it held together at once, and while the
socket is busy some time later. So of two changes of one property the older could arrive last, and stay on the screen
until the next. Here every message takes its place when it is made. And what a browser says while other changes of it
wait is put off by Panel and then done without the document's lock: what that changes on a Bokeh model was refused, and
the press of a button lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from panel.io import document as panel_document
from panel.io.server import WSHandler
from panel.reactive import Syncable

_dispatch = panel_document.dispatch_tornado


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


panel_document.dispatch_tornado = dispatch
for _put_off in (Syncable._event_coroutine, Syncable._change_coroutine):
    _put_off.lock = True  # as ``panel.io.with_lock`` marks a callback
