"""Folds: which bars parameters are chosen on, and which bars they are then tried on.

Each way is a small description that ``split`` applies to the stamps of bars. What comes out are spans of bars, first
included and last not; training and test never have a bar in common.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from workbench.errors import DataError

#: Bars from the first, included, to the last, not included.
Span = tuple[int, int]
#: A length: bars, or calendar time as ``"90D"``, ``"6MS"``, a Timedelta or an offset of pandas.
Length = int | str | pd.Timedelta | pd.DateOffset
#: Splits of a combinatorial cross-validation at most.
MOST_SPLITS = 5_000


@dataclass(frozen=True)
class Fold:
    """One split.

    Attributes
    ----------
    train, test
        Spans of bars, in order; a rolling window has one of each, a cross-validation several.
    """

    train: tuple[Span, ...]
    test: tuple[Span, ...]


@dataclass(frozen=True)
class Folds:
    """The splits of some bars.

    Attributes
    ----------
    bars
        How many bars were split.
    folds
        The splits, in the order of their tests.
    paths
        Ways through the tests, in each of which no bar comes twice: pairs of a fold's number and of the place of a span
        among its tests, in the order of time. A walk-forward has one, a combinatorial cross-validation several.
    """

    bars: int
    folds: tuple[Fold, ...]
    paths: tuple[tuple[tuple[int, int], ...], ...]

    def __len__(self) -> int:
        return len(self.folds)

    def table(self, index: pd.DatetimeIndex) -> pd.DataFrame:
        """A row for each span: fold, ``train`` or ``test``, its first and last bar as stamps, and how many bars."""
        rows = [
            {"fold": at, "part": part, "first": index[low], "last": index[high - 1], "bars": high - low}
            for at, fold in enumerate(self.folds)
            for part, spans in (("train", fold.train), ("test", fold.test))
            for low, high in spans
        ]
        return pd.DataFrame(rows, columns=["fold", "part", "first", "last", "bars"])


class Splitter(Protocol):
    """A way of splitting; anything with this method may take the place of those here."""

    def split(self, index: pd.DatetimeIndex) -> Folds:
        """The folds of bars with these stamps; DataError where there are none."""


@dataclass(frozen=True)
class Rolling:
    """A training window of one length that moves on, each time tried on what comes after it.

    Attributes
    ----------
    train, test
        Lengths of the windows: all in bars, or all in calendar time. The last test window ends with the bars and may
        be shorter.
    step
        How far the windows move each time, at least the test window; as long as that unless given.
    purge
        Bars left out between training and test: as many as the longest holding period, so that nothing that is open
        at the end of the training reaches into the test.
    """

    train: Length
    test: Length
    step: Length | None = None
    purge: int = 0

    def split(self, index: pd.DatetimeIndex) -> Folds:
        """The folds; see ``Splitter``."""
        return _forward(self, index, anchored=False)


@dataclass(frozen=True)
class Anchored:
    """As ``Rolling``, but that every training window begins with the first bar: the first is ``train`` long."""

    train: Length
    test: Length
    step: Length | None = None
    purge: int = 0

    def split(self, index: pd.DatetimeIndex) -> Folds:
        """The folds; see ``Splitter``."""
        return _forward(self, index, anchored=True)


@dataclass(frozen=True)
class Purged:
    """Cross-validation in ``parts`` blocks of time, each tried once with the parameters of all others.

    The training reaches into times after the test: it shows whether the choice is robust, not what could have been
    earned.

    Attributes
    ----------
    parts
        Blocks, as equal as can be, the longer ones first.
    purge
        Bars left out of the training on both sides of a test: the longest holding period.
    embargo
        Part of all bars that is left out after a test besides, for what still depends on it; cut down to whole bars.

    Notes
    -----
    Lopez de Prado, Advances in Financial Machine Learning (2018), sections 7.4.1 and 7.4.2.
    """

    parts: int = 5
    purge: int = 0
    embargo: float = 0.0

    def split(self, index: pd.DatetimeIndex) -> Folds:
        """The folds; see ``Splitter``."""
        blocks = _blocks(self.parts, self.purge, self.embargo, len(index))
        folds = tuple(_cross(blocks, (at,), self.purge, int(self.embargo * len(index))) for at in range(len(blocks)))
        return Folds(len(index), folds, (tuple((at, 0) for at in range(len(blocks))),))


@dataclass(frozen=True)
class Combinatorial:
    """Combinatorial purged cross-validation: every choice of ``test`` blocks out of ``parts`` is a test once.

    Each block is tried as often as it is chosen; one trial of each block makes a path over all bars. Of N blocks, k of
    them tests, there are C(N, k) folds and k C(N, k) / N paths.

    Attributes
    ----------
    parts, test
        Blocks, and how many of them are a test.
    purge, embargo
        As ``Purged`` has them, around each block that is tried.

    Notes
    -----
    Lopez de Prado (2018), sections 12.3 and 12.4.
    """

    parts: int = 6
    test: int = 2
    purge: int = 0
    embargo: float = 0.0

    def split(self, index: pd.DatetimeIndex) -> Folds:
        """The folds; see ``Splitter``."""
        if not 1 <= self.test < self.parts:
            raise DataError(f"test={self.test} of parts={self.parts}: 1 or more blocks, and not all of them")
        if (count := math.comb(self.parts, self.test)) > MOST_SPLITS:
            raise DataError(f"{self.test} of {self.parts} blocks are {count:,} folds, more than {MOST_SPLITS:,}")
        blocks = _blocks(self.parts, self.purge, self.embargo, len(index))
        embargo = int(self.embargo * len(index))
        chosen = list(itertools.combinations(range(self.parts), self.test))
        folds = tuple(_cross(blocks, some, self.purge, embargo) for some in chosen)
        # The trials of a block, in the order of the folds: path p takes the p-th of each.
        trials: list[list[tuple[int, int]]] = [[] for _ in blocks]
        for fold, some in enumerate(chosen):
            for place, block in enumerate(some):
                trials[block].append((fold, place))
        return Folds(len(index), folds, tuple(zip(*trials, strict=True)))


def _forward(way: Rolling | Anchored, index: pd.DatetimeIndex, *, anchored: bool) -> Folds:
    """Windows that move on until the bars end."""
    lengths = {"train": way.train, "test": way.test, "step": way.test if way.step is None else way.step}
    by_bars = {name: isinstance(one, int | np.integer) for name, one in lengths.items()}
    if len(set(by_bars.values())) > 1:
        said = ", ".join(f"{name}={one!r}" for name, one in lengths.items())
        raise DataError(f"{said}: give all lengths in bars, or all in calendar time such as '90D'")
    if not isinstance(way.purge, int | np.integer) or way.purge < 0:
        raise DataError(f"purge={way.purge!r}: bars, 0 or more")
    make = _windows_of_bars if all(by_bars.values()) else _windows_of_time
    folds = []
    for low, middle, high in make(lengths, index):
        first = middle + way.purge
        high = min(high + way.purge, len(index))
        low = 0 if anchored else low
        if low < middle and first < high:
            folds.append(Fold(((low, middle),), ((first, high),)))
    if not folds:
        raise DataError(
            f"{len(index):,} bars are too few for a training window of {way.train} and a test after it: take shorter "
            "ones"
        )
    return Folds(len(index), tuple(folds), (tuple((at, 0) for at in range(len(folds))),))


def _windows_of_bars(lengths: dict[str, Length], index: pd.DatetimeIndex) -> list[tuple[int, int, int]]:
    train, test, step = (int(one) for one in lengths.values())
    for name, one in (("train", train), ("test", test)):
        if one < 1:
            raise DataError(f"{name}={one}: one bar or more")
    if step < test:
        raise DataError(f"step={step}: at least the test window of {test} bars, or bars would be tried twice")
    return [(low, low + train, low + train + test) for low in range(0, max(len(index) - train, 0), step)]


def _windows_of_time(lengths: dict[str, Length], index: pd.DatetimeIndex) -> list[tuple[int, int, int]]:
    train, test, step = (_offset(name, one) for name, one in lengths.items())
    if not len(index):
        return []
    found, low, places = [], index[0], index.searchsorted
    if low + step < low + test:
        raise DataError(f"step={lengths['step']}: at least the test window of {lengths['test']}, or bars come twice")
    while (middle := low + train) <= index[-1]:
        found.append((int(places(low)), int(places(middle)), int(places(middle + test))))
        # The next test is to begin no earlier than where this one ends, whatever the lengths of the months.
        later = low + step
        while later + train < middle + test:
            later = later + pd.Timedelta(days=1)
        low = later
    return found


def _offset(name: str, given: Length) -> pd.DateOffset:
    """Calendar time that moves on."""
    try:
        offset = pd.tseries.frequencies.to_offset(given)
        forward = pd.Timestamp("2024-01-01", tz="UTC") + offset > pd.Timestamp("2024-01-01", tz="UTC")
    except (ValueError, TypeError):
        forward = False
    if not forward:
        raise DataError(f"{name}={given!r}: bars, or time such as '90D', '12W', '6MS', pd.DateOffset(months=6)")
    return offset


def _blocks(parts: int, purge: int, embargo: float, bars: int) -> list[Span]:
    """Bars in blocks, as equal as can be."""
    if not 2 <= parts <= bars:
        raise DataError(f"parts={parts}: 2 or more, and not more than the {bars:,} bars")
    if purge < 0 or not 0.0 <= embargo < 1.0:
        raise DataError(f"purge={purge}, embargo={embargo:g}: bars, 0 or more, and a part of all bars below 1")
    sizes = [bars // parts + (at < bars % parts) for at in range(parts)]
    ends = list(itertools.accumulate(sizes))
    return [(high - size, high) for size, high in zip(sizes, ends, strict=True)]


def _cross(blocks: Sequence[Span], chosen: Sequence[int], purge: int, embargo: int) -> Fold:
    """The fold that tries the chosen blocks; the training is what is left of the others."""
    bars = blocks[-1][1]
    free = np.ones(bars + 2, bool)
    free[[0, -1]] = False
    for at in chosen:
        low, high = blocks[at]
        free[1 + max(low - purge, 0) : 1 + min(high + purge + embargo, bars)] = False
    edges = np.flatnonzero(np.diff(free)).tolist()
    train = tuple(zip(edges[::2], edges[1::2], strict=True))
    if not train:
        raise DataError(
            f"purge={purge} and an embargo of {embargo} bars leave nothing of {bars:,} to train on: take fewer parts, "
            "or shorten them"
        )
    return Fold(train, tuple(blocks[at] for at in chosen))
