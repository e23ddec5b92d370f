"""The Live page: feeds, replays, recorders at the left, latency and rates at the right, gaps and dead letters below."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import pandas as pd
import panel as pn
import param

from workbench.views.backtest.head import Head
from workbench.views.backtest.loaded import when_loaded
from workbench.views.backtest.results import TabBar
from workbench.views.backtest.tables import Column, Table
from workbench.views.live.acting import Acts
from workbench.views.live.feeds import FeedsPanel
from workbench.views.live.latency import Stages
from workbench.views.live.layout import AREA, BOTTOM, NOTICE, PAGE, SIDE
from workbench.views.live.looking import Look, watch_of
from workbench.views.live.rates import Symbols
from workbench.views.live.replay import ReplayPanel
from workbench.views.state import AppState
from workbench.views.states import explain
from workbench.views.status import describe

#: How often a session sees what is there, ms, and how old what it asks for may be, s.
POLL_MS, LOOK_S = 250, 1.0

GAPS = (
    Column("symbol", "Symbol", "Whose trades are missing", "text", 92, 1),
    Column("start", "From", "The last trade before", "time", 150, 1),
    Column("end", "To", "The first trade behind", "time", 150, 1),
    Column("seconds", "Seconds", "How long that is", "number", 90, 0.6),
)
LETTERS = (
    Column("when", "At", "When it was put aside", "time", 150, 0.4),
    Column("key", "Stream", "Where it came from", "text", 150, 0.6),
    Column("reason", "Reason", "Why it could not be used", "text", 320, 4),
)
TABS = {
    "gaps": ("Gaps", "Stretches of which trades are missing, the newest first"),
    "dead": ("Dead letters", "What came and could not be used, the newest first"),
}


class LiveView(pn.viewable.Viewer):
    """The page's main area.

    Parameters
    ----------
    services
        Gives hub, feeds, replays and the address of the bus.
    state
        Of the page: its zone is that of the times.
    """

    source = param.String(default="", doc="The feeds that run; the status strip shows it.")

    def __init__(self, services: Any, state: AppState | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.services, self.state = services, state or AppState()
        self.watch = watch_of(services)
        self.acts = Acts()
        self.shown = Look()
        self._asked: Future | None = None
        self._due, self._filled = 0.0, ("", -1, 0.0)
        self._timer: Any = None
        self.head = Head(title="Live", place="Connecting", sizing_mode="stretch_width", margin=0,
                         css_classes=["wb-lv-fixed"])  # fmt: skip
        self.notice = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, visible=False, stylesheets=[NOTICE],
                                   css_classes=["wb-lv-notice", "wb-lv-fixed"])  # fmt: skip
        self.stages = Stages(sizing_mode="stretch_width", margin=0, css_classes=["wb-lv-fixed"])
        self.symbols = Symbols()
        self.feeds = FeedsPanel(services, self.acts, self._soon)
        self.replay = ReplayPanel(services, self.acts, self._soon)
        self.gaps = Table(GAPS, label="Gaps", none="No gaps: every trade that was published is here.")
        self.letters = Table(LETTERS, label="Dead letters", none="No dead letters: everything could be read.")
        self._lay()
        self.state.param.watch(lambda *_: self._zone(), "tz")
        self._zone()
        if pn.state.curdoc is not None:
            self._timer = pn.state.add_periodic_callback(self.poll, period=POLL_MS, start=False)
            when_loaded(self._timer.start)
            pn.state.on_session_destroyed(lambda _: self.close())

    def _lay(self) -> None:
        self.bar = TabBar(value="gaps", tabs=self._tabs(0, 0), sizing_mode="stretch_width", margin=0, height=30)
        self._boxes = {
            name: pn.Column(one, sizing_mode="stretch_both", margin=0, visible=name == "gaps")
            for name, one in (("gaps", self.gaps), ("dead", self.letters))
        }
        bottom = pn.Column(*self._boxes.values(), css_classes=["wb-lv-bottom"], stylesheets=[BOTTOM], margin=0,
                           sizing_mode="stretch_both")  # fmt: skip
        self.bar.param.watch(lambda _: self._opened(), "value")
        self.bar.param.watch(lambda _: bottom.param.update(visible=not self.bar.folded), "folded")
        body = pn.Column(self.symbols, css_classes=["wb-lv-body"], margin=0, sizing_mode="stretch_both")
        area = pn.Column(self.head, self.notice, self.stages, body, self.bar, bottom, css_classes=["wb-lv-area"],
                         stylesheets=[AREA], margin=0, sizing_mode="stretch_both")  # fmt: skip
        side = pn.Column(self.feeds, self.replay, self.feeds.recorders, css_classes=["wb-lv-side"], stylesheets=[SIDE],
                         margin=0, sizing_mode=None)  # fmt: skip
        self._root = pn.Row(side, area, css_classes=["wb-lv"], stylesheets=[PAGE], margin=0, sizing_mode="stretch_both")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def close(self) -> None:
        """Called when the session ends: feeds and replays go on."""
        self.acts.close()
        self.replay.close()
        if self._timer is not None and self._timer.running:
            self._timer.stop()

    # --- looking --------------------------------------------------------------------------------------------------

    def poll(self) -> None:
        """See what is there, and ask for a new look when it is time; nothing here waits."""
        self.acts.poll()
        asked = self._asked
        if asked is not None:
            if not asked.done():
                return
            self._asked = None
            act, error = asked.result() if asked.exception() is None else (None, asked.exception())
            if error is not None:
                self._tell(" ".join(explain(error, "looking at the live plane")[:2]))
            else:
                with pn.io.hold():
                    act()
        now = time.monotonic()
        if now >= self._due:
            self._due = now + LOOK_S
            self._asked = _looks().submit(self._look, self.bar.value, self._filled)

    def _soon(self) -> None:
        self._due = 0.0

    def _look(self, tab: str, filled: tuple[str, int, float]) -> tuple[Callable[[], object], BaseException | None]:
        """Beside the page: what there is, and the open list where it has changed."""
        try:
            look = self.watch.look()
            count = look.dead if tab == "dead" else look.status.gaps
            frame = None
            if (tab, count) != filled[:2] and not look.problem:
                frame = self.watch.letters() if tab == "dead" else self.watch.gaps()
        except Exception as error:
            return (lambda: None), error
        return (lambda: self.show(look, tab, frame)), None

    def show(self, look: Look, tab: str = "", frame: pd.DataFrame | None = None) -> None:
        """Show a look, and a list that was read with it; what has not changed is not sent."""
        self.shown = look
        self.source = ", ".join(one.name for one in look.feeds if one.running)[:60]
        self.head.param.update(**head_of(look))
        self._tell(notice_of(look))
        self.stages.show(look.latency)
        self.symbols.show(look.symbols)
        self.feeds.show(look)
        self.replay.show(look.replays)
        self.bar.tabs = self._tabs(look.status.gaps, look.dead)
        if frame is not None:
            self._filled = (tab, look.dead if tab == "dead" else look.status.gaps, time.monotonic())
            (self.letters if tab == "dead" else self.gaps).show(frame)

    def _opened(self) -> None:
        for name, box in self._boxes.items():
            box.visible = name == self.bar.value
        self._filled = ("", -1, 0.0)
        self._soon()

    def _tell(self, text: str) -> None:
        self.notice.param.update(object=f'<p role="status">{html.escape(text)}</p>' if text else "", visible=bool(text))

    def _zone(self) -> None:
        self.gaps.tz = self.letters.tz = self.state.tz

    @staticmethod
    def _tabs(gaps: int, dead: int) -> list[tuple[str, str, str, str]]:
        counts = {"gaps": gaps, "dead": dead}
        return [(name, title, f"{counts[name]:,}" if counts[name] else "", tip) for name, (title, tip) in TABS.items()]


def head_of(look: Look) -> dict[str, Any]:
    """State and totals for the line over the page."""
    status, rates = look.status, look.latency.total

    def figure(label: str, value: str, tip: str, tone: str = "") -> dict[str, str]:
        return {"label": label, "value": value, "tip": tip, "tone": tone}

    stale = int((look.symbols["state"] == "stale").sum()) if len(look.symbols) else 0
    packed = status.trades / status.entries if status.entries else float("nan")
    figures = [
        figure("Trades/s", f"{rates[0]:,.0f}", "Trades of all symbols over the last second"),
        figure("Mean of 10 s", f"{rates[1]:,.1f}", "Trades a second over the last ten"),
        figure("Trades", f"{status.trades:,}", "All that came since this hub began"),
        figure("Entries", f"{status.entries:,}", "Entries of the bus that were read"),
        figure("Coalesced", f"{packed:,.1f} to 1" if packed == packed else "–", "Trades in an entry, on average"),
        figure("Stale", f"{stale:,}", "Symbols whose session is open and of which nothing comes"),
        figure("Late", f"{getattr(status, 'late', 0):,}", "Trades that came too late for their bar"),
        figure("Gaps", f"{status.gaps:,}", "Stretches of which trades are missing"),
        figure("Dead letters", f"{look.dead:,}", "What came and could not be used"),
    ]
    return {"title": "Live", "place": describe(status, look.at_ns or time.time_ns())["words"], "figures": figures}


def notice_of(look: Look) -> str:
    """One sentence for what is to be minded; empty while all is well."""
    status = look.status
    if look.problem or status.state == "reconnecting":
        return f"Redis does not answer; trying again. What is shown is the last that came. {look.problem}".strip()
    if status.state in ("off", "stale") and status.message:
        return f"{status.message[:1].upper()}{status.message[1:]}."
    return ""


@cache
def _looks() -> ThreadPoolExecutor:
    """Where looks are taken: few, as all sessions share them."""
    return ThreadPoolExecutor(2, thread_name_prefix="live-look")
