"""The one place for colours, type and spacing: Bokeh figures, Panel pages and reports all take them from here.

Contrast is checked by ``tests/unit/charts/test_theme.py``: every text colour reaches 4.5:1 on every surface it may
stand on. Fills of candles may be fainter than text, which is why ``up`` has a sister ``up_text``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bokeh.models import Plot
    from bokeh.themes import Theme

Palette = Literal["classic", "colorblind"]
PALETTES: tuple[str, ...] = ("classic", "colorblind")

#: The system's own fonts: nothing is downloaded.
FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif'
)
MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace'

BODY_PX, SMALL_PX = 13, 12
GRID_PX = 4
TOPBAR_PX, STATUS_PX, DRAWER_PX = 36, 24, 300
#: At and below this width drawers lie over the page and controls fold.
NARROW_PX = 900


@dataclass(frozen=True)
class Tokens:
    """Colours of one theme, ``#rrggbb``. ``*_text`` are for words and numbers, the plain ones for fills and lines."""

    dark: bool
    page: str
    panel: str
    raised: str
    hairline: str
    grid: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    up: str
    down: str
    up_text: str
    down_text: str
    warn: str
    warn_text: str
    error_text: str
    crosshair: str

    def rgba(self, name: str, alpha: float) -> str:
        """A colour with opacity, as CSS ``rgba(...)``: for fills that let the grid through."""
        value = getattr(self, name)
        red, green, blue = (int(value[i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red},{green},{blue},{alpha:g})"


DARK = Tokens(
    dark=True,
    page="#0e1116",
    panel="#151a21",
    raised="#1c232c",
    hairline="#262e39",
    grid="#1d242d",
    text="#e6e9ee",
    muted="#98a3b3",
    faint="#5d6877",
    accent="#5b8def",
    on_accent="#0e1116",
    up="#26a69a",
    down="#ef5350",
    up_text="#2bb3a6",
    down_text="#f26d6a",
    warn="#e0a43a",
    warn_text="#e0a43a",
    error_text="#f26d6a",
    crosshair="#98a3b3",
)

LIGHT = Tokens(
    dark=False,
    page="#f6f7f9",
    panel="#ffffff",
    raised="#ffffff",
    hairline="#dfe3e8",
    grid="#eceff3",
    text="#131722",
    muted="#5d6877",
    faint="#98a3b3",
    accent="#2962ff",
    on_accent="#ffffff",
    up="#26a69a",
    down="#ef5350",
    up_text="#0b7a6f",
    down_text="#c93431",
    warn="#c98a12",
    warn_text="#8a5a00",
    error_text="#c93431",
    crosshair="#5d6877",
)

_COLORBLIND = {
    True: {"up": "#4a9eea", "down": "#ee8b33", "up_text": "#63aaf0", "down_text": "#f0943f"},
    False: {"up": "#2f86d6", "down": "#e57c1f", "up_text": "#1668b0", "down_text": "#a65300"},
}


#: Colours of lines that stand beside each other, for dark and for light: as numbers in a legend they can be read too.
_SERIES = {
    True: ("#6ea8fe", "#f2a64a", "#c58af9", "#f472b6", "#a3d65c", "#5ad0e6", "#e8d15a", "#b0b8c4"),
    False: ("#2962ff", "#b45309", "#8b3fd1", "#be185d", "#4d7c0f", "#0e7490", "#856404", "#525c69"),
}


def series(dark: bool = True) -> tuple[str, ...]:
    """Colours of lines, in the order in which they are given out; the same hues in both themes."""
    return _SERIES[dark]


@cache
def tokens(dark: bool = True, palette: str = "classic") -> Tokens:
    """The colours of a theme. ``palette="colorblind"`` swaps the up/down pair for blue/orange."""
    base = DARK if dark else LIGHT
    return replace(base, **_COLORBLIND[dark]) if palette == "colorblind" else base


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# --- Bokeh ---------------------------------------------------------------------------------------------------------


def _bokeh_attrs(t: Tokens) -> dict[str, dict[str, Any]]:
    small = f"{SMALL_PX}px"
    return {
        "Plot": {
            "background_fill_color": t.panel,
            "border_fill_color": t.panel,
            "outline_line_color": None,
        },
        "Grid": {"grid_line_color": t.grid, "grid_line_alpha": 1.0},
        "Axis": {
            "axis_line_color": t.hairline,
            "major_tick_line_color": None,
            "minor_tick_line_color": None,
            "major_tick_in": 0,
            "major_tick_out": 4,
            "major_label_text_color": t.muted,
            "major_label_text_font": FONT,
            "major_label_text_font_size": small,
            "axis_label_text_color": t.muted,
            "axis_label_text_font": FONT,
            "axis_label_text_font_size": small,
            "axis_label_text_font_style": "normal",
            "axis_label_standoff": 8,
        },
        "Title": {
            "text_color": t.text,
            "text_font": FONT,
            "text_font_size": f"{BODY_PX}px",
            "text_font_style": "normal",
        },
        "Legend": {
            "background_fill_color": t.panel,
            "background_fill_alpha": 0.85,
            "border_line_color": None,
            "label_text_color": t.text,
            "label_text_font": FONT,
            "label_text_font_size": small,
            "glyph_width": 14,
            "spacing": 4,
        },
        "BaseColorBar": {
            "background_fill_color": t.panel,
            "major_label_text_color": t.muted,
            "major_label_text_font": FONT,
            "major_label_text_font_size": small,
            "title_text_color": t.muted,
            "title_text_font_size": small,
            "title_text_font_style": "normal",
            "major_tick_line_color": None,
            "bar_line_color": None,
        },
        "CrosshairTool": {"line_color": t.crosshair, "line_alpha": 0.7, "line_width": 1},
        "Label": {"text_color": t.text, "text_font": FONT, "text_font_size": small},
        "Span": {"line_color": t.muted, "line_width": 1},
    }


@cache
def bokeh_theme(dark: bool = True, palette: str = "classic") -> Theme:
    """The Bokeh theme for new figures: set it on the document, ``doc.theme = bokeh_theme(dark)``."""
    from bokeh.themes import Theme

    return Theme(json={"attrs": _bokeh_attrs(tokens(dark, palette))})


def restyle(figure: Plot, dark: bool = True, palette: str = "classic") -> None:
    """Give a figure that already shows the colours of another theme, in place: frame, grids, axes, title, legend.

    Glyphs keep theirs; whoever made them sets them from ``tokens``.
    """
    attrs = _bokeh_attrs(tokens(dark, palette))
    figure.update(**attrs["Plot"])
    for axis in figure.axis:
        axis.update(**attrs["Axis"])
    for grid in figure.grid:
        grid.update(**attrs["Grid"])
    for legend in figure.legend:
        legend.update(**attrs["Legend"])
    if figure.title is not None:
        figure.title.update(**attrs["Title"])


# --- Panel and HTML ------------------------------------------------------------------------------------------------


def css_variables(t: Tokens) -> str:
    """The tokens as CSS custom properties: ``--wb-page: #0e1116; ...`` (underscores become hyphens)."""
    return " ".join(f"--wb-{name.replace('_', '-')}: {value};" for name, value in asdict(t).items() if name != "dark")


def page_css() -> str:
    """Style sheet of a page: both themes and both palettes as variables on the root, type, focus, scroll bars.

    The root element says which apply: ``<html data-wb-theme="light" data-wb-palette="colorblind">``; without the
    attributes it is dark and classic. Variables are inherited into shadow roots, so every component may use them.
    """
    measures = (
        f"--wb-font: {FONT}; --wb-mono: {MONO}; "
        f"--wb-topbar: {TOPBAR_PX}px; --wb-status: {STATUS_PX}px; --wb-drawer: {DRAWER_PX}px;"
    )
    rules = [
        f":root {{ {css_variables(DARK)} {measures} color-scheme: dark; }}",
        f':root[data-wb-theme="light"] {{ {css_variables(LIGHT)} color-scheme: light; }}',
    ]
    for dark, theme in ((True, "dark"), (False, "light")):
        changed = " ".join(f"--wb-{k.replace('_', '-')}: {v};" for k, v in _COLORBLIND[dark].items())
        selector = f':root[data-wb-palette="colorblind"][data-wb-theme="{theme}"]'
        rules.append(f"{selector} {{ {changed} }}")
    return "\n".join([*rules, _BASE_CSS])


_BASE_CSS = f"""
html, body {{
  background: var(--wb-page); color: var(--wb-text); font: {BODY_PX}px/1.4 var(--wb-font);
  font-variant-numeric: tabular-nums; -webkit-font-smoothing: antialiased; margin: 0; overflow: hidden;
}}
* {{ scrollbar-width: thin; scrollbar-color: var(--wb-hairline) transparent; }}
:focus-visible {{ outline: 2px solid var(--wb-accent); outline-offset: -2px; }}
a {{ color: var(--wb-accent); text-decoration: none; }}
.bk-Tooltip {{ --tooltip-color: var(--wb-raised); --tooltip-text: var(--wb-text); --tooltip-border: var(--wb-hairline);
  --tooltip-arrow-color: var(--wb-hairline); --tooltip-arrow-inner-color: var(--wb-raised); }}
@media (prefers-reduced-motion: reduce) {{ * {{ animation: none !important; transition: none !important; }} }}
"""


def mui_theme(palette: str = "classic") -> dict[str, Any]:
    """``theme_config`` for Panel Material UI: our tokens as a Material theme, ``{"dark": {...}, "light": {...}}``."""
    return {"dark": _mui(tokens(True, palette)), "light": _mui(tokens(False, palette))}


def _mui(t: Tokens) -> dict[str, Any]:
    small = f"{SMALL_PX}px"
    field = {
        "root": {
            "fontSize": small,
            "borderRadius": "4px",
            "& .MuiOutlinedInput-notchedOutline": {"borderColor": t.hairline},
            "&:hover .MuiOutlinedInput-notchedOutline": {"borderColor": t.faint},
        },
        "input": {"padding": "4px 8px", "fontVariantNumeric": "tabular-nums"},
    }
    return {
        "palette": {
            "mode": "dark" if t.dark else "light",
            "primary": {"main": t.accent, "contrastText": t.on_accent},
            "secondary": {"main": t.muted, "contrastText": t.page},
            "success": {"main": t.up_text},
            "error": {"main": t.error_text},
            "warning": {"main": t.warn_text},
            "info": {"main": t.accent},
            "background": {"default": t.page, "paper": t.panel},
            "text": {"primary": t.text, "secondary": t.muted, "disabled": t.faint},
            "divider": t.hairline,
            "action": {"active": t.muted, "disabled": t.faint},
        },
        "shape": {"borderRadius": 4},
        "spacing": GRID_PX,
        "typography": {
            "fontFamily": FONT,
            "fontSize": BODY_PX,
            "htmlFontSize": 16,
            "body1": {"fontSize": f"{BODY_PX}px"},
            "body2": {"fontSize": small},
            "button": {"fontSize": small, "textTransform": "none", "fontWeight": 500},
            "caption": {"fontSize": "11px"},
        },
        "components": {
            "MuiButtonBase": {"defaultProps": {"disableRipple": True}},
            "MuiButton": {"defaultProps": {"disableElevation": True}},
            "MuiPaper": {"styleOverrides": {"root": {"backgroundImage": "none"}}},
            "MuiAppBar": {"styleOverrides": {"root": {"boxShadow": "none"}}},
            "MuiMenuItem": {"styleOverrides": {"root": {"fontSize": small, "minHeight": 28, "padding": "4px 12px"}}},
            "MuiOutlinedInput": {"styleOverrides": field},
            "MuiSelect": {"styleOverrides": {"select": {"padding": "4px 8px", "fontSize": small}}},
            "MuiInputLabel": {"styleOverrides": {"root": {"fontSize": small}}},
            "MuiIconButton": {"styleOverrides": {"root": {"padding": "4px", "borderRadius": "4px"}}},
            # Panel's own colour of plain icons is hardly seen on dark fields.
            "MuiInputAdornment": {"styleOverrides": {"root": {"& .MuiIconButton-root": {"color": t.muted}}}},
            "MuiAutocomplete": {"styleOverrides": {"popupIndicator": {"color": t.muted}}},
            "MuiTooltip": {
                "styleOverrides": {
                    "tooltip": {
                        "backgroundColor": t.raised,
                        "color": t.text,
                        "border": f"1px solid {t.hairline}",
                        "fontSize": small,
                        "fontWeight": 400,
                        "borderRadius": "4px",
                    }
                }
            },
            "MuiToggleButton": {
                "styleOverrides": {
                    "root": {
                        "fontSize": small,
                        "padding": "2px 8px",
                        "border": "none",
                        "color": t.muted,
                        "&.Mui-selected, &.Mui-selected:hover": {
                            "backgroundColor": t.rgba("accent", 0.16),
                            "color": t.text,
                        },
                    }
                }
            },
        },
    }


def token_names() -> tuple[str, ...]:
    """Names of the colours in ``Tokens``."""
    return tuple(f.name for f in fields(Tokens) if f.name != "dark")
