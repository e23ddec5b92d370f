"""A tear sheet as one HTML page that needs nothing else: style, pictures and data are all in it, and no script."""

from __future__ import annotations

import base64
import gzip
from html import escape

from workbench.charts.tearsheet.content import Section, Sheet
from workbench.charts.tearsheet.drawing import Drawing
from workbench.charts.tearsheet.head import LONG
from workbench.charts.tearsheet.style import HEAT, style
from workbench.charts.tearsheet.tables import Cell, Table

#: Round trips that a page carries as CSV at most: some 600 KB.
_CARRIED = 8_000
#: Round trips that are printed, as in a PDF.
PRINTED = 1_000


def page(sheet: Sheet) -> str:
    """The whole page."""
    badge = sheet.badge
    wide = {name for name, value in sheet.facts if len(value) > LONG}
    head = "".join(
        f"<dt{' class=wide' * (name in wide)}>{_safe(name)}</dt><dd{' class=wide' * (name in wide)}>{_safe(value)}</dd>"
        for name, value in sheet.facts
    )
    figures = "".join(
        f'<div class="figure"><span>{_safe(title)}</span>{_value(cell, name, "b")}</div>'
        for name, title, cell in sheet.key_figures
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="generator" content="Workbench">'
        f"<title>{_safe(sheet.title)}</title><style>{style(PRINTED)}</style></head><body><main>"
        f'<header><h1>{_safe(sheet.title)}</h1><p class="badge {badge.tone}" title="{_safe(badge.tip)}">'
        f"{_safe(badge.text)}</p></header>"
        f'<div class="figures">{figures}</div><dl class="facts">{head}</dl>'
        f"{''.join(_section(one, at, sheet) for at, one in enumerate(sheet.sections()))}"
        "<footer>Results of the past, by the rules of fills that stand above. They promise nothing.</footer>"
        "</main></body></html>\n"
    )


def _section(one: Section, at: int, sheet: Sheet) -> str:
    parts = []
    for part in one.parts:
        if isinstance(part, Table):
            parts.append(_table(part, one.title))
        elif isinstance(part, Drawing):
            parts.append(_picture(part))
        else:
            parts.append(f'<div class="pair">{"".join(map(_picture, part))}</div>')
    long = any(isinstance(part, Table) and part.scrolls for part in one.parts)
    note = f"<p>{_safe(one.note)}</p>" if one.note else ""
    if long:
        note += _download(sheet)
        if any(isinstance(part, Table) and len(part.rows) > PRINTED for part in one.parts):
            note += f'<p class="printed">The last {PRINTED:,} are printed.</p>'
    kind = ' class="long"' if long else ' class="whole"' if one.whole else ""
    return (
        f'<section aria-labelledby="s{at}"{kind}><h2 id="s{at}">{_safe(one.title)}</h2>{note}{"".join(parts)}</section>'
    )


def _picture(one: Drawing) -> str:
    return f"<figure>{one.svg()}</figure>"


def _table(table: Table, title: str) -> str:
    """Cells without their closing tags, which a browser does not need, and 5,000 rows pay for."""
    head = "".join(f"<th scope=col>{_safe(name)}" for name in table.columns)
    body = []
    for at, row in enumerate(table.rows):
        if at in table.groups:
            body.append(f"<tr class=group><th colspan={len(table.columns)} scope=colgroup>{_safe(table.groups[at])}")
        body.append("<tr>" + "".join(map(_cell, row)))
    kind = " ".join([f"w{table.words}", *(["heat"] if table.heat else []), *(["all"] if len(table.groups) > 2 else [])])
    inner = f'<table class="{kind}"><thead><tr>{head}</thead><tbody>{"".join(body)}</tbody></table>'
    holder = 'class="scroll long"' if table.scrolls else 'class="scroll"'
    return f'<div {holder} tabindex=0 role=region aria-label="{_safe(title)}, table">{inner}</div>'


def _cell(cell: Cell | str) -> str:
    if isinstance(cell, str):
        return f"<td>{_safe(cell)}"
    look = f" class={cell.tone}" if cell.tone else ""
    if cell.heat:
        look += f' style="--h:{100 * HEAT * abs(cell.heat):.0f}%;--c:var(--wb-{"up" if cell.heat > 0 else "down"})"'
    tip = f' title="{_safe(cell.tip)}"' if cell.tip else ""
    return f"<td{look}{tip}>{_value(cell, cell.name)}"


def _value(cell: Cell, name: str, tag: str = "") -> str:
    """Words, with the number itself where it has a name: ``<data value="0.1234" id="m-cagr">12.34 %</data>``."""
    text = _safe(cell.text)
    if name:
        text = f'<data data-measure="{name}" value="{cell.value!r}">{text}</data>'
    tone = f' class="{cell.tone}"' if tag and cell.tone else ""
    return f"<{tag}{tone}>{text}</{tag}>" if tag else text


def _download(sheet: Sheet) -> str:
    """The round trips as a table, to take out of the page."""
    trips = sheet.result.round_trips
    if len(trips) > _CARRIED:
        return ""
    text = trips.drop(columns="holding").to_csv(index=False, float_format="%.10g")
    data = base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()
    return (
        f'<p class="take"><a download="round_trips.csv.gz" href="data:application/gzip;base64,{data}">'
        "All round trips as CSV (gzip)</a></p>"
    )


def _safe(text: str) -> str:
    """Text for a page; what is not to be seen is left out."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return escape(text)
