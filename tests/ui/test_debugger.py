"""The debugger in a browser: a condition stops at the bar where it begins to hold, back, order, play, pause, keys."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import START_TIMEOUT, free_port
from workbench.backtest import Result, Run, Settings
from workbench.backtest.market import Market
from workbench.strategies import SmaFlip

BARS = """
import numpy as np
import pandas as pd

rng = np.random.default_rng(5)
close = 100 * np.exp(np.cumsum(rng.normal(size=4000) * 0.004))
opened = np.concatenate([[100.0], close[:-1]])
columns = {"open": opened, "high": np.maximum(opened, close) + 0.2, "low": np.minimum(opened, close) - 0.2}
times = pd.date_range("2024-01-01", periods=4000, freq="h", tz="UTC", name="time")
bars = pd.DataFrame({**columns, "close": close, "volume": 1.0}, index=times)
bars.attrs["symbol"] = "WALK"
"""
APP = (
    BARS
    + """
import panel as pn

pn.extension()

import workbench as wb
from workbench.backtest import Run, Settings
from workbench.backtest.market import Market
from workbench.strategies import SmaFlip
from workbench.views.backtest.debugger import DebuggerView


class Breaks(SmaFlip):
    def decide(self, now, was, broker):
        if now.bar == 200:
            raise ZeroDivisionError("a test of it")
        broker.long()


