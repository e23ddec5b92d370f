"""The parity table names every peer, and all of TA-Lib and of the published results; see ``benchmarks.parity``."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks import parity
from workbench.indicators import indicators
from workbench.indicators.formulas.program import ELEMENTWISE

TABLE = (parity.FOLDER / "parity.md").read_text("utf-8").splitlines()
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TABLE if line.startswith("| ")]
PEERS = [row for row in ROWS if len(row) == 7 and row[0] != "Indicator"]
ELSEWHERE = {row[0]: row[1] for row in ROWS if len(row) == 2 and row[0] != "Theirs"}
DECLARED = [
    (name, f"{source} {peer.name}", ", ".join(f"{key} {value}" for key, value in peer.values.items()), peer)
    for name, kind in indicators
    for source, peers in ((parity.TALIB, kind.talib), (parity.STOCK, kind.stock))
    for peer in peers
]


def test_every_peer_has_its_line_and_keeps_its_tolerance():
    assert [tuple(row[:3]) for row in PEERS] == [one[:3] for one in DECLARED], "run python -m benchmarks parity"
    for row, (*_, peer) in zip(PEERS, DECLARED, strict=True):
        assert float(row[4]) <= peer.tolerance == float(row[5]), row
        assert row[6] == peer.note
        counts = [int(part.replace(",", "")) for part in row[3].split(" + ")]
        assert len(counts) == (2 if row[1].startswith(parity.TALIB) else 1) and min(counts) > 0


def test_a_tolerance_that_is_wider_says_why():
    for name, who, _, peer in DECLARED:
        assert peer.tolerance <= 1e-9 or len(peer.note) > 20, (
            f"{name}: {who} is allowed {peer.tolerance:g} without a note"
        )
        assert peer.tolerance <= 1e-6


def test_every_function_of_talib_is_named():
    functions = pytest.importorskip("talib").get_functions()
    named = {peer.name for *_, peer in DECLARED}
    assert set(functions) == {one for one in functions if one in named} | set(parity.TALIB_ELSEWHERE)
    assert not named & set(parity.TALIB_ELSEWHERE)
    assert set(parity.ELEMENTWISE.values()) <= set(ELEMENTWISE), "words that the formula language has"
    for name in parity.TALIB_ELSEWHERE:
        assert ELSEWHERE[f"{parity.TALIB} {name}"] == parity.TALIB_ELSEWHERE[name]


@pytest.mark.skipif(parity.data() is None, reason="WORKBENCH_TEST_DATA is not set")
def test_every_published_result_is_named():
    files = {path.name.split(".")[0] for path in (parity.data() / "expected").glob("*.json")}
    assert len(files) == 86
    assert files == {peer.name for _, who, _, peer in DECLARED if who.startswith(parity.STOCK)} | set(
        parity.STOCK_ELSEWHERE
    )
    assert {f"{parity.STOCK} {name}" for name in parity.STOCK_ELSEWHERE} <= set(ELSEWHERE)


def test_what_the_gallery_reads():
    read = json.loads((parity.FOLDER / "parity.json").read_text("utf-8"))
    assert list(read) == sorted({name for name, *_ in DECLARED})
    for name, said in read.items():
        mine = [row for row in PEERS if row[0] == name]
        assert said["difference"] == max(float(row[4]) for row in mine)
        assert said["peers"] == list(dict.fromkeys(row[1] for row in mine))


def test_figures_have_one_digit():
    assert [parity.figure(one) for one in (0.0, 9e-16, 3.14e-13, 9.7e-10)] == ["0", "0", "3e-13", "1e-09"]
    assert all(re.fullmatch(r"0|\de-\d\d", row[4]) for row in PEERS)
