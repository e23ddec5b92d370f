"""What indicators declare of NaN in their inputs (``nan``) must hold: else a NaN would go by unseen."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import Indicator, indicator, indicators

BARS = made(6_000, seed=21)
#: At the end all is 0, then prices stand still and nothing is traded: what forgets then, or divides, is tried there.
ZERO, STILL = slice(5_200, 5_300), slice(5_400, 5_900)
DECLARED = [
    (name, str(sorted(values.items())), values)
    for name, kind in indicators
    if kind.nan != "asked"
    for values in [{}, *(dict(peer.values) for peer in (*kind.talib, *kind.stock) if peer.values)]
]


def raw(one: Indicator, columns: list[np.ndarray]) -> tuple[bool, np.ndarray]:
    """Whether no NaN was seen, and the outputs."""
    for column in columns:
        column.flags.writeable = False
    out = np.empty((len(one.outputs), len(columns[0])))
    return one._run(columns, out), out


@pytest.mark.parametrize(("name", "shown", "values"), DECLARED, ids=lambda it: it if isinstance(it, str) else "")
def test_a_nan_in_any_input_is_noticed(name, shown, values):
    one, rng = indicator(name, **values), np.random.default_rng(7)
    columns = [column.copy() for column in one.columns_of(BARS)]
    for column, read in zip(columns, one.reads, strict=True):
        column[ZERO] = 0.0
        column[STILL] = 0.0 if "volume" in read else column[STILL.start]
    assert raw(one, [column.copy() for column in columns])[0], "bars without NaN are taken for bars with one"
    # At the start, at the end of the warm-up, where sums are taken anew, where nothing moves, at the end, by chance.
    places = {0, 1, one.warmup - 1, one.warmup, one.warmup + 1, 4096, 5_250, 5_299, 5_399, 5_400, 5_409, 5_999}
    places |= set(rng.integers(one.warmup, len(BARS), 3).tolist())
    for q in range(len(columns)):
        for at in sorted(place for place in places if 0 <= place < len(BARS)):
            for end in {at + 1, min(at + 20, len(BARS)), len(BARS)}:
                holed = [column[:end].copy() for column in columns]
                holed[q][at] = np.nan
                seen, out = raw(one, holed)
                assert not seen, f"NaN in {one.reads[q]} at bar {at} of {end} goes by unseen"
                if one.nan == "shows" and at >= one.warmup:
                    assert np.isnan(out[:, at]).any(), f"NaN in {one.reads[q]} at bar {at} does not show there"
