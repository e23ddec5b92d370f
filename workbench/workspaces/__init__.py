"""What users make and keep: layouts of charts, and drawings on them, in a database.

>>> from workbench.workspaces import Workspaces
>>> kept = Workspaces("sqlite://")
>>> kept.layouts.save("morning", {"charts": [{"symbol": "ES"}]}).revision
1
"""

from __future__ import annotations

from workbench.workspaces.annotations import KINDS, Annotation, Annotations
from workbench.workspaces.database import Database
from workbench.workspaces.layouts import VERSION, Layout, Layouts


class Workspaces:
    """Layouts and annotations of one database.

    Parameters
    ----------
    url
        SQLAlchemy URL: ``sqlite:////folder/workbench.db``, ``postgresql+psycopg://user@host/name``.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.layouts = Layouts(self.database)
        self.annotations = Annotations(self.database)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()


__all__ = ["KINDS", "VERSION", "Annotation", "Annotations", "Database", "Layout", "Layouts", "Workspaces"]
