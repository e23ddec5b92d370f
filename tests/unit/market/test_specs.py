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


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1000tick", "1000tick"), ("1e3 ticks", "1000tick"), ("50000vol", "50000vol"), ("50_000vol", None),
        ("1e6usd", "1e6usd"), ("1000000 USD", "1e6usd"), ("2500000usd", "2.5e6usd"), ("1234567usd", "1234567usd"),
        ("0.5vol", "0.5vol"),
        ("0.00001vol", "1e-05vol"), ("range:0.5", "range:0.5"), ("Range: 1", "range:1.0"), ("renko:1.0", "renko:1.0"),
        ("renko:atr14(1d)", "renko:atr14(1d)"), ("heikin_ashi(5m)", "ha(5min)"), ("linebreak:3(1d)", "linebreak(1d)"),
        ("linebreak:2( 60s )", "linebreak:2(1min)"), ("pnf:1,3(1d)", "pnf:1.0(1d)"), ("ha(renko:1)", "ha(renko:1.0)"),
        ("kagi:4%(1d)", "kagi:4%(1d)"), ("tib:500", "tick_imbalance:500"), ("ha", "ha"),
    ],
)  # fmt: skip
def test_other_kinds(text, canonical):
    if canonical is None:
        with pytest.raises(SpecError):
            BarSpec.parse(text)
        return
    spec = BarSpec.parse(text)
    assert str(spec) == canonical and BarSpec.parse(canonical) == spec and not spec.timed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1000tik", "did you mean 1000tick"),
        ("renk:1.0", "did you mean.*renko:1.0"),
        ("renko", "renko needs size.*renko:1.0"),
        ("range:0", "greater than 0.*range:0.5"),
        ("range:x", "must be a number, got 'x'"),
        ("range:nan", "must be a number, got 'nan'"),
        ("range:1,2", "at most 1 argument"),
        ("1.5tick", "whole number"),
        ("0tick", "at least 1"),
        ("1000tick(5min)", "cannot be read"),
        ("range:0.5(5min)", "take no base; write range:0.5"),
        ("ha(5mim)", "5mim.*did you mean.*5min"),
        ("ha(ha)", r"ha itself needs a base; write ha\(ha\(5min\)\)"),
        ("ha(5min", "cannot be read"),
        ("time:5", "cannot be read"),
    ],
)
def test_other_kinds_refused(text, message):
    with pytest.raises(SpecError, match=message) as caught:
        BarSpec.parse(text)
    assert repr(text) in str(caught.value)


def test_what_a_spec_says_of_itself():
    spec = BarSpec.parse("ha(5min)")
    assert spec.base == BarSpec.parse("5min") == spec.root and spec.nominal == 300 * SECOND
    assert spec.step == 0 and not spec.dated and not spec.timed and BarSpec.parse("1d").dated
    assert BarSpec.parse("ha(1d)").root.dated
