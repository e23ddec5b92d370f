from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import workbench
from workbench import doctor
from workbench import serve as server
from workbench.catalog.ingest import IngestFailures, Report
from workbench.cli import app
from workbench.cli.console import pair, typed
from workbench.config import child_environment, load_settings
from workbench.errors import BusError, ConfigError, WorkbenchError
from workbench.market.events import BAR, TRADE
from workbench.market.specs import bar_kinds
from workbench.serve.family import Family
from workbench.serve.signals import StopSignal
from workbench.services import open_catalog

TIMEOUT = 60.0


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def until(condition, what: str):
    """Wait for something another process does; a real limit, not a measurement."""
    deadline = time.monotonic() + TIMEOUT
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {TIMEOUT:.0f} s"
        time.sleep(0.02)
    return value


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A child of this process that nobody has waited for, or one that init has not reaped yet.
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


class TestCommands:
    def test_version(self):
        result = run("--version")
        assert result.exit_code == 0
        assert result.output == f"workbench {workbench.__version__}\n"

    def test_every_command_explains_itself(self):
        result = run("--help")
        for name in ("serve", "ingest", "bars", "demo", "feed", "doctor"):
            assert re.search(rf"\b{name}\b", result.output)
            assert run(name, "--help").exit_code == 0

    def test_our_errors_are_a_sentence_not_a_traceback(self):
        done = subprocess.run(
            [sys.executable, "-m", "workbench", "ingest", "csv", "absent.csv"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.strip().startswith("Error: no such file: absent.csv")
        assert "Traceback" not in done.stderr

    def test_feed_without_a_bus_says_how_to_get_one(self, monkeypatch):
        monkeypatch.delenv("WORKBENCH_REDIS_URL", raising=False)
        result = run("feed", "synthetic")
        assert result.exit_code == 1
        assert "WORKBENCH_REDIS_URL" in result.output and "workbench serve" in result.output

    @pytest.mark.parametrize("text", ["tz", "=x", " = "])
    def test_pairs_must_be_pairs(self, text):
        with pytest.raises(ConfigError, match="KEY=VALUE"):
            pair(text, "--columns")

    def test_option_texts_become_values_of_their_parameter(self):
        import param

        class Options(param.Parameterized):
            count = param.Integer(1, bounds=(0, 9), doc="Whole.")
            speed = param.Number(1.0, bounds=(0, 9), doc="Fraction.")
            strict = param.Boolean(False, doc="Or not.")
            zone = param.String("", doc="Text.")

        texts = {"count": "3", "speed": "0.5", "strict": "yes", "zone": "3", "other": "1"}
        values = typed(Options.param.objects("existing"), texts)
        assert values == {"count": 3, "speed": 0.5, "strict": True, "zone": "3", "other": "1"}
        with pytest.raises(ConfigError, match="count takes integer values, got 'many'"):
            typed(Options.param.objects("existing"), {"count": "many"})


class TestIngest:
    """The importers have tests of their own; here, that words of the command line reach them."""

    @pytest.fixture(autouse=True)
    def called(self, monkeypatch):
        seen: dict = {}

        def ingest(catalog, format, paths, **rest):
            rest.pop("progress")(5, 10)
            seen.update(rest, format=format, paths=list(map(str, paths)))
            path = Path(paths[0])
            reports = [
                Report("csv/trades/X", 1234, 0, None, False, 0.5, path),
                Report("csv/bars_1d/Y", 5, 2, Path("q.csv"), False, 0.5, path),
                Report("csv/bars_1d/Z", 0, 0, None, True, 0.5, path, "already stored"),
            ]
            if self.fail:
                raise IngestFailures("1 of 2 files were refused", reports[:1])
            return reports

        monkeypatch.setattr("workbench.catalog.ingest.ingest", ingest)
        return seen

    fail = False

    def test_options_reach_the_importer_and_reports_the_reader(self, called, tmp_path):
        (tmp_path / "a.csv").touch()
        named = ["--symbol", "X", "--tz", "UTC", "--dates", "dmy", "--columns", "price=last, size=qty", "--replace"]
        result = run("ingest", "csv", str(tmp_path / "a.csv"), *named, "-o", "decimal=,")
        assert result.exit_code == 0, result.output
        assert called == {
            "format": "csv",
            "paths": [str(tmp_path / "a.csv")],
            "symbol": "X",
            "source": None,
            "replace": True,
            "force": False,
            "tz": "UTC",
            "dates": "dmy",
            "columns": "price=last, size=qty",
            "decimal": ",",
        }
        assert "csv/trades/X: 1,234 rows in 0.5 s (a.csv)\n" in result.output
        assert "2 rows could not be used: see q.csv" in result.output
        assert "csv/bars_1d/Z: already stored (a.csv)" in result.output

    def test_what_was_stored_is_told_even_if_another_file_was_refused(self, monkeypatch, tmp_path):
        monkeypatch.setattr(TestIngest, "fail", True)
        (tmp_path / "a.csv").touch()
        result = run("ingest", "csv", str(tmp_path / "a.csv"))
        assert result.exit_code == 1
        assert "1,234 rows" in result.output and "1 of 2 files were refused" in result.output


class TestBars:
    @pytest.fixture(autouse=True)
    def data(self, tmp_path, monkeypatch):
        """Two days of ES, a print a minute with the number of the minute as price, and daily bars of AAPL."""
        monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "data"))
        store = open_catalog().store
        trades = np.zeros(2880, TRADE)
        trades["ts_event"] = np.datetime64("2024-03-06", "ns").astype("i8") + np.arange(2880) * 60_000_000_000
        trades["ts_event"][-1] += 1_500_000_000
        trades["price"], trades["size"], trades["side"] = np.arange(2880) * 0.25 + 5000, 2, 1
        store.write("syn", "trades", "ES", trades)
        days = np.zeros(5, BAR)
        days["time"] = np.datetime64("2024-03-04", "ns").astype("i8") + np.arange(5) * 86_400_000_000_000
        days["open"] = days["high"] = days["low"] = days["close"] = 1
        store.write("vendor", "bars_1d", "AAPL", days)

    def test_the_newest_are_printed_with_their_zone(self):
        result = run("bars", "ES", "4h", "--last", "3", "--tz", "America/Chicago")
        assert result.exit_code == 0, result.output
        head, *lines = result.output.splitlines()
        assert head.split()[:6] == ["time,", "America/Chicago", "open", "high", "low", "close"]
        assert [line.split()[:4] for line in lines] == [
            ["2024-03-07", "13:00", "CST", "5,645.00"],
            ["2024-03-07", "16:00", "CST", "5,690.00"],  # the pause of an hour
            ["2024-03-07", "17:00", "CST", "5,705.00"],
        ]
        assert len({len(line) for line in (head, *lines)}) == 1
        assert len(run("bars", "ES", "1min").output.splitlines()) == 21

    def test_a_range_is_read_in_the_zone_that_is_written(self):
        words = ["--start", "2024-03-07 09:00", "--end", "2024-03-07 10:00", "--tz", "America/Chicago"]
        lines = run("bars", "ES", "15min", *words).output.splitlines()[1:]
        assert [line.split()[1] for line in lines] == ["09:00", "09:15", "09:30", "09:45"]
        lines = run("bars", "ES", "15min", *words[:2], "--end", "2024-03-07T15:30Z", *words[4:]).output.splitlines()[1:]
        assert [line.split()[1] for line in lines] == ["09:00", "09:15"]
        lines = run("bars", "ES", "15min", *words, "--last", "1").output.splitlines()[1:]
        assert [line.split()[1] for line in lines] == ["09:45"]
        assert run("bars", "ES", "1min", "--start", "2031").output == "There are no such bars.\n"

    def test_any_kind_and_seconds_where_they_matter(self):
        lines = run("bars", "ES", "7tick", "--last", "2").output.splitlines()[1:]  # 60 prints since the open
        assert [line.split()[:3] for line in lines] == [["2024-03-07", "23:49", "UTC"], ["2024-03-07", "23:56", "UTC"]]
        assert [line.split()[-2] for line in lines] == ["7", "4"]
        line = run("bars", "ES", "1tick", "--last", "1").output.splitlines()[1]
        assert line.split()[:3] == ["2024-03-07", "23:59:01.500000", "UTC"]
        result = run("bars", "AAPL", "ha(1d)")
        assert result.exit_code == 0 and "real_close" in result.output and len(result.output.splitlines()) == 6

    @pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
    def test_bars_are_written_to_a_file(self, tmp_path, name):
        path = tmp_path / name
        result = run("bars", "ES", "1h", "--out", str(path), "--tz", "America/New_York", "--session", "XNYS")
        assert result.output == f"{path}: 14 bars\n"
        if name.endswith("csv"):
            frame = pd.read_csv(path, index_col="time")
            assert frame.index[0] == "2024-03-06 09:30:00-05:00"
        else:
            frame = pd.read_parquet(path)
            assert str(frame.index[0]) == "2024-03-06 09:30:00-05:00"
        want = open_catalog().bars("ES", "1h", session="XNYS")
        np.testing.assert_array_equal(frame["close"], want["close"])
        assert list(frame.columns) == list(want.columns)
        run("bars", "ES", "1h", "--out", str(path), "--last", "3")
        assert len(pd.read_csv(path) if name.endswith("csv") else pd.read_parquet(path)) == 3

    def test_every_kind_is_listed(self):
        lines = run("bars", "--kinds").output.splitlines()
        assert len(lines) == len(list(bar_kinds))
        for _, kind in bar_kinds:
            (line,) = (line for line in lines if line.startswith(f"{kind.title} ") and kind.example in line)
            assert line.endswith(kind.about)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ([], "workbench bars SYMBOL SPEC"),
            (["ES"], "workbench bars SYMBOL SPEC"),
            (["ES", "5mins"], "did you mean 5min"),
            (["AAPLE", "1d"], "did you mean AAPL"),
            (["AAPL", "1000tick"], "are made of trades, and there are only vendor/bars_1d"),
            (["ES", "1h", "--session", "NYS"], "did you mean"),
            (["ES", "1h", "--tz", "Chicago"], "unknown time zone 'Chicago'"),
            (["ES", "1h", "--start", "soon"], "--start 'soon' cannot be read"),
            (["ES", "1h", "--price", "last"], "bid, ask, mid"),
            (["ES", "1h", "--source", "sin"], "did you mean syn"),
            (["ES", "1h", "--out", "bars.xls"], "a .csv or .parquet file in a folder that is there"),
            (["ES", "1h", "--out", "/no/such/folder/bars.csv"], "a .csv or .parquet file in a folder that is there"),
        ],
    )
    def test_what_is_wrong_is_one_line(self, words, message):
        result = run("bars", *words)
        assert result.exit_code == 1 and message in result.output
        assert result.output.startswith("Error: ") and len(result.output.splitlines()) == 1

    def test_a_file_that_cannot_be_written(self, tmp_path):
        (tmp_path / "bars.csv").mkdir()
        result = run("bars", "ES", "1h", "--out", str(tmp_path / "bars.csv"))
        assert result.exit_code == 1 and "cannot be written" in result.output


