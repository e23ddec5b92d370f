"""``wb.ingest`` does what the command does: the same store, the same report, the same errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import workbench as wb
from workbench import services
from workbench.catalog.ingest import IngestFailures
from workbench.cli import app, data
from workbench.config import Settings
from workbench.errors import DataError, IngestError, UnknownNameError

HEAD = "Date,Open,High,Low,Close,Volume\n"
DAYS = f"{HEAD}01/13/2026,10,12,9,11,100\n01/14/2026,11,12,10,n/a,90\n01/15/2026,11,13,10,12,80\n"
ASKED = {"symbol": "ACME", "spec": "1d", "dates": "mdy"}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[services.Services]:
    """The services of a process that has a store of its own, which the command finds too."""
    made = services.Services(Settings(data_dir=tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(services, "_services", made)
    yield made
    made.close()


def test_a_file_goes_to_the_store_that_charts_read(own: services.Services, text_file: Callable[..., Path]) -> None:
    seen = []
    (report,) = wb.ingest("csv", text_file(DAYS), progress=lambda done, of: seen.append((done, of)), **ASKED)
    assert (report.dataset, report.rows, report.quarantined, report.skipped) == ("csv/bars_1d/ACME", 2, 1, False)
    assert pd.read_csv(report.quarantine_file)["line"].tolist() == [3]
    assert seen[-1] == (len(DAYS), len(DAYS))
    for catalog in (own.catalog, wb.catalog()):
        assert catalog.bars("ACME", "1d")["close"].tolist() == [11.0, 12.0]


def test_the_command_and_the_verb_know_each_others_files(
    own: services.Services, text_file: Callable[..., Path]
) -> None:
    words = ["ingest", "csv", str(text_file(DAYS)), "--symbol", "ACME", "--spec", "1d", "--dates", "mdy"]
    assert CliRunner().invoke(app, words).exit_code == 0
    (again,) = wb.ingest("csv", str(text_file(DAYS)), **ASKED)
    assert again.skipped and again.rows == 0
    assert wb.ingest("csv", text_file(DAYS), force=True, **ASKED)[0].rows == 2


def test_another_catalog_and_source_are_kept_to(
    own: services.Services, tmp_path: Path, text_file: Callable[..., Path]
) -> None:
    catalog = wb.catalog(tmp_path / "other")
    (report,) = wb.ingest("csv", [text_file(DAYS)], source="mine", catalog=catalog, **ASKED)
    assert report.dataset == "mine/bars_1d/ACME"
    assert catalog.symbols() == ["ACME"] and "ACME" not in own.catalog.symbols()


def test_errors_name_the_file_the_line_and_the_reason(
    own: services.Services, text_file: Callable[..., Path], tmp_path: Path
) -> None:
    sound, ambiguous = text_file(DAYS), text_file(f"{HEAD}01/03/2026,10,12,9,11,100\n", "early.csv")
    broken = text_file(f"{HEAD}2026-01-13 10:00,10,12,9,11,100\n", "broken.csv")
    with pytest.raises(IngestError, match=r"^early\.csv: .*01/03/2026.*dates"):
        wb.ingest("csv", ambiguous, symbol="ACME", spec="1d")
    with pytest.raises(IngestFailures, match=r"1 of 2 files were refused.*\nbroken\.csv: .*line 2.*tz") as caught:
        wb.ingest("csv", [sound, broken], **ASKED)
    assert [one.rows for one in caught.value.reports] == [2]
    with pytest.raises(DataError, match="replace=True"):
        wb.ingest("csv", text_file(DAYS.replace("13,10,12,80", "13,10,12,81"), "mended.csv"), **ASKED)
    with pytest.raises(IngestError, match="no such file: .*absent.csv"):
        wb.ingest("csv", tmp_path / "absent.csv")
    with pytest.raises(IngestError, match="no option 'dats': did you mean dates"):
        wb.ingest("csv", ambiguous, symbol="ACME", dats="mdy")
    with pytest.raises(UnknownNameError, match="unknown importer 'cvs': did you mean csv"):
        wb.ingest("cvs", ambiguous)


TIMES = f"{HEAD}2026-01-13 10:00,10,12,9,11,100\n"


@pytest.mark.parametrize(
    ("text", "asked", "in_python", "in_a_shell"),
    [
        (
            DAYS,
            {"spec": "1000tick"},
            'spec="1000tick" cannot',
            "--spec 1000tick cannot be used: the bars of a file are",
        ),
        (DAYS, {"spec": "5minn"}, 'spec="5minn" cannot', "--spec 5minn cannot be used: .*did you mean 5min"),
        (DAYS, {"tz": "New York"}, 'tz="New York" cannot', "--tz 'New York' cannot be used: .*America/New_York"),
        (DAYS, {"kind": "bar"}, 'kind="bar" cannot', "--option kind=bar cannot be used: kind does not accept 'bar'"),
        (DAYS, {}, 'pass dates="dmy" or dates="mdy"', "pass --dates dmy or --dates mdy"),
        (DAYS, {"columns": "close=Last"}, 'columns="close=Last": no', "--columns close=Last: no such column"),
        (TIMES, {}, 'tz, e.g. tz="America/New_York"', "pass --tz, e.g. --tz America/New_York or --tz UTC"),
        (DAYS, {"symbol": None}, 'pass symbol, e.g. symbol="AAPL"', "pass --symbol, e.g. --symbol AAPL"),
    ],
)
def test_errors_speak_the_words_of_whoever_asked(
    own: services.Services, text_file: Callable[..., Path], text: str, asked: dict, in_python: str, in_a_shell: str
) -> None:
    file = text_file(text)
    asked = {"symbol": "ACME", **({"dates": "mdy"} if "symbol" in asked else {}), **asked}
    with pytest.raises(IngestError) as caught:
        wb.ingest("csv", file, **asked)
    told = str(caught.value)
    assert in_python in told and "--" not in told
    words = ["ingest", "csv", str(file)]
    for name, value in asked.items():
        if value is not None:
            words += ["-o", f"{name}={value}"] if name == "kind" else [f"--{name}", value]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1 and re.search(in_a_shell, done.output)
    assert own.catalog.symbols() == []


def test_notes_and_reasons_speak_so_too(own: services.Services, text_file: Callable[..., Path]) -> None:
    file = text_file(f"{HEAD}2026-01-16,10,12,9,11,1\n2026-01-17,10,12,9,11,1\n")  # a Saturday
    (report,) = wb.ingest("csv", file, symbol="SPY", spec="1d")
    assert "(tz takes midnights instead)" in report.quarantine_file.read_text()
    words = ["ingest", "csv", str(file), "--symbol", "SPY", "--spec", "1d"]
    assert "; --force stores it again" in CliRunner().invoke(app, words).output
    (again,) = wb.ingest("csv", file, symbol="SPY", spec="1d")
    assert "; force=True stores it again" in again.note


def test_the_command_has_the_options_that_it_says_it_has() -> None:
    taken = {one for made in get_command(app).commands["ingest"].params for one in made.opts}
    assert {f"--{name}" for name in data._OWN} | {"--option"} <= taken


def test_a_path_may_begin_at_home(
    own: services.Services, text_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = text_file(DAYS)
    monkeypatch.setenv("HOME", str(file.parent))
    assert wb.ingest("csv", "~/file.csv", **ASKED)[0].path == file
    assert wb.ingest("csv", [Path("~") / "file.csv"], **ASKED)[0].skipped
