# %% [markdown]
# # A thousand backtests, and what the best is worth
#
# Which parameters are best is the wrong question; something is always best. The question is whether the best is more
# than the luckiest. First the picture, then the doubt.

# %%
import numpy as np
import pandas as pd
from dask.distributed import Client, LocalCluster

import workbench as wb

bars = wb.catalog().bars("IBM", "1d")
grid = {"fast": range(5, 65, 3), "slow": range(20, 220, 8)}
sweep = wb.sweep(wb.strategies.SmaCross, bars, grid, where="fast < slow", fees=0.0005)
sweep.heatmap("fast", "slow", "sharpe")

# %% [markdown]
# Each cell is a whole backtest of a moving-average cross on thirteen years of IBM, with fees. The frame marks the
# best. A broad island of one colour is a good sign; a lone bright cell among dull ones is noise that you were meant to
# find.

# %%
sweep

# %% [markdown]
# `sweep.table` has all of them as a DataFrame, and any cell, by its number or its parameters, is a whole result again,
# with its trades:

# %%
sweep.result(sweep.best("sharpe").index[0])

# %% [markdown]
# ## On a cluster
#
# The same call runs on Dask, here on two processes of this machine; with the address of a scheduler, on as many
# machines as you have. Bars go to each worker once, not with each task. Cells know nothing of each other, so the table
# is the same to the last bit, and you can develop here and run there.

# %%
local = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": "ERROR"}
with LocalCluster(**local) as cluster, Client(cluster) as client:
    far = wb.sweep(wb.strategies.SmaCross, bars, grid, where="fast < slow", fees=0.0005, client=client)
far.table.equals(sweep.table)

# %% [markdown]
# ## Now the doubt
#
# Let us sweep what cannot be predicted: a random walk, made by a die, of as many days. There is nothing to find in it.

# %%
rng = np.random.default_rng(11)
close = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, len(bars))))
before = np.roll(close, 1)
before[0] = 100.0
spread = np.abs(rng.normal(0, 0.004, len(bars)))
noise = pd.DataFrame(
    {
        "open": before,
        "high": np.maximum(before, close) * (1 + spread),
        "low": np.minimum(before, close) * (1 - spread),
        "close": close,
        "volume": 1e6,
    },
    index=bars.index,
)
nothing = wb.sweep(wb.strategies.SmaCross, noise, grid, where="fast < slow")
nothing.heatmap("fast", "slow", "sharpe")

# %%
top = nothing.best("sharpe").iloc[0]
f"best of {len(nothing)} on pure noise: Sharpe {top['sharpe']:.2f}, total return {top['total_return']:+.0%}"

# %% [markdown]
# There are islands there too, and a winner that one could write a paper about. That is what choosing does. So each
# list of the best says what they are worth as the best of so many, and `overfitting` goes to the bottom of it.

# %%
nothing.overfitting()

# %% [markdown]
# Read it so: the *deflated* ratio is the probability that the true Sharpe ratio is above what the luckiest of so many
# without merit would show; below 95 % there is no finding. The *probability of overfitting* cuts history into 16
# blocks, chooses the best in each half of them, and counts how often that one is below the median in the other half.
# At one half choosing is worth nothing. On noise it is one half on average, and may be far from it in a single case,
# as cells of one strategy resemble each other; so never read one of these numbers alone.
#
# The same for IBM:

# %%
verdict = sweep.overfitting()
verdict

# %% [markdown]
# Every cell that you have ever swept on these bars counts as a trial, also those of yesterday and of your colleagues:
# a ledger remembers. The same cells again are not counted twice.

# %%
sweep.trials.count, wb.sweep(wb.strategies.SmaCross, bars, grid, where="fast < slow", fees=0.0005).trials.count

# %% [markdown]
# ## Bars that the sweep has not seen
#
# The plainest test: choose on the first ten years, judge on the last three. `out_of_sample` stands beside each.

# %%
early, late = bars[bars.index < "2010"], bars[bars.index >= "2010"]
chosen = wb.sweep(wb.strategies.SmaCross, early, grid, where="fast < slow", fees=0.0005)
chosen.leaderboard(5, holdout=late)[["fast", "slow", "sharpe", "deflated_sharpe", "plateau", "out_of_sample"]].round(2)

# %% [markdown]
# ## Now try
#
# 1. Set `rng` to other seeds. How often is the best on noise above 0.5? How often does the deflated ratio fall for it?
# 2. Sweep `BuyTheDip` of notebook 05 over `trend` and `dip`, on the cluster too: what was typed into a cell goes there
#    with its code.
# 3. Give the first call `job=True`: it is then written down as it runs, survives the end of this kernel
#    (`wb.sweeps().list()`), and opens on the Optimize page.
