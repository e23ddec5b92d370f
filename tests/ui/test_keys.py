"""Keys of the chart page: bars by digits, boxes of symbol and zone, the sheet."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.ui.test_chart import crosshair_tells, focus, open_chart


def test_a_digit_presses_the_button_of_its_bars(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    focus(page)
    page.keyboard.press("0")
    expect(page.locator(".wb-spec")).to_have_text("1w")
    expect(page.get_by_label("Bar spec")).to_be_hidden()
    page.keyboard.press("9")
    expect(page.locator(".wb-spec")).to_have_text("1d")


def test_the_box_of_symbols_comes_back_when_nothing_was_chosen(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    box = page.locator(".wb-symbol input")
    expect(box).to_have_value("AAPL")  # what it says when it is entered is what comes back
    focus(page)
    page.keyboard.press("/")
    page.keyboard.type("e")
    expect(box).to_have_value("e")
    page.keyboard.press("Escape")
    expect(box).to_have_value("AAPL")
    expect(box).not_to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("es")
    page.keyboard.press("Enter")
    expect(page.locator(".wb-legend")).to_contain_text("ES")


def test_any_zone_can_be_typed_and_is_told_everywhere(page: Page) -> None:
    open_chart(page, "BTC-USD", "1min")
    box = page.locator(".wb-zone input")
    box.click()
    page.keyboard.type("kathm")
    page.get_by_role("option", name="Asia/Kathmandu").click()
    expect(page.locator(".wb-legend time")).to_contain_text("Asia/Kathmandu")
    page.wait_for_url("**tz=Asia%2FKathmandu**")
    crosshair_tells(page, 600, 345)
    box.click()
    page.keyboard.type("nowhere")
    page.mouse.click(660, 400)
    expect(box).to_have_value("Asia/Kathmandu")


def test_the_sheet_of_keys_opens_and_closes_by_keys(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    focus(page)
    sheet = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Go to a date")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_escape_closes_the_menu_of_the_axes(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    button = page.get_by_role("button", name=re.compile("^Axes"))
    button.click()
    menu = page.get_by_role("menu", name="Axes")
    expect(menu).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
