"""Renko: bricks of one size, of prints or of the closes of bars."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.bars.kinds.drawn import MarkedStage, column
from workbench.errors import DataError, SpecError
from workbench.kernels import renko as kernel
from workbench.market.specs import number_text

_WIDE = Context(prec=800)  # every float64 has fewer digits


class _Bricks(MarkedStage):
    """What bricks of one size and those of a range have in common.

    Marks of each stretch: how many bricks (below 0: down), then origin, number and size that give the first edge.
    """

    def __init__(self, width: int) -> None:
        self.state = np.zeros(width)

    def last_edge(self) -> float | None:
        """Where the last brick closed, the baseline before the first one; None when there is no baseline yet."""
        raise NotImplementedError

    def shape(self, bars: np.ndarray) -> np.ndarray:
        marks = self.marks()
        if not marks:
            return bars
        number = np.abs(marks[0])
        out = np.repeat(bars, number)
        kernel.draw(out, *marks)
        for name in {"delta_min", "delta_max"} & set(bars.dtype.names):
            out[name] /= np.repeat(number, number)
        return out

    def forming(self, bar: np.ndarray) -> np.ndarray:
        edge = self.last_edge()
        if edge is None:
            return bar[:0]
        out = bar.copy()
        out["open"] = edge
        return out


class _Fixed(_Bricks):
    def __init__(self, size: float) -> None:
        super().__init__(kernel.FIXED_WIDTH)
        self.size = size

    def last_edge(self) -> float | None:
        state = self.state
        if not state[kernel.STARTED]:
            return None
        return float(state[kernel.BASELINE] + state[kernel.CLOSED] * self.size)

    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        return self._cut(price if self._begun(price) else price[:0])

    def cut_bars(self, bars: np.ndarray) -> np.ndarray:
        price = column(bars, "close")
        if self.state[kernel.STARTED] or not self._begun(price):
            return self._cut(price if self.state[kernel.STARTED] else price[:0])
        # What the first bar traded lies before the price that bricks are counted from: it is in none of them.
        self.mark(*(np.zeros(1, kind) for kind in (np.int64, np.float64, np.int64, np.float64)))
        return np.concatenate([[1], self._cut(price[1:]) + 1])

    def _begun(self, price: np.ndarray) -> bool:
        """Whether there is a baseline, if need be from the first of these prices."""
        if not self.state[kernel.STARTED] and len(price) and math.isfinite(price[0]):
            if self.size < 16 * math.ulp(price[0]):
                raise DataError(
                    f"bricks of {self.size} are below the precision of a price of {price[0]}; take a larger size"
                )
            self.state[kernel.STARTED] = 1.0
            self.state[kernel.BASELINE] = baseline(float(price[0]), self.size)
        return bool(self.state[kernel.STARTED])

    def _cut(self, price: np.ndarray) -> np.ndarray:
        ends, bricks, first, bad = kernel.cut_fixed(price, self.size, self.state)
        if bad >= 0:
            raise _too_far(float(price[bad]), self.size)
        self.mark(bricks, np.full(len(ends), self.state[kernel.BASELINE]), first, np.full(len(ends), self.size))
        return ends


class _Ranged(_Bricks):
    def __init__(self, window: int) -> None:
        super().__init__(kernel.ATR_WIDTH)
        self.window = window

    def last_edge(self) -> float | None:
        state = self.state
        if not state[kernel.RUNNING]:
            return None
        return float(state[kernel.ORIGIN] + state[kernel.BRICKS] * state[kernel.SIZE])

    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        text = f"renko:atr{self.window}"
        raise SpecError(f"{text} bars take their size from the range of bars: name these, such as {text}(1d)")

    def cut_bars(self, bars: np.ndarray) -> np.ndarray:
        prices = (column(bars, name) for name in ("high", "low", "close"))
        ends, *marks, bad = kernel.cut_ranged(*prices, self.window, self.state)
        if bad >= 0:
            raise _too_far(float(bars["close"][bad]), float(self.state[kernel.SIZE]))
        self.mark(*marks)
        return ends


@bar_kinds.register("renko")
class Renko(BarKind):
    """``renko:1.0``, ``renko:1.0(1d)``, ``renko:atr14(1d)``: a brick for every whole size that the price goes on.

    One brick ahead needs one size beyond the last one, a turn two. Bricks are counted from the first price, rounded to
    one decimal less than the size has. ``open`` and ``close`` are edges of the brick; ``high`` and ``low`` are the
    real extremes since the brick before, and so may lie inside or outside of it. The bricks of a jump share what was
    traded equally, to the last unit; prints, which are whole, go to the first ones.

    Of bars, the price is their close. The first bar, at whose close counting begins, is in no brick.

    ``atr14`` gives every run of bricks one way the average true range (Wilder, 14 bars) of the bars closed before its
    first one, but at least 1/100,000 of the price. Counting begins at the close of the 15th bar, the first with a
    range: the bars up to there are in no brick, and none is there before the 16th. Nothing that comes later changes a
    brick. Other programs size all bricks, old ones too, by the range at the last bar, and so redraw the past with each
    new bar; ``renko:<that value>`` gives the same picture.
    """

    title = "Renko"
    about = "A brick for every step of the price; a turn needs two."
    example = "renko:1.0"
    of = "either"
    written = ("size", "atr")
    required = 1
    prices = ("size",)
    resets = False
    glyph = "brick"

    size = param.Number(1.0, bounds=(0, None), inclusive_bounds=(False, True), doc="Height of a brick, a price.")
    atr = param.Integer(
        0, bounds=(0, 10_000), doc="Bars of the average true range that gives the size; 0 for the size that is set."
    )

    def stage(self) -> Stage:
        return _Ranged(self.atr) if self.atr else _Fixed(self.size)

    @classmethod
    def read(cls, given: list[str], whole: str) -> tuple[Any, ...]:
        """The size from ``1.0``, or the window from ``atr14``."""
        if len(given) > 1:
            raise SpecError(
                f"bar spec {whole!r}: renko takes one argument, a size or such as atr14, got {len(given)}; "
                f"write such as {cls.example} or renko:atr14(1d)"
            )
        found = re.fullmatch(r"atr\s*(\d*)", given[0], re.IGNORECASE) if given else None
        if found is None:
            return super().read(given, whole)
        window = found[1] or "14"
        if int(window) < 1:
            raise SpecError(f"bar spec {whole!r}: a range needs at least 1 bar; write such as renko:atr14(1d)")
        return super().read([str(cls.param.size.default), window], whole)

    @classmethod
    def write(cls, args: tuple[Any, ...]) -> str:
        """The canonical text of these arguments."""
        size, atr = args
        return f"renko:atr{atr}" if atr else f"renko:{number_text(size, price=True)}"


def baseline(price: float, size: float) -> float:
    """Where bricks are counted from: the first price at one decimal less than the size has, at whole numbers at least.

    Halves go to the even neighbour, in decimal arithmetic (as DaveSkender's Stock.Indicators does).

    >>> baseline(212.8, 1.0), baseline(100.37, 0.25), baseline(0.123456, 0.0001)
    (213.0, 100.4, 0.123)
    """
    decimals = max(0, -Decimal(repr(float(size))).normalize().as_tuple().exponent)
    step = Decimal(1).scaleb(-max(decimals - 1, 0))
    return float(Decimal(repr(price)).quantize(step, ROUND_HALF_EVEN, _WIDE))


def _too_far(price: float, size: float) -> DataError:
    return DataError(
        f"a price of {price} is more than {kernel.MOST:,} bricks of {size} away from the one before; "
        "take a larger size, or drop the print if it is wrong"
    )
