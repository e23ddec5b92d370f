"""What every importer is: a Param class whose parameters are its options, and the parts it makes of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
import param

from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.words import option
from workbench.errors import IngestError, SpecError, WorkbenchError, did_you_mean, parameter_told
from workbench.market.calendars import check_zone
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import BarSpec
from workbench.registry import Registry


class BadRow(NamedTuple):
    """A row that cannot be used: its line in the file (from 1), its text and why."""

    line: int
    text: str
    reason: str


@dataclass
class Part:
    """The rows of one dataset in one file (or one member of an archive).

    ``kind`` is ``trades``, ``quotes``, ``bars_<spec>`` or ``quote_bars_<spec>``; ``records`` have the dtype of that
    kind, in the order of the tape. ``instrument`` describes a symbol that the master may not know yet.
    """

    symbol: str
    kind: str
    records: np.ndarray
    bad: list[BadRow] = field(default_factory=list)
    member: str = ""
    instrument: Instrument | None = None


@dataclass(frozen=True)
class Context:
    """What a file does not say: the symbol asked for (or None) and the instruments that are known."""

    symbol: str | None
    master: InstrumentMaster

    def resolve(self, name: str) -> str:
        """The symbol under which ``name`` of a file is stored: the one asked for, else the master's, else itself."""
        return self.symbol or self.master.get_or_default(name.strip()).symbol

    def required(self) -> str:
        """The symbol asked for, for formats whose files do not hold one."""
        if not self.symbol:
            raise IngestError(
                f"the file does not say which symbol it holds; pass {option('symbol')}, e.g. {option('symbol', 'AAPL')}"
            )
        return self.resolve(self.symbol)


class Importer(param.Parameterized):
    """Base of all importers. Subclasses declare their options as parameters and implement ``parse``.

    Register one with ``@importers.register("name")``; the command line takes its options from the parameters.
    """

    plugin_name: ClassVar[str] = ""
    #: Folder of the store that the data go to unless ``source`` says otherwise.
    default_source: ClassVar[str] = ""
    #: File endings looked for when a folder is given.
    patterns: ClassVar[tuple[str, ...]] = ("*.csv", "*.csv.gz", "*.zip")
    #: Line beginnings that are no data.
    ignored: ClassVar[tuple[bytes, ...]] = ()

    @classmethod
    def options(cls) -> dict[str, param.Parameter]:
        """Options by name, each with its ``doc``, default and bounds."""
        return {name: parameter for name, parameter in cls.param.objects("existing").items() if name != "name"}

    @classmethod
    def configured(cls, **options: object) -> Importer:
        """An importer with these options; ``IngestError`` names one that is unknown or cannot be used."""
        known = cls.options()
        made = cls()
        for name, value in options.items():
            if name not in known:
                raise IngestError(f"the {cls.plugin_name} importer has no option {name!r}: {did_you_mean(name, known)}")
            try:
                setattr(made, name, value)
            except (ValueError, TypeError) as error:
                raise IngestError(f"{option(name, value)} cannot be used: {parameter_told(error)}") from None
        made.check()
        return made

    def check(self) -> None:
        """Refuse options that cannot be used, before any file is opened."""
        for name, check in (("tz", check_zone), ("spec", _check_spec)):
            if value := getattr(self, name, None):
                try:
                    check(value)
                except WorkbenchError as error:
                    raise IngestError(f"{option(name, value)} cannot be used: {error}") from None

    def source_of(self, file: SourceFile) -> str:
        """Name of the source that ``file`` belongs to."""
        return self.default_source

    def parse(self, file: SourceFile, context: Context) -> list[Part]:
        """All rows of ``file``. Raises ``IngestError`` when it is not of this format, or an option is needed."""
        raise NotImplementedError


def _check_spec(spec: str) -> None:
    if not BarSpec.parse(spec).timed:
        raise SpecError(
            "the bars of a file are time bars, such as 1min or 1d; others are made of what is stored when they are "
            "asked for"
        )


#: All importers by name of their format.
importers: Registry = Registry("importer", "workbench.catalog.ingest", "workbench.importers")
