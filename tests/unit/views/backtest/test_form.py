"""The form: texts to values and back, links, what is said of what is wrong, code that makes the same run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import param
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.views.backtest.markets import Catalog, bars
from workbench.errors import DataError, UnknownNameError
from workbench.indicators import formula
from workbench.strategies import strategies
from workbench.views.backtest.fields import Field, text_of
from workbench.views.backtest.form import BacktestForm
from workbench.views.backtest.setup import Account, Setup, cost_fields, strategy_fields
from workbench.views.state import AppState


class Location(param.Parameterized):
    search = param.String("", doc="The query.")


def form(search: str = "", **frames: Any) -> tuple[BacktestForm, AppState, Location]:
    location = Location(search=search)
    state = AppState(symbol="AAA", spec="1d").sync_url(location)
    made = BacktestForm(SimpleNamespace(catalog=Catalog(**(frames or {"AAA": bars()}))), state)
    made.sync_url(location)
    return made, state, location


def all_fields() -> list[Field]:
    return [field for name in strategies.names() for field in strategy_fields(name)] + [
        *Setup()._market()[2:], *(Field(name, Account.param[name], "") for name in Account.param if name != "name"),
        *cost_fields(),
    ]  # fmt: skip


@pytest.mark.parametrize("field", all_fields(), ids=lambda field: field.name)
def test_the_text_of_a_default_is_read_as_that_default(field: Field) -> None:
    default = field.parameter.default if field.default is None else field.default
    if field.reader is None:
        assert field.read(field.plain) == default or (default is None and field.read("") is None)


NUMBER = Field("x", param.Number(1.0, bounds=(-50, 50), doc="."), "")
OPEN = Field("x", param.Number(1.0, bounds=(0, None), inclusive_bounds=(False, True), doc="."), "")
WHOLE = Field("x", param.Integer(1, bounds=(1, 5000), doc="."), "")


@given(st.floats(-50, 50))
def test_numbers_come_back_as_they_were(value: float) -> None:
    assert NUMBER.read(text_of(value)) == value


@given(st.integers(1, 5000))
def test_whole_numbers_come_back_as_they_were(value: int) -> None:
    assert WHOLE.read(text_of(value)) == value


def test_percents_and_groups_are_read() -> None:
    assert (NUMBER.read("0.1 %"), OPEN.read("10 000"), OPEN.read("1e4")) == (0.001, 10_000.0, 10_000.0)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        (NUMBER, "51", "from -50 to 50"), (NUMBER, "nan", "from -50 to 50"), (NUMBER, "inf", "number"),
        (OPEN, "0", "above 0"), (OPEN, "abc", "'abc' is not a number above 0"), (OPEN, "", "Needed"),
        (WHOLE, "1.5", "whole number"), (WHOLE, "0", "from 1 to 5000"), (WHOLE, "10%", "whole number"),
    ],
)  # fmt: skip
def test_what_is_no_value_says_what_it_must_be(field: Field, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        field.read(text)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
NAMES = [field.name for field in Setup().fields() if field.name not in ("symbols", "spec")]


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS))
def test_a_link_brings_back_what_was_typed(texts: dict[str, str]) -> None:
    first, second = Setup(), Setup()
    for name, text in texts.items():
        first.edit(name, text)
    second.take(f"?symbol=X&{first.query()}")
    assert [second.text(field) for field in second.fields()] == [first.text(field) for field in first.fields()]
    assert second.errors == first.errors
    assert all(Setup.ours(name) for name in parse_qs(first.query()))


def test_each_strategy_of_the_registry_can_be_chosen_and_says_its_parameters() -> None:
    for name in strategies.names():
        setup = Setup()
        setup.choose(name)
        typed = {field.name[2:] for field in setup.fields() if field.name.startswith("p.")}
        declared = {one for one in strategies.get(name).param if one != "name"}
        assert typed <= declared
        assert set(setup.errors) <= {"symbols"}, (name, setup.errors)


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost() -> None:
    setup = Setup()
    setup.edit("p.fast", "many")
    setup.edit("cash", "-3")
    assert set(setup.errors) == {"p.fast", "cash"} and setup.check() is None
    setup.choose("formula")
    assert set(setup.errors) == {"cash"}
    setup.choose("sma_cross")
    assert setup.text(strategy_fields("sma_cross")[0]) == "many"
    setup.edit("p.fast", "12")
    setup.edit("cash", "300")
    chosen = setup.check()
    assert chosen is not None and chosen.strategy.fast == 12 and chosen.options["cash"] == 300


def test_rules_between_fields_are_said_beside_one_of_them() -> None:
    setup = Setup()
    setup.edit("sizing", "2")
    assert "leverage of 2" in setup.errors["sizing"]
    setup.edit("leverage", "2")
    setup.edit("from", "2020")
    setup.edit("to", "2019")
    assert set(setup.errors) == {"to"}
    setup.edit("from", "yesterday")
    assert "no date" in setup.errors["from"]
    with pytest.raises(UnknownNameError):
        setup.choose("sma_cros")


def test_a_formula_that_cannot_be_read_is_said_beside_it() -> None:
    setup = Setup()
    setup.choose("formula")
    setup.edit("p.text", "ema(close, 20) >")
    assert set(setup.errors) == {"p.text"}


def test_a_formula_that_failed_in_the_run_is_blamed_until_it_is_edited() -> None:
    setup = Setup()
    setup.choose("formula")
    setup.edit("p.text", "ema(clse, 20) > 1")
    assert not setup.errors
    with pytest.raises(DataError) as failed:
        formula("ema(clse, 20) > 1")(bars())
    assert setup.blame(failed.value) and "clse" in setup.errors["p.text"]
    setup.edit("p.text", "ema(close, 20) > 1")
    assert not setup.errors
    assert not setup.blame(DataError("something else"))


def test_code_makes_the_run_of_the_form() -> None:
    setup = Setup()
    for name, text in {
        "symbols": "AAA", "p.fast": "5", "p.slow": "20", "c.taker": "0.1 %", "c.maker": "0.1 %", "c.slippage": "0.001",
        "cash": "5000", "short": "0", "from": "2020-02", "to": "2020-09-01", "fill": "close",
    }.items():  # fmt: skip
        setup.edit(name, text)
    chosen = setup.check()
    catalog = Catalog(AAA=bars())
    scope: dict[str, object] = {}
    code = chosen.code().replace("cat = wb.catalog()", "")
    exec(code, {"cat": catalog}, scope)
    run = chosen.run({"AAA": catalog.bars("AAA", "1d", chosen.start, chosen.end)})
    run.finish()
    assert np.array_equal(scope["res"].equity.to_numpy(), run.equity)
    assert "fees=0.001" in code and "slippage=0.001" in code and "2020-02-01" in code
    assert chosen.keywords() == {"cash": 5000.0, "short": False, "fill": "close", "fees": 0.001, "slippage": 0.001}


def test_other_costs_are_told_as_costs() -> None:
    setup = Setup()
    setup.edit("c.taker", "0.001")
    setup.edit("c.spread", "0.05")
    assert "Costs(taker=0.001, spread=0.05)" in setup.check().code()


def test_page_and_form_share_symbol_and_spec() -> None:
    made, state, location = form(AAA=bars(), BBB=bars(seed=3))
    made.heard({"what": "edit", "name": "symbols", "text": "BBB, AAA"})
    assert state.symbol == "BBB"
    state.symbol = "AAA"
    assert made.setup.check().symbols == ("AAA",)
    made.heard({"what": "edit", "name": "spec", "text": "5"})
    assert state.spec == "1d" and "spec" in made.setup.errors
    made.heard({"what": "edit", "name": "spec", "text": "1h"})
    assert state.spec == "1h"
    made.heard({"what": "edit", "name": "cash", "text": "500"})
    asked = parse_qs(location.search.lstrip("?"))
    assert asked["symbol"] == ["AAA"] and asked["spec"] == ["1h"] and asked["cash"] == ["500"]
    assert asked["strategy"] == ["sma_cross"]


def test_a_link_fills_the_form_and_leaves_what_is_not_ours() -> None:
    made, state, location = form("?symbol=AAA&spec=1d&strategy=formula&p.text=close%3Eopen&cash=77&mine=1")
    chosen = made.chosen()
    assert (chosen.strategy.text, chosen.options["cash"], state.symbol) == ("close>open", 77.0, "AAA")
    made.edit("cash", "78")
    assert parse_qs(location.search.lstrip("?"))["mine"] == ["1"]


def test_an_unknown_strategy_in_a_link_is_told() -> None:
    made, state, _ = form("?strategy=sma_crss")
    assert made.setup.strategy == "sma_cross" and "sma_cross" in state.notice


def test_run_of_makes_fresh_runs_of_what_the_form_said_then() -> None:
    made, _, _ = form()
    make = made.run_of()
    made.edit("p.fast", "3")
    first, second = make(), make()
    assert first is not second and first.strategy.fast == 10 and first.next == 0
    made.edit("p.fast", "x")
    with pytest.raises(DataError, match="fast"):
        made.run_of()
