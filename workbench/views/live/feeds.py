"""Feeds of all processes, started and stopped, and the form of a new synthetic market; recorders below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import param

from workbench.catalog.scenarios import SCENARIOS
from workbench.errors import DataError
from workbench.live.recorder import RecorderStatus
from workbench.live.runner import FeedStatus, this_process
from workbench.views.live.acting import Acts
from workbench.views.live.looking import Look
from workbench.views.scripts import with_el
from workbench.views.states import explain

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Symbols that are named; of more only their number.
_NAMED = 4
#: Seconds after which a recorder that says nothing is taken for gone.
_SILENT_S = 15.0
_TONES = {"running": "good", "failed": "bad", "lost": "warn", "stopping": "warn"}
_RECORDING = {"recording": "good", "off": ""}


class FeedsModel(pn.custom.JSComponent):
    """The feeds as the browser draws them. Says ``start``, ``stop``, ``again``, ``remove``."""

    feeds = param.List(default=[], item_type=dict, doc="id, name, about, state, tone, rate, message, acts of each.")
    scenarios = param.List(default=[], item_type=dict, doc="name and doc of each kind of synthetic market.")
    working = param.String(default="", doc="What is being done; empty for nothing.")
    wrong = param.String(default="", doc="Why the last thing that was asked could not be done.")
    made = param.Integer(default=0, bounds=(0, None), doc="Counts markets that were started from the form.")

    _esm = with_el(_JS / "feeds.js")
    _stylesheets = [_CSS / "parts.css"]


class RecordersModel(pn.custom.JSComponent):
    """The recorders as the browser draws them."""

    recorders = param.List(default=[], item_type=dict, doc="name, about, state, tone, figures and message of each.")

    _esm = with_el(_JS / "recorders.js")
    _stylesheets = [_CSS / "parts.css"]


class FeedsPanel(pn.viewable.Viewer):
    """The list with its form.

    Parameters
    ----------
    services
        Has ``feeds``, the runner of this process.
    acts
        Carries out what is pressed.
    changed
        Called when something was started or stopped.
    """

    def __init__(self, services: Any, acts: Acts, changed: Callable[[], object] = lambda: None, **params: Any) -> None:
        super().__init__(**params)
        self.services, self.acts, self._changed = services, acts, changed
        self._known: dict[str, FeedStatus] = {}
        self.model = FeedsModel(
            scenarios=[{"name": one.name, "doc": one.about} for one in SCENARIOS.values()], sizing_mode="stretch_width",
            margin=0, css_classes=["wb-lv-part"],
        )  # fmt: skip
        self.model.on_msg(lambda event: self.heard(event.data))
        self.recorders = RecordersModel(sizing_mode="stretch_width", margin=0, css_classes=["wb-lv-part"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self.model

    def show(self, look: Look) -> None:
        """Show the feeds and recorders of a look."""
        self._known = {one.id: one for one in look.feeds}
        rates = look.latency.rates
        self.model.feeds = [told(one, sum(rates.get(symbol, (0.0, 0.0))[1] for symbol in one.symbols))
                            for one in look.feeds]  # fmt: skip
        self.recorders.recorders = [recorder_told(one, look.at_ns) for one in look.recorders]

    def heard(self, data: Mapping[str, Any]) -> None:
        """Carry out what was pressed; a second press while something goes on is passed over."""
        what, runner = data.get("what"), self.services
        if self.model.working:
            return
        if what == "start":
            try:
                options = options_of(data)
            except DataError as error:
                self.model.wrong = str(error)
                return
            self._do("Starting", lambda: runner.feeds.start("synthetic", **options), made=True)
            return
        one = self._known.get(str(data.get("id")))
        if one is None or one.who != this_process():
            return
        acts = {
            "stop": ("Stopping", lambda: runner.feeds.stop(one.name)),
            "again": ("Starting", lambda: runner.feeds.again(one.name)),
            "remove": ("Removing", lambda: runner.feeds.remove(one.name)),
        }
        if what in acts:
            self._do(*acts[what])

    def _do(self, doing: str, work: Callable[[], Any], *, made: bool = False) -> None:
        self.model.param.update(working=doing, wrong="")

        def over(_: Any, error: BaseException | None) -> None:
            wrong = " ".join(explain(error, doing.lower())[:2]).strip() if error is not None else ""
            count = self.model.made + (made and error is None)
            self.model.param.update(working="", wrong=wrong, made=count)
            self._changed()

        self.acts.do(work, over)


def told(one: FeedStatus, rate: float) -> dict[str, Any]:
    """What the browser draws of a feed."""
    own = one.who == this_process()
    symbols = ", ".join(one.symbols[:_NAMED]) + (f" and {len(one.symbols) - _NAMED:,} more" if
                                                len(one.symbols) > _NAMED else "")  # fmt: skip
    acts = [] if not own or one.state == "stopping" else ["stop"] if one.running else ["again", "remove"]
    return {
        "id": one.id, "name": one.name, "about": f"{one.kind} · {symbols}", "tip": ", ".join(one.symbols[:50]),
        "told": one.told, "state": one.state, "tone": _TONES.get(one.state, ""), "message": one.message,
        "rate": f"{rate:,.1f}/s" if one.running else "", "acts": acts,
        "elsewhere": "" if own else f"Runs in {one.who}: it is stopped there",
    }  # fmt: skip


def options_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the synthetic feed from what was typed.

    Raises
    ------
    DataError
        A field cannot be read; names it.
    """
    symbols = [one.strip() for one in str(data.get("symbols", "")).split(",") if one.strip()]
    if not symbols:
        raise DataError("Symbols: name at least one, such as DEMO or DEMO, BTC-TEST")
    if long := [one for one in symbols if len(one) > 100 or not one.isprintable()]:
        raise DataError(f"Symbols: {long[0][:40]!r} is not 1 to 100 printable characters")
    if len(set(symbols)) < len(symbols):
        raise DataError("Symbols: each may be named once")
    options: dict[str, Any] = {"symbols": symbols, "scenario": str(data.get("scenario", "normal"))}
    for name, kind, low, high in (("seed", int, 0, 2**31 - 1), ("speed", float, 0.01, 1000.0)):
        text = str(data.get(name, "")).strip()
        try:
            value = kind(text)
        except ValueError:
            raise DataError(f"{name.capitalize()}: {text[:40]!r} is not a number") from None
        if not low <= value <= high:
            raise DataError(f"{name.capitalize()}: {value:g} is not between {low:g} and {high:,.10g}")
        options[name] = value
    return {**options, **{name: True for name in ("quotes", "book") if data.get(name)}}


def recorder_told(one: RecorderStatus, now_ns: int) -> dict[str, Any]:
    """What the browser draws of a recorder."""
    silent = (now_ns - one.beat_ns) / 1e9
    gone = silent > _SILENT_S and one.state != "off"
    figures = [
        ("lag", f"{one.lag_ms:,.0f} ms" if one.lag_ms == one.lag_ms else "–", "How far the store is behind the bus"),
        ("rows", f"{one.rows:,}", "Records stored since it began"),
        ("gaps", f"{one.gaps:,}", "Stretches that were trimmed or missed; the ledger of gaps has them"),
    ]
    last = pd.Timestamp(one.beat_ns, tz="UTC")
    return {
        "name": one.name, "about": f"{one.symbols:,} symbols · {one.host}:{one.pid}",
        "state": "silent" if gone else one.state, "tone": "warn" if gone else _RECORDING.get(one.state, "warn"),
        "message": f"It says nothing since {last:%H:%M:%S} UTC." if gone else one.message, "figures": figures,
    }  # fmt: skip
