"""Asked to stop: a flag set by Ctrl-C, SIGTERM or a closed terminal."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignal:
    """While inside the ``with`` block, signals only set ``asked``; the loops of the block look at it.

    A flag rather than an exception: an exception could strike between starting a process and noting that it runs. A
    flag rather than ``threading.Event``: setting one inside a handler can wait for a lock that this very thread holds.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignal:
        self._before = {number: signal.signal(number, self._ask) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
