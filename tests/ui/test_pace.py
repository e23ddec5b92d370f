"""Slow browsers: live bars come as often as they can be drawn, and what was said last stays."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

#: What the status strip says of a chart that is drawn well above the rate it opens with (10 Hz), and near the lowest.
QUICK, SLOW = re.compile(r"^(1[4-9]|20) Hz\b"), re.compile(r"^[5-7] Hz\b")
#: How many times slower the browser is made: a paint then takes longer than the lowest rate leaves for it.
SLOWER = 20


def test_a_browser_that_gets_slow_is_drawn_for_less_often_until_it_is_quick_again(
    page: Page, context: BrowserContext
) -> None:
    page.set_viewport_size({"width": 900, "height": 500})  # quick to paint, also where other work is done
    page.goto("/chart?symbol=BTC-USD&spec=1min")
    said = page.get_by_text(re.compile(r"^\d+ Hz\b"))
    expect(said).to_have_text(QUICK)
    browser = context.new_cdp_session(page)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    expect(said).to_have_text(SLOW)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    expect(said).to_have_text(QUICK)


#: Python's second word comes when the first has been drawn and React has not looked at it afterwards yet.
_TWO_WORDS = """async () => {
  const said = (root) => { for (const node of root.querySelectorAll("*")) {
    if (node.classList.contains("MuiFormHelperText-root") && node.getBoundingClientRect().width) return node
    const inner = node.shadowRoot && said(node.shadowRoot)
    if (inner) return inner
  } }
  const line = said(document), document_ = Bokeh.documents[0]
  const {data} = [...document_._all_models.values()].find((model) => model.css_classes?.includes("wb-spec-text"))
  const drawn = (act) => new Promise((done) => {
    const observer = new MutationObserver(() => { observer.disconnect(); done() })
    observer.observe(line, {subtree: true, characterData: true, childList: true})
    act()
  })
  const told = [], python = {sync: false}
  const ours = (one) => one.model === data && one.attr === "helper_text" && one.sync !== false
  document_.on_change((event) => told.push(...(event.events ?? [event]).filter(ours)))
  for (let at = 0; at < 4; at++) {
    await drawn(() => data.setv({helper_text: `old ${at}`}, python))
    await drawn(() => data.setv({helper_text: `new ${at}`}, python))
    await new Promise((done) => setTimeout(done, 100))
    if (line.textContent !== `new ${at}` || data.helper_text !== `new ${at}`) return `${line.textContent} on the screen`
  }
  return told.length
}"""


def test_what_python_says_last_stays_on_a_slow_page_and_is_not_told_back(page: Page, context: BrowserContext) -> None:
    page.goto("/chart?symbol=AAPL&spec=1d")
    page.get_by_role("button", name="Any kind of bar").click()
    expect(page.get_by_text("Such as 5min")).to_be_visible()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    assert page.evaluate(_TWO_WORDS) == 0
