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
import tempfile
import time
from collections.abc import AsyncIterator
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.events import DocumentReady
from bokeh.protocol import Protocol
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from benchmarks.ui_pages import serving

PAGE = "chart?symbol=BTC-USD&spec=1s"
#: Seconds that a session is held after its first change, that this may take, and that the server has at a mark to end
#: what was closed.
HELD_S, PATIENCE_S, REST_S = 1.0, 30.0, 20.0


@contextlib.asynccontextmanager
async def session(url: str, page: str = PAGE) -> AsyncIterator[WebSocketClientConnection]:
    """Open a session as a browser does; its WebSocket, on which the document and its changes come.

    Raises
    ------
    WebSocketClosedError
        The server ended it first.
    """
    html = (await AsyncHTTPClient().fetch(f"{url}/{page}", request_timeout=60)).body.decode()
    found = re.search(r'"token":"([^"]+)"', html)
    if found is None:
        raise RuntimeError(f"{page} has no session: run workbench serve by hand to see why")
    address = f"{url.replace('http', 'ws')}/{page.partition('?')[0]}/ws"
    socket = await websocket_connect(address, subprotocols=["bokeh", found.group(1)], max_message_size=2**26)
    try:
        while not _is(came := await asyncio.wait_for(socket.read_message(), PATIENCE_S), "ACK"):
            if came is None:
                raise WebSocketClosedError
        for message in (Protocol().create("PULL-DOC-REQ"), _ready()):
            for part in (message.header_json, message.metadata_json, message.content_json):
                await socket.write_message(part)
        yield socket
    finally:
        socket.close()


async def cycle(url: str) -> int:
    """Open a session of the chart and close it; the number of changes that came while it was held."""
    count, until = 0, time.monotonic() + PATIENCE_S
    try:
        async with session(url) as socket:
            while (left := until - time.monotonic()) > 0:
                try:
                    came = await asyncio.wait_for(socket.read_message(), left)
                except TimeoutError:
                    break
                if came is None:
                    break
                count += _is(came, "PATCH-DOC")
                if count == 1:  # the document is there, and live bars come
                    until = min(until, time.monotonic() + HELD_S)
    except WebSocketClosedError:
        pass  # that counts as a session too
    return count


def hold(url: str, page: str, count: int, held: Synchronized) -> None:
    """Hold so many sessions open and take what comes, until the process is ended; ``held`` are open and have changed.

    For a process of its own.
    """
    asyncio.run(_hold(url, page, count, held))


async def _hold(url: str, page: str, count: int, held: Synchronized) -> None:
    async def one(changed: asyncio.Event) -> None:
        async with session(url, page) as socket:
            while (came := await socket.read_message()) is not None:
                if not changed.is_set() and _is(came, "PATCH-DOC"):
                    changed.set()
                    held.value += 1
        held.value -= changed.is_set()

    tasks = []
    for _ in range(count):  # one after the other, as people come
        changed = asyncio.Event()
        tasks.append(asyncio.create_task(one(changed)))
        await asyncio.wait_for(changed.wait(), PATIENCE_S)
    await asyncio.gather(*tasks)


def _is(part: str | bytes | None, kind: str) -> bool:
    """Whether a part of a message is the head of one of this kind."""
    return isinstance(part, str) and part.startswith('{"msgid"') and f'"{kind}"' in part[:200]


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
    with (
        tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder,
        serving(Path(folder), "--demo-days", "1") as (url, process),
    ):
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
