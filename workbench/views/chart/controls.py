"""Controls of the chart for a 36 px bar: symbol, bar spec, time zone."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

import panel_material_ui as pmui

from workbench.market.instruments import InstrumentMaster
from workbench.market.specs import COMMON, BarSpec
from workbench.views.chart.browser import IndicatorBrowser
from workbench.views.chart.fields import LOW
from workbench.views.chart.picker import BarPicker, Recent
from workbench.views.chart.studies import ChartStudies

#: Zones offered first; all others follow by name.
ZONES = (
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
)
_SHORT = {"min": "m"}


def known_symbols(services: Any) -> tuple[InstrumentMaster | None, list[str]]:
    """The instruments of a catalog, and every symbol that it knows; none without ``services``."""
    if services is None:
        return None, []
    master = services.catalog.master
    return master, sorted({*services.catalog.symbols(), *(one.symbol for one in master)})


def controls(
    state: Any,
    master: InstrumentMaster | None,
    symbols: list[str],
    *,
    recent: Recent,
    studies: ChartStudies | None = None,
) -> list[Any]:
    """Symbol search, bar specs (common ones and the picker of all), indicators if the chart has studies, and zone."""
    built = []
    if master is not None:
        built.append(_search(state, master, symbols))
    built += [_specs(state), BarPicker(state, recent)]
    if studies is not None:
        built.append(IndicatorBrowser(studies, recent))
    built.append(_zones(state))
    return built


def _search(state: Any, master: InstrumentMaster, symbols: list[str]) -> Any:
    names = {_title(master, symbol): symbol for symbol in symbols}
    box = pmui.AutocompleteInput(
        options=list(names),
        value="",
        placeholder="Symbol",
        restrict=False,
        min_characters=0,
        search_strategy="includes",
        case_sensitive=False,
        size="small",
        margin=0,
        # As wide as the page allows: the bar keeps to one line on all but narrow ones.
        styles={"width": "clamp(124px, 26vw - 240px, 150px)"},
        width=None,
        sizing_mode=None,
        css_classes=["wb-symbol"],
        sx=LOW,
    )

    def say(symbol: str) -> None:
        # What is not among the options gives way to the default while it is sent, and its text with it.
        box.param["value"].default = symbol
        box.value = symbol

    def chosen(event: Any) -> None:
        text = (event.new or "").strip()
        if not text:
            return
        symbol = names.get(text) or _resolve(master, text)
        state.symbol = symbol
        say(symbol)

    say(state.symbol)
    box.param.watch(chosen, "value")
    state.param.watch(lambda event: say(event.new), "symbol")
    return box


def _title(master: InstrumentMaster, symbol: str) -> str:
    one = master.get_or_default(symbol)
    return " · ".join(part for part in (symbol, one.name, ", ".join(one.aliases[:2])) if part)


def _resolve(master: InstrumentMaster, text: str) -> str:
    try:
        return master.get(text).symbol
    except LookupError:
        found = master.search(text, limit=1)
        return str(found.index[0]) if len(found) else text


def _specs(state: Any) -> Any:
    def known(spec: str) -> str | None:
        return spec if spec in COMMON else None

    group = pmui.RadioButtonGroup(
        options={_short(spec): spec for spec in COMMON}, size="small", margin=0, css_classes=["wb-specs"]
    )
    group._allows_none = True  # none is pressed while other bars are shown; a class of its own has no script
    group.value = known(state.spec)

    def chosen(event: Any) -> None:
        if event.new is not None:
            state.spec = event.new

    group.param.watch(chosen, "value")
    state.param.watch(lambda event: group.param.update(value=known(event.new)), "spec")
    return group


def _short(spec: str) -> str:
    one = BarSpec.parse(spec)
    return f"{one.count}{_SHORT.get(one.unit, one.unit)}"


def _zones(state: Any) -> Any:
    box = pmui.AutocompleteInput(
        options=[_spoken(zone) for zone in dict.fromkeys([*zones(), state.tz])],
        value=_spoken(state.tz),
        placeholder="Zone",
        min_characters=0,
        search_strategy="includes",
        case_sensitive=False,
        size="small",
        margin=0,
        # As wide as the page allows: on a narrow one the bar keeps to two lines.
        styles={"width": "clamp(92px, 40vw - 500px, 156px)"},
        width=None,
        sizing_mode=None,
        css_classes=["wb-zone"],
        sx={
            **LOW,
            "& .MuiInputBase-root": {**LOW["& .MuiInputBase-root"], "paddingRight": "24px !important"},
            "& .MuiInputBase-input": {"textOverflow": "ellipsis", "paddingLeft": "2px !important"},
            "& .MuiAutocomplete-clearIndicator": {"display": "none"},
        },
    )

    def chosen(event: Any) -> None:
        if event.new:
            state.tz = event.new.replace(" ", "_")
        else:
            box.value = _spoken(state.tz)

    box.param.watch(chosen, "value")
    state.param.watch(lambda event: box.param.update(value=_spoken(event.new)), "tz")
    return box


@cache
def zones() -> tuple[str, ...]:
    """Every zone that can be chosen, those that are used most first."""
    rest = sorted(name for name in available_timezones() - set(ZONES) if "/" in name and not name.startswith("Etc/"))
    return (*ZONES, *rest)


def _spoken(zone: str) -> str:
    """``America/New York``, as it is typed."""
    return zone.replace("_", " ")
