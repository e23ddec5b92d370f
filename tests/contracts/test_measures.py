"""Measures: what all of them keep to, and their numbers beside empyrical and quantstats; see ``docs/measures.md``.

Peers are compared on seeded random returns, and on those of the folder ``WORKBENCH_TEST_DATA`` where it is set. Each
line of ``PEERS`` says what differs and how ours becomes theirs; the page has the same lines.
"""

from __future__ import annotations

import importlib
import math
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.architecture import tree
from workbench import analytics
from workbench.analytics import measures
from workbench.analytics.base import DATA

PAGE = (tree.ROOT / "docs" / "measures.md").read_text("utf-8").splitlines()
FOLDER = os.environ.get("WORKBENCH_TEST_DATA")
P = 252.0
ALL = measures.names()
#: Keywords that have no default, beside the bars a year.
OPTIONS = {"periods": P, "trials": 20, "trial_deviation": 0.5}


# What every measure keeps to


def of(name: str, data: dict, **options) -> float:
    return analytics.measured(data, [name], **{**OPTIONS, **options})[name]


def example(length: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Every kind of data, of one length."""
    rng = np.random.default_rng(seed)
    made = {name: rng.normal(0.001, 0.02, length) for name in DATA}
    made["times"] = 1.6e18 + 86_400e9 * np.arange(length)
    made["trip_bars"] = rng.integers(1, 50, length).astype(float)
    made["favourable"], made["adverse"] = np.abs(made["favourable"]), -np.abs(made["adverse"])
    made["traded"] = np.abs(made["traded"])
    return made


def test_there_are_more_than_forty_and_each_says_what_it_is():
    assert len(ALL) > 40
    for name in ALL:
        about = measures.get(name).about
        assert about.text.endswith(".") and about.title and about.formula and about.source.endswith("."), name
        assert about.group and not about.edges.endswith("."), name
        assert set(about.data) <= set(DATA), name
        assert about.more_is_better in (True, False, None)


def test_the_names_of_a_backtest_are_there():
    ours = (
        "total_return cagr volatility sharpe sortino calmar max_drawdown max_drawdown_duration win_rate profit_factor "
        "expectancy sqn kelly round_trips exposure avg_win avg_loss best worst benchmark_return alpha beta var_95"
    )
    assert set(ours.split()) <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_nothing_and_less_than_needed_is_nan(name):
    least = measures.get(name).about.least
    for length in range(least):
        assert math.isnan(of(name, example(length)))
    if least == 0:
        assert of(name, example(0)) == 0.0


@pytest.mark.parametrize("name", ALL)
def test_just_enough_is_a_number(name):
    data = example(max(measures.get(name).about.least, 1))
    assert isinstance(of(name, data), float)


@pytest.mark.parametrize("name", ALL)
def test_no_value_raises_or_warns(name):
    for values in (
        [0.0] * 6,
        [0.01] * 6,
        [-0.01] * 6,
        [-1.0, 0.5, 0.1, 0.2, 0.1, 0.1],
        [-1.5, 0.1, 0.1, 3.0, 0.0, 0.1],
    ):
        data = dict.fromkeys(DATA, np.array(values)) | {"times": 1e18 + 1e14 * np.arange(6)}
        assert isinstance(of(name, data), float)


@pytest.mark.parametrize("name", ALL)
def test_missing_values_are_no_observations(name):
    data = example(60)
    holes = np.array([0, 7, 8, 31, 59])
    if measures.get(name).about.data == ("returns", "times"):
        holes = holes[1:-1]  # the first bar is a moment too
    some = {key: values.copy() for key, values in data.items()}
    for values in some.values():
        values[holes] = np.nan
    kept = {key: np.delete(values, holes) for key, values in data.items()}
    assert of(name, some) == pytest.approx(of(name, kept), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", ALL)
def test_rows_are_measured_one_by_one(name):
    many = [example(40, seed) for seed in range(6)]
    many[2]["returns"][5] = many[2]["trips"][5] = np.nan
    tables = {key: np.stack([one[key] for one in many]).reshape(2, 3, 40) for key in DATA}
    found = of(name, tables)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found.ravel(), [of(name, one) for one in many], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_lists_and_series_are_as_good_as_arrays(name):
    data = example(30)
    days = pd.date_range("2024-01-01", periods=30, tz="UTC")
    series = {key: pd.Series(values, days) for key, values in data.items()}
    lists = {key: values.tolist() for key, values in data.items()}
    assert of(name, data) == of(name, series) == of(name, lists)


#: Hundredths of a percent: what differs does so by more than rounding.
bounded = st.lists(st.integers(-5000, 5000), min_size=4, max_size=40).map(lambda some: np.array(some) / 10_000)


#: Measures of returns that know which bar came first.
ORDERED = {"stability", "autocorrelation", "smart_sharpe"}
UNORDERED = [
    name
    for name in ALL
    if measures.get(name).about.data in (("returns",), ("trips",))
    and measures.get(name).about.group != "Drawdown"
    and name not in ORDERED
]


@pytest.mark.parametrize("name", UNORDERED)
@given(values=bounded)
def test_the_order_of_observations_matters_only_to_what_says_so(name, values):
    ours, turned = (
        of(name, {"returns": values, "trips": values}),
        of(name, {"returns": values[::-1], "trips": values[::-1]}),
    )
    assert ours == pytest.approx(turned, rel=1e-6, abs=1e-9, nan_ok=True)


# The page


def table_of(heading: str) -> list[str]:
    start = PAGE.index(heading)
    lines = PAGE[start:]
    end = next((k for k, line in enumerate(lines) if k and line.startswith("#")), len(lines))
    return [line for line in lines[:end] if line.startswith("| `")]


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def test_the_page_has_every_measure():
    wanted = []
    for name in sorted(ALL, key=lambda one: (measures.get(one).about.group, one)):
        about = measures.get(name).about
        better = {True: "more", False: "less", None: ""}[about.more_is_better]
        formula = f"`{cell(about.formula)}`"
        needs = f"{about.least}" + (f"; {cell(about.edges)}" if about.edges else "")
        wanted.append(f"| `{name}` | {about.title} | {about.unit} | {better} | {formula} | {needs} | {about.source} |")
    assert table_of("## All measures") == wanted, "the table is to be:\n" + "\n".join(wanted)


# Peers


@dataclass(frozen=True)
class Peer:
    """Somebody else's number, and ours for it."""

    who: str
    name: str
    theirs: Callable
    ours: Callable
    note: str = ""


def plain(name: str, **options) -> Callable:
    def ours(r: pd.Series, b: pd.Series) -> float:
        data = {**dict.fromkeys(DATA, r), "benchmark": b}
        return analytics.measured(data, [name], **{"periods": P, **options})[name]

    return ours


def peer(who: str, name: str, theirs: str, note: str = "", **said) -> Peer:
    """``theirs``: an expression of ``m`` (the module), ``r`` and ``b``; ``ours``, if said, one of ``v`` and those."""
    convert, options = said.pop("ours", None), said
    value = plain(name, **options)

    def ours(r: pd.Series, b: pd.Series) -> float:
        found = value(r, b)
        return eval(convert, {"v": found, "r": r, "b": b, "np": np, "a": analytics, "P": P}) if convert else found

    def their(m: object, r: pd.Series, b: pd.Series) -> float:
        return eval(theirs, {"m": m, "r": r, "b": b, "np": np})

    return Peer(who, name, their, ours, note), theirs


E, Q = "empyrical", "quantstats"
YEARLY = (1 + 0.0001) ** P - 1
_OF_BARS = "theirs is of bars, ours of round trips"
PEERS = [
    peer(E, "total_return", "m.cum_returns_final(r)"),
    peer(E, "cagr", "m.annual_return(r)"),
    peer(E, "volatility", "m.annual_volatility(r)"),
    peer(E, "downside_volatility", "m.downside_risk(r)"),
    peer(E, "sharpe", "m.sharpe_ratio(r)"),
    peer(E, "sharpe", "m.sharpe_ratio(r, 0.0001)", "their `risk_free` is a rate a bar", risk_free=YEARLY),
    peer(E, "sortino", "m.sortino_ratio(r)"),
    peer(E, "sortino", "m.sortino_ratio(r, 0.0001)", "their `required_return` is a rate a bar", target=YEARLY),
    peer(E, "omega", "m.omega_ratio(r)"),
    peer(E, "omega", "m.omega_ratio(r, required_return=0.03)", target=0.03),
    peer(E, "max_drawdown", "m.max_drawdown(r)"),
    peer(E, "calmar", "m.calmar_ratio(r)"),
    peer(E, "stability", "m.stability_of_timeseries(r)"),
    peer(E, "tail_ratio", "m.tail_ratio(r)"),
    peer(E, "var_95", "m.value_at_risk(r)"),
    peer(E, "var_99", "m.value_at_risk(r, 0.01)"),
    peer(E, "cvar_95", "m.conditional_value_at_risk(r)", "the same unless several returns are at the quantile"),
    peer(E, "cvar_99", "m.conditional_value_at_risk(r, 0.01)", "the same unless several returns are at the quantile"),
    peer(
        E, "alpha", "m.alpha(r, b)", "theirs compounds the mean of a bar: ours with `compounded=True`", compounded=True
    ),
    peer(E, "beta", "m.beta(r, b)"),
    peer(
        E,
        "information_ratio",
        "m.excess_sharpe(r, b)",
        "theirs is of bars: ours over sqrt(periods)",
        ours="v / np.sqrt(P)",
    ),
    peer(
        E,
        "up_capture",
        "m.up_capture(r, b)",
        "theirs is of annual returns: ours with `bars_a_year=252`",
        bars_a_year=P,
    ),
    peer(
        E,
        "down_capture",
        "m.down_capture(r, b)",
        "theirs is of annual returns: ours with `bars_a_year=252`",
        bars_a_year=P,
    ),
    peer(
        E,
        "capture_ratio",
        "m.up_down_capture(r, b)",
        "theirs is of annual returns: the ratio of ours with `bars_a_year=252`",
        ours="a.up_capture(r, b, bars_a_year=P) / a.down_capture(r, b, bars_a_year=P)",
    ),
    peer(E, "up_beta", "m.up_alpha_beta(r, b)[1]"),
    peer(E, "down_beta", "m.down_alpha_beta(r, b)[1]"),
    peer(E, "batting_average", "m.batting_average(r, b)['batting average']"),
    peer(Q, "total_return", "m.comp(r)"),
    peer(Q, "cagr", "m.cagr(r)"),
    peer(Q, "geometric_mean", "m.geometric_mean(r)"),
    peer(Q, "volatility", "m.volatility(r)"),
    peer(Q, "sharpe", "m.sharpe(r)"),
    peer(Q, "sharpe", "m.sharpe(r, rf=0.02)", risk_free=0.02),
    peer(Q, "smart_sharpe", "m.smart_sharpe(r)"),
    peer(Q, "sortino", "m.sortino(r, rf=0.02)", target=0.02),
    peer(Q, "omega", "m.omega(r, required_return=0.03)", target=0.03),
    peer(Q, "gain_to_pain", "m.gain_to_pain_ratio(r)"),
    peer(Q, "skew", "m.skew(r)"),
    peer(Q, "kurtosis", "m.kurtosis(r)"),
    peer(Q, "tail_ratio", "m.tail_ratio(r)"),
    peer(Q, "common_sense", "m.common_sense_ratio(r)"),
    peer(Q, "best_bar", "m.best(r)"),
    peer(Q, "worst_bar", "m.worst(r)"),
    peer(
        Q,
        "positive_bars",
        "m.win_rate(r)",
        "theirs leaves out bars of 0: so does ours without them",
        ours="a.positive_bars(r[r != 0])",
    ),
    peer(Q, "normal_var_95", "m.value_at_risk(r)", "their value at risk is the normal one"),
    peer(
        Q,
        "cvar_95",
        "m.cvar(r)",
        "theirs is the normal one: `expected_shortfall(method='normal')`",
        ours="a.expected_shortfall(r, method='normal')",
    ),
    peer(Q, "cvar_95", "m.cvar(r, method='historical')"),
    peer(Q, "cvar_99", "m.cvar(r, confidence=0.99, method='historical')"),
    peer(Q, "max_drawdown", "m.max_drawdown(r)"),
    peer(Q, "calmar", "m.calmar(r)"),
    peer(
        Q,
        "ulcer_index",
        "m.ulcer_index(r)",
        "theirs divides by n - 1: ours times sqrt(n / (n - 1))",
        ours="v * np.sqrt(len(r) / (len(r) - 1))",
    ),
    peer(
        Q,
        "ulcer_performance",
        "m.ulcer_performance_index(r)",
        "theirs is of the total return, over their ulcer index",
        ours="a.total_return(r) / (a.ulcer_index(r) * np.sqrt(len(r) / (len(r) - 1)))",
    ),
    peer(
        Q,
        "serenity",
        "m.serenity_index(r)",
        "theirs is of the sum of returns and of bars, with the normal shortfall of drawdowns and their ulcer index",
        ours="r.sum() / (a.ulcer_index(r) * np.sqrt(len(r) / (len(r) - 1))"
        " * -a.expected_shortfall(a.drawdown_series(r), method='normal') / (a.volatility(r, periods=P) / np.sqrt(P)))",
    ),
    peer(
        Q,
        "recovery_factor",
        "m.recovery_factor(r)",
        "theirs takes the sum of returns, without its sign",
        ours="abs(r.sum() / a.max_drawdown(r))",
    ),
    peer(Q, "alpha", "m.greeks(r, b)['alpha']"),
    peer(Q, "beta", "m.greeks(r, b)['beta']"),
    peer(Q, "r_squared", "m.r_squared(r, b)"),
    peer(
        Q,
        "information_ratio",
        "m.information_ratio(r, b)",
        "theirs is of bars: ours over sqrt(periods)",
        ours="v / np.sqrt(P)",
    ),
    peer(
        Q,
        "treynor",
        "m.treynor_ratio(r, b)",
        "theirs is of the total return",
        ours="a.total_return(r) / a.beta(r, b)",
    ),
    peer(
        Q,
        "probabilistic_sharpe",
        "m.probabilistic_sharpe_ratio(r)",
        "theirs takes the adjusted skewness and kurtosis: ours with `bias=False`",
        bias=False,
    ),
    peer(
        Q,
        "win_rate",
        "m.win_rate(r)",
        f"{_OF_BARS}, and leaves out even ones",
        ours="a.win_rate(r[r != 0])",
    ),
    peer(Q, "avg_win", "m.avg_win(r)", _OF_BARS),
    peer(Q, "avg_loss", "m.avg_loss(r)", _OF_BARS),
    peer(Q, "payoff_ratio", "m.payoff_ratio(r)", _OF_BARS),
    peer(Q, "profit_factor", "m.profit_factor(r)", _OF_BARS),
    peer(Q, "kelly", "m.kelly_criterion(r)", f"{_OF_BARS}, and leaves out even ones", ours="a.kelly(r[r != 0])"),
    peer(Q, "consecutive_wins", "m.consecutive_wins(r)", _OF_BARS),
    peer(Q, "consecutive_losses", "m.consecutive_losses(r)", _OF_BARS),
    peer(
        Q,
        "exposure",
        "m.exposure(r)",
        "theirs counts returns that are not 0, rounded up to whole percents; ours counts positions",
        ours="np.ceil(v * 100) / 100",
    ),
]


def random(seed: int) -> tuple[pd.Series, pd.Series]:
    """Three years of days with heavy tails, some of them flat, and a benchmark that explains a part."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=756)
    benchmark = rng.standard_t(4, len(days)) * 0.008 + 0.0003
    returns = 0.6 * benchmark + rng.standard_t(3, len(days)) * 0.006 + 0.0002
    returns[rng.choice(len(days), 40, replace=False)] = 0.0
    return pd.Series(returns, days), pd.Series(benchmark, days)


def published() -> tuple[pd.Series, pd.Series]:
    """Returns of a folder of public files; there they are percents."""
    folder = Path(FOLDER) / "metrics"
    returns = pd.read_csv(folder / "returns.csv", index_col=0, header=None, parse_dates=True)[1] / 100
    factors = pd.read_csv(folder / "factor_returns.csv", index_col=0, parse_dates=True) / 100
    return returns.rename(None).rename_axis(None), factors["financials"].rename(None).rename_axis(None)


def module(who: str) -> object:
    names = {E: "empyrical.stats", Q: "quantstats.stats"}
    pytest.importorskip(names[who].partition(".")[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(names[who])


def compared(one: tuple[Peer, str], r: pd.Series, b: pd.Series) -> None:
    library = module(one[0].who)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = float(one[0].theirs(library, r, b))
    assert one[0].ours(r, b) == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def shown(one: tuple[Peer, str]) -> str:
    return f"{one[0].name}-{one[0].who}-{one[1][2:]}"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("one", PEERS, ids=shown)
def test_a_peer_on_random_returns(one, seed):
    compared(one, *random(seed))


@pytest.mark.skipif(not FOLDER, reason="WORKBENCH_TEST_DATA is not set")
@pytest.mark.parametrize("one", PEERS, ids=shown)
def test_a_peer_on_published_returns(one):
    compared(one, *published())


def test_the_page_has_every_peer_and_what_differs():
    wanted = [
        f"| `{one.name}` | `{one.who}` | `{cell(theirs[2:])}` | {one.note or 'equal'} |"
        for one, theirs in sorted(PEERS, key=lambda each: (each[0].name, each[0].who))
    ]
    assert table_of("## Beside other libraries") == wanted, "the table is to be:\n" + "\n".join(wanted)


@pytest.mark.parametrize("sample", [1, pytest.param(0, marks=pytest.mark.skipif(not FOLDER, reason="no data"))])
def test_series_and_tables_beside_the_peers(sample):
    r, _ = random(sample) if sample else published()
    ours = analytics.drawdown_series(r)
    theirs = module(E).drawdown_series(r)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(analytics.equity_of(r) - 1, module(E).cum_returns(r), rtol=0, atol=1e-12)
    rolled = analytics.rolling("sharpe", r, 60, periods=P).dropna()
    np.testing.assert_allclose(rolled, module(E).roll_sharpe_ratio(r, 60), rtol=1e-9)
    stats = module(Q)
    months = analytics.monthly_returns(r)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        their_months = stats.monthly_returns(r)
        details = stats.drawdown_details(stats.to_drawdown_series(r))
    # Theirs has 0 for a month without a bar.
    np.testing.assert_allclose(months.fillna(0).to_numpy(), their_months.to_numpy(), rtol=0, atol=1e-12)
    table = analytics.drawdowns(analytics.equity_of(r), None, start=1.0)
    assert len(table) == len(details)
    np.testing.assert_allclose(table.depth, np.sort(details["max drawdown"]) / 100, rtol=0, atol=1e-12)
