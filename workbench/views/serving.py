"""Pages that answer at once: the frame of a page is sent from memory while its session is being made.

A page of ours is a frame that is the same for everybody, and a document that the browser fetches over its socket.
Making the document takes longer than everything else a server does for a page; here it goes on while the browser reads
scripts. Loaded by ``workbench serve`` as a plugin of the server.
"""

from __future__ import annotations

import re
from typing import Any

from bokeh.core.types import ID
from bokeh.server.urls import per_app_patterns
from bokeh.util.token import generate_jwt_token, generate_session_id
from panel.config import config
from panel.io.resources import LOCAL_DIST, patch_model_css
from panel.io.server import DocHandler
from panel.io.state import set_curdoc, state
from tornado.ioloop import IOLoop

#: What a plugin of the server must have; it adds no addresses.
ROUTES: list[Any] = []
_TOKEN = re.compile(r'"token":"([^"]+)"')


class PageHandler(DocHandler):
    """Answers a page from memory once it was made for somebody."""

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The page of this address."""
        pages: dict[str, tuple[str, str]] = self.application_context.__dict__.setdefault("wb_pages", {})
        kept = pages.get(self.request.path)
        if kept is None or not self._alike():
            await super().get(*args, **kwargs)
            if self._alike():
                self._keep(pages)
            return
        app = self.application
        session_id = generate_session_id(secret_key=app.secret_key, signed=app.sign_sessions)
        token = generate_jwt_token(
            session_id,
            secret_key=app.secret_key,
            signed=app.sign_sessions,
            expiration=app.session_token_expiration,
            extra_payload=self._generate_token_payload(),
        )
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/html")
        await self.finish(token.join(kept))
        IOLoop.current().add_callback(self._make, session_id, token)

    def _alike(self) -> bool:
        """Whether everybody may have the same page: nobody signs in, and no session is asked for by name."""
        provider = self.application.auth_provider
        named = {"bokeh-session-id", "bokeh-token"} & set(self.request.arguments)
        signed_in = config.authorize_callback or provider.get_user or provider.get_user_async
        return not (named or signed_in or "Bokeh-Session-Id" in self.request.headers)

    async def _make(self, session_id: ID, token: str) -> None:
        """The session of a page that is on its way; its socket waits for it."""
        session = await self.application_context.create_session_if_needed(session_id, self.request, token)
        document = session.document
        with set_curdoc(document):  # as Panel does where it makes the page: style sheets come from this server
            folder = f"{state.rel_path}/{LOCAL_DIST}" if state.rel_path else LOCAL_DIST
            document._template_variables["dist_url"] = folder  # for what is drawn later
            for root in document.roots:
                patch_model_css(root, dist_url=folder)

    def _keep(self, pages: dict[str, tuple[str, str]]) -> None:
        page = b"".join(self._write_buffer).decode("utf-8")
        found = _TOKEN.search(page)
        if self.get_status() == 200 and found:
            pages[self.request.path] = (page[: found.start(1)], page[found.end(1) :])


per_app_patterns[:] = [(route, PageHandler if one is DocHandler else one) for route, one in per_app_patterns]
