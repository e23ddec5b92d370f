"""The index of stored runs: what a list of them shows, their tags and notes. The runs themselves are files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from workbench.workspaces.database import Database, create, metadata

runs = sa.Table(
    "wb_runs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("created", sa.BigInteger, nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("strategy", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("files", sa.Text, nullable=False),
    sa.Column("removed", sa.BigInteger),
)

tags = sa.Table(
    "wb_run_tags",
    metadata,
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("tag", sa.String(64), primary_key=True),
)


class RunIndex:
    """Rows of runs by id: ``id created name note strategy summary files removed tags``; times are ns UTC.

    ``summary`` and ``files`` are mappings as JSON has them, ``removed`` is None for a run that is not in the trash.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.begin() as connection:
            # A database of before has the other tables only.
            create(connection, (runs, tags))

    def add(self, row: Mapping[str, Any]) -> bool:
        """Put a run into the list; False when it is there already."""
        written = {**row, "summary": json.dumps(row["summary"]), "files": json.dumps(row["files"])}
        named = written.pop("tags")
        try:
            with self._database.begin() as connection:
                connection.execute(runs.insert().values(written))
                if named:
                    connection.execute(tags.insert(), [{"run": row["id"], "tag": tag} for tag in sorted(set(named))])
        except sa.exc.IntegrityError:
            return False
        return True

    def known(self) -> set[str]:
        """Ids of all runs, those in the trash too."""
        with self._database.begin() as connection:
            return set(connection.execute(sa.select(runs.c.id)).scalars())

    def rows(
        self,
        *,
        strategy: str | None = None,
        tag: str | None = None,
        since: int | None = None,
        removed: bool = False,
    ) -> list[dict[str, Any]]:
        """Runs of the list (of the trash with ``removed``), newest first."""
        query = sa.select(runs).where(runs.c.removed.is_not(None) if removed else runs.c.removed.is_(None))
        if strategy is not None:
            query = query.where(runs.c.strategy == strategy)
        if tag is not None:
            query = query.where(runs.c.id.in_(sa.select(tags.c.run).where(tags.c.tag == tag)))
        if since is not None:
            query = query.where(runs.c.created >= since)
        with self._database.begin() as connection:
            found = connection.execute(query.order_by(runs.c.created.desc(), runs.c.id.desc())).mappings().all()
            named: dict[str, list[str]] = {}
            for run, one in connection.execute(sa.select(tags).order_by(tags.c.tag)):
                named.setdefault(run, []).append(one)
        return [_read(row, named.get(row["id"], [])) for row in found]

    def get(self, id: str) -> dict[str, Any] | None:
        """One run, in the trash or not; None when there is none of this id."""
        with self._database.begin() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == id)).mappings().one_or_none()
            named = connection.execute(sa.select(tags.c.tag).where(tags.c.run == id).order_by(tags.c.tag)).scalars()
            return None if row is None else _read(row, list(named))

    def ids(self, text: str, removed: bool = False) -> list[str]:
        """Runs that a text may mean: of this name, or whose id begins or ends with it; newest first."""
        means = sa.or_(
            runs.c.name == text, runs.c.id.startswith(text, autoescape=True), runs.c.id.endswith(text, autoescape=True)
        )
        where = runs.c.removed.is_not(None) if removed else runs.c.removed.is_(None)
        with self._database.begin() as connection:
            query = sa.select(runs.c.id).where(where, means).order_by(runs.c.created.desc(), runs.c.id.desc())
            return list(connection.execute(query).scalars())

    def change(self, id: str, **values: Any) -> None:
        """Set ``name``, ``note`` or ``removed`` of a run."""
        with self._database.begin() as connection:
            connection.execute(runs.update().where(runs.c.id == id).values(**values))

    def tag(self, id: str, names: Iterable[str]) -> None:
        """Give a run tags; those it has already stay."""
        for name in names:
            try:
                with self._database.begin() as connection:
                    connection.execute(tags.insert().values(run=id, tag=name))
            except sa.exc.IntegrityError:
                continue

    def untag(self, id: str, names: Iterable[str]) -> None:
        """Take tags off a run."""
        with self._database.begin() as connection:
            connection.execute(tags.delete().where(tags.c.run == id, tags.c.tag.in_(list(names))))


def _read(row: Mapping[str, Any], named: list[str]) -> dict[str, Any]:
    return {**row, "summary": json.loads(row["summary"]), "files": json.loads(row["files"]), "tags": named}
