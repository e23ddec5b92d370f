"""Drawing tools: what was drawn by hand is kept, shown on every kind of bar, undone and done again."""

from __future__ import annotations

import itertools
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import param

from workbench.charts.drawings import instant_of, ordinals_of, pace_of
from workbench.charts.theme import css_variables, tokens
from workbench.errors import WorkbenchError
from workbench.views.chart.part import Part
from workbench.views.wire import in_turn
from workbench.workspaces import Annotation, Annotations, Workspaces

#: Polls of the page between two looks at what other sessions drew: one look in two seconds.
LOOK_EVERY = 20
#: Operations that can be undone.
UNDONE = 200
#: Bars before those that are held that are counted at most, so that old anchors stand where they belong; what is older
#: still is placed by the pace of the bars.
COUNTED = 100_000
_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
_FIELDS = ("text", "style", "locked", "hidden")
_log = logging.getLogger(__name__)


class DrawingRail(pn.custom.JSComponent):
    """Buttons of the drawing tools. What is chosen stays in the browser, where the chart's scripts read it."""

    channel = param.String(default="", doc="Names the chart that the tools draw on.")
    colors = param.String(default="", doc="The theme's colours as CSS properties.")
    folded = param.Boolean(default=False, doc="One button that opens the others, for narrow pages.")

    _esm = _JS / "rail.js"
    _stylesheets = [_CSS / "rail.css"]


@dataclass(frozen=True)
class _Step:
    """One operation: how it is taken back and how it is done once more."""

    undo: Callable[[], object]
    redo: Callable[[], object]


@dataclass
class _Steps:
    done: list[_Step] = field(default_factory=list)
    undone: list[_Step] = field(default_factory=list)

    def add(self, step: _Step) -> None:
        self.done = [*self.done[1 - UNDONE :], step]
        self.undone.clear()


