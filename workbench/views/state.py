"""What every page shares: symbol, bar spec, time zone, theme. One Param tree, mirrored in the URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode

import param

from workbench.charts.axes import AXES, SCALES
from workbench.charts.compare import MAX_COMPARED
from workbench.charts.theme import PALETTES
from workbench.errors import WorkbenchError
from workbench.views.several import ARRANGEMENTS, MOST, SeveralCharts, arrangement_of, numbered
from workbench.views.values import (
    READ,
    WRITTEN,
    ChartTypeParameter,
    LinkParameter,
    SpecParameter,
    ZoneParameter,
    sentence,
    shown,
    studies_of,
    study_list,
    symbols_of,
    text_of,
    value_of,
)

DEFAULT_SYMBOL, DEFAULT_SPEC, DEFAULT_TZ = "BTC-USD", "1min", "UTC"

#: Parameters that belong in a link. Theme and palette are the reader's own and stay in the browser.
LINKED = ("symbol", "spec", "tz", "chart", "studies", "compare", "hidden", "scale", "axis", "shading", "replay")
#: Those of them that a link always says, and that charts beside the active one take from it when it does not say them.
STATED = ("symbol", "spec", "tz")
#: Those of them that no layout keeps: a replay is over long before.
_PASSING = ("replay",)
#: What a chart has besides: how it is linked with others on the page, and its window.
_PLACED = ("link", "window", "bars")


class SupportsLocation(Protocol):
    """The part of Panel's Location that is used here."""

    search: str


