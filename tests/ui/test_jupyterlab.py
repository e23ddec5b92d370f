"""The chart in a cell of a real JupyterLab: drawn, panned with bars read on the way, and moved by trades."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.ui.conftest import PATIENCE, Served, free_port
from workbench.config import child_environment

pytest.importorskip("jupyterlab")

ROOT = Path(__file__).parents[2]
CELL = """\
import panel as pn
pn.extension(inline=True)
import workbench as wb
wb.chart("BTC-USD", "1min")
"""
#: What stands before a cell that is running, or was run.
STARTED = re.compile(r"\[[*\d]")
KERNEL = "globalThis.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
FIGURE = """(() => {
  for (const one of globalThis.Bokeh?.documents ?? []) for (const model of one._all_models.values())
    if (model.type === "Figure" && model.renderers[0]?.data_source?.data?.open?.length) return model;
})()"""


@pytest.fixture(scope="module")
def lab(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab beside the served workbench, on the same data and the same Redis."""
    home, port = tmp_path_factory.mktemp("lab"), free_port()
    code = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": CELL}
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": [code], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (home / "work").mkdir()
    (home / "work" / "chart.ipynb").write_text(json.dumps(notebook))
    places = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = child_environment(
        **places,
        IPYTHONDIR=str(home / "ipython"),
        WORKBENCH_DATA_DIR=str(served.data_dir),
        WORKBENCH_CATALOGS=str(ROOT / "catalogs"),
        PYTHONPATH=str(ROOT),
    )
    options = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    options.append("--expose-app-in-browser")  # to be asked for the state of its kernel
    with (home / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={home / 'work'}"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE / 1e3
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (home / "lab.log").read_text()[-3000:]
        yield f"http://127.0.0.1:{port}/lab/tree/chart.ipynb?reset"
    finally:
        process.terminate()
        process.wait(30)


def test_a_chart_in_a_cell_draws_pans_and_lives(page: Page, lab: str, allow_console: list[str]) -> None:
    allow_console.append("/lab/")  # of JupyterLab's own plugins
    page.goto(lab)
    # Who runs a cell before the kernel is there is asked for one, and the cell does not run. The page's own indicator
    # says "idle" before there is any.
    page.wait_for_function(f"() => {KERNEL}?.status === 'idle'")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    page.locator(".jp-CodeCell .jp-InputPrompt").filter(has_text=STARTED).first.wait_for()
    try:
        page.locator(".wb-legend b").filter(has_text="BTC-USD").first.wait_for()
    except PlaywrightTimeout:
        pytest.fail("no chart came: " + page.locator(".jp-Notebook").first.inner_text()[-3000:])
    assert page.evaluate(f"() => {FIGURE}.renderers[0].data_source.get_length()") >= 300

    newest = f"{FIGURE}.renderers[0].data_source.data"
    told = f"[{newest}.close.at(-1), {newest}.volume.at(-1), {newest}.x.at(-1)].join()"
    page.wait_for_function(f"(before) => {told} !== before", arg=page.evaluate(f"() => {told}"))

    # Where a message of the browser holds what came from Python, it undoes there what was changed meanwhile.
    page.evaluate(f"""() => {{
      for (const model of {FIGURE}.document._all_models.values()) if (model.type.endsWith("CommManager")) {{
        const comm = model._client_comm, send = comm.send.bind(comm);
        globalThis.wbSent = [];
        comm.send = (message, ...rest) => {{ wbSent.push(...message.content.events); return send(message, ...rest); }};
      }}
    }}""")
    oldest = page.evaluate(f"() => {newest}.x[0]")
    page.evaluate(f"() => {{ const r = {FIGURE}.x_range; r.setv({{ start: r.start - 1200, end: r.end - 1200 }}); }}")
    there = f"(oldest) => {newest}.x[0] < oldest && {newest}.x[0] <= {FIGURE}.x_range.start"
    page.wait_for_function(there, arg=oldest)
    sent = page.evaluate(f"() => wbSent.filter((e) => e.model?.id === {FIGURE}.renderers[0].data_source.id).length")
    assert sent == 0 and page.evaluate("() => wbSent.length") > 0
