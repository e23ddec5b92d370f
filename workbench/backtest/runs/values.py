"""Values of parameters as JSON, and their arrays as tables beside it, so that nothing has to be unpickled."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_TUPLE, _NUMBER, _TIME, _DATE, _SPAN, _ARRAY, _TEXT = "$tuple", "$float", "$time", "$date", "$span", "$array", "$text"


@dataclass(frozen=True)
class Unkept:
    """A value that could not be kept, such as a function; ``text`` is what it looked like."""

    text: str

    def __repr__(self) -> str:
        return f"<not kept: {self.text}>"


def encode(value: Any, tables: dict[str, pd.DataFrame], name: str) -> Any:
    """A value as JSON takes it; arrays go into ``tables`` under ``name``.

    Numbers (those of numpy become Python's), texts, times, lists, tuples, mappings by text, arrays and Series come back
    as they were from ``decode``; of all else the text is kept.
    """
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_NUMBER: repr(value)}
    if isinstance(value, np.ndarray | pd.Series):
        return _put(value, tables, name)
    if isinstance(value, dt.timedelta | np.timedelta64):
        span = pd.Timedelta(value).to_timedelta64()
        return {_SPAN: [int(span.astype("i8")), np.datetime_data(span.dtype)[0]]}
    if isinstance(value, dt.datetime | np.datetime64):
        return {_TIME: pd.Timestamp(value).isoformat()}
    if isinstance(value, dt.date):
        return {_DATE: value.isoformat()}
    if isinstance(value, list | tuple):
        items = [encode(one, tables, f"{name}.{n}") for n, one in enumerate(value)]
        return {_TUPLE: items} if isinstance(value, tuple) else items
    if isinstance(value, Mapping) and all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: encode(one, tables, f"{name}.{key}") for key, one in value.items()}
    return {_TEXT: value.text if isinstance(value, Unkept) else repr(value)[:1000]}


def decode(value: Any, tables: Mapping[str, pd.DataFrame]) -> Any:
    """What ``encode`` was given."""
    if isinstance(value, list):
        return [decode(one, tables) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (key, inner), *_ = value.items()
        if key == _TUPLE:
            return tuple(decode(inner, tables))
        if key in _READERS:
            return _READERS[key](inner)
    if _ARRAY in value:
        return _take(value, tables)
    return {key: decode(one, tables) for key, one in value.items()}


_READERS = {
    _NUMBER: float,
    _TIME: pd.Timestamp,
    _DATE: dt.date.fromisoformat,
    _SPAN: lambda span: pd.Timedelta(np.timedelta64(*span)),
    _TEXT: Unkept,
}


def _put(value: np.ndarray | pd.Series, tables: dict[str, pd.DataFrame], name: str) -> dict[str, Any]:
    if isinstance(value, pd.Series):
        tables[name] = value.rename("value").to_frame()
        return {_ARRAY: name, "series": value.name if isinstance(value.name, str) else None}
    tables[name] = pd.DataFrame({"value": value.ravel()})
    return {_ARRAY: name, "shape": list(value.shape)}


def _take(value: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> np.ndarray | pd.Series:
    found = tables[value[_ARRAY]]["value"]
    if "series" in value:
        return found.rename(value["series"])
    return found.to_numpy().reshape(value["shape"])
