"""``wb.catalog()``: ask for trades, quotes and bars by symbol, wherever they are."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.catalog import output, recorded, schema
from workbench.catalog import plan as plans
from workbench.catalog.choice import Bars, Choice
from workbench.catalog.manifest import Manifest
from workbench.catalog.store import Dataset, Store
from workbench.errors import DataError, UnknownNameError, did_you_mean, unknown
from workbench.market.events import DTYPES
from workbench.market.instants import instant_of
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import BarSpec

if TYPE_CHECKING:
    from workbench.catalog.reader import Entry

_COLUMNS = ["name", "kind", "source", "symbols", "start", "end", "rows", "bytes", "tz", "quarantined"]


class MarketCatalog:
    """What data there is, and the data: everything ingested, and the Intake entries of a folder.

    Parameters
    ----------
    store
        The Parquet store.
    master
        Instruments: aliases, session calendars, zones.
    catalogs_dir
        Folder of Intake catalogs (``*.yaml``, version 2); None for none.

    Times are given as anything ``pandas.Timestamp`` takes; without a zone they are UTC. Ranges are half-open.
    """

    def __init__(self, store: Store, master: InstrumentMaster, catalogs_dir: Path | None = None) -> None:
        self.store = store
        self.master = master
        self.catalogs_dir = Path(catalogs_dir) if catalogs_dir is not None else None

    def _repr_html_(self) -> str:
        return importlib.import_module("workbench.charts.reprs").catalog(self)  # by name: what draws is further out

    def __repr__(self) -> str:
        return f"MarketCatalog({str(self.store.data_dir)!r}, catalogs={str(self.catalogs_dir)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _open, (self.store, self.catalogs_dir)

    # -- what there is ------------------------------------------------------------------------------------------------

    def datasets(self) -> pd.DataFrame:
        """One row for each dataset: ``name kind source symbols start end rows bytes tz quarantined``.

        Bars that the store derives by itself are left out (``store.datasets()`` has them). Rows, bytes, start and end
        of Intake entries are not known before they are read, and empty here.
        """
        rows = [self._dataset_row(d) for d in self.store.datasets() if not schema.is_derived(d.kind)]
        for entry in self._entries().values():
            if not entry.own:
                tz = self.master.get_or_default(entry.symbol).tz
                rows.append([entry.name, entry.kind, entry.file.name, entry.symbol, pd.NaT, pd.NaT, None, None, tz, 0])
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        for name in ("start", "end"):
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[ns, UTC]")
        return frame.astype({"rows": "Int64", "bytes": "Int64", "quarantined": "int64"})

    @property
    def broken(self) -> dict[Path, str]:
        """Catalog files and manifests that cannot be read, with the reason; everything else works."""
        files = {} if self.catalogs_dir is None else self._reader().load(self.catalogs_dir)[1]
        return {**self.store.damaged(), **files}

    def symbols(self) -> list[str]:
        """Symbols of which there is data, sorted."""
        stored = {d.symbol for d in self.store.datasets() if d.rows}
        return sorted(stored | {e.symbol for e in self._entries().values() if not e.own})

    def sources(self, symbol: str) -> list[str]:
        """Sources in the store that hold data of a symbol, the one with the widest time first."""
        symbol = self._resolve(symbol)
        return [m.source for m in self._held(symbol)] if isinstance(symbol, str) else [symbol.file.name]

    def gaps(self, symbol: str | None = None) -> pd.DataFrame:
        """What was published and could not be recorded: ``source kind symbol start end missing reason noticed``.

        See ``catalog.recorded.gaps`` for the columns and reasons.
        """
        names = [None] if symbol is None else self._names(symbol)
        found = [recorded.gaps(self.store, name) for name in names]
        return next((frame for frame in found if len(frame)), found[0])

    def instruments(self, text: str = "") -> pd.DataFrame:
        """Instruments whose symbol, alias, name or venue holds ``text``, best matches first."""
        return self.master.search(text)

    def instrument(self, symbol: str) -> Instrument:
        """The instrument of a symbol; a plain 24/7 one when there is data but no description."""
        try:
            return self.master.get(symbol)
        except LookupError:
            if symbol in self.symbols():
                return Instrument(symbol)
            raise

    def coverage(self, symbol: str) -> tuple[int, int] | None:
        """First and last time (ns) of what there is of a symbol, from any source; None when there is nothing."""
        try:
            found = self._resolve(symbol)
        except LookupError:
            return None
        if not isinstance(found, str):
            times = found.records()[0]
            times = times[times.dtype.names[0]]
            return (int(times[0]), int(times[-1])) if len(times) else None
        entries = [e for m in self._held(found) for e in m.datasets.values() if e.parts]
        return (min(e.first for e in entries), max(e.last for e in entries)) if entries else None

    # -- the data -----------------------------------------------------------------------------------------------------

    def trades(
        self,
        symbol: str,
        start: object = None,
        end: object = None,
        *,
        source: str | None = None,
        as_: str = "pandas",
    ) -> Any:
        """Trades of [start, end): frame with ``ts_event ts_recv price size side flags`` (times int64 ns UTC).

        ``as_`` is ``pandas``, ``dask`` or ``arrow``.
        """
        return self._events("trades", symbol, start, end, source=source, as_=as_)

    def quotes(
        self,
        symbol: str,
        start: object = None,
        end: object = None,
        *,
        source: str | None = None,
        as_: str = "pandas",
    ) -> Any:
        """Quotes of [start, end): frame with ``ts_event ts_recv bid ask bid_size ask_size`` (times int64 ns UTC)."""
        return self._events("quotes", symbol, start, end, source=source, as_=as_)

    def bars(
        self,
        symbol: str,
        spec: str | BarSpec,
        start: object = None,
        end: object = None,
        *,
        session: str | None = None,
        price: str | None = None,
        source: str | None = None,
        as_: str = "pandas",
    ) -> Any:
        """Bars whose time lies in [start, end), each whole: frame indexed by ``time`` (UTC).

        A pandas frame says in ``attrs`` what it is of: ``symbol``, ``session``, the calendar of its hours, and
        ``source``, what to ask for to have it again.

        Parameters
        ----------
        symbol
            A symbol, an alias, or the name of an Intake entry.
        spec
            Any bar spec, such as ``"5min"``, ``"1d"``, ``"1000tick"`` or ``"renko:1.0(1d)"``.
        session
            Calendar the bars keep; what is outside of its sessions is left out. Without it bars follow the sessions of
            the instrument: days and longer hold whole sessions, shorter bars are counted from the open of each, and
            what is traded between two sessions forms bars of its own. A vendor's bars that lie across those edges are
            given as they are, and coarser ones from them on the grid of UTC days.
        price
            ``bid``, ``ask`` or ``mid`` of quotes; None is trades, or bid where there are only quotes.
        source
            Which source, when there are several; without it the one with the widest time.
        as_
            ``pandas``, ``dask`` or ``arrow``.

        Raises
        ------
        UnknownNameError
            Nothing is known of the symbol; says what it may be.
        DataError
            What there is cannot give exact bars of that spec.
        """
        output.check(as_)
        spec = BarSpec.parse(spec)
        same = {"session": session, "price": price, "source": source}
        if as_ != "dask":
            found = output.convert(self.bar_records(symbol, spec, start, end, **same), as_)
            if as_ == "pandas":
                asked = {name: value for name, value in same.items() if value is not None}
                entry = self._resolve(symbol)
                known = self.master.get_or_default(entry if isinstance(entry, str) else entry.symbol)
                reference = {"symbol": symbol, "spec": str(spec), **asked}
                found.attrs = {"symbol": symbol, "session": session or known.session, "source": reference}
            return found
        bars = self._bars(symbol, spec, **same)
        cuts = bars.cuts(_instant(start), _instant(end))
        return output.dask(functools.partial(_dask_bars, self, symbol, spec, same), cuts, bars.dtype)

    def bar_records(
        self,
        symbol: str,
        spec: str | BarSpec,
        start: object = None,
        end: object = None,
        *,
        session: str | None = None,
        price: str | None = None,
        source: str | None = None,
    ) -> np.ndarray:
        """As ``bars``, as records of ``market.events.BAR`` (``ha`` adds the real prices)."""
        low, high = _instant(start), _instant(end)
        return self._bars(symbol, BarSpec.parse(spec), session=session, price=price, source=source).between(low, high)

    def latest_bars(
        self,
        symbol: str,
        spec: str | BarSpec,
        n: int,
        before: object = None,
        *,
        session: str | None = None,
        price: str | None = None,
        source: str | None = None,
    ) -> np.ndarray:
        """The newest ``n`` bars with time < ``before``, as ``bar_records`` gives them; the last may be unfinished.

        Reads from the end only what it needs, so that a chart can page back through any length of history; kinds that
        carry on from the beginning of the data are made once and kept in memory.
        """
        if n < 1:
            raise DataError(f"latest_bars: n must be at least 1, got {n}")
        bars = self._bars(symbol, BarSpec.parse(spec), session=session, price=price, source=source)
        return bars.newest(n, _instant(before))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _events(self, kind: str, symbol: str, start: object, end: object, *, source: str | None, as_: str) -> Any:
        output.check(as_)
        low, high = _instant(start), _instant(end)
        found = self._resolve(symbol)
        if not isinstance(found, str):
            records, held_kind = found.records()[:2]
            if held_kind != kind:
                raise DataError(f"{found.name} holds {held_kind}, not {kind}")
            return output.convert(output.cut(records, low, high), as_)
        held = [m for m in self._held(found, source) if kind in m.datasets and m.datasets[kind].parts]
        if not held:
            has = sorted({k for m in self._held(found, source) for k in m.datasets if not schema.is_derived(k)})
            raise DataError(f"there are no {kind} of {found}; there are {', '.join(has)}")
        chosen = max(held, key=lambda m: m.datasets[kind].last - m.datasets[kind].first)  # as bars are made of
        if as_ != "dask":
            return output.convert(self.store.read(chosen.source, kind, found, low, high), as_)
        entry = chosen.datasets[kind]
        start = entry.first if low is None else low
        end = entry.last + 1 if high is None else high
        cuts = [start, *(p.first for p in entry.parts if start < p.first < end), max(start, end)]
        read = functools.partial(_dask_events, self.store, chosen.source, kind, found)
        return output.dask(read, cuts, DTYPES[kind])

    def _bars(self, symbol: str, spec: BarSpec, *, session: str | None, price: str | None, source: str | None) -> Bars:
        found = self._resolve(symbol)
        price = plans.check_price(price)
        held = self._held(found, source) if isinstance(found, str) else found
        name = found if isinstance(found, str) else found.symbol
        return Choice(self.store, name, self.master.get_or_default(name), held, session, price).bars(spec)

    def _held(self, symbol: str, source: str | None = None) -> list[Manifest]:
        """What the sources hold of a symbol, the widest time first."""
        held = [m for m in self.store.held(symbol) if any(e.parts for e in m.datasets.values())]
        if source is not None:
            chosen = [m for m in held if m.source == source]
            if not chosen:
                raise unknown(f"source of {symbol}", source, [m.source for m in held])
            return chosen

        def span(one: Manifest) -> int:
            entries = [e for e in one.datasets.values() if e.parts]
            return max(e.last for e in entries) - min(e.first for e in entries)

        return sorted(held, key=lambda m: (-span(m), m.source))

    def _resolve(self, symbol: str) -> str | Entry:
        """The symbol of the store that is meant, else the Intake entry."""
        if not isinstance(symbol, str) or not symbol:
            raise DataError(f"a symbol is a text such as 'AAPL', got {symbol!r}")
        for name in self._names(symbol):
            if self._held(name):
                return name
        entries = self._entries()
        for name in self._names(symbol):
            entry = entries.get(name) or next((e for e in entries.values() if e.symbol == name and not e.own), None)
            if entry is not None and not entry.own:
                return entry
            if entry is not None and self._held(entry.symbol):
                return entry.symbol
            if entry is not None:
                raise UnknownNameError(
                    f"entry {name!r} of {entry.file} asks for {entry.symbol}, of which nothing is stored"
                )
        known = self.symbols()
        if symbol in self.master:
            raise UnknownNameError(
                f"there is no data of {self.master.get(symbol).symbol} yet: ingest some, or ask for what there is "
                f"({did_you_mean(symbol, known)})"
            )
        raise unknown("symbol", symbol, [*known, *entries])

    def _names(self, symbol: str) -> list[str]:
        try:
            return list(dict.fromkeys([symbol, self.master.get(symbol).symbol]))
        except LookupError:
            return [symbol]

    def _entries(self) -> dict[str, Entry]:
        return {} if self.catalogs_dir is None else self._reader().load(self.catalogs_dir)[0]

    @staticmethod
    def _reader() -> Any:
        from workbench.catalog import reader  # Intake is imported there, and only when there is need

        return reader

    def _dataset_row(self, one: Dataset) -> list[Any]:
        name = f"{one.source}/{one.kind}/{one.symbol}"
        times = [pd.NaT if t is None else pd.Timestamp(t, tz="UTC") for t in (one.first, one.last)]
        tz = self.master.get_or_default(one.symbol).tz
        return [name, one.kind, one.source, one.symbol, *times, one.rows, one.bytes, tz, one.quarantined]


def _instant(value: object) -> int | None:
    return None if value is None else instant_of(value)


def _open(store: Store, catalogs_dir: Path | None) -> MarketCatalog:
    return MarketCatalog(store, InstrumentMaster.load(store.data_dir), catalogs_dir)


def _dask_bars(
    catalog: MarketCatalog, symbol: str, spec: BarSpec, same: dict[str, Any], span: tuple[int, int]
) -> pd.DataFrame:
    return output.convert(catalog.bar_records(symbol, spec, *span, **same), "pandas")


def _dask_events(store: Store, source: str, kind: str, symbol: str, span: tuple[int, int]) -> pd.DataFrame:
    return output.convert(store.read(source, kind, symbol, *span), "pandas")
