from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import SpecError
from workbench.market.specs import DAY, SECOND, BarSpec


@given(st.integers(1, 366), st.sampled_from(["s", "min", "h", "d", "w", "mo"]))
def test_canonical_form_round_trips(count, unit):
    if unit == "h":
        count = min(count, 24)
    spec = BarSpec.parse(f"{count}{unit}")
    assert BarSpec.parse(str(spec)) == spec


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("60s", "1min"),
        ("5m", "5min"),
        ("1M", "1mo"),
        ("1D", "1d"),
        ("90s", "90s"),
        ("24h", "24h"),
        ("h", "1h"),
        (" 5 min ", "5min"),
    ],  # fmt: skip
)
def test_aliases(text, canonical):
    assert str(BarSpec.parse(text)) == canonical


@pytest.mark.parametrize(("text", "near"), [("5mim", "5min"), ("1hh", "1h"), ("15 mins", "15min")])
def test_unreadable_spec_names_the_nearest(text, near):
    with pytest.raises(SpecError, match=rf"'{text}'.*did you mean.*{near}"):
        BarSpec.parse(text)


@pytest.mark.parametrize("text", ["0s", "25h", "367d", "", "-1s", "1.5h", "min5", None, 5])
def test_refused(text):
    with pytest.raises(SpecError):
        BarSpec.parse(text)


def test_steps():
    assert BarSpec.parse("5s").step == 5 * SECOND and BarSpec.parse("1w").step == 0
    assert BarSpec.parse("2w").nominal == 14 * DAY