class TestPlaces:
    def test_apps_of_the_folder_named(self, tmp_path):
        for name in ("home.py", "chart.py", "_shared.py", "notes.txt"):
            (tmp_path / name).touch()
        assert [path.name for path in server.find_apps(tmp_path)] == ["chart.py", "home.py"]

    def test_no_apps_says_where_it_looked_and_what_to_do(self, tmp_path):
        with pytest.raises(ConfigError, match=f"{re.escape(str(tmp_path))}.*--apps"):
            server.find_apps(tmp_path)

    def test_a_free_port_is_taken_as_it_is_and_zero_finds_one(self):
        port = server.check_port("127.0.0.1", 0)
        assert port > 0
        assert server.check_port("127.0.0.1", port) == port

    def test_a_taken_port_names_a_free_one(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            taken = other.getsockname()[1]
            with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{taken}.*--port (\d+)") as error:
                server.check_port("127.0.0.1", taken)
        free = int(re.search(r"--port (\d+)", str(error.value))[1])
        assert server.check_port("127.0.0.1", free) == free

    def test_a_host_that_is_not_ours(self):
        with pytest.raises(ConfigError, match="cannot listen on"):
            server.check_port("192.0.2.1", 0)

    def test_panel_listens_only_where_told_and_home_is_the_index(self):
        plan = server.Plan(port=5631)
        command = server.panel_command([Path("apps/chart.py"), Path("apps/home.py")], plan)
        assert command[command.index("--address") + 1] == "127.0.0.1"
        assert command[command.index("--index") + 1] == "home"
        assert server.allowed_origins(plan) == ["127.0.0.1:5631", "localhost:5631"]

    def test_without_a_home_page_there_is_no_index(self):
        assert "--index" not in server.panel_command([Path("apps/chart.py")], server.Plan())

    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            ("127.0.0.1", "http://127.0.0.1:80"),
            ("0.0.0.0", "http://127.0.0.1:80"),
            ("::", "http://[::1]:80"),
            ("::1", "http://[::1]:80"),
        ],
    )
    def test_the_address_can_be_opened(self, host, expected):
        assert server.address(server.Plan(host=host, port=80)) == expected


SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('deaf', file=sys.stderr, flush=True); time.sleep(600)",
]


class TestFamily:
    def test_leaving_the_block_stops_the_children_and_nothing_else(self):
        with subprocess.Popen(SLEEP) as stranger, Family() as family:
            child = family.start("one", SLEEP, child_environment())
            assert family.exit_code("one") is None
            family.close()
            assert gone(child.pid) and not gone(stranger.pid)
            stranger.kill()

    def test_grandchildren_are_stopped_too(self, tmp_path):
        note = tmp_path / "pid"
        keep = f"open({str(note)!r}, 'w').write(str(child.pid))"
        code = f"import subprocess\nchild = subprocess.Popen({SLEEP!r})\n{keep}\nchild.wait()"
        with Family() as family:
            family.start("one", [sys.executable, "-c", code], child_environment())
            pid = int(until(lambda: note.exists() and note.read_text(), "the grandchild's start"))
            family.stop("one")
            until(lambda: gone(pid), "the grandchild's end")

    def test_a_child_that_does_not_listen_is_killed(self, monkeypatch, capfd):
        monkeypatch.setattr("workbench.serve.family._GRACE", 0.2)
        with Family() as family:
            child = family.start("deaf", STUBBORN, child_environment())
            heard = []
            until(lambda: heard.append(capfd.readouterr().err) or "deaf" in "".join(heard), "its start")
            family.stop("deaf")
            assert child.returncode == -signal.SIGKILL

    def test_children_end_when_their_parent_is_killed(self, tmp_path):
        note = tmp_path / "pids"
        code = (
            "import time\nfrom workbench.config import child_environment\nfrom workbench.serve.family import Family\n"
            f"family = Family()\nchild = family.start('one', {SLEEP!r}, child_environment())\n"
            f"open({str(note)!r}, 'w').write(f'{{child.pid}} {{family._guard.pid}} ')\ntime.sleep(600)"
        )
        with subprocess.Popen([sys.executable, "-c", code]) as parent:
            text = until(lambda: note.exists() and note.read_text().endswith(" ") and note.read_text(), "the start")
            parent.kill()
        for pid in map(int, text.split()):
            until(lambda pid=pid: gone(pid), "the end of a child")

    def test_what_was_disowned_is_left_alone(self):
        with subprocess.Popen(SLEEP) as stranger:
            family = Family()
            family.adopt(stranger.pid)
            family.disown(stranger.pid)
            family.close()
            assert not gone(stranger.pid)
            stranger.kill()


