"""Where a result comes from: what changes the hashes, and what does not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.backtest.test_engine import bars_of
from workbench.backtest import backtest
from workbench.backtest import provenance as p
from workbench.strategies import SmaCross, SmaFlip, Strategy
from workbench.trading import Costs

LIMIT = 3


def _most(values):
    return min(values, LIMIT)


class Base(Strategy):
    def studies(self):
        return {"mean": lambda bars: bars["close"].rolling(_most([5])).mean()}


class Own(Base):
    def decide(self, now, was, broker):
        broker.target(1.0 if now.close > now.mean else 0.0)


def hash_of(*frames: pd.DataFrame) -> str:
    return p.hash_of(p.data_of({str(n): frame for n, frame in enumerate(frames)}))


def test_the_hash_is_what_it_says():
    bars = bars_of(1, 5)[["close"]]
    columns = {"time": bars.index.as_unit("ns").asi8, "close": bars["close"].to_numpy()}
    said = {
        name: hashlib.sha256(f"{one.dtype.str} ".encode() + one.tobytes()).hexdigest() for name, one in columns.items()
    }
    found = p.data_of({"X": bars})
    assert found["X"].columns == said and found["X"].rows == 5
    text = json.dumps([[["X", sorted(said.items())]], []])
    assert p.hash_of(found) == hashlib.sha256(text.encode()).hexdigest()


def test_what_is_the_same_data():
    bars = bars_of(1)
    one = hash_of(bars)
    assert one == hash_of(bars.copy()) == hash_of(bars[bars.columns[::-1]])
    assert one == hash_of(bars.tz_convert("Asia/Tokyo")) == hash_of(bars.set_index(bars.index.as_unit("ns")))
    swapped = bars.astype({"close": ">f8"})
    assert hash_of(swapped) == one


@given(st.integers(0, 119), st.sampled_from(["open", "high", "low", "close", "volume", "time"]))
def test_any_other_value_is_other_data(row, column):
    bars = bars_of(1)
    other = bars.copy()
    if column == "time":
        times = bars.index.as_unit("ns").asi8.copy()
        times[row] += 1
        other.index = pd.DatetimeIndex(times, tz="UTC", name="time")
    else:
        other.iloc[row, other.columns.get_loc(column)] = np.nextafter(bars[column].iloc[row], np.inf)
    assert hash_of(bars) != hash_of(other)


def test_what_else_is_other_data():
    bars, more = bars_of(1), bars_of(2)
    some = bars.iloc[1:], bars.assign(x=1.0), bars.assign(x="a"), bars.assign(x="b"), bars.astype({"close": "f4"})
    assert len({hash_of(one) for one in (bars, *some)}) == 6
    assert hash_of(bars, more) != hash_of(more, bars)
    data = p.data_of({"A": bars})
    assert p.hash_of(data) != p.hash_of(data, data) != p.hash_of({}, data)
    assert p.hash_of(p.data_of({"B": bars})) != p.hash_of(data)
    # Texts are not run together.
    ab = pd.DataFrame({"x": ["ab", "c"]}, index=bars.index[:2]), pd.DataFrame({"x": ["a", "bc"]}, index=bars.index[:2])
    assert hash_of(ab[0]) != hash_of(ab[1])


def test_the_code_of_a_strategy_is_all_of_it():
    found = p.code_of(Own)
    for part in ("class Own(Base)", "class Base(Strategy)", "def _most(values)", "LIMIT = 3"):
        assert part in found.text
    assert "class Strategy" not in found.text
    assert found.hash == hashlib.sha256(found.text.encode()).hexdigest()
    assert p.code_of(SmaFlip).text.count("class SmaCross(") == 1 and p.code_of(SmaFlip) != p.code_of(SmaCross)


def test_a_class_without_a_source_has_a_hash():
    text = "class Made(Strategy):\n    def decide(self, now, was, broker):\n        broker.target(ONE)\n"
    hashes = []
    for number in ("1.0", "0.5", "0.5"):
        names = {"Strategy": Strategy, "__name__": "nowhere"}
        exec(text.replace("ONE", number), names)
        hashes.append(p.code_of(names["Made"]).hash)
    assert hashes[0] != hashes[1] == hashes[2]


def test_the_keywords_make_the_same_run():
    bars = bars_of(4)
    given_ = {
        "cash": 123.0, "fees": 0.001, "slippage": 0.01, "fill": "close", "sizing": 0.5, "whole_units": True,
        "short": False, "session": "XNYS", "leverage": 2.0, "path": "neutral", "close_at_end": True,
    }  # fmt: skip
    result = backtest(SmaCross(fast=2, slow=5), bars, audit=False, **given_)
    said = p.keywords_of(result)
    assert said["costs"] == {"taker": 0.001, "maker": 0.001, "slippage": 0.01, "lot": 1.0}
    again = backtest(SmaCross(fast=2, slow=5), bars, audit=False, **{**said, "costs": Costs(**said["costs"])})
    assert again.settings == result.settings and again.equity.equals(result.equity)
    assert p.keywords_of(backtest("sma_cross", bars, audit=False))["close_at_end"] is False


def test_changes_are_told():
    one = p.Provenance.of(backtest(SmaCross(fast=2, slow=5), bars_of(1), audit=False))
    assert one.changes(one) == {} == one.changes(replace(one, when=0, who="other", label="x"))
    two = p.Provenance.of(backtest(SmaFlip(fast=2, slow=6), bars_of(2), fees=0.1, audit=False))
    found = one.changes(two)
    assert list(found) == ["data", "strategy", "code", "parameters", "keywords"]
    assert found["data"] == "the data are not the same: bars: other values in close, high, low, open, volume"
    assert found["keywords"] == "keywords: costs.maker is 0.1, costs.taker is 0.1"
    assert found["parameters"] == "parameters: slow was 5 and is 6"
    assert list(one.changes(replace(one, algorithm="md5", data_hash="x", code_hash="y"))) == ["algorithm"]


def test_the_revision_of_a_repository(tmp_path):
    git = tmp_path / ".git"
    assert p._revision(tmp_path) == ""
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert p._revision(tmp_path) == ""
    (git / "packed-refs").write_text(
        "# pack-refs\n" + "b" * 40 + " refs/heads/other\n" + "c" * 40 + " refs/heads/main\n"
    )
    assert p._revision(tmp_path) == "c" * 40
    (git / "refs" / "heads" / "main").write_text("a" * 40 + "\n")
    assert p._revision(tmp_path) == "a" * 40
    tree = tmp_path / "tree"
    (git / "worktrees" / "tree").mkdir(parents=True)
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {git / 'worktrees' / 'tree'}\n")
    (git / "worktrees" / "tree" / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "worktrees" / "tree" / "commondir").write_text("../..\n")
    assert p._revision(tree) == "a" * 40
    (git / "HEAD").write_text("d" * 40)
    assert p._revision(tmp_path) == "d" * 40


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (float("nan"), float("nan"), True),
        ([1, (2.0, float("nan"))], [1, (2.0, float("nan"))], True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1.0]), [1.0], False),
        (np.array([1.0]), np.array([1]), False),
        (pd.Series([1.0]), pd.Series([1.0]), True),
        (pd.Series([1.0]), pd.Series([1.0], index=[4]), False),
        (None, 0, False),
    ],
)
def test_what_is_the_same(one, other, equal):
    assert p.same(one, other) is p.same(other, one) is equal