kind = Breaks if b"raises" in pn.state.session_args.get("how", [b""]) else SmaFlip
view = DebuggerView(lambda: Run(kind(fast=10, slow=40), Market(bars), Settings()))
pn.Column(view, sizing_mode="stretch_both", min_height=860).servable()
"""
)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page with a debugger on a random walk."""
    folder, port = tmp_path_factory.mktemp("walk"), free_port()
    (folder / "walk.py").write_text(APP, "utf-8")
    log: Path = folder / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "panel", "serve", "walk.py", "--warm", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + START_TIMEOUT  # the loops may have to be compiled first
    while "app running at" not in log.read_text("utf-8", "replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            pytest.fail(log.read_text("utf-8", "replace")[-3000:])
    yield f"http://127.0.0.1:{port}/walk"
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def result() -> Result:
    """The same run, from its first bar to its last."""
    space: dict = {}
    exec(BARS, space)
    run = Run(SmaFlip(fast=10, slow=40), Market(space["bars"]), Settings())
    run.finish()
    return Result.of(run)


def opened(page: Page, url: str) -> Locator:
    page.goto(url)
    debugger = page.locator("section.debugger")
    expect(debugger).to_have_attribute("data-bar", "39")
    return debugger


def at(debugger: Locator, bar: int) -> None:
    expect(debugger).to_have_attribute("data-bar", str(bar))


def newest(page: Page, time: pd.Timestamp) -> None:
    """Wait until the chart's newest bar is of this time."""
    page.wait_for_function(
        """(time) => [...Bokeh.documents[0]._all_models.values()].some((m) => m.type === 'ColumnDataSource'
            && m.data.close && m.data.high && m.data.time && m.data.time.at(-1) === time)""",
        arg=int(time.value // 1_000_000),
    )


def test_a_condition_stops_at_its_bar_and_one_goes_on_from_there(page: Page, walk: str, result: Result) -> None:
    debugger = opened(page, walk)
    field, wrong = debugger.locator(".adding input"), debugger.locator(".wrong")
    field.fill("clsoe < quick")
    field.press("Enter")
    expect(wrong).to_contain_text("did you mean close")
    expect(field).to_have_value("clsoe < quick")
    field.fill("close < quick and position > 0")
    field.press("Enter")
    expect(debugger.locator(".list li")).to_have_count(1)
    expect(wrong).to_be_hidden()
    expect(field).to_have_value("")

    close = result.market.columns[0]["close"]
    quick = pd.Series(close).rolling(10).mean().to_numpy()
    holds = (close < quick) & (result.positions.to_numpy()[:, 0] > 0)
    begins = np.flatnonzero(holds & ~np.concatenate([[False], holds[:-1]]))
    times = result.market.index
    debugger.get_by_role("button", name="Run to the next breakpoint").click()
    at(debugger, begins[0])
    expect(debugger.locator(".list .hit")).to_have_count(1)
    expect(debugger.get_by_role("status").filter(has_text="Stopped")).to_be_visible()
    newest(page, times[begins[0]])
    debugger.locator(".panel.code").focus()
    page.keyboard.press("r")
    at(debugger, begins[1])

    # Back, bar by bar and by ten, and on again.
    page.keyboard.press("ArrowLeft")
    at(debugger, begins[1] - 1)
    newest(page, times[begins[1] - 1])
    page.keyboard.press("Shift+ArrowLeft")
    at(debugger, begins[1] - 11)
    page.keyboard.press("Shift+ArrowRight")
    at(debugger, begins[1] - 1)

    # The next order: the line that asked is marked; it is filled on the bar after it.
    orders = result.orders[result.orders.time > times[begins[1] - 1]]
    asked = int(times.get_loc(orders.time.iloc[0]))
    page.keyboard.press("s")
    at(debugger, asked)
    line = debugger.locator(".source .asks")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("broker.")
    expect(debugger.locator("ul.working li").first).to_contain_text(f"#{orders.index[0]} target")
    page.keyboard.press("ArrowRight")
    at(debugger, asked + 1)
    fill = debugger.locator("ul.fills li").first
    expect(fill).to_contain_text("rule 2")
    expect(fill.locator(".rule")).to_have_attribute("title", "Market orders fill at the open of the next bar")
    expect(page.locator(".wb-marker").first).to_be_attached()


def test_playing_and_pausing(page: Page, walk: str) -> None:
    debugger = opened(page, walk)
    debugger.locator(".speed").select_option("20")
    debugger.locator(".panel.code").focus()
    page.keyboard.press("Space")
    expect(debugger).to_have_attribute("data-mode", "playing")
    expect(debugger).to_have_attribute("data-bar", re.compile(r"4[5-9]|[5-9]\d|\d{3}"))
    page.keyboard.press("Space")
    expect(debugger).to_have_attribute("data-mode", "still")
    expect(debugger.get_by_role("status").filter(has_text="Paused")).to_be_visible()
    bar = int(debugger.get_attribute("data-bar"))
    page.keyboard.press("ArrowRight")
    at(debugger, bar + 1)  # nothing was played in between

    # To the end, and nothing is left to play then.
    debugger.locator(".to input").fill("3990")
    debugger.locator(".to input").press("Enter")
    at(debugger, 3990)
    debugger.get_by_role("button", name="Play").click()
    at(debugger, 3999)
    expect(debugger.get_by_role("button", name="Play")).to_be_disabled()
    expect(debugger.get_by_role("button", name="One bar forward")).to_be_disabled()
    debugger.get_by_role("button", name="First bar").click()
    at(debugger, 0)
    expect(debugger.get_by_role("button", name="One bar back")).to_be_disabled()


def test_a_strategy_that_raises_is_told_at_its_line(page: Page, walk: str) -> None:
    debugger = opened(page, f"{walk}?how=raises")
    debugger.get_by_role("button", name="Run to the next breakpoint").click()
    at(debugger, 200)
    told = debugger.locator(".said")
    expect(told).to_contain_text("raised at bar 200")
    expect(told).to_contain_text("ZeroDivisionError: a test of it")
    page.get_by_role("button", name="One bar back").click()
    at(debugger, 199)
    expect(told).to_have_text("")


def test_the_backtest_page_opens_and_closes_it(page: Page, served: object) -> None:
    page.goto("/backtest?symbol=BTC-USD&spec=1h")
    page.get_by_role("button", name="Run the example").click()
    debug = page.get_by_role("button", name="Debug")
    debug.click()
    debugger = page.locator("section.debugger")
    expect(debugger).to_have_attribute("data-bar", "29")
    expect(debugger.locator(".source .asks, .source li").first).to_contain_text("def decide")
    page.keyboard.press("ArrowRight")
    at(debugger, 30)
    page.keyboard.press("f")
    expect(debugger.locator("ul.fills .bought, ul.fills .sold").first).to_be_visible()
    debug.click()
    expect(debugger).to_have_count(0)
    expect(page.get_by_role("tab", name="Round trips")).to_be_visible()
