"""Timing two things fairly: in turn, so that a noisy moment of the machine meets both, and by the median."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any


def in_turn(*jobs: Callable[[], Any], runs: int = 5) -> list[float]:
    """Median seconds of each job over ``runs`` rounds after one round that is not counted."""
    taken: list[list[float]] = [[] for _ in jobs]
    gc.collect()
    gc.freeze()  # what is there already is not looked through again: only what the jobs leave
    try:
        for counted in range(-1, runs):
            for job, seconds in zip(jobs, taken, strict=True):
                gc.collect()
                begin = time.perf_counter()
                job()
                if counted >= 0:
                    seconds.append(time.perf_counter() - begin)
    finally:
        gc.unfreeze()
    return [statistics.median(seconds) for seconds in taken]


def row(job: str, ours: float, peer: str, theirs: float | None, target: float | None, checked: bool | None) -> dict:
    """One line of a benchmark."""
    return {
        "job": job,
        "ours_s": round(ours, 5),
        "peer": peer,
        "peer_s": None if theirs is None else round(theirs, 5),
        "ratio": None if theirs is None else round(theirs / ours, 3),
        "target": target,
        "checked": checked,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
