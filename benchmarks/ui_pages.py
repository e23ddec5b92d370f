"""What ``benchmarks.ui`` looks at: the tape, a served workbench, pages of the peers, and what a browser is asked."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.catalog import Store
from workbench.config import child_environment
from workbench.market.events import TRADE

ROOT = Path(__file__).parents[1]
#: Ten years around the clock; written once, in minutes, and kept for the next run.
TRADES, DAYS, SYMBOL = 100_000_000, 3_650, "TAPE"
_AT_ONCE = 100  # days
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]

#: Keeps ``wbPaint``: ms since navigation start when a canvas first had pixels in the colour of a candle.
PAINT = """(() => {
  const canvases = (root, out = []) => {
    for (const el of root.querySelectorAll("*")) {
      if (el.tagName === "CANVAS" && el.width > 400) out.push(el);
      if (el.shadowRoot) canvases(el.shadowRoot, out);
    }
    return out;
  };
  const look = () => {
    for (const { width, height, ...rest } of window.Bokeh?.index ? canvases(document).map((c) => ({ width: c.width,
      height: c.height, c })) : []) {
      const { data } = rest.c.getContext("2d").getImageData(0, 0, width, height);
      for (let i = 0; i < data.length; i += 20) {
        const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
        if (data[i + 3] > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) {
          window.wbPaint = performance.now();
          return;
        }
      }
    }
    setTimeout(look, 20);
  };
  look();
})()"""
#: The price figure of a page: the first figure whose x range is drawn with at least two glyphs.
FIGURE = """(() => {
  for (const one of Bokeh.documents) for (const model of one._all_models.values())
    if (model.type === "Figure" && model.renderers.some((r) => r.data_source?.get_length?.() > 50)) return model;
})()"""
#: Moves the window by ``by`` of its width; resolves to ms until the bars of the new one were painted, null if held.
MOVE = f"""(by) => new Promise((done) => {{
  const f = {FIGURE}, source = f.renderers.find((r) => r.data_source.data.open).data_source, began = performance.now();
  const {{ start, end }} = f.x_range, shift = by * (end - start), before = source.data.x;
  const missing = start + shift < before[0] || end + shift > before.at(-1);
  const look = () => {{
    const x = source.data.x, tag = source.tags[0], told = tag instanceof Map ? tag.get("head") : tag.head;
    const there = x !== before && (x[0] <= f.x_range.start || told);
    if (there) requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
    else if (performance.now() - began > 5000) done(missing ? 5000 : null);
    else setTimeout(look, 2);
  }};
  f.x_range.setv({{ start: start + shift, end: end + shift }});
  if (missing) look(); else setTimeout(() => done(null), 250);
}})"""
#: Of each paint that shows a newer trade: when it was done (us since 1970), and the close of the newest bar; from now
#: on, for ``wbDrawn()``. A frame's own work is over when the first timer after it runs.
DRAWN = f"""() => {{
  const f = {FIGURE}, source = f.renderers.find((r) => r.data_source.data.open).data_source, drawn = [];
  let before = null;
  Bokeh.index.get_one(f).repainted.connect(() => {{
    const close = source.data.close.at(-1);
    if (close === before) return;
    before = close;
    setTimeout(() => drawn.push([1000 * (performance.timeOrigin + performance.now()), close]), 0);
  }});
  window.wbDrawn = () => drawn;
}}"""
#: Times of frames, from now until ``wbFrames()`` is called.
FRAMES = """() => {
  const times = []; let going = true;
  const tick = (now) => { times.push(now); if (going) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  window.wbFrames = () => { going = false; return times.slice(1).map((t, i) => t - times[i]); };
}"""


def tape(trades: int = TRADES, days: int = DAYS) -> Path:
    """Folder of a store with ``trades`` of ``SYMBOL`` over ``days``; made where it is not there yet."""
    folder = ROOT / "build" / "benchmarks" / f"tape-{trades // 1_000_000}M"
    if (folder / "whole").exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as part:
        store, price = Store(Path(part) / "tape"), 6_000_000
        start = pd.Timestamp("2016-01-04", tz="UTC").value
        for first in range(0, days, _AT_ONCE):
            count = min(_AT_ONCE, days - first)
            rng, n = np.random.default_rng(first), trades * count // days
            out = np.zeros(n, TRADE)
            out["ts_event"] = start + first * 86_400 * 10**9 + np.sort(rng.integers(0, count * 86_400 * 10**9, n))
            out["ts_recv"] = out["ts_event"]
            ticks = price + np.cumsum(rng.integers(-1, 2, n))
            price = int(ticks[-1])
            out["price"], out["size"] = ticks * 0.01, rng.integers(1, 400, n) / 8
            out["side"] = rng.choice(np.array([-1, 1], np.int8), n)
            store.write("bench", "trades", SYMBOL, out)
        (store.data_dir / "whole").touch()
        store.data_dir.rename(folder)
    return folder


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Address of a workbench over the data of ``folder``, without a feed."""
    with serving(folder, "--no-demo", "--no-feed") as (address, _):
        yield address


@contextlib.contextmanager
def serving(folder: Path, *options: str, redis: str = "") -> Iterator[tuple[str, subprocess.Popen]]:
    """A workbench over the data of ``folder`` that answers: its address and its process.

    ``options`` are those of ``workbench serve``; ``redis`` is the address of the one to use instead of a private one.
    """
    port = _free_port()
    command = [sys.executable, "-m", "workbench", "serve", "--port", str(port), *options]
    environment = child_environment(WORKBENCH_DATA_DIR=str(folder), WORKBENCH_CATALOGS=str(ROOT / "catalogs"))
    environment.pop("WORKBENCH_REDIS_URL", None)
    if redis:
        environment["WORKBENCH_REDIS_URL"] = redis
    with _running(command, environment) as process:
        said = ""
        while f"127.0.0.1:{port} " not in said:
            said = process.stdout.readline()
            if not said:
                raise RuntimeError("workbench serve ended before it answered; run it by hand to see why")
        yield f"http://127.0.0.1:{port}", process


PEERS = {
    "bokeh": """
import numpy as np, pandas as pd
from bokeh.io import curdoc
from bokeh.plotting import figure
bars = pd.read_parquet({path!r})
x, up = np.arange(len(bars)), bars.close >= bars.open
f = figure(sizing_mode="stretch_both", tools="xpan,xwheel_zoom", active_drag="xpan",
           x_range=(len(bars) - 300, len(bars)))
color = np.where(up, "#26a69a", "#ef5350")
f.segment(x, bars.high, x, bars.low, color=color)
f.vbar(x, 0.7, bars.open, bars.close, color=color)
curdoc().add_root(f)
""",
    "hvplot": """
import holoviews as hv, pandas as pd, panel as pn, hvplot.pandas
pn.extension()
hv.extension("bokeh")
bars = pd.read_parquet({path!r})
bars["time"] = bars.time.dt.tz_localize(None)
pn.pane.HoloViews(bars.hvplot.ohlc("time", ["open", "high", "low", "close"], width=1360, height=860,
                                   xlim=(bars.time.iloc[-300], bars.time.iloc[-1]))).servable()
""",
}


@contextlib.contextmanager
def peers(bars: pd.DataFrame) -> Iterator[str]:
    """Address of a server with a page of each peer (``/with_bokeh``, ``/with_hvplot``) that draws these bars."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        path = Path(folder) / "bars.parquet"
        bars.to_parquet(path)
        apps = [Path(folder) / f"with_{name}.py" for name in PEERS]  # other names than what they import
        for app, code in zip(apps, PEERS.values(), strict=True):
            app.write_text(code.format(path=str(path)))
        with _running(
            [sys.executable, "-m", "panel", "serve", *map(str, apps), "--port", str(port)], child_environment()
        ):
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
