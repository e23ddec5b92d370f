"""What an indicator declares, and how it is computed: on whole frames, and bar by bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import pandas as pd
import param

from workbench.errors import DataError, FormulaError, UnknownNameError, did_you_mean, parameter_told
from workbench.kernels.indicators import has_nan
from workbench.kernels.indicators import price as prices
from workbench.market.calendars import calendar
from workbench.market.events import event_times
from workbench.market.specs import BarSpec
from workbench.registry import Registry


def _wrong(kind: type) -> str:
    """What an indicator that is to be declared lacks, or ""."""
    if not (isinstance(kind, type) and issubclass(kind, Indicator)):
        return "is not a subclass of Indicator"
    if not getattr(kind, "title", ""):
        return "has no title: add a line such as title = 'Relative strength index'"
    if not kind.outputs or isinstance(kind.outputs, str) or len(set(kind.outputs)) != len(kind.outputs):
        return f"has outputs {kind.outputs!r}: name one or more, such as outputs = ('upper', 'lower')"
    if isinstance(kind.inputs, str) or not len(kind.inputs) <= 5:
        return f"has inputs {kind.inputs!r}: name five at most, such as inputs = ('high', 'low')"
    if kind.kernel is Indicator.kernel and kind.__call__ is Indicator.__call__:
        return "has no kernel: define kernel(self), which gives the loop"
    return ""


indicators: Registry = Registry("indicator", "workbench.indicators", "workbench.indicators", _wrong)

#: Prices that are computed from a bar's own; any column of the bars may be named besides.
PRICES: dict[str, tuple[str, ...]] = {
    "hl2": ("high", "low"),
    "hlc3": ("high", "low", "close"),
    "ohlc4": ("open", "high", "low", "close"),
    "hlcc4": ("high", "low", "close", "close"),
    "oc2": ("open", "close"),
}
#: Sessions that count as one where their calendar is named after such a word.
_SPANS = {"week": BarSpec.parse("1w"), "month": BarSpec.parse("1mo")}
#: Keywords of ``indicator`` that put it on a coarser timeframe, where it has no parameter of that name.
_COARSER = ("timeframe", "forming", "session", "of")
_shared: ContextVar[dict[Any, Indicator] | None] = ContextVar("shared_indicators", default=None)
#: 1 MB of an input: read from memory once, when it is searched for NaN.
_BLOCK = 131_072
_NONE = np.empty(0)
_NONE.flags.writeable = False
_MEANS = {2: prices.mean_of_two, 3: prices.mean_of_three, 4: prices.mean_of_four}


@dataclass(frozen=True)
class Peer:
    """Where somebody else's numbers for the same thing are; the parity tests and the benchmark find it here.

    Parameters
    ----------
    name
        Function of TA-Lib (``RSI``), or file of the reference results of Stock.Indicators (``rsi``).
    values
        Parameters of ours for the comparison, where they are not the defaults.
    arguments
        Arguments of theirs, by name.
    outputs
        Names of theirs in the order of our outputs; "" for one that they do not have. Empty: theirs in order.
    tolerance
        Greatest relative difference.
    after
        Bars that conventions of the start (seeding) are given to fade; 0 means from the first value on.
    note
        What differs and why, if something does.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    tolerance: float = 1e-9
    after: int = 0
    note: str = ""


