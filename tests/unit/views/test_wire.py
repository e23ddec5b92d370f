"""Messages reach a socket in the order in which they were made, whoever made them and whoever waits first."""

import asyncio
from functools import partial
from types import SimpleNamespace

import panel as pn
import pytest
from bokeh.document import Document
from panel.io import document
from panel.io.server import WSHandler, async_execute
from panel.io.state import set_curdoc

from workbench.views import wire


@pytest.fixture
def socket(monkeypatch):
    """A socket that writes down what it is given, in as many turns of the loop as the message says."""
    sent = []

    async def send(self, message):
        for _ in range(message[1]):
            await asyncio.sleep(0)
        if message[0] == "broken":
            raise ValueError("cannot be written")
        sent.append(message[0])

    monkeypatch.setattr(WSHandler, "__init__", lambda self: None)
    monkeypatch.setattr(WSHandler, "send_message", send)
    made = wire.OrderedSocket()
    made.sent = sent
    return made


def connection(socket):
    return SimpleNamespace(_socket=socket, protocol=SimpleNamespace(create=lambda kind, events: (events[0], 0)))


def test_the_order_is_that_of_the_calls_not_of_who_waits_first(socket):
    async def go():
        first = socket.send_message(("bokeh, waited for later", 5))
        [held] = document.dispatch_tornado(connection(socket), ["panel, at once"])
        last = socket.send_message(("bokeh", 0))
        await held
        assert socket.sent[:2] == ["bokeh, waited for later", "panel, at once"]
        await asyncio.gather(last, first)
        [late] = document.dispatch_tornado(connection(socket), msg=("a message", 1))
        await late

    asyncio.run(go())
    assert socket.sent == ["bokeh, waited for later", "panel, at once", "bokeh", "a message"]


def test_what_cannot_be_written_is_told_to_who_waits_and_the_rest_goes_on(socket):
    async def go():
        broken, fine = socket.send_message(("broken", 1)), socket.send_message(("fine", 0))
        with pytest.raises(ValueError, match="cannot be written"):
            await broken
        await fine

    asyncio.run(go())
    assert socket.sent == ["fine"]


def test_panel_finds_the_socket_free(socket):
    assert socket.write_lock._block._value == 1

    async def go():
        with await socket.write_lock.acquire():
            await socket.send_message(("inside", 0))

    asyncio.run(go())
    assert document.dispatch_tornado(connection(socket), []) == []


@pytest.mark.parametrize("what", ["_event_coroutine", "_change_coroutine"])
def test_what_was_put_off_has_the_lock_when_it_is_done(what):
    page = Document()
    context = SimpleNamespace(session=None, request=SimpleNamespace(arguments={}))
    page._session_context = lambda: context
    button = pn.widgets.Button()
    with set_curdoc(page):
        async_execute(partial(getattr(button, what), page, None))
    [put_off] = page.session_callbacks
    assert not getattr(put_off.callback, "nolock", False)
