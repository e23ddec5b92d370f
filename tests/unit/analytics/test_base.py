"""What every measure does with its data, and the list of them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from workbench import analytics
from workbench.analytics.base import About, clean
from workbench.errors import DataError, UnknownNameError, WorkbenchError

DAYS = pd.date_range("2024-01-01", periods=6, tz="UTC")
R = pd.Series([0.01, -0.02, 0.03, 0.0, 0.01, -0.01], DAYS)


@pytest.fixture
def known():
    """The measures that there are, as they were, after a test that adds one."""
    analytics.names()
    before = dict(analytics.measures._plugins)
    yield
    analytics.measures._plugins = before


def test_series_are_matched_by_label():
    other = pd.Series([0.02, 0.0, 0.01, 0.01, 0.04], [*DAYS[2:], DAYS[-1] + pd.Timedelta(days=1)])
    expected = analytics.beta(R.to_numpy()[2:], other.to_numpy()[:4])
    assert analytics.beta(R, other) == pytest.approx(expected)
    assert analytics.beta(R, other[::-1]) == pytest.approx(expected)
    assert math.isnan(analytics.beta(R, other.shift(100, freq="D")))


@pytest.mark.parametrize(
    ("other", "wrong"),
    [
        ([0.1, 0.2], "differ in length .returns 6, benchmark 2."),
        (pd.Series(0.1, [*DAYS[:2], DAYS[1]]), "benchmark has 2024-01-02 .* more than once"),
        (pd.Series(0.1, DAYS.tz_localize(None)), "only one of returns, benchmark has a time zone"),
    ],
)
def test_what_cannot_be_matched_is_refused(other, wrong):
    with pytest.raises(DataError, match=wrong):
        analytics.beta(R, other)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        (R.where(R > -0.02, -np.inf), "infinite at row 1 .2024-01-02"),
        ([0.1, math.inf], "infinite at row 1;"),
        (np.array([[0.1, 0.2], [0.1, math.inf]]), "infinite at row 1, 1"),
        (["a", "b"], "cannot be read as numbers"),
        (0.1, "single number 0.1"),
        (R.to_frame(), "is a table"),
    ],
)
def test_what_is_no_series_of_numbers_is_refused(values, wrong):
    with pytest.raises(DataError, match=wrong):
        analytics.total_return(values)


def test_missing_is_missing_in_any_dtype():
    whole = pd.Series([1, None, 2], dtype="Int64")
    assert analytics.expectancy(whole) == 1.5
    assert analytics.expectancy(pd.Series([0.5, None, 1.5], dtype=object)) == 1


def test_a_number_is_a_float_and_rows_are_an_array():
    assert type(analytics.total_return(R)) is float
    assert analytics.total_return(np.zeros((3, 0, 5))).shape == (3, 0)
    assert np.isnan(analytics.total_return(np.zeros((3, 0)))).all()


def test_all_that_the_data_allow():
    some = analytics.measured({"returns": R}, periods=252)
    assert {"sharpe", "max_drawdown", "var_95"} <= set(some)
    assert not {"beta", "win_rate", "deflated_sharpe", "max_drawdown_days"} & set(some)
    assert some["sharpe"] == analytics.sharpe(R, periods=252)
    assert "sharpe" not in analytics.measured({"returns": R})
    free = analytics.measured({"returns": R, "times": R.index}, periods=252, risk_free=0.05)
    assert free["sharpe"] == analytics.sharpe(R, periods=252, risk_free=0.05)
    assert free["max_drawdown_days"] == 2  # from the first bar to the third


def test_chosen_measures_come_in_their_order_or_say_what_they_lack():
    assert list(analytics.measured({"returns": R}, ["worst_bar", "best_bar"])) == ["worst_bar", "best_bar"]
    with pytest.raises(DataError, match="alpha needs benchmark and periods; give them too"):
        analytics.measured({"returns": R}, ["alpha"])
    with pytest.raises(UnknownNameError, match="did you mean sharpe"):
        analytics.measured({"returns": R}, ["sharp"])


def test_unknown_data_and_options_are_named():
    with pytest.raises(DataError, match=r"no data 'return': did you mean returns"):
        analytics.measured({"return": R})
    with pytest.raises(DataError, match=r"no option 'riskfree': did you mean risk_free"):
        analytics.measured({"returns": R}, riskfree=0.1)


def test_the_table_has_a_row_for_each():
    table = analytics.measures_table()
    assert list(table.index) == analytics.names()
    assert table.loc["max_drawdown", "unit"] == "fraction"
    assert table.loc["volatility", "more_is_better"] is False
    assert table.loc["alpha", "data"] == ("returns", "benchmark")


def test_measures_are_attributes_of_the_package():
    assert analytics.sharpe is analytics.measures.get("sharpe")
    assert {"sharpe", "kelly", "rolling"} <= set(dir(analytics))
    with pytest.raises(AttributeError, match="no attribute 'sharp'"):
        analytics.sharp  # noqa: B018


def test_a_measure_of_ones_own_is_in_every_list(known):
    @analytics.measure(title="Range", formula="max - min", source="Own.", unit="fraction", more_is_better=None)
    def return_range(returns):
        """The best bar less the worst."""
        return returns.max(axis=-1) - returns.min(axis=-1)

    assert return_range(R) == pytest.approx(0.05)
    assert isinstance(return_range.about, About) and return_range.about.text == "The best bar less the worst."
    assert analytics.measured({"returns": R})["return_range"] == return_range(R)
    assert analytics.rolling("return_range", R, 2).tolist()[1:] == pytest.approx([0.03, 0.05, 0.03, 0.01, 0.02])


def test_a_measure_that_lacks_something_is_refused(known):
    said = {"title": "Range", "formula": "max - min", "source": "Own.", "more_is_better": None}
    with pytest.raises(WorkbenchError, match="has the unit 'fractions': did you mean fraction"):
        analytics.measure(**said, unit="fractions")(lambda returns: returns.max(axis=-1))
    with pytest.raises(WorkbenchError, match="takes prices by position"):
        analytics.measure(**said, unit="ratio")(lambda prices: prices.max(axis=-1))
    with pytest.raises(WorkbenchError, match="is not declared"):
        analytics.measures.register("bare")(lambda returns: returns.max(axis=-1))
    with pytest.raises(WorkbenchError, match="has no title"):
        analytics.measure(**said | {"title": ""}, unit="ratio")(lambda returns: returns.max(axis=-1))


def test_a_clean_function_is_in_no_list():
    @clean(least=2)
    def spread(returns):
        return np.ptp(returns, axis=-1)

    assert spread([0.1, math.nan, 0.4]) == pytest.approx(0.3)
    assert math.isnan(spread([0.1, math.nan]))
    assert "spread" not in analytics.names()
