"""Indicators of the user's: from a cell, from a file of the plugin folder, and what becomes of those that fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import doctor, warm
from workbench.config import load_settings
from workbench.errors import DataError, WorkbenchError
from workbench.indicators import Indicator, PriceIndicator, Studies, indicator, indicators
from workbench.registry import Registry

BARS = pd.DataFrame({"close": np.arange(1.0, 21.0)}, pd.date_range("2026-01-05", periods=20, freq="1min", tz="UTC"))

GOOD = '''
import numpy as np
import param
import workbench as wb

@wb.indicators.register("my_mean")
class MyMean(wb.indicators.PriceIndicator):
    """Mean of the last bars."""

    title = "My mean"
    window = param.Integer(3, bounds=(1, None), doc="Bars of the mean.")

    @property
    def lookback(self):
        return self.window - 1

    warmup = lookback

    def kernel(self):
        return mean

    def constants(self):
        return (self.window,)

def mean(a, b, c, d, e, start, seen, out, p, s):
    window = int(p[0])
    for i in range(start, len(a)):
        out[0, i - start] = a[i - window + 1 : i + 1].sum() / window if seen + i - start >= window - 1 else np.nan
'''
BAD = {
    "syntax.py": ("class Broken(\n", r"syntax.py, line 1: SyntaxError"),
    "raises.py": ("x = 1\nraise ValueError('no luck')\n", r"raises.py, line 2: ValueError: no luck"),
    "taken.py": (
        "import workbench as wb\n\n@wb.indicators.register('rsi')\nclass Mine(wb.indicators.PriceIndicator):\n"
        "    title = 'Mine'\n    def kernel(self): pass\n",
        r"taken.py, line 3: WorkbenchError: indicator 'rsi' is already declared by workbench.indicators",
    ),
    "halfway.py": (
        "import workbench as wb\n\n@wb.indicators.register('half')\nclass Half(wb.indicators.PriceIndicator):\n"
        "    title = 'Half'\n    def kernel(self): pass\n\nimport nowhere_to_be_found\n",
        r"halfway.py, line 8: ModuleNotFoundError",
    ),
}


def in_fresh_python(code: str, folder: Path) -> str:
    there = {**os.environ, "WORKBENCH_PLUGINS": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=there, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def cell():
    """What is registered in a test is forgotten after it."""
    kept = dict(indicators._plugins)
    yield
    indicators._plugins = kept


def declared(name: str = "cell_study", module: str = "__main__", **body: object) -> type[Indicator]:
    kind = type(
        "Cell", (PriceIndicator,), {"__module__": module, "title": "Cell", "kernel": lambda self: twice, **body}
    )
    return indicators.register(name)(kind)


def twice(a, b, c, d, e, start, seen, out, p, s):
    for i in range(start, len(a)):
        out[0, i - start] = 2 * a[i]


def halves(a, b, c, d, e, start, seen, out, p, s):
    for i in range(start, len(a)):
        if a[i] > 3:
            raise ValueError("too much")
        out[0, i - start] = a[i] / 2


def strange(a, b, c, d, e, start, seen, out, p, s):
    out[0, :] = pd.Series(a[start:]).to_numpy()


def test_files_of_the_folder_are_found_and_what_fails_is_named(tmp_path):
    (tmp_path / "mean.py").write_text(GOOD)
    (tmp_path / "_helper.py").write_text("raise RuntimeError('not a plugin')\n")
    for name, (text, _) in BAD.items():
        (tmp_path / name).write_text(text)
    said = in_fresh_python(
        "import numpy as np, pandas as pd, pickle, workbench as wb\n"
        "bars = pd.DataFrame({'close': np.arange(5.0)})\n"
        "one = pickle.loads(pickle.dumps(wb.indicator('my_mean', window=2)))\n"
        "print(one(bars).tolist(), one.stream().update(bars).tolist(), type(one).__module__)\n"
        "print('half' in wb.indicators.names(), type(wb.indicator('rsi')).__module__)\n"
        "from workbench.indicators import indicators\n"
        "for name, why in indicators.failed.items(): print(name, '::', why)\n"
        "from workbench import doctor; from workbench.config import load_settings\n"
        "print(doctor.check_plugins(load_settings()))\n",
        tmp_path,
    )
    lines = said.splitlines()
    assert lines[0] == "[nan, 0.5, 1.5, 2.5, 3.5] [nan, 0.5, 1.5, 2.5, 3.5] workbench_plugins.mean"
    assert lines[1].startswith("False workbench.indicators.")
    failed = dict(line.split(" :: ") for line in lines[2 : 2 + len(BAD)])
    assert set(failed) == {str(tmp_path / name) for name in BAD}
    for name, (_, why) in BAD.items():
        assert why.replace("\\", "") in failed[str(tmp_path / name)]
    assert "state='bad'" in lines[-1] and "no luck" in lines[-1] and "mend or move away" in lines[-1]


def test_no_folder_and_settings_that_cannot_be_read(tmp_path):
    code = (
        "import workbench as wb\nfrom workbench.indicators import indicators\n"
        "print(len(wb.indicators.names()) > 100, indicators.failed)"
    )
    assert in_fresh_python(code, tmp_path / "none") == "True {}\n"
    there = {**os.environ, "WORKBENCH_REDIS_URL": "http://x"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=there, timeout=300)
    assert done.stdout.startswith("True {'settings'") and "redis_url" in done.stdout


def test_the_setting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings().plugins == tmp_path / "plugins"
    (tmp_path / "workbench.toml").write_text('plugins = "mine"\n')
    assert load_settings().plugins == tmp_path / "mine"
    assert doctor.check_plugins(load_settings()).state == "ok"


@pytest.mark.usefixtures("cell")
def test_a_cell_that_runs_again_replaces_its_class():
    first = declared()
    assert indicators.get("cell_study") is first
    second = declared(kernel=lambda self: halves)
    assert indicators.get("cell_study") is second
    with pytest.raises(WorkbenchError, match="'cell_study' is already declared by __main__.Cell"):
        declared(module="other")
    with pytest.raises(WorkbenchError, match="'rsi' is already declared by workbench.indicators"):
        declared("rsi")


@pytest.mark.usefixtures("cell")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"title": ""}, "has no title"),
        ({"outputs": ()}, r"has outputs \(\)"),
        ({"outputs": "value"}, "has outputs 'value'"),
        ({"inputs": "high"}, "has inputs 'high'"),
        ({"kernel": Indicator.kernel}, "has no kernel"),
    ],
)
def test_a_class_that_declares_nonsense_is_refused(body, why):
    with pytest.raises(WorkbenchError, match=rf"indicator 'cell_study' \(__main__.Cell\) {why}"):
        declared(**body)
    assert "cell_study" not in indicators.names()
    with pytest.raises(WorkbenchError, match="is not a subclass of Indicator"):
        indicators.register("cell_study")(type("Other", (), {}))


@pytest.mark.usefixtures("cell")
def test_a_loop_of_plain_python_works_whole_and_in_a_stream():
    declared()
    one = indicator("cell_study")
    assert one(BARS).tolist() == (2 * BARS["close"]).tolist()
    assert one.stream().update(BARS).tolist() == one(BARS).tolist()
    assert Studies([one, indicator("sma", window=2)]).update(BARS)["cell_study"].tolist() == one(BARS).tolist()


@pytest.mark.usefixtures("cell")
def test_a_loop_that_raises_is_named():
    declared(kernel=lambda self: halves)
    one = indicator("cell_study")
    told = r"cell_study failed \(__main__.Cell\): ValueError: too much"
    with pytest.raises(DataError, match=told) as caught:
        one(BARS)
    assert isinstance(caught.value.__cause__, ValueError)
    studies = Studies([indicator("sma", window=2), one])
    assert studies.update(BARS.iloc[:3])["cell_study"].tolist() == [0.5, 1.0, 1.5]
    with pytest.raises(DataError, match=told):
        studies.update(BARS.iloc[3:])
    assert indicator("sma", window=2)(BARS).iloc[-1] == 19.5


@pytest.mark.usefixtures("cell")
def test_a_loop_that_cannot_be_compiled_says_so_in_a_stream():
    declared(kernel=lambda self: strange)
    one = indicator("cell_study")
    assert one(BARS).tolist() == BARS["close"].tolist()
    with pytest.raises(DataError, match="cell_study: its loop cannot be compiled, which a stream needs"):
        one.stream().update(BARS)


def test_an_entry_point_that_fails_leaves_nothing_behind(monkeypatch):
    family = Registry("thing", "workbench.live.feeds", "workbench.tests")

    class Point:
        name = "theirs"

        def load(self):
            family.register("left")(type("Left", (), {}))
            raise RuntimeError("then no")

    monkeypatch.setattr("workbench.registry.entry_points", lambda group: [Point()])
    assert "left" not in family.names()
    assert family.failed["theirs"].endswith("RuntimeError: then no")


def test_what_is_compiled_beforehand(monkeypatch):
    first, then = warm.pieces()
    assert {"loop momentum.macd", "bars time", "bars renko"} <= set(first) and "indicator rsi" in then
    monkeypatch.setattr(
        warm, "pieces", lambda: (["loop price.same", "bars time"], ["indicator sma", "indicator nosuch"])
    )
    seen: list[tuple[int, int, str]] = []
    failed = warm.warm(lambda *told: seen.append(told), processes=1)
    assert [done for done, _, _ in seen] == [1, 2, 3, 4] and {total for _, total, _ in seen} == {4}
    assert len(failed) == 1 and failed[0].startswith("indicator nosuch: UnknownNameError: unknown indicator 'nosuch'")
