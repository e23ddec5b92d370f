"""The database of workspaces: tables, connections, errors told in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
        with self.begin() as connection:
            metadata.create_all(connection)
            found = connection.execute(sa.select(sa.func.max(schema.c.version))).scalar()
            if found is None:
                connection.execute(schema.insert().values(version=SCHEMA))
            elif found > SCHEMA:
                raise WorkspaceError(
                    f"database {self} has tables of version {found}, this Workbench knows {SCHEMA}: "
                    "update Workbench, or set WORKBENCH_DATABASE_URL to another database"
                )

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


def _sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
