"""QuantConnect LEAN zips: ticks, quotes and bars of equities, futures, FX, crypto, CFDs and indices.

What the files do not say is in their path, ``<asset>/<market>/<resolution>/<symbol>/<date>_<type>.zip``; options say it
for files that were moved. Intraday times are milliseconds since midnight: of New York for equities and indices, of UTC
for the rest. Equity prices are in 1/10000. Hour and daily times are ``YYYYMMDD HH:MM``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
import param

from workbench.catalog.ingest import dates as forms
from workbench.catalog.ingest.base import Context, Importer, Part, importers
from workbench.catalog.ingest.checks import reject_bars, reject_prices, reject_sizes
from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.stamps import no_session, session_opens
from workbench.catalog.ingest.table import Rows, read_rows
from workbench.catalog.ingest.tape import Tape
from workbench.catalog.ingest.words import option
from workbench.errors import IngestError
from workbench.market.events import FLAG_NO_BAR
from workbench.market.instruments import Instrument
from workbench.market.specs import BarSpec

_NS_PER_MS = 1_000_000
_OFFICIAL_PRINTS = 0x1000000 | 0x4000000  # of LEAN's condition bits: official close, official open
_RESOLUTIONS = {"tick": "", "second": "1s", "minute": "1min", "hour": "1h", "daily": "1d"}


@dataclass(frozen=True)
class _Market:
    """What LEAN means by an asset class: zone of the times, units of price, our words for the instrument."""

    tz: str
    scale: float
    asset_class: str
    session: str
    home: str
    daily_sessions: bool  # daily stamps name sessions (else they are midnights of ``tz``)
    kind: str = "trade"  # when neither file nor folder says


_NEW_YORK = "America/New_York"
_MARKETS = {
    "equity": _Market(_NEW_YORK, 10_000.0, "equity", "XNYS", _NEW_YORK, True),
    "index": _Market(_NEW_YORK, 1.0, "index", "XNYS", _NEW_YORK, True),
    "future": _Market("UTC", 1.0, "future", "24/7", "UTC", True),
    "forex": _Market("UTC", 1.0, "fx", "FX", _NEW_YORK, False, "quote"),
    "cfd": _Market("UTC", 1.0, "commodity", "24/7", "UTC", False, "quote"),
    "crypto": _Market("UTC", 1.0, "crypto", "24/7", "UTC", False),
    "cryptofuture": _Market("UTC", 1.0, "crypto", "24/7", "UTC", False),
}


@dataclass(frozen=True)
class _Place:
    """What one text of an archive holds."""

    asset: str
    resolution: str
    kind: str  # "trade" or "quote"
    symbol: str
    day: np.datetime64 | None
    expiry: str = ""


@importers.register("lean")
class LeanImporter(Importer):
    """A zip gives one dataset, of a future one for each expiry (``ES201312``)."""

    default_source = "lean"
    patterns = ("*.zip",)

    asset = param.Selector(
        default=None, objects=[None, *_MARKETS], doc="Asset class; told by the folders the file lies in."
    )
    resolution = param.Selector(
        default=None, objects=[None, *_RESOLUTIONS], doc="Resolution; told by the file's name or folders."
    )
    kind = param.Selector(
        default=None, objects=[None, "trade", "quote"], doc="Trades or quotes; told by the file's name."
    )
    tz = param.String(default=None, allow_None=True, doc="IANA zone of the times, where it is not LEAN's usual one.")

    def source_of(self, file: SourceFile) -> str:
        parts = [part.lower() for part in file.path.parts]
        for resolution in _RESOLUTIONS:
            if resolution in parts and parts.index(resolution) >= 2:
                at = len(parts) - 1 - parts[::-1].index(resolution)
                if parts[at - 2] in _MARKETS:
                    return f"lean-{parts[at - 1]}"
        return self.default_source

    def parse(self, file: SourceFile, context: Context) -> list[Part]:
        members = [name for name in file.members() if name.lower().endswith(".csv")]
        if not members:
            raise IngestError("the archive holds no .csv file; is it a LEAN zip?")
        return [self._parse_one(file, member, context) for member in members]

    def _parse_one(self, file: SourceFile, member: str, context: Context) -> Part:
        place = self._place(file, member)
        market = _MARKETS[place.asset]
        base = context.resolve(place.symbol)
        symbol = base + place.expiry
        tape = Tape(file, member)
        bars = place.resolution != "tick"
        for rows in read_rows(file, member, tape.rejects):
            columns = self._stamps(rows, place)
            take = _take_quotes if place.kind == "quote" else _take_trades
            columns |= take(rows, place, market.scale, bars)
            tape.add(rows, **columns)
        kind = {"trade": "trades", "quote": "quotes"}[place.kind]
        if bars:
            kind = ("bars_" if place.kind == "trade" else "quote_bars_") + _RESOLUTIONS[place.resolution]
        instrument = _instrument(symbol, base, place, market, context)
        dtype = kind.rsplit("_", 1)[0] if bars else kind
        if len(tape):
            tape.oldest_first("time")
            self._settle(tape, place, market, instrument)
            if bars:
                tape.one_bar_each("time")
        else:
            tape["time"] = tape["line"] = np.zeros(0, "i8")
        return Part(symbol, kind, tape.records(dtype, "time"), tape.bad(), member, instrument)

    def _stamps(self, rows: Rows, place: _Place) -> dict[str, np.ndarray]:
        if place.resolution in ("hour", "daily"):
            stamps = forms.read_stamps(rows.columns[0])
            for reason, mask in stamps.why.items():
                rows.reject(mask, reason)
            return {"time": stamps.ns}
        milliseconds = rows.numbers(0, "time")
        rows.reject((milliseconds < 0) | (milliseconds > 86_400_000), "time is outside of the day")
        within = np.round(np.nan_to_num(milliseconds) * _NS_PER_MS).astype("i8")
        return {"time": within + place.day.astype("M8[ns]").astype("i8")}

    def _settle(self, tape: Tape, place: _Place, market: _Market, instrument: Instrument) -> None:
        if place.resolution == "daily" and market.daily_sessions and not self.tz:
            days = instrument.calendar
            tape["time"], known = session_opens(tape["time"], days, BarSpec.parse("1d"), at_end=False)
            tape.reject(~known, no_session(days))
        else:
            tape.localise("time", self.tz or market.tz)

    def _place(self, file: SourceFile, member: str) -> _Place:
        folders = [part.lower() for part in file.path.parts[:-1]]
        words = [w for name in (member, file.name) for w in PurePath(name).stem.lower().split("_")]
        asset = self.asset or next((f for f in reversed(folders) if f in _MARKETS), None)
        if asset is None:
            raise IngestError(
                f"path and options do not say the asset class; pass {option('asset', '...')}, one of: "
                + ", ".join(_MARKETS)
            )
        resolution = self.resolution or next((w for w in [*words, *reversed(folders)] if w in _RESOLUTIONS), None)
        if resolution is None:
            raise IngestError(
                f"path and options do not say the resolution; pass {option('resolution', '...')}, one of: "
                + ", ".join(_RESOLUTIONS)
            )
        kind = self.kind or next((w for w in words if w in ("trade", "quote")), None) or _MARKETS[asset].kind
        day = next((w for w in words if re.fullmatch(r"\d{8}", w)), None)
        if resolution in ("tick", "second", "minute") and day is None:
            raise IngestError("the file's name does not begin with its date (YYYYMMDD), as LEAN's do")
        expiry = next((w for w in words if re.fullmatch(r"\d{6}", w)), "") if asset == "future" else ""
        known = {*_RESOLUTIONS, "trade", "quote", day, expiry, ""}
        symbol = next((w for w in words if w not in known), None)
        if symbol is None:
            symbol = file.path.parent.name
        try:
            date = np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:]}") if day else None
        except ValueError:
            raise IngestError(f"the file's name says the date {day}, which does not exist") from None
        return _Place(asset, resolution, kind, symbol.upper(), date, expiry)


def _take_trades(rows: Rows, place: _Place, scale: float, bars: bool) -> dict[str, np.ndarray]:
    if bars:
        _need(rows, 6, "time,open,high,low,close,volume")
        columns = _prices(rows, 1, ("open", "high", "low", "close"), scale)
        columns["volume"] = rows.numbers(5, "volume")
        reject_prices(rows, {name: columns[name] for name in ("open", "high", "low", "close")})
        reject_bars(rows, tuple(columns[name] for name in ("open", "high", "low", "close")))
        reject_sizes(rows, {"volume": columns["volume"]})
        return columns
    _need(rows, 3, "time,price,size")
    columns = _prices(rows, 1, ("price",), scale)
    columns["size"] = rows.numbers(2, "size")
    reject_prices(rows, {"price": columns["price"]})
    reject_sizes(rows, {"size": columns["size"]})
    columns["flags"] = np.where(_suspicious(rows, 5) | _official(rows, 4), FLAG_NO_BAR, 0).astype("u2")
    return columns


def _take_quotes(rows: Rows, place: _Place, scale: float, bars: bool) -> dict[str, np.ndarray]:
    if bars:
        return _take_quote_bars(rows, place, scale)
    sized = len(rows.columns) >= 5
    if not sized:
        _need(rows, 3, "time,bid,ask")
    bid, ask = (1, 3) if sized else (1, 2)
    columns = {
        "bid": rows.numbers(bid, "bid", blank=np.nan) / scale,
        "ask": rows.numbers(ask, "ask", blank=np.nan) / scale,
    }
    for side in ("bid", "ask"):
        columns[side][columns[side] == 0] = np.nan  # a row tells of one side; the other is 0
        if sized:
            sizes = rows.numbers(2 if side == "bid" else 4, f"{side} size", blank=np.nan)
            columns[f"{side}_size"] = np.where(np.isnan(columns[side]), np.nan, sizes)
    reject_prices(rows, {"bid": columns["bid"], "ask": columns["ask"]}, nan_ok=True)
    reject_sizes(rows, {name: values for name, values in columns.items() if name.endswith("size")})
    rows.reject(np.isnan(columns["bid"]) & np.isnan(columns["ask"]), "neither bid nor ask")
    rows.reject(_suspicious(rows, 7), "marked suspicious by the vendor")  # quotes have no flags to say so
    return columns


def _take_quote_bars(rows: Rows, place: _Place, scale: float) -> dict[str, np.ndarray]:
    _need(rows, 11, "time, bid open,high,low,close,size, ask open,high,low,close,size")
    columns: dict[str, np.ndarray] = {}
    absent = np.ones(len(rows.lines), bool)
    for side, first in (("bid", 1), ("ask", 6)):
        names = [f"{side}_{name}" for name in ("open", "high", "low", "close")]
        prices = _prices(rows, first, names, scale, blank=np.nan)
        blank = np.logical_and.reduce([np.isnan(p) | (p == 0) for p in prices.values()])
        for name in names:
            prices[name][blank] = np.nan
            rows.reject(~blank & np.isnan(prices[name]), f"{name.replace('_', ' ')} is missing")
        reject_prices(rows, {name.replace("_", " "): prices[name] for name in names}, nan_ok=True)
        reject_bars(rows, tuple(prices[name] for name in names), f"{side} ")
        size = rows.numbers(first + 4, f"{side} size", blank=np.nan)
        reject_sizes(rows, {f"{side} size": size})
        unsized = blank | (size == 0) & (place.asset in ("forex", "cfd"))  # brokers quote without sizes: 0 is no size
        columns |= prices
        columns[f"{side}_size"] = np.where(unsized, np.nan, size)
        absent &= blank
    rows.reject(absent, "neither bid nor ask")
    return columns


def _prices(
    rows: Rows, first: int, names: tuple[str, ...] | list[str], scale: float, *, blank: float | None = None
) -> dict[str, np.ndarray]:
    return {name: rows.numbers(first + i, name.replace("_", " "), blank=blank) / scale for i, name in enumerate(names)}


def _suspicious(rows: Rows, column: int) -> np.ndarray:
    if len(rows.columns) <= column:
        return np.zeros(len(rows.lines), bool)
    return rows.numbers(column, "suspicious", blank=0.0) == 1


def _official(rows: Rows, column: int) -> np.ndarray:
    """Official opens and closes of a market centre: they repeat what its auction printed, and are no trades."""
    if len(rows.columns) <= column:
        return np.zeros(len(rows.lines), bool)
    texts = rows.columns[column].dictionary_encode()
    bits = [_hex(text) & _OFFICIAL_PRINTS != 0 for text in texts.dictionary.to_pylist()]
    return np.array([*bits, False])[texts.indices.fill_null(len(bits)).to_numpy(zero_copy_only=False)]


def _hex(text: str) -> int:
    try:
        return int(text or "0", 16)
    except ValueError:
        return 0


def _need(rows: Rows, width: int, layout: str) -> None:
    if len(rows.columns) < width:
        raise IngestError(f"rows have {len(rows.columns)} columns, LEAN's have {width}: {layout}")


def _instrument(symbol: str, base: str, place: _Place, market: _Market, context: Context) -> Instrument:
    """The instrument of the master, or what LEAN's folders say of it; an expiry is like its root."""
    if symbol in context.master:
        return context.master.get(symbol)
    if place.expiry and base in context.master:
        root = context.master.get(base)
        month = f"{place.expiry[:4]}-{place.expiry[4:]}"
        return replace(root, symbol=symbol, name=f"{root.name} {month}".strip(), aliases=())
    return Instrument(
        symbol, asset_class=market.asset_class, session=market.session, tz=market.home,
        tick_size=0.00001 if market.asset_class == "fx" else 0.01,
    )  # fmt: skip
