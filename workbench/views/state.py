"""What every page shares: symbol, bar spec, time zone, theme. One Param tree, mirrored in the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo, available_timezones

import param

from workbench.charts.study_text import Study, join_studies, split_studies
from workbench.charts.theme import PALETTES
from workbench.errors import SpecError, WorkbenchError, did_you_mean
from workbench.market.specs import BarSpec

DEFAULT_SYMBOL, DEFAULT_SPEC, DEFAULT_TZ = "BTC-USD", "1min", "UTC"

#: Parameters that belong in a link. Theme and palette are the reader's own and stay in the browser.
LINKED = ("symbol", "spec", "tz", "studies")


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


class SupportsLocation(Protocol):
    """The part of Panel's Location that is used here."""

    search: str


class AppState(param.Parameterized):
    """Shared by all pages; a link to another page carries ``symbol``, ``spec``, ``tz`` and ``studies``."""

    symbol = param.String(
        default=DEFAULT_SYMBOL, regex=r"^\S(.{0,62}\S)?$", allow_None=False, doc="Instrument that the pages show."
    )
    spec = SpecParameter(default=DEFAULT_SPEC, doc="Bar spec in canonical text, such as 5min.")
    tz = ZoneParameter(default=DEFAULT_TZ, doc="IANA zone in which times are shown.")
    studies = param.List(default=[], item_type=str, doc="Studies of the chart as texts, such as ema(window=20).")
    dark = param.Boolean(default=True, doc="Dark theme; the browser remembers it.")
    palette = param.Selector(
        default="classic", objects=list(PALETTES), doc="Colours of up and down; colorblind is blue and orange."
    )
    notice = param.String(default="", doc="One sentence to show above the page, such as a bad value in the link.")

    @property
    def query(self) -> str:
        """The permalink's query, ``symbol=AAPL&spec=1d&tz=UTC``."""
        linked = {name: getattr(self, name) for name in LINKED if name != "studies"}
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

    def sync_url(self, location: SupportsLocation | None, *, resolve: Callable[[str], str] | None = None) -> AppState:
        """Follow the address bar and keep it a permalink; a second call with the same location changes nothing.

        Bad values become the default and a ``notice``. Returns this state, so that an app can write
        ``state = AppState().sync_url(pn.state.location)`` before it builds its view.
        """
        if location is None or location is self._location:
            return self
        self._location = location

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

    _location: SupportsLocation | None = None


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


def _zone(text: str) -> str:
    return zone_named(text).key


_READ: Mapping[str, Callable[[str], str]] = {"symbol": _symbol, "spec": _spec, "tz": _zone}


def _sentence(error: Exception) -> str:
    text = str(error.args[0] if error.args else error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"
