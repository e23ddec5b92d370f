"""The documentation says what is: examples run, links lead somewhere, commands exist, settings are those there are."""

from __future__ import annotations

import functools
import html.parser
import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

import workbench as wb
from tests.unit.command_line import check
from workbench.config import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
WRITTEN = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "catalogs" / "README.md"]

_FENCE = re.compile(r"^(`{3,}|~{3,})[ \t]*\{?([\w.-]*)\}?[^\n]*\n(.*?)^\1[ \t]*$", re.M | re.S)
_LINK = re.compile(r"(?<!`)!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


def _relative(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _own(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "WORKBENCH_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT), **more}


# Examples


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("examples")
    script = Path(__file__).with_name("public_examples.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), "--page", str(DOCS / "tour.md")],
        cwd=folder, env=_own(folder), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}


def test_the_examples_of_all_public_names_run(examined: dict[str, dict]) -> None:
    names = {name for name in wb.__all__ if not name.startswith("__")}
    assert names <= set(examined)
    assert not [one["said"] for one in examined.values() if one["failed"]]
    assert not {name for name in names if not examined[name]["ran"]}, "a public name has an example that runs"


def test_the_code_of_the_tour_runs(examined: dict[str, dict]) -> None:
    tour = examined["tour.md"]
    assert tour["ran"] >= 4
    assert not tour["failed"], tour["said"]


# Guides


@pytest.fixture(scope="module")
def importer_guide(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, dict[str, str]]:
    """The guide, and a project in which its importer and its file were made as it says."""
    text = (DOCS / "guides" / "importer.md").read_text("utf-8")
    blocks = [(kind, body) for _, kind, body in _FENCE.findall(text)]
    folder = tmp_path_factory.mktemp("project")
    (folder / "plugins").mkdir()
    (folder / "catalogs").mkdir()
    (folder / "plugins" / "pipes.py").write_text(next(body for kind, body in blocks if kind == "python"), "utf-8")
    (folder / "tape.txt").write_text(next(body for kind, body in blocks if kind == "text"), "utf-8")
    return text, folder, _own(folder, COLUMNS="200")


def _workbench(folder: Path, environment: dict[str, str], words: list[str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "workbench", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_importer_of_the_guide_does_what_the_guide_says(importer_guide: tuple) -> None:
    text, folder, environment = importer_guide
    said = next(line for line in text.splitlines() if line.startswith("$ workbench ingest"))
    done = _workbench(folder, environment, shlex.split(said)[2:])
    assert done.returncode == 0, done.stderr
    place = "data/pipes/quarantine/symbol=ACME/trades.tape.txt.csv"
    assert place in text
    assert "3 rows" in done.stdout and "2 rows could not be used" in done.stdout
    assert (folder / place).read_text("utf-8").strip() in text


@pytest.mark.parametrize("wrong", ["pipes tape.txt", "pips tape.txt", "pipes tape.txt --symbol ACME --option lots=10"])
def test_errors_in_the_guide_are_the_real_ones(importer_guide: tuple, wrong: str) -> None:
    text, folder, environment = importer_guide
    done = _workbench(folder, environment, ["ingest", *wrong.split()])
    assert done.returncode == 1
    told = done.stderr.strip().removeprefix("Error: ")
    assert f"`{told}`" in text


def test_the_error_of_python_in_the_guide_is_the_real_one(importer_guide: tuple) -> None:
    text, folder, environment = importer_guide
    said = re.search(r"From Python, `(wb\.ingest\(.+?\))`, the first one is\n`(.+?)`\.", text)
    done = subprocess.run(
        [sys.executable, "-c", f"import workbench as wb\n{said[1]}"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == f"workbench.errors.IngestError: {said[2]}"


def test_commands_in_the_documentation_exist() -> None:
    found = 0
    for page in WRITTEN:
        for _, kind, body in _FENCE.findall(page.read_text("utf-8")):
            if kind not in ("sh", "console", "text", ""):
                continue
            for line in body.splitlines():
                line = re.sub(r"^\$ |^docker compose exec apps |^\.venv/bin/", "", line.strip())
                if not line.startswith(("workbench ", "dask ")) or "<->" in line:
                    continue
                words = shlex.split(line, comments=True)
                if any(word.startswith("[") for word in words):
                    words = words[: next(k for k, word in enumerate(words) if word.startswith("["))]
                try:
                    check(words)
                except AssertionError as error:
                    pytest.fail(f"{_relative(page)}: {error}")
                found += 1
    assert found > 25


# Settings


def test_the_settings_page_has_all_settings_and_no_others() -> None:
    rows = re.findall(r"^\| `WORKBENCH_(\w+)` \| ([^|]+) \| ([^|]+(?:\\\|[^|]+)*) \|$", _settings_page(), re.M)
    assert {name.lower() for name, _, _ in rows} == set(Settings.model_fields)
    for name, default, _ in rows:
        value = Settings.model_fields[name.lower()].default
        if isinstance(value, int | float):
            assert default == f"{value:g}", name
        elif isinstance(value, str):
            assert default == f"`{value}`", name
        elif value in (None, {}):
            assert default.startswith(("none", "SQLite")), name


def _settings_page() -> str:
    return (DOCS / "settings.md").read_text("utf-8")


def test_the_file_on_the_settings_page_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.config import load_settings

    written = next(body for _, kind, body in _FENCE.findall(_settings_page()) if kind == "toml")
    (tmp_path / "workbench.toml").write_text(written, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_DATA_DIR")
    settings = load_settings()
    assert settings.data_dir == Path("/srv/market")
    assert settings.retention == {"recorded/trades": "90d"} and settings.push_keys


# Links


@functools.cache
def _anchors(page: Path) -> frozenset[str]:
    """Anchors of the headings of a page, as GitHub and MyST make them; included pages count."""
    text = page.read_text("utf-8")
    found: set[str] = set()
    for include in re.findall(r"^```\{include\} (\S+)", text, re.M):
        found |= _anchors((page.parent / include).resolve())
    for heading in re.findall(r"^#{1,3} (.+)$", _FENCE.sub("", text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        kept = [sign for sign in plain.strip().lower() if sign in "-_ " or unicodedata.category(sign)[0] in "LN"]
        found.add("".join(kept).replace(" ", "-"))
    return frozenset(found)


def _links(page: Path) -> list[str]:
    text = re.sub(r"``[^`]*``|`[^`]*`", "", _FENCE.sub("", page.read_text("utf-8")))
    return [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("path", WRITTEN, ids=_relative)
def test_links_lead_somewhere(path: Path) -> None:
    for link in _links(path):
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), f"{_relative(path)} links to {link}, which is not there"
        if anchor and there.suffix == ".md":
            assert anchor in _anchors(there), f"{_relative(path)}: {link}: headings are {sorted(_anchors(there))}"


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = {DOCS / "index.md", DOCS / "decisions" / "README.md"}
    for page in PAGES:
        for _, kind, body in _FENCE.findall(page.read_text("utf-8")):
            if kind == "toctree":
                for line in (line.strip() for line in body.splitlines()):
                    if line and not line.startswith(":"):
                        listed |= set(page.parent.glob(f"{line}.md"))
    assert set(PAGES) == listed


# The built pages


class _Assets(html.parser.HTMLParser):
    """What a browser fetches to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids.add(told.get("id") or "")
        self.found += [told.get("src") or "", told.get("srcset") or ""]
        if tag == "link" and told.get("rel") not in ("canonical", "author", "license"):
            self.found.append(told.get("href") or "")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("furo", reason="the documentation is built where Sphinx, MyST and furo are installed")
    pytest.importorskip("myst_parser")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(out)]
    done = subprocess.run(command, cwd=out, env=_own(out), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_built_pages_fetch_nothing_from_elsewhere(built: Path) -> None:
    pages = list(built.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        assets = _Assets()
        assets.feed(page.read_text("utf-8"))
        outside = [one for one in assets.found if re.match(r"(https?:)?//", one)]
        assert not outside, f"{page.name} fetches {outside}"
    for sheet in built.rglob("*.css"):
        outside = re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^\s)]+", sheet.read_text("utf-8"))
        assert not outside, f"{sheet.name} fetches {outside}"


def test_every_public_name_is_in_the_reference(built: Path) -> None:
    ids: set[str] = set()
    for page in (built / "api").glob("*.html"):
        assets = _Assets()
        assets.feed(page.read_text("utf-8"))
        ids |= assets.ids
    places = {**wb._FUNCTIONS, **{name: ".".join(place) for name, place in wb._CALLABLE_PACKAGES.items()}}
    for name, place in places.items():
        wanted = {f"workbench.{name}", f"{place}.{name}", place}
        assert wanted & ids, f"{name} is on no page of docs/api"
    assert {f"module-workbench.{name}" for name in wb._PACKAGES} <= ids
