"""Every registered strategy can be swept over each of its numbers, with the numbers of its backtests."""

import numpy as np
import param
import pytest

from tests.contracts.test_strategies import example
from workbench.backtest import backtest
from workbench.strategies import strategies
from workbench.sweep import sweep

NAMES = ("total_return", "sharpe", "max_drawdown", "round_trips", "final_equity", "exposure")


@pytest.mark.parametrize("name", strategies.names())
def test_cells_are_its_backtests(name):
    base, data = example(name)
    for at, kind_of in base.numbers().items():
        declared = base.param[at]
        if isinstance(declared, param.Boolean):
            values = [True, False]
        else:
            value = getattr(base, at)
            most = declared.bounds[1] if declared.bounds else np.inf
            values = [value, min(value + 1 if kind_of == "i" else value * 1.5 + 0.25, most)]
        sw = sweep(base, data, {at: values}, measures=NAMES)
        assert not sw.failures
        for cell in range(len(sw)):
            own = type(base)(**{**base.values(), **sw.space.cell(cell)})
            stats = backtest(own, data, audit=False).stats
            for one in NAMES:
                np.testing.assert_allclose(sw.table.loc[cell, one], stats[one], rtol=1e-9, atol=1e-12, err_msg=one)
