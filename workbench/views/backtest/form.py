"""The form of a backtest: drawn from Param, checked as it is typed, kept in the address bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

import panel as pn
import param

from workbench.backtest import Run
from workbench.errors import DataError, WorkbenchError
from workbench.strategies import strategies
from workbench.views.backtest.loaded import when_loaded
from workbench.views.backtest.outcome import read_bars
from workbench.views.backtest.running import Job
from workbench.views.backtest.setup import SECTIONS, Chosen, Setup
from workbench.views.scripts import with_el
from workbench.views.state import AppState
from workbench.views.values import spec_named

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"


class FormPanel(pn.custom.JSComponent):
    """The fields, as the browser draws them. Says what is typed, and what is pressed."""

    fields = param.List(default=[], item_type=dict, doc="What ``Field.told`` says of each, in their order.")
    sections = param.List(default=[], item_type=tuple, doc="Headings in their order, and whether they are folded.")
    kinds = param.List(default=[], item_type=dict, doc="name, title and doc of each strategy.")
    strategy = param.String(default="", doc="Name of the strategy that is chosen.")
    wrong = param.String(default="", doc="What is wrong with the strategy itself.")
    working = param.Boolean(default=False, doc="Whether a run goes on.")
    changed = param.Boolean(default=False, doc="Whether the form says something else than the result that is shown.")
    told = param.String(default="", doc="What there is of the symbol.")
    purpose = param.String(default="Backtest", doc="What Run starts: the name of the form.")
    plan = param.String(default="", doc="What a run would need; empty where nobody says.")
    refused = param.String(default="", doc="Why there can be no run, beside the fields that are wrong.")

    _esm = with_el(_JS / "form.js")
    _stylesheets = [_CSS / "form.css"]

    def focus_wrong(self) -> None:
        """Bring the first field that is wrong into view and put the cursor there."""
        self._send_msg({"what": "wrong"})


class BacktestForm(pn.viewable.Viewer):
    """The form with its state.

    Parameters
    ----------
    services
        Gives the catalog.
    state
        Of the page: its symbol and spec are those of the form.
    resolve
        Gives the symbol for what was typed.
    run, cancel
        Called when Run or Cancel are pressed.
    """

    edits = param.Integer(default=0, bounds=(0, None), doc="Counts what was edited.")

    #: What reads the texts, the sections of its fields, and what Run starts.
    kind: ClassVar[type[Setup]] = Setup
    sections: ClassVar[Mapping[str, bool]] = SECTIONS
    purpose: ClassVar[str] = "Backtest"

    def __init__(
        self,
        services: Any,
        state: AppState,
        *,
        resolve: Callable[[str], str] | None = None,
        run: Callable[[], object] = lambda: None,
        cancel: Callable[[], object] = lambda: None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.services, self.state = services, state
        self._run, self._cancel = run, cancel
        try:
            known = services.catalog.symbols()
        except WorkbenchError:
            known = []
        self.setup = self.kind(resolve, known)
        self._location: Any = None
        self._following = False
        self.setup.texts.update(symbols=state.symbol, spec=state.spec)
        self.panel = FormPanel(
            sections=list(self.sections.items()),
            purpose=self.purpose,
            kinds=_kinds(),
            margin=0,
            sizing_mode="stretch_width",
            css_classes=["wb-form"],
        )
        self.panel.on_msg(lambda event: when_loaded(lambda: self.heard(event.data)))
        state.param.watch(lambda *_: self._follow(), ["symbol", "spec"])
        self.setup.check()
        self.tell()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.panel

    # --- what the browser says ------------------------------------------------------------------------------------

    def heard(self, data: dict[str, Any]) -> None:
        """Carry out what was typed or pressed: ``edit``, ``strategy``, ``run``, ``cancel``, ``plain``."""
        what = data.get("what")
        if what == "edit":
            self.edit(str(data.get("name")), str(data.get("text", "")))
        elif what == "strategy":
            self.edit("strategy", str(data.get("text", "")))
        elif what == "plain":
            for one in self.setup.fields():
                if one.name not in ("symbols", "spec"):
                    self.setup.texts.pop(one.name, None)
            self._edited()
        elif what == "run":
            self._run()
        elif what == "cancel":
            self._cancel()

    def edit(self, name: str, text: str) -> None:
        """Take over what was typed; the page's symbol and spec follow where they can be read."""
        if name == "strategy" and text not in strategies.names():
            return
        self.setup.edit(name, text)
        self._edited()

    def _edited(self) -> None:
        setup = self.setup
        self._following = True
        try:
            fields = {one.name: one for one in setup.fields()}
            if "symbols" not in setup.errors:
                self.state.symbol = fields["symbols"].read(setup.text(fields["symbols"]))[0]
            if "spec" not in setup.errors:
                self.state.spec = str(spec_named(setup.text(fields["spec"])))
        finally:
            self._following = False
        self.tell()
        self._write()
        self.edits += 1

    def _follow(self) -> None:
        """The page shows another symbol or spec: so does the form."""
        if self._following:
            return
        texts = self.setup.texts
        rest = texts.get("symbols", "").split(",")[1:]
        texts["symbols"] = ", ".join([self.state.symbol, *(one.strip() for one in rest)])
        texts["spec"] = self.state.spec
        self.setup.check()
        self.tell()

    def show(self, texts: dict[str, str], symbol: str, spec: str) -> None:
        """Fill the form with what another run was made of."""
        setup = self.setup
        setup.choose(texts.get("strategy", setup.strategy))
        for one in setup.fields():
            setup.texts.pop(one.name, None)
        setup.texts.update({name: text for name, text in texts.items() if name != "strategy"})
        setup.texts.setdefault("symbols", symbol)
        setup.texts["spec"] = spec
        setup.check()
        self._edited()

    # --- what it says ---------------------------------------------------------------------------------------------

    def tell(self) -> None:
        """Bring the browser to what the form says."""
        setup = self.setup
        told = [one.told(setup.text(one), setup.errors.get(one.name, "")) for one in setup.fields()]
        self.panel.param.update(
            fields=told, strategy=setup.strategy, wrong=setup.errors.get("strategy", ""), told=self._coverage()
        )

    def _coverage(self) -> str:
        try:
            covered = self.services.catalog.coverage(self.state.symbol)
        except Exception:  # the page says in its own place that the catalog cannot be read
            return ""
        if covered is None:
            return f"There is no data of {self.state.symbol}."
        days = [f"{np_day(edge)}" for edge in covered]
        return f"{self.state.symbol}: data from {days[0]} to {days[1]}"

    def chosen(self) -> Chosen | None:
        """What is to be run; None where a field is wrong, which is then shown."""
        found = self.setup.check()
        self.tell()
        if found is None:
            self.panel.focus_wrong()
        return found

    def run_of(self) -> Callable[[], Run]:
        """Makes the run that the form says, from its first bar, each time it is called.

        The form may change later: what is made stays that of now. Bars are read once, when they are first needed.

        Raises
        ------
        DataError
            A field is wrong; names it.
        """
        found = self.setup.check()
        if found is None:
            name, text = next(iter(self.setup.errors.items()))
            raise DataError(f"{name.removeprefix('p.').removeprefix('c.')}: {text}")
        return run_maker(self.services.catalog, found)

    # --- the address bar ------------------------------------------------------------------------------------------

    def sync_url(self, location: Any) -> None:
        """Take over what the address bar says, and keep it a permalink."""
        self._location = location
        if location is None:
            return
        refused = self.setup.take(location.search)
        texts = self.setup.texts
        rest = texts.get("symbols", "").split(",")[1:]
        texts["symbols"] = ", ".join([self.state.symbol, *(one.strip() for one in rest)])
        self.setup.check()
        self.tell()
        if refused:
            self.state.notice = " ".join([self.state.notice, *refused]).strip()

    def _write(self) -> None:
        if self._location is None:
            return
        asked = parse_qs(self._location.search.lstrip("?"), keep_blank_values=True)
        page = set(parse_qs(self.state.query, keep_blank_values=True))
        mine = self.setup.ours
        others = [(name, one) for name, given in asked.items() if not mine(name) and name not in page for one in given]
        parts = [self.state.query, self.setup.query(), urlencode(others)]
        self._location.search = "?" + "&".join(filter(None, parts))


def run_maker(catalog: Any, chosen: Chosen) -> Callable[[], Run]:
    """Makes a run of what was chosen each time it is called; the bars are read once."""
    held: dict[str, Any] = {}

    def make() -> Run:
        if not held:
            held.update(read_bars(catalog, chosen, Job()))
        return chosen.run(held)

    return make


def np_day(instant: int) -> str:
    """The day (UTC) of an instant in ns."""
    import pandas as pd

    return f"{pd.Timestamp(instant, tz='UTC'):%Y-%m-%d}"


def _kinds() -> list[dict[str, Any]]:
    found = []
    for name, kind in strategies:
        doc = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        found.append(
            {"name": name, "title": kind.title or name.replace("_", " ").capitalize(), "doc": doc.replace("``", "")}
        )
    return found
