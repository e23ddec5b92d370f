"""The share menu in a browser: what is copied, what is downloaded, and that the page opens without a network."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.test_axes import ROOM
from tests.ui.test_chart import open_chart, price_figure
from workbench.charts.still_text import time_labels

#: The tooltip is the name that a button has for those who hear it.
BUTTON = "Copy a link or code"
MENU = "AAPL", "1d", "&tz=America/New_York&studies=ema(window=20);rsi"


def open_menu(page: Page) -> None:
    open_chart(page, *MENU)
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("menuitem", name="PNG")).to_be_visible()


def download(page: Page, what: str, folder: Path) -> Path:
    with page.expect_download() as held:
        page.get_by_role("menuitem", name=what).click()
    path = folder / held.value.suggested_filename
    held.value.save_as(path)
    expect(page.get_by_text(f"{path.name} · ")).to_be_visible()
    return path


def test_all_files_hold_the_chart_and_the_page_opens_offline(
    page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    open_menu(page)
    names = {what: download(page, what, tmp_path) for what in ("PNG", "SVG", "CSV", "Parquet", "HTML")}
    assert {path.name for path in names.values()} == {
        f"AAPL-1d-2013-03-01.{ending}" for ending in ("png", "svg", "csv", "parquet", "html")
    }
    png = names["PNG"].read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", png[16:24]) == (2400, 1350)
    svg = "".join(ElementTree.fromstring(names["SVG"].read_text("utf-8")).itertext())
    assert "Fri 1 Mar 2013" in svg and "C 430.47" in svg
    table = pd.read_parquet(names["Parquet"])
    assert table.index[-1] == pd.Timestamp("2013-03-01 14:30", tz="UTC") and table["close"].iloc[-1] == 430.47
    assert 200 <= len(table) <= 310 and {"ema 20", "rsi 14 wilder"} <= set(table.columns)
    text = pd.read_csv(names["CSV"], index_col="time", parse_dates=["time"])
    assert np.array_equal(text["ema 20"], table["ema 20"]) and len(text) == len(table)

    context.set_offline(True)
    filed = context.new_page()
    filed.goto(names["HTML"].as_uri())
    legend = filed.locator(".wb-legend")
    expect(legend).to_contain_text("Fri 1 Mar 2013")
    expect(filed.locator(".wb-study").first).to_contain_text("EMA")
    filed.mouse.move(400, 300)
    expect(legend).not_to_contain_text("Fri 1 Mar 2013")
    range_ = "Bokeh.documents[0].roots()[0].children[0].x_range"
    start = filed.evaluate(f"() => {range_}.start")
    filed.mouse.down()
    filed.mouse.move(700, 300, steps=4)
    filed.mouse.up()
    assert filed.evaluate(f"() => {range_}.start") < start
    filed.keyboard.press("End")
    filed.wait_for_function(
        f"() => {range_}.end > Bokeh.documents[0].roots()[0].children[0].renderers[0].data_source.get_length()"
    )
    filed.locator(".wb-study").first.hover(force=True)
    expect(filed.locator(".wb-icons").first).to_be_hidden()


def test_prices_that_a_hand_stretched_are_those_of_the_files(
    page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    open_chart(page, "AAPL", "1d")
    followed = price_figure(page, ROOM)
    page.locator(".wb-axis").first.focus()
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    low, high = price_figure(page, ROOM)
    assert high - low > 1.5 * (followed[1] - followed[0])
    # The server hears of it soon after.
    page.wait_for_function(
        "(low) => [...Bokeh.documents[0]._all_models.values()].some((m) => m.data?.ask && m.data.low?.[0] === low)",
        arg=low,
    )
    page.wait_for_function("() => Bokeh.documents[0].is_idle")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("menuitem", name="SVG")).to_be_visible()
    svg, html = (download(page, what, tmp_path) for what in ("SVG", "HTML"))
    # Labels at 44 px and more: the outermost are near the edges of what was seen.
    told = [float(one.text) for one in ElementTree.fromstring(svg.read_text("utf-8")).iter() if _priced(one.text)]
    assert low <= min(told) < low + 0.25 * (high - low) and high - 0.25 * (high - low) < max(told) <= high
    filed = context.new_page()
    filed.goto(html.as_uri())
    expect(filed.locator(".wb-legend")).to_contain_text("AAPL")
    filed.wait_for_function(
        """([low, high]) => { const y = Bokeh.documents[0].roots()[0].children[0].y_range;
            return Math.abs(y.start - low) < 1e-6 && Math.abs(y.end - high) < 1e-6; }""",
        arg=[low, high],
    )
    # There too they are let go.
    filed.get_by_role("button", name="Follow the prices in the window").click()
    filed.wait_for_function("(low) => Bokeh.documents[0].roots()[0].children[0].y_range.start > low", arg=low)


def _priced(text: str | None) -> bool:
    return re.fullmatch(r"-?\d+\.00", (text or "").replace("−", "-")) is not None


def test_link_and_code_are_copied_and_keys_reach_everything(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_chart(page, *MENU)
    page.get_by_role("button", name=BUTTON).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Copy link")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("menuitem", name="Copy link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The link was copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The code was copied")).to_be_visible()
    code = 'wb.chart("AAPL", "1d", tz="America/New_York", studies=["ema", "rsi"])'
    assert page.evaluate("() => navigator.clipboard.readText()") == f"import workbench as wb\n\n{code}"
    page.keyboard.press("Escape")
    expect(page.get_by_role("menuitem", name="Copy link")).to_be_hidden()
    expect(page.get_by_role("button", name=BUTTON)).to_be_focused()


@pytest.mark.parametrize(("freq", "zone"), [("30min", "America/New_York"), ("1D", "UTC"), ("1s", "Asia/Kolkata")])
def test_a_still_picture_has_the_labels_of_the_chart(page: Page, freq: str, zone: str) -> None:
    open_chart(page, "AAPL", "1d")
    times = pd.date_range("2026-02-20", periods=900, freq=freq, tz="UTC", unit="ns")
    wall = times.tz_convert(zone).tz_localize(None).asi8
    told = page.evaluate(
        "([shown, zone, gap]) => [...__wbTime.ticks(shown.map((_, i) => i), shown, zone, gap)]",
        [(times.asi8 // 1_000_000).tolist(), zone, 23],
    )
    assert sorted(map(tuple, told)) == sorted(time_labels(wall, 23).items())
