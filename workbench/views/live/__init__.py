"""The Live page."""

from __future__ import annotations

from workbench.views.live.page import LiveView

__all__ = ["LiveView"]
