"""The frame of every page: top bar, main area, side drawer, status strip, and the theme they are drawn in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.model import Model
from jinja2 import Template
from panel_material_ui.template.base import parse_template
from panel_material_ui.theme import MaterialDesign, MuiDarkTheme, MuiDefaultTheme

from workbench.charts.theme import bokeh_theme, mui_theme, page_css
from workbench.views import wire  # noqa: F401  every page needs what it mends
from workbench.views.following import Followed
from workbench.views.state import LINKED, AppState
from workbench.views.status import StatusStrip
from workbench.views.visits import may_be_made_ahead, when_looked_at, when_visited

#: Pages that exist, in the order of the top bar: title, path beside this page.
PAGES: tuple[tuple[str, str], ...] = (
    ("Home", "./"),
    ("Chart", "chart"),
    ("Live", "live"),
    ("Backtest", "backtest"),
    ("Optimize", "optimize"),
)

_HERE = Path(__file__).parent
_JS, _CSS = _HERE / "js", _HERE / "css"
_FAVICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect width='24' height='24' "
    "rx='4' fill='%235b8def'/%3E%3Cpath d='M5 8l3.5 9L12 9l3.5 8L19 8' fill='none' stroke='%230e1116' "
    "stroke-width='2.2' stroke-linejoin='round' stroke-linecap='round'/%3E%3C/svg%3E"
)


class _Dark(MuiDarkTheme):
    bokeh_theme = param.Parameter(default=bokeh_theme(True), doc="Theme of Bokeh figures on a dark page.")


class _Light(MuiDefaultTheme):
    bokeh_theme = param.Parameter(default=bokeh_theme(False), doc="Theme of Bokeh figures on a light page.")


class WorkbenchDesign(MaterialDesign):
    """Material design with our Bokeh themes."""

    _themes = {"dark": _Dark, "default": _Light}


class _Unlinked(param.Boolean):
    """A flag that does not follow another parameter when it is told to."""

    def __set__(self, obj: Any, value: Any) -> None:
        if not isinstance(value, param.Parameter):
            super().__set__(obj, value)


class Page(pmui.Page):
    """Panel Material UI's page, told to leave Bokeh figures as our theme has them, and not to follow who is busy.

    Its ``busy`` follows that of the whole server: every event of every session would reach all pages, each time with a
    look at all their parameters and a walk over the document. That was most of the server's work with live charts open.
    """

    busy = _Unlinked(default=False, readonly=True, doc="Left alone.")

    def get_root(self, *args: Any, **kwargs: Any) -> Model:
        """The page's model."""
        root = super().get_root(*args, **kwargs)
        root.data._custom_theme = ["Plot", "Figure", "Axis", "Grid", "Legend", "Title", "BaseColorBar"]
        return root


class Nav(pn.custom.JSComponent):
    """Brand and page links."""

    pages = param.List(default=[], item_type=tuple, doc="Title and path of each page.")
    page = param.String(default="", doc="Title of this page in lower case.")
    query = param.String(default="", doc="What the links carry along.")

    _esm = _JS / "nav.js"
    _stylesheets = [_CSS / "topbar.css"]


class Tools(pn.custom.JSComponent):
    """Theme, colour pair and drawer buttons; remembers them in the browser."""

    dark = param.Boolean(default=True, doc="Dark theme.")
    palette = param.Selector(default="classic", objects=["classic", "colorblind"], doc="Colours of up and down.")
    has_drawer = param.Boolean(default=False, doc="Whether the page has a side drawer.")
    drawer_open = param.Boolean(default=False, doc="Whether the drawer is open.")

    _esm = _JS / "tools.js"
    _stylesheets = [_CSS / "topbar.css"]


class Notice(pn.custom.JSComponent):
    """One sentence above the page."""

    text = param.String(default="", doc="The sentence; empty hides the bar.")

    _esm = _JS / "notice.js"
    _stylesheets = [_CSS / "notice.css"]


