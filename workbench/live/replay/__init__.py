"""Replay: stored trades, quotes and books published again, as they came, at any speed.

A replay is a feed: it writes the keys and records that every feed writes, in a world of its own (``live.worlds``).
``reel`` reads what is stored, ``pace`` is its clock, ``goals`` say where to stop, ``player`` brings them together,
``outlet`` is the bus, and ``controls`` what a user has in hand.
"""

from workbench.live.replay.controls import AttachedReplay, Controls, Replay

__all__ = ["AttachedReplay", "Controls", "Replay"]
