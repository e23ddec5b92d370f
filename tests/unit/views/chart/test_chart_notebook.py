"""The theme of a chart that was not told one: Panel's in a notebook's cell, dark on a page and in a script."""

from __future__ import annotations

import ast

import pandas as pd
import pytest

import workbench as wb
from workbench.config import child_environment

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

BARS = """\
import pandas as pd
import panel as pn
import workbench as wb
columns = {name: [1.0, 2.0, 3.0] for name in ("open", "high", "low", "close", "volume")}
bars = pd.DataFrame(columns, index=pd.date_range("2026-01-05", periods=3, tz="UTC"))
def dark(**params):
    return wb.chart(bars, **params).state.dark
"""
PAGE = """\
from types import SimpleNamespace
from bokeh.document import Document
from panel.io.state import set_curdoc
page = Document()
session = SimpleNamespace(id="one", request=SimpleNamespace(arguments={}, headers={}, cookies={}))
page._session_context = lambda: session
with set_curdoc(page):
    served = dark()
(dark(), served)
"""
#: What the component says once it stands in a notebook that is dark, and when that is made light.
EDITOR = """\
def after(**params):
    view, said = wb.chart(bars, **params), []
    for dark in (True, False):
        view.dialog.dialog.dark_theme = dark
        said.append(view.state.dark)
    return said
(after(), after(dark=True))
"""


@pytest.fixture(scope="module")
def cells() -> list[object]:
    """What the cells of a notebook gave, in a kernel of its own."""
    light, dark = "pn.extension()\n(dark(), dark(dark=True))", 'pn.extension(theme="dark")\n(dark(), dark(dark=False))'
    sources = [BARS, light, PAGE, EDITOR, dark]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in sources])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute(env=child_environment())
    found = [
        [one["data"]["text/plain"] for one in cell.outputs if one.output_type == "execute_result"]
        for cell in book.cells
    ]
    return [ast.literal_eval(one[-1]) for one in found if one]


def test_a_chart_in_a_cell_has_the_theme_of_panel(cells: list[object]) -> None:
    light, *_, dark = cells
    assert light == (False, True), "light unless it was told otherwise"
    assert dark == (True, False), "dark where Panel is"


def test_a_page_that_a_kernel_serves_stays_dark(cells: list[object]) -> None:
    assert cells[1] == (False, True)


def test_a_chart_follows_the_theme_of_the_editor_unless_it_was_told_one(cells: list[object]) -> None:
    assert cells[2] == ([True, False], [True, True])


def test_a_chart_of_a_script_stays_dark() -> None:
    columns = {name: [1.0, 2.0, 3.0] for name in ("open", "high", "low", "close", "volume")}
    bars = pd.DataFrame(columns, index=pd.date_range("2026-01-05", periods=3, tz="UTC"))
    assert wb.chart(bars).state.dark
    assert not wb.chart(bars, dark=False).state.dark
