"""What every indicator must keep, for each one in the registry."""

from __future__ import annotations

import inspect
import pickle
import re

import numpy as np
import pandas as pd
import param
import pytest

from workbench.errors import DataError, UnknownNameError
from workbench.indicators import Indicator, Studies, indicator, indicators
from workbench.indicators.base import Composite

NAMES = indicators.names()
CAUSAL = [name for name in NAMES if indicators.get(name).causal]


def made(n: int, seed: int = 0, *, start: float = 100.0) -> pd.DataFrame:
    """Bars of two minutes with nights between them, prices on a grid, and volumes of both sides."""
    rng = np.random.default_rng(seed)
    close = np.round(start * np.exp(np.cumsum(rng.normal(0, 0.004, n))), 2)
    open_ = np.round(np.concatenate([[start], close[:-1]]) * np.exp(rng.normal(0, 0.001, n)), 2)
    high = np.round(np.maximum(open_, close) + rng.exponential(0.2, n), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(0.2, n), 2)
    buy, sell = rng.integers(1, 500, n).astype(float), rng.integers(1, 500, n).astype(float)
    step = pd.to_timedelta(np.cumsum(np.where(rng.random(n) < 0.01, 900, 2)), unit="min")
    return pd.DataFrame(
        {"open": open_, "high": high, "low": low, "close": close, "volume": buy + sell, "buy_volume": buy,
         "sell_volume": sell, "trades": rng.integers(1, 90, n), "vwap": (high + low + close) / 3,
         "other": np.round(start * np.exp(np.cumsum(rng.normal(0, 0.003, n))), 2)},
        index=pd.DatetimeIndex(pd.Timestamp("2026-01-05", tz="UTC") + step, name="time").as_unit("ns"),
    )  # fmt: skip


BARS = made(700)


def table(values: pd.Series | pd.DataFrame) -> pd.DataFrame:
    return values.to_frame() if isinstance(values, pd.Series) else values


def same(left: pd.Series | pd.DataFrame, right: pd.Series | pd.DataFrame) -> None:
    """Bit for bit, NaN where NaN."""
    np.testing.assert_array_equal(table(left).to_numpy(), table(right).to_numpy())


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name):
    kind = indicators.get(name)
    assert kind.title and kind.source.endswith(".") and len(kind.source) > 10
    assert inspect.getdoc(kind) and kind.__doc__ is not None and kind.__doc__.strip().endswith(".")
    assert kind.outputs and len(set(kind.outputs)) == len(kind.outputs) and set(kind.sparse) <= set(kind.outputs)
    assert set(kind.styles) <= set(kind.outputs) and 1 <= len(kind.inputs) <= 5
    told = f"{kind.formula} {kind.__doc__}"
    assert kind.formula.strip() or name.startswith("cdl_"), "formula is missing"
    numbers = [key for key in kind.param if isinstance(kind.param[key], param.Number)]
    silent = [key for key in numbers if not re.search(rf"\b{key}\b", told)]
    assert not silent or name.startswith("cdl_"), f"neither formula nor docstring says what becomes of {silent}"
    one = indicator(name)
    assert repr(one).startswith(f"indicator({name!r}") and one.label.startswith(name)


@pytest.mark.parametrize("name", NAMES)
def test_it_leaves_its_input_alone_and_keeps_the_index(name):
    before = BARS.copy()
    values = indicator(name)(BARS)
    pd.testing.assert_frame_equal(BARS, before)
    assert values.index.equals(BARS.index)
    assert isinstance(values, pd.Series) == (len(indicators.get(name).outputs) == 1)
    assert list(table(values).columns) == (
        list(indicators.get(name).outputs) if isinstance(values, pd.DataFrame) else [name]
    )
    assert not np.isinf(table(values).to_numpy()).any()


@pytest.mark.parametrize("name", NAMES)
def test_the_warm_up_is_as_declared(name):
    one = indicator(name)
    values = table(one(BARS))
    values.columns = one.outputs
    dense = [output for output in one.outputs if output not in one.sparse]
    assert one.warmup < len(BARS) - 50, "a default that needs so many bars is of no use"
    if dense:
        known = values[dense].notna().all(axis=1).to_numpy()
        assert known.argmax() == one.warmup and known[one.warmup :].all()
    else:
        assert values.iloc[: one.warmup].isna().all(axis=None)
    for output in one.sparse:
        assert values[output].notna().any(), f"{output} is never there in {len(BARS)} bars"


@pytest.mark.parametrize("name", CAUSAL)
def test_a_stream_gives_the_same_bits(name):
    one = indicator(name)
    whole = one(BARS)
    stream, rng, at, parts = one.stream(), np.random.default_rng(4), 0, []
    while at < len(BARS):
        end = at + int(rng.choice([0, 1, 1, 2, 7, 60]))
        parts.append(table(stream.update(BARS.iloc[at:end])))
        stream, at = pickle.loads(pickle.dumps(stream)), end
    same(pd.concat(parts), whole)


@pytest.mark.parametrize("name", CAUSAL)
def test_a_bar_at_a_time_gives_the_same_bits(name):
    one, stream = indicator(name), indicator(name).stream()
    rows = [stream.update(BARS.iloc[i]) for i in range(150)]
    found = pd.DataFrame(rows) if isinstance(rows[0], dict) else pd.Series(rows)
    same(found, table(one(BARS)).iloc[:150])