class Indicator(param.Parameterized):
    """A study of bars: a class that declares, and a loop that computes.

    Decorate with ``@indicators.register("name")``. Called with bars it gives a Series (one output) or a DataFrame, on
    the index of the bars, NaN where it is not known. Every number depends on its bar and those before it only, unless
    ``causal`` is False.

    A bar with NaN in an input gives NaN and is passed over, as though it were not there.
    """

    #: Name for people, such as ``Relative strength index``.
    title: ClassVar[str]
    #: Where the formula is from: author, work, year; and what is chosen where sources differ.
    source: ClassVar[str] = ""
    #: Columns of the bars that are read, in the order of the kernel's arguments. ``price`` is the parameter ``price``.
    inputs: ClassVar[tuple[str, ...]] = ("price",)
    #: Columns it gives. A single one is a Series of the indicator's name.
    outputs: ClassVar[tuple[str, ...]] = ("value",)
    #: Whether it is drawn over the prices; else it has a pane of its own.
    overlay: ClassVar[bool] = False
    #: How outputs are drawn, by output: ``line`` (the default), ``histogram``, ``dots``, ``step``, ``band``, or
    #: ``none`` for one that is told in the legend alone.
    styles: ClassVar[Mapping[str, str]] = {}
    #: Levels that a pane marks, such as 30 and 70.
    levels: ClassVar[tuple[float, ...]] = ()
    #: Outputs that are NaN on bars where there is nothing to show, after the warm-up too.
    sparse: ClassVar[tuple[str, ...]] = ()
    #: What becomes of it when all prices are doubled: ``price`` doubles, ``none`` stays, ``other`` is something else.
    scale: ClassVar[Literal["price", "none", "other"]] = "price"
    causal: ClassVar[bool] = True
    #: The formula as text, such as ``sum(price, window) / window``; candle patterns say their rule in the docstring.
    formula: ClassVar[str] = ""
    #: What tells that an input holds a NaN: ``asked`` the inputs are searched before; ``stays`` some output of the last
    #: bar is NaN, since one that the loop takes in never leaves its state, or since it looked and says so there;
    #: ``shows`` an output of its own bar is NaN, and after the warm-up no output is for another reason, but rarely. The
    #: last two spare a reading of all inputs.
    nan: ClassVar[Literal["asked", "stays", "shows"]] = "asked"
    #: Bars that are computed at a time, so that what is read and put aside stays in the processor's cache; 0: all.
    block: ClassVar[int] = 0
    #: The same in TA-Lib, and in the reference results of Stock.Indicators.
    talib: ClassVar[tuple[Peer, ...]] = ()
    stock: ClassVar[tuple[Peer, ...]] = ()

    def kernel(self) -> Callable[..., None]:
        """The compiled loop; see ``workbench.kernels.indicators`` for its arguments."""
        raise NotImplementedError

    def constants(self) -> tuple[float, ...]:
        """``p`` of the loop."""
        return ()

    def state_size(self) -> int:
        """Length of ``s`` of the loop."""
        return 0

    @property
    def lookback(self) -> int:
        """Bars before the current one that the loop reads."""
        return 0

    @property
    def warmup(self) -> int:
        """Bars before the first one of which all outputs are known."""
        return 0

    def __call__(self, bars: pd.DataFrame | pd.Series) -> pd.Series | pd.DataFrame:
        """Values for all bars; a Series is taken for the price."""
        columns = self.columns_of(bars)
        out = np.empty((len(self.outputs), len(bars)))
        if not self._run(columns, out):
            known = ~np.isnan(columns).any(axis=0)
            some = np.empty((len(self.outputs), int(known.sum())))
            self._run([_frozen(column[known]) for column in columns], some)
            out[:] = np.nan
            out[:, known] = some
        if len(self.outputs) == 1:
            return pd.Series(out[0], index=bars.index, name=self.plugin_name, copy=False)
        return pd.DataFrame(dict(zip(self.outputs, out, strict=True)), index=bars.index, copy=False)

    def stream(self) -> Any:
        """The same numbers as bars come: ``update(bar)``, O(1) a bar."""
        from workbench.indicators.stream import Stream

        return Stream(self)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of its inputs, with the price that is set in the place of ``price``."""
        own = {"price": getattr(self, "price", ""), "session": f"session:{getattr(self, 'session', '')}"}
        return tuple(own.get(name, name) for name in self.inputs)

    @property
    def label(self) -> str:
        """Name and parameters as a legend shows them: ``rsi 14``."""
        values = [value for name, value in self._set() if name != "price" or value != "close"]
        return " ".join([self.plugin_name, *(f"{v:g}" if isinstance(v, float) else str(v) for v in values)])

    def _set(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.param if name != "name"]

    def columns_of(self, bars: pd.DataFrame | pd.Series) -> list[np.ndarray]:
        """The inputs as read-only float64 arrays, in the order of ``inputs``."""
        if isinstance(bars, pd.Series):
            if len(self.inputs) != 1:
                raise DataError(f"{self.plugin_name} reads {', '.join(self.reads)}: give bars, not one column")
            return [_series(bars, self.reads[0])]
        return [column_of(bars, name, self.plugin_name) for name in self.reads]

    def _run(self, columns: list[np.ndarray], out: np.ndarray) -> bool:
        """Fill ``out``; False where an input holds a NaN, and ``out`` then means nothing."""
        kernel, none = self.kernel(), [_NONE] * (5 - len(columns))
        constants, state = np.array(self.constants(), float), np.zeros(self.state_size())
        known = self.warmup
        bars, asked, shows, told = out.shape[1], self.nan == "asked", self.nan == "shows", False
        step = self.block or (_BLOCK if self.nan != "stays" and self.causal and len(out) == 1 else max(bars, 1))
        for low in range(0, bars, step):
            high, back = min(low + step, bars), min(low, self.lookback)
            if asked and any(has_nan(column[low:high]) for column in columns):
                return False
            part = [column[low - back : high] for column in columns]
            try:
                kernel(*part, *none, back, low, out[:, low:high], constants, state)
            except Exception as error:
                raise failure(self, error) from error
            told = told or (shows and any(has_nan(row[max(low, known) : high]) for row in out))
        if asked or not bars:
            return True
        # In the warm-up all outputs are NaN: there the inputs tell.
        told = told or (not shows and np.isnan(out[:, -1]).any()) or any(has_nan(one[:known]) for one in columns)
        return not (told and any(map(has_nan, columns)))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self._set())
        return f"indicator({self.plugin_name!r}{', ' if inside else ''}{inside})"

    __str__ = __repr__


class PriceIndicator(Indicator):
    """An indicator of one price, which can be any column, or a mean such as ``hlc3``."""

    price = param.String("close", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")


class SessionIndicator(Indicator):
    """An indicator that begins anew with each session. Its input ``session`` is the number of the session of a bar."""

    session = param.String(
        "24/7", doc="Session calendar it begins anew with: 24/7 (UTC days), XNYS, days:Asia/Tokyo ..."
    )


class Rows(Protocol):
    """The state of a composite indicator in a stream; picklable."""

    def update_rows(self, rows: np.ndarray) -> np.ndarray:
        """Take bars in: float64[n, reads]; values float64[n, outputs]."""
        ...


class Composite(Indicator):
    """An indicator that is made of others and has no loop of its own: a formula, one on another timeframe.

    It says what it reads (``reads``), computes frames in ``__call__``, and streams through ``rows``. The column
    ``time`` is the stamp of the bar in ns UTC, which float64 holds to 256 ns (and whole seconds exactly).
    """

    def rows(self) -> Rows:
        """A stream from its beginning, for ``Studies``."""
        raise NotImplementedError


def session_numbers(times: np.ndarray, name: str) -> np.ndarray:
    """The session that each time (int64 ns UTC, ascending) is in, or was the last before it, by its open (ns UTC).

    ``week:`` or ``month:`` before the name of the calendar: by the open of the first session of that week or month.
    """
    if not len(times):
        return np.zeros(0)
    span, _, days = name.partition(":")
    if span in _SPANS:
        windows = calendar(days).windows(_SPANS[span], int(times[0]), int(times[-1]))
    else:
        windows = calendar(f"all:{name}").runs(int(times[0]), int(times[-1]))
    # The few opens are looked for among the times. What is before the first one is in the last, as index -1 says.
    ends = np.append(np.searchsorted(times, windows.open), len(times))
    return np.repeat(np.append(windows.stamp[-1], windows.stamp).astype(float), np.diff(ends, prepend=0))


def column_of(bars: pd.DataFrame, name: str, who: str) -> np.ndarray:
    """A column of bars as float64, computed for ``session:<calendar>`` and the names in ``PRICES``; read-only."""
    if name == "time":
        out = event_times(bars).astype(float)
        out.flags.writeable = False
        return out
    if name in bars.columns:
        return _series(bars[name], name)
    if name.startswith("session:"):
        out = session_numbers(event_times(bars), name.removeprefix("session:"))
        out.flags.writeable = False
        return out
    if name in PRICES:
        parts = [column_of(bars, part, who) for part in PRICES[name]]
        out = np.empty(len(bars))
        _MEANS[len(parts)](*parts, out)
        out.flags.writeable = False
        return out
    raise DataError(f"{who} reads a column {name!r}: {did_you_mean(name, [*map(str, bars.columns), *PRICES])}")


def _series(values: pd.Series, name: str) -> np.ndarray:
    try:
        plain = isinstance(values.dtype, np.dtype)
        out = values.to_numpy(float) if plain else values.to_numpy(float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"column {name!r} is not numeric ({error})") from None
    return _frozen(np.ascontiguousarray(out))


def _frozen(values: np.ndarray) -> np.ndarray:
    """A read-only view: the loops are compiled for that type alone."""
    out = values.view()
    out.flags.writeable = False
    return out


def failure(one: Indicator, error: Exception) -> DataError:
    """What is raised where the loop of an indicator raised: says whose it is."""
    where = f"{type(one).__module__}.{type(one).__qualname__}"
    return DataError(f"{one.label} failed ({where}): {type(error).__name__}: {error}".rstrip(": "))


def indicator(name: str, **parameters: Any) -> Indicator:
    """The indicator called ``name`` with these parameters.

    With ``timeframe`` (such as ``1h``) it is computed of the bars of that timeframe which the given, finer ones make,
    and its values hold until the next is closed; see ``indicators.timeframes.OnTimeframe``. Then also: ``forming``,
    whether the one that is not closed counts as it stands; ``session``, the calendar that they begin with; ``of``, how
    long the finer bars are, such as ``5min``, so that the value is there with the last bar of the hour, not with the
    next one.

    >>> import workbench as wb
    >>> wb.indicator("sma", window=3)
    indicator('sma', price='close', window=3)
    >>> wb.indicator("sma", window=3, timeframe="1h")
    indicator('sma', price='close', window=3, timeframe='1h')

    Raises
    ------
    UnknownNameError
        No such indicator, or it has no such parameter; names the nearest.
    DataError
        A value is out of its bounds.
    """
    shared = _shared.get()
    if shared is None:
        return _made(name, parameters)
    key = (name, *((one, type(value), value) for one, value in sorted(parameters.items())))
    try:
        found = shared.get(key)
    except TypeError:  # a value that has no hash
        return _made(name, parameters)
    return shared.setdefault(key, _made(name, parameters)) if found is None else found


@contextmanager
def sharing(made: dict[Any, Indicator]) -> Iterator[None]:
    """Inside, ``indicator`` gives for the same name and parameters the same object, which nobody may change.

    A sweep asks millions of times for a few studies.
    """
    before = _shared.set(made)
    try:
        yield
    finally:
        _shared.reset(before)


def _made(name: str, parameters: dict[str, Any]) -> Indicator:
    kind = indicators.get(name)
    known = [one for one in kind.param if one != "name"]
    coarser = {one: parameters.pop(one) for one in _COARSER if one in parameters and one not in known}
    for one in parameters:
        if one not in known:
            raise UnknownNameError(f"{name} has no parameter {one!r}: {did_you_mean(one, known)}")
    if coarser:
        from workbench.indicators.timeframes import on_timeframe

        return on_timeframe(indicator(name, **parameters), coarser)
    try:
        return kind(**parameters)
    except FormulaError:
        raise
    except ValueError as error:
        raise DataError(f"{name}: {parameter_told(error)}") from None
