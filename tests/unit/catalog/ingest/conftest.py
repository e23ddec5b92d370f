"""Small files of every format, made by hand, and a catalog of one's own to bring them into."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workbench.catalog.ingest import Context, Part, SourceFile, importers
from workbench.market.instruments import InstrumentMaster

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog


@pytest.fixture
def catalog(tmp_path: Path) -> MarketCatalog:
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.catalog.store import Store

    folder = tmp_path / "data"
    return MarketCatalog(Store(folder), InstrumentMaster.load(folder))


@pytest.fixture
def parse() -> Callable[..., list[Part]]:
    """Parse a file without storing anything."""

    def run(format: str, path: Path, symbol: str | None = "X", **options: object) -> list[Part]:
        importer = importers.get(format).configured(**options)
        return importer.parse(SourceFile(path), Context(symbol, InstrumentMaster.load()))

    return run


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[..., Path]:
    def make(text: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


@pytest.fixture
def zip_file(tmp_path: Path) -> Callable[..., Path]:
    """A zip at a path below the test's folder, of texts by member name."""

    def make(path: str, **members: str) -> Path:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        return target

    return make
