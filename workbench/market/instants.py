"""An instant as people write one: a text, a date, a timestamp, or nanoseconds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import DataError


def instant_of(value: object, what: str = "time") -> int:
    """An instant as int64 ns UTC: whatever ``pandas.Timestamp`` takes, in UTC unless it says a zone; integers are ns.

    ``what`` is the name of the argument that it was given as, for the error.

    >>> from datetime import date
    >>> instant_of("1970-01-02") == instant_of(date(1970, 1, 2)) == instant_of(86_400_000_000_000)
    True

    Raises
    ------
    DataError
        It cannot be read as an instant; says how to write one.
    """
    if isinstance(value, np.integer):
        value = int(value)
    if type(value) is int and -(2**63) < value < 2**63:
        return value
    try:
        stamp = pd.Timestamp(value)  # type: ignore[arg-type]
        if stamp is pd.NaT:
            raise ValueError("not a time")
        stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
        return int(stamp.as_unit("ns").value)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{what} {value!r} cannot be read ({error}); use such as '2024-01-02 15:30' (UTC)") from None
