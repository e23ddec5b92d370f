"""``python -m workbench``: the same as the ``workbench`` command."""

from __future__ import annotations

from workbench.cli import app

if __name__ == "__main__":
    app(prog_name="workbench")
