# %% [markdown]
# # A first chart
#
# One line draws a chart that you can pan, zoom and change: the very object that the served page shows.

# %%
import panel as pn

import workbench as wb

pn.extension(inline=True)  # its scripts come from here, not from a network

# %%
wb.chart("AAPL", "1d", studies=["ema(window=50)"])

# %% [markdown]
# These are real daily bars. The demo data hold those of AAPL, GOOG, IBM, MSFT and FB, and made-up trades of five more
# markets, some of which rest at the weekend. `make serve` writes them; without it, run `workbench demo` once in the
# project's folder. This is what there is:

# %%
catalog = wb.catalog()
catalog

# %% [markdown]
# Bars are a plain DataFrame, indexed by the time each bar opens (UTC). There is nothing to learn before you can work
# with them: whatever you do with pandas works.

# %%
bars = catalog.bars("AAPL", "1d")
bars.tail()

# %%
assert len(bars) == 3270, "the demo data are incomplete: run `workbench demo`"

# %% [markdown]
# Coarser bars come from finer ones by the same rules everywhere, here with the sessions of the New York exchange: a
# week is five sessions, not seven days.

# %%
weekly = wb.resample(bars, "1w", session="XNYS")
weekly.tail()

# %% [markdown]
# A chart takes a frame as well as a symbol, so whatever you have computed can be looked at.

# %%
wb.chart(weekly, "1w", type="line")

# %% [markdown]
# ## Now try
#
# 1. Drag the chart, scroll over it, then press `?` while the pointer is on it: those are its keys.
# 2. Set another symbol beside it: `wb.chart("AAPL", "1d", compare=["MSFT", "IBM"])`.
# 3. Ask for bars that are not of time: `wb.chart("AAPL", "renko:20.0(1d)")`. Notebook 03 tells of all kinds.
