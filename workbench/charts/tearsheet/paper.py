"""A tear sheet as PDF: A4, pictures as lines, words in the fonts that every reader has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from workbench.charts.tearsheet.content import Section, Sheet
from workbench.charts.tearsheet.drawing import WORDS, Drawing, Label, Shape
from workbench.charts.tearsheet.head import LONG
from workbench.charts.tearsheet.style import HEAT
from workbench.charts.tearsheet.tables import Cell, Table
from workbench.charts.theme import LIGHT

_EDGE, _FOOT = 34.0, 40.0
_GAP, _ROW = 10.0, 11.5
_TEXT, _SMALL, _LIST = 8.0, 7.5, 6.3
#: The fonts that need not be in the file have the letters of western Europe; these are said otherwise.
_SAID = str.maketrans({"−": "–", "∞": "inf", "→": "->", "≥": ">=", "≤": "<="})


def paper(sheet: Sheet) -> bytes:
    """The whole document."""
    pdf = _Paper(sheet)
    pdf.add_page()
    pdf.head()
    for section in sheet.sections():
        pdf.section(section)
    return bytes(pdf.output())


class _Paper(FPDF):
    """Pages that are being filled from top to bottom; ``at`` is the height that is next, pt."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(unit="pt", format="A4")
        self.sheet = sheet
        self.core_fonts_encoding = "windows-1252"
        self.set_margins(_EDGE, _EDGE)
        self.set_auto_page_break(False)
        self.c_margin = 0.0
        self.set_title(_said(sheet.title))
        self.set_creator("Workbench")
        self.set_lang("en")
        self.at = _EDGE
        self.wide = self.w - 2 * _EDGE
        self.floor = self.h - _FOOT

    # --- parts ---------------------------------------------------------------------------------------------------

    def header(self) -> None:
        """A new page begins at the top."""
        self.at = _EDGE

    def footer(self) -> None:
        """Title and number of the page."""
        self._word(_EDGE, self.h - 20, self.sheet.title[:90], 7, "muted")
        self._word(self.w - _EDGE, self.h - 20, f"{self.page_no()}", 7, "muted", anchor="end")

    def head(self) -> None:
        """Title, badge, key figures and what was run."""
        sheet = self.sheet
        self.paragraph(sheet.title, 16, "text", bold=True)
        tone = f"{sheet.badge.tone}_text" if sheet.badge.tone else "muted"
        self.paragraph(f"Audit: {sheet.badge.text}", _TEXT, tone)
        self.at += 6
        across, step = 7, self.wide / 7
        for at, (_, title, cell) in enumerate(sheet.key_figures):
            x, y = _EDGE + at % across * step, self.at + at // across * 30
            self._word(x, y + 8, title, 7, "muted")
            self._word(x, y + 20, cell.text, 10.5, _tone(cell), bold=True)
        self.at += 30 * -(-len(sheet.key_figures) // across) + 4
        left = True
        for name, value in sheet.facts:
            long = len(value) > LONG
            if long and not left:
                self.at, left = self.at + _ROW, True
            x = _EDGE if left else _EDGE + self.wide / 2
            self._word(x, self.at + 8, name, _SMALL, "muted")
            if long:
                self.paragraph(value, _SMALL, "text", x=x + 56)
            else:
                self._word(x + 56, self.at + 8, value, _SMALL, "text")
                self.at, left = self.at + (0 if left else _ROW), not left
        self.at += 0 if left else _ROW

    def section(self, section: Section) -> None:
        """A section; one that stays whole begins a page where it does not fit."""
        room = 60.0 + sum(min(self.tall(part), 60.0 if not section.whole else 1e9) for part in section.parts)
        if self.at + room > self.floor and (room < self.floor - _EDGE or not section.whole):
            self.add_page()
        self.at += _GAP
        self.stroke((_EDGE, self.at), (_EDGE + self.wide, self.at), "hairline")
        self.at += 4
        self.paragraph(section.title, 9.5, "text", bold=True)
        if section.note:
            self.paragraph(section.note, _TEXT, "muted")
        for part in section.parts:
            if isinstance(part, Table):
                self.put_table(part)
            else:
                pair = (part,) if isinstance(part, Drawing) else part
                if self.at + self.tall(part) > self.floor:
                    self.add_page()
                self.at += 4
                room = (self.wide - _GAP * (len(pair) - 1)) / len(pair)
                for place, one in enumerate(pair):
                    self.picture(one, _EDGE + place * (room + _GAP), room)
                self.at += self.tall(part)

    def tall(self, part: Drawing | tuple[Drawing, ...] | Table) -> float:
        """Height of a part, pt."""
        if isinstance(part, Table):
            return _ROW * (len(part.rows) + len(part.groups) + 2)
        pair = (part,) if isinstance(part, Drawing) else part
        room = (self.wide - _GAP * (len(pair) - 1)) / len(pair)
        return max(one.height * room / one.width for one in pair) + 4

    # --- pictures ------------------------------------------------------------------------------------------------

    def picture(self, one: Drawing, x: float, room: float) -> None:
        """A picture at the height that is next."""
        by = room / one.width
        for item in one.items:
            if isinstance(item, Label):
                self._word(
                    x + by * item.x, self.at + by * item.y, item.text, by * WORDS, item.color, anchor=item.anchor
                )
            else:
                self.shape(item, x, by)

    def shape(self, item: Shape, x: float, by: float) -> None:
        """Points of a picture."""
        points = [(x + by * px, self.at + by * py) for px, py in item.points]
        color = _mixed(item.color)
        if item.kind == "line":
            self.set_draw_color(*color)
            self.set_line_width(max(by * item.width, 0.3))
            with self.local_context(dash_pattern={"dash": 2.5, "gap": 2} if item.dash else {"dash": 0, "gap": 0}):
                self.polyline(points)
        else:
            # Areas lie over each other, and over the grid.
            with self.local_context(fill_opacity=item.alpha):
                self.set_fill_color(*color)
                if item.kind == "area":
                    self.polygon(points, style="F")
                for px, py in points if item.kind == "dots" else ():
                    self.circle(px, py, by * item.width, style="F")

    def stroke(self, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
        """A thin line."""
        self.set_draw_color(*_mixed(color))
        self.set_line_width(0.4)
        self.line(*start, *end)

    # --- words ---------------------------------------------------------------------------------------------------

    def _word(self, x: float, y: float, text: str, size: float, color: str, *, anchor: str = "start",
            bold: bool = False) -> None:  # fmt: skip
        """A text whose base line is at ``y``."""
        said = _said(text)
        if not said:
            return
        self.set_font("helvetica", "B" if bold else "", size)
        self.set_text_color(*_mixed(color))
        if anchor != "start":
            x -= self.get_string_width(said) * (1.0 if anchor == "end" else 0.5)
        self.text(x, y, said)

    def paragraph(self, text: str, size: float, color: str, *, bold: bool = False, x: float = _EDGE) -> None:
        """A text that is broken into lines."""
        self.set_font("helvetica", "B" if bold else "", size)
        self.set_text_color(*_mixed(color))
        self.set_xy(x, self.at)
        room = _EDGE + self.wide - x
        self.multi_cell(room, 1.35 * size, _said(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, padding=0)
        self.at = self.get_y() + 1

    # --- tables --------------------------------------------------------------------------------------------------

    def put_table(self, table: Table) -> None:
        """A table; its head line stands on each page that it takes."""
        size = _LIST if table.scrolls else _SMALL
        row_high = 9.2 if table.scrolls else _ROW
        places = self.columns(table, size)
        self.at += 2
        self._row(table.columns, places, table, (size, row_high), "muted")
        for at, row in enumerate(table.rows):
            need = row_high * (2 if at in table.groups else 1)
            if self.at + need > self.floor:
                self.add_page()
                self._row(table.columns, places, table, (size, row_high), "muted")
            if at in table.groups:
                self._word(_EDGE, self.at + row_high - 3, table.groups[at], size, "text", bold=True)
                self.at += row_high
            self._row(row, places, table, (size, row_high), "text")

    def _row(self, cells: Sequence[Cell | str], places: list[tuple[float, float]], table: Table,
            look: tuple[float, float], color: str) -> None:  # fmt: skip
        """A line of a table."""
        size, high = look
        base = self.at + high - 3.2
        for at, (cell, (left, right)) in enumerate(zip(cells, places, strict=True)):
            one = Cell(cell) if isinstance(cell, str) else cell
            if one.heat:
                self.set_fill_color(*_mixed("up" if one.heat > 0 else "down", HEAT * abs(one.heat)))
                self.rect(left + 0.5, self.at, right - left - 1, high - 0.5, style="F")
            tone = _tone(one) if one.tone else color
            if at < table.words or (len(table.groups) > 2 and at == 2):
                self._word(left, base, one.text, size, tone)
            elif table.heat:
                self._word((left + right) / 2, base, one.text, size, tone, anchor="middle")
            else:
                self._word(right, base, one.text, size, tone, anchor="end")
        self.at += high
        if not table.heat:
            self.stroke((_EDGE, self.at - 0.4), (_EDGE + self.wide, self.at - 0.4), "grid")

    def columns(self, table: Table, size: float) -> list[tuple[float, float]]:
        """Left and right edge of each column: as wide as its widest cell, and what is left for all alike."""
        count = len(table.columns)
        if table.heat or len(table.groups) > 2:
            step, gap = self.wide / count, 0.0 if table.heat else 16.0
            return [
                (_EDGE + at * step + gap * (at == 2), _EDGE + (at + 1) * step - gap * (at == 1)) for at in range(count)
            ]
        self.set_font("helvetica", "", size)
        needs = [self.get_string_width(_said(name)) for name in table.columns]
        for row in table.rows:
            for at, cell in enumerate(row):
                text = cell if isinstance(cell, str) else cell.text
                if len(text) * size * 0.4 > needs[at]:  # measured only where it may be wider
                    needs[at] = max(needs[at], self.get_string_width(_said(text)))
        spare = (self.wide - sum(needs)) / max(count - 1, 1)
        places, x = [], _EDGE
        for at, need in enumerate(needs):
            places.append((x, x + need))
            x += need + (spare if at < count - 1 else 0.0)
        return places


def _said(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text.translate(_SAID))
    return plain.encode("cp1252", "replace").decode("cp1252")


def _tone(cell: Cell) -> str:
    return f"{cell.tone}_text" if cell.tone else "text"


def _mixed(name: str, alpha: float = 1.0) -> tuple[int, int, int]:
    """A colour of the light theme on white."""
    value: Any = getattr(LIGHT, name.replace("-", "_"))
    return tuple(round(255 + alpha * (int(value[i : i + 2], 16) - 255)) for i in (1, 3, 5))  # type: ignore[return-value]
