"""``wb.ingest`` does what the command does: the same store, the same report, the same errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench import services
from workbench.catalog.ingest import IngestFailures
from workbench.cli import app
from workbench.config import Settings
from workbench.errors import DataError, IngestError, SpecError, UnknownNameError

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
    with pytest.raises(IngestError, match="absent.csv does not exist"):
        wb.ingest("csv", tmp_path / "absent.csv")
    with pytest.raises(IngestError, match="no option 'dats': did you mean dates"):
        wb.ingest("csv", ambiguous, symbol="ACME", dats="mdy")
    with pytest.raises(UnknownNameError, match="unknown importer 'cvs': did you mean csv"):
        wb.ingest("cvs", ambiguous)


def test_a_spec_that_no_file_has_is_refused(own: services.Services, text_file: Callable[..., Path]) -> None:
    with pytest.raises(IngestError, match=r"spec='1000tick'.*time bars"):
        wb.ingest("csv", text_file(DAYS), symbol="ACME", spec="1000tick")
    with pytest.raises(SpecError, match="5minn.*did you mean 5min"):
        wb.ingest("csv", text_file(DAYS), symbol="ACME", spec="5minn")
    assert own.catalog.symbols() == []
