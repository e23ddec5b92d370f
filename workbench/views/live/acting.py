"""What is pressed and takes a while: carried out beside the page, one after the other, and told when it is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

Told = Callable[[Any, BaseException | None], object]


class Acts:
    """Work of one session in its order; its thread exists only when something was pressed."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="live-page")
        self._waiting: deque[tuple[Future, Told]] = deque()

    @property
    def busy(self) -> bool:
        """Whether something was not told of yet."""
        return bool(self._waiting)

    def do(self, work: Callable[[], Any], told: Told) -> None:
        """Carry ``work`` out beside the page; ``told`` hears its result or error from ``poll``."""
        self._waiting.append((self._pool.submit(work), told))

    def poll(self) -> None:
        """Tell of what is done. Called in the session's thread."""
        while self._waiting and self._waiting[0][0].done():
            future, told = self._waiting.popleft()
            if not future.cancelled():
                error = future.exception()
                told(None if error is not None else future.result(), error)

    def close(self) -> None:
        """Begin nothing more; what goes on ends by itself."""
        self._waiting.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
