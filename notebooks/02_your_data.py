# %% [markdown]
# # Your own data
#
# A file of prices, from whoever you have it, becomes bars that everything else here works with. On the way rows that
# cannot be true are set aside with the reason, and nothing is guessed.

# %%
import tempfile
from pathlib import Path

import pandas as pd
import panel as pn

import workbench as wb
from workbench.errors import IngestError

pn.extension(inline=True)

# %% [markdown]
# The file of this notebook is made here, so that you can see all of it: sixty real days of Apple under a made-up name,
# with dates as Americans write them and three mistakes of the kind that real files have.

# %%
folder = Path(tempfile.mkdtemp(prefix="your-data-"))
days = wb.catalog().bars("AAPL", "1d").tail(60)
rows = pd.DataFrame(
    {
        "Date": days.index.tz_convert("America/New_York").strftime("%m/%d/%Y"),
        **{name.title(): days[name].map("{:.2f}".format) for name in ("open", "high", "low", "close")},
        "Volume": days["volume"].map("{:.0f}".format),
    }
).reset_index(drop=True)
rows.loc[10, "High"] = "1.00"  # a high that is below the low
rows.loc[20, "Close"] = "n/a"  # no close
rows.loc[30, "Volume"] = "-4"  # a volume that cannot be
file = folder / "acme.csv"
rows.to_csv(file, index=False)
rows.head()

# %% [markdown]
# ## It asks where it cannot know
#
# `12/04/2012` is the fourth of December here, and the twelfth of April elsewhere. A tool that guesses is right most of
# the time, which is worse than never. This one says what it needs.
#
# The data go to a store of their own in a temporary folder. Leave `catalog` out, and they go to yours.

# %%
catalog = wb.catalog(folder / "data")
try:
    wb.ingest("csv", file, symbol="ACME", catalog=catalog)
except IngestError as error:
    complaint = str(error)
complaint

# %% [markdown]
# Told what the dates are, it reads the file and reports. (What is `dates="mdy"` here is `--dates mdy` in a shell:
# `workbench ingest csv acme.csv --symbol ACME --dates mdy`.)

# %%
(report,) = wb.ingest("csv", file, symbol="ACME", dates="mdy", catalog=catalog)
pd.Series({"stored": report.rows, "set aside": report.quarantined, "as": report.dataset})

# %%
wb.chart(catalog.bars("ACME", "1d"))

# %% [markdown]
# ## What was set aside
#
# Rows that cannot be used are not dropped silently: they lie in a file with their line, their text and the reason.
# Mend them there or in your file, and ingest it again.

# %%
pd.read_csv(report.quarantine_file)

# %% [markdown]
# The same file again is known by its content and changes nothing, so a nightly import may be run twice.

# %%
(again,) = wb.ingest("csv", file, symbol="ACME", dates="mdy", catalog=catalog)
again.rows, again.skipped, again.note

# %% [markdown]
# A file that is mended has other content. It overlaps what is stored, and that is said too: which of two versions of a
# day is right is yours to decide. `replace=True` puts the new rows in the place of the old ones.

# %%
rows.loc[[10, 20, 30], ["High", "Close", "Volume"]] = [
    [f"{day.high:.2f}", f"{day.close:.2f}", f"{day.volume:.0f}"] for day in days.iloc[[10, 20, 30]].itertuples()
]
mended = folder / "acme_mended.csv"
rows.to_csv(mended, index=False)
(whole,) = wb.ingest("csv", mended, symbol="ACME", dates="mdy", replace=True, catalog=catalog)
catalog

# %% [markdown]
# ## How good are they?
#
# Three questions that are worth asking of any prices before a strategy sees them. First: which days of the exchange
# are missing? The calendar knows.

# %%
stored = catalog.bars("ACME", "1d")
dates = stored.index.tz_localize(None).normalize()
open_days = pd.DatetimeIndex(wb.calendar("XNYS").sessions(stored.index[0], stored.index[-1]).date)
open_days.difference(dates).strftime("%Y-%m-%d").tolist()

# %% [markdown]
# Second: which closes jump further than the rest lets expect? Here are the two worst of all thirteen years of Apple.
# One is what a warning about profits did in September 2000. The other is no loss at all: in February 2005 each share
# became two, and these prices are as they were printed, not adjusted for it. No rule can tell such days apart. You
# can; and a backtest over the second one would believe that half of the money was gone.

# %%
history = wb.catalog().bars("AAPL", "1d")
worst = history["close"].pct_change().nsmallest(2)
worst.map("{:+.1%}".format)

# %%
wb.chart(history, start="2005-02-01", end="2005-04-01")

# %% [markdown]
# Third: do they agree with another source? Here that is the history that the file was made of.

# %%
apart = abs(stored["close"].to_numpy() - days["close"].to_numpy()).max()
f"{len(stored)} days, closes differ by {apart:.4f} at most: the file was rounded to cents"

# %% [markdown]
# ## Now try
#
# 1. Give `wb.ingest` a column it does not know: rename `Close` to `Last price` in the file. Then `columns="close=Last
#    price"`.
# 2. Ingest a file of yours without `catalog` and find it in the picker of the chart page.
# 3. Ask for it in another length: `catalog.bars("ACME", "1w")`. Nothing was stored for that; it is computed.
