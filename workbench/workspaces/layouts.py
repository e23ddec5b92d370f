"""Layouts: what charts are open and how they look, as a versioned JSON document under a name."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workbench.errors import UnknownNameError, WorkspaceError, did_you_mean
from workbench.workspaces.database import Database, layouts, preferences

#: Version of the documents that are written now.
VERSION = 1
#: From a version of a document to the next one: ``MIGRATIONS[1](document)`` gives one of version 2.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
#: Bytes of a document and saves of one layout that are kept.
LARGEST, KEPT = 1_000_000, 50
#: The name under which a page keeps what is open, to restore it after a reload.
OPEN = "(open)"
_ATTEMPTS = 20


@dataclass(frozen=True)
class Layout:
    """One save of a layout. ``saved`` is ns UTC."""

    owner: str
    name: str
    revision: int
    saved: int
    document: Mapping[str, Any]


class Layouts:
    """Named layouts of each owner, every save kept (the newest ``KEPT``).

    Owners are names of users; "" is everybody where there is no login.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, name: str, document: Mapping[str, Any], *, owner: str = "") -> Layout:
        """Keep a document under a name, beside what was saved there before.

        Raises
        ------
        WorkspaceError
            The name is empty or too long, or the document is no JSON object, or too large.
        """
        name = _name(name)
        text = _written({**document, "version": VERSION})
        for _ in range(_ATTEMPTS):
            try:
                with self._database.begin() as connection:
                    revision = self._newest(connection, owner, name) + 1
                    saved = time.time_ns()
                    connection.execute(
                        layouts.insert().values(owner=owner, name=name, revision=revision, document=text, saved=saved)
                    )
                    connection.execute(layouts.delete().where(_is(owner, name), layouts.c.revision <= revision - KEPT))
                return Layout(owner, name, revision, saved, json.loads(text))
            except sa.exc.IntegrityError:
                continue  # somebody saved the same revision in between
        raise WorkspaceError(f"layout {name!r} is being saved by many at once: try again")

    def load(self, name: str, *, owner: str = "", revision: int | None = None) -> Layout:
        """The newest save of a layout (or one of its ``revisions``), brought to the version of today.

        Raises
        ------
        UnknownNameError
            There is no such layout.
        WorkspaceError
            The document cannot be read; it stays as it is.
        """
        query = sa.select(layouts).where(_is(owner, name)).order_by(layouts.c.revision.desc()).limit(1)
        if revision is not None:
            query = query.where(layouts.c.revision == revision)
        with self._database.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.document is None:
            raise UnknownNameError(f"no layout {name!r}: {did_you_mean(name, self.names(owner=owner))}")
        return Layout(owner, name, row.revision, row.saved, read(row.document, f"layout {name!r}"))

    def names(self, *, owner: str = "") -> list[str]:
        """Names of the owner's layouts, the one saved last first."""
        newest = (
            sa.select(layouts.c.name, sa.func.max(layouts.c.revision).label("revision"))
            .where(layouts.c.owner == owner, layouts.c.name != OPEN)
            .group_by(layouts.c.name)
            .subquery()
        )
        query = (
            sa.select(layouts.c.name)
            .join(newest, sa.and_(layouts.c.name == newest.c.name, layouts.c.revision == newest.c.revision))
            .where(layouts.c.owner == owner, layouts.c.document.is_not(None))
            .order_by(layouts.c.saved.desc(), layouts.c.name)
        )
        with self._database.begin() as connection:
            return list(connection.execute(query).scalars())

    def revisions(self, name: str, *, owner: str = "") -> list[tuple[int, int]]:
        """``(revision, saved)`` of what is kept of a layout, newest first; deletions are left out."""
        query = (
            sa.select(layouts.c.revision, layouts.c.saved)
            .where(_is(owner, name), layouts.c.document.is_not(None))
            .order_by(layouts.c.revision.desc())
        )
        with self._database.begin() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def delete(self, name: str, *, owner: str = "") -> None:
        """Take a layout off the list; its saves stay and can be loaded by revision."""
        self.load(name, owner=owner)
        with self._database.begin() as connection:
            revision = self._newest(connection, owner, name) + 1
            connection.execute(
                layouts.insert().values(owner=owner, name=name, revision=revision, document=None, saved=time.time_ns())
            )

    def rename(self, name: str, to: str, *, owner: str = "") -> None:
        """Give a layout another name; all its saves go with it, and so does being the default.

        Raises
        ------
        UnknownNameError
            There is no such layout.
        WorkspaceError
            There is one of the new name, or that is no name.
        """
        to = _name(to)
        self.load(name, owner=owner)
        if to in self.names(owner=owner):
            raise WorkspaceError(f"there is a layout {to!r} already: choose another name")
        first = self.default(owner=owner) == name
        with self._database.begin() as connection:
            # What was deleted under the new name stays below.
            below = self._newest(connection, owner, to)
            connection.execute(
                layouts.update().where(_is(owner, name)).values(name=to, revision=layouts.c.revision + below)
            )
        if first:
            self.set_default(to, owner=owner)

    def default(self, *, owner: str = "") -> str | None:
        """Name of the layout that opens first; None when there is none, or it was deleted."""
        query = sa.select(preferences.c.value).where(
            preferences.c.owner == owner, preferences.c.name == "default_layout"
        )
        with self._database.begin() as connection:
            name = connection.execute(query).scalar()
        return name if name in self.names(owner=owner) else None

    def set_default(self, name: str | None, *, owner: str = "") -> None:
        """Let a layout open first; None for no one."""
        if name is not None:
            self.load(name, owner=owner)
        mine = sa.and_(preferences.c.owner == owner, preferences.c.name == "default_layout")
        with self._database.begin() as connection:
            connection.execute(preferences.delete().where(mine))
            if name is not None:
                connection.execute(preferences.insert().values(owner=owner, name="default_layout", value=name))

    def _newest(self, connection: sa.Connection, owner: str, name: str) -> int:
        return connection.execute(sa.select(sa.func.max(layouts.c.revision)).where(_is(owner, name))).scalar() or 0


def read(text: str, what: str = "this layout") -> dict[str, Any]:
    """A document from its JSON text, brought to the version of today.

    Raises
    ------
    WorkspaceError
        It is no JSON object, has no version, or one that this Workbench does not know.
    """
    if len(text) > LARGEST:
        raise WorkspaceError(f"{what} has {len(text):,} characters; at most {LARGEST:,} are read")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WorkspaceError(f"{what} cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise WorkspaceError(f"{what} must be a JSON object, not {type(document).__name__}")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise WorkspaceError(f"{what} says version {version!r}; it must be a number from 1 to {VERSION}")
    if version > VERSION:
        raise WorkspaceError(f"{what} is of version {version}, this Workbench reads up to {VERSION}: update Workbench")
    while document["version"] < VERSION:
        version = document["version"]
        document = {**MIGRATIONS[version](copy.deepcopy(document)), "version": version + 1}
    return document


def _written(document: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(document, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise WorkspaceError(f"this layout cannot be written as JSON: {error}") from None
    if len(text) > LARGEST:
        raise WorkspaceError(f"this layout has {len(text):,} characters; at most {LARGEST:,} are kept")
    return text


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 128 or not name.isprintable():
        raise WorkspaceError(f"a layout's name has 1 to 128 printable characters, not {name[:140]!r}")
    return name


def _is(owner: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(layouts.c.owner == owner, layouts.c.name == name)
