"""What every page shares: symbol, bar spec, time zone, theme. One Param tree, mirrored in the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo, available_timezones

import param

from workbench.charts.study_text import Study, join_studies, split_studies
from workbench.charts.theme import PALETTES
from workbench.charts.types import chart_types
from workbench.errors import DataError, SpecError, WorkbenchError, did_you_mean
from workbench.market.specs import BarSpec

DEFAULT_SYMBOL, DEFAULT_SPEC, DEFAULT_TZ = "BTC-USD", "1min", "UTC"

#: Parameters that belong in a link. Theme and palette are the reader's own and stay in the browser.
LINKED = ("symbol", "spec", "tz", "chart", "studies")


def zone_named(name: str) -> ZoneInfo:
    """The zone, or a ``ValueError`` that names the nearest ones."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"time zone {name!r} is not known: {did_you_mean(name, available_timezones())}") from None


def spec_named(text: str) -> BarSpec:
    """The spec of bars that a symbol has, or a ``ValueError`` that says how to write it."""
    spec = BarSpec.parse(text)
    if not spec.root.timed and spec.root.maker().of == "bars":
        raise SpecError(f"bar spec {text!r}: {spec.root.kind} is made of other bars; say which, such as {spec}(5min)")
    return spec


class SpecParameter(param.String):
    """The bar spec of a symbol in its canonical text."""

    def _validate(self, val: object) -> None:
        super()._validate(val)
        if val is not None and str(spec_named(val)) != val:
            raise ValueError(f"{self.name} must be canonical: {str(BarSpec.parse(val))!r}, not {val!r}")


class ZoneParameter(param.String):
    """The IANA name of a time zone."""

    def _validate(self, val: object) -> None:
        super()._validate(val)
        if val is not None:
            zone_named(val)


class ChartTypeParameter(param.String):
    """The name of a chart type."""

    def _validate(self, val: object) -> None:
        super()._validate(val)
        if val is not None:
            chart_types.get(val)


class SupportsLocation(Protocol):
    """The part of Panel's Location that is used here."""

    search: str


