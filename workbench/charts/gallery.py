"""The gallery of indicators: one page with a picture, the formula and the parameters of each, which opens offline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment
from markupsafe import Markup, escape

from workbench.charts.picture import picture
from workbench.charts.theme import DARK, FONT, LIGHT, MONO, css_variables, series
from workbench.errors import DataError
from workbench.indicators import indicator, indicators
from workbench.indicators.about import NOTATION, About, about
from workbench.indicators.patterns import Pattern

#: Bars of a picture; what comes before them warms the indicator up.
SHOWN = 100


def write_gallery(
    folder: Path | str, bars: pd.DataFrame | None = None, parity: Mapping[str, Any] | None = None
) -> Path:
    """Write ``index.html`` with all indicators of the registry into ``folder``, which is made if need be.

    Parameters
    ----------
    folder
        Where the page goes.
    bars
        Bars that are drawn, the last 100 of them; without, some that are made for it, the same on every machine.
    parity
        The greatest relative difference from the peers by name, as in ``docs/indicators/parity.json``:
        ``{"rsi": {"difference": 2e-13, "peers": ["TA-Lib RSI"]}}``. Others are told as not compared.

    Returns
    -------
    Path
        The page.
    """
    shown = gallery_bars() if bars is None else bars
    entries = [_entry(name, shown, (parity or {}).get(name)) for name in indicators.names()]
    entries.sort(key=lambda entry: (entry["about"].family == "Candle patterns", entry["about"].title.casefold()))
    text = resources.files("workbench.charts").joinpath("gallery.html").read_text("utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    families = sorted({entry["about"].family for entry in entries})
    styles = {
        "light": _variables(dark=False),
        "dark": _variables(dark=True),
        "font": Markup(FONT),
        "mono": Markup(MONO),
    }
    page = template.render(entries=entries, families=families, notation=NOTATION, **styles)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    path = target / "index.html"
    path.write_text(page + "\n", "utf-8")
    return path


def gallery_bars(count: int = 3000) -> pd.DataFrame:
    """Half-hourly bars around the clock whose volatility comes in clusters, with volume of both sides; always the same.

    The column ``other`` is the close of a second market, which moves with the first.
    """
    rng = np.random.default_rng(20260105)
    heat = np.zeros(count)
    for i in range(1, count):
        heat[i] = 0.97 * heat[i - 1] + 0.12 * rng.normal()
    sigma = 0.004 * np.exp(heat)
    moves = sigma * rng.normal(size=count)
    level = np.zeros(count)
    for i in range(1, count):
        level[i] = 0.998 * level[i - 1] + moves[i]
    close = np.round(100 * np.exp(level), 2)
    open_ = np.concatenate([[100.0], close[:-1]])
    reach = 0.6 * close * sigma
    high = np.round(np.maximum(open_, close) + rng.exponential(reach), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(reach), 2)
    volume = np.round(1000 * np.exp(0.5 * heat + 0.4 * rng.normal(size=count) + 60 * np.abs(moves)))
    share = np.clip(0.5 + 15 * moves + 0.08 * rng.normal(size=count), 0.05, 0.95)
    buy = np.round(volume * share)
    other = np.round(50 * np.exp(0.6 * level + np.cumsum(0.002 * rng.normal(size=count))), 2)
    time = pd.date_range("2026-01-05", periods=count, freq="30min", tz="UTC", unit="ns", name="time")
    return pd.DataFrame(
        {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "buy_volume": buy,
         "sell_volume": volume - buy, "trades": np.maximum(1, volume // 8), "vwap": (high + low + close) / 3,
         "other": other},
        index=time,
    )  # fmt: skip


def _entry(name: str, bars: pd.DataFrame, parity: Mapping[str, Any] | None) -> dict[str, Any]:
    told = about(name)
    words = [told.name, told.title, told.family, told.text, told.source, *told.outputs]
    return {
        "about": told,
        "picture": Markup(_drawn(name, bars)),
        "text": [_marked(part) for part in told.text.split("\n\n")],
        "source": _marked(told.source),
        "facts": _facts(told),
        "parity": _parity(parity),
        "words": " ".join(words).casefold(),
    }


def _drawn(name: str, bars: pd.DataFrame) -> str:
    """A picture of the last bars; of a pattern, of the last ones that have it. Empty where the bars lack a column."""
    one = indicator(name)
    try:
        values = one(bars)
    except DataError:
        return ""
    end = len(bars)
    if isinstance(one, Pattern):
        found = np.flatnonzero(values.to_numpy())
        end = min(end, int(found[-1]) + SHOWN // 4) if len(found) else end
    part = slice(max(0, end - SHOWN), end)
    return picture(one, bars.iloc[part], height=300, dark=None, values=values.iloc[part])


def _facts(told: About) -> list[tuple[str, str]]:
    when = (
        "known from the first bar on" if not told.warmup else f"known after {told.warmup:,} bars".replace(",", "\u202f")
    )
    causal = "depends on its bar and earlier ones only" if told.causal else "repaints: depends on later bars too"
    return [
        ("Reads", ", ".join(told.reads)),
        ("Outputs", ", ".join(told.outputs)),
        ("Drawn", "over the prices" if told.overlay else "in a pane of its own"),
        ("Warm-up", when),
        ("Causality", causal),
    ]


def _parity(found: Mapping[str, Any] | None) -> str:
    if not found:
        return "not compared"
    most, peers = float(found["difference"]), " and ".join(found["peers"])
    return f"{most:.0e} at most, relative, from {peers}" if most else f"no difference from {peers}"


def _marked(text: str) -> Markup:
    """Words between double backticks as code."""
    return Markup(re.sub(r"``(.+?)``", r"<code>\1</code>", str(escape(" ".join(text.split())))))


def _variables(*, dark: bool) -> Markup:
    lines = " ".join(f"--wb-series-{k}: {color};" for k, color in enumerate(series(dark)))
    return Markup(f"{css_variables(DARK if dark else LIGHT)} {lines}")
