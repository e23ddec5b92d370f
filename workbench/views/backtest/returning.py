"""Runs of a page that comes back: what is loaded again in the same tab of a browser has the runs it had."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from weakref import WeakValueDictionary

from workbench.views.backtest.kept import Session

#: Tabs whose runs are kept after they were closed, and for how long, s: a reload takes less, and bars take memory.
TABS, SECONDS = 8, 900.0
#: Letters of a tab's name, which it makes of random bytes and tells nobody else.
LETTERS = (16, 64)


class Returning:
    """The runs by tab: those of pages that are open, and for a while those of pages that were closed."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[str, Session] = WeakValueDictionary()
        self._closed: OrderedDict[str, tuple[float, Session]] = OrderedDict()
        self._lock = Lock()

    def hello(self, tab: str, session: Session) -> Session | None:
        """A page of a tab is there: the runs that the tab had before, if it had some."""
        if not LETTERS[0] <= len(tab) <= LETTERS[1]:
            return None
        with self._lock:
            self._tidy()
            _, closed = self._closed.pop(tab, (0.0, None))
            before, self._open[tab] = self._open.get(tab), session
        found = closed if before is None else before
        return found if found is not None and found is not session and found.runs else None

    def closed(self, tab: str, session: Session) -> None:
        """A page is gone: its runs are kept for a while, unless the tab has another page by now."""
        with self._lock:
            if self._open.get(tab) is not session:
                return
            del self._open[tab]
            if session.runs:
                self._closed[tab] = (time.monotonic(), session)
            self._tidy()

    def _tidy(self) -> None:
        late = time.monotonic() - SECONDS
        while self._closed and (len(self._closed) > TABS or next(iter(self._closed.values()))[0] < late):
            self._closed.popitem(last=False)


RETURNING = Returning()


class Tab:
    """The tab of a page, once it has told its name.

    Parameters
    ----------
    session
        The runs of the page.
    """

    def __init__(self, session: Session) -> None:
        self.session, self.name = session, ""

    def hello(self, name: str) -> bool:
        """The tab tells its name: the page has the runs again that the tab had before; whether there were any."""
        self.name, before = name, RETURNING.hello(name, self.session)
        if before is None or self.session.runs:
            return False
        self.session.take(before)
        return True

    def close(self) -> None:
        """The page is gone."""
        RETURNING.closed(self.name, self.session)
