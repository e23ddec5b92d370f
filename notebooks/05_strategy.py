# %% [markdown]
# # Your first strategy
#
# A strategy is a class with parameters, the studies it reads, and one method that is asked at the close of every bar.
# Here is a whole one, what it would have made on thirteen years of IBM, and how to find out whether to believe it.

# %%
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import panel as pn
import param

import workbench as wb

pn.extension(inline=True)

# %%
bars = wb.catalog().bars("IBM", "1d")


class BuyTheDip(wb.strategies.Strategy):
    """Buys weakness in a rising market, and sells when it is over."""

    trend = param.Integer(150, bounds=(2, 1000), doc="Bars of the mean that the price must be above.")
    dip = param.Number(25.0, bounds=(0, 100), doc="It buys while the short index is below.")

    def studies(self):
        return {"mean": f"sma({self.trend})", "rsi": "rsi(4)"}

    def decide(self, now, was, broker):
        if broker.position == 0 and now.rsi < self.dip and now.close > now.mean:
            broker.long()
        elif now.rsi > 65:
            broker.flat()


result = wb.backtest(BuyTheDip(), bars, fees=0.0005)
result

# %% [markdown]
# Blue is the account, grey what holding the share would have made of the same money, red how deep the account was
# under its last peak. It held the share only part of the time, which `Exposure` tells: judge what it made by that too.
#
# What you saw is decided at the close of a bar and filled at the open of the *next* one, with fees. Nothing here can
# buy at a price that was already gone. `docs/fills.md` has the rules, each with a number.

# %%
result.round_trips[["entry_time", "exit_time", "entry_price", "exit_price", "return", "bars"]].tail()

# %% [markdown]
# Look at trades before you look at totals. Fills are a table too, and a chart takes them as markers.

# %%
fills = result.fills
markers = fills[["time", "price"]].assign(
    kind=np.where(fills["side"] > 0, "buy", "sell"),
    text=[f"{units:.1f} at {price:.2f}" for units, price in zip(fills["units"], fills["price"], strict=True)],
)
wb.chart(bars, studies=["sma(window=150)"], markers=markers, start="2010-01-01", end="2011-01-01")

# %% [markdown]
# ## What does it cost?
#
# Many small gains are eaten by costs first. The same run at several fees, in one line each:

# %%
costs = {fee: wb.backtest(BuyTheDip(), bars, fees=fee).stats for fee in (0.0, 0.0005, 0.001, 0.002, 0.005)}
pd.DataFrame(
    {
        "total return": {f"{fee:.2%}": f"{stats['total_return']:+.1%}" for fee, stats in costs.items()},
        "Sharpe ratio": {f"{fee:.2%}": round(stats["sharpe"], 2) for fee, stats in costs.items()},
        "fees paid": {f"{fee:.2%}": f"{stats['fees']:,.0f}" for fee, stats in costs.items()},
    }
).rename_axis("fee of each fill")

# %% [markdown]
# ## Does it know the future?
#
# The most expensive mistake is the one that looks like genius. The audit computes studies and orders on parts of the
# history and compares: what was said of a bar must not change when later bars come.

# %%
wb.audit(BuyTheDip, bars)

# %% [markdown]
# Now one that cheats, in the way it happens: somebody wants tomorrow's close for a label and leaves it in.


# %%
class Prophet(wb.strategies.Strategy):
    """Long if tomorrow closes higher."""

    def studies(self):
        return {"tomorrow": lambda frame: frame["close"].shift(-1)}

    def decide(self, now, was, broker):
        if now.tomorrow > now.close:
            broker.long()
        else:
            broker.flat()


too_good = wb.backtest(Prophet(), bars, fees=0.0005)
too_good

# %% [markdown]
# Every backtest looks for this by itself: there is a warning, and the result says that it looks ahead, in its text, in
# its tear sheet and on the Backtest page. `wb.audit` tells which study, and from which bar on.

# %%
wb.audit(Prophet, bars)

# %% [markdown]
# ## Luck
#
# The returns of the run drawn anew in blocks, a thousand times: what the same behaviour might have made in another
# order of days. If the lower edge is a loss, the run does not show much.

# %%
bands = result.bands(n=1000, seed=1)
bands.curve.iloc[-1].map("{:,.0f}".format).rename("final equity of 10,000, by quantile")

# %% [markdown]
# ## Keep it
#
# A tear sheet is one HTML file that needs nothing else; send it by mail. (`wb.runs().save(result, tags=["dip"])` keeps
# the run itself, with the hashes of data and code, so that it can be made again.)

# %%
sheet = result.report(Path(tempfile.mkdtemp()) / "dip.html", title="Buy the dip, IBM")
f"{sheet.name}: {sheet.stat().st_size / 1000:.0f} kB"

# %% [markdown]
# ## Now try
#
# 1. Turn it round: sell short strength below the mean with `broker.short()`. What does `fails` in `docs/strategies.md`
#    say of such rules?
# 2. Give it a stop: `broker.target(1.0, stop_distance=2 * now.range)` with `"range": "atr(14)"` among its studies.
# 3. Run it on `{"IBM": ..., "MSFT": ...}` with `sizing=0.5`, and look for the split of MSFT in February 2003.
