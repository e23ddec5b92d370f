"""The recorder: what runs on the bus goes into the store, each record once, whatever is killed meanwhile."""

from workbench.live.recorder.board import RecorderStatus, SymbolStatus, recorders
from workbench.live.recorder.recorder import Recorder

__all__ = ["Recorder", "RecorderStatus", "SymbolStatus", "recorders"]
