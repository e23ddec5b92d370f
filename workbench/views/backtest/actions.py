"""What can be done with a result: reports to a file, runs to the store, code to the clipboard."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.backtest import Result
from workbench.views.backtest.head import Head
from workbench.views.backtest.kept import Kept
from workbench.views.states import explain

#: Files that a report can be.
ENDINGS = {"html": "Report", "pdf": "PDF", "csv": "CSV"}
_TIPS = {
    "html": "Download the tear sheet: one page that opens offline",
    "pdf": "Download the tear sheet for print",
    "csv": "Download the round trips as a table",
}


def buttons_of(
    services: Any, kept: Kept | None, *, debug: bool, failed: bool, pressed: Mapping[str, bool]
) -> list[dict[str, Any]]:
    """The buttons over a result; over none only those that need none."""

    def button(name: str, label: str, tip: str) -> dict[str, Any]:
        return {"name": name, "label": label, "tip": tip, "on": pressed.get(name, False)}

    found = []
    if debug and (kept is not None or failed):
        found.append(button("debug", "Debug", "Go through this run bar by bar"))
    if kept is not None:
        if hasattr(Result, "report"):
            found += [button(f"report-{ending}", label, _TIPS[ending]) for ending, label in ENDINGS.items()]
        if hasattr(type(services), "runs"):
            found.append(button("save", "Save", "Keep this run beyond the session, with what it was made of"))
        found.append(button("code", "Code", "Copy a notebook cell that makes the same run"))
    found.append(button("link", "Link", "Copy the address of this page with all that the form says"))
    return found


async def saved_report(head: Head, kept: Kept, ending: str, log: Callable[[str, str], object]) -> None:
    """Write a report beside the page and hand it to the browser."""
    name = re.sub(r"[^\w.-]+", "_", f"{kept.name} {kept.outcome.chosen.place}").strip("_")[:80] or "backtest"

    def made() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"round_trips.{ending}" if ending == "csv" else Path(folder) / f"report.{ending}"
            kept.outcome.result.report(path)
            return path.read_bytes()

    head.say(f"report-{ending}", "Writing …")
    try:
        body = await asyncio.to_thread(made)
    except Exception as error:
        log("report", " ".join(explain(error, f"writing the {ending} report")[:2]))
        head.say(f"report-{ending}", "Failed: see Log")
        return
    head.download(f"report-{ending}", f"{name}.{ending}", body)


async def store(head: Head, services: Any, kept: Kept, log: Callable[[str, str], object]) -> None:
    """Keep a run in the store."""
    try:
        number = await asyncio.to_thread(services.runs.save, kept.outcome.result, name=kept.name)
    except Exception as error:
        log("save", " ".join(explain(error, "storing the run")[:2]))
        head.say("save", "Failed: see Log")
        return
    log("saved", f"{kept.name} is stored as {number}.")
    head.say("save", "Saved")
