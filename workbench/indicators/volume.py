"""Indicators of price and volume."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, SessionIndicator, indicators
from workbench.kernels.indicators import volume as kernel

BARS = ("high", "low", "close", "volume")


class _Total(PriceIndicator):
    inputs = ("price", "volume")
    scale = "none"

    def state_size(self) -> int:
        return 2

    @property
    def lookback(self) -> int:
        return 1


@indicators.register("obv")
class Obv(_Total):
    """Volume of rising bars less that of falling ones, added up: shows whether volume goes with the price."""

    title = "On-balance volume"
    source = "Joseph Granville, New Key to Stock Market Profits, 1963; begins with the volume of the first bar, or 0."
    formula = "value = value[1] + volume * sign(price - price[1])"
    begin = param.Selector(default="volume", objects=["volume", "zero"], doc="Value of the first bar.")
    talib = (Peer("OBV"),)
    stock = (Peer("obv", {"begin": "zero"}, outputs=("obv",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.obv

    def constants(self) -> tuple[float, ...]:
        return (float(self.begin == "volume"),)


@indicators.register("ad")
class Ad(Indicator):
    """Volume times where the close is between low (-1) and high (1), added up."""

    title = "Accumulation/distribution line"
    source = "Marc Chaikin, 1970s; a bar whose high is its low adds nothing."
    formula = "value = value[1] + volume * ((close - low) - (high - close)) / (high - low)"
    inputs = BARS
    nan = "stays"
    scale = "none"
    talib = (Peer("AD"),)
    stock = (Peer("adl", outputs=("adl",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.ad

    def state_size(self) -> int:
        return 2


@indicators.register("adosc")
class Adosc(Indicator):
    """Momentum of the accumulation/distribution line: its ``fast`` exponential mean less the ``slow`` one."""

    title = "Chaikin oscillator"
    source = "Marc Chaikin, 1970s; the means begin with the first value of the line, or with a simple mean (sma)."
    formula = "ema(ad, fast) - ema(ad, slow)"
    inputs = BARS
    nan = "stays"
    scale, levels = "none", (0.0,)
    fast = param.Integer(3, bounds=(2, 100_000), doc="Bars of the fast mean.")
    slow = param.Integer(10, bounds=(2, 100_000), doc="Bars of the slow mean.")
    seed = param.Selector(default="first", objects=["first", "sma"], doc="What the means begin with.")
    talib = (Peer("ADOSC", {}, {"fastperiod": 3, "slowperiod": 10}),)
    stock = (Peer("chaikin-osc", {"seed": "sma"}, outputs=("oscillator",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.adosc

    def constants(self) -> tuple[float, ...]:
        return self.fast, self.slow, 2.0 / (self.fast + 1), 2.0 / (self.slow + 1), float(self.seed == "first")

    def state_size(self) -> int:
        return 3

    @property
    def warmup(self) -> int:
        return max(self.fast, self.slow) - 1


@indicators.register("mfi")
class Mfi(Indicator):
    """Share (0 to 100) of the typical price times volume that came with a rising typical price."""

    title = "Money flow index"
    source = "Gene Quong and Avrum Soudack, 1989; bars of an unchanged typical price count for neither; 0 without any."
    formula = (
        "100 * rise / (rise + fall), typical = (high + low + close) / 3\n"
        "rise = sum(typical * volume where typical > typical[1], window)\n"
        "fall = sum(typical * volume where typical < typical[1], window)"
    )
    inputs = BARS
    nan = "stays"
    scale = "none"
    levels = (20.0, 80.0)
    window = param.Integer(14, bounds=(2, 100_000), doc="Changes that are added up.")
    talib = (Peer("MFI", {}, {"timeperiod": 14}),)
    stock = (Peer("mfi", outputs=("mfi",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.mfi

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 4 + self.window

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("cmf")
class Cmf(Indicator):
    """Money flow (volume times where the close is in the bar) over volume, of the last ``window`` bars: -1 to 1."""

    title = "Chaikin money flow"
    source = "Marc Chaikin, 1980s; 0 where there is no volume."
    formula = "sum(volume * ((close - low) - (high - close)) / (high - low), window) / sum(volume, window)"
    inputs = BARS
    nan = "stays"
    scale, levels = "none", (0.0,)
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars that are added up.")
    talib = (Peer("CMF", {}, {"timeperiod": 20}),)
    stock = (Peer("cmf", outputs=("cmf",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.cmf

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 6 + self.window

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("force")
class Force(PriceIndicator):
    """Change of the price times volume, as an exponential mean of ``window`` bars."""

    title = "Force index"
    source = "Alexander Elder, Trading for a Living, 1993; the mean begins with the simple mean of the first changes."
    formula = "ema((price - price[1]) * volume, window)"
    inputs = ("price", "volume")
    nan = "stays"
    levels = (0.0,)
    window = param.Integer(13, bounds=(1, 100_000), doc="Changes that are averaged.")
    talib = (Peer("EFI", {}, {"timeperiod": 13}),)
    stock = (Peer("force", {"window": 2}, outputs=("forceIndex",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.force

    def constants(self) -> tuple[float, ...]:
        return self.window, 2.0 / (self.window + 1)

    def state_size(self) -> int:
        return 3

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("kvo")
class Kvo(Indicator):
    """Long-run flow of money: the ``fast`` less the ``slow`` exponential mean of the volume force.

    Force: volume times 200 times abs(span / sum of the spans since the typical price turned - 1), signed as it goes.
    """

    title = "Klinger volume oscillator"
    source = "Stephen Klinger, Stocks & Commodities 1997; the means begin with simple means."
    formula = (
        "oscillator = ema(force, fast) - ema(force, slow)\n"
        "signal = ema(oscillator, signal)\n"
        "force = 200 * volume * abs(span / total - 1) * way, span = high - low\n"
        "way = 1 if high + low + close is above that of the bar before else -1\n"
        "total = total[1] + span while way stays, span[1] + span where it turns"
    )
    inputs = BARS
    outputs = ("oscillator", "signal")
    scale, levels = "none", (0.0,)
    fast = param.Integer(34, bounds=(1, 100_000), doc="Bars of the fast mean.")
    slow = param.Integer(55, bounds=(1, 100_000), doc="Bars of the slow mean.")
    signal = param.Integer(13, bounds=(1, 100_000), doc="Bars of the mean of the oscillator.")
    stock = (Peer("kvo", outputs=("oscillator", "signal")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.klinger

    def constants(self) -> tuple[float, ...]:
        windows = self.fast, self.slow, self.signal
        return *windows, *(2.0 / (window + 1) for window in windows)

    def state_size(self) -> int:
        return 9

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return max(self.fast, self.slow) + self.signal


@indicators.register("vwap")
class Vwap(SessionIndicator):
    """Mean price of what was traded since the session began, and bands of its volume-weighted standard deviation."""

    title = "Volume-weighted average price"
    source = "Sum of price times volume over the sum of volume (Berkowitz, Logue and Noser, 1988); from typical prices."
    formula = (
        "vwap = sum(price * volume) / sum(volume), sums over the bars since the anchor\n"
        "upper = vwap + deviations * d\n"
        "lower = vwap - deviations * d\n"
        "d = sqrt(sum(volume * (price - vwap)^2) / sum(volume))"
    )
    inputs = ("price", "volume", "session")
    outputs = ("vwap", "upper", "lower")
    nan = "stays"
    overlay = True
    price = param.String("hlc3", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    anchor = param.Selector(
        default="session", objects=["session", "first"], doc="Begins anew with each session, or with the first bar."
    )
    deviations = param.Number(2.0, bounds=(0, 100), doc="Standard deviations from the mean to the bands.")
    talib = (Peer("VWAP", {"anchor": "first"}, outputs=("real", "", "")),)
    stock = (Peer("vwap", {"anchor": "first"}, outputs=("vwap", "", "")),)

    @property
    def reads(self) -> tuple[str, ...]:
        """Where no session counts, a column that is there already is in its place."""
        return super().reads if self.anchor == "session" else (self.price, "volume", "volume")

    def kernel(self) -> Callable[..., None]:
        return kernel.vwap

    def constants(self) -> tuple[float, ...]:
        return float(self.anchor == "session"), self.deviations

    def state_size(self) -> int:
        return kernel.VWAP_STATE


@indicators.register("vwap_rolling")
class VwapRolling(PriceIndicator):
    """Mean of the last ``window`` prices, weighted with volume."""

    title = "Rolling volume-weighted average price"
    source = "Sum of price times volume over the sum of volume; the price itself where nothing was traded."
    formula = "sum(price * volume, window) / sum(volume, window)"
    inputs = ("price", "volume")
    overlay = True
    price = param.String("hlc3", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars that are averaged.")

    def kernel(self) -> Callable[..., None]:
        return kernel.vwap_rolling

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 7 + 2 * self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("eom")
class Eom(Indicator):
    """How far the middle of the bar moves for its volume: mean of move * (high - low) * unit / volume."""

    title = "Ease of movement"
    source = "Richard Arms, 1970s; simple mean; a bar without volume counts as 0."
    formula = "sma((middle - middle[1]) * (high - low) * unit / volume, window), middle = (high + low) / 2"
    inputs = ("high", "low", "volume")
    scale = "other"
    levels = (0.0,)
    window = param.Integer(14, bounds=(1, 100_000), doc="Bars that are averaged.")
    unit = param.Number(100_000_000.0, bounds=(1e-9, 1e15), doc="Volume that counts as 1.")

    def kernel(self) -> Callable[..., None]:
        return kernel.eom

    def constants(self) -> tuple[float, ...]:
        return self.window, self.unit

    def state_size(self) -> int:
        return 3 + self.window

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return self.window


class _VolumeIndex(_Total):
    nan = "stays"
    way = 0.0

    def kernel(self) -> Callable[..., None]:
        return kernel.volume_index

    def constants(self) -> tuple[float, ...]:
        return (self.way,)


@indicators.register("nvi")
class Nvi(_VolumeIndex):
    """The price of those bars only whose volume is below that of the bar before, compounded from 1000."""

    title = "Negative volume index"
    source = "Paul Dysart, 1936; Norman Fosback, Stock Market Logic, 1976; compounded, from 1000."
    formula = "value = value[1] * price / price[1] where volume < volume[1], else value[1]; 1000 at first"
    way = -1.0
    talib = (Peer("NVI"),)


@indicators.register("pvi")
class Pvi(_VolumeIndex):
    """The price of those bars only whose volume is above that of the bar before, compounded from 1000."""

    title = "Positive volume index"
    source = "Paul Dysart, 1936; Norman Fosback, Stock Market Logic, 1976; compounded, from 1000."
    formula = "value = value[1] * price / price[1] where volume > volume[1], else value[1]; 1000 at first"
    way = 1.0
    talib = (Peer("PVI"),)


@indicators.register("vpt")
class Vpt(_Total):
    """Volume times the relative change of the price, added up from 0."""

    nan = "stays"
    title = "Volume price trend"
    source = "A line of on-balance volume in proportion to the change of the price; the first bar is 0."
    talib = (Peer("PVT"),)
    formula = "value = value[1] + volume * (price / price[1] - 1)"

    def kernel(self) -> Callable[..., None]:
        return kernel.vpt


class _VolumeMean(Indicator):
    inputs = ("volume",)
    nan = "stays"
    scale = "none"
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars that are averaged.")
    relative = 0.0

    def kernel(self) -> Callable[..., None]:
        return kernel.volume_mean

    def constants(self) -> tuple[float, ...]:
        return self.window, self.relative

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("volume_sma")
class VolumeSma(_VolumeMean):
    """The mean volume of the last ``window`` bars."""

    title = "Mean volume"
    source = "Arithmetic mean."
    formula = "sma(volume, window)"


@indicators.register("relative_volume")
class RelativeVolume(_VolumeMean):
    """Volume over the mean volume of the last ``window`` bars, this one included or not; 0 where there is none."""

    title = "Relative volume"
    source = "Volume over its simple moving average, the bar itself included unless ``current`` is off."
    formula = "volume / sma(volume, window)"
    levels = (1.0,)
    current = param.Boolean(True, doc="Whether the bar itself is in the mean; else it ends with the one before.")
    talib = (Peer("RVOL", {"current": False}, {"timeperiod": 20}),)

    @property
    def relative(self) -> float:
        return 1.0 if self.current else 2.0

    @property
    def warmup(self) -> int:
        return self.window - self.current
