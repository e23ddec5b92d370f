"""Every registered strategy runs as it is, compiled and plain alike, and is compiled ahead by ``doctor --warm``.

Those of the library say what their idea is, where it is from and when it fails; ``docs/strategies.md`` lists them.
"""

import inspect
import pickle

import numpy as np
import pandas as pd
import param
import pytest

from tests.architecture import tree
from workbench.backtest import backtest
from workbench.strategies import Portfolio, Strategy, strategies, strategy
from workbench.strategies.base import MANY
from workbench.warm import compile_piece

NAMES = strategies.names()
#: All that are a way to trade, and not a form for any.
LIBRARY = [name for name in NAMES if name not in ("formula", "signals")]
PAGE = (tree.ROOT / "docs" / "strategies.md").read_text("utf-8")


def bars(seed: int = 3, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.006, n)))
    open_ = np.r_[close[0], close[:-1]] * np.exp(rng.normal(0, 0.001, n))
    spread = close * rng.uniform(0.001, 0.006, n)
    index = pd.date_range("2026-01-05 14:30", periods=n, freq="15min", tz="UTC").as_unit("ns")
    found = pd.DataFrame({"open": open_, "high": np.maximum(open_, close) + spread}, index=index)
    found = found.assign(low=np.minimum(open_, close) - spread, close=close, volume=rng.uniform(50, 500, n))
    return found.assign(buy_volume=found["volume"] * rng.uniform(0, 1, n)).assign(
        sell_volume=lambda b: b["volume"] - b["buy_volume"], trades=5, vwap=close
    )


def example(name: str) -> tuple[Strategy, dict[str, pd.DataFrame]]:
    one = strategy(name, **strategies.get(name).example)
    return one, {f"S{k}": bars(3 + k) for k in range(one.symbols[0])}


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_compiled_and_plain_with_the_same_numbers(name):
    one, market = example(name)
    compiled, plain = backtest(one, market), backtest(one, market, compiled=False)
    assert compiled.equity.equals(plain.equity)
    pd.testing.assert_frame_equal(compiled.fills, plain.fills)
    assert len(compiled.fills) > 0


@pytest.mark.parametrize("name", NAMES)
def test_it_knows_no_later_bars(name):
    one, market = example(name)
    whole = backtest(one, market, audit=False)
    for cut in (150, 251, 399):
        part = backtest(one, {symbol: frame.iloc[:cut] for symbol, frame in market.items()}, audit=False)
        assert whole.equity.iloc[:cut].equals(part.equity)


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_through_pickle(name):
    one, market = example(name)
    again = pickle.loads(pickle.dumps(one))
    assert again.values() == one.values()
    assert backtest(again, market).equity.equals(backtest(one, market).equity)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_compiled_ahead(name):
    assert compile_piece(f"strategy {name}") == ""


@pytest.mark.parametrize("name", NAMES)
def test_it_says_how_many_symbols_it_trades(name):
    least, most = strategies.get(name).symbols
    assert 1 <= least <= most


def parts(name: str) -> dict[str, str]:
    """First line, ``Source`` and ``Fails`` of its docstring."""
    paragraphs = inspect.cleandoc(strategies.get(name).__doc__).split("\n\n")
    said = {"idea": paragraphs[0]}
    for line in paragraphs[-1].replace("\nFails:", "\n\nFails:").split("\n\n"):
        key, _, text = line.partition(": ")
        said[key] = text[:1].upper() + text[1:]
    return {key: " ".join(text.split()) for key, text in said.items()}


@pytest.mark.parametrize("name", LIBRARY)
def test_it_says_its_idea_its_source_and_when_it_fails(name):
    kind, said = strategies.get(name), parts(name)
    assert kind.title and said.keys() == {"idea", "Source", "Fails"}
    assert all(text.endswith(".") and len(text) > 30 for text in said.values())
    for parameter in kind.param:
        declared = kind.param[parameter]
        assert parameter == "name" or declared.doc.endswith(".")
        assert not isinstance(declared, param.Number) or None not in declared.bounds


@pytest.mark.parametrize("name", LIBRARY)
def test_its_decide_is_short(name):
    lines = inspect.getsource(strategies.get(name).decide).splitlines()
    assert len(lines) <= 16  # fifteen and the first


def row(name: str) -> str:
    kind, said = strategies.get(name), parts(name)
    least, most = kind.symbols
    count = "each" if (least, most) == (1, MANY) else str(least) if least == most else f"{least} or more"
    values = ", ".join(f"`{key}` {value}" for key, value in kind().values().items())
    cells = f"`{name}`", kind.title, count, said["idea"], values, said["Source"], said["Fails"]
    return f"| {' | '.join(cells)} |".replace("``", "`")


def test_the_page_has_every_strategy_of_the_library():
    wanted = [row(name) for name in LIBRARY]
    found = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert found == wanted, "the table is to be:\n" + "\n".join(wanted)


def blocks() -> list[str]:
    """The Python of the page, each piece with those before it."""
    found = [piece.partition("```")[0] for piece in PAGE.split("```python\n")[1:]]
    return found


def test_what_the_page_shows_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(strategies, "_plugins", dict(strategies._plugins))  # what the page registers is forgotten
    text = "\n".join(blocks())
    (tmp_path / "page.py").write_text(text)  # what is compiled is looked for in its file
    known = {"bars": bars(1), "market": {symbol: bars(k) for k, symbol in enumerate("ABC")}, "__name__": "page"}
    exec(compile(text, str(tmp_path / "page.py"), "exec"), known)
    assert isinstance(known["spread"].strategy, Portfolio) and "my_dip" in strategies.names()
    for name in ("result", "spread", "ranked"):
        assert len(known[name].fills) > 0
