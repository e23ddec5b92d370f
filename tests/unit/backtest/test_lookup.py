"""Strategies by a text: names, formulas, modules and files, and what is told of a wrong one."""

from __future__ import annotations

import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.backtest.lookup import find_strategy, reference_of
from workbench.errors import DataError, FormulaError, UnknownNameError, WorkbenchError
from workbench.strategies import Rule, SmaCross, Strategy, strategies

SOURCE = """
    from workbench.strategies import SmaCross, Strategy

    class Mine(SmaCross):
        LINE

    class Holder:
        class Inner(SmaCross):
            pass
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my own.py"
    path.write_text(textwrap.dedent(SOURCE.replace("LINE", "number = 1")))
    return path


def test_every_registered_name_and_back():
    for name, kind in strategies:
        assert find_strategy(name) == (kind, {}) and reference_of(kind) == name


def test_a_formula():
    assert find_strategy(" close > sma(close, 20) ") == (Rule, {"text": "close > sma(close, 20)"})
    with pytest.raises(FormulaError, match="there is no indicator or function 'smaa'"):
        find_strategy("smaa(close, 20) > 1")


def test_a_class_of_a_module():
    text = "workbench.strategies.averages:SmaCross"
    assert find_strategy(text) == (SmaCross, {})
    own = find_strategy("tests.unit.backtest.test_engine:Restless")[0]
    assert reference_of(own) == "tests.unit.backtest.test_engine:Restless"


def test_a_class_of_a_file_is_found_again(file):
    kind = find_strategy(f"{file}:Mine")[0]
    assert kind.number == 1 and find_strategy(f"{file}:Mine")[0] is kind
    assert reference_of(kind) == f"{file}:Mine" and find_strategy(reference_of(kind))[0] is kind
    assert reference_of(find_strategy(f"{file}:Holder.Inner")[0]) == f"{file}:Holder.Inner"


def test_a_file_with_one_strategy_needs_no_class(file, monkeypatch):
    assert find_strategy(str(file))[0] is find_strategy(f"{file}:Mine")[0]
    monkeypatch.setenv("HOME", str(file.parent))
    assert find_strategy("~/my own.py:Mine")[0] is find_strategy("~/my own.py:")[0] is find_strategy(str(file))[0]
    file.write_text(file.read_text() + "\nclass Other(SmaCross):\n    pass\n")
    with pytest.raises(UnknownNameError, match=r"holds 2 strategies: say which, as (\S+ own.py):Mine or \1:Other$"):
        find_strategy(str(file))
    file.write_text("from workbench.strategies import SmaCross\n")
    with pytest.raises(DataError, match="holds no strategy, a class below Strategy"):
        find_strategy(str(file))


def test_a_word_is_a_name_unless_it_is_of_columns():
    assert find_strategy("close-open") == (Rule, {"text": "close-open"})
    with pytest.raises(UnknownNameError, match="unknown strategy 'signal'"):
        find_strategy("signal")
    assert find_strategy("signal", ["signal"]) == (Rule, {"text": "signal"})
    assert find_strategy("sma_cross", ["sma_cross"]) == (SmaCross, {})


def test_a_file_that_changed_is_read_anew(file):
    first = find_strategy(f"{file}:Mine")[0]
    file.write_text(file.read_text().replace("number = 1", "number = 2"))  # of the same length, within a second
    assert (first.number, find_strategy(f"{file}:Mine")[0].number) == (1, 2)


def test_a_class_of_a_script_is_found_by_its_file(file, monkeypatch):
    from types import ModuleType

    main = ModuleType("__main__")
    main.__file__, main.__spec__ = str(file), None
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert reference_of(type("Mine", (SmaCross,), {"__module__": "__main__"})) == f"{file}:Mine"
    del main.__file__  # as in a notebook
    assert reference_of(type("Mine", (SmaCross,), {"__module__": "__main__"})) == "__main__:Mine"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("sma_crss", UnknownNameError, r"unknown strategy 'sma_crss': did you mean sma_cross.*\? Else give file"),
        ("zzzz", UnknownNameError, r"known: .* more\. Else give file.py:Class"),
        ("FILE:Mien", UnknownNameError, "there is no class 'Mien'; did you mean Mine"),
        ("FILE:Holder", DataError, "Holder is no strategy"),
        ("FILE:Strategy", DataError, "Strategy is no strategy, a class below Strategy; known: Mine"),
        ("nowhere.py:Mine", DataError, "there is no file nowhere.py in /"),
        ("nowhere.py", DataError, "there is no file nowhere.py in /"),
        ("no.such.module:Mine", DataError, "cannot be imported: ModuleNotFoundError"),
        ("workbench.strategies:SmaCros", UnknownNameError, "there is no class 'SmaCros'"),
    ],
)
def test_what_is_not_to_be_found(file, text, error, message):
    with pytest.raises(error, match=message):
        find_strategy(text.replace("FILE", str(file)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n1 / 0\n", r"bad.py fails when it is run \(line 2\): ZeroDivisionError"),
        ("x = (\n", r"bad.py fails when it is run \(line 1\): SyntaxError"),
        ("import sys\nsys.exit(3)\n", r"\(line 2\): SystemExit: 3"),
    ],
)
def test_a_file_that_fails(tmp_path, text, message):
    path = tmp_path / "bad.py"
    path.write_text(text)
    before = set(sys.modules)
    with pytest.raises(DataError, match=message):
        find_strategy(f"{path}:Mine")
    assert set(sys.modules) == before


@given(st.text(max_size=30))
def test_any_text_is_a_strategy_or_an_error_of_ours(text):
    try:
        kind, given_ = find_strategy(text)
    except WorkbenchError:
        return
    assert issubclass(kind, Strategy) and isinstance(kind(**given_), Strategy)
