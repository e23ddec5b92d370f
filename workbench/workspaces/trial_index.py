"""Rows of the trial ledger: what was tried, on which data, by whom. What they mean is ``sweep.ledger``'s to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.workspaces.database import Database, create, metadata

trials = sa.Table(
    "wb_trials",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("data", sa.String(64), nullable=False, index=True),
    sa.Column("family", sa.String(128), nullable=False),
    sa.Column("strategy", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("who", sa.String(128), nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("cells", sa.BigInteger, nullable=False),
    sa.Column("known", sa.BigInteger, nullable=False),
    sa.Column("mean", sa.Float(53), nullable=False),
    sa.Column("square", sa.Float(53), nullable=False),
    sa.Column("best", sa.Float(53)),
    sa.Column("each", sa.LargeBinary),
)


class TrialIndex:
    """Rows ``id data family strategy kind who created cells known mean square best each``; times are ns UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.begin() as connection:
            # A database of before has the other tables only.
            create(connection, (trials,))

    def put(self, row: Mapping[str, Any]) -> bool:
        """Write a row; one of the same id stays unless this has more cells. Whether it was written."""
        try:
            with self._database.begin() as connection:
                connection.execute(trials.insert().values(dict(row)))
            return True
        except sa.exc.IntegrityError:
            pass
        kept = {name: value for name, value in row.items() if name not in ("id", "created", "who")}
        with self._database.begin() as connection:
            fewer = sa.and_(trials.c.id == row["id"], trials.c.cells < row["cells"])
            return connection.execute(trials.update().where(fewer).values(kept)).rowcount > 0

    def rows(self, data: str | None = None, family: str | None = None) -> list[dict[str, Any]]:
        """Rows of these data and this family, or of all, the oldest first."""
        query = sa.select(trials).order_by(trials.c.created, trials.c.id)
        if data is not None:
            query = query.where(trials.c.data == data)
        if family is not None:
            query = query.where(trials.c.family == family)
        with self._database.begin() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]
