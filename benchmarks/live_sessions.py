"""Sessions of a live chart that are opened and closed again and again: what of them stays in the server.

``python -m benchmarks.live_sessions --cycles 200`` serves a workbench with its demo feed, opens a session as a browser
does (the page, then its WebSocket, then the document), holds it while trades come, closes it, and prints threads, open
files and resident memory of the server on the way and after all cycles.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.events import DocumentReady
from bokeh.protocol import Protocol
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClosedError, websocket_connect

from benchmarks.ui_pages import ROOT, _free_port, _running
from workbench.config import child_environment

PAGE = "chart?symbol=BTC-USD&spec=1s"
#: Seconds that a session is held after its first change, that this may take, and that the server has at a mark to end
#: what was closed.
HELD_S, PATIENCE_S, REST_S = 1.0, 30.0, 20.0


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A workbench with a day of demo data and its feed: its address and its process."""
    port = _free_port()
    command = [sys.executable, "-m", "workbench", "serve", "--port", str(port), "--demo-days", "1"]
    environment = child_environment(WORKBENCH_DATA_DIR=str(folder), WORKBENCH_CATALOGS=str(ROOT / "catalogs"))
    environment.pop("WORKBENCH_REDIS_URL", None)
    with _running(command, environment) as process:
        said = ""
        while f"127.0.0.1:{port} " not in said:
            said = process.stdout.readline()
            if not said:
                raise RuntimeError("workbench serve ended before it answered; run it by hand to see why")
        yield f"http://127.0.0.1:{port}", process


async def cycle(url: str) -> int:
    """Open a session of the chart and close it; the number of changes that came while it was held."""
    page = (await AsyncHTTPClient().fetch(f"{url}/{PAGE}", request_timeout=60)).body.decode()
    found = re.search(r'"token":"([^"]+)"', page)
    if found is None:
        raise RuntimeError("the page has no session: run workbench serve by hand to see why")
    socket = await websocket_connect(
        f"{url.replace('http', 'ws')}/chart/ws", subprotocols=["bokeh", found.group(1)], max_message_size=2**26
    )
    try:
        for message in (Protocol().create("PULL-DOC-REQ"), _ready()):
            for part in (message.header_json, message.metadata_json, message.content_json):
                await socket.write_message(part)
    except WebSocketClosedError:
        return 0  # the server ended it first; that counts as a session too
    count, until = 0, time.monotonic() + PATIENCE_S
    while (left := until - time.monotonic()) > 0:
        try:
            came = await asyncio.wait_for(socket.read_message(), left)
        except TimeoutError:
            break
        if came is None:
            break
        count += isinstance(came, str) and "PATCH-DOC" in came[:200]
        if count == 1:  # the document is there, and live bars come
            until = min(until, time.monotonic() + HELD_S)
    socket.close()
    return count


def _ready() -> Any:
    """What a browser says when it has drawn the page: only then does a chart begin."""
    return Protocol().create("PATCH-DOC", [MessageSentEvent(Document(), "bokeh_event", DocumentReady())])


def held(process: subprocess.Popen) -> tuple[int, int, float]:
    """Threads, open files and resident memory (MB) of the server that a workbench runs."""
    stats = [one.read_text() for one in Path("/proc").glob("[0-9]*/stat") if one.exists()]
    children = [text.split()[0] for text in stats if text.rpartition(")")[2].split()[1] == str(process.pid)]
    serving = [one for one in children if "panel" in (Path("/proc") / one / "cmdline").read_text().split("\0")]
    folder = Path("/proc") / serving[0]
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return int(status["Threads"]), len(os.listdir(folder / "fd")), int(status["VmRSS"].split()[0]) / 1024


async def cycles(count: int, marks: tuple[int, ...]) -> AsyncIterator[dict]:
    """Open and close sessions one after the other; what the server holds at each mark."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder, served(Path(folder)) as (url, process):
        came = refused = 0
        for number in range(1, count + 1):
            one = await cycle(url)
            came, refused = came + one, refused + (one == 0)
            if number in marks or number == count:
                await asyncio.sleep(REST_S)
                threads, files, memory = held(process)
                yield {
                    "cycles": number,
                    "threads": threads,
                    "files": files,
                    "rss_mb": round(memory, 1),
                    "changes": came,
                }


async def main() -> None:
    """Print a line at each mark."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--cycles", type=int, default=200)
    asked = ask.parse_args()
    async for found in cycles(asked.cycles, (1, 20, 50, 100, 150)):
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
