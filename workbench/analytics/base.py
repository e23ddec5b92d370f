"""What a measure declares, and how all of them meet their data: gaps, alignment, too few values, many rows at once.

A measure is a pure function of arrays whose last axis is time (or the sequence of round trips); it gives one number a
row. ``measure`` makes it known: screens, tear sheets, sweeps and the table of ``docs/measures.md`` find it in
``measures`` with its title, formula, source and unit.

The same holds for every measure:

* data are ``Series``, arrays or lists; a row gives a ``float``, more rows (last axis: time) an array of numbers
* NaN is no observation and is left out, in every input of the measure at once; two ``Series`` are matched by label
* fewer observations than ``least`` give NaN; infinite values are refused with ``DataError``
* x / 0 is infinite with the sign of x, and 0 / 0 is NaN
* what compounds stops at a loss of all: growth of a return of -1 or less is 0, and nothing comes back from there
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from workbench.errors import DataError, did_you_mean
from workbench.registry import Registry

Values = pd.Series | pd.Index | np.ndarray | Sequence[float]
Unit = Literal["fraction", "ratio", "bars", "days", "count"]
Measure = Callable[..., Any]

#: What measures may be of, by the name of their positional parameters.
DATA: dict[str, str] = {
    "returns": "simple returns, one a bar, as fractions",
    "benchmark": "simple returns of the benchmark over the same bars",
    "times": "when the bars were: a DatetimeIndex, or ns UTC",
    "trips": "results of round trips, as fractions of what was put in, after fees",
    "pnl": "results of round trips in money, after fees",
    "trip_bars": "bars that round trips were held for",
    "favourable": "greatest gain on the way of each round trip (MFE), a fraction >= 0",
    "adverse": "greatest loss on the way of each round trip (MAE), a fraction <= 0",
    "weights": "value of the position over equity, one a bar, negative for shorts",
    "traded": "value that was traded in a bar over equity, both sides, >= 0",
}
_GROUPS = {
    "performance": "Return and risk", "risk": "Tails", "drawdown": "Drawdown", "relative": "Against a benchmark",
    "trades": "Round trips", "positions": "Positions", "significance": "Evidence",
}  # fmt: skip


@dataclass(frozen=True)
class About:
    """What there is to know of a measure without computing it.

    Parameters
    ----------
    name, title, group, text
        How it is called; groups follow the modules. The text is the docstring.
    formula, source
        In the notation of ``docs/measures.md``; where it comes from.
    unit
        ``fraction`` (shown as a percentage), ``ratio``, ``bars``, ``days`` or ``count``.
    more_is_better
        True or False for what can be ranked, None for what only describes.
    least
        Observations needed; NaN with fewer.
    edges
        What it gives where the formula has no answer.
    data, options
        Names of its inputs (see ``DATA``) and of its keywords; ``required`` are those without a default.
    """

    name: str
    title: str
    group: str
    text: str
    formula: str
    source: str
    unit: Unit
    more_is_better: bool | None
    least: int
    edges: str
    data: tuple[str, ...]
    options: tuple[str, ...]
    required: tuple[str, ...]


def _wrong(function: Any) -> str:
    """What a measure that is to be declared lacks, or ""."""
    about = getattr(function, "about", None)
    if not isinstance(about, About):
        return "is not declared: write @measure(title=..., formula=..., source=..., unit=..., more_is_better=...)"
    if about.unit not in get_args(Unit):
        return f"has the unit {about.unit!r}: {did_you_mean(str(about.unit), get_args(Unit))}"
    unknown = [name for name in about.data if name not in DATA]
    if unknown or not about.data:
        return f"takes {', '.join(unknown) or 'no data'} by position: name its data from {', '.join(DATA)}"
    return "" if about.title and about.formula else "has no title or no formula"


measures: Registry = Registry("measure", "workbench.analytics", "workbench.measures", _wrong)


def measure(
    *, title: str, formula: str, source: str, unit: Unit, more_is_better: bool | None, least: int = 1, edges: str = ""
) -> Callable[[Measure], Measure]:
    """Decorator: make a function of clean arrays a measure of anything, known by the name of the function.

    The function gets float64 arrays without NaN, at least ``least`` long on the last axis, as its positional
    parameters (named as in ``DATA``), and gives one number for each row. The meaning of the rest is that of ``About``.

    >>> @measure(title="Range", formula="max(r) - min(r)", source="Own.", unit="fraction", more_is_better=None)
    ... def range_of_returns(returns):
    ...     return returns.max(axis=-1) - returns.min(axis=-1)
    >>> range_of_returns([0.01, float("nan"), -0.02])
    0.03
    """

    def declare(function: Measure) -> Measure:
        parameters = inspect.signature(function).parameters.values()
        keywords = [one for one in parameters if one.kind is one.KEYWORD_ONLY]
        module = function.__module__.rpartition(".")[2]
        computed = clean(least=least)(function)
        computed.about = About(
            name=function.__name__,
            title=title,
            group=_GROUPS.get(module, module),
            text=inspect.getdoc(function) or "",
            formula=formula,
            source=source,
            unit=unit,
            more_is_better=more_is_better,
            least=least,
            edges=edges,
            data=tuple(one.name for one in parameters if one.kind is not one.KEYWORD_ONLY),
            options=tuple(one.name for one in keywords),
            required=tuple(one.name for one in keywords if one.default is one.empty),
        )
        return measures.register(function.__name__)(computed)

    return declare


def clean(*, least: int = 1) -> Callable[[Measure], Measure]:
    """Decorator: give a function of clean arrays what every measure has, without making it known.

    Parameters
    ----------
    least
        Observations needed; NaN with fewer.
    """

    def declare(function: Measure) -> Measure:
        signature = inspect.signature(function)
        data = [name for name, one in signature.parameters.items() if one.kind is not one.KEYWORD_ONLY]

        @functools.wraps(function)
        def computed(*args: Any, **kwargs: Any) -> Any:
            given = signature.bind(*args, **kwargs).arguments
            arrays = aligned({name: given.pop(name) for name in data}, function.__name__)
            return _evaluated(function, arrays, _checked(given, function.__name__), least)

        return computed

    return declare


def measured(data: Mapping[str, Values], names: Iterable[str] | None = None, **options: Any) -> dict[str, float]:
    """All measures that can be computed from ``data``, or those of ``names``.

    Parameters
    ----------
    data
        Inputs by name, as in ``DATA``: ``{"returns": r, "benchmark": b, "trips": t}``.
    names
        Measures to compute; without, all whose data and required options are there.
    options
        Given to every measure that takes them: ``periods=252, risk_free=0.02``.

    Returns
    -------
    dict of float
        By name, in the order of ``names`` or of the alphabet.

    Raises
    ------
    DataError
        Where data or an option of a named measure are missing, or a name of data or options is not known.
    """
    _refuse(data, DATA, "data")
    known = {option for _, one in measures for option in one.about.options}
    _refuse(options, known, "option")
    chosen = measures.names() if names is None else list(names)
    results = {}
    for name in chosen:
        about = measures.get(name).about
        lacks = [one for one in about.data if one not in data] + [one for one in about.required if one not in options]
        if lacks and names is not None:
            raise DataError(f"{name} needs {' and '.join(lacks)}; give {'them' if len(lacks) > 1 else 'it'} too")
        if not lacks:
            wanted = {option: value for option, value in options.items() if option in about.options}
            results[name] = measures.get(name)(*(data[one] for one in about.data), **wanted)
    return results


def measures_table() -> pd.DataFrame:
    """All measures by name: ``title group unit more_is_better formula source least edges data options``."""
    fields = ("title", "group", "unit", "more_is_better", "formula", "source", "least", "edges", "data", "options")
    rows = {name: {field: getattr(one.about, field) for field in fields} for name, one in measures}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(fields)).rename_axis("name")


def aligned(data: Mapping[str, Values], who: str) -> list[np.ndarray]:
    """Float64 arrays of one shape: labelled inputs matched by label, others by place; ``DataError`` where they differ.

    Parameters
    ----------
    data
        Inputs by name, which messages are to use.
    who
        The measure or table that they are for.
    """
    values = list(data.values())
    labelled = [one for one in values if isinstance(one, pd.Series)]
    if len(labelled) > 1 and not all(one.index.equals(labelled[0].index) for one in labelled):
        values = _matched(data, who)
    arrays = [_array(one, name, who) for name, one in zip(data, values, strict=True)]
    lengths = {name: one.shape[-1] for name, one in zip(data, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"{who}: inputs differ in length ({said}); give values of the same bars, or Series with labels")
    return list(np.broadcast_arrays(*arrays)) if len(arrays) > 1 else arrays


def _matched(data: Mapping[str, Values], who: str) -> list[Values]:
    series = {name: one for name, one in data.items() if isinstance(one, pd.Series)}
    if len(series) < len(data):
        raise DataError(f"{who}: {', '.join(data.keys() - series.keys())} has no labels to match with; give a Series")
    for name, one in series.items():
        if not one.index.is_unique:
            twice = one.index[one.index.duplicated()][0]
            raise DataError(f"{who}: {name} has {twice} more than once; drop the duplicates before it is matched")
    zones = {getattr(one.index, "tz", None) is None for one in series.values()}
    if len(zones) > 1:
        raise DataError(f"{who}: only one of {', '.join(series)} has a time zone; use tz_localize on the other")
    shared = functools.reduce(lambda left, right: left.intersection(right), (one.index for one in series.values()))
    return [one.reindex(shared.sort_values()) for one in series.values()]


def _array(values: Values, name: str, who: str) -> np.ndarray:
    if isinstance(values, pd.DataFrame):
        raise DataError(f"{who}: {name} is a table; give one column, or many as rows: table.T.to_numpy()")
    if isinstance(values, pd.DatetimeIndex):
        array = values.as_unit("ns").asi8.astype(float)
    else:
        try:
            labelled = isinstance(values, pd.Series)
            array = values.to_numpy(np.float64, na_value=np.nan) if labelled else np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{who}: {name} cannot be read as numbers: {error}") from None
    if array.ndim == 0:
        raise DataError(f"{who}: {name} is the single number {array}; give a list, an array or a Series")
    finite = np.isfinite(array)
    if not finite.all() and (infinite := np.isinf(array)).any():
        at = np.argwhere(infinite)[0]
        label = f" ({values.index[at[0]]})" if isinstance(values, pd.Series) else ""
        where = ", ".join(map(str, at))
        raise DataError(f"{who}: {name} is infinite at row {where}{label}; leave it out as NaN, or mend what made it")
    return array


def _evaluated(function: Measure, arrays: list[np.ndarray], options: dict[str, Any], least: int) -> Any:
    known = np.logical_and.reduce([~np.isnan(one) for one in arrays])
    length = known.shape[-1]
    with np.errstate(all="ignore"):
        if known.ndim == 1:
            kept = arrays if known.all() else [one[known] for one in arrays]
            return float(function(*kept, **options)) if len(kept[0]) >= least else np.nan
        count = math.prod(known.shape[:-1])  # not -1: there may be no rows, or nothing in them
        rows = [one.reshape(count, length) for one in arrays]
        whole = known.reshape(count, length).all(axis=-1)
        results = np.full(len(whole), np.nan)
        if length >= least and whole.any():
            results[whole] = function(*(rows if whole.all() else [one[whole] for one in rows]), **options)
        for at in np.flatnonzero(~whole):
            results[at] = _evaluated(function, [one[at] for one in rows], options, least)
    return results.reshape(known.shape[:-1])


def _checked(options: dict[str, Any], who: str) -> dict[str, Any]:
    if "periods" in options:
        options["periods"] = periods = float(options["periods"])
        if not 0 < periods < np.inf:
            raise DataError(
                f"{who}: periods is {periods:g}, bars a year must be a number above 0; periods_per_year counts them"
            )
    for rate in ("risk_free", "target"):
        if rate in options and not -1 < options[rate] < np.inf:
            raise DataError(f"{who}: {rate} is {options[rate]}, a rate a year is a fraction above -1, such as 0.02")
    if options.get("years") is not None and not 0 < options["years"] < np.inf:
        raise DataError(f"{who}: years is {options['years']}, a stretch of time must be above 0")
    if "confidence" in options and not 0 < options["confidence"] < 1:
        raise DataError(f"{who}: confidence is {options['confidence']}, it lies between 0 and 1, such as 0.95")
    return options


def _refuse(given: Iterable[str], known: Iterable[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise DataError(f"measures have no {what} {name!r}: {did_you_mean(name, known)}")
