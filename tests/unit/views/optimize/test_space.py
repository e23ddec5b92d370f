"""The form of a sweep: ranges as texts, links, refusals, and the backtest of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import param
import pytest

from workbench.strategies import Strategy, strategies
from workbench.views.backtest.setup import Setup, strategy_fields
from workbench.views.optimize.space import MOST_CELLS, SpaceSetup, Swept, range_at_first, some


@pytest.fixture
def odd() -> Iterator[str]:
    """A strategy with a parameter of each kind."""

    class Odd(Strategy):
        window = param.Integer(20, bounds=(2, 500), doc="Bars.")
        share = param.Number(0.5, bounds=(0, 1), inclusive_bounds=(False, True), doc="Of equity.")
        way = param.Selector(default="both", objects=["both", "long", "short"], doc="Side.")
        calm = param.Boolean(False, doc="Only when it is calm.")
        text = param.String("", doc="A note.")

        def decide(self, now: Any, was: Any, broker: Any) -> None:
            broker.long()

    strategies.register("odd_here")(Odd)
    yield "odd_here"
    del strategies._plugins["odd_here"]


def setup(name: str = "sma_cross", **texts: str) -> SpaceSetup:
    one = SpaceSetup()
    one.strategy = name
    one.texts |= {key.replace("__", "."): text for key, text in texts.items()}
    return one


def swept(one: SpaceSetup) -> Swept:
    found = one.check()
    assert isinstance(found, Swept), one.errors
    return found


def test_two_numbers_are_swept_at_first_around_their_defaults() -> None:
    found = swept(setup())
    assert found.values == {"fast": list(range(5, 31, 2)), "slow": list(range(15, 91, 5))}
    assert found.where == "fast < slow"
    assert found.label == "sma_cross fast 5…29 slow 15…90"


def test_every_kind_of_parameter_can_be_swept(odd: str) -> None:
    one = setup(
        odd, s__window="0", p__window="30", s__share="1", s__share__from="0.1", s__share__to="0.5",
        s__share__step="0.1", s__way="1", s__way__both="0", s__calm="1",
    )  # fmt: skip
    found = swept(one)
    assert found.values == {"share": [0.1, 0.2, 0.3, 0.4, 0.5], "way": ["long", "short"], "calm": [False, True]}
    assert found.strategy.window == 30
    names = [field.name for field in one.fields()]
    assert "p.window" in names and "s.window.from" not in names
    assert "p.text" in names and "s.text" not in names


def test_a_range_by_factors_has_as_many_values_as_its_step_says() -> None:
    one = setup(s__fast="0", s__slow__log="1", s__slow__from="10", s__slow__to="1000", s__slow__step="3")
    assert swept(one).values == {"slow": [10, 100, 1000]}


@pytest.mark.parametrize(
    ("texts", "field", "said"),
    [
        ({"s__fast__from": "0"}, "s.fast.from", "from 1 to 5000"),
        ({"s__fast__from": "40"}, "s.fast.to", "above 40"),
        ({"s__fast__step": "0"}, "s.fast.step", "of 1 or more"),
        ({"s__fast": "0", "s__slow": "0"}, "where", "Nothing is swept"),
        ({"where": "fast <"}, "where", ""),
        ({"s__fast__to": "3000", "s__fast__step": "1", "s__slow__to": "3000", "s__slow__step": "1"}, "s.fast.step",
         f"{MOST_CELLS:,} are the most"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(texts: dict[str, str], field: str, said: str) -> None:
    one = setup(**texts)
    assert one.check() is None
    assert list(one.errors) == [field] and said in one.errors[field]


def test_a_choice_of_nothing_is_refused(odd: str) -> None:
    one = setup(odd, s__way="1", s__way__both="0", s__way__long="0", s__way__short="0")
    assert one.check() is None and "at least one" in one.errors["s.way"]


def test_a_refused_condition_is_said_beside_it_until_it_is_edited() -> None:
    one = setup(where="fast > slow")
    assert one.blame(ValueError("where='fast > slow' leaves no cell of fast, slow"))
    assert one.errors == {"where": "Leaves no cell of fast, slow."}
    one.edit("s.fast.to", "60")
    assert not one.errors


def test_a_link_keeps_the_form(odd: str) -> None:
    one = setup(
        odd, s__window__log="1", s__window__step="5", s__share="0", p__share="0.25", s__way="1", s__way__long="0",
        cash="5000",
    )  # fmt: skip
    before = swept(one)
    again = SpaceSetup()
    assert again.take("?" + one.query()) == []
    found = swept(again)
    assert found.values == before.values and len(found.values["window"]) == 5
    assert found.strategy.share == 0.25 and found.options["cash"] == 5000
    assert all(SpaceSetup.ours(name) for name in parse_qs(one.query()))
    assert not SpaceSetup.ours("symbol") and not Setup.ours("s.fast")


def test_the_backtest_of_a_cell_opens_from_a_link() -> None:
    one = setup(c__taker="0.001", **{"from": "2020-01-01"})
    cell = swept(one).of({"fast": 7, "slow": 40})
    assert (cell.strategy.fast, cell.strategy.slow) == (7, 40)
    assert not any(name.startswith("s.") for name in cell.texts) and "where" not in cell.texts
    other = Setup()
    from urllib.parse import urlencode

    assert other.take("?" + urlencode(cell.texts)) == []
    found = other.check()
    assert found is not None and found.strategy.values() == cell.strategy.values()
    assert found.costs == {"taker": 0.001} and found.start == cell.start


def test_the_code_of_a_sweep_makes_it() -> None:
    code = swept(setup(c__taker="0.001", c__maker="0.001")).code()
    assert "'fast': range(5, 30, 2)" in code and "where='fast < slow'" in code and "fees=0.001" in code
    compile(code, "cell", "exec")


@pytest.mark.parametrize("name", strategies.names())
def test_the_first_ranges_of_every_strategy_are_within_its_bounds(name: str) -> None:
    for field in strategy_fields(name):
        if field.kind not in ("integer", "number"):
            continue
        first, last, step = range_at_first(field)
        assert first < last and step > 0
        for value in (first, last):
            field.read(str(int(value) if field.kind == "integer" else value))


def test_values_are_told_in_short() -> None:
    assert some([1, 2]) == "1/2" and some([0.5, 1.0, 2.0, 4.0]) == "0.5…4" and some([True]) == "True"