@pytest.mark.parametrize("name", CAUSAL)
def test_the_future_never_changes_the_past(name):
    one = indicator(name)
    whole = table(one(BARS))
    for end in (1, 40, 333, 699):
        same(one(BARS.iloc[:end]), whole.iloc[:end])


@pytest.mark.parametrize("name", CAUSAL)
def test_a_bar_with_nan_is_passed_over(name):
    one = indicator(name)
    holed = BARS.copy()
    holes = np.zeros(len(BARS), bool)
    holes[[0, 50, 51, 300]] = True
    holed.loc[holes, [name for name in holed.columns if name != "trades"]] = np.nan
    values = table(one(holed))
    assert values[holes].isna().all(axis=None)
    same(values[~holes], one(BARS[~holes]))
    stream = one.stream()
    same(stream.update(holed), values)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few_bars_or_none(name, n):
    values = table(indicator(name)(BARS.iloc[:n]))
    assert len(values) == n and values.dtypes.eq(float).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_market_that_stands_still(name):
    flat = BARS.copy()
    flat[["open", "high", "low", "close", "vwap"]] = 100.0
    flat[["volume", "buy_volume", "sell_volume"]] = 0.0
    assert not np.isinf(table(indicator(name)(flat)).to_numpy()).any()


@pytest.mark.parametrize("name", [n for n in NAMES if indicators.get(n).scale != "other"])
def test_doubled_prices(name):
    one = indicator(name)
    doubled = BARS.copy()
    doubled[["open", "high", "low", "close", "vwap", "other"]] *= 2
    factor = 2.0 if one.scale == "price" else 1.0
    np.testing.assert_allclose(table(one(doubled)), table(one(BARS)) * factor, rtol=1e-9, atol=1e-9)


def test_many_at_once():
    studies = Studies([indicator(name) for name in CAUSAL])
    found = pd.concat([studies.update(BARS.iloc[:100]), pickle.loads(pickle.dumps(studies)).update(BARS.iloc[100:])])
    wanted = pd.concat([table(indicator(name)(BARS)) for name in CAUSAL], axis=1)
    same(found, wanted)
    assert len(set(studies.names)) == len(studies.names)


@pytest.mark.parametrize("name", NAMES)
def test_its_loop_stays_within_what_it_is_given(name):
    kind = indicators.get(name)
    if issubclass(kind, Composite):
        pytest.skip("has no loop of its own")
    whole = {key: kind.param[key] for key in kind.param if isinstance(kind.param[key], param.Integer)}
    least = {key: one.bounds[0] for key, one in whole.items() if one.bounds and one.bounds[0] is not None}
    for parameters in ({}, least, {key: one.default + 1 for key, one in whole.items()}):
        try:
            one = indicator(name, **parameters)
        except DataError:
            continue
        found = [guarded_run(one, guard) for guard in (12345.5, -3e11)]
        np.testing.assert_array_equal(found[0], found[1], f"{one}: what it reads beside its arrays is in its values")


def guarded_run(one: Indicator, guard: float, *, most: int = 64) -> np.ndarray:
    """The values of a loop all arrays of which lie between guards; fails where one of those has changed."""

    def between(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        whole = np.concatenate([np.full(most, guard), values, np.full(most, guard)])
        return whole, whole[most : len(whole) - most]

    columns, found = one.columns_of(BARS), []
    constants, state = between(np.array(one.constants(), float)), between(np.zeros(one.state_size()))
    ends = [300, 301, 308, len(BARS)] if one.causal else [len(BARS)]
    for low, high in zip([0, *ends[:-1]], ends, strict=True):
        back = min(low, one.lookback)
        parts = [between(column[low - back : high]) for column in columns]
        out = between(np.full(len(one.outputs) * (high - low), np.nan))
        views = [part[1] for part in parts] + [np.zeros(0)] * (5 - len(parts))
        for view in views:
            view.flags.writeable = False
        found.append(out[1].reshape(len(one.outputs), high - low))
        one.kernel()(*views, back, low, found[-1], constants[1], state[1])
        for what, (whole, _) in {"constants": constants, "state": state, "outputs": out}.items():
            assert (whole[:most] == guard).all() and (whole[-most:] == guard).all(), f"it wrote beside its {what}"
    return np.concatenate(found, axis=1)


def test_names_that_do_not_exist():
    with pytest.raises(UnknownNameError, match="did you mean sma"):
        indicator("smaa")
    with pytest.raises(UnknownNameError, match="no parameter 'windw'.*did you mean window"):
        indicator("sma", windw=3)
    with pytest.raises(DataError, match="sma: .*window.* must be at least 1, not 0"):
        indicator("sma", window=0)
    with pytest.raises(DataError, match="sma reads a column 'clos'.*did you mean close"):
        indicator("sma", price="clos")(BARS)


def test_prices_that_are_computed():
    for price, wanted in (("hl2", (BARS.high + BARS.low) / 2), ("hlc3", (BARS.high + BARS.low + BARS.close) / 3)):
        same(indicator("sma", price=price, window=5)(BARS), indicator("sma", window=5)(wanted))
    stream = indicator("sma", price="ohlc4", window=1).stream()
    row = BARS.iloc[3]
    assert stream.update(row) == (row.open + row.high + row.low + row.close) / 4


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CAUSAL])
def test_what_looks_ahead_has_no_stream(name):
    with pytest.raises(DataError, match="looks ahead"):
        indicator(name).stream()
