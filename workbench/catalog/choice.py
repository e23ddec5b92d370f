"""Which dataset bars of a spec come from, and how: the rules behind ``MarketCatalog.bars``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.catalog import plan as plans
from workbench.catalog import schema
from workbench.catalog.event_bars import RunBars, RunningBars, Tape
from workbench.catalog.manifest import Manifest
from workbench.catalog.plan import Plan
from workbench.catalog.shelf import Given, Stored
from workbench.catalog.store import Store
from workbench.catalog.time_bars import TimeBars
from workbench.errors import DataError
from workbench.market.calendars import Calendar, calendar
from workbench.market.instruments import Instrument
from workbench.market.specs import BarSpec

if TYPE_CHECKING:
    from workbench.catalog.reader import Entry

Bars = TimeBars | RunBars | RunningBars


@dataclass(frozen=True)
class Choice:
    """What somebody asks of one symbol; ``held`` is what the store has of it, or the Intake entry.

    ``session`` and ``price`` as for ``MarketCatalog.bars``. Without a session bars follow the instrument's calendar,
    where the data can give exactly those bars.
    """

    store: Store
    symbol: str
    instrument: Instrument
    held: list[Manifest] | Entry
    session: str | None = None
    price: str | None = None

    def bars(self, spec: BarSpec) -> Bars:
        """Where bars of ``spec`` come from.

        Raises
        ------
        DataError
            What there is gives no exact bars of that spec; says what there is.
        """
        if spec.timed:
            return self._of_entry(spec) if not isinstance(self.held, list) else self._of_store(spec)
        kind = spec.maker()
        if spec.base is not None:
            return RunningBars(spec, self._sessions(spec), self.bars(spec.base))
        if kind.of == "bars":
            raise DataError(f"{spec} bars are made of bars: name them, such as {kind.example}")
        tape = self._tape(spec)
        sessions = self._sessions(spec)
        if self.session is None and not plans.knows(sessions, tape.first, tape.until):
            sessions = calendar("24/7")
        return (RunBars if kind.resets else RunningBars)(spec, sessions, tape)

    def _sessions(self, spec: BarSpec) -> Calendar:
        return self.instrument.calendar_of(spec) if self.session is None else calendar(self.session)

    def _of_store(self, spec: BarSpec) -> TimeBars:
        sessions, lenient = self._sessions(spec), self.session is None
        for price in (None, "bid") if self.price is None else (self.price,):
            best = plans.choose(self.store, self.held, spec, sessions=sessions, price=price, lenient=lenient)
            if best is not None:
                return TimeBars(best, Stored(self.store, best.source, best.kind, best.symbol))
        raise DataError(
            f"no exact {spec} bars of {self.symbol}" + (f" ({self.price})" if self.price else "")
            + f" on calendar {sessions.name}: there are {self._there_are()}; ask for another spec or price, or ingest "
            "trades, quotes or finer bars"
        )  # fmt: skip

    def _of_entry(self, spec: BarSpec) -> TimeBars:
        records, kind, finer = self.held.records()
        if kind not in ("bars", "trades"):
            raise DataError(f"{self.held.name} holds {kind}; bars are made from trades or finer bars")
        times = records[records.dtype.names[0]]
        first, until = (int(times[0]), int(times[-1]) + 1) if len(times) else (0, 0)
        plan = Plan(str(self.held.file), kind, self.held.name, spec, self._sessions(spec), finer, first, until)
        if finer is None:
            plan = plans.known(plan) if self.session is None else plan
        elif len(times):
            fitting = plans.vendor(plan, lambda: times, lenient=self.session is None)
            if fitting is None:
                raise DataError(
                    f"{self.held.name} holds {finer} bars, which give no exact {spec} bars; ask for a longer spec"
                )
            plan = fitting
        return TimeBars(plan, Given(records))

    def _tape(self, spec: BarSpec) -> Tape:
        """The trades with the widest time, or the quotes when their middle is asked for."""
        wanted = "trades" if self.price is None else "quotes"
        if self.price in ("bid", "ask"):
            raise DataError(
                f"{spec} bars of quotes are made of their middle: say price='mid' (got {self.price!r}), or use a kind "
                "that is made of bars, such as ha(5min)"
            )
        if not isinstance(self.held, list):
            records, kind, _ = self.held.records()
            if kind == wanted == "trades":
                times = records["ts_event"]
                return Tape(Given(records), *((int(times[0]), int(times[-1]) + 1) if len(times) else (0, 0)))
        else:
            found = [(m.datasets[wanted], m) for m in self.held if wanted in m.datasets and m.datasets[wanted].parts]
            if found:
                entry, one = max(found, key=lambda one: one[0].last - one[0].first)
                shelf = Stored(self.store, one.source, wanted, one.symbol)
                return Tape(shelf, entry.first, entry.last + 1, middle=wanted == "quotes")
        raise DataError(
            f"{spec} bars of {self.symbol} are made of {wanted}, and there are only {self._there_are()}; ingest "
            f"{wanted}, or use time bars, or a kind that is made of bars, such as {self._instead()}"
        )

    def _there_are(self) -> str:
        if not isinstance(self.held, list):
            return " ".join(str(part) for part in self.held.records()[:0:-1] if part is not None)
        return ", ".join(sorted({f"{m.source}/{k}" for m in self.held for k in m.datasets if not schema.is_derived(k)}))

    def _instead(self) -> str:
        """A spec of a kind made of bars that works here."""
        if not isinstance(self.held, list):
            finer = self.held.records()[2]
        else:
            specs = [schema.split_kind(kind)[1] for m in self.held for kind, e in m.datasets.items() if e.parts]
            finer = min((spec for spec in specs if spec is not None), key=lambda spec: spec.nominal, default=None)
        return f"ha({finer or '5min'})"
