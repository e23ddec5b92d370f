"""The gallery: every indicator is in it, and it opens without a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pandas as pd
import pytest

from workbench.charts import gallery
from workbench.charts.gallery import gallery_bars, write_gallery
from workbench.indicators import indicators

SOME = ("rsi", "bbands", "cdl_doji", "dpo_centred", "ht_sine", "prs", "sma")


class Page(HTMLParser):
    """Ids of articles, addresses, and whether what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        said = dict(attrs)
        if tag == "article":
            self.ids.append(said["id"])
        self.addresses += [said[key] for key in ("href", "src") if key in said]
        if tag not in ("meta", "input", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def few(monkeypatch):
    """A registry of a few, so that not all loops are compiled for a page."""
    monkeypatch.setattr(gallery.indicators, "names", lambda: list(SOME))


def read(path) -> tuple[str, Page]:
    text, page = path.read_text("utf-8"), Page()
    page.feed(text)
    assert page.open == []
    return text, page


def article(text: str, name: str) -> str:
    return re.search(rf'<article id="{name}".*?</article>', text, re.DOTALL)[0]


def test_a_page_has_all_of_them_and_nothing_from_elsewhere(few, tmp_path) -> None:
    text, page = read(write_gallery(tmp_path / "new" / "folder"))
    assert sorted(page.ids) == sorted(SOME)
    assert all(address.startswith("#") for address in page.addresses)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text) and "@import" not in text
    for name in SOME:
        svg = re.search(r"<svg.*</svg>", article(text, name))[0]
        ElementTree.fromstring(svg)
    assert "{{" not in text and "{%" not in text


def test_an_entry_says_what_the_class_does(few, tmp_path) -> None:
    text, _ = read(write_gallery(tmp_path, parity={"rsi": {"difference": 2e-13, "peers": ["TA-Lib RSI"]}}))
    rsi = article(text, "rsi")
    for word in (indicators.get("rsi").title, "100 * gain / (gain + loss)", "wb.indicator(&#34;rsi&#34;, window=14)",
                 "wilder, sma, ema", "known after 14 bars", "Wilder 1978", "2e-13 at most, relative, from TA-Lib RSI",
                 "<code>sma</code> is Cutler"):  # fmt: skip
        assert word in rsi, word
    assert "not compared" in article(text, "sma")
    assert "repaints: depends on later bars too" in article(text, "dpo_centred")
    assert "repaints" not in rsi and "Candle patterns" in article(text, "cdl_doji")


def test_it_is_the_same_each_time(few, tmp_path) -> None:
    assert write_gallery(tmp_path / "a").read_bytes() == write_gallery(tmp_path / "b").read_bytes()


def test_bars_that_lack_a_column_give_an_entry_without_a_picture(few, tmp_path) -> None:
    text, page = read(write_gallery(tmp_path, bars=gallery_bars(300).drop(columns="other")))
    assert sorted(page.ids) == sorted(SOME)
    assert "lack a column" in article(text, "prs") and "<svg" not in article(text, "prs")
    assert "<svg" in article(text, "rsi")


def test_text_that_is_markup_stays_text(few, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(indicators.get("sma"), "formula", "a < b && <script>x</script>")
    text, _ = read(write_gallery(tmp_path))
    assert "a &lt; b &amp;&amp; &lt;script&gt;" in article(text, "sma")


def test_the_bars_are_bars() -> None:
    bars = gallery_bars(500)
    assert (bars.high >= bars[["open", "close"]].max(axis=1)).all()
    assert (bars.low <= bars[["open", "close"]].min(axis=1)).all() and (bars.low > 0).all()
    assert (bars.buy_volume + bars.sell_volume == bars.volume).all() and (bars.buy_volume >= 0).all()
    pd.testing.assert_frame_equal(bars, gallery_bars(500))
