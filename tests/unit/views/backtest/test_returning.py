"""Runs over a reload: found again by the name of the tab, kept for a while, and nobody else's."""

from __future__ import annotations

import gc
from types import SimpleNamespace

import pytest

from workbench.views.backtest import returning
from workbench.views.backtest.kept import Session
from workbench.views.backtest.returning import Returning, Tab

TAB, OTHER = "a" * 32, "b" * 32


def session(*labels: str) -> Session:
    found = Session()
    for label in labels:
        found.add(SimpleNamespace(chosen=SimpleNamespace(label=label)))
    return found


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Returning:
    """None that another test left."""
    monkeypatch.setattr(returning, "RETURNING", Returning())
    return returning.RETURNING


def test_a_page_that_is_loaded_again_has_its_runs() -> None:
    old, new = Tab(session("one", "two")), Tab(session())
    assert not old.hello(TAB)
    old.session.tick(0, True)
    assert new.hello(TAB)  # the page before is not known to be gone yet
    assert [one.name for one in new.session.runs] == ["two", "one"]
    assert new.session.ticked == [0] and new.session.shown == 1
    assert new.session.add(SimpleNamespace(chosen=SimpleNamespace(label="three"))).id == 2  # no number twice


def test_a_page_whose_end_was_seen_first_has_them_too() -> None:
    old, new = Tab(session("one")), Tab(session())
    old.hello(TAB)
    old.close()
    assert new.hello(TAB) and [one.name for one in new.session.runs] == ["one"]


def test_the_end_of_the_page_before_takes_nothing_from_the_one_that_is_there() -> None:
    old, new, third = Tab(session("one")), Tab(session()), Tab(session())
    old.hello(TAB)
    new.hello(TAB)
    new.session.remove(0)
    new.session.add(SimpleNamespace(chosen=SimpleNamespace(label="two")))
    old.close()
    assert third.hello(TAB) and [one.name for one in third.session.runs] == ["two"]


@pytest.mark.parametrize("name", ["", "short", "x" * 65, OTHER])
def test_another_name_finds_nothing(name: str) -> None:
    old, new = Tab(session("one")), Tab(session())
    old.hello(TAB)
    old.close()
    assert not new.hello(name) and new.session.runs == []


def test_runs_that_nobody_comes_back_for_are_let_go(fresh: Returning, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(returning.TABS + 3):
        tab = Tab(session("one"))
        tab.hello(f"{at:032d}")
        tab.close()
    tab = Tab(session())  # without runs there is nothing to keep
    tab.hello(OTHER)
    tab.close()
    assert len(fresh._closed) == returning.TABS and OTHER not in fresh._closed
    monkeypatch.setattr(returning, "SECONDS", -1.0)
    assert not Tab(session()).hello(f"{returning.TABS + 2:032d}")
    del tab
    gc.collect()
    assert not fresh._closed


def test_an_open_page_that_is_dropped_is_not_kept(fresh: Returning) -> None:
    tab = Tab(session("one"))
    tab.hello(TAB)
    del tab
    gc.collect()
    assert len(fresh._open) == 0
