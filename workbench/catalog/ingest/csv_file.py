"""Comma-separated files of anybody: trades, quotes or bars, told by their columns."""

from __future__ import annotations

import numpy as np
import param
import pyarrow as pa
import pyarrow.compute as pc

from workbench.catalog.ingest import dates as forms
from workbench.catalog.ingest.base import Context, Importer, Part, importers
from workbench.catalog.ingest.checks import reject_bars, reject_prices, reject_sizes
from workbench.catalog.ingest.columns import Layout, find_layout
from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.stamps import infer_spec, no_session, opens_of_ends, session_opens
from workbench.catalog.ingest.table import Rows, read_rows
from workbench.catalog.ingest.tape import Tape
from workbench.catalog.ingest.words import option
from workbench.errors import IngestError
from workbench.market.calendars import Calendar, calendar
from workbench.market.events import BUY, DTYPES, SELL, UNKNOWN
from workbench.market.specs import BarSpec

_SIDES = {"buy": BUY, "b": BUY, "bid": BUY, "1": BUY, "+1": BUY, "buyer": BUY, "sell": SELL, "s": SELL, "ask": SELL,
          "-1": SELL, "seller": SELL, "": UNKNOWN, "0": UNKNOWN, "none": UNKNOWN, "unknown": UNKNOWN, "n": UNKNOWN,
          "nan": UNKNOWN}  # fmt: skip
_MAKER = {"1": SELL, "true": SELL, "t": SELL, "0": BUY, "false": BUY, "f": BUY, "": UNKNOWN}
_PRICES = {"bars": ("open", "high", "low", "close"), "quotes": ("bid", "ask"), "trades": ("price",)}
_SIZES = {"bars": ("volume", "buy_volume", "sell_volume", "trades"), "quotes": ("bid_size", "ask_size"),
          "trades": ("size",)}  # fmt: skip


