"""Replays: started from what is stored, steered, and followed; those of other processes too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn
import param

from workbench.errors import DataError
from workbench.live.replay import AttachedReplay
from workbench.live.worlds import World
from workbench.views.live.acting import Acts
from workbench.views.scripts import with_el
from workbench.views.states import explain

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Speeds that are offered; 0 stands for as fast as it goes.
SPEEDS = (0.25, 0.5, 1, 2, 5, 10, 60, 100, 1000, 0)
#: What can be run to, its title, what its field means, and what stands in it first.
GOALS = (
    ("move", "Move, %", "Per cent from one close to the next", "0.5"),
    ("volume", "Volume, x", "Times the mean volume of the 20 bars before", "3"),
    ("formula", "Formula", "A formula that says yes or no, and becomes true", "rsi(close, 14) < 30"),
)


class ReplayModel(pn.custom.JSComponent):
    """The replays as the browser draws them. Says what is pressed."""

    known = param.List(default=[], item_type=str, doc="Symbols that can be replayed.")
    replays = param.List(default=[], item_type=dict, doc="What ``told`` says of each.")
    chosen = param.String(default="", doc="Name of the one that is steered.")
    speeds = param.List(default=[], item_type=dict, doc="value and text of each speed.")
    goals = param.List(default=[], item_type=dict, doc="name, title, tip and first of what can be run to.")
    working = param.String(default="", doc="What is being done; empty for nothing.")
    wrong = param.String(default="", doc="Why the last thing that was asked could not be done.")

    _esm = with_el(_JS / "replay.js")
    _stylesheets = [_CSS / "parts.css"]


class ReplayPanel(pn.viewable.Viewer):
    """The form of a new replay, the list, and the controls of the one that is chosen.

    Parameters
    ----------
    services
        Has ``replay`` and ``bus_url``.
    acts
        Carries out what is pressed.
    changed
        Called when something was done.
    """

    def __init__(self, services: Any, acts: Acts, changed: Callable[[], object] = lambda: None, **params: Any) -> None:
        super().__init__(**params)
        self.services, self.acts, self._changed = services, acts, changed
        self._attached: dict[str, AttachedReplay] = {}
        self._worlds: dict[str, World] = {}
        self.model = ReplayModel(
            known=stored(services), speeds=[{"value": str(one), "text": speed_text(one)} for one in SPEEDS],
            goals=[dict(zip(("name", "title", "tip", "first"), one, strict=True)) for one in GOALS],
            sizing_mode="stretch_width", margin=0, css_classes=["wb-lv-part"],
        )  # fmt: skip
        self.model.on_msg(lambda event: self.heard(event.data))

    def __panel__(self) -> pn.viewable.Viewable:
        return self.model

    def show(self, worlds: Sequence[World]) -> None:
        """Show the replays that there are; the newest of them is chosen where the chosen one is gone."""
        self._worlds = {one.name: one for one in worlds if one.kind == "replay"}
        chosen = self.model.chosen if self.model.chosen in self._worlds else next(reversed(self._worlds), "")
        self.model.param.update(replays=[told(one) for one in self._worlds.values()], chosen=chosen)

    def close(self) -> None:
        """Let go of the replays; they go on."""
        for one in self._attached.values():
            one.close()
        self._attached.clear()

    def heard(self, data: Mapping[str, Any]) -> None:
        """Carry out what was pressed."""
        what, name = str(data.get("what")), self.model.chosen
        if what == "choose":
            if data.get("name") in self._worlds:
                self.model.chosen = str(data["name"])
            return
        if what == "start":
            if not self.model.working:
                self._start(data)
            return
        world = self._worlds.get(name)
        if world is None:
            return
        try:
            command = command_of(data, world)
        except DataError as error:
            self.model.wrong = str(error)
            return
        if command is not None:
            self._do("", lambda: command(self._steered(name)))

    def _start(self, data: Mapping[str, Any]) -> None:
        symbols = [one.strip() for one in str(data.get("symbols", "")).split(",") if one.strip()]
        if not symbols:
            self.model.wrong = "Symbols: name at least one that has stored trades."
            return
        span = [str(data.get(edge, "")).strip() or None for edge in ("start", "end")]
        speed = float(data.get("speed") or 0) or None

        def work() -> str:
            return self.services.replay(symbols, *span, speed=speed).play().name

        def begun(name: str) -> None:
            self.model.chosen = name

        self._do("Starting the replay", work, begun)

    def _steered(self, name: str) -> AttachedReplay:
        held = self._attached.get(name)
        if held is None:
            held = self._attached[name] = AttachedReplay(name, bus_url=self.services.bus_url)
        return held

    def _do(self, doing: str, work: Callable[[], Any], done: Callable[[Any], object] = lambda _: None) -> None:
        self.model.param.update(working=doing, wrong="")

        def over(found: Any, error: BaseException | None) -> None:
            wrong = " ".join(explain(error, "steering the replay")[:2]).strip() if error is not None else ""
            self.model.param.update(working="", wrong=wrong)
            if error is None:
                done(found)
            self._changed()

        self.acts.do(work, over)


def command_of(data: Mapping[str, Any], world: World) -> Callable[[Any], Any] | None:
    """What is to be done with a replay's controls; None for a word that is not known.

    Raises
    ------
    DataError
        A field cannot be read; names it.
    """
    what = data.get("what")
    if what in ("play", "pause", "stop"):
        return lambda controls: getattr(controls, what)()
    if what == "seek":
        share = min(1.0, max(0.0, float(data.get("share", 0))))
        to = pd.Timestamp(world.start + int((world.end - world.start) * share), tz="UTC")
        return lambda controls: controls.seek(to)
    if what == "speed":
        speed = float(data.get("speed") or 0) or None
        return lambda controls: setattr(controls, "speed", speed)
    if what == "step":
        by = str(data.get("by") or "trade")
        return lambda controls: controls.step(1, by)
    if what == "run_to":
        goal, text, spec = str(data.get("goal")), str(data.get("text", "")).strip(), str(data.get("spec") or "1min")
        if goal == "formula":
            if not text:
                raise DataError("Formula: write one that says yes or no, such as rsi(close, 14) < 30")
            return lambda controls: controls.run_to(text, spec)
        try:
            size = float(text.rstrip("% "))
        except ValueError:
            raise DataError(f"Run to: {text[:40]!r} is not a number") from None
        at_least = size / 100 if goal == "move" else size
        return lambda controls: controls.run_to(goal, spec, at_least=at_least)
    return None


def told(world: World) -> dict[str, Any]:
    """What the browser draws of a replay."""
    at = pd.Timestamp(world.now, tz="UTC")
    edges = [f"{pd.Timestamp(one, tz='UTC'):%Y-%m-%d %H:%M}" for one in (world.start, world.end)]
    return {
        "name": world.name, "symbols": ", ".join(world.symbols), "state": world.state,
        "clock": f"{at:%Y-%m-%d %H:%M:%S}",
        "start": edges[0], "end": edges[1], "share": round(world.progress, 4),
        "spanS": (world.end - world.start) / 1e9, "startS": world.start / 1e9, "message": world.message,
        "chart": f"chart?{urlencode({'symbol': world.symbols[0], 'spec': '1min', 'replay': world.name})}",
        "speed": f"{world.speed:g}", "published": f"{world.published:,}", "running": world.running,
    }  # fmt: skip


def _split(names: Any) -> list[str]:
    found = names.split(",") if isinstance(names, str) else list(names)
    return [one.strip() for one in found if one.strip()]


def speed_text(speed: float) -> str:
    """A speed as it is written: ``10x``, or ``max``."""
    return f"{speed:g}x" if speed else "max"


def stored(services: Any) -> list[str]:
    """Symbols of which trades are stored; none where the catalog cannot be read."""
    try:
        frame = services.catalog.datasets()
        return sorted({symbol for names in frame.loc[frame["kind"] == "trades", "symbols"] for symbol in _split(names)})
    except Exception:  # the replay itself says what is wrong with the catalog
        return []
