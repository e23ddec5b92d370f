"""Instruments: what is traded, in which steps, when and where. The master knows them by symbol, alias and name."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from importlib import resources
from pathlib import Path

import pandas as pd

from workbench.errors import DataError, unknown
from workbench.market.calendars import Calendar, calendar
from workbench.market.specs import BarSpec

ASSET_CLASSES = ("equity", "index", "future", "option", "fx", "crypto", "commodity", "unknown")


@dataclass(frozen=True)
class Instrument:
    """One tradable thing. ``tick_size`` is the price step, ``lot`` the size step, ``tz`` the zone charts open in."""

    symbol: str
    name: str = ""
    venue: str = ""
    asset_class: str = "unknown"
    currency: str = "USD"
    tick_size: float = 0.01
    lot: float = 1.0
    session: str = "24/7"
    tz: str = "UTC"
    aliases: tuple[str, ...] = ()

    @property
    def calendar(self) -> Calendar:
        """Its session calendar."""
        return calendar(self.session)

    def calendar_of(self, spec: BarSpec) -> Calendar:
        """What its bars follow unless told otherwise: its sessions, and within a day the time around them too."""
        return calendar(self.session if spec.root.dated else f"all:{self.session}")

    @property
    def decimals(self) -> int:
        """Decimal places that show the tick size exactly (at most 10)."""
        return next((d for d in range(10) if math.isclose(round(self.tick_size, d), self.tick_size, rel_tol=1e-9)), 10)


class InstrumentMaster:
    """All instruments this project knows: the built-in list, then ``instruments.json`` of the store over it."""

    def __init__(self, instruments: Iterable[Instrument], path: Path | None = None) -> None:
        self._path = path
        self._known = {i.symbol: i for i in instruments}

    @classmethod
    def load(cls, data_dir: Path | None = None) -> InstrumentMaster:
        """The built-in master, with the store's own instruments added where ``data_dir`` has some."""
        text = resources.files("workbench.market").joinpath("instruments.csv").read_text("utf-8")
        rows = [_from_mapping(row) for row in csv.DictReader(text.splitlines())]
        path = data_dir / "instruments.json" if data_dir else None
        if path and path.exists():
            try:
                rows += [_from_mapping(row) for row in json.loads(path.read_text("utf-8"))]
            except (ValueError, TypeError, AttributeError) as error:
                raise DataError(f"{path} cannot be read ({error}); mend it or move it away") from None
        return cls(rows, path)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._known.values())

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._known

    def get(self, symbol: str) -> Instrument:
        """The instrument called ``symbol``, or known by that alias; ``UnknownNameError`` otherwise."""
        if symbol in self._known:
            return self._known[symbol]
        folded = symbol.casefold()
        for one in self:
            if folded in {one.symbol.casefold(), *(a.casefold() for a in one.aliases)}:
                return one
        raise unknown("symbol", symbol, self._known)

    def get_or_default(self, symbol: str) -> Instrument:
        """As ``get``, or a plain 24/7 instrument of that name when nobody has described it."""
        try:
            return self.get(symbol)
        except LookupError:
            return Instrument(symbol)

    def put(self, instrument: Instrument) -> None:
        """Add or replace one, durably when the master belongs to a store."""
        calendar(instrument.session)
        self._known[instrument.symbol] = instrument
        if self._path is None:
            return
        stored = {}
        if self._path.exists():
            stored = {row["symbol"]: row for row in json.loads(self._path.read_text("utf-8"))}
        stored[instrument.symbol] = asdict(instrument)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(list(stored.values()), indent=1), "utf-8")
        os.replace(temporary, self._path)

    def search(self, text: str = "", limit: int = 50) -> pd.DataFrame:
        """Instruments whose symbol, alias, name or venue holds ``text``; best matches first.

        Returns a frame indexed by ``symbol`` with the instrument's other fields as columns.
        """
        folded = text.strip().casefold()
        ranked = sorted((rank, i.symbol, i) for i in self if (rank := _rank(i, folded)) is not None)
        frame = pd.DataFrame([asdict(i) for _, _, i in ranked[:limit]], columns=[f.name for f in fields(Instrument)])
        return frame.set_index("symbol")


def _rank(one: Instrument, text: str) -> int | None:
    symbol, aliases = one.symbol.casefold(), [a.casefold() for a in one.aliases]
    if text in (symbol, *aliases):
        return 0
    if symbol.startswith(text):
        return 1
    if any(a.startswith(text) for a in aliases) or any(w.startswith(text) for w in one.name.casefold().split()):
        return 2
    if text in symbol or text in one.name.casefold() or text in one.venue.casefold():
        return 3
    return None


def _from_mapping(row: dict) -> Instrument:
    known = {f.name for f in fields(Instrument)}
    values = {k: v for k, v in row.items() if k in known and v not in (None, "")}
    aliases = values.get("aliases", ())
    values["aliases"] = tuple(aliases.split("|") if isinstance(aliases, str) else aliases)
    one = Instrument(**values)
    return replace(one, tick_size=float(one.tick_size), lot=float(one.lot))
