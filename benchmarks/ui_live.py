"""Trade to pixel: from the feed's receipt of a trade until a chart in Chromium has painted it, beside 19 sessions more.

100,000 trades a second come over a real Redis, and all sessions show bars of them. Each trade's price says when it was
received, so that the page itself tells, by the clock of the same machine, how old the newest trade is that a paint
shows. That trade did not wait for the next draw; how long any trade takes, its wait included, follows from what the
paint before had shown.

And the other way round: from the moment Redis dies until a chart says so.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks import live, live_sessions, ui_pages
from benchmarks.timing import goal
from workbench.catalog import Store
from workbench.live.bus import Bus
from workbench.live.publisher import Publisher
from workbench.market.events import TRADE

SYMBOL = "PIXEL"
PAGE = f"chart?symbol={SYMBOL}&spec=1min"
#: Sessions besides the one that is measured; trades in a publication, and seconds between two.
SESSIONS, SHAPE = 19, (100, 0.001)
#: Targets above the coalescing interval, ms: p50 and p95.
P50, P95 = 40.0, 100.0
#: Target from the death of Redis until the page says so, seconds.
TOLD = 2.0
#: A price is this and the microseconds since 1970, modulo ``_ROUND``, in steps: up by 0.001 in a second.
_BASE, _STEP, _ROUND = 100.0, 1e-9, 10**10
_SETTLE_S, _PATIENCE_S = 8.0, 180.0

_PROCESSES = multiprocessing.get_context("spawn")


def rows(chromium: Any, *, quick: bool = False) -> Iterator[dict]:
    """How old the newest trade of a paint is: the median, and the 95th percentile."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(live.redis())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-bench-")))
        store_day(folder)
        sent, used, held = (_PROCESSES.Value("q", 0) for _ in range(3))
        stack.enter_context(_process(publish_stamped, url, (sent, used)))
        address, _ = stack.enter_context(ui_pages.serving(folder, "--no-demo", "--no-feed", redis=url))
        stack.enter_context(_process(live_sessions.hold, address, PAGE, SESSIONS, held))
        deadline = time.monotonic() + _PATIENCE_S
        while held.value < SESSIONS:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{held.value} of {SESSIONS} sessions were drawn within {_PATIENCE_S:.0f} s")
            time.sleep(0.1)
        before, began = sent.value, time.monotonic()
        drawn = paints(chromium, f"{address}/{PAGE}", 5.0 if quick else 60.0)
        rate = (sent.value - before) / (time.monotonic() - began)
        yield pixel_row(drawn, rate, held.value, percentile=50) | {"note": ""}  # the next line has it all
        yield pixel_row(drawn, rate, held.value)


