"""The library: what market data there is, stored and read.

``Store`` writes and reads partitioned Parquet; ``MarketCatalog`` (``wb.catalog()``) is how people ask for data.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Store": "workbench.catalog.store",
    "Dataset": "workbench.catalog.store",
    "Written": "workbench.catalog.store",
    "MarketCatalog": "workbench.catalog.market_catalog",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
