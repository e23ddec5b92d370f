"""First values for the fields of the picker: of the instrument's own order of size, and valid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.market.events import BAR
from workbench.market.specs import BarSpec, bar_kinds
from workbench.views.chart.sizes import nice, sizes, text_of, values_of

KINDS = [kind for _, kind in bar_kinds]


def recent(price: float, span: float, trades: int = 40, size: float = 2.0) -> np.ndarray:
    out = np.zeros(200, BAR)
    for name in ("open", "close"):
        out[name] = price
    out["high"], out["low"] = price + span / 2, price - span / 2
    out["trades"], out["volume"] = trades, trades * size
    return out


def written(name: str, bars: np.ndarray, tick: float) -> str:
    kind = bar_kinds.get(name)
    return text_of(kind, sizes(kind, bars, tick), "5min" if kind.of == "bars" else "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tick", "100tick"),  # 2.5 bars of 40 prints
        ("vol", "200vol"),
        ("usd", "1e6usd"),  # 2.5 x 80 x 5000
        ("range", "range:2.0"),
        ("renko", "renko:2.0"),
        ("kagi", "kagi:2.0(5min)"),
        ("pnf", "pnf:2.0(5min)"),
        ("ha", "ha(5min)"),
        ("tick_imbalance", "tick_imbalance:100"),
    ],
)
def test_sizes_follow_what_was_traded(name: str, expected: str) -> None:
    assert written(name, recent(5000.0, 2.2), 0.25) == expected


def test_prices_are_whole_ticks_and_at_least_one() -> None:
    assert written("range", recent(100.0, 0.07), 0.25) == "range:0.25"
    assert written("range", recent(100.0, 1.9), 0.25) == "range:2.0"
    assert written("range", recent(0.07, 0.00031), 0.00001) == "range:0.0002"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plugin_name)
@pytest.mark.parametrize("bars", [recent(100.0, 0.0, 0, 0.0), recent(0.0, 0.0)[:0], recent(1e-6, 1e-9)], ids=str)
def test_a_spec_with_any_first_values_can_be_read(kind: type, bars: np.ndarray) -> None:
    text = text_of(kind, sizes(kind, bars, 0.01), "5min" if kind.of == "bars" else "")
    spec = BarSpec.parse(text)
    assert spec.kind == kind.plugin_name
    assert str(spec) == text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plugin_name)
def test_arguments_round_trip_by_name(kind: type) -> None:
    spec = BarSpec.parse(kind.example)
    assert text_of(kind, values_of(spec), str(spec.base) if spec.base else "") == str(spec)


@given(st.floats(1e-12, 1e15))
def test_nice_is_near(value: float) -> None:
    assert 0.6 < nice(value) / value < 1.7
    assert f"{nice(value):e}"[0] in "125"
