# %% [markdown]
# # A page of your own
#
# The pages that come along are made of parts, and the parts are yours: a chart, a result, a heat map are objects that
# any Panel page takes. Here is a page that tries a moving-average cross, in twenty lines. It runs in this cell, and
# the very same object is served.

# %%
import socket
import time
import urllib.request

import panel as pn
import param

import workbench as wb

pn.extension(inline=True)


# %%
class CrossPage(pn.viewable.Viewer):
    """A chart with two means, and what trading their cross would have made."""

    symbol = param.Selector(default="IBM", objects=["AAPL", "IBM", "MSFT"], doc="Whose days are traded.")
    fast = param.Integer(default=20, bounds=(2, 60), doc="Bars of the quick mean.")
    slow = param.Integer(default=100, bounds=(61, 250), doc="Bars of the slow mean.")

    def __init__(self, **params):
        super().__init__(**params)
        self.chart = wb.chart(self.symbol, "1d", live=False, dark=False)
        self.outcome = pn.pane.HTML(sizing_mode="stretch_width")
        self.run()

    @param.depends("symbol", "fast", "slow", watch=True)
    def run(self):
        means = [f"sma(window={self.fast})", f"sma(window={self.slow})"]
        self.chart.state.param.update(symbol=self.symbol, studies=means)
        bars = wb.catalog().bars(self.symbol, "1d")
        cross = wb.strategies.SmaCross(fast=self.fast, slow=self.slow)
        self.outcome.object = wb.backtest(cross, bars, fees=0.0005)

    def __panel__(self):
        side = pn.Column(self.param, self.outcome, width=420)
        return pn.Row(side, pn.Column(self.chart, height=640))


page = CrossPage()
page

# %% [markdown]
# What makes it pleasant to use is in three habits that all our pages keep:
#
# - **What may be changed is a parameter** with bounds and a doc; Panel makes the slider and its tooltip from that.
# - **Parts are made once and then told what to show.** A page that rebuilds its chart for each change flickers.
# - **The page computes nothing itself.** The line that runs the backtest is the one of notebook 05.
#
# All that the page shows can be had without a browser, which is how you test it:

# %%
other = CrossPage(symbol="MSFT", fast=10)
other.outcome.object

# %% [markdown]
# ## Served
#
# `pn.serve` makes a web server of it. Give it the class and not the object, so that each visitor has a page of their
# own. It listens on this machine only.

# %%
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
server = pn.serve({"cross": CrossPage}, port=port, address="127.0.0.1", threaded=True, show=False, verbose=False)


def asked(address, seconds=30):
    """Status and text of a page; the thread of the server needs a moment before it listens."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=seconds) as answer:
                return answer.status, answer.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


status, text = asked(f"http://127.0.0.1:{port}/cross")
status, f"{len(text) / 1000:.0f} kB", "Bokeh" in text

# %% [markdown]
# Somebody who opens that address now sees the page. Stop it when you have seen enough:

# %%
server.stop()

# %% [markdown]
# For good, write the class to a file `cross.py`, end it with `CrossPage().servable()`, and run `panel serve cross.py`.
# To have the top bar, the themes and the status line of our own pages around it, look at one of the files in `apps/`:
# each is a dozen lines.
#
# ## Now try
#
# 1. Put markers of the fills on the chart: `self.chart.markers(...)` takes what notebook 05 gave to `wb.chart`.
# 2. Add a heat map beside the result: `pn.pane.Bokeh(sweep.heatmap("fast", "slow", "sharpe").figure)`.
# 3. Make `symbol` offer all daily symbols of your catalog: `wb.catalog().datasets().query("kind == 'bars_1d'")`.