class AppState(param.Parameterized):
    """Shared by all pages; a link to another page carries ``LINKED``."""

    symbol = param.String(
        default=DEFAULT_SYMBOL, regex=r"^\S(.{0,62}\S)?$", allow_None=False, doc="Instrument that the pages show."
    )
    spec = SpecParameter(default=DEFAULT_SPEC, doc="Bar spec in canonical text, such as 5min.")
    tz = ZoneParameter(default=DEFAULT_TZ, doc="IANA zone in which times are shown.")
    chart = ChartTypeParameter(default="candles", doc="Chart type, such as line; a link leaves candles out.")
    studies = param.List(default=[], item_type=str, doc="Studies of the chart as texts, such as ema(window=20).")
    dark = param.Boolean(default=True, doc="Dark theme; the browser remembers it.")
    palette = param.Selector(
        default="classic", objects=list(PALETTES), doc="Colours of up and down; colorblind is blue and orange."
    )
    window = param.Range(
        default=None,
        bounds=(-(2**63), 2**63 - 1),
        doc="Instants at the edges of the chart (ns UTC); None while it shows the newest bars.",
    )
    notice = param.String(default="", doc="One sentence to show above the page, such as a bad value in the link.")

    @property
    def query(self) -> str:
        """The permalink's query, ``symbol=AAPL&spec=1d&tz=UTC``."""
        linked = {name: getattr(self, name) for name in LINKED if name != "studies"}
        if self.chart == self.param.chart.default:
            del linked["chart"]
        return urlencode({**linked, **({"studies": join_studies(self.studies)} if self.studies else {})})

    def apply_query(self, search: str, *, resolve: Callable[[str], str] | None = None) -> list[str]:
        """Take over what a query says, and return a sentence for every value that could not be used.

        Parameters
        ----------
        search
            ``?symbol=AAPL&spec=1d``; names that are not ours are left alone.
        resolve
            Gives the symbol to use for what was asked for, or raises ``LookupError``. Without it any symbol is taken.
        """
        asked = {name: values[-1].strip() for name, values in parse_qs(search.lstrip("?")).items() if name in LINKED}
        wanted, refused = {}, []
        if "studies" in asked:
            wanted["studies"], refused = _studies(asked.pop("studies"))
        for name, text in asked.items():
            try:
                value = _READ[name](text)
                wanted[name] = resolve(value) if name == "symbol" and resolve else value
            except (ValueError, LookupError) as error:
                refused.append(f"{_sentence(error)} Showing {getattr(self, name)} instead.")
        self.param.update(**wanted)
        return refused

    def document(self) -> dict[str, Any]:
        """Everything as a JSON object, to keep as a layout: ``charts`` (one, and others that were applied), ``theme``.

        What ``apply_document`` was given and has no place here is in it again. Parts of it may be shared: read only.
        """
        first, *others = self._kept.get("charts") or [{}]
        chart = {name: value for name, value in first.items() if name != "window"}
        chart.update({name: getattr(self, name) for name in LINKED}, studies=list(self.studies))
        if self.window is not None:
            chart["window"] = [int(edge) for edge in self.window]
        theme = {**self._kept.get("theme", {}), "dark": self.dark, "palette": self.palette}
        return {**self._kept, "charts": [chart, *others], "theme": theme}

    def apply_document(
        self, document: Mapping[str, Any], *, resolve: Callable[[str], str] | None = None, theme: bool = True
    ) -> list[str]:
        """Take over what ``document`` gave, and return a sentence for every value that could not be used.

        A sentence names its place, such as ``charts[0].spec``; the rest is applied. ``resolve`` is that of
        ``apply_query``; without ``theme`` the reader's own stays.
        """
        charts, looks = document.get("charts"), document.get("theme", {})
        refused = []
        if not (isinstance(charts, list) and charts and isinstance(charts[0], dict)):
            refused.append("charts: A list of JSON objects is needed. Keeping the chart that is open.")
            charts = [{}]
        if not isinstance(looks, dict):
            refused.append("theme: A JSON object is needed. Keeping the theme.")
            looks = {}
        wanted: dict[str, Any] = {"window": None} if charts[0] else {}
        asked = [(f"charts[0].{name}", name, charts[0][name]) for name in (*LINKED, "window") if name in charts[0]]
        if theme:
            asked += [(f"theme.{name}", name, looks[name]) for name in ("dark", "palette") if name in looks]
        for place, name, value in asked:
            if name == "studies" and isinstance(value, list):
                wanted[name], wrong = _study_list(value, place)
                refused += wrong
                continue
            try:
                wanted[name] = self._value(name, value, resolve)
            except (WorkbenchError, ValueError, LookupError, ArithmeticError) as error:
                kept = "Showing the newest bars" if name == "window" else f"Keeping {getattr(self, name)}"
                refused.append(f"{place}: {_sentence(error)} {kept}.")
        self._kept = {**document, "charts": charts, "theme": looks}
        self._kept.pop("version", None)
        self.param.update(**wanted)
        return refused

    def _value(self, name: str, value: object, resolve: Callable[[str], str] | None) -> object:
        """What a document says for one of ours; a ``ValueError`` or ``LookupError`` when it cannot be used."""
        if name in _READ:
            if not isinstance(value, str):
                raise ValueError(f"a text is needed, not {_shown(value)}")
            read = _READ[name](value.strip())
            return resolve(read) if name == "symbol" and resolve else read
        if name == "window":
            edges = value if isinstance(value, list) else []
            if len(edges) != 2 or not all(type(one) is int and abs(one) < 2**63 for one in edges):
                raise ValueError(f"two instants in ns UTC are needed, not {_shown(value)}")
            if edges[0] >= edges[1]:
                raise ValueError(f"the first instant must be before the second, not {_shown(value)}")
            return tuple(edges)
        if name == "dark" and not isinstance(value, bool):
            raise ValueError(f"true or false is needed, not {_shown(value)}")
        if name == "palette" and value not in list(PALETTES):
            raise ValueError(f"one of {', '.join(PALETTES)} is needed, not {_shown(value)}")
        if name == "studies":
            raise ValueError(f"a list of texts is needed, not {_shown(value)}")
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
        self.asked = frozenset(parse_qs(location.search.lstrip("?"))) & frozenset(LINKED)

        def read(*_: object) -> None:
            if location.search.lstrip("?") == self.query:
                return
            refused = self.apply_query(location.search, resolve=resolve)
            if refused:
                self.notice = " ".join(refused)

        def write(*_: object) -> None:
            others = parse_qs(location.search.lstrip("?"), keep_blank_values=True)
            kept = [(name, value) for name, values in others.items() if name not in LINKED for value in values]
            location.search = f"?{self.query}{'&' + urlencode(kept) if kept else ''}"

        read()
        self.param.watch(write, list(LINKED))
        if isinstance(location, param.Parameterized):
            location.param.watch(read, "search")
        return self

    #: What the link said when the page was opened; None for a state that follows no address bar.
    asked: frozenset[str] | None = None
    _location: SupportsLocation | None = None
    _kept: Mapping[str, Any] = {}


def _symbol(text: str) -> str:
    if not text or len(text) > 64 or not text.isprintable():
        raise ValueError(f"symbol {text[:64]!r} cannot be used: it must be 1 to 64 printable characters")
    return text


def _spec(text: str) -> str:
    return str(spec_named(text))


def _studies(text: str) -> tuple[list[str], list[str]]:
    """The texts of the studies that can be read, and a sentence for each of the others."""
    found, refused = [], []
    for one in split_studies(text):
        try:
            found.append(str(Study.parse(one)))
        except WorkbenchError as error:
            refused.append(f"{_sentence(error)} Drawing the chart without it.")
    return found, refused


def _study_list(values: list[Any], place: str) -> tuple[list[str], list[str]]:
    found, refused = [], []
    for at, one in enumerate(values):
        try:
            if not isinstance(one, str):
                raise DataError(f"a text is needed, not {_shown(one)}")
            found.append(str(Study.parse(one)))
        except (WorkbenchError, ValueError, LookupError, ArithmeticError) as error:
            refused.append(f"{place}[{at}]: {_sentence(error)} Drawing the chart without it.")
    return found, refused


def _shown(value: object) -> str:
    text = type(value).__name__ if isinstance(value, dict | list) and len(value) > 2 else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _zone(text: str) -> str:
    return zone_named(text).key


def _chart(text: str) -> str:
    chart_types.get(text)
    return text


_READ: Mapping[str, Callable[[str], str]] = {"symbol": _symbol, "spec": _spec, "tz": _zone, "chart": _chart}


def _sentence(error: Exception) -> str:
    text = str(error.args[0] if error.args else error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"
