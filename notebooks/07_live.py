# %% [markdown]
# # Live, recorded, replayed
#
# A live market, a recording of it, and a synthetic one all arrive the same way: as streams on a Redis bus. No reader
# can tell them apart, so what you build on a replay at night runs on the market in the morning. This notebook lets a
# market begin, records it, and plays it back.
#
# It brings a data folder and a private Redis of its own, and takes both away at the end; your data are not touched.

# %%
import os
import tempfile
import time

import pandas as pd
import panel as pn

import workbench as wb
from workbench.live.recorder import Recorder
from workbench.services import get_services

home = tempfile.TemporaryDirectory(prefix="live-")
os.environ["WORKBENCH_DATA_DIR"] = home.name  # read when data are first asked for
os.environ.pop("WORKBENCH_REDIS_URL", None)
pn.extension(inline=True)


def until(condition, seconds=40):
    """Wait for something that other threads bring about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


# %% [markdown]
# ## A market begins
#
# A *feed* publishes trades. This one makes them up from a seed, and its clock runs three hundred times as fast as
# ours, so that there is something to see. (`workbench serve` runs one like it at the speed of the wall clock; a feed
# of your broker is one class, see `CONTRIBUTING.md`.) The recorder is started first, so that nothing is missed.

# %%
services = get_services()
recorder = Recorder(services.bus_url, wb.catalog().store, every_s=0.5).start()
feed = services.feeds.start("synthetic", symbols=["BTC-USD"], speed=300.0)
hub = wb.live()
until(lambda: len(hub.trades("BTC-USD", 5000)) > 1500)
wb.chart("BTC-USD", "1min")

# %% [markdown]
# Seen in JupyterLab this chart goes on drawing while trades come. Behind it is the *hub*: one thread that reads the
# bus and makes bars, however many charts look on. You can ask it too; the last row is the bar that is still forming.

# %%
hub.bars("BTC-USD", "1min").tail(3)

# %%
status = hub.status("BTC-USD")
status.state, status.trades, status.gaps

# %% [markdown]
# ## What was recorded
#
# The recorder writes what is on the bus into the store, each print once, also when it is killed in the middle (see
# `docs/recorder.md` for how that is tested). Stop the feed, wait until it has caught up, and look.

# %%
services.feeds.stop(feed.name)
until(lambda: hub.status("BTC-USD").trades == recorder.status().rows and not recorder.status().buffered)
recorder.stop()
catalog = wb.catalog()
catalog

# %% [markdown]
# And what was missed? A recorder that is honest has a list of it. Here it is empty.

# %%
len(catalog.gaps("BTC-USD"))

# %%
recorded = catalog.trades("BTC-USD")
recorded[["ts_event", "price", "size", "side"]].tail(3)

# %% [markdown]
# ## Played back
#
# A replay publishes stored trades again, on a bus of its own, so that the live market of the same name goes on
# undisturbed. It has the controls of a recorder of sound: play, pause, seek, and a speed that may be changed on the
# way.

# %%
replay = wb.replay("BTC-USD", speed=10)
replay.step(5, by="1min").wait()
replay

# %% [markdown]
# It stands right behind the trade that closed the fifth bar: nothing later is on the bus. A hub that looks at it
# cannot see more than you could have seen then, which is what makes a replay worth practising on.

# %%
then = wb.live(replay.url)
until(lambda: len(then.trades("BTC-USD")) and then.now("BTC-USD") >= replay.now.value)
seen = then.bars("BTC-USD", "1min")
seen.index[-1], replay.now, len(recorded) - len(then.trades("BTC-USD", 10**6))

# %% [markdown]
# The last number is how many trades are still to come. A chart follows the replay in the same way:

# %%
wb.chart("BTC-USD", "1min", live=replay)

# %% [markdown]
# Now let it run until something happens: a minute that moves by a thousandth. A formula would do as well, such as
# `"rsi(close, 14) < 30"`.

# %%
replay.run_to("move", "1min", at_least=0.001).wait()
replay.message or replay.state, f"{replay.progress:.0%}"

# %% [markdown]
# ## Three worlds, one set of bars
#
# Run to the end, and compare: the bars that the hub made while the market ran, those it made of the replay, and those
# computed from the store at once. Prices and counts are equal to the last bit. So are volumes that were added in the
# same order; the running hub meanwhile takes older minutes from sums that the store keeps, which may differ in the
# sixteenth digit. That is no luck but the point of it all: a strategy that you tested on stored bars meets the same
# ones live.

# %%
replay.speed = "max"
replay.play().wait()
until(lambda: len(then.trades("BTC-USD", 10**6)) == len(recorded))
computed = wb.resample(recorded, "1min")
live, replayed = (one.bars("BTC-USD", "1min").loc[computed.index[0] :] for one in (hub, then))
exact = ["open", "high", "low", "close", "trades"]
pd.Series(
    {
        "closed bars": len(computed),
        "live: prices and counts are equal": live.loc[computed.index, exact].equals(computed[exact]),
        "live: volumes differ by": float(abs(live.loc[computed.index, "volume"] - computed["volume"]).max()),
        "replayed: all is equal": replayed.loc[computed.index].equals(computed),
    }
)

# %% [markdown]
# Everything that was started is stopped again. (It would be at the end of the kernel anyway.)

# %%
then.stop()
replay.stop()
services.close()
home.cleanup()

# %% [markdown]
# ## Now try
#
# 1. A crash, before the last cell: `services.feeds.start("synthetic", scenario="crash", seed=3, speed=300.0)`.
#    `docs/replay.md` has all scenarios.
# 2. Go back: `replay.seek(replay.now - pd.Timedelta("3min"))` before it is over, and look what the hub has to say.
# 3. On the Live page of `workbench serve` start a replay of the demo data, and steer it from here:
#    `wb.attach_replay(name)`.
