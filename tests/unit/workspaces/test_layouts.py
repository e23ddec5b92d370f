from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UnknownNameError, WorkspaceError
from workbench.workspaces import VERSION, Database, Workspaces, layouts
from workbench.workspaces.layouts import OPEN, read


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'in' / 'workbench.db'}"


@pytest.fixture
def kept(url):
    made = Workspaces(url)
    yield made.layouts
    made.close()


def test_what_was_saved_is_there_in_another_process_life(url, kept):
    kept.save("morning", {"charts": [{"symbol": "ES", "spec": "5min"}]}, owner="ann")
    again = Workspaces(url).layouts.load("morning", owner="ann")
    assert again.document == {"charts": [{"symbol": "ES", "spec": "5min"}], "version": VERSION}
    assert again.revision == 1 and again.saved > 1_700_000_000_000_000_000


def test_every_save_is_kept_and_can_be_had_back(kept):
    for n in range(3):
        kept.save("a", {"n": n})
    assert kept.load("a").document["n"] == 2
    assert [revision for revision, _ in kept.revisions("a")] == [3, 2, 1]
    assert kept.load("a", revision=1).document["n"] == 0


def test_only_the_newest_saves_are_kept(kept, monkeypatch):
    monkeypatch.setattr(layouts, "KEPT", 4)
    for n in range(9):
        kept.save("a", {"n": n})
    assert [revision for revision, _ in kept.revisions("a")] == [9, 8, 7, 6]


def test_the_list_begins_with_the_one_saved_last_and_leaves_out_what_is_open(kept):
    for name in ("a", "b", OPEN, "c"):
        kept.save(name, {})
    kept.save("a", {})
    kept.save("mine", {}, owner="ann")
    assert kept.names() == ["a", "c", "b"]
    assert kept.names(owner="ann") == ["mine"]


def test_deleted_is_off_the_list_but_not_lost(kept):
    kept.save("a", {"n": 1})
    kept.delete("a")
    assert kept.names() == []
    with pytest.raises(UnknownNameError, match="no layout 'a'"):
        kept.load("a")
    assert kept.load("a", revision=1).document["n"] == 1
    kept.save("a", {"n": 2})
    assert kept.names() == ["a"] and kept.load("a").revision == 3


def test_the_default_is_the_owners_own_and_goes_with_its_layout(kept):
    kept.save("a", {})
    kept.set_default("a")
    assert kept.default() == "a" and kept.default(owner="ann") is None
    kept.delete("a")
    assert kept.default() is None
    with pytest.raises(UnknownNameError, match="did you mean|there are none"):
        kept.set_default("b")


def test_many_savers_at_once_lose_nothing(url, kept):
    def work(which: int) -> None:
        mine = Workspaces(url)
        for n in range(5):
            mine.layouts.save("a", {"by": which, "n": n})
        mine.close()

    threads = [threading.Thread(target=work, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [kept.load("a", revision=revision).document for revision, _ in kept.revisions("a")]
    assert sorted((one["by"], one["n"]) for one in found) == [(by, n) for by in range(4) for n in range(5)]


@pytest.mark.parametrize("name", ["", "  ", "x" * 129, "a\nb"])
def test_names_that_cannot_be_kept(kept, name):
    with pytest.raises(WorkspaceError, match="1 to 128 printable"):
        kept.save(name, {})


@pytest.mark.parametrize("document", [{"x": float("nan")}, {"x": object()}, {"x": "y" * 1_000_001}])
def test_documents_that_cannot_be_kept(kept, document):
    with pytest.raises(WorkspaceError, match="JSON|at most"):
        kept.save("a", document)
    assert kept.names() == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read"),
        ("[1]", "must be a JSON object, not list"),
        ("{}", "says version None"),
        ('{"version": true}', "says version True"),
        ('{"version": 999}', "update Workbench"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_documents_that_cannot_be_read(text, says):
    with pytest.raises(WorkspaceError, match=says):
        read(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        assert isinstance(read(text), dict)
    except WorkspaceError as error:
        assert str(error).startswith("this layout")


def test_older_documents_are_brought_up_step_by_step(monkeypatch):
    monkeypatch.setattr(layouts, "VERSION", 3)
    monkeypatch.setitem(layouts.MIGRATIONS, 1, lambda old: {"charts": [old["chart"]]})
    monkeypatch.setitem(layouts.MIGRATIONS, 2, lambda old: {**old, "links": {}})
    assert read('{"version": 1, "chart": "ES"}') == {"version": 3, "charts": ["ES"], "links": {}}


def test_a_broken_row_is_named_and_the_others_open(url, kept):
    import sqlalchemy as sa

    kept.save("good", {})
    kept.save("bad", {})
    with Database(url).begin() as connection:
        connection.execute(sa.text("UPDATE wb_layouts SET document = '{' WHERE name = 'bad'"))
    with pytest.raises(WorkspaceError, match="layout 'bad' cannot be read"):
        kept.load("bad")
    assert kept.load("good").document == {"version": VERSION} and set(kept.names()) == {"good", "bad"}


def test_addresses_that_cannot_be_used(tmp_path):
    with pytest.raises(WorkspaceError, match="WORKBENCH_DATABASE_URL"):
        Workspaces("workbench.db")
    with pytest.raises(WorkspaceError, match="driver is not installed"):
        Workspaces("mssql+pymssql://me:secret@host/name")
    (tmp_path / "text.db").write_text("this is no database" * 100)
    with pytest.raises(WorkspaceError, match=r"text.db cannot be used: .*not a database"):
        Workspaces(f"sqlite:///{tmp_path / 'text.db'}")


def test_tables_of_a_newer_workbench_are_left_alone(url, kept):
    import sqlalchemy as sa

    with Database(url).begin() as connection:
        connection.execute(sa.text("INSERT INTO wb_schema VALUES (7)"))
    with pytest.raises(WorkspaceError, match="version 7.*update Workbench"):
        Workspaces(url)


def test_a_password_is_not_told():
    with pytest.raises(WorkspaceError) as told:
        Workspaces("postgresql+pg8000://user:secret@127.0.0.1:1/name")
    assert "secret" not in str(told.value) and "user" in str(told.value)