@importers.register("csv")
class CsvImporter(Importer):
    """Columns are found by their usual names, whatever the case; ``columns`` names others.

    Bars without a volume column get volume 0, trades without sizes size 0. How large a price is is not judged: what is
    positive, finite and consistent is stored.
    """

    default_source = "csv"
    patterns = ("*.csv", "*.txt", "*.tsv", "*.csv.gz", "*.txt.gz", "*.zip")
    ignored = (b"#",)

    kind = param.Selector(
        default="auto", objects=["auto", "trades", "quotes", "bars"], doc="What the rows are; told by the columns."
    )
    columns = param.ClassSelector(
        class_=(str, dict),
        default=None,
        allow_None=True,
        doc="Columns by hand: time=ts,price=px (a header's name or a number from 1), or all of a file without header, "
        "in order: time,open,high,low,close,volume (- leaves one out).",
    )
    tz = param.String(default=None, allow_None=True, doc="IANA zone of times that say none, e.g. America/New_York.")
    dates = param.Selector(
        default=None, objects=[None, *forms.ORDERS], doc="Order of dates like 01/03/2017: dmy, mdy or ymd."
    )
    stamps = param.Selector(default="open", objects=["open", "close"], doc="Do times mark the bar's open or its end?")
    spec = param.String(default=None, allow_None=True, doc="Bar spec, e.g. 1min or 1d; told by the times.")
    delimiter = param.Selector(
        default=None, objects=[None, ",", ";", "\t", "|"], doc="Sign between columns; told by the first line."
    )
    decimal = param.Selector(default=".", objects=[".", ","], doc="Decimal sign of numbers.")

    def parse(self, file: SourceFile, context: Context) -> list[Part]:
        parts: list[Part] = []
        for member in file.members():
            layout = find_layout(file, member, columns=self.columns, kind=self.kind, delimiter=self.delimiter)
            tape = Tape(file, member)
            for rows in read_rows(
                file, member, tape.rejects,
                width=layout.width, delimiter=layout.delimiter, skip=layout.skip, ignored=self.ignored,
            ):  # fmt: skip
                self._take(tape, rows, layout)
            parts += self._parts(tape, layout, context)
        return parts

    def _take(self, tape: Tape, rows: Rows, layout: Layout) -> None:
        at = layout.at
        stamps = forms.read_stamps(_times(rows, at), self.dates)
        for reason, mask in stamps.why.items():
            rows.reject(mask, reason)
        columns: dict[str, np.ndarray] = {"time": stamps.ns, "state": stamps.state}
        for role in (*_PRICES[layout.kind], *_SIZES[layout.kind]):
            if role in at:
                blank = np.nan if layout.kind == "quotes" else None
                columns[role] = rows.numbers(at[role], role, decimal=self.decimal, blank=blank)
        if "vwap" in at:
            columns["vwap"] = rows.numbers(at["vwap"], "vwap", decimal=self.decimal, blank=np.nan)
        _check(rows, layout.kind, columns)
        if "side" in at or "is_buyer_maker" in at:
            role, words = ("side", _SIDES) if "side" in at else ("is_buyer_maker", _MAKER)
            columns["side"], known = _coded(rows.columns[at[role]], words)
            rows.reject(~known, f"{role} cannot be read")
        if "ts_recv" in at:
            received = forms.read_stamps(rows.columns[at["ts_recv"]], self.dates)
            rows.reject(received.state != forms.INSTANT, "ts_recv is no instant")
            columns["ts_recv"] = received.ns
        if "symbol" in at:
            columns["symbol"] = pc.utf8_trim_whitespace(rows.columns[at["symbol"]]).to_numpy(zero_copy_only=False)
            rows.reject(columns["symbol"] == "", "symbol is missing")
        tape.add(rows, **columns)

    def _parts(self, tape: Tape, layout: Layout, context: Context) -> list[Part]:
        if "symbol" not in layout.at:
            return [self._part(tape, layout, context, context.required())]
        names = np.unique(tape["symbol"]) if len(tape) else np.array([])
        if context.symbol and len(names) > 1:
            raise IngestError(
                f"the file holds {len(names)} symbols ({', '.join(names[:5])} ...); leave {option('symbol')} out and "
                "each is stored under its own name"
            )
        if len(names) == 0:  # nothing is stored, but the rows are listed under some name
            return [self._part(tape, layout, context, context.symbol or "unknown")]
        parts = []
        for number, name in enumerate(names):
            one = Tape(tape.file, tape.member)
            rows = tape["symbol"] == name
            one.add(Rows([], tape["line"][rows], one.rejects), **{
                column: values[rows] for column, values in tape.columns.items() if column != "line"
            })  # fmt: skip
            if number == 0:  # rows that cannot be used are listed once
                one.rejects = tape.rejects
            parts.append(self._part(one, layout, context, context.resolve(str(name))))
        return parts

    def _part(self, tape: Tape, layout: Layout, context: Context, symbol: str) -> Part:
        if len(tape) == 0:
            return Part(symbol, layout.kind, np.zeros(0, DTYPES[layout.kind]), tape.bad(), tape.member)
        tape.oldest_first("time")
        if layout.kind != "bars":
            self._settle_events(tape)
            return Part(symbol, layout.kind, tape.records(layout.kind, "time"), tape.bad(), tape.member)
        home = calendar(f"days:{self.tz}") if self.tz else context.master.get_or_default(symbol).calendar
        spec = self._settle_bars(tape, home)
        return Part(symbol, f"bars_{spec}", tape.records("bars", "time"), tape.bad(), tape.member)

    def _settle_events(self, tape: Tape) -> None:
        only_dates = tape["state"] == forms.DATE
        if only_dates.all():
            raise IngestError(
                "the times are dates without a time of day; trades and quotes need one: name its column by "
                + option("columns", "time=...")
            )
        tape.reject(only_dates, "no time of day")
        self._settle_walls(tape)

    def _settle_walls(self, tape: Tape) -> None:
        walls = tape["state"] == forms.WALL
        if not walls.any():
            return
        if not self.tz:
            line = int(tape["line"][np.argmax(walls)])
            text = tape.file.lines(tape.member, {line}).get(line, "")
            raise IngestError(
                f"times say no time zone (line {line}: {text[:60]!r}); pass {option('tz')}, e.g. "
                f"{option('tz', 'America/New_York')} or {option('tz', 'UTC')}"
            )
        utc, exists = forms.to_utc(tape["time"][walls], self.tz)
        tape["time"][walls] = utc
        missing = np.zeros(len(tape), bool)
        missing[np.flatnonzero(walls)[~exists]] = True
        tape.reject(missing, f"{self.tz} skips this time of day (clocks go forward)")

    def _settle_bars(self, tape: Tape, home: Calendar) -> BarSpec:
        """Bar opens in ns UTC for whatever the times are; returns the bar spec."""
        if (tape["state"] == forms.WALL).any():  # a date among times is a midnight
            tape["state"][tape["state"] == forms.DATE] = forms.WALL
            self._settle_walls(tape)
        spec = BarSpec.parse(self.spec) if self.spec else infer_spec(tape["time"])
        only_dates = tape["state"] == forms.DATE
        if only_dates.any() and spec.step:
            raise IngestError(
                f"dates without a time of day cannot stamp {spec} bars; pass {option('spec', '1d')}, or name their "
                f"column by {option('columns', 'time=...')}"
            )
        at_end = self.stamps == "close"
        opens = tape["time"].copy()
        opens[only_dates], known = session_opens(opens[only_dates], home, spec, at_end=at_end)
        if at_end:
            opens[~only_dates] = opens_of_ends(opens[~only_dates], home, spec)
        tape["time"] = opens
        outside = np.zeros(len(tape), bool)
        outside[np.flatnonzero(only_dates)[~known]] = True
        tape.reject(outside, no_session(home))
        tape.one_bar_each("time")
        return spec


