"""The candle chart and its columns: what is sent to the browser, and that nothing is sent without need."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import CustomJSTicker, DataRange1d, Segment, VBar

from workbench.charts.candles import CandleChart
from workbench.charts.columns import COLUMNS, bar_columns, session_dates
from workbench.charts.scripts import script
from workbench.charts.theme import tokens
from workbench.market.calendars import calendar
from workbench.market.events import BAR
from workbench.market.specs import DAY


def bars(n: int, *, step: int = DAY, start: int = 0) -> np.ndarray:
    out = np.zeros(n, BAR)
    out["time"] = start + np.arange(n) * step
    out["open"] = 100 + np.arange(n)
    out["close"] = out["open"] + np.where(np.arange(n) % 3 == 0, -1.0, 1.0)
    out["high"], out["low"] = out["open"] + 2, out["open"] - 2
    out["volume"] = 10.0
    return out


def at(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


def test_columns_count_bars_and_keep_times() -> None:
    columns = bar_columns(bars(4), -2, dated=False)
    assert tuple(columns) == COLUMNS
    assert columns["x"].tolist() == [-2, -1, 0, 1]
    assert columns["time"].tolist() == [0, 86_400_000, 2 * 86_400_000, 3 * 86_400_000]
    assert columns["shown"] is columns["time"]
    assert columns["up"].tolist() == [0, 1, 1, 0]


def test_two_thousand_bars_stay_under_200_kb() -> None:
    columns = bar_columns(bars(2000), dated=True)
    assert sum(column.nbytes for column in columns.values()) < 150_000  # times 4/3 for base64


@pytest.mark.parametrize(
    ("session", "stamp", "date"),
    [
        ("CME_ES", "2024-03-03T23:00", "2024-03-04"),  # Sunday evening opens Monday's session
        ("XNYS", "2024-03-04T14:30", "2024-03-04"),
        ("XNYS", "2024-03-04T00:00", "2024-03-04"),  # a vendor's stamp at midnight
        ("XNYS", "2024-03-09T03:00", "2024-03-08"),  # outside of any session: New York's wall
        ("24/7", "2024-03-04T00:00", "2024-03-04"),
    ],
)
def test_daily_bars_show_the_date_of_their_session(session: str, stamp: str, date: str) -> None:
    assert session_dates(np.array([at(stamp)]), calendar(session)).tolist() == [at(date)]


def test_no_times_have_no_dates() -> None:
    assert len(session_dates(np.zeros(0, "i8"), calendar("XNYS"))) == 0


def test_y_follows_the_window_by_candles_alone() -> None:
    chart = CandleChart()
    for figure in (chart.price, chart.volume):
        assert figure.window_axis == "x"
        assert isinstance(figure.y_range, DataRange1d)
        assert all(isinstance(r.glyph, (Segment, VBar)) for r in figure.y_range.renderers)
        assert figure.output_backend == "canvas"
        assert figure.x_range is chart.x_range
        assert isinstance(figure.below[0].ticker, CustomJSTicker)
        assert figure.toolbar_location is None


def test_settings_are_sent_only_when_they_change() -> None:
    chart = CandleChart()
    seen: list[object] = []
    chart.source.on_change("tags", lambda attr, old, new: seen.append(new))
    chart.settings(symbol="ES")
    chart.settings(symbol="ES")
    assert len(seen) == 1


def test_moving_twice_to_the_same_window_is_two_orders() -> None:
    chart = CandleChart()
    columns = bar_columns(bars(10))
    chart.show(columns, view=(0, 9))
    first = chart.source.tags[0]["go"]
    chart.show(columns, view=(0, 9))
    assert chart.source.tags[0]["go"]["seq"] == first["seq"] + 1


def test_patching_the_newest_bar_sends_what_differs() -> None:
    chart, document = CandleChart(), Document()
    document.add_root(chart.root)
    records = bars(5)
    chart.show(bar_columns(records))
    assert not chart.patch_last({k: v[-1:] for k, v in bar_columns(records).items()})
    records["close"][-1], records["high"][-1] = 200.0, 201.0
    assert chart.patch_last({k: v[-1:] for k, v in bar_columns(records).items()})
    assert chart.source.data["close"][-1] == 200.0
    assert chart.source.data["high"][-1] == 201.0
    assert chart.source.data["close"][-2] == records["close"][-2]


def test_appending_keeps_the_older_bars() -> None:
    chart, records = CandleChart(), bars(6)
    chart.show(bar_columns(records[:5]))
    chart.append(bar_columns(records[5:], 5))
    assert chart.source.data["x"].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("palette", ["classic", "colorblind"])
def test_theme_recolours_in_place(dark: bool, palette: str) -> None:
    chart = CandleChart(dark=not dark)
    price = chart.price
    chart.theme(dark, palette)
    t = tokens(dark, palette)
    assert chart.price is price
    assert price.background_fill_color == t.panel
    assert price.renderers[1].glyph.fill_color.transform.palette == [t.down, t.up]
    assert chart.source.tags[0]["colors"]["text"] == t.text


def test_scripts_are_joined_in_order() -> None:
    both = script("time.js", "ticker.js")
    assert both.index("wbTime =") < both.index("linked_plots")


def test_bars_of_one_instant_keep_their_date_and_share_a_millisecond() -> None:
    records = bars(3)
    records["time"] = at("2024-03-04T00:00") + np.arange(3)  # bricks of one day are 1 ns apart
    columns = bar_columns(records, dated=True, calendar=calendar("XNYS"))
    assert columns["shown"].tolist() == [at("2024-03-04") / 1e6] * 3
    assert columns["time"].tolist() == [at("2024-03-04") / 1e6] * 3


def test_what_was_traded_stands_beside_averaged_bars() -> None:
    plain = bars(3)
    averaged = np.zeros(3, np.dtype([*BAR.descr, ("real_close", "<f8")]))
    for name in BAR.names:
        averaged[name] = plain[name]
    averaged["real_close"] = [7.0, 8.0, 9.0]
    assert bar_columns(averaged)["real"].tolist() == [7.0, 8.0, 9.0]
    assert bar_columns(plain)["real"].tolist() == plain["close"].tolist()
