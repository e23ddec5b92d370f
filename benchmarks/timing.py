"""Timing two things fairly: in turn, so that a noisy moment of the machine meets both, and by the median.

And the one shape that all benchmarks give what they found: see :func:`row`.
"""

from __future__ import annotations

import gc
import math
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

#: Who stands beside us where nobody does, and where a number that was set does.
NO_PEER, GOAL = "no peer", "goal"
#: Steps in which a unit is told, from the greatest. Memory is counted in powers of two, as the system counts it;
#: a unit that is not here (``trades/s``) is told in millions or as it is.
_STEPS = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")),
    "MB": ((1024.0, "GB"), (1.0, "MB")),
    "B": ((1e6, "MB"), (1e3, "KB"), (1.0, "B")),
}


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


def row(
    job: str,
    ours: float | None,
    peer: str,
    theirs: float | None,
    target: float | None,
    checked: bool | None,
    *,
    unit: str = "s",
    better: Literal["less", "more"] = "less",
    note: str = "",
) -> dict:
    """One line of a benchmark.

    Parameters
    ----------
    job : str
        What was done, and on how much.
    ours, theirs : float or None
        What was measured, in ``unit``; None, or NaN, where it was not.
    peer : str
        Who did the same, with the version; or why not.
    target : float or None
        The least ratio that is wanted.
    checked : bool or None
        Whether the result was equal to the peer's; None where there is nothing to compare.
    unit : str
        ``s``, ``MB`` (of memory, 2**20 bytes), ``B``, or what is counted: ``trades/s``.
    better : {"less", "more"}
        Which values are the better ones.
    note : str
        What else is to be known; nothing that the line says already.

    Returns
    -------
    dict
        All of this, and ``ratio``: how many times better ours is, so that a target is met where ``ratio >= target``,
        whatever was measured; ``ours_s`` and ``peer_s``: the values once more where they are seconds, else None;
        ``peak_mb``: the most memory this process has had.
    """
    above, below = (theirs, ours) if better == "less" else (ours, theirs)
    return {
        "job": job,
        "unit": unit,
        "better": better,
        "ours": _known(ours),
        "ours_s": _known(ours) if unit == "s" else None,
        "peer": peer,
        "theirs": _known(theirs),
        "peer_s": _known(theirs) if unit == "s" else None,
        "ratio": _known(above / below) if above is not None and below else None,
        "target": target,
        "checked": None if checked is None else bool(checked),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "note": note,
    }


def goal(job: str, ours: float | None, limit: float, checked: bool | None, **more: Any) -> dict:
    """A line that is held against a number: at most ``limit``, or at least where ``better`` is ``more``; see `row`."""
    return row(job, ours, GOAL, limit, 1.0, checked, **more)


def mean_row(ratios: Sequence[float], peer: str, target: float) -> dict:
    """The geometric mean of the ratios of other lines, and the least of them."""
    job = f"geometric mean of {len(ratios)}, least {min(ratios):.2f}x"
    return row(job, None, peer, None, target, None) | {"ratio": _known(statistics.geometric_mean(ratios))}


def verdict(line: dict) -> str:
    """``met``, ``missed``, ``no target``, or ``not measured``; a result that is not right has not met its target."""
    if line["target"] is None:
        said = "no target"
    elif line["ratio"] is None:
        said = "not measured"
    else:
        said = "met" if line["ratio"] >= line["target"] and line["checked"] is not False else "missed"
    return f"{said}, check failed" if line["checked"] is False else said


def wanted(line: dict) -> str:
    """The target in words: ``at least 2.5x``, ``at most 20 ms``; empty without one."""
    if line["target"] is None:
        return ""
    if line["peer"] != GOAL:
        return f"at least {times(line['target'])}"
    return f"at {'most' if line['better'] == 'less' else 'least'} {figure(line['theirs'], line['unit'])}"


def figure(value: float | None, unit: str) -> str:
    """A value with three digits and its unit: ``46.1 ms``, ``1.45 GB``, ``3.3 M trades/s``; empty for None."""
    if not value:
        return "" if value is None else f"0 {unit}"
    steps = _STEPS.get(unit, ((1e6, f"M {unit}"), (1.0, unit)))
    size, name = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    return f"{_digits(value / size)} {name}"


def times(ratio: float) -> str:
    """A ratio with three digits: ``6.41x``."""
    return f"{_digits(ratio)}x"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _known(value: float | None) -> float | None:
    """Six digits, which are more than a run gives again; None for what is not a number."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")
