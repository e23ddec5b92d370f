from __future__ import annotations

import re

import pytest
from bokeh.plotting import figure

from workbench.charts.theme import (
    DARK,
    LIGHT,
    PALETTES,
    bokeh_theme,
    contrast,
    css_variables,
    mui_theme,
    page_css,
    restyle,
    token_names,
    tokens,
)

WORDS = ("text", "muted", "up_text", "down_text", "warn_text", "error_text", "accent")


def test_contrast_of_black_and_white_is_21_and_of_a_colour_with_itself_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#26a69a", "#26a69a") == 1


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("surface", ["page", "panel", "raised"])
def test_words_can_be_read_on_every_surface(dark: bool, palette: str, word: str, surface: str) -> None:
    theme = tokens(dark, palette)
    assert contrast(getattr(theme, word), getattr(theme, surface)) >= 4.5


@pytest.mark.parametrize("dark", [True, False])
def test_words_on_the_accent_can_be_read(dark: bool) -> None:
    theme = tokens(dark)
    assert contrast(theme.on_accent, theme.accent) >= 4.5


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("fill", ["up", "down"])
def test_candles_stand_out_from_the_panel(dark: bool, palette: str, fill: str) -> None:
    theme = tokens(dark, palette)
    assert contrast(getattr(theme, fill), theme.panel) >= 2.8


def test_the_palette_for_the_colour_blind_is_blue_and_orange() -> None:
    for dark in (True, False):
        theme = tokens(dark, "colorblind")
        up, down = ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (theme.up, theme.down))
        assert up[2] == max(up) and down[0] == max(down)
        assert theme.page == tokens(dark).page


def test_every_token_is_a_colour_and_a_css_variable() -> None:
    for theme in (DARK, LIGHT):
        for name in token_names():
            assert re.fullmatch(r"#[0-9a-f]{6}", getattr(theme, name)), name
            assert f"--wb-{name.replace('_', '-')}: {getattr(theme, name)};" in css_variables(theme)


def test_rgba() -> None:
    assert DARK.rgba("up", 0.5) == "rgba(38,166,154,0.5)"


def test_page_css_asks_for_nothing_from_elsewhere() -> None:
    css = page_css()
    assert "url(" not in css and "@import" not in css and "http" not in css
    assert ':root[data-wb-theme="light"]' in css and ':root[data-wb-palette="colorblind"]' in css


def test_a_figure_takes_the_theme_and_another_one_in_place() -> None:
    plot = figure(title="t")
    plot.line([1, 2], [1, 2], legend_label="x")
    bokeh_theme(True).apply_to_model(plot)
    assert plot.background_fill_color == DARK.panel
    restyle(plot, dark=False)
    assert plot.background_fill_color == LIGHT.panel
    assert {axis.major_label_text_color for axis in plot.axis} == {LIGHT.muted}
    assert {grid.grid_line_color for grid in plot.grid} == {LIGHT.grid}
    assert plot.title.text_color == LIGHT.text
    assert plot.legend[0].label_text_color == LIGHT.text


def test_material_theme_has_both_sides() -> None:
    theme = mui_theme("colorblind")
    assert theme["dark"]["palette"]["background"]["default"] == DARK.page
    assert theme["light"]["palette"]["background"]["default"] == LIGHT.page
    assert theme["dark"]["palette"]["success"]["main"] == tokens(True, "colorblind").up_text
