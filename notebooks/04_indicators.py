# %% [markdown]
# # Indicators and formulas
#
# An indicator is an object with parameters. It gives the same numbers for a whole history and bar by bar, it never
# looks ahead, and yours stand beside the ones that come along.

# %%
import numpy as np
import pandas as pd
import panel as pn
from numba import njit

import workbench as wb

pn.extension(inline=True)

# %%
bars = wb.catalog().bars("AAPL", "1d")
wb.chart(bars, studies=["bbands(window=20)", "rsi(window=14)"])

# %% [markdown]
# The first is drawn over the prices and the second in a pane below; the indicator itself knows where it belongs. All
# of them have a name:

# %%
names = wb.indicators.names()
len(names), names[:12]

# %%
rsi = wb.indicator("rsi", window=14)
rsi(bars).tail(3)

# %% [markdown]
# A name with a slip is not a dead end, and neither is a parameter that makes no sense.

# %%
slips = []
for wrong in (lambda: wb.indicator("macdd"), lambda: wb.indicator("rsi", window=0)):
    try:
        wrong()
    except Exception as error:
        slips.append(str(error))
slips

# %% [markdown]
# ## Nothing where nothing is known
#
# Before an indicator has seen enough bars it has no value. It says how many it needs, and does not make the beginning
# up.

# %%
slow = wb.indicator("sma", window=200)
slow.warmup, int(slow(bars).isna().sum()), slow(bars).first_valid_index()

# %% [markdown]
# ## Bar by bar
#
# A live chart cannot compute two thousand bars anew for each print. A stream takes a bar and gives the next value,
# with the same number to the last bit. That is what makes a backtest and a live run agree.

# %%
stream = rsi.stream()
live = pd.Series([float(stream.update(bars.iloc[at])) for at in range(300)], bars.index[:300])
batch = rsi(bars).iloc[:300]
bool(((live == batch) | (live.isna() & batch.isna())).all())

# %% [markdown]
# ## Another timeframe
#
# The trend of the weeks beside the bars of days: only weeks that have closed count, so on a Wednesday you see last
# Friday's value. Taking the running week instead is the commonest way to look ahead by mistake.

# %%
weekly = wb.indicator("sma", window=10, timeframe="1w")
wb.chart(bars, studies=[weekly, "sma(window=50)"], start="2011-06-01", end="2012-06-01")

# %% [markdown]
# ## A formula is an indicator
#
# Write it as you would say it. Conditions are 1, 0, or nothing where it is not known; units are watched, so a price is
# never compared with an RSI.

# %%
dip = wb.indicators.formula("close > sma(close, 200) and rsi(4) < 25", name="dip")
days = dip(bars)
days.value_counts(dropna=False)

# %% [markdown]
# What came in the five days after, beside what came after any day? This is a look and not a test; the next notebook
# does it properly, with costs and with fills that could have been had. (The worst five days hold a split of the
# shares, of which notebook 02 tells.)

# %%
later = bars["close"].shift(-5) / bars["close"] - 1
pd.DataFrame({"after a dip": later[days == 1].describe(), "after any day": later.describe()}).map("{:.4f}".format)

# %%
try:
    wb.indicators.formula("emma(close, 20) > rsi(14)")
except Exception as error:
    complaint = str(error)
complaint.splitlines()

# %% [markdown]
# ## Your own, in a cell
#
# A loop that computes and a class that declares. From then on it is in every list: the chart's picker, formulas,
# streams, sweeps. The loop may be called for any piece of the bars; what it looks back at is `lookback`.


# %%
@njit
def efficiency(a, b, c, d, e, start, seen, out, p, s):
    for i in range(start, len(a)):
        value = np.nan
        if seen + i - start >= 20:
            way = 0.0
            for j in range(i - 19, i + 1):
                way += abs(a[j] - a[j - 1])
            value = abs(a[i] - a[i - 20]) / way if way > 0 else 0.0
        out[0, i - start] = value


@wb.indicators.register("my_efficiency")
class MyEfficiency(wb.indicators.PriceIndicator):
    """How straight the price went: the way as the crow flies, by the way that was gone, over 20 bars."""

    title = "Efficiency of 20 bars"
    lookback = warmup = 20

    def kernel(self):
        return efficiency


wb.chart(bars, studies=["my_efficiency()", "sma(window=20)"])

# %% [markdown]
# Does it look ahead? Ask. The audit computes it on many beginnings of the bars and compares.

# %%
wb.audit(wb.indicator("my_efficiency"), bars)

# %% [markdown]
# ## Now try
#
# 1. Put it into a formula: `wb.indicators.formula("my_efficiency() > 0.5 and close > close[20]")`.
# 2. Give it a parameter in place of the 20: `docs/plugins.md` shows how in ten lines.
# 3. Peek on purpose: `wb.audit(lambda b: b["close"].rolling(21, center=True).mean(), bars)`.
