"""What stands in the place of candles: Kagi lines and the boxes of point and figure.

Both are computed from the very bars that the chart's source holds and go into sources of their own, because a bar may
be many boxes. ``Marks`` is data; ``MarkLayer`` the glyphs, made once for a figure and sent no more than what changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Ellipse, LinearColorMapper, Segment

from workbench.bars.kinds.kagi import kagi_turns
from workbench.market.specs import BarSpec

#: Boxes the browser draws at most; a slice with more is drawn as whole columns.
MAX_BOXES = 6_000
#: Widths of Kagi lines, px: thin (yin) and thick (yang).
THIN, THICK = 1.4, 3.6
#: Half of a box's width, in bars, and the share of its height that a sign fills.
_HALF, _FILL = 0.38, 0.8

LINE_COLUMNS = ("x", "before", "open", "turn", "close", "lead", "first", "second", "lead_px", "first_px", "second_px")
BOX_COLUMNS = ("left", "right", "x", "y", "low", "high", "tall", "up")


@dataclass(frozen=True, eq=False)
class Marks:
    """Columns of the sources beside the bars; an empty one for what is not drawn.

    ``lines``: ``LINE_COLUMNS``, a Kagi line for each bar. ``crosses`` and ``noughts``: ``BOX_COLUMNS``, a row for each
    box. ``whole`` says that boxes were too many, so that columns are drawn as bodies.
    """

    lines: dict[str, np.ndarray] = field(default_factory=lambda: _none(LINE_COLUMNS))
    crosses: dict[str, np.ndarray] = field(default_factory=lambda: _none(BOX_COLUMNS))
    noughts: dict[str, np.ndarray] = field(default_factory=lambda: _none(BOX_COLUMNS))
    whole: bool = False


def marks_of(spec: BarSpec, records: np.ndarray, part: slice, first: int) -> Marks:
    """Marks of the bars ``records[part]``, whose first has ordinal ``first``; those before it say what came before."""
    glyph = spec.maker().glyph
    if glyph == "pnf":
        return box_marks(records[part], first, spec.args[0])
    if glyph == "kagi":
        # Whether a line is thick follows from all lines before it; from the first that is held on it is known.
        turn, thick = kagi_turns(records[: part.stop])
        return kagi_marks(records[part], first, turn=turn[part], thick=thick[part])
    return Marks()


def kagi_marks(records: np.ndarray, first: int, *, turn: np.ndarray, thick: np.ndarray) -> Marks:
    """Vertical lines joined at the turns.

    Parameters
    ----------
    records
        Lines as bars, from ``open`` (the last turn) to ``close``; the first has ordinal ``first``.
    turn
        Price at which a line changes its thickness; NaN where it does not.
    thick
        Whether a line is thick (yang) at its start.
    """
    n = len(records)
    changes = np.isfinite(turn)
    begin = thick.astype(bool)
    end = begin ^ changes
    return Marks(
        lines={
            "x": np.arange(first, first + n, dtype=np.int32),
            # The first line has none before it to be joined to.
            "before": np.arange(first - 1, first + n - 1, dtype=np.int32) + (np.arange(n) == 0),
            "open": np.ascontiguousarray(records["open"]),
            "turn": np.where(changes, turn, records["close"]),
            "close": np.ascontiguousarray(records["close"]),
            "lead": begin.astype(np.int8),
            "first": begin.astype(np.int8),
            "second": end.astype(np.int8),
            "lead_px": np.where(begin, THICK, THIN),
            "first_px": np.where(begin, THICK, THIN),
            "second_px": np.where(end, THICK, THIN),
        }
    )


def box_marks(records: np.ndarray, first: int, box: float) -> Marks:
    """A cross for each box of a rising column, a nought for each of a falling one.

    Parameters
    ----------
    records
        Columns as bars, from ``low`` to ``high`` by whole boxes; the first has ordinal ``first``.
    box
        Height of a box.
    """
    low, high = np.minimum(records["open"], records["close"]), np.maximum(records["open"], records["close"])
    counts = np.maximum(np.round((high - low) / box), 0).astype(np.int64)
    total = int(counts.sum())
    if total > MAX_BOXES:
        return Marks(whole=True)
    column = np.repeat(np.arange(len(records)), counts)
    step = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    up = (records["close"] >= records["open"])[column]
    # From where the column begins, so that one that grows has its new boxes last.
    middle = np.where(up, low[column] + (step + 0.5) * box, high[column] - (step + 0.5) * box)

    def rows(of: np.ndarray) -> dict[str, np.ndarray]:
        x, y = (column[of] + first).astype(np.int32), middle[of]
        half = box * _FILL / 2
        return {
            "left": x - _HALF,
            "right": x + _HALF,
            "x": x,
            "y": y,
            "low": y - half,
            "high": y + half,
            "tall": np.full(len(x), 2 * half),
            "up": up[of].astype(np.int8),
        }

    return Marks(crosses=rows(up), noughts=rows(~up))


class MarkLayer:
    """Glyphs of ``Marks`` on a figure."""

    def __init__(self, figure: Any, mapper: LinearColorMapper) -> None:
        self.lines, self.crosses, self.noughts = (
            ColumnDataSource(data=_none(names)) for names in (LINE_COLUMNS, BOX_COLUMNS, BOX_COLUMNS)
        )

        def color(name: str) -> dict[str, Any]:
            return {"field": name, "transform": mapper}

        def line(x0: str, y0: str, y1: str, name: str) -> Segment:
            return Segment(
                x0=x0,
                x1="x",
                y0=y0,
                y1=y1,
                line_color=color(name),
                line_width={"field": f"{name}_px"},
                line_cap="square",
            )

        box = {"line_color": color("up"), "line_width": 1.4}
        glyphs = (
            (self.lines, line("before", "open", "open", "lead")),
            (self.lines, line("x", "open", "turn", "first")),
            (self.lines, line("x", "turn", "close", "second")),
            (self.crosses, Segment(x0="left", x1="right", y0="low", y1="high", **box)),
            (self.crosses, Segment(x0="left", x1="right", y0="high", y1="low", **box)),
            (self.noughts, Ellipse(x="x", y="y", width=2 * _HALF, height="tall", fill_color=None, **box)),
        )
        self.renderers = [figure.add_glyph(source, glyph) for source, glyph in glyphs]
        for renderer in self.renderers:
            renderer.nonselection_glyph = renderer.selection_glyph = renderer.muted_glyph = None

    def wear(self, glyph: str) -> None:
        """Show the lines of ``kagi``, the boxes of ``pnf``, or nothing."""
        for renderer in self.renderers:
            renderer.visible = glyph == ("kagi" if renderer.data_source is self.lines else "pnf")

    def show(self, marks: Marks) -> None:
        """Bring the sources to ``marks`` by the least there is to send: nothing, new rows, the last row, or all."""
        for source, columns in (
            (self.lines, marks.lines),
            (self.crosses, marks.crosses),
            (self.noughts, marks.noughts),
        ):
            _bring(source, columns)


def _bring(source: ColumnDataSource, columns: dict[str, np.ndarray]) -> None:
    held = source.data
    had, has = len(held["x"]), len(columns["x"])
    same = min(had, has)
    if not has and not had:
        return
    # The last row that both have may have changed; those before it must be equal for less than all to be sent.
    kept = (
        has >= had and all(np.array_equal(held[n][: same - 1], columns[n][: same - 1]) for n in columns)
        if had
        else False
    )
    if not kept:
        source.data = columns
        return
    changed = {n: [(same - 1, columns[n][same - 1])] for n in columns if held[n][same - 1] != columns[n][same - 1]}
    if changed:
        source.patch(changed)
    if has > had:
        source.stream({name: column[had:] for name, column in columns.items()})


def _none(names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {name: np.zeros(0) for name in names}
