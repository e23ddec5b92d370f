"""Last resort: stop the processes of a parent that ended without a chance to do so itself (``kill -9``).

Run as a script by its path, so that nothing but the standard library is loaded (8 MB). Standard input is a pipe from
the parent: ``+PID`` adds a process, ``-PID`` forgets it. When the pipe closes, whatever is still listed gets SIGTERM
and, if that does not help, SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE = 5.0  # seconds between SIGTERM and SIGKILL; Redis needs about one to flush its log


def signal_process(pid: int, number: int) -> bool:
    """Signal ``pid``, with its group where it leads one; False when it is gone."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    """Follow the parent's list, and end what is on it when the parent is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    pids: list[int] = []
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "+":
            pids.append(pid)
        elif pid in pids:
            pids.remove(pid)
    left = [pid for pid in reversed(pids) if signal_process(pid, signal.SIGTERM)]
    deadline = time.monotonic() + GRACE
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left = [pid for pid in left if signal_process(pid, 0)]
    for pid in left:
        signal_process(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
