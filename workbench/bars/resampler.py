"""Bars as trades come: the same cuts and the same folds as the whole tape, with the open bar carried along."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.bars.makers import DerivedBars, maker
from workbench.bars.resample import BAR_NAMES, bar_calendar, trade_columns
from workbench.errors import DataError
from workbench.market.events import as_frame, as_records
from workbench.market.specs import BarSpec


class Resampler:
    """Incremental ``resample`` of trades, of any bar spec.

    Closed bars in order, with the forming one at the end, equal ``resample`` of all trades so far bit for bit, however
    the trades are cut into chunks. Picklable in mid-stream.

    Trades are taken in the order of arrival. One that is older than the time bar (or the session, for kinds that begin
    anew with each) that is forming came too late: it is left out and counted in ``late``. One that is out of order
    inside of it counts where it arrives. One outside the session is in no bar and closes none.

    Parameters
    ----------
    spec, session, tz, flagged, delta
        As for ``resample``.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> tape = pd.DataFrame({"price": [10.0, 12.0, 11.0], "size": [1.0, 2.0, 1.0]},
    ...                     index=pd.to_datetime(["2026-01-05 10:00:01", "2026-01-05 10:00:59", "2026-01-05 10:03:00"]))
    >>> bars = wb.Resampler("1min")
    >>> bars.update(tape)["close"].tolist(), bars.forming["close"].tolist()
    ([12.0], [11.0])
    """

    def __init__(
        self,
        spec: BarSpec | str,
        *,
        session: str | None = None,
        tz: str | None = None,
        flagged: bool = False,
        delta: bool = False,
    ) -> None:
        self.spec = BarSpec.parse(spec)
        self._maker = maker(self.spec, bar_calendar(session, tz), flagged=flagged, delta=delta)

    @property
    def late(self) -> int:
        """Trades that came too late for their bar and are in none."""
        return self._maker.late

    def update(self, chunk: pd.DataFrame | np.ndarray) -> pd.DataFrame:
        """Take trades in (for kinds made of bars also closed bars of their base); a frame of the bars they closed."""
        names = set(chunk.dtype.names or ()) if isinstance(chunk, np.ndarray) else set(chunk.columns)
        if names >= BAR_NAMES:
            return as_frame(self.update_bars(as_records(chunk, "bars")))
        if isinstance(chunk, pd.DataFrame):
            return as_frame(self._maker.take(trade_columns(chunk)))
        return as_frame(self.update_records(as_records(chunk, "trades")))

    def update_records(self, records: np.ndarray) -> np.ndarray:
        """``update`` on records of ``TRADE``; returns records of ``BAR``, or of what the kind adds to it.

        Raises
        ------
        DataError
            As ``resample``; nothing of the chunk is taken in then.
        """
        return self._maker.take([records[name] for name in ("ts_event", "price", "size", "side", "flags")])

    def update_bars(self, records: np.ndarray) -> np.ndarray:
        """``update`` of a kind made of bars: closed bars of its innermost base, records with the fields of ``BAR``."""
        if not isinstance(self._maker, DerivedBars):
            raise DataError(f"{self.spec} bars are made of trades as they come; for whole frames of bars use resample")
        return self._maker.take_root(records)

    @property
    def forming(self) -> pd.DataFrame:
        """The bar that is not closed yet: a frame of one row, or of none."""
        return as_frame(self.forming_record)

    @property
    def forming_record(self) -> np.ndarray:
        """``forming`` as records."""
        return self._maker.forming
