"""What a kind of bar declares, and what is carried while bars of it are cut."""

from __future__ import annotations

import copy
import math
from typing import Any, ClassVar, Literal, Self

import numpy as np
import param

from workbench.errors import SpecError, parameter_told
from workbench.market.events import BAR
from workbench.market.specs import bar_kinds, number_text

__all__ = ["BarKind", "Stage", "bar_kinds"]


class Stage:
    """Where the bars of one stream end. Pickled in mid-stream, and copied so that a refused chunk leaves no trace.

    ``state`` is all that changes between chunks: an array, written in place by ``cut`` and ``shape``. Everything else
    is set at the start. Any cutting of a stream into chunks must give the same bars.
    """

    #: Records that ``shape`` and ``forming`` give.
    dtype: np.dtype = BAR
    state: np.ndarray

    def copy(self) -> Self:
        """One that goes its own way from here."""
        out = copy.copy(self)
        out.state = self.state.copy()
        return out

    def reset(self) -> None:
        """Forget everything: a new session begins. Only kinds with ``resets`` are asked."""
        raise NotImplementedError

    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        """Where bars end: for each bar that is complete, the index after its last print (int64, ascending).

        The first print may belong to a bar that began in an earlier chunk. An index of 0 says that this bar ended
        before this chunk. Prints after the last index are in the forming bar. Inputs may be strided and are read-only;
        they may hold NaN, which the caller refuses afterwards.
        """
        raise NotImplementedError

    def cut_bars(self, bars: np.ndarray) -> np.ndarray:
        """As ``cut_trades`` for closed bars of the base: records with the fields of ``BAR``."""
        raise NotImplementedError

    def shape(self, bars: np.ndarray) -> np.ndarray:
        """What is drawn, for the bars that the last ``cut`` completed: one ``BAR`` record for each index, in order.

        ``bars`` holds what was really traded. May give several records for one (bricks of a jump); the caller makes
        times increase strictly.
        """
        return bars

    def forming(self, bar: np.ndarray) -> np.ndarray:
        """What is drawn for the bar that is not complete: ``bar`` is one ``BAR`` record. One record, or none.

        Must not change ``state``. For kinds made of bars it includes the base bar that is not closed itself.
        """
        return bar


class BarKind(param.Parameterized):
    """A kind of bar: how it is written, its parameters, and where it begins. One class in one file.

    Decorate with ``@bar_kinds.register("name")``. Parameters in ``written`` are the arguments of the spec, in order;
    trailing ones at their default are left out of the canonical text.
    """

    #: Name in pickers, such as ``Renko``.
    title: ClassVar[str]
    #: One sentence for pickers and the table of kinds.
    about: ClassVar[str]
    #: A spec as users write it: ``1000tick``, ``range:0.5``, ``ha(5min)``.
    example: ClassVar[str]
    #: What it is made of. ``either``: of trades, or with a base (or of bars that are given) of their closes.
    of: ClassVar[Literal["trades", "bars", "either"]] = "trades"
    #: For kinds written as a count and a unit: the unit.
    unit: ClassVar[str | None] = None
    #: Other words for the name or the unit, lower case.
    aliases: ClassVar[tuple[str, ...]] = ()
    #: Arguments in the order they are written, and how many of them must be there.
    written: ClassVar[tuple[str, ...]] = ()
    required: ClassVar[int] = 0
    #: Those of ``written`` that are prices, and so have a decimal point in the canonical text.
    prices: ClassVar[tuple[str, ...]] = ()
    #: Whether bars begin anew with each session, when a calendar is given.
    resets: ClassVar[bool] = True
    #: How the chart draws it: ``candle``, ``brick`` (no wicks), ``kagi`` or ``pnf``.
    glyph: ClassVar[str] = "candle"

    def stage(self) -> Stage:
        """The state at the start of a stream."""
        raise NotImplementedError

    @classmethod
    def read(cls, given: list[str], whole: str) -> tuple[Any, ...]:
        """Values of ``written`` from the texts between the commas; ``whole`` is the spec, for the error."""
        if len(given) > len(cls.written):
            raise SpecError(
                f"bar spec {whole!r}: {cls.plugin_name} takes at most {len(cls.written)} arguments "
                f"({', '.join(cls.written) or 'none'}), got {len(given)}; write such as {cls.example}"
            )
        if len(given) < cls.required:
            missing = ", ".join(cls.written[len(given) : cls.required])
            raise SpecError(f"bar spec {whole!r}: {cls.plugin_name} needs {missing}; write such as {cls.example}")
        values = {name: cls._value(name, text, whole) for name, text in zip(cls.written, given, strict=False)}
        try:
            one = cls(**values)
        except ValueError as error:
            raise SpecError(f"bar spec {whole!r}: {parameter_told(error)}; write such as {cls.example}") from None
        return tuple(getattr(one, name) for name in cls.written)

    @classmethod
    def write(cls, args: tuple[Any, ...]) -> str:
        """The canonical text of these arguments, without the base."""
        keep = len(args)
        while keep > cls.required and args[keep - 1] == cls.param[cls.written[keep - 1]].default:
            keep -= 1
        texts = [
            number_text(value, price=name in cls.prices) if isinstance(value, (int, float)) else str(value)
            for name, value in zip(cls.written[:keep], args, strict=False)
        ]
        if cls.unit is not None:
            return f"{texts[0]}{cls.unit}"
        return cls.plugin_name + (f":{','.join(texts)}" if texts else "")

    @classmethod
    def _value(cls, name: str, text: str, whole: str) -> Any:
        kind = cls.param[name]
        if not isinstance(kind, param.Number):
            return text
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or (isinstance(kind, param.Integer) and value != int(value)):
            wanted = "a whole number" if isinstance(kind, param.Integer) else "a number"
            raise SpecError(
                f"bar spec {whole!r}: {name} of {cls.plugin_name} must be {wanted}, got {text!r}; "
                f"write such as {cls.example}"
            )
        return int(value) if isinstance(kind, param.Integer) else value
