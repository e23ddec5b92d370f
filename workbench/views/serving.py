"""Pages that answer at once: the frame of a page is sent from memory while its session is being made.

A page of ours is a frame that is the same for everybody, and a document that the browser fetches over its socket.
Making the document takes longer than everything else a server does for a page; here it goes on while the browser reads
scripts, and of pages that allow it (``views.visits``) one is kept that was made before anybody came. Loaded by
``workbench serve`` as a plugin of the server.
"""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

from bokeh.core.types import ID
from bokeh.document import Document
from bokeh.server.callbacks import NextTickCallback
from bokeh.server.contexts import ApplicationContext, _RequestProxy
from bokeh.server.session import ServerSession
from bokeh.server.urls import per_app_patterns
from bokeh.util.token import generate_jwt_token, generate_session_id, get_token_payload
from panel.config import config
from panel.io.resources import LOCAL_DIST, patch_model_css
from panel.io.server import DocHandler, WSHandler
from panel.io.state import set_curdoc, state
from tornado.ioloop import IOLoop

from workbench.views import visits
from workbench.views.wire import OrderedSocket

#: What a plugin of the server must have; it adds no addresses.
ROUTES: list[Any] = []
_TOKEN = re.compile(r'"token":"([^"]+)"')
_EARLY = (Path(__file__).parent / "js" / "early.js").read_text("utf-8").strip()
#: Seconds from a page that has its document until the next one is made ahead, so that its first questions come before.
_REST = 0.1
#: Seconds within which a browser opens its socket; until then a session is not thrown away.
_OPENING = 15.0
#: Turns of the loop that a document waits for what was put off, of a millisecond or more.
_TURNS = 200
_log = logging.getLogger(__name__)


class PageHandler(DocHandler):
    """Answers a page from memory once it was made for somebody."""

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The page of this address."""
        pages: dict[str, list[str]] = self.application_context.__dict__.setdefault("wb_pages", {})
        kept = pages.get(self.request.path)
        if kept is None or not self._alike():
            await super().get(*args, **kwargs)
            if self._alike():
                self._keep(pages)
            return
        ahead = _take(self.application_context, self.request.path)
        session_id = self._new_id() if ahead is None else ahead.id
        token = self._token(session_id, self._generate_token_payload())
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/html")
        await self.finish(token.join(kept))
        if ahead is None:
            IOLoop.current().add_callback(self._make, session_id, token)
        else:
            IOLoop.current().add_callback(self._give, ahead, token)

    def _new_id(self) -> ID:
        app = self.application
        return generate_session_id(secret_key=app.secret_key, signed=app.sign_sessions)

    def _token(self, session_id: ID, payload: Any) -> str:
        app = self.application
        return generate_jwt_token(
            session_id,
            secret_key=app.secret_key,
            signed=app.sign_sessions,
            expiration=app.session_token_expiration,
            extra_payload=payload,
        )

    def _alike(self) -> bool:
        """Whether everybody may have the same page: nobody signs in, and no session is asked for by name."""
        provider = self.application.auth_provider
        named = {"bokeh-session-id", "bokeh-token"} & set(self.request.arguments)
        signed_in = config.authorize_callback or provider.get_user or provider.get_user_async
        return not (named or signed_in or "Bokeh-Session-Id" in self.request.headers)

    async def _make(self, session_id: ID, token: str, request: Any = None) -> ServerSession:
        """The session of a page that is on its way; its socket waits for it."""
        request = request or self.request
        session = await self.application_context.create_session_if_needed(session_id, request, token)
        document = session.document
        with set_curdoc(document):  # as Panel does where it makes the page: style sheets come from this server
            folder = f"{state.rel_path}/{LOCAL_DIST}" if state.rel_path else LOCAL_DIST
            document._template_variables["dist_url"] = folder  # for what is drawn later
            for root in document.roots:
                patch_model_css(root, dist_url=folder)
        if visits.made_ahead(document):
            document.on_event("document_ready", lambda _: IOLoop.current().call_later(_REST, self._prepare))
        return session

    async def _prepare(self) -> None:
        """Make a page for whoever comes next, unless there is one."""
        ahead: dict[str, ServerSession | None] = self.application_context.__dict__.setdefault("wb_ahead", {})
        path = self.request.path
        if path in ahead:
            return
        ahead[path] = None  # it is being made
        try:
            session_id = self._new_id()
            nobody = visits.Nobody(self.request)
            payload = {"headers": dict(nobody.headers), "cookies": {}, "arguments": {}}
            payload |= self.application_context.application.process_request(nobody)
            session = await self._make(session_id, self._token(session_id, payload), nobody)
            session.block_expiration()
            ahead[path] = session
        except Exception:
            _log.exception("a page cannot be made ahead")
            del ahead[path]

    async def _give(self, session: ServerSession, token: str) -> None:
        """Hand a page that was made ahead to this visitor; its socket waits until all is done."""
        told = get_token_payload(token)
        context = session.document.session_context
        context._request = _RequestProxy(
            self.request, arguments=told["arguments"], cookies=told["cookies"], headers=told["headers"]
        )
        context._token = session._token = token
        IOLoop.current().call_later(_OPENING, session.unblock_expiration)
        await session.with_document_locked(visits.visited, session.document)

    def _keep(self, pages: dict[str, list[str]]) -> None:
        page = b"".join(self._write_buffer).decode("utf-8")
        found = _TOKEN.search(page)
        if self.get_status() == 200 and found:
            token = found[1]
            # Its document is asked for while the scripts are being read.
            page = page.replace("<head>", f'<head>\n<script>{_EARLY}("{token}")</script>', 1)
            pages[self.request.path] = page.split(token)


class SocketHandler(OrderedSocket):
    """Sends the document without being asked where the page says that it will ask (``js/early.js``).

    The question itself would have to wait until the scripts are read.
    """

    async def _async_open(self, token: str) -> None:
        await super()._async_open(token)
        if self.gone or self.get_argument("early", None) is None:
            return
        session = self.connection.session
        look = (self.get_argument("theme", ""), self.get_argument("palette", ""))
        await session.with_document_locked(visits.looked_at, session.document, *look)
        await self._settled(session.document)
        for part in ('{"msgid":"early","msgtype":"PULL-DOC-REQ"}', "{}", "{}"):
            if not self.gone:
                await self.on_message(part)

    @property
    def gone(self) -> bool:
        """Whether the browser has closed it; its connection has no session then."""
        return self.ws_connection is None

    @staticmethod
    async def _settled(document: Document) -> None:
        """Let what Panel put off until the next turn go before the document: a change between the two is not heard."""
        for _ in range(_TURNS):
            if not any(isinstance(one, NextTickCallback) for one in document.session_callbacks):
                return
            await asyncio.sleep(0.001)


def _take(context: ApplicationContext, path: str) -> ServerSession | None:
    """The page that was made ahead, if it is there and still as it would be made now."""
    ahead: dict[str, ServerSession | None] = context.__dict__.get("wb_ahead", {})
    session = ahead.get(path)
    if session is None:
        return None
    del ahead[path]
    if visits.still_right(session.document):
        return session
    session.unblock_expiration()
    session.request_expiration()
    return None


_OURS = {DocHandler: PageHandler, WSHandler: SocketHandler}
per_app_patterns[:] = [(route, _OURS.get(one, one)) for route, one in per_app_patterns]
