from __future__ import annotations

import sys

import pytest

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.registry import Registry


@pytest.fixture
def registry(tmp_path, monkeypatch):
    folder = tmp_path / "some_plugins"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from workbench.registry import Registry\nfamily = Registry('thing', 'some_plugins', 'workbench.tests')\n"
    )
    (folder / "one.py").write_text("from some_plugins import family\n@family.register('first')\nclass First: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import some_plugins

    yield some_plugins.family
    for name in [n for n in sys.modules if n.partition(".")[0] == "some_plugins"]:
        del sys.modules[name]


def test_modules_of_the_package_are_found(registry):
    assert registry.names() == ["first"]
    assert registry.get("first").plugin_name == "first"
    assert [name for name, _ in registry] == ["first"]


def test_unknown_name_is_answered_with_the_nearest(registry):
    with pytest.raises(UnknownNameError, match="unknown thing 'frist': did you mean first"):
        registry.get("frist")


def test_a_name_is_declared_once(registry):
    registry.names()
    with pytest.raises(WorkbenchError, match="'first' is already declared by some_plugins.one.First"):
        registry.register("first")(type("Other", (), {}))


def test_an_installed_plugin_that_fails_is_left_out_and_named(registry, monkeypatch):
    class Broken:
        name = "broken"

        def load(self):
            raise RuntimeError("no")

    monkeypatch.setattr("workbench.registry.entry_points", lambda group: [Broken()])
    assert registry.names() == ["first"] and list(registry.failed) == ["broken"]
    assert registry.failed["broken"].startswith("test_registry.py, line ")
    assert registry.failed["broken"].endswith(": RuntimeError: no")


def test_names_is_all_there_is_also_after_our_own_plugin_failed_once(tmp_path, monkeypatch):
    folder = tmp_path / "bad_plugins"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "bad.py").write_text("raise ValueError('broken plugin')\n")
    monkeypatch.syspath_prepend(tmp_path)
    family = Registry("thing", "bad_plugins", "workbench.tests")
    for _ in range(2):
        with pytest.raises(ValueError, match="broken plugin"):
            family.names()
    sys.modules.pop("bad_plugins", None)
