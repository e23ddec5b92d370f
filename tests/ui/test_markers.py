"""Markers in a browser: told, pressed, told apart by zooming, walked through by keys; a pressed one moves the chart."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import free_port

APP = """
import numpy as np
import pandas as pd
import panel as pn
import workbench as wb

pn.extension()
n = 3000
times = pd.date_range("2020-01-01", periods=n, freq="D", tz="UTC", name="time")
close = 100 + 10 * np.sin(np.arange(n) / 30)
bars = pd.DataFrame({"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0}, index=times)
rows = [(times[-5], "event", np.nan, "Dividend", None, np.nan)]
rows.append((times[0], "alert", close[-1] + 2, "target", None, np.nan))
for i in range(n - 250, n - 20, 20):
    rows.append((times[i] + pd.Timedelta(hours=9), "buy", close[i], f"in {i}", i, np.nan))
    rows.append((times[i + 8], "sell", close[i + 8], f"out {i}", i, close[i + 8] - close[i]))
for i in range(8):
    rows.append((times[n - 12 + i // 4], "buy", close[-12], f"part {i}", None, np.nan))
rows += [(times[i % 2000], "sell", close[i % 2000], "", None, np.nan) for i in range(4000)]
frame = pd.DataFrame(rows, columns=["time", "kind", "price", "text", "group", "pnl"])
told = pn.pane.Str("", css_classes=["wb-heard"])


def pressed(row):
    told.object = f"pressed {row['text']}"
    if row["text"].startswith("in"):
        view.go_to(row["time"])


view = wb.chart(bars, markers=frame, on_select=pressed)
pn.Column(told, view, sizing_mode="stretch_width", height=800).servable()
"""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page with a chart of bars that were handed in, and markers on it."""
    folder, port = tmp_path_factory.mktemp("marked"), free_port()
    (folder / "marked.py").write_text(APP, "utf-8")
    log: Path = folder / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "panel", "serve", "marked.py", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 120
    while "app running at" not in log.read_text("utf-8", "replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(log.read_text("utf-8", "replace")[-3000:])
    yield f"http://127.0.0.1:{port}/marked"
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_markers_are_told_pressed_and_walked_through(page: Page, marked: str) -> None:
    page.goto(marked)
    signs = page.locator(".wb-marker")
    expect(page.locator(".wb-marker[data-kind=event]")).to_have_count(1)
    page.wait_for_function("() => Bokeh.documents[0].is_idle")
    expect(page.locator(".wb-marker[data-kind=alert]")).to_contain_text("target")
    expect(page.locator(".wb-marker[data-kind=event]")).to_contain_text("D")
    assert page.locator(".wb-trip").count() >= 11
    # Only those near the window travelled.
    held = """() => [...Bokeh.documents[0]._all_models.values()].filter((m) => m.type === 'ColumnDataSource')
        .find((s) => s.data.pnl).data.id.length"""
    assert page.evaluate(held) <= 1400

    tip, told = page.locator(".wb-marker-tip"), page.locator(".wb-heard")
    event = page.locator(".wb-marker[data-kind=event] rect").bounding_box()
    page.mouse.move(event["x"] + event["width"] / 2, event["y"] + event["height"] / 2)
    expect(tip).to_contain_text("Dividend")
    page.mouse.down()
    page.mouse.up()
    expect(told).to_contain_text("pressed Dividend")

    # Eight fills on two days are one sign; pressing it draws them apart.
    many = page.locator(".wb-marker[data-kind=buy]:not([data-count='1'])").last
    expect(many).to_contain_text("8")
    box = many.locator("path").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(tip).to_contain_text("8 buys")
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".wb-marker[data-kind=buy][data-count='4']")).to_have_count(2)

    # By keys: back to all, the first sign of a trade, which moves the window to it.
    page.keyboard.press("End")
    expect(signs.filter(has_text="in 2750")).to_have_count(1)
    for _ in range(40):
        page.keyboard.press("m")
        if "in 2750" in tip.inner_text():
            break
    expect(tip).to_contain_text("in 2750")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("pressed in 2750")
    page.wait_for_function(
        """() => { const all = [...Bokeh.documents[0]._all_models.values()];
        const f = all.find((m) => m.type === 'Figure' && m.renderers.length > 1);
        const { x, time } = f.renderers[0].data_source.data, day = Date.UTC(2020, 0, 1) + 2750 * 864e5;
        const at = x[time.indexOf(day)], share = (at - f.x_range.start) / (f.x_range.end - f.x_range.start);
        return share > 0.3 && share < 0.8; }"""
    )
    expect(page.locator(".wb-marker circle[stroke-width='2']")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_thousands_become_few_signs_with_counts(page: Page, marked: str) -> None:
    page.goto(marked)
    expect(page.locator(".wb-marker[data-kind=event]")).to_have_count(1)
    page.wait_for_function("() => Bokeh.documents[0].is_idle")
    page.mouse.click(900, 300)
    for _ in range(14):
        page.keyboard.press("-")
    # The signs of the window that is left may be there for a moment before those of the wide one are drawn.
    page.wait_for_function(
        """() => { const deep = (root) => [...root.querySelectorAll('*')].flatMap(
            (one) => one.shadowRoot ? deep(one.shadowRoot) : one.matches('.wb-marker[data-kind=sell]') ? [one] : []);
        return deep(document).reduce((sum, sign) => sum + Number(sign.dataset.count), 0) > 1000; }"""
    )
    signs = page.locator(".wb-marker[data-kind=sell]:not([data-count='1'])")
    expect(signs.first).to_contain_text(re.compile(r"\d"))
    assert page.locator(".wb-marker").count() < 400
