"""Several charts in one state: how they are arranged, which of them is active, and what all of them say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import param

#: Charts on a page at most.
MOST = 8


@dataclass(frozen=True)
class Arrangement:
    """Places of charts on a page: ``rows`` of letters, as CSS grid areas name them; ``narrow`` for narrow pages."""

    title: str
    rows: tuple[str, ...]
    narrow: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many charts there are."""
        return len(set("".join(self.rows)))


ARRANGEMENTS: Mapping[str, Arrangement] = MappingProxyType(
    {
        "one": Arrangement("One chart", ("a",)),
        "columns": Arrangement("Two side by side", ("ab",)),
        "rows": Arrangement("Two, one above the other", ("a", "b")),
        "three": Arrangement("Three, the first one tall", ("ab", "ac"), ("aa", "bc")),
        "four": Arrangement("Four", ("ab", "cd")),
        "six": Arrangement("Six", ("abc", "def"), ("ab", "cd", "ef")),
        "eight": Arrangement("Eight", ("abcd", "efgh"), ("ab", "cd", "ef", "gh")),
    }
)


def arrangement_of(count: int) -> str:
    """The smallest arrangement with room for ``count`` charts."""
    return next(name for name, one in ARRANGEMENTS.items() if one.count >= min(count, MOST))


class SeveralCharts(param.Parameterized):
    """What a state has of several charts. Its own values are always those of the active one.

    ``charts`` are states of their own, made when there is more than one or somebody asks for them; there may be more
    than the arrangement shows, which come back with a larger one.
    """

    arrangement = param.Selector(default="one", objects=list(ARRANGEMENTS), doc="How charts are placed on the page.")
    active = param.Integer(default=0, bounds=(0, MOST - 1), doc="Place of the chart that the top bar acts on.")
    charts = param.List(default=[], item_type=param.Parameterized, doc="State of each chart; empty while there is one.")
    others = param.Integer(default=0, bounds=(0, None), doc="Counts changes of charts that are not the active one.")

    #: What is told of the whole page to each chart.
    _SHARED = ("dark", "palette")
    _names: tuple[str, ...] = ()
    #: While several charts are being given at once: what one of them gets is not passed on.
    placing = False

    @property
    def count(self) -> int:
        """How many charts are shown."""
        return ARRANGEMENTS[self.arrangement].count

    def follow(self, names: Iterable[str]) -> None:
        """Keep these parameters equal to those of the active chart, both ways."""
        self._names = tuple(names)
        self.param.watch(self._hand_down, [*self._names, *self._SHARED])
        self.param.watch(lambda _: self._take_up(), "active")

    def opened_charts(self) -> list[Any]:
        """States of all charts that are shown; those that are missing are made, like the active one."""
        return self.grow(self.count)

    def grow(self, count: int, like: Mapping[str, Any] | None = None) -> list[Any]:
        """Have states for at least ``count`` charts; the first ``count`` of them."""
        made = list(self.charts)
        while len(made) < count:
            values = {name: getattr(self, name) for name in self._names} if like is None or not made else like
            values = {name: list(value) if isinstance(value, list) else value for name, value in values.items()}
            made.append(self._child({**values, "link": getattr(self, "link", "") if not made else ""}))
        if len(made) > len(self.charts):
            self.charts = made
        return made[:count]

    def arrange(self, name: str) -> None:
        """Place the charts in another way. The active one stays on the page."""
        count = ARRANGEMENTS[name].count
        charts = list(self.grow(max(count, len(self.charts), 1)))
        active = self.active
        if active >= count:
            charts.insert(count - 1, charts.pop(active))
            active = count - 1
        self.param.update(charts=charts, active=active, arrangement=name)

    def place(self, values: list[Mapping[str, Any]], arrangement: str, active: int) -> None:
        """Show these charts: what changes of each, in their order."""
        if len(values) == 1 and not self.charts:
            self.param.update(arrangement=arrangement, active=active, **values[0])
            return
        self.placing = True
        try:
            self._place(values, arrangement, active)
        finally:
            self.placing = False

    def _place(self, values: list[Mapping[str, Any]], arrangement: str, active: int) -> None:
        charts = list(self.charts)
        defaults = {name: self.param[name].default for name in self._names}
        for at, wanted in enumerate(values):
            if at < len(charts):
                charts[at].param.update(**wanted)
            else:
                charts.append(self._child({**defaults, **wanted}))
        charts = charts[: len(values)]
        now = {name: getattr(charts[active], name) for name in self._names}
        self.param.update(charts=charts, active=active, arrangement=arrangement, **now)

    def _child(self, values: Mapping[str, Any]) -> Any:
        child = type(self)(**{**values, **{name: getattr(self, name) for name in self._SHARED}})
        child.param.watch(lambda *events: self._heard(child, events), list(self._names))
        child.param.watch(lambda event: self.param.update(notice=event.new), "notice")
        return child

    def _heard(self, child: Any, events: Iterable[param.parameterized.Event]) -> None:
        """A chart changed."""
        if self._at(self.active) is child:
            self.param.update(**{event.name: event.new for event in events})
        elif any(one is child for one in self.charts):
            self.others += 1

    def _hand_down(self, *events: param.parameterized.Event) -> None:
        shared = {event.name: event.new for event in events if event.name in self._SHARED}
        own = {event.name: event.new for event in events if event.name not in self._SHARED}
        for child in self.charts if shared else ():
            child.param.update(**shared)
        active = self._at(self.active)
        if active is not None and own:
            active.param.update(**own)

    def _take_up(self) -> None:
        active = self._at(self.active)
        if active is not None:
            self.param.update(**{name: getattr(active, name) for name in self._names})

    def _at(self, place: int) -> Any:
        return self.charts[place] if place < len(self.charts) else None


def numbered(
    asked: Mapping[str, str], names: Iterable[str], told: Callable[[str], object]
) -> tuple[str, int, dict[int, dict[str, str]]]:
    """What a link says of several charts: arrangement, place of the active one, and the texts of the others by place.

    A link says ``grid=four&active=2&symbol.1=ES``; the names without a number are those of the active chart. ``told``
    hears a sentence for what cannot be used.
    """
    name, known = asked.get("grid", "one"), frozenset(names)
    if name not in ARRANGEMENTS:
        told(f"Grid {name[:40]!r} is not known: it is one of {', '.join(ARRANGEMENTS)}. Showing one chart.")
        name = "one"
    count, active, texts = ARRANGEMENTS[name].count, 0, asked.get("active", "1")
    if texts.isascii() and texts.isdigit() and 1 <= int(texts[:4]) <= count:
        active = int(texts) - 1
    else:
        told(f"Active must be the number of a chart from 1 to {count}, not {texts[:40]!r}. The first one is active.")
    others: dict[int, dict[str, str]] = {at: {} for at in range(count) if at != active}
    for key, text in asked.items():
        first, dot, number = key.partition(".")
        if dot and first in known and number.isascii() and number.isdigit() and int(number[:4]) - 1 in others:
            others[int(number) - 1][first] = text
    return name, active, others
