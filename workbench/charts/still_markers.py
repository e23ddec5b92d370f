"""Trades, events and alerts in a still picture: the twin of the drawing part of ``js/markers.js``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.charts.still_text import pixels, safe
from workbench.charts.theme import Tokens

#: Px from sign to sign beside each other, and over each other where arrows are taller; signs with texts, and letters of
#: one, at most. As ``js/markers.js`` has them.
_ROOM, _TALL, _LABELS, _LETTERS = 16, 26, 40, 18
_EVENT, _ALERT = 2, 3
_BELL = "M-5 3h10M-3.5 3v-3.5a3.5 3.5 0 0 1 7 0v3.5M-1 5.5h2M0-4v-1.5"
Places = Callable[[np.ndarray], np.ndarray]


@dataclass
class Sign:
    """One sign for all markers of a kind that would overlap."""

    kind: int
    x: float
    y: float
    count: int
    text: str
    alone: float | None = None


@dataclass(frozen=True)
class Stand:
    """Where markers stand: pixels of places and prices, the frame (left, top, right, bottom) and px from bar to bar."""

    x: Places
    y: Places
    frame: tuple[float, float, float, float]
    step: float


def marker_elements(rows: Mapping[str, Any], links: Mapping[str, Any], stand: Stand, t: Tokens) -> list[str]:
    """Markers as SVG: lines from fill to fill, alerts, fills and events."""
    signs = gathered(rows, stand) if len(rows.get("id", ())) else []
    out = _links(links, stand, t) if len(links.get("x0", ())) else []
    out += [_alert(one, stand, t) for one in signs if one.kind == _ALERT]
    out += _fills([one for one in signs if one.kind < _EVENT], t)
    return out + [_event(one, t) for one in signs if one.kind == _EVENT]


def gathered(rows: Mapping[str, Any], stand: Stand) -> list[Sign]:
    """Signs from left to right; those of a kind that would overlap are one, with a count."""
    left, _, right, bottom = stand.frame
    bars, bins = max(1, math.ceil(_ROOM / stand.step)), {}
    for i, (kind, place) in enumerate(zip(rows["kind"], rows["x"], strict=True)):
        alert, bin_ = kind == _ALERT, math.floor((place + 0.5) / bars)
        at = (bin_ + 0.5) * bars - 0.5 if bars > 1 else place
        x = right - 12 if alert else float(stand.x(np.float64(at)))
        y = bottom - 12 if kind == _EVENT else float(stand.y(np.float64(rows["price"][i])))
        if not math.isfinite(y) or not left - _ROOM <= x <= right + _ROOM:
            continue
        held = bins.setdefault((kind, None if alert else bin_), [])
        near = next((one for one in held if abs(one.y - y) < (_TALL if kind < _EVENT else _ROOM)), None)
        if near is None:
            alone = x if alert else float(stand.x(np.float64(place)))  # it stands on its own bar
            held.append(Sign(int(kind), x, y, int(rows["count"][i]), str(rows["text"][i]), alone))
        else:
            near.count += int(rows["count"][i])
            near.alone = None
    for one in (one for held in bins.values() for one in held):
        one.x = one.x if one.alone is None else one.alone
    return sorted((one for held in bins.values() for one in held), key=lambda one: one.x)


def _links(links: Mapping[str, Any], stand: Stand, t: Tokens) -> list[str]:
    x0, x1 = (stand.x(np.asarray(links[name], float)) for name in ("x0", "x1"))
    y0, y1 = (stand.y(np.asarray(links[name], float)) for name in ("y0", "y1"))
    known, won = np.isfinite(x0 + x1 + y0 + y1), np.sign(links["won"])
    out = []
    for side, color in ((1, t.up_text), (-1, t.down_text), (0, t.muted)):
        d = "".join(
            f"M{pixels(x0[i])} {pixels(y0[i])}L{pixels(x1[i])} {pixels(y1[i])}"
            for i in np.flatnonzero(known & (won == side))
        )
        out.append(f'<path d="{d}" stroke="{color}" stroke-width="1.5" stroke-dasharray="5 3"/>' if d else "")
    return [one for one in out if one]


def _fills(fills: list[Sign], t: Tokens) -> list[str]:
    out: list[str] = []
    taken: list[tuple[float, float, float, float]] = []
    halo = f'stroke="{t.panel}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
    for one in fills:
        up, many = (1 if one.kind == 0 else -1), one.count > 1
        r, color = (6.5 if many else 5.5), (t.up_text if one.kind == 0 else t.down_text)
        d = f"M{pixels(one.x)} {pixels(one.y + up * 2)}l{r} {up * r * 1.7:.2f}h{-2 * r:g}z"
        out.append(f'<path d="{d}" fill="{color}" stroke="{t.panel}" paint-order="stroke"/>')
        below = one.y + up * (2 + r * 1.7) + (11 if up > 0 else -4)
        text = str(one.count) if many else short(one.text) if len(fills) <= _LABELS else ""
        half = 3.2 * len(text) + 3
        box = (one.x - half, one.x + half, below - 12, below + 2)
        if text and (many or not any(_touch(box, other) for other in taken)):
            taken.append(box)
            place = f'x="{pixels(one.x)}" y="{pixels(below)}" text-anchor="middle" font-weight="{600 if many else 500}"'
            out.append(f'<text {place} fill="{color}" {halo}>{safe(text)}</text>')
    return out


def _event(one: Sign, t: Tokens) -> str:
    text = str(one.count) if one.count > 1 else (one.text.strip()[:1] or "E").upper()
    wide = max(15.0, 7 + 6.5 * len(text))
    place = f'x="{pixels(one.x - wide / 2)}" y="{pixels(one.y - 7.5)}" width="{pixels(wide)}" height="15" rx="3"'
    words = (
        f'<text x="{pixels(one.x)}" y="{pixels(one.y + 4)}" text-anchor="middle" fill="{t.text}">{safe(text)}</text>'
    )
    return f'<rect {place} fill="{t.raised}" stroke="{t.accent}"/>{words}'


def _alert(one: Sign, stand: Stand, t: Tokens) -> str:
    left, _, right, _ = stand.frame
    text, y = f"{one.count} alerts" if one.count > 1 else short(one.text), pixels(one.y)
    bell = f'<circle r="8.5" fill="{t.panel}" stroke="{t.accent}"/><path d="{_BELL}" stroke="{t.accent}"'
    return (
        f'<path d="M{pixels(left)} {y}H{pixels(right)}" stroke="{t.accent}" stroke-dasharray="2 3"/>'
        f'<g transform="translate({pixels(one.x)} {y})">{bell} stroke-width="1.3" stroke-linecap="round"/></g>'
        f'<text x="{pixels(one.x - 14)}" y="{pixels(one.y - 4)}" text-anchor="end" fill="{t.accent}">'
        f"{safe(text)}</text>"
    )


def short(text: str) -> str:
    """A text of no more letters than there is room for."""
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return other[0] < one[1] and other[1] > one[0] and other[2] < one[3] and other[3] > one[2]
