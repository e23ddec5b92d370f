"""Redis dies while a chart is open: the chart stays, goes on, and shows every trade once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

import workbench as wb
from workbench.catalog.synthetic import SyntheticMarket
from workbench.market.events import as_records

BARS = """() => { const f = [...Bokeh.documents[0]._all_models.values()]
    .find((m) => m.type === 'Figure' && m.renderers.length > 1), d = f.renderers[0].data_source.data;
    return Object.fromEntries(
        ['x', 'time', 'open', 'high', 'low', 'close', 'volume'].map((k) => [k, Array.from(d[k])])) }"""
NEWEST = f"(({BARS})().time.at(-1))"


def test_no_bar_is_lost_or_doubled_when_redis_dies(page: Page, kill_redis: Callable[[], float]) -> None:
    page.goto("/chart?symbol=BTC-USD&spec=5s")
    expect(page.locator(".wb-legend")).to_contain_text("BTC-USD")
    expect(page.locator(".strip .words")).to_have_text("live")
    killed = kill_redis() * 1000
    # Four bars later everything around the outage is closed and on the screen.
    page.wait_for_function(f"(until) => {NEWEST} > until", arg=killed + 20_000)
    shown = {name: np.array(values) for name, values in page.evaluate(BARS).items()}
    times = shown["time"].astype("i8") * 1_000_000
    assert (np.diff(times) > 0).all()
    jumps = np.flatnonzero(np.diff(shown["x"]) != 1)
    assert not len(jumps), f"ordinals jump after {times[jumps]}, Redis died at {killed:.0f} ms, shown to {times[-1]}"
    expect(page.locator(".strip")).to_contain_text("0 gaps")
    # The tape is a function of seed, symbol and time: what was published can be made anew.
    tape = SyntheticMarket("BTC-USD").trades(int(times[0]), int(times[-1]))
    wanted = as_records(wb.resample(tape, "5s"), "bars")
    missing = sorted(set(wanted["time"].tolist()) - set(times[:-1].tolist()))
    assert times[:-1].tolist() == wanted["time"].tolist(), f"missing {missing}, Redis died at {killed:.0f} ms"
    for name in ("open", "high", "low", "close"):
        assert shown[name][:-1].tolist() == wanted[name].tolist()
    # Bars of the store were rolled up from seconds, so that sums may differ in the last digits.
    np.testing.assert_allclose(shown["volume"][:-1], wanted["volume"], rtol=1e-12)
