"""The pictures of a tear sheet: equity over drawdown, bands, rolling Sharpe, round trips."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.analytics import Bands, drawdown_series
from workbench.charts.still_scale import Scale, even, nice
from workbench.charts.tearsheet.drawing import FOOT, Drawing, money, percents
from workbench.charts.tearsheet.words import percent

#: Width of a whole and of half a row, px.
WIDE, HALF = 900, 438
#: Columns of pixels that a line is thinned to, each with its lowest and highest value.
_COLUMNS = 420
_DOTS = 1_500
_LOG = 6.0  # a line that grew by this factor is told on a logarithmic scale


def thinned(values: np.ndarray, columns: int = _COLUMNS) -> np.ndarray:
    """Places of the first, the last, and the lowest and highest value of each of ``columns`` parts; NaN is left out."""
    count = len(values)
    if count <= 2 * columns:
        return np.arange(count)
    edges = np.linspace(0, count, columns + 1).astype(int)
    kept = {0, count - 1}
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        part = values[low:high]
        if np.isfinite(part).any():
            kept |= {low + int(np.nanargmin(part)), low + int(np.nanargmax(part))}
    return np.array(sorted(kept))


def equity_picture(equity: pd.Series, benchmark: pd.Series, returns: pd.Series, cash: float) -> Drawing:
    """Equity beside the benchmark, and the drawdown of both below."""
    picture = Drawing("Equity and benchmark, with drawdown below", WIDE, 380)
    worth = _finite(equity)
    lines = {"Strategy": (worth, "accent"), "Benchmark": (_finite(benchmark), "muted")}
    upper = (22.0, 236.0)
    grown = max(float(np.nanmax(values)) / max(float(np.nanmin(values)), 1e-300) for values, _ in lines.values())
    scale = Scale("log" if grown > _LOG else "linear", *upper)
    together = np.concatenate([[cash], *(values[np.isfinite(values)] for values, _ in lines.values())])
    scale.follow(together, 0.08)
    under = {
        "Strategy": drawdown_series(np.nan_to_num(_finite(returns))),
        "Benchmark": drawdown_series(_returns_of(lines["Benchmark"][0])),
    }
    floor = min(float(one.min()) for one in under.values()) if len(worth) else 0.0
    lower = (264.0, 380.0 - FOOT)
    depth = Scale("linear", *lower, low=min(floor * 1.06, -0.001), high=0.0)
    down = percents(depth.low, 0.0, 4)
    _dates(picture, equity.index, [upper, lower])
    picture.levels(scale, *money(scale))
    picture.levels(depth, [tick for tick, _ in down], [text for _, text in down])
    picture.rule((0, picture.plot), (float(scale.y(cash)),) * 2, "faint", dash=True)
    for name in ("Benchmark", "Strategy"):
        values, color = lines[name]
        at = thinned(values)
        picture.line(_x(picture, at, len(values)), scale.y(values[at]), color, width=1.6 if name == "Strategy" else 1.1)
    at = thinned(under["Strategy"])
    xs, ys = _x(picture, at, len(worth)), depth.y(under["Strategy"][at])
    picture.area(xs, ys, np.full(len(xs), lower[0]), "down", 0.25)
    picture.line(xs, ys, "down", width=1.0)
    at = thinned(under["Benchmark"])
    picture.line(_x(picture, at, len(worth)), depth.y(under["Benchmark"][at]), "muted", width=0.9)
    worded = "Equity, log scale" if grown > _LOG else "Equity"
    picture.legend([(worded, "accent", "line"), ("Benchmark", "muted", "line")])
    picture.legend([("Drawdown", "down", "area"), ("Benchmark", "muted", "line")], lower[0] - 8)
    return picture


def bands_picture(bands: Bands, equity: pd.Series) -> Drawing:
    """The fan of a bootstrap, with equity as it was."""
    picture = Drawing("Equity, and where resampled histories lie", WIDE, 250)
    curve, low, high = bands.curve, 22.0, 250.0 - FOOT
    was = equity.reindex(curve.index).to_numpy(float)
    values = np.concatenate([curve.to_numpy().ravel(), was[np.isfinite(was)]])
    values = values[np.isfinite(values)]
    scale = Scale("log" if values.min() > 0 and values.max() / values.min() > _LOG else "linear", low, high)
    scale.follow(values, 0.06)
    _dates(picture, curve.index, [(low, high)])
    picture.levels(scale, *money(scale))
    xs = _x(picture, np.arange(len(curve)), len(curve))
    columns = list(curve.columns)
    for at in range(len(columns) // 2):
        low_line, high_line = curve[columns[at]].to_numpy(), curve[columns[-1 - at]].to_numpy()
        picture.area(xs, scale.y(low_line), scale.y(high_line), "accent", 0.16)
    picture.line(xs, scale.y(curve[columns[len(columns) // 2]].to_numpy()), "accent", width=1.0, dash=True)
    picture.line(xs, scale.y(was), "text", width=1.4)
    half = " and half" if len(columns) > 3 else ""
    inside = f"{percent(bands.level, 0)}{half} of the paths"
    picture.legend([("As it was", "text", "line"), ("Median", "accent", "dash"), (inside, "accent", "area")])
    return picture


def rolling_picture(values: pd.Series, name: str) -> Drawing:
    """A measure over time, with its zero."""
    picture = Drawing(name, WIDE, 190)
    low, high = 22.0, 190.0 - FOOT
    known = _finite(values)
    scale = Scale("linear", low, high)
    scale.follow(np.append(known[np.isfinite(known)], 0.0), 0.1)
    _dates(picture, values.index, [(low, high)])
    picture.levels(scale, *money(scale))
    picture.rule((0, picture.plot), (float(scale.y(0.0)),) * 2, "faint", dash=True)
    at = thinned(known)
    picture.line(_x(picture, at, len(known)), scale.y(known[at]), "accent")
    picture.legend([(name, "accent", "line")])
    return picture


def histogram(returns: np.ndarray) -> Drawing:
    """How many round trips had which result; what is far out is counted in the bins at the ends."""
    picture = Drawing("Distribution of the results of round trips", HALF, 230)
    top, bottom = 22.0, 230.0 - FOOT
    low, high = np.quantile(returns, [0.01, 0.99])
    step = nice(max((max(high, 0.0) - min(low, 0.0)) / 28, 1e-9))
    first, last = np.floor(min(low, 0.0) / step), np.ceil(max(high, step) / step)
    edges = step * np.arange(first, last + 1)
    places = np.clip(np.floor(returns / step) - first, 0, len(edges) - 2).astype(int)
    counts = np.bincount(places, minlength=len(edges) - 1)
    scale = Scale("linear", top, bottom, low=0.0, high=1.08 * counts.max())
    ticks = [tick for tick in scale.ticks() if tick == round(tick)]
    picture.levels(scale, ticks, [f"{tick:,.0f}" for tick in ticks])
    wide = picture.plot / (len(edges) - 1)
    for at, count in enumerate(counts.tolist()):
        if count:
            y = float(scale.y(count))
            color = "up" if edges[at] >= 0 else "down"
            picture.box(at * wide + 0.5, y, (max(wide - 1, 0.5), bottom - y), color, alpha=0.85)
    _across(picture, (edges[0], edges[-1]), bottom)
    mean = float(returns.mean())
    x = picture.plot * (mean - edges[0]) / (edges[-1] - edges[0])
    if 0 <= x <= picture.plot:
        picture.rule((x, x), (top, bottom), "text", dash=True)
    picture.words(2, 11, f"Round trips by return, mean {percent(mean)}", "text")
    return picture


def scattered(across: np.ndarray, returns: np.ndarray, name: str) -> Drawing:
    """The result of each round trip over what else is known of it: bars held, greatest loss or gain on the way."""
    picture = Drawing(f"Return of each round trip over {name}", HALF, 230)
    top, bottom = 22.0, 230.0 - FOOT
    kept = np.isfinite(across) & np.isfinite(returns)
    way, end = across[kept], returns[kept]
    shown = f", {_DOTS:,} of {len(way):,}" if len(way) > _DOTS else ""
    if shown:
        some = np.linspace(0, len(way) - 1, _DOTS).astype(int)
        way, end = way[some], end[some]
    scale = Scale("linear", top, bottom)
    scale.follow(np.append(end, 0.0), 0.08)
    ticks = percents(scale.low, scale.high, 8)
    picture.levels(scale, [tick for tick, _ in ticks], [text for _, text in ticks])
    most = max(float(way.max()) if len(way) else 0.0, 1e-9) * 1.04
    least = -0.025 * most  # dots at 0 are whole
    _across(picture, (least, most), bottom, whole="bars" in name)
    picture.rule((0, picture.plot), (float(scale.y(0.0)),) * 2, "faint", dash=True)
    xs, ys = picture.plot * (way - least) / (most - least), scale.y(end)
    for won, color in ((end > 0, "up"), (end <= 0, "down")):
        picture.dots(xs[won], ys[won], color)
    picture.words(2, 11, f"Return over {name}{shown}", "text")
    return picture


def _across(picture: Drawing, span: tuple[float, float], bottom: float, *, whole: bool = False) -> None:
    """An axis of percentages below, or of whole numbers."""
    picture.rule((0, picture.plot), (bottom, bottom), "hairline")
    numbers = [(tick, f"{tick:,.0f}") for tick in even(*span, 5) if tick == round(tick)]
    for tick, text in numbers if whole else percents(*span, 7):
        x = picture.plot * (tick - span[0]) / (span[1] - span[0])
        if 12 <= x <= picture.plot - 12 or tick == 0:
            picture.words(x, bottom + 15, text, anchor="middle" if x >= 12 else "start")


def _x(picture: Drawing, at: np.ndarray, count: int) -> np.ndarray:
    return at * (picture.plot / max(count - 1, 1))


def _dates(picture: Drawing, index: pd.DatetimeIndex, panes: list[tuple[float, float]]) -> None:
    """Labels of a clock, of 900 places at most: more are not seen."""
    count = len(index)
    at = np.arange(count) if count <= WIDE else np.linspace(0, count - 1, WIDE).astype(int)
    some = index[at]
    some = some.tz_localize(None) if some.tz is not None else some
    picture.dates(some.as_unit("ns").asi8, _x(picture, at, count), panes)


def _finite(values: pd.Series) -> np.ndarray:
    found = values.to_numpy(float)
    return np.where(np.isfinite(found), found, np.nan)


def _returns_of(worth: np.ndarray) -> np.ndarray:
    before = np.append(worth[:1], worth[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(worth / before - 1.0, posinf=0.0, neginf=0.0)