class AppState(SeveralCharts):
    """Shared by all pages; a link to another page carries ``LINKED``.

    A page may show several charts (``charts``); then what is said here of a chart is that of the active one.
    """

    symbol = param.String(
        default=DEFAULT_SYMBOL, regex=r"^\S(.{0,62}\S)?$", allow_None=False, doc="Instrument that the pages show."
    )
    spec = SpecParameter(default=DEFAULT_SPEC, doc="Bar spec in canonical text, such as 5min.")
    tz = ZoneParameter(default=DEFAULT_TZ, doc="IANA zone in which times are shown.")
    chart = ChartTypeParameter(default="candles", doc="Chart type, such as line; a link leaves candles out.")
    studies = param.List(default=[], item_type=str, doc="Studies of the chart as texts, such as ema(window=20).")
    compare = param.List(
        default=[], item_type=str, bounds=(0, MAX_COMPARED), doc="Other symbols as lines over the prices."
    )
    hidden = param.List(
        default=[], item_type=str, bounds=(0, MAX_COMPARED), doc="Those of compare whose lines are not drawn."
    )
    scale = param.Selector(
        default="linear", objects=list(SCALES), doc="How prices are spread; percent counts from the first bar in view."
    )
    axis = param.Selector(
        default="trading", objects=list(AXES), doc="Whether nights and weekends take room: only on a calendar axis."
    )
    shading = param.Boolean(default=True, doc="Shade closed hours where bars are shorter than a day.")
    replay = param.String(
        default="", regex=r"^(\S(.{0,98}\S)?)?$", doc="Name of the replay that the chart follows; empty for the market."
    )
    dark = param.Boolean(default=True, doc="Dark theme; the browser remembers it.")
    palette = param.Selector(
        default="classic", objects=list(PALETTES), doc="Colours of up and down; colorblind is blue and orange."
    )
    window = param.Range(
        default=None,
        bounds=(-(2**63), 2**63 - 1),
        doc="Instants at the edges of the chart (ns UTC); None while it shows the newest bars.",
    )
    bars = param.Integer(
        default=None,
        bounds=(8, 10_000_000),
        doc="Bars of the spec in the window while it shows the newest; None for as many as a chart opens with.",
    )
    placed = param.Integer(default=0, bounds=(0, None), doc="Counts how often a window was given to the chart to show.")
    link = LinkParameter(default="", doc="Colour that links the chart with others on the page, such as red; see Link.")
    notice = param.String(default="", doc="One sentence to show above the page, such as a bad value in the link.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.follow((*LINKED, *_PLACED))

    @property
    def query(self) -> str:
        """The permalink's query, ``symbol=AAPL&spec=1d&tz=UTC``; ``several.numbered`` reads that of several."""
        said = self._texts()
        if self.count > 1:
            said |= {"link": self.link} if self.link else {}
            said |= {"grid": self.arrangement, "active": str(self.active + 1)}
            for at, chart in enumerate(self.charts[: self.count]):
                if at != self.active:
                    same = {name for name in STATED if getattr(chart, name) == getattr(self, name)}
                    texts = {**chart._texts(), **({"link": chart.link} if chart.link else {})}
                    said |= {f"{name}.{at + 1}": text for name, text in texts.items() if name not in same}
        return urlencode(said)

    def _texts(self) -> dict[str, str]:
        """What a link says of the chart; values that are the default are left out."""
        values = {name: getattr(self, name) for name in LINKED}
        return {
            name: WRITTEN.get(name, text_of)(value)
            for name, value in values.items()
            if name in STATED or value != self.param[name].default or name == "scale" and self.compare
        }

    def apply_query(self, search: str, *, resolve: Callable[[str], str] | None = None) -> list[str]:
        """Take over what a query says, and return a sentence for every value that could not be used.

        Parameters
        ----------
        search
            ``?symbol=AAPL&spec=1d``; names that are not ours are left alone.
        resolve
            Gives the symbol to use for what was asked for, or raises ``LookupError``. Without it any symbol is taken.
        """
        asked = {name: values[-1].strip() for name, values in parse_qs(search.lstrip("?")).items() if _ours(name)}
        refused: list[str] = []
        wanted = self._read({name: asked[name] for name in (*LINKED, "link") if name in asked}, resolve, refused)
        arrangement, active, others = numbered(asked, (*LINKED, "link"), refused.append)
        if arrangement == self.arrangement == "one":
            self.param.update(**wanted)
            return refused
        first = {name: wanted.get(name, getattr(self, name)) for name in (*LINKED, *_PLACED)}
        plain = {name: self.param[name].default for name in (*LINKED, *_PLACED)}
        plain |= {name: first[name] for name in STATED}
        charts = {at: {**plain, **self._read(texts, resolve, refused)} for at, texts in others.items()}
        self.place([{**charts, active: first}[at] for at in range(len(charts) + 1)], arrangement, active)
        return refused

    def _read(
        self, texts: Mapping[str, str], resolve: Callable[[str], str] | None, refused: list[str]
    ) -> dict[str, Any]:
        """Values of the texts of a link; sentences for those that cannot be used go to ``refused``."""
        wanted: dict[str, Any] = {}
        for name, text in texts.items():
            if name == "studies":
                wanted[name], wrong = studies_of(text)
                refused += wrong
                continue
            if name in ("compare", "hidden"):
                wanted[name], wrong = symbols_of([one for one in text.split(",") if one.strip()], resolve)
                refused += wrong
                continue
            try:
                value = READ[name](text) if name in READ else value_of(self.param[name], text)
                wanted[name] = resolve(value) if name == "symbol" and resolve else value
            except (ValueError, LookupError) as error:
                refused.append(f"{sentence(error)} Showing {getattr(self, name) or 'none'} instead.")
        if wanted.get("compare") and "scale" not in texts:
            wanted["scale"] = "percent"  # what comparisons are read on; a link of ours says which
        return wanted

    def document(self) -> dict[str, Any]:
        """Everything as a JSON object, to keep as a layout: ``charts``, ``theme``, and where there are several charts
        ``arrangement`` and ``active`` (a place in ``charts``).

        What ``apply_document`` was given and has no place here is in it again. Parts of it may be shared: read only.
        """
        charts = [chart._chart_document() for chart in self.charts or [self]]
        theme = {**self._kept.get("theme", {}), "dark": self.dark, "palette": self.palette}
        several = {"arrangement": self.arrangement, "active": self.active} if len(charts) > 1 else {}
        return {**self._kept, "charts": charts, "theme": theme, **several}

    def _chart_document(self) -> dict[str, Any]:
        chart = {name: value for name, value in self._kept_chart.items() if name not in _PLACED}
        kept = [name for name in LINKED if name not in _PASSING]
        chart.update({name: getattr(self, name) for name in kept}, studies=list(self.studies))
        if self.window is not None:
            chart["window"] = [int(edge) for edge in self.window]
        elif self.bars is not None:
            chart["bars"] = self.bars
        return {**chart, **({"link": self.link} if self.link else {})}

    def apply_document(
        self, document: Mapping[str, Any], *, resolve: Callable[[str], str] | None = None, theme: bool = True
    ) -> list[str]:
        """Take over what ``document`` gave, and return a sentence for every value that could not be used.

        A sentence names its place, such as ``charts[0].spec``; the rest is applied. ``resolve`` is that of
        ``apply_query``; without ``theme`` the reader's own stays.
        """
        refused: list[str] = []
        charts, looks = document.get("charts"), document.get("theme", {})
        if not (isinstance(charts, list) and any(isinstance(one, dict) for one in charts)):
            refused.append("charts: A list of JSON objects is needed. Keeping the chart that is open.")
            charts = None
        elif len(charts) > MOST:
            refused.append(
                f"charts: {len(charts)} are too many, at most {MOST} fit on a page. The others are left out."
            )
        if not isinstance(looks, dict):
            refused.append("theme: A JSON object is needed. Keeping the theme.")
            looks = {}
        wanted = self._wanted("theme", looks, [name for name in ("dark", "palette") if theme], resolve, refused)
        self._kept = {name: value for name, value in document.items() if name not in _OURS} | {"theme": looks}
        self.param.update(**wanted)
        if charts is not None:
            self._apply_charts(document, charts[:MOST], resolve, refused)
        return refused

    def _apply_charts(
        self,
        document: Mapping[str, Any],
        charts: list[Any],
        resolve: Callable[[str], str] | None,
        refused: list[str],
    ) -> None:
        values, kept = [], []
        for at, chart in enumerate(charts):
            if not isinstance(chart, dict):
                refused.append(f"charts[{at}]: A JSON object is needed, not {shown(chart)}. Opening the others.")
                continue
            found = self._wanted(f"charts[{at}]", chart, (*LINKED, *_PLACED), resolve, refused)
            fresh = {name: self.param[name].default for name in _PLACED} if chart else {}
            values.append({**fresh, **found, "placed": self.placed + 1})
            kept.append(chart)
        arrangement = document.get("arrangement", arrangement_of(len(values)))
        if not isinstance(arrangement, str) or arrangement not in ARRANGEMENTS:
            refused.append(f"arrangement: One of {', '.join(ARRANGEMENTS)} is needed, not {shown(arrangement)}.")
            arrangement = arrangement_of(len(values))
        count = ARRANGEMENTS[arrangement].count
        active = document.get("active", 0)
        if type(active) is not int or not 0 <= active < count:
            refused.append(f"active: A place from 0 to {count - 1} is needed, not {shown(active)}. It is the first.")
            active = 0
        if len(values) < count:  # a chart that cannot be read leaves its place to one like the first
            values += [{**values[0], "link": ""}] * (count - len(values))
        self.place(values, arrangement, active)
        for chart, raw in zip(self.charts or [self], kept, strict=False):
            chart._kept_chart = raw

    def _wanted(
        self,
        place: str,
        given: Mapping[str, Any],
        names: Iterable[str],
        resolve: Callable[[str], str] | None,
        refused: list[str],
    ) -> dict[str, Any]:
        """The values of a part of a document; sentences for those that cannot be used go to ``refused``."""
        wanted: dict[str, Any] = {}
        for name in (name for name in names if name in given):
            value, where = given[name], f"{place}.{name}"
            if name == "studies" and isinstance(value, list):
                wanted[name], wrong = study_list(value, where)
                refused += wrong
                continue
            if name in ("compare", "hidden") and isinstance(value, list):
                wanted[name], wrong = symbols_of(value, resolve, where)
                refused += wrong
                continue
            try:
                wanted[name] = self._value(name, value, resolve)
            except (WorkbenchError, ValueError, LookupError, ArithmeticError) as error:
                plain = {"window": "Showing the newest bars", "bars": "Showing as many as usual"}
                kept = plain.get(name) or f"Keeping {getattr(self, name) or 'none'}"
                refused.append(f"{where}: {sentence(error)} {kept}.")
        return wanted

    def _value(self, name: str, value: object, resolve: Callable[[str], str] | None) -> object:
        """What a document says for one of ours; a ``ValueError`` or ``LookupError`` when it cannot be used."""
        if isinstance(self.param[name], param.String):
            if not isinstance(value, str):
                raise ValueError(f"a text is needed, not {shown(value)}")
            read = READ[name](value.strip())
            return resolve(read) if name == "symbol" and resolve else read
        if name == "window":
            edges = value if isinstance(value, list) else []
            if len(edges) != 2 or not all(type(one) is int and abs(one) < 2**63 for one in edges):
                raise ValueError(f"two instants in ns UTC are needed, not {shown(value)}")
            if edges[0] >= edges[1]:
                raise ValueError(f"the first instant must be before the second, not {shown(value)}")
            return tuple(edges)
        if name == "dark" and not isinstance(value, bool):
            raise ValueError(f"true or false is needed, not {shown(value)}")
        if name == "palette" and value not in list(PALETTES):
            raise ValueError(f"one of {', '.join(PALETTES)} is needed, not {shown(value)}")
        if name == "studies":
            raise ValueError(f"a list of texts is needed, not {shown(value)}")
        self.param[name]._validate(value)
        return value

    def sync_url(self, location: SupportsLocation | None, *, resolve: Callable[[str], str] | None = None) -> AppState:
        """Follow the address bar and keep it a permalink; a second call with the same location changes nothing.

        Bad values become the default and a ``notice``. Returns this state, so that an app can write
        ``state = AppState().sync_url(pn.state.location)`` before it builds its view.
        """
        if location is None or location is self._location:
            return self
        self._location = location
        self.asked = frozenset(name for name in parse_qs(location.search.lstrip("?")) if _ours(name))

        def read(*_: object) -> None:
            if location.search.lstrip("?") == self.query:
                return
            refused = self.apply_query(location.search, resolve=resolve)
            if refused:
                self.notice = " ".join(refused)

        def write(*_: object) -> None:
            others = parse_qs(location.search.lstrip("?"), keep_blank_values=True)
            kept = [(name, value) for name, values in others.items() if not _ours(name) for value in values]
            location.search = f"?{self.query}{'&' + urlencode(kept) if kept else ''}"

        read()
        self.param.watch(write, [*LINKED, "link", "arrangement", "active", "others"])
        if isinstance(location, param.Parameterized):
            location.param.watch(read, "search")
        return self

    #: What the link said when the page was opened; None for a state that follows no address bar.
    asked: frozenset[str] | None = None
    _location: SupportsLocation | None = None
    _kept: Mapping[str, Any] = {}
    _kept_chart: Mapping[str, Any] = {}


#: Names of a document that are made anew.
_OURS = ("version", "charts", "theme", "arrangement", "active")


def _ours(name: str) -> bool:
    """Whether a name of a link is one of ours."""
    return name.partition(".")[0] in (*LINKED, "link") or name in ("grid", "active")
