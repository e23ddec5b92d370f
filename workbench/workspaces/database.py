"""The database of workspaces: tables, connections, errors told in words."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.errors import WorkspaceError

#: Of the tables. A database of a newer one is left alone.
SCHEMA = 1
#: How long a writer waits for another (ms).
_PATIENCE_MS = 10_000

metadata = sa.MetaData()

schema = sa.Table("wb_schema", metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))

#: Every save is a row of its own, so that nothing is overwritten; ``document`` is NULL where the layout was deleted.
layouts = sa.Table(
    "wb_layouts",
    metadata,
    sa.Column("owner", sa.String(128), primary_key=True),
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("document", sa.Text),
    sa.Column("saved", sa.BigInteger, nullable=False),
)

preferences = sa.Table(
    "wb_preferences",
    metadata,
    sa.Column("owner", sa.String(128), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

annotations = sa.Table(
    "wb_annotations",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("symbol", sa.String(64), nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("anchors", sa.Text, nullable=False),
    sa.Column("style", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author", sa.String(128), nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("hidden", sa.Boolean, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("updated", sa.BigInteger, nullable=False),
    sa.Column("removed", sa.BigInteger),
)


class Database:
    """Connections to one database, whose tables are made when it has none.

    Raises
    ------
    WorkspaceError
        The URL cannot be used, or the tables are of a newer Workbench.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise WorkspaceError(
                f"database {url!r} is not an address such as sqlite:////folder/workbench.db or "
                "postgresql+psycopg://user@host/name; set WORKBENCH_DATABASE_URL"
            ) from None
        options: dict[str, Any] = {"pool_pre_ping": True}
        if self.url.get_backend_name() == "sqlite":
            options["connect_args"] = {"timeout": _PATIENCE_MS / 1000, "check_same_thread": False}
            if self.url.database in (None, "", ":memory:"):
                options["poolclass"] = sa.pool.StaticPool
            else:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            self.engine = sa.create_engine(self.url, **options)
        except (ImportError, sa.exc.ArgumentError) as error:
            raise WorkspaceError(f"database {self} cannot be used, or its driver is not installed ({error})") from None
        if self.url.get_backend_name() == "sqlite":
            sa.event.listen(self.engine, "connect", _sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        with self.begin() as connection:
            create(connection, metadata.sorted_tables)
            found = connection.execute(sa.select(sa.func.max(schema.c.version))).scalar()
            if found is not None and found > SCHEMA:
                raise WorkspaceError(
                    f"database {self} has tables of version {found}, this Workbench knows {SCHEMA}: "
                    "update Workbench, or set WORKBENCH_DATABASE_URL to another database"
                )
        if found is None:
            # Another process may have opened the new database in between.
            with suppress(sa.exc.IntegrityError), self.begin() as connection:
                connection.execute(schema.insert().values(version=SCHEMA))

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction: all of it is kept, or nothing."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.IntegrityError:
            raise
        except sa.exc.SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise WorkspaceError(f"database {self} cannot be used: {cause}. Nothing was changed.") from error

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)


def create(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Make tables that are not there; several processes may do so at once."""
    for table in tables:
        connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))


def _sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # ``_begin_sqlite`` begins, not the driver
    until = time.monotonic() + _PATIENCE_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            # SQLite does not wait for others here: several processes that open a new database at once meet.
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: sa.Connection) -> None:
    """With the right to write from the start: one that reads first and writes then is refused without waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
