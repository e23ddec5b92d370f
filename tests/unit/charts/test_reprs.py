"""What a notebook shows of an object: the numbers it has, with units, nothing that could run, names made safe."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import param
import pytest

from workbench.backtest import audit, backtest
from workbench.catalog.market_catalog import MarketCatalog
from workbench.catalog.store import Store
from workbench.charts.tearsheet.words import of_unit, percent
from workbench.market.events import TRADE
from workbench.market.instruments import InstrumentMaster
from workbench.strategies import SmaCross, Strategy
from workbench.sweep import sweep


class _Cells(HTMLParser):
    """Texts of the cells of all tables, row by row; refuses what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def cells(text: str) -> list[list[str]]:
    assert not re.search(r"<script|javascript:|\son\w+=|https?://", text)
    return _Cells(text).rows


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 600)))
    index = pd.date_range("2020-01-01", periods=600, freq="D", tz="UTC", name="time")
    frame = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 1.0}
    return pd.DataFrame(frame, index=index)


class Named(Strategy):
    """Its label is what somebody else typed."""

    text = param.String("<script>alert(1)</script>", doc="Anything.")

    @property
    def label(self) -> str:
        return self.text

    def studies(self):
        return {"later": lambda frame: frame["close"].shift(-1)}

    def decide(self, now, was, broker):
        if now.later > now.close:
            broker.long()
        else:
            broker.flat()


def test_a_backtest_shows_its_picture_and_its_measures(bars: pd.DataFrame) -> None:
    result = backtest(SmaCross(fast=5, slow=20), bars, fees=0.001)
    text = result._repr_html_()
    rows = {row[0]: row[1:] for row in cells(text)}
    assert text.count("<svg") == 1 and "no look-ahead found" in text and "600 bars, 2020-01-01 to 2021-08-22" in text
    assert rows["Total return"] == [percent(result.stats["total_return"]), ""]
    assert rows["Sharpe ratio"] == [of_unit(result.stats["sharpe"], "ratio"), "ratio"]
    assert rows["Final equity"] == [f"{result.equity.iloc[-1]:,.2f}", "money"]
    assert str(result.stats.annual) in text


def test_all_measures_have_a_row_and_a_unit(bars: pd.DataFrame) -> None:
    stats = backtest(SmaCross(fast=5, slow=20), bars).stats
    rows = [row for row in cells(stats._repr_html_()) if row[0] != "measure"]
    assert len(rows) == len(stats)
    assert all(row[2] or row[1].endswith("%") or row[1] == "–" for row in rows)
    assert ["Bars a year", of_unit(stats["periods_per_year"], "bars"), "bars"] in rows


def test_a_strategy_that_peeks_is_told_and_names_are_made_safe(bars: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match="looks ahead"):
        result = backtest(Named(), bars)
    text = result._repr_html_()
    assert "looks ahead" in text and "&lt;script&gt;alert(1)" in text and cells(text)
    found = audit(lambda frame: frame["close"].shift(-1), bars)
    rows = cells(found._repr_html_())
    assert rows[0] == ["study", "kind", "bar", "time", "what"] and rows[1][1] == "look-ahead"
    assert rows[1][4].startswith(found.findings["text"].iloc[0][:100])


def test_a_run_of_nothing_is_shown_too(bars: pd.DataFrame) -> None:
    text = backtest(SmaCross(fast=5, slow=20), bars.iloc[:1], audit=False)._repr_html_()
    assert "1 bar," in text and "not audited" in text and "<svg" not in text and cells(text)


def test_a_sweep_shows_its_best_with_what_they_are_worth(bars: pd.DataFrame) -> None:
    done = sweep(SmaCross, bars, {"fast": range(2, 12), "slow": range(10, 40, 5)}, where="fast < slow")
    rows = cells(done._repr_html_())
    assert rows[0][:4] == ["fast", "slow", "sharpe", "deflated_sharpe, %"]
    best = done.leaderboard(1).iloc[0]
    assert rows[1][:2] == [str(int(best["fast"])), str(int(best["slow"]))] and len(rows) == 9
    assert rows[1][3] == percent(best["deflated_sharpe"])

    verdict = done.overfitting(blocks=8)
    said = {row[0]: row[1] for row in cells(verdict._repr_html_())}
    assert said["Probability of overfitting"] == percent(verdict.probability, 1)
    assert said["Deflated Sharpe ratio"] == percent(verdict.deflated_sharpe, 1)
    assert "not significant" in verdict._repr_html_() and repr(verdict).startswith("Overfitting(best: fast=")


def test_a_catalog_shows_what_there_is_or_what_to_do(tmp_path: Path) -> None:
    catalog = MarketCatalog(Store(tmp_path), InstrumentMaster([]))
    assert "0 datasets" in catalog._repr_html_() and "ingest a file" in catalog._repr_html_()
    trades = np.zeros(2_000, TRADE)
    trades["ts_event"] = trades["ts_recv"] = pd.Timestamp("2024-01-02", tz="UTC").value + np.arange(2_000) * 10**9
    trades["price"], trades["size"] = 10.0, 1.0
    catalog.store.write("mine", "trades", "A&B", trades)
    rows = cells(catalog._repr_html_())
    assert rows[1][:6] == ["A&B", "trades", "mine", "2024-01-02", "2024-01-02", "2,000"]
    assert rows[1][6].endswith(" kB") and rows[1][8] == "0" and "A&amp;B" in catalog._repr_html_()