def outage_row(chromium: Any, *, quick: bool = False) -> dict:
    """How long after Redis was killed the status strip of a chart says that the bus is gone; median."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        store_day(Path(folder))
        took = [told_after(chromium, Path(folder)) for _ in range(1 if quick else 5)]
    note = f"worst of {len(took)}: {max(took):.2f} s"
    return goal("Redis dies -> the page says so", statistics.median(took), TOLD, None, note=note)


def told_after(chromium: Any, folder: Path) -> float:
    """Seconds from ``kill -9`` of a Redis until a chart has said so."""
    with live.redis() as url, ui_pages.serving(folder, "--no-demo", "--no-feed", redis=url) as (address, _):
        page = chromium.new_page()
        page.goto(f"{address}/{PAGE}", timeout=1e3 * _PATIENCE_S)
        words = page.locator(".strip .words", has_text="live")
        words.wait_for(timeout=1e3 * _PATIENCE_S)
        page.evaluate(
            """node => { window.said = new Promise((done) => new MutationObserver(() => {
                if (node.textContent.includes('reconnect')) done(Date.now()); })
                .observe(node, {childList: true, characterData: true, subtree: true})) }""",
            words.element_handle(),
        )
        client = Bus(url)
        process = next(
            row for row in client.execute("INFO", "server").decode().split() if row.startswith("process_id:")
        )
        client.close()
        killed = time.time()
        os.kill(int(process.partition(":")[2]), signal.SIGKILL)
        said = page.evaluate("() => window.said")
        page.close()
    return said / 1e3 - killed


def pixel_row(drawn: np.ndarray, rate: float, held: int, *, percentile: Literal[50, 95] = 95) -> dict:
    """The row of paints as ``paints`` gives them, at ``rate`` trades a second and with ``held`` other sessions.

    A newest trade did not wait for the coalescing interval, so that its age is what comes above that.
    """
    newest, every, interval = ages(drawn)
    p50, p95 = np.percentile(newest, [50, 95])
    all50, all95 = np.percentile(every, [50, 95])
    good = bool(held == SESSIONS and len(newest) and newest.min() > 0)
    note = (
        f"newest trade of a paint p50 {p50:.0f}, p95 {p95:.0f} ms, which did not wait for the coalescing interval; "
        f"any trade p50 {all50:.0f}, p95 {all95:.0f} ms, which is "
        f"{all50 - interval:.0f} and {all95 - interval:.0f} above the interval of {interval:.0f} ms; {len(drawn)} "
        f"paints, {rate:,.0f} trades/s"
    )
    took, limit = {50: (p50, P50), 95: (p95, P95)}[percentile]
    job = f"newest trade -> pixel beside {held} sessions, p{percentile}"
    return goal(job, took / 1e3, limit / 1e3, good, note=note)


def ages(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Ages (ms) when they were painted: of the newest trade of each paint, and of a trade of each millisecond.

    And the coalescing interval, ms: the median of what one paint adds to the one before. ``drawn`` is (n, 2): when a
    paint was done, us since 1970, and the price of its newest trade.
    """
    painted = drawn[:, 0]
    age = (painted - np.round((drawn[:, 1] - _BASE) / _STEP)) % _ROUND / 1e3
    received = painted / 1e3 - age
    added = np.diff(received)
    every = [np.arange(first, first + more) for first, more in zip(age[1:], added, strict=True)]
    return age, np.concatenate(every), float(np.median(added))


def paints(chromium: Any, url: str, seconds: float) -> np.ndarray:
    """Paints of a chart that show newer trades, once it has found its pace; see ``ages``."""
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script(ui_pages.PAINT)
    page.goto(url, timeout=1e3 * _PATIENCE_S)
    page.wait_for_function("() => window.wbPaint", timeout=1e3 * _PATIENCE_S)
    page.wait_for_timeout(1e3 * _SETTLE_S)
    page.evaluate(ui_pages.DRAWN)
    page.wait_for_timeout(1e3 * seconds)
    drawn = np.array(page.evaluate("() => wbDrawn()"), float).reshape(-1, 2)
    page.close()
    if len(drawn) < 3:
        raise RuntimeError(f"{len(drawn)} paints in {seconds:g} s; look at the chart page by hand")
    return drawn


def price_at(received: np.ndarray | int) -> np.ndarray:
    """The price that says when a trade was received (ns)."""
    return _BASE + np.asarray(received) // 1_000 % _ROUND * _STEP


class StampedPublisher(Publisher):
    """Gives each trade the price that says when it was received."""

    def publish(self, symbol: str, records: np.ndarray) -> None:
        """As ``Publisher.publish``."""
        records["price"] = price_at(records["ts_recv"])
        super().publish(symbol, records)


def publish_stamped(url: str, counts: tuple[Any, Any]) -> None:
    """What ``live.publish_paced`` publishes, with prices that say when; for a process of its own, until it is ended."""
    live.Publisher = StampedPublisher
    live.publish_paced(url, float("inf"), counts, [SYMBOL], SHAPE)


def store_day(folder: Path) -> None:
    """A trade a second over the last day, so that there is a chart to begin with."""
    out = np.zeros(86_400, TRADE)
    now = time.time_ns()
    out["ts_event"] = out["ts_recv"] = now - np.arange(len(out), 0, -1) * 10**9
    out["price"], out["size"], out["side"] = price_at(now), 1.0, 1
    Store(folder).write("bench", "trades", SYMBOL, out)


@contextlib.contextmanager
def _process(target: Any, *values: Any) -> Iterator[None]:
    process = _PROCESSES.Process(target=target, args=values, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(30)
