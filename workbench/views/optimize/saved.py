"""The table of a sweep as a file for the browser."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from typing import Any

import panel as pn

from workbench.errors import DataError
from workbench.sweep import Sweep
from workbench.views.backtest.head import Head
from workbench.views.states import explain

#: Rows that are handed to a browser; more are for the command line.
MOST_ROWS = 200_000


def save(head: Head, sweep: Sweep, what: tuple[str, str], log: Callable[[str, str], object]) -> None:
    """Have ``saved`` done while the page goes on."""

    async def work() -> None:  # ``execute`` waits for a coroutine function, not for what a plain one gives
        await saved(head, sweep, what, log)

    pn.state.execute(work)


async def saved(head: Head, sweep: Sweep, what: tuple[str, str], log: Callable[[str, str], object]) -> None:
    """Write the table beside the page and hand it to the browser; ``what`` is the sweep's id, and csv or parquet."""
    id, ending = what
    head.say(ending, "Writing …")
    try:
        body = await asyncio.to_thread(written_table, sweep, id, ending)
    except Exception as error:
        log("error", " ".join(explain(error, "writing the table")[:2]))
        head.say(ending, "See the log")
        return
    head.download(ending, f"{re.sub(r'[^A-Za-z0-9._-]+', '-', id) or 'sweep'}.{ending}", body)


def written_table(sweep: Sweep, id: str, ending: str) -> bytes:
    """The table as a file.

    Raises
    ------
    DataError
        It has more rows than a browser should be handed.
    """
    if len(sweep) > MOST_ROWS:
        raise DataError(
            f"{len(sweep):,} cells are more than the {MOST_ROWS:,} that a browser is handed: write them with: "
            f"workbench sweeps export {id} table.{ending}"
        )
    table: Any = sweep.table
    if ending == "csv":
        return table.to_csv().encode()
    out = io.BytesIO()
    table.to_parquet(out)
    return out.getvalue()
