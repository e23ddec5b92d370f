"""Tear sheets: a backtest on one page, as HTML and as PDF. ``Result.report`` writes them."""

from __future__ import annotations

from workbench.backtest import Result


def html(result: Result, title: str | None = None) -> bytes:
    """One page that needs nothing else, in UTF-8."""
    from workbench.charts.tearsheet.content import Sheet
    from workbench.charts.tearsheet.page import page

    return page(Sheet(result, title)).encode()


def pdf(result: Result, title: str | None = None) -> bytes:
    """The same for print: A4, pictures as lines."""
    from workbench.charts.tearsheet.content import Sheet
    from workbench.charts.tearsheet.page import PRINTED
    from workbench.charts.tearsheet.paper import paper

    return paper(Sheet(result, title, PRINTED))
