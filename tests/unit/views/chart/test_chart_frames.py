"""Frames of bars in a notebook: what they are taken for, and that nothing is made up about irregular ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.bars import resample
from workbench.market.specs import BarSpec
from workbench.views.chart import chart
from workbench.views.chart.frames import Frame, evenly
from workbench.views.chart.look import Look

SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND


@pytest.fixture(scope="module")
def tape() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    times = 1_700_000_000 * SECOND + np.cumsum(rng.integers(1, 3 * SECOND, 20_000))
    price = 100 + np.round(np.cumsum(rng.normal(0, 0.02, 20_000)), 2)
    return pd.DataFrame({"ts_event": times, "price": price, "size": 1.0})


@pytest.mark.parametrize(
    ("times", "spec", "even"),
    [
        (np.arange(100) * MINUTE, "1min", True),
        (np.delete(np.arange(100) * 5 * MINUTE, [3, 4, 50]), "5min", True),
        (np.arange(100) * 2 * MINUTE, "2min", True),
        (np.r_[np.arange(50) * HOUR, 200 * HOUR + np.arange(50) * HOUR], "1h", True),
        (np.arange(100) * 7 * DAY, "1w", True),
        (np.arange(24) * 30 * DAY + 12 * HOUR, "1mo", True),
        (np.cumsum(np.arange(1, 60) * 1_234_567_891), "1min", False),
        (np.r_[0, 1, 2, np.arange(1, 80) * DAY], "1d", True),
        (np.cumsum(np.r_[np.ones(40, "i8"), np.full(40, DAY)]), "1s", False),
        (np.zeros(0, "i8"), "1min", True),
    ],
)
def test_stamps_are_taken_for_time_bars_only_when_they_keep_to_it(times: np.ndarray, spec: str, even: bool) -> None:
    found, keeps = evenly(times)
    assert keeps == even
    assert not even or str(found) == spec


def test_time_bars_are_drawn_as_before(tape: pd.DataFrame) -> None:
    frame = Frame(resample(tape, "1min"))
    assert frame.look == Look.of(BarSpec.parse("1min"))


def test_bars_at_odd_times_have_no_spec_and_no_countdown(tape: pd.DataFrame) -> None:
    frame = Frame(resample(tape, "100tick"))
    assert (frame.look.label, frame.look.step, frame.look.exact, frame.look.seconds) == ("", 0, True, True)
    assert len(frame.reader.latest(frame.spec, 10_000, None)) == 200


def test_averaged_bars_keep_what_was_traded_and_are_not_resampled(tape: pd.DataFrame) -> None:
    bars = resample(tape, "ha(1min)")
    view = chart(bars)
    view.__panel__()
    columns = view.chart.source.data
    assert columns["close"].tolist() == bars["close"].tolist()[-len(columns["close"]) :]
    assert columns["real"].tolist() == bars["real_close"].tolist()[-len(columns["real"]) :]
    settings = view.chart.source.tags[0]
    assert settings["real"]
    assert settings["last"] == bars["real_close"].iloc[-1]


@pytest.mark.parametrize(
    ("spec", "glyph"),
    [("renko:0.1", "brick"), ("kagi:0.2(1min)", "kagi"), ("pnf:0.1(1min)", "pnf"), ("50tick", "candle")],
)
def test_a_spec_says_how_bars_are_drawn(tape: pd.DataFrame, spec: str, glyph: str) -> None:
    view = chart(resample(tape, spec), spec)
    view.__panel__()
    assert view.chart.glyph == glyph
    assert view.chart.source.tags[0]["spec"] == spec
    assert len(view.chart.source.data["x"])


def test_bricks_of_days_show_dates(tape: pd.DataFrame) -> None:
    days = pd.DataFrame(
        {"open": 1.0, "high": 1.0, "low": 1.0, "close": np.arange(60.0), "volume": 1.0},
        index=pd.date_range("2024-01-01", periods=60, tz="UTC"),
    )
    bricks = resample(days, "renko:0.4")
    frame = Frame(bricks)
    assert (frame.look.dated, frame.look.exact) == (True, True)
