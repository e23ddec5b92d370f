"""The benchmarks run, say whether results were equal, and fail when one was not; nothing here asks how fast."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import bars, bars_kinds
from benchmarks.tape import same, tape
from benchmarks.timing import row
from workbench.bars import resample
from workbench.market.specs import bar_kinds

FIELDS = {"job", "ours_s", "peer", "peer_s", "ratio", "target", "checked"}


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, *rows: dict) -> tuple[int, list[str]]:
    monkeypatch.setattr(bars, "run", lambda quick: iter(rows))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "bars", "--quick", "--json"])
    code = command.main()
    return code, capsys.readouterr().out.splitlines()


def test_a_row_that_is_wrong_fails_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    good = row("a", 1.0, "peer", 3.0, 2.5, True)
    unknown = row("b", 1.0, "peer is not installed", None, 2.5, None)
    assert (good["ratio"], unknown["ratio"]) == (3.0, None)
    code, lines = said(monkeypatch, capsys, good, unknown)
    assert code == 0 and [json.loads(line) for line in lines] == [good, unknown]
    assert all(set(json.loads(line)) >= FIELDS for line in lines)
    wrong = row("c", 1.0, "peer", 3.0, 2.5, False)
    code, lines = said(monkeypatch, capsys, wrong, good)
    assert code == 1 and len(lines) == 2


def test_every_job_runs_and_every_kind_of_bar_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "TRADES", 20 * 5000)
    rows = list(bars.run(quick=True))
    assert [one["job"] for one in rows if one["checked"] is False] == []
    jobs = " ".join(one["job"] for one in rows)
    for name, kind in bar_kinds:
        assert name == "time" or f"-> {bars_kinds.sized(name, kind)}" in jobs, name
    for words in ("1min, in memory", "from our Parquet", "delta min and max", "1s bars -> 1min"):
        assert words in jobs


def test_bars_that_differ_are_not_the_same() -> None:
    found = resample(tape(2000), "1min")
    wanted = {name: found[name].to_numpy().copy() for name in found.columns}
    assert same(found, wanted)
    wanted["volume"] *= 1 + 1e-12
    assert same(found, wanted)
    for name, factor in (("volume", 1 + 1e-6), ("close", 1 + 1e-15), ("trades", 2), ("vwap", np.nan)):
        assert not same(found, {**wanted, name: wanted[name] * factor}), name
    assert not same(found.iloc[1:], wanted)
