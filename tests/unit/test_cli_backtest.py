"""The commands that run a strategy on history, and those of the runs that were kept."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import param
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import workbench.services
from workbench.backtest import backtest
from workbench.cli import app
from workbench.cli.backtest import Patient, chosen_costs
from workbench.cli.values import plain, value_of, values_of
from workbench.config import Settings
from workbench.errors import ConfigError, UnknownNameError
from workbench.market.events import BAR
from workbench.services import Services
from workbench.strategies import SmaCross
from workbench.trading import Costs

DAY = 86_400_000_000_000


def daily(seed: int, count: int = 400, size: int = DAY) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(count, BAR)
    out["time"] = np.datetime64("2020-01-01", "ns").astype("i8") + np.arange(count) * size
    out["close"] = np.round(100 * np.exp(np.cumsum(rng.normal(size=count) * 0.02)), 2)
    out["open"] = np.concatenate([[100.0], out["close"][:-1]])
    out["high"], out["low"] = np.maximum(out["open"], out["close"]) + 1, np.minimum(out["open"], out["close"]) - 1
    out["volume"], out["vwap"] = 10, np.nan
    return out


@pytest.fixture(autouse=True)
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path / "catalogs"))
    for n, name in enumerate(("UPP-USD", "DWN-USD")):
        made.catalog.store.write("test", "bars_1d", name, daily(n))
    made.catalog.store.write("fine", "bars_1h", "FIN-USD", daily(5, 2400, DAY // 24))
    monkeypatch.setattr(workbench.services, "_services", made)
    monkeypatch.chdir(tmp_path)
    yield made
    made.close()


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, (result.output, result.exception)
    assert "Traceback" not in result.output
    return result.output


def test(*arguments: str, code: int = 0) -> str:
    return run("backtest", *arguments, "--no-audit", code=code)


test.__test__ = False


def as_json(*arguments: str) -> dict:
    return json.loads(test(*arguments, "--json"))


def words(text: str) -> str:
    return " ".join(text.split())


class TestBacktest:
    def test_the_figures_are_those_of_the_run(self, services):
        said = as_json("sma_cross", "UPP-USD", "1d", "--set", "fast=4", "--set", "slow=12", "--fees", "0.002")
        result = backtest(SmaCross(fast=4, slow=12), services.catalog.bars("UPP-USD", "1d"), fees=0.002, audit=False)
        stats = {name: value if np.isfinite(value) else None for name, value in result.stats.items()}
        assert said["stats"] == stats and said["parameters"] == {"fast": 4, "slow": 12} and said["bars"] == 400
        assert said["symbols"] == ["UPP-USD"] and said["spec"] == "1d" and said["annual"] == str(result.stats.annual)
        text = words(test("sma_cross", "UPP-USD", "1d", "--set", "fast=4", "--set", "slow=12", "--fees", "0.002"))
        assert f"at the end {result.stats['final_equity']:,.2f}" in text
        assert f"Sharpe {result.stats['sharpe']:,.2f}" in text and str(result.stats.annual) in text
        assert f"return {100 * result.stats['total_return']:+,.2f} %" in text
        worst = result.drawdowns.iloc[0]
        assert f"deepest drawdown: {100 * worst['depth']:,.2f} % from {worst['start']:%Y-%m-%d}" in text
        last = result.round_trips.iloc[-1]
        assert f"{last['entry_time']:%Y-%m-%d} {last['exit_time']:%Y-%m-%d}" in text and f"{last['pnl']:,.2f}" in text
        assert "taker 0.002" in text and "fast 4, slow 12" in text

    def test_all_that_can_be_said_reaches_the_run(self):
        options = {
            "--cash": "5000", "--fill": "close", "--sizing": "1.5", "--leverage": "2", "--session": "24/7",
            "--start": "2020-02-01", "--end": "2020-09-01", "--source": "test", "--slippage": "0.001",
        }  # fmt: skip
        more = ["--whole-units", "--no-short", "--costs", "per_unit=0.01", "--costs", "touch=yes"]
        said = as_json("sma_flip", "UPP-USD,DWN-USD", *[part for pair in options.items() for part in pair], *more)
        assert said["symbols"] == ["UPP-USD", "DWN-USD"]
        costs = {"slippage": 0.001, "per_unit": 0.01, "touch": True, "lot": 1.0}
        wanted = {"cash": 5000.0, "fill": "close", "sizing": 1.5, "leverage": 2.0, "session": "24/7", "short": False}
        assert said["keywords"] == {**wanted, "costs": costs, "path": "pessimistic", "close_at_end": False}
        assert said["first"].startswith("2020-02-01") and said["last"].startswith("2020-08-31")

    def test_times_are_of_the_zone(self):
        said = as_json(
            "sma_flip", "FIN-USD", "1h", "--start", "2020-02-01", "--end", "2020-02-02", "--tz", "Asia/Tokyo"
        )
        assert said["first"] == "2020-01-31T15:00:00+00:00" and said["bars"] == 24
        text = test("sma_flip", "FIN-USD", "1h", "--tz", "Asia/Tokyo")
        assert "2020-01-01 to 2020-04-10" in text

    def test_a_formula_and_a_file(self, tmp_path):
        formula = as_json("close > sma(close, 20)", "UPP-USD")
        assert formula["strategy"] == "formula" and formula["parameters"] == {"text": "close > sma(close, 20)"}
        source = """
            import param
            from workbench.strategies import Strategy
            class Mine(Strategy):
                size = param.Number(0.5, bounds=(0, 1), doc="How much.")
                def decide(self, now, was, broker):
                    broker.target(self.size if now.close > now.open else 0.0)
        """
        (tmp_path / "mine.py").write_text(textwrap.dedent(source))
        said = as_json("mine.py:Mine", "UPP-USD", "--set", "size=0.25")
        assert said["parameters"] == {"size": 0.25} and said["strategy"] == f"{tmp_path / 'mine.py'}:Mine"

    def test_finer_bars_go_up_to_the_next_bar(self, services):
        said = as_json("sma_flip", "FIN-USD", "1d", "--inside", "1h", "--end", "2020-02-01", "--save")
        found = services.runs.load("last").provenance.inside["FIN-USD"]
        assert said["bars"] == 31 and found.rows == 31 * 24

    def test_files_are_written(self, tmp_path):
        text = test("sma_flip", "UPP-USD", "--report", "trips.csv", "--csv", "tables")
        assert "report: trips.csv" in text and "csv: tables" in text
        equity = pd.read_csv(tmp_path / "tables" / "equity.csv")
        assert len(equity) == 400 and len(pd.read_csv("trips.csv")) == len(pd.read_csv("tables/round_trips.csv")) > 0

    def test_what_is_uncertain_is_told(self, tmp_path):
        source = """
            from workbench.strategies import Strategy
            class Both(Strategy):
                def decide(self, now, was, broker):
                    if broker.position == 0.0:
                        broker.buy(fraction=0.5, stop_distance=0.3, profit_distance=0.3)
        """
        (tmp_path / "both.py").write_text(textwrap.dedent(source))
        text = words(test("both.py:Both", "UPP-USD"))
        found = re.search(r"inside of ([\d,]+) bars is not known, and matters; money at the end: (.*?) \(pess", text)
        said = as_json("both.py:Both", "UPP-USD")
        assert int(found[1].replace(",", "")) == said["uncertain_bars"] > 0
        assert said["bracket"]["pessimistic"] < said["bracket"]["optimistic"]
        assert found[2] == f"{said['bracket']['pessimistic']:,.2f}"

    def test_a_peek_at_the_future_is_told(self, tmp_path):
        source = """
            from workbench.strategies import Strategy
            class Seer(Strategy):
                def studies(self):
                    return {"next": lambda bars: bars["close"].shift(-1)}
                def decide(self, now, was, broker):
                    broker.target(1.0 if now.next > now.close else 0.0)
        """
        (tmp_path / "seer.py").write_text(textwrap.dedent(source))
        text = run("backtest", "seer.py:Seer", "UPP-USD")
        assert "it looks ahead: these figures are not to be had" in text and "next" in text
        assert json.loads(run("backtest", "seer.py:Seer", "UPP-USD", "--json"))["audit"] == "peeks"
        assert "audit: no look-ahead found" in run("backtest", "sma_cross", "UPP-USD")
        assert "audit" not in test("sma_cross", "UPP-USD")

    def test_a_run_without_a_trade(self):
        text = words(test("sma_cross", "UPP-USD", "--set", "slow=5000"))
        assert "there was no round trip" in text and "won -" in text and "there was no drawdown" in text

    def test_a_run_is_kept_when_it_is_asked_for(self, services):
        assert "kept as" not in test("sma_cross", "UPP-USD") and len(services.runs.list()) == 0
        for option in (["--save"], ["--tag", "a"], ["--name", "mine"], ["--note", "why"]):
            assert re.search(r"kept as ([\w-]+): workbench runs show \1", test("sma_cross", "UPP-USD", *option))
        assert as_json("sma_cross", "UPP-USD", "--save")["id"] == services.runs.id("last")
        assert len(services.runs.list()) == 5 and services.runs.load("mine").id

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["sma_cros", "UPP-USD"], "unknown strategy 'sma_cros': did you mean sma_cross"),
            (["sma_cross", "UP-USD"], "unknown symbol 'UP-USD': did you mean UPP-USD"),
            (["sma_cross", "UPP-USD", "1dd"], "bar spec '1dd' cannot be read"),
            (["sma_cross", "UPP-USD,,X"], "name each once, with commas between"),
            (["sma_cross", "UPP-USD,UPP-USD"], "name each once"),
            (
                ["sma_cross", "UPP-USD", "--set", "fst=3"],
                "--set fst: sma_cross has no such parameter; did you mean fast?",
            ),
            (["sma_cross", "UPP-USD", "--set", "fast"], "--set takes KEY=VALUE, got 'fast'"),
            (["sma_cross", "UPP-USD", "--set", "fast=x"], "--set fast=x: it takes a whole number, such as 10"),
            (["sma_cross", "UPP-USD", "--set", "fast=0"], "SmaCross: fast must be at least 1, not 0"),
            (["sma_cross", "UPP-USD", "--set", "fast=1", "--set", "fast=2"], "--set fast is given twice"),
            (["sma_cross", "UPP-USD", "--costs", "feee=1"], "--costs feee: Costs has no such parameter"),
            (["sma_cross", "UPP-USD", "--fees", "0.1", "--costs", "taker=1"], "--costs taker is what --fees says"),
            (["sma_cross", "UPP-USD", "--fees", "2"], "costs: taker must be at most 1"),
            (["sma_cross", "UPP-USD", "--fill", "opn"], "fill='opn'"),
            (["sma_cross", "UPP-USD", "--sizing", "2"], "cannot be bought with leverage=1"),
            (["sma_cross", "UPP-USD", "--cash", "0"], "cash=0.0: it is a number above 0"),
            (["sma_cross", "UPP-USD", "--start", "soon"], "--start 'soon' cannot be read"),
            (["sma_cross", "UPP-USD", "--start", "2030-01-01"], "there are data from 2020-01-01 00:00 to 2021-02-03"),
            (["sma_cross", "UPP-USD", "--tz", "Asia/Tokio"], "did you mean Asia/Tokyo"),
            (["sma_cross", "UPP-USD", "--session", "XNYSS"], "did you mean XNYS"),
            (["sma_cross", "UPP-USD", "--source", "tst"], "unknown source of UPP-USD 'tst': did you mean test?"),
            (["sma_cross", "UPP-USD", "--inside", "1h"], "no exact 1h bars of UPP-USD"),
            (["sma_cross", "UPP-USD", "--report", "x.doc"], "ending in .html, .pdf, .csv"),
            (["sma_cross", "UPP-USD", "--report", "no/x.html"], "name a file in a folder that is there"),
            (["sma_cross", "UPP-USD", "--csv", "no/such"], "name a folder, below one that is there"),
            (["sma_cross", "UPP-USD", "--no-save", "--tag", "x"], "a run that is not kept has no --tag"),
            (["sma_cross", "UPP-USD", "--tag", "a,b"], "no comma"),
            (["nowhere.py:Mine", "UPP-USD"], "there is no file nowhere.py"),
            (["emaa(close, 3) > 1", "UPP-USD"], "there is no indicator or function 'emaa': did you mean ema"),
            (["clse > 1", "UPP-USD"], "clse"),
        ],
    )
    def test_a_wrong_use_is_a_sentence_and_ends_with_2(self, arguments, message, tmp_path):
        assert message in words(test(*arguments, code=2))
        assert [one.name for one in tmp_path.iterdir() if one.name != "data"] == []

    def test_a_strategy_that_raises_ends_with_1(self, tmp_path):
        source = """
            from workbench.strategies import Strategy
            class Bad(Strategy):
                def decide(self, now, was, broker):
                    if now.bar == 7:
                        raise ValueError("seven")
        """
        (tmp_path / "bad.py").write_text(textwrap.dedent(source))
        text = words(test("bad.py:Bad", "UPP-USD", code=1))
        assert (
            "Bad raised at bar 7 (UPP-USD, 2020-01-08" in text and "line 6 of" in text and "ValueError: seven" in text
        )


class TestRuns:
    @pytest.fixture(autouse=True)
    def kept(self):
        test("sma_cross", "UPP-USD", "--name", "one", "--tag", "idea")
        test("sma_cross", "UPP-USD", "--set", "slow=20", "--fees", "0.001", "--name", "two", "--note", "slower fees")

    def test_the_list(self):
        for text in (run("runs"), run("runs", "list")):
            rows = text.splitlines()
            assert "two" in rows[1] and "sma_cross 10 20" in rows[1] and "UPP-USD 1d" in rows[1]
            assert "one" in rows[2] and "idea" in rows[2] and len(rows) == 3
        assert len(json.loads(run("runs", "list", "--json"))) == 2
        assert [one["name"] for one in json.loads(run("runs", "list", "--tag", "idea", "--json"))] == ["one"]
        assert "There are no such runs." in run("runs", "list", "--strategy", "sma_flip")
        assert "and 1 more: --last 2" in run("runs", "list", "--last", "1")
        assert "--since 'soon' cannot be read" in run("runs", "list", "--since", "soon", code=2)

    def test_the_list_of_none(self, services):
        for name in ("one", "two"):
            services.runs.delete(name)
        assert "No run has been kept yet: workbench backtest sma_cross AAPL 1d --save" in run("runs")

    def test_one_is_told(self, services):
        text = words(run("runs", "show", "two"))
        stored = services.runs.load("two")
        assert f"at the end {stored.stats['final_equity']:,.2f}" in text and "slower fees" in text
        assert stored.provenance.data_hash[:12] in text and "numpy" in text
        said = json.loads(run("runs", "show", "two", "--json"))
        assert said["stats"]["sharpe"] == stored.stats["sharpe"] and said["note"] == "slower fees"
        assert "class SmaCross(Strategy)" in run("runs", "show", "two", "--code")

    def test_beside_each_other(self):
        rows = run("runs", "compare", "one", "two").splitlines()
        assert rows[0].split() == ["one", "two"] and rows[1].split() == ["parameter", "slow", "30", "20"]
        assert "more are the same: --all" in rows[-1] and not any("fast" in row for row in rows)
        assert "fast" in run("runs", "compare", "one", "two", "--all")
        said = json.loads(run("runs", "compare", "one", "two", "--json"))
        assert said[0] == {"kind": "parameter", "name": "slow", "differs": True, "one": 30, "two": 20}
        assert "takes two runs or more" in run("runs", "compare", "one", code=2)

    def test_the_difference(self):
        text = run("runs", "diff", "one", "two")
        assert "slow was 30 and is 20" in text and "only in one" in text and "final_equity" in text
        assert "the same to the last bit" in run("runs", "diff", "one", "one")

    def test_once_more(self, services):
        text = run("runs", "again", "two")
        assert "It is the same as it was, to the last bit." in text and len(services.runs.list()) == 2
        run("runs", "again", "two", "--save")
        assert services.runs.load("two again").stats["sharpe"] == services.runs.load("two").stats["sharpe"]
        changed = daily(0)
        changed["close"][200] += 0.5
        services.catalog.store.write("test", "bars_1d", "UPP-USD", changed, replace=True)
        text = words(run("runs", "again", "two"))
        assert "Note: run" in text and "the data are not the same: UPP-USD: other values in close" in text
        assert "It is the same" not in text

    def test_tags_names_notes_trash(self, services):
        run("runs", "tag", "one", "a", "b")
        run("runs", "tag", "one", "idea", "--remove")
        run("runs", "note", "one", "read me")
        run("runs", "rename", "one", "three")
        stored = services.runs.load("three")
        assert stored.tags == ("a", "b") and stored.note == "read me"
        text = run("runs", "delete", "three", "two")
        assert f"workbench runs restore {stored.id}" in text and len(services.runs.list()) == 0
        assert "three" in run("runs", "list", "--trash")
        run("runs", "restore", "three", "two")
        assert len(services.runs.list()) == 2

    @pytest.mark.parametrize(
        "arguments",
        [["show"], ["again"], ["tag", "x"], ["note", "x"], ["rename", "x"], ["delete"], ["restore"], ["diff", "one"]],
    )
    def test_a_run_that_is_not_there(self, arguments):
        text = words(run("runs", arguments[0], "tow", *arguments[1:], code=2))
        assert "there is no run 'tow'" in text and ("did you mean two" in text or arguments == ["restore"])

    def test_a_broken_run_is_named(self, services):
        id = services.runs.id("one")
        (services.runs.folder / id / "fills.parquet").unlink()
        text = run("runs")
        assert f"{id} is broken: fills.parquet cannot be read" in text and "two" in text
        assert "fills.parquet cannot be read" in run("runs", "show", "one", code=1)


class Options(param.Parameterized):
    flag = param.Boolean(False, doc="Or not.")
    count = param.Integer(1, bounds=(0, None), doc="Whole.")
    size = param.Number(0.5, doc="Any.")
    text = param.String("", doc="Text.")
    kind = param.Selector(default="a", objects=["a", "b", 3], doc="One of.")
    maybe = param.Integer(None, allow_None=True, doc="Or none.")
    pair = param.NumericTuple((1, 2), doc="Two.")
    many = param.List([], doc="Many.")
    any_ = param.ClassSelector(class_=(str, list), doc="Text or list.")


class TestValues:
    @given(st.integers(), st.floats(allow_nan=False), st.booleans(), st.text(), st.sampled_from(["a", "b", 3]))
    def test_what_is_written_is_read(self, count, size, flag, text, kind):
        given_ = {"count": count, "size": size, "flag": flag, "text": text.strip(), "kind": kind}
        texts = [f"{name}={value}" for name, value in given_.items()]
        found = values_of(Options, texts, "--set")
        assert found == given_ and all(type(found[name]) is type(value) for name, value in given_.items())

    @given(st.sampled_from(["count", "size", "flag", "kind", "pair", "many", "maybe"]), st.text())
    def test_any_text_is_a_value_or_an_error_that_names_the_option(self, name, text):
        try:
            value = value_of(Options.param[name], text, f"--set {name}")
        except ConfigError as error:
            assert str(error).startswith(f"--set {name}=")
            return
        kinds = {"count": int, "size": float, "flag": bool, "kind": (str, int), "pair": tuple, "many": list}
        assert isinstance(value, kinds.get(name, (int, type(None))))

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("flag=Yes", True), ("flag=off", False), ("maybe=none", None), ("maybe=4", 4), ("pair=1,2.5", (1, 2.5)),
            ("pair=[3,4]", (3, 4)), ('many="a",2', ["a", 2]), ("any_=close > 1", "close > 1"), ("text=a=b", "a=b"),
            ("size=1e-3", 0.001), ("kind=3", 3), ("count=1_000", 1000),
        ],
    )  # fmt: skip
    def test_values(self, text, value):
        assert list(values_of(Options, [text], "--set").values()) == [value]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("flag=maybe", "--set flag=maybe: it takes yes or no"),
            ("count=1.5", "--set count=1.5: it takes a whole number"),
            ("count=none", "it takes a whole number"),
            ("size=much", "--set size=much: it takes a number"),
            ("size=nan", "it takes a number"),
            ("kind=c", "--set kind=c: known: 3, a, b"),
            ("pair=a,b", "it takes values such as 1,2"),
            ("many={", "it takes values such as 1,2"),
            ("=1", "--set takes KEY=VALUE"),
        ],
    )
    def test_what_is_no_value(self, text, message):
        with pytest.raises(ConfigError, match=re.escape(message)):
            values_of(Options, [text], "--set")

    def test_what_is_no_parameter(self):
        with pytest.raises(UnknownNameError, match="--set cuont: Options has no such parameter; did you mean count"):
            values_of(Options, ["cuont=1"], "--set")

    def test_costs(self):
        found = chosen_costs(["per_unit=0.5", "touch=yes"], 0.01, 0.002)
        assert (found.taker, found.maker, found.slippage, found.per_unit, found.touch) == (0.01, 0.01, 0.002, 0.5, True)
        assert chosen_costs(["taker=0.1"], 0.0, 0.0).taker == 0.1
        assert dict(chosen_costs([], 0.0, 0.0).param.values(onlychanged=True)) == dict(
            Costs().param.values(onlychanged=True)
        )

    def test_json_has_no_nan(self):
        found = plain({"a": [float("nan"), float("inf"), 1.0, (None, True)], "t": pd.Timestamp("2020-01-01", tz="UTC")})
        assert found == {"a": [None, None, 1.0, [None, True]], "t": "2020-01-01 00:00:00+00:00"}


def test_a_bar_is_drawn_after_a_while_only(monkeypatch):
    from workbench.cli import backtest as module

    now, drawn = [0.0], []

    class Drawn:
        def start(self):
            drawn.append("start")

        def stop(self):
            drawn.append("stop")

        def add_task(self, what, total):
            drawn.append((what, total))
            return "task"

        def update(self, task, completed, total, description):
            drawn.append(completed)

    monkeypatch.setattr(module, "progress_bar", Drawn)
    with Patient("bars", lambda: now[0]) as progress:
        progress(1, 3)
        now[0] = 1.5
        progress(2, 3)
        progress(3, 3)
    assert drawn == ["start", ("bars", 3), 2, 3, "stop"]
    with Patient("bars", lambda: 0.0) as progress:
        progress(3, 3)
    assert drawn[5:] == []
