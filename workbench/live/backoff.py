"""How long to wait before the next try to reach Redis."""

from __future__ import annotations

import random


class Backoff:
    """Growing waits with jitter: 0.05, 0.1, 0.2 ... seconds up to ``cap``, each +-25 % so that clients spread out.

    The first tries are quick, so that a server that restarts in a second is met within a second or so; a try costs a
    refused connection, hence the low cap.
    """

    def __init__(self, first: float = 0.05, cap: float = 1.0) -> None:
        self._first, self._cap, self._tries = first, cap, 0

    @property
    def tries(self) -> int:
        """Waits handed out since the last ``reset``."""
        return self._tries

    def next(self) -> float:
        """Seconds to wait now."""
        wait = min(self._cap, self._first * 2 ** min(self._tries, 20))
        self._tries += 1
        return wait * random.uniform(0.75, 1.25)

    def reset(self) -> None:
        """The connection works again."""
        self._tries = 0
