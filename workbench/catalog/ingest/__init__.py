"""Importers: files of vendors become datasets of the store. One file here is one format; ``importers`` finds them.

>>> from workbench.catalog.ingest import importers
>>> importers.names()
['csv', 'iqfeed', 'lean']
"""

from __future__ import annotations

from workbench.catalog.ingest.base import BadRow, Context, Importer, Part, importers
from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.run import IngestFailures, Report, ingest
from workbench.catalog.ingest.words import option, told_in

__all__ = [
    "BadRow", "Context", "Importer", "IngestFailures", "Part", "Report", "SourceFile", "importers", "ingest",
    "option", "told_in",
]  # fmt: skip
