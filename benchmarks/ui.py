"""The chart in a browser: first paint, pan and zoom over 100 M trades, frames while dragging, bytes in a message, and
a live trade's way to the screen.

Beside it the bars that a chart of ours holds, drawn by ``hvplot.ohlc`` and by a plain Bokeh figure, and those of a
whole history, as far as they get. Times are medians unless they say otherwise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import ui_live, ui_pages
from benchmarks.timing import figure, goal, row
from workbench.catalog import MarketCatalog, Store
from workbench.charts.candles import MAX_BARS, WIDEST
from workbench.doctor import browser
from workbench.market.instruments import InstrumentMaster
from workbench.views.chart import ChartView
from workbench.views.state import AppState
from workbench.workspaces import Workspaces

#: Targets: seconds, and bytes of one message that carries bars.
#: A frame of 60 a second is 16.7 ms by the clock of a browser, which counts tenths.
FIRST_PAINT, SERVER, TOTAL, FRAME, MESSAGE = 1.5, 0.020, 0.120, 0.0167, 200_000
#: Bars of a whole history that the peers are given too.
MANY = 100_000
_PATIENCE = 30_000  # ms
_DRAG = "a frame while dragging inside the bars held"


def run(*, quick: bool = False) -> Iterator[dict]:
    """Rows of the benchmark."""
    folder = ui_pages.tape(2_000_000, 73) if quick else ui_pages.tape()
    catalog = MarketCatalog(Store(folder), InstrumentMaster.load(folder))
    millions = "2 M" if quick else "100 M"
    yield server_row(catalog, millions, moves=100 if quick else 600)
    if browser() is None:
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser(), args=ui_pages.FLAGS)
        bars = catalog.bars(ui_pages.SYMBOL, "1min")[-MANY:].reset_index()
        with ui_pages.served(folder) as address:
            chart = f"{address}/chart?symbol={ui_pages.SYMBOL}&spec=1min"
            ours = paints(chromium, chart, 3 if quick else 9)
            yield goal("first paint of the chart page", _middle(ours), FIRST_PAINT, None)
            yield goal(
                f"first paint of the chart page, worst of {len(ours)}", max(ours, default=None), FIRST_PAINT, None
            )
            yield from move_rows(list(moves(chromium, chart, 12 if quick else 60)), millions)
            frames = frames_of(chromium, chart)
            yield goal(f"{_DRAG}, p95", _high(frames), FRAME, None, note=_median(frames))
        yield from ui_live.rows(chromium, quick=quick)
        yield ui_live.outage_row(chromium, quick=quick)
        for held in (bars[-MAX_BARS:], bars):
            with ui_pages.peers(held) as address:
                for name in ui_pages.PEERS:
                    url, peer = f"{address}/with_{name}", f"{name} {metadata.version(name)}, {len(held):,} bars"
                    theirs = paints(chromium, url, 3 if len(held) <= MAX_BARS else 1)
                    if not theirs:
                        peer += f", not in {_PATIENCE // 1000} s"
                    yield row("first paint", _middle(ours), peer, _middle(theirs), None, None)
                    if theirs:
                        dragged = frames_of(chromium, url)
                        yield row(_DRAG, _middle(frames), peer, _middle(dragged), None, None)
        chromium.close()


def server_row(catalog: MarketCatalog, millions: str, *, moves: int) -> dict:
    """Pans and zooms at random, as the browser tells them, without a browser."""
    workspaces = Workspaces("sqlite://")
    services = SimpleNamespace(catalog=catalog, workspaces=workspaces)
    view = ChartView(services, AppState(symbol=ui_pages.SYMBOL, spec="1s"), live=False)
    view.__panel__()
    rng, taken, most = np.random.default_rng(1), [], 0
    for number in range(-20, moves):
        start, end = view.window
        if rng.random() < 0.6:
            shift = (end - start) * rng.uniform(-1.2, 1.0)
            start, end = start + shift, end + shift
        else:
            middle, width = (start + end) / 2, float(np.clip((end - start) * np.exp(rng.uniform(-1, 1.1)), 8, WIDEST))
            start, end = middle - width / 2, middle + width / 2
        shift = min(0, view.history.stop - 0.3 * (end - start) - start) if view.history.at_end else 0
        tag = view.chart.source.tags[0]
        told = {"start": [start + shift], "end": [end + shift], "width": [1400], "epoch": [tag["epoch"]], "ask": [""]}
        begin = time.perf_counter()
        view.chart.viewport.data = told
        if number >= 0:
            taken.append(time.perf_counter() - begin)
        most = max(most, len(view.chart.source.data["x"]))
    workspaces.close()
    job = f"pan or zoom over {millions} trades, server, p95"
    return goal(job, _high(taken), SERVER, most <= MAX_BARS, note=_median(taken))


def paints(chromium: Any, url: str, runs: int) -> list[float]:
    """Seconds from navigation to the first candle, after one opening that is not counted; empty if there is none."""
    taken = []
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    for counted in range(runs + (runs > 1)):
        page = context.new_page()
        page.add_init_script(ui_pages.PAINT)
        try:
            page.goto(url, wait_until="commit", timeout=_PATIENCE)
            page.wait_for_function("() => window.wbPaint", timeout=_PATIENCE)
        except _timeout():
            break  # it will not the next time
        if counted or runs == 1:
            taken.append(page.evaluate("() => window.wbPaint") / 1e3)
        page.wait_for_timeout(2000)  # nobody comes at once after a visit, for which the server makes a page ready
        page.close()
    context.close()
    return taken


def moves(chromium: Any, url: str, count: int) -> Iterator[tuple[float, int]]:
    """Seconds from a move of the window to its bars on the screen, and bytes of the largest message of it."""
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    messages: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: _add(messages, data)))
    _open(page, url)
    for _ in range(count):
        page.wait_for_timeout(300)  # a hand rests between two moves
        messages.clear()
        taken = page.evaluate(ui_pages.MOVE, -1.7)  # past what the browser holds
        if taken is not None:
            yield taken / 1e3, max(messages, default=0)
    page.close()


def move_rows(moved: list[tuple[float, int]], millions: str) -> Iterator[dict]:
    """Of moves that had to be answered: time, and bytes in a message."""
    seconds, sizes = [one for one, _ in moved], [size for _, size in moved]
    if not moved:
        raise RuntimeError("no move of the window was answered; look at the chart page by hand")
    job = f"pan over {millions} trades to bars on the screen, p95"
    yield goal(job, _high(seconds), TOTAL, None, note=_median(seconds))
    yield goal("greatest message that answers a pan", max(sizes), MESSAGE, max(sizes) <= MESSAGE, unit="B")


def frames_of(chromium: Any, url: str) -> list[float]:
    """Seconds from frame to frame, to a tenth of a ms, while a hand drags inside the bars that are held."""
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    _open(page, url)
    page.mouse.move(600, 400)
    page.mouse.down()
    page.evaluate(ui_pages.FRAMES)
    for step in range(150):
        page.mouse.move(600 + 100 * np.sin(step / 12), 400)
    deltas = page.evaluate("() => wbFrames()")
    page.mouse.up()
    page.close()
    return [round(delta, 1) / 1e3 for delta in deltas]


def _open(page: Any, url: str) -> None:
    page.add_init_script(ui_pages.PAINT)
    page.goto(url)
    page.wait_for_function("() => window.wbPaint", timeout=_PATIENCE)
    page.wait_for_timeout(1500)  # what is still on its way after the first paint is not a part of what follows


def _add(messages: list[int], data: str | bytes) -> None:
    """Frames belong to the message whose head came last."""
    if isinstance(data, str) and data.startswith('{"msgid"') and "msgtype" in json.loads(data):
        messages.append(0)
    if messages:
        messages[-1] += len(data)


def _middle(taken: list[float]) -> float | None:
    return float(np.median(taken)) if taken else None


def _high(taken: list[float]) -> float:
    return float(np.percentile(taken, 95)) if taken else float("nan")


def _median(taken: list[float]) -> str:
    """What a line of a high percentile has beside it."""
    return f"median {figure(_middle(taken), 's')} of {len(taken):,}"


def _timeout() -> type[Exception]:
    from playwright.sync_api import TimeoutError as Late

    return Late