class TestKeeper:
    def test_a_feed_that_ends_is_started_again(self, monkeypatch):
        notes: list[str] = []
        now = [0.0]
        monkeypatch.setattr(server.time, "monotonic", lambda: now[0])
        family = _FakeFamily()
        keeper = server._Keeper(family, notes.append)
        keeper.look()
        keeper.start("feed", ["feed"], {})
        family.code = 3
        keeper.look()
        assert notes == ["The feed ended (exit code 3); starting it again in 2 s."]
        now[0] = 1.9
        keeper.look()
        assert family.started == 1
        now[0] = 2.0
        keeper.look()
        assert family.started == 2

    def test_the_waits_grow_to_a_limit_and_shrink_after_a_good_run(self, monkeypatch):
        notes: list[str] = []
        now = [0.0]
        monkeypatch.setattr(server.time, "monotonic", lambda: now[0])
        family = _FakeFamily()
        keeper = server._Keeper(family, notes.append)
        keeper.start("feed", ["feed"], {})
        for _ in range(7):
            family.code = 1
            keeper.look()
            now[0] += 30.0
            keeper.look()
        waits = [int(re.search(r"in (\d+) s", note)[1]) for note in notes]
        assert waits == [2, 4, 8, 16, 30, 30, 30]
        now[0] += 31.0
        family.code = 1
        keeper.look()
        assert "in 1 s" in notes[-1]


