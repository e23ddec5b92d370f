"""The Optimize page."""

from __future__ import annotations

from workbench.views.optimize.page import OptimizeView

__all__ = ["OptimizeView"]
