"""Messages reach a socket in the order in which they were made, whoever made them and whoever waits first."""

import asyncio
import threading
from functools import partial
from types import SimpleNamespace

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from panel.io import document
from panel.io.model import add_to_doc
from panel.io.server import WSHandler, async_execute
from panel.io.state import set_curdoc
from panel.models.comm_manager import CommManager
from panel.viewable import Renderable
from pyviz_comms import Comm

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


def test_what_was_said_before_a_press_on_the_chart_is_heard_before_it():
    page, seen = Document(), []
    page._session_context = lambda: SimpleNamespace(session=None, request=SimpleNamespace(arguments={}))
    field, broken, source = pn.widgets.TextInput(), pn.widgets.TextInput(), ColumnDataSource()
    model = field.get_root(page)
    page.add_root(model)
    field.param.watch(lambda _: seen.append("typed"), "value")
    broken.param.watch(lambda _: 1 / 0, "value")
    source.on_change("data", wire.in_turn(lambda attr, old, new: seen.append(f"pressed after {field.value!r}")))
    with set_curdoc(page):
        broken.get_root(page)
        broken._server_change(page, "", None, "value", "", "x")
        field._server_change(page, model.ref["id"], None, "value", "", "first")
        assert seen == []
        with pytest.raises(ZeroDivisionError):
            source.data = {"what": ["settings"]}
        assert seen == ["typed", "pressed after 'first'"]
        for put_off in page.session_callbacks:  # the wait is over: nothing is done twice
            asyncio.run(put_off.callback())
        source.data = {"what": ["remove"]}
    assert seen == ["typed", "pressed after 'first'", "pressed after 'first'"]


def test_a_notebook_hears_in_the_thread_of_its_cells(monkeypatch):
    heard, button = [], pn.widgets.Button()

    def handle(root, ref, manager, message):
        heard.append((threading.current_thread(), root, ref, manager, message))
        if message == "broken":
            raise ValueError("cannot be applied")

    monkeypatch.setattr(wire, "_handle", handle)
    assert Renderable._on_msg is wire.hear

    async def cells():
        monkeypatch.setattr(wire, "_cells", asyncio.get_running_loop())
        await asyncio.to_thread(button._on_msg, "ref", "manager", "beside")
        button._on_msg("ref", "manager", "from a cell")
        with pytest.raises(ValueError, match="cannot be applied"):
            await asyncio.to_thread(button._on_msg, "ref", "manager", "broken")

    asyncio.run(cells())
    here = threading.current_thread()
    assert heard == [(here, button, "ref", "manager", said) for said in ("beside", "from a cell", "broken")]
    button._on_msg("ref", "manager", "after the cells")  # the loop is over: nobody would come to it
    assert heard[-1][-1] == "after the cells"


def test_of_several_changes_in_a_message_to_a_notebook_each_is_heard(caplog):
    heard, sources = [], [ColumnDataSource({"x": [0]}) for _ in range(2)]
    for source in sources:
        source.on_change("data", lambda attr, old, new: heard.append(new["x"]))
    plot = figure()
    for source in sources:
        plot.scatter("x", "x", source=source)
    pane, comm, doc = pn.pane.Bokeh(plot), Comm(), Document()
    root = pane.get_root(doc, comm)
    add_to_doc(root, doc, hold=True)  # as a cell shows it
    events = [
        {
            "kind": "ModelChanged",
            "model": {"id": one.id},
            "attr": "data",
            "new": {"type": "map", "entries": [["x", [i]]]},
        }
        for i, one in enumerate(sources, 1)
    ]
    message = {"header": {"msgid": "1", "msgtype": "PATCH-DOC"}, "metadata": {}, "content": {"events": events}}
    pane._on_msg(root.ref["id"], CommManager(plot_id="", comm_id="", client_comm_id=""), {**message, "_buffers": {}})
    assert heard == [[1], [2]]
    assert doc.callbacks.hold_value == "combine" and not caplog.records
