"""How bars of a spec are drawn and told: everything the chart asks of a kind of bar, answered once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.charts.candles import FIRST_VIEW, WIDEST, WIDEST_EXACT
from workbench.market.specs import SECOND, BarSpec
from workbench.views.chart.history import History

_MINUTE = 60 * SECOND
_OPENING = {"kagi": 160, "pnf": 90}


@dataclass(frozen=True)
class Look:
    """The look of one kind of bar.

    ``label`` stands in the legend; ``glyph`` is one of ``charts.candles.GLYPHS``. ``dated`` bars are told by the date
    of their session, others with ``seconds`` or without. ``step`` (ns) is 0 unless a bar ends at a known time. Bars
    that are ``exact`` are never replaced by coarser ones: the window is limited instead.
    """

    label: str
    glyph: str = "candle"
    dated: bool = False
    seconds: bool = False
    step: int = 0
    exact: bool = False

    @classmethod
    def of(cls, spec: BarSpec) -> Look:
        """How bars of a spec look."""
        root = spec.root
        return cls(
            label=str(spec),
            glyph=spec.maker().glyph,
            # Bars made of daily bars carry the stamps of days.
            dated=root.dated,
            seconds=not root.timed or 0 < root.step < _MINUTE,
            step=spec.step,
            exact=not spec.timed,
        )

    @property
    def shaped(self) -> bool:
        """Whether what is drawn ends at prices of its own, not at those that were traded last."""
        return self.glyph != "candle"

    @property
    def opening(self) -> int:
        """Bars in the window when a chart opens: signs need more room than candles."""
        return _OPENING.get(self.glyph, FIRST_VIEW)

    @property
    def widest(self) -> int:
        """Bars in the window at most."""
        return WIDEST_EXACT if self.exact else WIDEST


def told(look: Look, history: History, drawn: tuple[int, int], *, traded: float | None) -> dict[str, Any]:
    """What the chart's scripts are told of the bars (ordinals ``drawn``); ``traded`` is the last price, if known."""
    low, high = drawn
    real = "real_close" in history.records.dtype.names
    last = history.records[-1] if len(history) and history.at_end else None
    price = None if last is None else float(last["real_close" if real else "close"])
    return {
        "spec": look.label,
        "dated": look.dated,
        "seconds": look.seconds,
        "shaped": look.shaped,
        "real": real,
        "head": history.at_start and low == history.first,
        "tail": history.at_end and high == history.stop,
        "last": traded if look.shaped and traded is not None else price,
        "rising": 1 if last is None else int(last["close"] >= last["open"]),
    }