class _FakeFamily:
    code: int | None = None
    started = 0

    def start(self, name: str, command: list[str], env: dict[str, str]) -> None:
        self.code = None
        self.started += 1

    def exit_code(self, name: str) -> int | None:
        return self.code

    def stop(self, name: str) -> None:
        pass


def test_signals_only_raise_a_flag_and_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    with StopSignal() as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.asked
    assert signal.getsignal(signal.SIGTERM) is before


APP = 'import panel as pn\npn.extension()\npn.pane.Markdown("# {0}").servable(title="{0}")\n'


@pytest.fixture
def pages(tmp_path):
    for name in ("home", "chart"):
        (tmp_path / "apps").mkdir(exist_ok=True)
        (tmp_path / "apps" / f"{name}.py").write_text(APP.format(name))
    return tmp_path / "apps"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_serve_answers_and_leaves_nothing_behind(pages, tmp_path, how):
    """The whole of it on two toy pages: private Redis, pages at / and by name, one line, and a clean end."""
    port = server.check_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "workbench", "serve", "--no-demo", "--no-feed", "--apps", str(pages)]
    environment = child_environment(WORKBENCH_DATA_DIR=str(tmp_path / "data"))
    with subprocess.Popen(
        [*command, "--port", str(port)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline()
            assert line == f"Workbench is running at http://127.0.0.1:{port} - Ctrl-C stops it\n"
            for path, title in {"/": "home", "/home": "home", "/chart": "chart"}.items():
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                    assert f"<title>{title}</title>" in answer.read().decode()
            redis = int(re.search(r'"pid": (\d+)', (tmp_path / "data/redis/server.json").read_text())[1])
        finally:
            process.send_signal(how)
            process.wait(TIMEOUT)
        assert process.stdout.read() == ""
        assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 0)
    until(lambda: gone(redis), "the end of Redis")
    until(lambda: _free(port), "the end of the apps")


def _free(port: int) -> bool:
    try:
        server.check_port("127.0.0.1", port)
    except ConfigError:
        return False
    return True


def test_apps_that_end_before_they_answer_are_an_error():
    family = _FakeFamily()
    family.code = 3
    url = f"http://127.0.0.1:{server.check_port('127.0.0.1', 0)}"
    with StopSignal() as stop, pytest.raises(WorkbenchError, match="exit code 3"):
        server._wait_for_answer(url, family, stop)


def test_serve_refuses_settings_before_it_starts_anything(pages, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "serve", "--no-demo", "--port", "0", "--apps", str(pages)],
        env=child_environment(WORKBENCH_DATA_DIR=str(tmp_path / "data"), WORKBENCH_REDIS_URL="http://nowhere"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: settings cannot be used: redis_url") and done.stdout == ""
    assert not (tmp_path / "data").exists()


class TestDoctor:
    def test_python_and_packages_are_looked_at(self):
        names = [finding.name for finding in doctor.examine()]
        assert names[:3] == ["python", "packages", "settings"]
        assert {"redis", "port", "data folder", "manifests", "catalogs", "browser"} <= set(names)

    def test_a_missing_package_is_bad_and_another_version_a_hint(self, tmp_path):
        lock = tmp_path / "requirements.lock"
        lock.write_text("no-such-package==1.0 \\\n    --hash=sha256:00\n")
        finding = doctor.check_packages(lock)
        assert (finding.state, finding.way_out) == ("bad", "make setup") and "no-such-package 1.0" in finding.detail
        lock.write_text("numpy==0.0.1 \\\n    --hash=sha256:00\n")
        assert doctor.check_packages(lock).state == "hint"

    def test_packages_for_other_machines_are_passed_over(self, tmp_path):
        lock = tmp_path / "requirements.lock"
        lock.write_text("no-such-package==1.0 ; sys_platform == 'amiga' \\\n    --hash=sha256:00\n")
        assert doctor.check_packages(lock).state == "ok"

    def test_a_setting_that_cannot_be_used_is_a_finding(self, monkeypatch):
        monkeypatch.setenv("WORKBENCH_REDIS_URL", "nonsense")
        finding = doctor.examine()[-1]
        assert (finding.name, finding.state) == ("settings", "bad") and "redis_url" in finding.detail
        assert run("doctor").exit_code == 1

    def test_no_redis_program(self, monkeypatch):
        def none() -> str:
            raise BusError("no Redis server on this machine")

        monkeypatch.setattr("workbench.live.embedded.server_program", none)
        monkeypatch.delenv("WORKBENCH_REDIS_URL", raising=False)
        finding = next(finding for finding in doctor.examine() if finding.name == "redis")
        assert finding.state == "bad"

    def test_a_damaged_part_is_bad_and_named(self, tmp_path, monkeypatch):
        monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path))
        settings = load_settings()
        assert doctor.check_manifests(settings).state == "hint"
        bars = np.zeros(3, BAR)
        bars["time"] = np.arange(3) * 86_400_000_000_000
        open_catalog(tmp_path, settings.catalogs).store.write("test", "bars_1d", "X", bars)
        assert doctor.check_manifests(settings).state == "ok"
        part = next(tmp_path.rglob("*.parquet"))
        part.write_bytes(part.read_bytes()[:-8])
        finding = doctor.check_manifests(settings)
        assert finding.state == "bad" and part.name in finding.detail

    def test_a_check_that_breaks_does_not_stop_the_others(self, monkeypatch):
        def broken(settings: object) -> doctor.Finding:
            raise RuntimeError("broken")

        monkeypatch.setattr(doctor, "check_catalogs", broken)
        findings = {finding.name: finding for finding in doctor.examine()}
        assert findings["catalogs"].state == "bad" and "broken" in findings["catalogs"].detail
        assert "browser" in findings

    def test_no_browser_is_a_hint(self, monkeypatch):
        monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
        assert doctor.check_browser().state == "hint"
