"""Pages that are made ahead: what waits for a visitor is done in order, once, with his link."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace

import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.document import Document
from bokeh.server.contexts import _RequestProxy
from panel.io.state import set_curdoc
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from workbench.views import scripts, visits
from workbench.views.shell import page_state


def request_for(uri: str, cookie: str = "") -> HTTPServerRequest:
    headers = HTTPHeaders({"Host": "127.0.0.1:1", **({"Cookie": cookie} if cookie else {})})
    return HTTPServerRequest(start_line=RequestStartLine("GET", uri, "HTTP/1.1"), headers=headers)


@pytest.fixture
def empty() -> SimpleNamespace:
    """The session of a page without a visitor; ``document`` is its document."""
    nobody = visits.Nobody(request_for("/chart?symbol=NOT-HIS", "wb_theme=light"))
    told = SimpleNamespace(request=_RequestProxy(nobody), document=Document())
    told.document._session_context = lambda: told
    return told


def services() -> SimpleNamespace:
    symbols = ["AAPL", "BTC-USD"]
    return SimpleNamespace(symbols=symbols, catalog=SimpleNamespace(symbols=lambda: list(symbols)))


def test_nobody_brings_no_query_and_no_cookies(empty: SimpleNamespace) -> None:
    assert visits.waiting(empty.document)
    assert empty.request.arguments == {} and empty.request.cookies == {}
    assert empty.request.path == "/chart"


def test_what_waits_is_done_in_its_order_and_once(empty: SimpleNamespace) -> None:
    done: list[int] = []
    with set_curdoc(empty.document):
        for number in range(3):
            visits.when_visited(lambda number=number: done.append(number))
        assert done == []
        empty.request = _RequestProxy(request_for("/chart"))
        assert not visits.waiting(empty.document)
        visits.visited(empty.document)
        visits.visited(empty.document)
        assert done == [0, 1, 2]
        visits.when_visited(lambda: done.append(3))  # there is somebody now
    assert done == [0, 1, 2, 3]


def test_without_a_page_nothing_waits() -> None:
    done: list[int] = []
    visits.when_visited(lambda: done.append(1))
    assert done == [1]


def test_a_state_takes_the_link_and_the_theme_of_the_visitor(empty: SimpleNamespace) -> None:
    with set_curdoc(empty.document):
        state = page_state(services(), ahead=True)
        assert state.asked is None and state.dark
        empty.request = _RequestProxy(request_for("/chart?symbol=AAPL&spec=1d", "wb_theme=light"))
        visits.visited(empty.document)
        assert (state.symbol, state.spec, state.dark) == ("AAPL", "1d", False)
        assert state.asked == {"symbol", "spec"}
        state.spec = "1w"
        assert "spec=1w" in pn.state.location.search


def test_the_look_of_the_browser_comes_before_the_page(empty: SimpleNamespace) -> None:
    with set_curdoc(empty.document):
        state = page_state(services())
    visits.looked_at(empty.document, "light", "colorblind")
    assert (state.dark, state.palette) == (False, "colorblind")
    visits.looked_at(empty.document, "pink", "none")
    assert (state.dark, state.palette) == (False, "colorblind")
    visits.looked_at(Document(), "dark", "classic")  # a page that does not care


def test_a_page_of_other_symbols_is_not_handed_out(empty: SimpleNamespace) -> None:
    there = services()
    with set_curdoc(empty.document):
        page_state(there, ahead=True)
    assert visits.made_ahead(empty.document) and visits.still_right(empty.document)
    there.symbols.append("ES")
    assert not visits.still_right(empty.document)
    there.catalog.symbols = lambda: 1 / 0
    assert not visits.still_right(empty.document)


def test_other_pages_are_not_made_ahead(empty: SimpleNamespace) -> None:
    with set_curdoc(empty.document):
        page_state(services())
    assert not visits.made_ahead(empty.document)


def test_a_page_is_let_go_of_with_its_session() -> None:
    """What is kept of a page leads back to it: kept any longer, each page that was ever open would stay in memory."""

    def page() -> tuple[weakref.ref, weakref.ref, list]:
        document = Document()
        told = SimpleNamespace(request=_RequestProxy(visits.Nobody(request_for("/chart"))))
        document._session_context = lambda: told
        with set_curdoc(document):
            button = pmui.Button()
            popup = pmui.Popup(pn.Column(button))
            visits.when_looked_at(lambda *_: document)
            visits.may_be_made_ahead(lambda: document.title)
            visits.when_visited(lambda: popup.param.update(open=bool(document)))
            scripts.opens(button, popup)
        return weakref.ref(document), weakref.ref(popup), list(document.session_destroyed_callbacks)

    document, popup, ends = page()
    gc.collect()
    assert document() is not None and popup() is not None
    while ends:
        ends.pop()(None)
    gc.collect()
    assert document() is None and popup() is None
