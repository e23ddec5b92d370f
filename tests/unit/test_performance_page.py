"""The performance page is what its recorded runs give, and a line says of its target what is so."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import bars, record
from benchmarks.page import MANY, SECTIONS, page
from benchmarks.timing import NO_PEER, figure, goal, mean_row, row, verdict, wanted

QUIET = {
    "processor": "Some CPU @ 3 GHz",
    "cores": 2,
    "memory_mb": 8_000,
    "system": "Linux 6.1 x86_64",
    "python": "3.11.9",
    "load": 0.1,
    "versions": {"workbench": "1.0", "numpy": "2.3", "polars": "1.36"},
}
BUSY = {**QUIET, "cores": 8, "load": 6.0}


def run_of(*rows: dict, machine: dict = QUIET) -> dict:
    return {"machine": machine, "date": "2026-01-05", "rows": list(rows)}


def lines(text: str, title: str) -> list[list[str]]:
    """Cells of the lines below a heading, up to the next one."""
    part = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    found = [[cell.strip() for cell in one.strip("|").split(" | ")] for one in part.splitlines() if one[:2] == "| "]
    return [cells for cells in found if cells[0] != "job"]


def shown(one: dict) -> list[str]:
    (cells,) = lines(page({"bars": run_of(one)}), "Bars")
    return [cell.removesuffix(" |") for cell in cells]


# The page in the documentation


def test_the_page_is_what_the_recorded_runs_give() -> None:
    said = "renew it: python -m benchmarks.record"
    assert record.PAGE.read_text("utf-8") == page(record.read()), said


def test_recorded_runs_are_whole_and_tell_nothing_of_their_owner() -> None:
    for name, run in record.read().items():
        assert set(run) == {"machine", "date", "rows"} and run["rows"], name
        assert set(run["machine"]) == set(QUIET) and re.fullmatch(r"20\d\d-\d\d-\d\d", run["date"]), name
        assert all(set(one) >= set(row("a", 1, NO_PEER, None, None, None)) for one in run["rows"]), name


def test_every_benchmark_has_its_section_also_without_a_run() -> None:
    empty = page({})
    for name, section in SECTIONS.items():
        assert f"\n## {section.title}\n" in empty and f"`python -m benchmarks {name} --record`" in empty
    assert set(command.NAMES) == {*SECTIONS, "parity"}
    with pytest.raises(ValueError, match=r"runs of barss, which is no benchmark"):
        page({"barss": run_of()})


# Lines


@pytest.mark.parametrize(
    ("one", "cells"),
    [
        (
            row("1 M trades", 0.0461, "polars 1.36 (2 threads)", 0.2955, 2.5, True),
            ["1 M trades", "46.1 ms", "polars 1.36 (2 threads): 296 ms", "6.41x", "at least 2.5x", "met"],
        ),
        (
            row("memory", 512, "vectorbt", 1024, 10, True, unit="MB"),
            ["memory", "512 MB", "vectorbt: 1 GB", "2x", "at least 10x", "**missed**"],
        ),
        (
            row("ticks", 90_000, "a reader", 60_000, None, True, unit="messages/s", better="more"),
            ["ticks", "90,000 messages/s", "a reader: 60,000 messages/s", "1.5x", "", "no target"],
        ),
        (goal("memory", 1485, 2048, True, unit="MB"), ["memory", "1.45 GB", "", "", "at most 2 GB", "met"]),
        (goal("message", 68_812, 2e5, True, unit="B"), ["message", "68.8 KB", "", "", "at most 200 KB", "met"]),
        (goal("paint", 1.52, 1.5, None), ["paint", "1.52 s", "", "", "at most 1.5 s", "**missed**"]),
        (
            goal("hub", 3.3e6, 2e6, True, unit="trades/s", better="more"),
            ["hub", "3.3 M trades/s", "", "", "at least 2 M trades/s", "met"],
        ),
        (
            goal("hub", 1.9e6, 2e6, True, unit="trades/s", better="more"),
            ["hub", "1.9 M trades/s", "", "", "at least 2 M trades/s", "**missed**"],
        ),
        (
            row("1 M trades", 0.05, "polars is not installed", None, 2.5, None),
            ["1 M trades", "50 ms", "polars is not installed", "", "at least 2.5x", "not measured"],
        ),
        (goal("frame", float("nan"), 0.02, None), ["frame", "", "", "", "at most 20 ms", "not measured"]),
        (row("alone", 12e-6, NO_PEER, None, None, True), ["alone", "12 us", "", "", "", "no target"]),
        (
            row("wrong", 1.0, "polars", 9.0, 2.5, False),
            ["wrong", "1 s", "polars: 9 s", "9x", "at least 2.5x", "**missed**, **check failed**"],
        ),
        (
            row("wrong", 1.0, NO_PEER, None, None, False),
            ["wrong", "1 s", "", "", "", "no target, **check failed**"],
        ),
        (mean_row([2.0, 8.0], "TA-Lib", 1.5), ["geometric mean of 2, least 2.00x", "", "TA-Lib", "4x", "at least 1.5x",
                                               "met"]),
        (row("a|b *c*", 1.0, "x<y>", 2.0, None, None), [r"a\|b \*c\*", "1 s", r"x\<y>: 2 s", "2x", "", "no target"]),
    ],
)  # fmt: skip
def test_a_line_says_what_was_measured_and_whether_that_is_enough(one: dict, cells: list[str]) -> None:
    assert shown(one) == cells


def test_all_lines_have_one_shape_and_a_met_target_is_a_ratio_that_reaches_it() -> None:
    limit = goal("paint", 1.0, 1.5, None)
    rate = goal("hub", 4e6, 2e6, True, unit="trades/s", better="more")
    assert set(limit) == set(rate) == set(mean_row([1.0], "TA-Lib", 1.5)) == set(row("a", 1, "b", 2, 3, None))
    assert (limit["ratio"], rate["ratio"]) == (1.5, 2.0) and limit["target"] == rate["target"] == 1.0
    assert (limit["ours_s"], limit["peer_s"]) == (1.0, 1.5), "seconds"
    assert (rate["ours_s"], rate["peer_s"], rate["ours"], rate["theirs"]) == (None, None, 4e6, 2e6), "no seconds"
    for much, said in ((0.0199, "met"), (0.02, "met"), (0.0201, "missed")):
        assert verdict(goal("p95", much, 0.02, None)) == said
    for much, said in ((49_000, "missed"), (50_000, "met"), (51_000, "met")):
        assert verdict(goal("ticks", much, 50_000, None, unit="messages/s", better="more")) == said
    assert wanted(row("alone", 1.0, NO_PEER, None, None, None)) == ""


def test_figures_have_three_digits_and_the_unit_that_fits() -> None:
    said = {figure(value, "s"): value for value in (0, 4e-9, 4.63e-5, 0.0123, 1, 71.34, 1234.5)}
    assert list(said) == ["0 s", "4 ns", "46.3 us", "12.3 ms", "1 s", "71.3 s", "1,234 s"]
    assert [figure(one, "B") for one in (12, 200_000, 3_400_000)] == ["12 B", "200 KB", "3.4 MB"]
    assert figure(None, "s") == ""


# Machines


def test_a_machine_is_named_once_and_several_are_numbered() -> None:
    one = row("a", 1.0, NO_PEER, None, None, None)
    text = page({"bars": run_of(one), "live": run_of(one)})
    named = "Some CPU @ 3 GHz, 2 cores, 7.81 GB of memory, Linux 6.1 x86_64, Python 3.11.9"
    assert text.count(named) == 1 and f"\nMachine: **{named}**." in text
    assert "not quiet" not in text and "With workbench 1.0, numpy 2.3, polars 1.36." in text
    text = page({"bars": run_of(one), "live": run_of(one, machine=BUSY)})
    assert f"1. **{named}**\n2. **{named.replace('2 cores', '8 cores')}**" in text
    assert "Machine 2, 2026-01-05, a load of 0.75 a core before the run: **the machine was not quiet**" in text


def test_this_machine_is_told_without_its_name() -> None:
    found = record.machine("bars")
    assert set(found) == set(QUIET) and found["cores"] >= 1 and found["memory_mb"] > 100
    assert {"workbench", "numpy", "numba", "bokeh", "panel", "pandas"} <= set(found["versions"])
    assert page({"bars": run_of(row("a", 1.0, NO_PEER, None, None, None), machine=found)})


def test_notes_stand_below_and_of_many_lines_the_alike_are_folded() -> None:
    text = page({"bars": run_of(goal("paint", 1.0, 1.5, None, note="median 0.9 s"))})
    assert "\n- paint: median 0.9 s\n" in text and "1 of 1 targets met" in text and "<details>" not in text
    alike = [row(f"f{number}", 1.0, "TA-Lib", 2.0, 0.8, True) for number in range(MANY)]
    slow = row("slow", 1.0, "TA-Lib", 0.5, 0.8, True)
    text = page({"indicators": run_of(*alike, slow, mean_row([2.0, 0.5], "TA-Lib", 1.5))})
    seen, folded = text.split("<details>")
    assert [cells[0] for cells in lines(seen, "Indicators")] == ["slow", "geometric mean of 2, least 0.50x"]
    assert f"<summary>The other {MANY} lines</summary>" in folded and f"{MANY} of {MANY + 2} targets met" in text


# The command


def test_a_recorded_run_is_kept_and_the_page_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    place = {"folder": tmp_path / "performance", "to": tmp_path / "performance.md"}
    whole = record.write
    monkeypatch.setattr(record, "write", lambda name, of, rows: whole(name, of, rows, **place))
    rows = [row("right", 1.0, "polars", 3.0, 2.5, True), row("wrong", 1.0, "polars", 3.0, 2.5, False)]
    monkeypatch.setattr(bars, "run", lambda quick: iter(rows))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "bars", "--record"])
    assert command.main() == 1, "a result that is not right is kept too, and still fails the command"
    said = capsys.readouterr()
    assert "at least 2.5x: met" in said.out and "missed, check failed" in said.out
    assert "Recorded in docs/performance/bars.json" in said.err
    kept = record.read(place["folder"])
    assert list(kept) == ["bars"] and kept["bars"]["rows"] == rows
    assert place["to"].read_text("utf-8") == page(kept)
    record_live = whole("live", QUIET, rows[:1], **place)
    assert json.loads(record_live.read_text("utf-8"))["machine"] == QUIET
    assert "| right |" in place["to"].read_text("utf-8").split("## The live plane")[0], "the other run is still there"


@pytest.mark.parametrize(
    ("words", "said"), [(["bars", "--quick"], "leave out --quick"), (["parity"], "docs/indicators/parity.md")]
)
def test_what_cannot_be_recorded_is_refused(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(bars, "run", lambda quick: pytest.fail("it must not run"))
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words, "--record"])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    assert stopped.value.code == 2 and said in capsys.readouterr().err
