"""Files of IQFeed history requests: ticks, intervals and dailies. Times are New York's; bars are in the order
high, low, open, close.

Columns of ticks: time, last, size, total volume, bid, ask, tick id, basis, market centre, conditions and, in newer
protocols, aggressor and day code. Intervals: time, high, low, open, close, total volume, period volume, trades.
Dailies: date, high, low, open, close, volume, open interest. Lines end in a comma, texts in ``!ENDMSG!,``.
"""

from __future__ import annotations

import io
import re

import numpy as np
import param
import pyarrow as pa
import pyarrow.compute as pc

from workbench.catalog.ingest import dates as forms
from workbench.catalog.ingest.base import Context, Importer, Part, importers
from workbench.catalog.ingest.checks import reject_bars, reject_prices, reject_sizes
from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.stamps import infer_spec, no_session, opens_of_ends, session_opens
from workbench.catalog.ingest.table import Rows, read_rows
from workbench.catalog.ingest.tape import Tape
from workbench.errors import IngestError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, BUY, FLAG_NO_BAR, SELL, TRADE, UNKNOWN
from workbench.market.specs import BarSpec

#: Basis for last: ``C`` and ``E`` (regular and extended) prints form bars, ``O`` (other: odd lots, averages) do not.
_FORMS_BARS = ("C", "E")
_ZONE = "America/New_York"
_AGGRESSOR = {"1": BUY, "2": SELL}


@importers.register("iqfeed")
class IqfeedImporter(Importer):
    """Ticks become trades, intervals and dailies become bars."""

    default_source = "iqfeed"
    patterns = ("*.csv", "*.csv.gz", "*.zip")
    ignored = (b"!", b"S,")

    tz = param.String(
        default=None, allow_None=True, doc="IANA zone of the times, where it is not IQFeed's own, America/New_York."
    )
    stamps = param.Selector(
        default="open", objects=["open", "close"], doc="Do interval times mark the bar's open or its end?"
    )
    spec = param.String(default=None, allow_None=True, doc="Bar spec of intervals, e.g. 5s; told by the times.")

    def parse(self, file: SourceFile, context: Context) -> list[Part]:
        symbol = context.required()
        parts = []
        for member in file.members():
            lead, cells = self._shape(file, member)
            tape = Tape(file, member)
            take = {7: self._take_daily, 8: self._take_interval}.get(len(cells) - lead, self._take_tick)
            for rows in read_rows(file, member, tape.rejects, width=len(cells) + 1, ignored=self.ignored):
                rows.columns = rows.columns[lead:]
                take(tape, rows)
            if take == self._take_tick:
                if len(tape) == 0:
                    parts.append(Part(symbol, "trades", np.zeros(0, TRADE), tape.bad(), member))
                    continue
                tape.oldest_first("time")
                tape.localise("time", self.tz or _ZONE)
                parts.append(Part(symbol, "trades", tape.records("trades", "time"), tape.bad(), member))
            else:
                parts.append(self._bars(tape, symbol, context))
        return parts

    def _shape(self, file: SourceFile, member: str) -> tuple[int, list[str]]:
        """How many columns come before the time, and the cells of the first line of data."""
        for block in file.blocks(member):
            for line in io.BytesIO(block):
                if not line.strip() or line.startswith(self.ignored):
                    continue
                cells = line.decode("utf-8", "replace").strip().rstrip(",").split(",")
                lead = next((i for i, c in enumerate(cells[:3]) if re.match(r"\d{4}-\d{2}-\d{2}", c)), None)
                if lead is None or len(cells) - lead not in (7, 8, 10, 11, 12):
                    raise IngestError(
                        f"this is no IQFeed history (first line {line[:60].decode('utf-8', 'replace')!r}); "
                        "the csv importer takes other files"
                    )
                return lead, cells
        raise IngestError("the file holds no line of data")

    def _time(self, rows: Rows) -> np.ndarray:
        stamps = forms.read_stamps(rows.columns[0])
        for reason, mask in stamps.why.items():
            rows.reject(mask, reason)
        return stamps.ns

    def _take_tick(self, tape: Tape, rows: Rows) -> None:
        time = self._time(rows)
        price, size = rows.numbers(1, "last"), rows.numbers(2, "size")
        reject_prices(rows, {"last": price})
        reject_sizes(rows, {"size": size})
        basis = pc.is_in(rows.columns[7], pa.array(_FORMS_BARS)).to_numpy(zero_copy_only=False)
        columns = {"time": time, "price": price, "size": size, "flags": np.where(basis, 0, FLAG_NO_BAR).astype("u2")}
        if len(rows.columns) > 12:
            sides = [_AGGRESSOR.get(str(i), UNKNOWN) for i in range(4)]
            code = pc.index_in(rows.columns[10], pa.array(["0", "1", "2", "3"]))
            columns["side"] = np.array(sides, "i1")[pc.fill_null(code, 0).to_numpy(zero_copy_only=False)]
        tape.add(rows, **columns)

    def _take_interval(self, tape: Tape, rows: Rows) -> None:
        columns = {"time": self._time(rows), **self._prices(rows)}
        columns["volume"], columns["trades"] = rows.numbers(6, "volume"), rows.numbers(7, "trades")
        reject_sizes(rows, {name: columns[name] for name in ("volume", "trades")})
        tape.add(rows, **columns)

    def _take_daily(self, tape: Tape, rows: Rows) -> None:
        columns = {"time": self._time(rows), **self._prices(rows), "volume": rows.numbers(5, "volume")}
        reject_sizes(rows, {"volume": columns["volume"]})
        columns["daily"] = np.ones(len(rows.lines), bool)
        tape.add(rows, **columns)

    def _prices(self, rows: Rows) -> dict[str, np.ndarray]:
        prices = {name: rows.numbers(i, name) for i, name in enumerate(("high", "low", "open", "close"), 1)}
        reject_prices(rows, prices)
        reject_bars(rows, tuple(prices[name] for name in ("open", "high", "low", "close")))
        return prices

    def _bars(self, tape: Tape, symbol: str, context: Context) -> Part:
        if len(tape) == 0:
            return Part(symbol, "bars", np.zeros(0, BAR), tape.bad(), tape.member)
        tape.oldest_first("time")
        home = context.master.get_or_default(symbol).calendar
        at_end = self.stamps == "close"
        spec = BarSpec.parse(self.spec) if self.spec else None
        if "daily" in tape:
            spec = spec or BarSpec.parse("1d")
            days = calendar(f"days:{self.tz}") if self.tz else home
            opens, known = session_opens(tape["time"], days, spec, at_end=at_end)
            tape["time"] = opens
            tape.reject(~known, no_session(days))
        else:
            tape.localise("time", self.tz or _ZONE)
            spec = spec or infer_spec(tape["time"])
            if at_end:
                tape["time"] = opens_of_ends(tape["time"], home, spec)
        tape.one_bar_each("time")
        return Part(symbol, f"bars_{spec}", tape.records("bars", "time"), tape.bad(), tape.member)