def _check(rows: Rows, kind: str, columns: dict[str, np.ndarray]) -> None:
    prices = {role: columns[role] for role in _PRICES[kind] if role in columns}
    reject_prices(rows, prices, nan_ok=kind == "quotes")
    reject_sizes(rows, {role: columns[role] for role in _SIZES[kind] if role in columns})
    if kind == "bars":
        reject_bars(rows, tuple(columns[role] for role in _PRICES["bars"]))
    if kind == "quotes":
        rows.reject(np.isnan(columns["bid"]) & np.isnan(columns["ask"]), "neither bid nor ask")
    if kind == "trades" and "size" not in columns:
        columns["size"] = np.zeros(len(rows.lines))


def _times(rows: Rows, at: dict[str, int]) -> pa.Array:
    """The column of times; a date column and a column of clock times are joined."""
    if "time" not in at:
        return rows.columns[at["date"]]
    times = rows.columns[at["time"]]
    if "date" not in at:
        return times
    clock = pc.match_substring_regex(times, r"^\s*(\d{1,2}:\d{2}\S*(\s*[AaPp][Mm])?|\d{3,6}(\.\d+)?)\s*$")
    if not pc.any(clock).as_py():
        return times
    day = pc.utf8_trim_whitespace(rows.columns[at["date"]])
    return pc.binary_join_element_wise(day, pc.utf8_trim_whitespace(times), " ")


def _coded(texts: pa.Array, words: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    coded = pc.utf8_lower(pc.utf8_trim_whitespace(texts)).dictionary_encode()
    values = [words.get(word) for word in coded.dictionary.to_pylist()]
    codes = coded.indices.to_numpy()
    side = np.array([v or 0 for v in values], "i1")
    known = np.array([v is not None for v in values], bool)
    return side[codes], known[codes]
