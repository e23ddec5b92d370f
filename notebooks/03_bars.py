# %% [markdown]
# # Bars of every kind
#
# A bar of five minutes holds ten prints at night and a thousand after the news. Is the clock the right thing to cut a
# market by? Here are the other ways, and what they do to the same day.

# %%
import pandas as pd
import panel as pn

import workbench as wb

pn.extension(inline=True)

# %%
wb.chart("BTC-USD", "500tick", live=False)

# %% [markdown]
# Each of these candles holds 500 prints. Where the market is awake they come fast, where it sleeps there are few; the
# axis shows the time that each began. (BTC-USD is a synthetic market of the demo data.)
#
# A kind of bar is a short text, a *spec*, that is taken wherever bars are asked for: by the catalog, `wb.resample`,
# the chart, a backtest, the command line.

# %%
catalog = wb.catalog()
trades = catalog.trades("BTC-USD")
price = trades["price"].iloc[-1]
brick = float(f"{price / 1000:.1g}")  # about a thousandth of the price
specs = {
    "time": "5min",
    "prints": "500tick",
    "size": "25vol",
    "money": f"{25 * price:.0f}usd",
    "range": f"range:{2 * brick:g}",
    "renko": f"renko:{brick:g}",
    "imbalance of ticks": "tick_imbalance:500",
    "Heikin Ashi": "ha(5min)",
    "line break": "linebreak(5min)",
    "kagi": f"kagi:{2 * brick:g}(5min)",
    "point and figure": f"pnf:{brick:g}(5min)",
}
made = {name: wb.resample(trades, spec) for name, spec in specs.items()}
pd.DataFrame(
    {
        "spec": specs,
        "bars": {name: len(bars) for name, bars in made.items()},
        "prints in a bar, median": {name: bars["trades"].median() for name, bars in made.items()},
        "most": {name: bars["trades"].max() for name, bars in made.items()},
    }
)

# %% [markdown]
# ## Bricks leave time out
#
# Renko draws a brick each time the price has gone a fixed way, however long that took. What is left is the path of the
# price, without the hours in which it stood still.

# %%
wb.chart("BTC-USD", specs["renko"], live=False)

# %% [markdown]
# ## Why it matters
#
# Much of statistics likes returns that are alike. Those of clock bars are not: quiet and busy stretches are mixed,
# which shows as fat tails. Cut by activity, each bar holds about as much of the market as the next. The excess
# kurtosis of a normal distribution is 0; more is fatter tails.

# %%
alike = ["time", "prints", "size", "money"]
returns = {name: made[name]["close"].pct_change().dropna() for name in alike}
pd.DataFrame(
    {
        "returns": {name: len(values) for name, values in returns.items()},
        "excess kurtosis": {name: round(values.kurt(), 2) for name, values in returns.items()},
        "volume in a bar, deviation by mean": {
            name: round(made[name]["volume"].std() / made[name]["volume"].mean(), 2) for name in alike
        },
    }
)

# %% [markdown]
# That is one day of a made-up market, so take it as a way to look and not as a finding. Run it on a market of yours.
#
# ## One definition
#
# Bars of minutes put together are the bars of hours, whether they are made of trades or of finer bars. Prices and
# counts are equal to the last bit; sums of sizes are added in another order, and may differ in the sixteenth digit.

# %%
hours = wb.resample(trades, "1h")
from_minutes = wb.resample(wb.resample(trades, "1min"), "1h")
exact = ["open", "high", "low", "close", "trades"]
hours[exact].equals(from_minutes[exact]), float(abs(hours["volume"] - from_minutes["volume"]).max())

# %% [markdown]
# And they are the same when trades come piece by piece, as live ones do. The bar that is not over is kept apart: it is
# `forming`, and nobody mistakes it for one that has closed.

# %%
piecewise = wb.Resampler(specs["renko"])
pieces = [piecewise.update(trades.iloc[at : at + 1000]) for at in range(0, len(trades), 1000)]
together = pd.concat([one for one in pieces if len(one)])
len(together), together.equals(made["renko"].loc[: together.index[-1]].iloc[: len(together)])

# %%
piecewise.forming

# %% [markdown]
# ## Days are sessions
#
# A day of a stock is its session, from the open to the close in New York, over every change of the clock: in the
# spring of 2012 the exchange opened at 14:30 UTC and, a weekend later, at 13:30. It is still the same nine thirty.

# %%
spring = catalog.bars("AAPL", "1d", "2012-03-07", "2012-03-15")
pd.DataFrame({"UTC": spring.index, "New York": spring.index.tz_convert("America/New_York")})

# %% [markdown]
# ## Now try
#
# 1. `workbench bars --kinds` in a shell lists all kinds with an example of each. Draw one that is not above.
# 2. Bricks that grow with the market: `wb.chart("AAPL", "renko:atr14(1d)")`.
# 3. Make `brick` half as large, and see how many more bricks there are. Why is it not twice as many?
