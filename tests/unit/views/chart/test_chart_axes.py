"""Axes and going to a date without a browser: what the state and the hand say, and which bars come to the middle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.views.chart import ChartView
from workbench.views.chart.goto import GoTo, fit, read_moment
from workbench.views.state import AppState


def business_days(low: float = 10.0) -> pd.DataFrame:
    """Daily bars of 2020 to 2023, without weekends."""
    times = pd.bdate_range("2020-01-01", "2023-12-29", tz="UTC")
    close = low + 1 + np.arange(len(times)) % 50
    return pd.DataFrame(
        {
            "time": times,
            "open": close,
            "high": close + 1,
            "low": close - 1,
            "close": close,
            "volume": 1.0,
        }
    )


def opened(frame: pd.DataFrame, **state: object) -> ChartView:
    view = ChartView(bars=frame, state=AppState(**state), live=False)
    view.__panel__()
    return view


def part(view: ChartView, kind: type) -> object:
    return next(one for one in view.parts if isinstance(one, kind))


def told(view: ChartView, name: str) -> object:
    return view.chart.source.tags[0][name]


def middle(view: ChartView) -> str:
    at = int(sum(view.window) / 2) - view.history.first
    return str(view.history.records["time"][at].astype("M8[ns]").astype("M8[D]"))


@pytest.mark.parametrize(
    ("text", "moment", "whole"),
    [
        ("2013-03-11", "2013-03-11T00:00-04:00", True),
        ("2013-03-08 09:35", "2013-03-08T09:35-05:00", False),
        ("2013-3-11T9:35:10", "2013-03-11T09:35:10-04:00", False),
        (" 2013-03 ", "2013-03-01T00:00-05:00", True),
        ("2013", "2013-01-01T00:00-05:00", True),
    ],
)
def test_moments_are_read_in_the_zone_of_the_chart(text: str, moment: str, whole: bool) -> None:
    assert read_moment(text, "America/New_York") == (pd.Timestamp(moment), whole)


@pytest.mark.parametrize("text", ["yesterday", "2013-02-30", "2013-13", "1600-01-01", "11.3.2013", "2013-03-11 25:00"])
def test_what_is_no_moment_is_named_and_says_how(text: str) -> None:
    with pytest.raises(DataError, match="write 2013-03-11 or 2013-03-11 09:35"):
        read_moment(text, "UTC")


def test_a_date_comes_to_the_middle_and_a_weekend_is_what_follows_it() -> None:
    view = opened(business_days())
    width = view.window[1] - view.window[0]
    assert view.go_to("2021-06-16") is True
    assert middle(view) == "2021-06-16"
    assert view.go_to(pd.Timestamp("2021-06-19 12:00", tz="UTC")) is True  # a Saturday
    assert middle(view) == "2021-06-21"
    assert view.window[1] - view.window[0] == width
    assert told(view, "point")["x"] == sum(view.window) / 2


@pytest.mark.parametrize(("moment", "nearest"), [("2010-01-01", "2020-01-01"), ("2030-01-01", "2023-12-29")])
def test_beyond_the_bars_the_nearest_one_is_shown(moment: str, nearest: str) -> None:
    view = opened(business_days())
    assert view.go_to(moment) is False
    assert middle(view) == nearest
    menu = part(view, GoTo)
    menu.act("go", moment)
    assert menu.menu.said == "Bars has bars from 2020-01-01 to 2023-12-29: this is the nearest"
    assert menu.menu.done == 0


def test_what_was_carried_out_closes_the_popover_and_what_was_wrong_is_said() -> None:
    view = opened(business_days())
    menu = part(view, GoTo)
    menu.act("go", "2022-02-02")
    assert (middle(view), menu.menu.said, menu.menu.done) == ("2022-02-02", "", 1)
    menu.act("go", "soon")
    assert menu.menu.said.startswith("'soon' is no date: write ")
    menu.act("first")
    assert menu.menu.said == "" and view.window[0] == view.history.first - 3


def test_all_there_is_fits() -> None:
    view = opened(business_days())
    fit(view)
    assert view.window[0] <= view.history.first and view.window[1] >= view.history.stop - 1
    assert view.history.at_start


def test_the_scale_of_the_state_is_drawn_where_it_can_be() -> None:
    view = opened(business_days(), scale="log")
    assert told(view, "scale") == "log"
    assert told(opened(business_days(low=-5.0), scale="log"), "scale") == "linear"


def test_what_a_hand_chose_is_in_the_state_and_heard() -> None:
    view = opened(business_days())
    wish = view.chart.axis.wish
    wish.data = {"seq": [1], "what": ["scale"], "value": ["percent"]}
    wish.data = {"seq": [2], "what": ["axis"], "value": ["calendar"]}
    wish.data = {"seq": [3], "what": ["shading"], "value": ["off"]}
    state = view.state
    assert (state.scale, state.axis, state.shading) == ("percent", "calendar", False)
    assert (told(view, "scale"), told(view, "axis"), told(view, "heard")) == ("percent", "calendar", 3)
    wish.data = {"seq": [4], "what": ["scale"], "value": ["round"]}
    assert state.scale == "percent"


def test_axes_travel_in_links_and_are_left_out_while_they_are_as_usual() -> None:
    state, other = AppState(), AppState()
    assert not {"scale", "axis", "shading"} & set(state.query.replace("=", "&").split("&"))
    state.param.update(scale="log", axis="calendar", shading=False)
    assert other.apply_query(f"?{state.query}") == []
    assert (other.scale, other.axis, other.shading) == ("log", "calendar", False)
    (refused,) = other.apply_query("?scale=cubic")
    assert "cubic" in refused and other.scale == "log"


def test_hours_are_shaded_by_bars_shorter_than_a_day_alone() -> None:
    daily = opened(business_days())
    assert len(daily.chart.axis.sessions.data["open"]) == 0
    frame = business_days().head(200)
    frame["time"] = pd.date_range("2024-03-04", periods=200, freq="15min", tz="UTC")
    view = opened(frame)
    assert view.chart.axis.sessions.data["first"].tolist() == [1, 1, 1]
    view.state.shading = False
    assert len(view.chart.axis.sessions.data["open"]) == 0
