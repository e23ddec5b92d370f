"""Studies of a chart: numbers equal to the batch whatever the chart holds, live rows, legends, dialogs, the link."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.charts.candles import CandleChart
from workbench.charts.study_text import Study
from workbench.errors import WorkbenchError
from workbench.indicators import indicator
from workbench.market.events import BAR
from workbench.market.specs import BarSpec
from workbench.views.chart import chart as wb_chart
from workbench.views.chart import study_values
from workbench.views.chart.browser import IndicatorBrowser, family_of, listed, told
from workbench.views.chart.history import History
from workbench.views.chart.studies import ChartStudies
from workbench.views.chart.study_dialog import StudyDialog
from workbench.views.chart.study_values import Lead, StudyValues, frame_of
from workbench.views.state import AppState

MINUTE = 60_000_000_000
NAMES = ["ema(window=50)", "rsi", "macd", "bbands", "vwap", "obv", "supertrend", "psar", "ichimoku", "dpo_centred"]


def bars(n: int) -> np.ndarray:
    random = np.random.default_rng(5)
    out = np.zeros(n, BAR)
    out["time"] = np.arange(n) * MINUTE
    out["close"] = 100 * np.exp(np.cumsum(random.normal(0, 0.002, n)))
    out["open"] = np.concatenate([[100.0], out["close"][:-1]])
    out["high"] = np.maximum(out["open"], out["close"]) * 1.001
    out["low"] = np.minimum(out["open"], out["close"]) * 0.999
    out["volume"] = random.uniform(1, 10, n)
    return out


class Reader:
    """All bars there are; counts what is read."""

    def __init__(self, records: np.ndarray) -> None:
        self.records, self.read = records, 0

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        end = len(self.records) if before is None else int(np.searchsorted(self.records["time"], before))
        self.read += 1
        return self.records[max(0, end - n) : end]

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        low, high = np.searchsorted(self.records["time"], [start, end])
        return self.records[low:high]

    def coverage(self) -> tuple[int, int]:
        return int(self.records["time"][0]), int(self.records["time"][-1])

    def last_price(self) -> None:
        return None


def history_of(records: np.ndarray) -> History:
    return History(Reader(records), BarSpec.parse("1min"))


def batch(text: str, records: np.ndarray) -> np.ndarray:
    return np.asarray(Study.parse(text).indicator()(frame_of(records)), float).reshape(len(records), -1)


@pytest.mark.parametrize("text", NAMES)
def test_numbers_are_those_of_all_bars_wherever_the_chart_begins(text: str) -> None:
    records = bars(4_000)
    history = history_of(records).open(n=300)
    values = StudyValues(Study.parse(text).indicator())
    lead = Lead(history, values.one.warmup)
    values.bring(lead)
    lead.forget()
    whole = batch(text, records)
    assert lead.whole
    assert np.array_equal(values.rows(history.first, history.stop), whole[-300:], equal_nan=True)
    history.older(1_000)  # the stretch grows to the left; nothing is read again
    read = history.reader.read
    values.bring(lead)
    assert np.array_equal(values.rows(history.first, history.stop), whole[-1_300:], equal_nan=True)
    assert history.reader.read == read


@pytest.mark.parametrize("text", NAMES)
def test_live_bars_give_the_numbers_of_the_batch(text: str) -> None:
    records = bars(600)
    history = history_of(records[:500]).open(n=200)
    values = StudyValues(Study.parse(text).indicator())
    lead = Lead(history, values.one.warmup)
    values.bring(lead)
    lead.forget()
    for at in (499, 500, 501, 540, 599):
        forming = records[at : at + 1].copy()
        forming["close"] = forming["low"]  # not yet what it will be
        history.join(records[:at], forming)
        values.bring(lead)
        now = np.concatenate([records[:at], forming])
        assert np.array_equal(values.rows(history.stop - 60, history.stop), batch(text, now)[-60:], equal_nan=True)


def test_far_from_the_beginning_a_lead_in_is_read_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_values, "MOST", 1_000)
    monkeypatch.setattr(study_values, "LEAD", 400)
    records = bars(4_000)
    history = history_of(records).open(n=300)
    lead = Lead(history, 10)
    assert not lead.whole
    assert lead.since == int(records["time"][-700])
    assert lead.start == history.first - 400
    assert lead.serves(history, 10)
    assert not lead.serves(history, 50)  # 20 warm-ups are more than what was read
    history.older(100)
    assert not lead.serves(history, 10)


def test_of_a_long_lead_only_what_is_near_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_values, "HELD", 500)
    records = bars(4_000)
    history = history_of(records).open(n=300)
    values = StudyValues(indicator("ema"))
    values.bring(Lead(history, 19))
    assert values.covers(history.first - 500)
    assert not values.covers(history.first - 501)
    assert np.array_equal(values.rows(history.first, history.stop), batch("ema", records)[-300:], equal_nan=True)


# --- on the chart --------------------------------------------------------------------------------------------------


class Rig:
    def __init__(self, *texts: str) -> None:
        self.chart, self.state, self.edited = CandleChart(), AppState(studies=list(texts)), []
        self.studies = ChartStudies(self.chart, self.state, self.edited.append)
        self.history, self.presses = history_of(bars(800)).open(n=800), 0
        self.draw()

    def draw(self, session: str = "") -> None:
        self.studies.draw(self.history, (self.history.stop - 500, self.history.stop), session)

    def press(self, what: str, at: int, value: object = None) -> None:
        wish, self.presses = self.chart.studies.wish, self.presses + 1
        wish.data = {"seq": [self.presses], "what": [what], "id": [self.studies.entries[at].id], "value": [value]}

    def shown(self, at: int) -> np.ndarray:
        data = self.chart.studies.glyphs[self.studies.entries[at].id].source.data
        return np.asarray(data["v0"])


def test_studies_of_the_state_are_drawn_and_followed() -> None:
    rig = Rig("ema(window=50)", "rsi")
    records = rig.history.records
    assert np.array_equal(rig.shown(1), batch("rsi", records)[-500:, 0])
    rig.state.studies = ["ema(window=20)", "rsi"]
    assert np.array_equal(rig.shown(0), batch("ema(window=20)", records)[-500:, 0])
    rig.state.studies = []
    assert not rig.chart.studies.glyphs


def test_the_drawn_ordinals_are_those_of_the_bars() -> None:
    rig = Rig("rsi")
    x = rig.chart.studies.glyphs[rig.studies.entries[0].id].source.data["x"]
    assert (x[0], x[-1]) == (rig.history.stop - 500, rig.history.stop - 1)


def test_one_that_cannot_be_made_is_told_and_the_rest_is_drawn() -> None:
    rig = Rig("emma(window=2)", "rsi")
    first, second = rig.studies.entries
    assert "did you mean ema" in first.error
    assert "did you mean ema" in rig.chart.studies.glyphs[first.id].source.tags[0]["error"]
    assert not second.error
    number = first.id
    rig.draw()
    assert rig.studies.entries[0].id == number
    rig.press("remove", 0)
    assert rig.state.studies == ["rsi"]


def test_buttons_of_the_legend_change_the_state() -> None:
    rig = Rig("ema(window=9)", "rsi", "macd")
    numbers = [entry.id for entry in rig.studies.entries]
    rig.press("hide", 0)
    assert rig.state.studies[0] == "ema(window=9, hidden=true)"
    rig.press("hide", 0)
    rig.press("fold", 2)
    assert rig.state.studies == ["ema(window=9)", "rsi", "macd(folded=true)"]
    rig.press("up", 2)
    assert rig.state.studies == ["ema(window=9)", "macd(folded=true)", "rsi"]
    rig.press("up", 1)  # the topmost pane stays
    assert rig.state.studies == ["ema(window=9)", "macd(folded=true)", "rsi"]
    assert [entry.id for entry in rig.studies.entries] == [numbers[0], numbers[2], numbers[1]]
    rig.press("settings", 1)
    assert rig.edited == [numbers[2]]
    rig.press("remove", 1)
    assert rig.state.studies == ["ema(window=9)", "rsi"]


def test_heights_that_a_hand_gave_go_into_the_state() -> None:
    rig = Rig("rsi", "macd")
    first, second = (entry.id for entry in rig.studies.entries)
    rig.press("height", 0, f"[[-1, 90], [{first}, 150], [{second}, 138]]")
    assert rig.state.studies == ["rsi(height=150)", "macd"]  # the lowest has the times below it
    assert [figure.height for figure in rig.chart.root.children[1:]] == [90, 150, 138]


def test_a_session_indicator_follows_the_calendar_of_the_instrument() -> None:
    rig = Rig("vwap")
    rig.draw("XNYS")
    assert rig.studies.entries[0].values.one.session == "XNYS"
    assert rig.state.studies == ["vwap"]


def test_the_frame_of_a_study_is_not_computed_twice() -> None:
    rig = Rig("rsi")
    values = rig.studies.entries[0].values
    rig.draw()
    rig.state.studies = ["rsi(color=#ffffff)"]
    assert rig.studies.entries[0].values is values


# --- dialog and browser --------------------------------------------------------------------------------------------


def test_the_dialog_has_a_field_for_each_parameter_with_its_limits() -> None:
    rig = Rig("macd(fast=5)")
    dialog = StudyDialog(rig.studies)
    dialog.edit(rig.studies.entries[0].id)
    assert list(dialog.fields) == [name for name in indicator("macd").param if name != "name"]
    assert (dialog.fields["fast"].value, dialog.fields["fast"].start) == (5, 1)
    assert dialog.fields["fast"].description == indicator("macd").param.fast.doc
    dialog.fields["fast"].value = 7
    dialog.colors["signal"].value = "#ABCDEF"
    dialog.widths["value"].value = 3.0
    dialog.take(close=True)
    assert rig.state.studies == ["macd(fast=7, color.signal=#abcdef, width.value=3)"]
    assert not dialog.dialog.open


def test_the_dialog_tells_an_error_and_stays_open() -> None:
    rig = Rig("rsi")
    dialog = StudyDialog(rig.studies)
    dialog.edit(rig.studies.entries[0].id)
    dialog.fields["price"].value = "closing"
    dialog.take(close=True)
    assert "closing" in dialog.error.object
    assert rig.state.studies == ["rsi"]
    assert dialog.dialog.open
    dialog.fields["price"].value = "hl2"
    dialog.take(close=True)
    assert rig.state.studies == ["rsi(price=hl2)"]
    dialog.fields["window"].value = None
    dialog.take()
    assert dialog.fields["window"].error_state
    assert dialog.error.visible


def test_reset_shows_what_the_indicator_has_by_itself() -> None:
    rig = Rig("rsi(window=9, color=#ffffff, width=3, pane=price)")
    dialog = StudyDialog(rig.studies)
    dialog.edit(rig.studies.entries[0].id)
    assert dialog.colors["value"].value == "#ffffff"
    dialog.reset.clicks += 1
    assert dialog.fields["window"].value == 14
    dialog.take(close=True)
    assert rig.state.studies == ["rsi"]


def test_the_browser_lists_tells_and_adds() -> None:
    rig = Rig()
    browser = IndicatorBrowser(rig.studies, lambda: (rig.history.records, 0.01))
    browser.open()
    names = [item["name"] for item in browser.list.items]
    assert {"ema", "rsi", "macd", "cdl_doji"} <= set(names)
    assert len(names) == len(set(names))
    browser.list.chosen = "rsi"
    assert "Wilder 1978" in browser.list.detail
    assert "<svg" in browser.list.detail
    browser.add("rsi")
    assert rig.state.studies == ["rsi"]
    assert "added" in browser.list.said


def test_every_indicator_has_a_family_and_a_description() -> None:
    for item in listed():
        assert item["title"]
        assert told(item["name"]).count("<p>") >= 1
    assert family_of(type("Mine", (), {"__module__": "notebook"})) == "Others"


# --- the link and the notebook -------------------------------------------------------------------------------------


def test_the_link_carries_studies_and_refuses_what_it_cannot_read() -> None:
    state = AppState(studies=["ema(window=20)", 'vwap(session="a;b")'])
    assert AppState().query == "symbol=BTC-USD&spec=1min&tz=UTC"
    other = AppState()
    location = SimpleNamespace(search="?" + AppState(studies=["ema(window=50)", "rsi"]).query)
    other.sync_url(location)
    assert other.studies == ["ema(window=50)", "rsi"]
    refused = AppState()
    said = refused.apply_query("?studies=emma;rsi(window%3D9);ema(window%3D0)")
    assert refused.studies == ["rsi(window=9)"]
    assert len(said) == 2
    assert "did you mean ema" in said[0]
    assert "at least 1" in said[1]
    assert "a%3Bb" in state.query


def test_studies_of_a_notebook_are_texts_or_indicators() -> None:
    frame = pd.DataFrame(bars(300))
    frame.index = pd.to_datetime(frame.pop("time"), utc=True)
    view = wb_chart(frame, studies=["ema(window=50)", indicator("rsi", window=9)])
    assert view.state.studies == ["ema(window=50)", "rsi(window=9)"]
    view.__panel__()
    assert len(view.chart.studies.glyphs) == 2
    with pytest.raises(WorkbenchError, match="did you mean ema"):
        wb_chart(frame, studies=["emma"])