class Drawings(Part):
    """The drawings of the symbol that a chart shows.

    They are kept in the services' workspaces; of a chart without services they last as long as the session.

    Parameters
    ----------
    view
        The chart it belongs to.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self.layer = view.chart.drawings
        self.layer.wish.on_change("data", in_turn(self._wished))
        self._own: Workspaces | None = None
        self._shown: list[Annotation] = []
        self._symbol = ""
        self._version: object = None
        self._history: Any = None
        self._span = (0, 0)
        self._lead = np.zeros(0, "i8")
        self._lead_of: tuple[Any, int, int] = (None, 0, 0)
        self._counting = itertools.count(1)
        self._polls = 0
        self._steps: dict[str, _Steps] = defaultdict(_Steps)
        self._failed: dict[str, str] = {}
        channel = self.layer.wish.id
        self._rail = DrawingRail(channel=channel, width=36, sizing_mode="stretch_height", margin=0)
        self._menu = DrawingRail(channel=channel, folded=True, sizing_mode=None, margin=0)
        self._dress()
        view.state.param.watch(lambda *_: self._dress(), ["dark", "palette"])

    def rail(self) -> list[Any]:
        """The tools, from the pointer to the eye."""
        return [self._rail]

    def tools(self) -> list[Any]:
        """The tools behind one button, on pages that have no room for a rail."""
        return [self._menu]

    def opened(self) -> None:
        """Show the drawings of the symbol that was opened."""
        self._refresh()

    def drawn(self) -> None:
        """Put the drawings where their instants are among the bars now."""
        if self.view.instrument.symbol != self._symbol:
            self._refresh()
        else:
            self._place()

    def lived(self, first: int) -> None:
        """New bars move what is anchored behind them."""
        history = self.view.history
        if history is None or not len(history) or not self._shown:
            return
        if self._span[1] > int(history.records["time"][max(0, first - 1 - history.first)]):
            self._place()

    def polled(self) -> None:
        """Look now and then at what other sessions drew."""
        self._polls += 1
        if self._polls % LOOK_EVERY == 0 and self._symbol:
            self._refresh()

    def close(self) -> None:
        """Forget what was drawn on a chart without services."""
        if self._own is not None:
            self._own.close()

    def _dress(self) -> None:
        """In a notebook there is no page that says what the colours are."""
        colors = css_variables(tokens(self.view.state.dark, self.view.state.palette))
        for rail in (self._rail, self._menu):
            rail.colors = colors

    @property
    def kept(self) -> Annotations:
        """Where drawings are kept."""
        if self.view.services is not None:
            return self.view.services.workspaces.annotations
        if self._own is None:
            self._own = Workspaces("sqlite://")
        return self._own.annotations

    # --- showing --------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Read the drawings if any changed. A database that cannot be read is told of; the chart goes on."""
        symbol = self.view.instrument.symbol
        if symbol != self._symbol:
            self._symbol, self._version, self._shown = symbol, None, []
        try:
            version = self.kept.version(symbol) if symbol else None
            if version != self._version:
                self._shown = self.kept.of(symbol) if symbol else []
                self._version = version
                instants = [at for one in self._shown for at, _ in one.anchors]
                self._span = (min(instants, default=0), max(instants, default=0))
            said = ""
        except Exception as error:  # the chart goes on without them
            said = f"Drawings cannot be read. {_said(error)}"
            if said != self.layer.source.tags[0].get("said"):
                _log.warning("drawings of %s", symbol, exc_info=error)
        self._place(said=said)

    def _place(self, **told: Any) -> None:
        history = self.view.history
        if history is None or not len(history):
            self.layer.show([], [])
            return
        if history is not self._history:
            self._history = history
            told["counting"] = next(self._counting)
        (times, first), pace = self._times(), self._pace()
        places = [ordinals_of([at for at, _ in one.anchors], times, first, pace) for one in self._shown]
        self.layer.show(self._shown, places)
        steps = self._steps[self._symbol]
        self.layer.tell(pace=pace / 1e6, undo=bool(steps.done), redo=bool(steps.undone), **told)

    def _times(self) -> tuple[np.ndarray, int]:
        """Opens of the bars that are held and of those before them back to the oldest anchor, and the first ordinal."""
        history, (oldest, _) = self.view.history, self._span
        times = history.records["time"]
        start = int(times[0])
        if history.at_start or not self._shown or oldest >= start or not history.spec.root.timed:
            return times, history.first
        of, since, until = self._lead_of
        if of is not history or since > oldest or until < start:
            mean = max(1, (int(times[-1]) - start) // max(1, len(times) - 1))
            back = oldest - history.spec.nominal
            few = (start - oldest) // mean <= COUNTED
            self._lead = history.reader.between(history.spec, back, start)["time"] if few else times[:0]
            self._lead_of = (history, oldest, start)
        lead = self._lead[: np.searchsorted(self._lead, start)]
        return (np.concatenate([lead, times]), history.first - len(lead)) if len(lead) else (times, history.first)

    def _pace(self) -> float:
        history = self.view.history
        return pace_of(history.records["time"], history.spec.nominal)

    # --- what was done by hand ------------------------------------------------------------------------------------

    def _wished(self, attr: str, old: Any, new: Any) -> None:
        for seq, what, value in zip(new.get("seq", ()), new.get("what", ()), new.get("value", ()), strict=False):
            self._carry_out(int(seq), str(what), json.loads(value))

    def _carry_out(self, seq: int, what: str, said: Mapping[str, Any]) -> None:
        try:
            done: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
                "add": self._add,
                "change": self._change,
                "remove": self._remove,
                "reveal": self._reveal,
                "undo": lambda _: self._back(),
                "redo": lambda _: self._again(),
            }
            done[what](said)
            told = {}
        except Exception as error:  # whatever it is, the drawing stays on the chart and can be saved again
            _log.warning("drawing: %s failed", what, exc_info=not isinstance(error, WorkbenchError))
            self._failed = {**dict(list(self._failed.items())[-20:]), str(seq): _said(error)}
            told = {"failed": self._failed}
        with pn.io.hold():
            self._refresh()
            self.layer.tell(heard=seq, **told)

    def _add(self, said: Mapping[str, Any]) -> None:
        symbol = str(said["symbol"])
        made = self.kept.add(Annotation(symbol, said["kind"], self._anchors(said), id=said["id"], **_fields(said)))
        self._done(symbol, lambda: self.kept.remove([made.id]), lambda: self.kept.restore([made.id]))

    def _change(self, said: Mapping[str, Any]) -> None:
        id, old = said["id"], self.kept.get(said["id"])
        new = _fields(said)
        if "points" in said:
            new["anchors"] = self._anchors(said, old)
        before = {name: getattr(old, name) for name in new}
        after = self.kept.update(id, **new)
        if any(getattr(after, name) != value for name, value in before.items()):
            self._done(old.symbol, lambda: self.kept.update(id, **before), lambda: self.kept.update(id, **new))

    def _remove(self, said: Mapping[str, Any]) -> None:
        ids = [str(id) for id in said["ids"]]
        self.kept.remove(ids)
        self._done(self._symbol, lambda: self.kept.restore(ids), lambda: self.kept.remove(ids))

    def _reveal(self, said: Mapping[str, Any]) -> None:
        """Show all that are hidden."""
        ids = [one.id for one in self._shown if one.hidden]

        def hide(hidden: bool) -> None:
            for id in ids:
                self.kept.update(id, hidden=hidden)

        hide(False)
        self._done(self._symbol, lambda: hide(True), lambda: hide(False))

    def _done(self, symbol: str, undo: Callable[[], object], redo: Callable[[], object]) -> None:
        self._steps[symbol].add(_Step(undo, redo))

    def _back(self) -> None:
        steps = self._steps[self._symbol]
        if steps.done:
            steps.done[-1].undo()
            steps.undone.append(steps.done.pop())

    def _again(self) -> None:
        steps = self._steps[self._symbol]
        if steps.undone:
            steps.undone[-1].redo()
            steps.done.append(steps.undone.pop())

    def _anchors(self, said: Mapping[str, Any], old: Annotation | None = None) -> tuple[tuple[int, float], ...]:
        """Anchors of points ``[ordinal, ms UTC, price]``.

        Where the ordinals count the bars that are held, the instant is the bar's own to the nanosecond; else the
        browser's milliseconds must do. An anchor that was not moved in time keeps its instant.
        """
        points: Sequence[Sequence[float]] = said["points"]
        history = self.view.history
        counted = (
            history is self._history
            and history is not None
            and len(history) > 0
            and said.get("counting") == self.layer.source.tags[0].get("counting")
        )
        times = [at for at, _ in old.anchors] if old is not None and len(old.anchors) == len(points) else []
        out = []
        for index, (x, ms, price) in enumerate(points):
            if times and ms == times[index] / 1e6:
                instant = times[index]
            elif counted:
                instant = instant_of(x, *self._times(), self._pace())
            else:
                instant = round(ms * 1e6)
            out.append((instant, price))
        return tuple(out)


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in _FIELDS if name in said}


def _said(error: Exception) -> str:
    if not isinstance(error, WorkbenchError):
        return "Something unforeseen went wrong; the log has the details."
    text = str(error.args[0] if error.args else error)
    return text[:1].upper() + text[1:]