class Shell(pn.viewable.Viewer):
    """A whole page around one main view.

    Parameters
    ----------
    state
        Shared with the page's view, from ``page_state(services)``.
    services
        Gives the catalog that knows the symbols, and the hub of the status strip.
    page
        Lower-case title of the page in ``PAGES``.
    main
        Fills the space between top bar and status strip; give it a stretching ``sizing_mode``. When it has parameters
        ``source`` or ``note``, the status strip shows them.
    topbar
        The page's own controls, placed after the page links; they wrap to a second line when there is no room.
    drawer
        Content of the right-hand drawer; at 900 px and below it lies over the page.
    status
        A ready strip, or None for the usual one.
    """

    drawer_open = param.Boolean(default=False, doc="Whether the right-hand drawer is open.")

    def __init__(
        self,
        state: AppState,
        services: Any,
        page: str = "chart",
        main: Any = None,
        *,
        topbar: Sequence[Any] = (),
        drawer: Any = None,
        status: StatusStrip | None = None,
        title: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.state = state
        when_visited(lambda: state.sync_url(pn.state.location, resolve=symbol_resolver(services)))
        self.status = status or StatusStrip(state, Followed(state, services), **_told_by(main))
        css = [(_CSS / "shell.css").read_text("utf-8")]
        self._plain = ""
        self._nav = Nav(pages=list(PAGES), page=page, sizing_mode=None, margin=0)
        self._tools = Tools(
            dark=state.dark, palette=state.palette, has_drawer=drawer is not None, sizing_mode=None, margin=0
        )
        self._notice = Notice(text=state.notice, sizing_mode="stretch_width", margin=0)
        controls = pn.Row(
            *topbar,
            css_classes=["wb-controls"] if topbar else ["wb-controls", "wb-none"],
            stylesheets=css,
            sizing_mode=None,
            margin=0,
        )
        bar = pn.Row(
            self._nav,
            controls,
            self._tools,
            css_classes=["wb-topbar"],
            stylesheets=css,
            sizing_mode="stretch_width",
            margin=0,
        )
        area = pn.Column(main, css_classes=["wb-main"], stylesheets=css, sizing_mode="stretch_both", margin=0)
        body = pn.Row(area, css_classes=["wb-body"], stylesheets=css, sizing_mode="stretch_both", margin=0)
        if drawer is not None:
            self._drawer = pn.Column(
                drawer,
                css_classes=["wb-drawer"],
                stylesheets=css,
                sizing_mode=None,
                margin=0,
                visible=self.param.drawer_open,
            )
            body.append(self._drawer)
        frame = pn.Column(
            bar,
            self._notice,
            body,
            self.status,
            css_classes=["wb-frame"],
            stylesheets=css,
            sizing_mode="stretch_both",
            margin=0,
        )
        self.page = Page(
            main=[frame],
            title=title or f"{page.capitalize()} · Workbench",
            favicon=_FAVICON,
            dark_theme=state.dark,
            theme_toggle=False,
            busy_indicator=None,
            theme_config=mui_theme(state.palette),
            design=WorkbenchDesign(theme="dark" if state.dark else "default"),
            template=_template(),
            sx={
                "& > .header": {"display": "none"},
                "& > .main > .MuiBox-root > .MuiToolbar-root": {"display": "none"},
                "& > .main": {"backgroundColor": "transparent"},
            },
        )
        self._wire()
        when_visited(self._visited)

    def _visited(self) -> None:
        state = self.state
        self._plain = "" if state.asked else state.query
        self._nav.query = self._carried()

    def _wire(self) -> None:
        state, tools = self.state, self._tools
        several = ["link", "arrangement", "active", "others"]
        state.param.watch(lambda *_: self._nav.param.update(query=self._carried()), [*LINKED, *several])
        self._notice.text = state.notice
        both_ways(state, "notice", self._notice, "text")
        both_ways(state, "dark", tools, "dark")
        both_ways(state, "palette", tools, "palette")
        both_ways(self, "drawer_open", tools, "drawer_open")
        state.param.watch(self._retheme, ["dark", "palette"])
        if pn.state.curdoc is not None:
            pn.state.onload(self.status.start)
            # Panel holds what is to be done once a page is drawn, and by it the page, for ever where none is.
            document = pn.state.curdoc
            pn.state.on_session_destroyed(lambda _: pn.state._onload.pop(document, None))

    def _carried(self) -> str:
        """What page links say: nothing while the state is as a page without a link opens, so that those restore."""
        return "" if self.state.query == self._plain else self.state.query

    def _retheme(self, *_: object) -> None:
        dark, palette = self.state.dark, self.state.palette
        self.page.param.update(dark_theme=dark, theme_config=mui_theme(palette))
        if pn.state.curdoc is not None:
            pn.state.curdoc.theme = bokeh_theme(dark, palette)

    def __panel__(self) -> pn.viewable.Viewable:
        return self.page


def page_state(services: Any, *, ahead: bool = False) -> AppState:
    """The state of a page that is being opened: what its link says, in the theme this browser was last seen with.

    Make it before the page's view, so that nothing is drawn twice. With ``ahead`` the page may be made before its
    visitor comes: then what depends on him is told to ``views.visits.when_visited`` by all that is on it.
    """
    state = AppState()
    if ahead:
        may_be_made_ahead(lambda: tuple(services.catalog.symbols()))

    def seen() -> None:
        state.sync_url(pn.state.location, resolve=symbol_resolver(services))
        _first_theme(state)

    when_visited(seen)
    when_looked_at(lambda theme, palette: _wear(state, theme, palette))
    return state


def both_ways(first: param.Parameterized, name: str, second: param.Parameterized, other: str) -> None:
    """Keep two parameters equal; whichever changes, the other follows."""
    first.param.watch(lambda event: second.param.update(**{other: event.new}), name)
    second.param.watch(lambda event: first.param.update(**{name: event.new}), other)


def _told_by(main: Any) -> dict[str, param.Parameter]:
    """The parameters of a view that the status strip follows."""
    if not isinstance(main, param.Parameterized):
        return {}
    return {name: main.param[name] for name in ("source", "note") if name in main.param}


def symbol_resolver(services: Any) -> Callable[[str], str]:
    """A function from what a link says to the symbol we know it by; ``LookupError`` for what nobody knows."""

    def resolve(text: str) -> str:
        try:
            catalog = services.catalog
            if text in catalog.symbols():
                return text
        except Exception:
            return text  # the page itself says, in its own place, that the catalog cannot be read
        return catalog.master.get(text).symbol

    return resolve


def _first_theme(state: AppState) -> None:
    """Draw the first frame in the theme that this browser was last seen with."""
    cookies = pn.state.cookies if pn.state.curdoc is not None else {}
    _wear(state, cookies.get("wb_theme", ""), cookies.get("wb_palette", ""))


def _wear(state: AppState, theme: str, palette: str) -> None:
    if theme in ("dark", "light"):
        state.dark = theme == "dark"
    if palette in state.param.palette.objects:
        state.palette = palette


@cache
def _template() -> Template:
    template = parse_template(str(_HERE / "page.html"))
    template.globals["wb_css"] = page_css()
    template.globals["wb_react_state"] = (_HERE / "js" / "react_state.js").read_text("utf-8")
    template.globals["wb_bundle"] = lambda: Page._render_esm(server=True)
    return template
