"""What ``deploy/`` promises, as far as it can be held without a container engine, a proxy or systemd."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.command_line import check
from workbench.config import Settings, load_settings
from workbench.serve import Plan, allowed_origins

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("apps", "recorder", "scheduler", "worker")
SETTINGS = {f"WORKBENCH_{name.upper()}" for name in Settings.model_fields}
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")


def _example(name: str) -> dict[str, str]:
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    return dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))


ENV = _example(".env.example")
FILLED = {**ENV, "POSTGRES_PASSWORD": "a1", "REDIS_PASSWORD": "b2"}


def _filled(text: str) -> str:
    """A text of the compose file with the variables of a filled-in ``.env``, as compose puts them in."""

    def value(found: re.Match) -> str:
        name, sign, other = found.groups()
        if FILLED.get(name):
            return FILLED[name]
        assert sign == "-", f"{name} must be filled in"
        return other

    return _VARIABLE.sub(value, text).replace("$$", "$")


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for one in node.values() for text in _texts(one)]
    return [text for one in node for text in _texts(one)] if isinstance(node, list) else [str(node)]


# Compose


def test_all_parts_are_there() -> None:
    assert set(SERVICES) == {*OURS, "redis", "postgres"}
    assert all(SERVICES[name]["image"] == "workbench" for name in OURS)


def test_variables_are_those_of_the_example() -> None:
    used = {found[0] for text in _texts(COMPOSE) for found in _VARIABLE.findall(text)}
    assert used == set(ENV)
    must = {found[0] for text in _texts(COMPOSE) for found in _VARIABLE.findall(text) if found[1] == "?"}
    assert {name for name in ENV if "PASSWORD" in name} | {"ORIGIN"} == must


def test_defaults_in_the_example_and_in_the_compose_file_are_the_same() -> None:
    for text in _texts(COMPOSE):
        for name, sign, default in _VARIABLE.findall(text):
            assert sign, f"{name} has neither a default nor a word that it is missing"
            if sign == "-":
                assert ENV[name] == default, name


def test_no_secret_stands_in_the_folder() -> None:
    assert all(not value for name, value in ENV.items() if re.search("PASSWORD|KEYS", name))
    for text in _texts(COMPOSE):
        secret = re.search(r"://\w*:([^@]+)@|requirepass \"?([^\"\s]+)", text)
        assert secret is None or (secret[1] or secret[2]).startswith("$"), text


@pytest.mark.parametrize("name", OURS)
def test_settings_exist_and_can_be_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = SERVICES[name]["environment"]
    assert set(given) <= SETTINGS
    for variable, value in given.items():
        monkeypatch.setenv(variable, _filled(value))
    settings = load_settings()
    assert settings.redis_url == "redis://:b2@redis:6379/0"
    assert settings.database_url == "postgresql+psycopg://workbench:a1@postgres:5432/workbench"
    assert settings.push_keys == {} and settings.retention == {}


@pytest.mark.parametrize("name", OURS)
def test_commands_are_real(name: str) -> None:
    words = [_filled(word) for word in SERVICES[name]["command"]]
    check(words)
    if name != "recorder":
        assert "0.0.0.0" in words or name == "worker", "nobody outside of the container would reach it"


def test_a_command_that_is_not_real_is_seen() -> None:
    for wrong in ("workbench serve --prot 5006", "workbench recorder", "dask scheduler --hots x", "workbench gaps a b"):
        with pytest.raises(AssertionError):
            check(wrong.split())


def test_only_the_pages_are_handed_out_and_only_to_this_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(ports) == ["apps"]
    (port,) = ports["apps"]
    assert _filled(port) == "127.0.0.1:5006:5006"
    command = SERVICES["apps"]["command"]
    assert command[command.index("--port") + 1] == "5006"


def test_health_is_asked_where_it_is_answered() -> None:
    for name, port in (("apps", 5006), ("scheduler", 8787), ("worker", 8790)):
        kind, program, flag, code = SERVICES[name]["healthcheck"]["test"]
        assert (kind, program, flag) == ("CMD", "python", "-c")
        compile(code, name, "exec")
        assert f"http://127.0.0.1:{port}/" in code
        assert any(str(port) in word for word in SERVICES[name]["command"])
    for name in ("redis", "postgres"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD-SHELL"


def test_what_is_waited_for_says_when_it_is_ready() -> None:
    for name, service in SERVICES.items():
        for other, told in service.get("depends_on", {}).items():
            assert told == {"condition": "service_healthy"}
            health = SERVICES[other].get("healthcheck", {})
            assert health.get("test"), f"{name} waits for {other} for ever"


def test_what_must_last_is_in_volumes() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
    assert all({"data:/var/lib/workbench", "cache:/var/cache/workbench"} == set(SERVICES[n]["volumes"]) for n in OURS)
    assert SERVICES["redis"]["volumes"] == ["bus:/data"]
    assert all(service["restart"] == "unless-stopped" for service in SERVICES.values())


def test_the_bus_keeps_what_it_was_told() -> None:
    command = SERVICES["redis"]["command"][-1]
    assert "--appendonly yes" in command and "noeviction" in command and '--requirepass "$$REDISCLI_AUTH"' in command


# The image


def _dockerfile() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_takes_what_there_is() -> None:
    wanted = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    sources = {source for word, rest in _dockerfile() if word == "COPY" for source in rest.split()[:-1]}
    assert sources == {word[1:] for word in wanted if word.startswith("!")}
    assert all((ROOT / source).exists() for source in sources)
    build = SERVICES["apps"]["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT and (ROOT / build["dockerfile"]).is_file()


def test_the_image_runs_a_real_command_and_not_as_root() -> None:
    steps = _dockerfile()
    words = [word for word, _ in steps]
    assert words[0] == "FROM" and words.count("CMD") == 1
    assert words.index("USER") < words.index("CMD") and dict(steps)["USER"] == "workbench"
    command = yaml.safe_load(dict(steps)["CMD"])
    check(command)
    assert command == SERVICES["apps"]["command"][: len(command)]
    named = set(re.findall(r"WORKBENCH_\w+", " ".join(rest for word, rest in steps if word == "ENV")))
    assert named == {"WORKBENCH_DATA_DIR", "WORKBENCH_CATALOGS"} <= SETTINGS
    assert set(yaml.safe_load(dict(steps)["VOLUME"])) == {v.split(":")[1] for v in SERVICES["apps"]["volumes"]}


def test_python_of_the_image_is_one_that_is_supported() -> None:
    version = re.match(r"python:3\.(\d+)", dict(_dockerfile())["FROM"])
    assert version and 11 <= int(version[1]) <= 12


# Proxies

NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
CADDY = (DEPLOY / "Caddyfile").read_text("utf-8")


def test_one_name_is_used_throughout() -> None:
    name = ENV["ORIGIN"]
    assert set(re.findall(r"server_name (\S+);", NGINX)) == {name}
    assert re.search(rf"^{re.escape(name)} \{{", CADDY, re.M)
    assert _example("workbench.env")["ORIGIN"] == name
    assert f"Environment=ORIGIN={name}" in (DEPLOY / "workbench.service").read_text("utf-8")


def test_the_origin_lets_the_browser_in() -> None:
    from bokeh.server.util import check_allowlist, create_hosts_allowlist

    allowed = create_hosts_allowlist(allowed_origins(Plan(host="0.0.0.0", origins=[ENV["ORIGIN"]])), 5006)
    # What stands in the header Origin of a page at https://name/, without a port.
    assert check_allowlist(ENV["ORIGIN"], allowed)
    assert not check_allowlist("elsewhere.example.org", allowed)
    with_port = create_hosts_allowlist([f"{ENV['ORIGIN']}:443"], 5006)
    assert not check_allowlist(ENV["ORIGIN"], with_port), "the guide warns of it"


def test_nginx_has_sockets_stickiness_and_tls() -> None:
    plain = re.sub(r"#.*", "", NGINX)
    assert plain.count("{") == plain.count("}")
    for wanted in (
        "listen 443 ssl", "ssl_certificate ", "return 301 https://", "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Connection $wb_connection;",
        "hash $wb_route consistent;", "add_header Set-Cookie $wb_new_route;", "server 127.0.0.1:5006;",
    ):  # fmt: skip
        assert wanted in plain, wanted
    used = set(re.findall(r"\$(wb_\w+)", plain))
    assert used == set(re.findall(r"map \S+ \$(wb_\w+)", plain))


def test_both_proxies_let_pass_what_the_push_api_takes() -> None:
    from workbench.serve.push import MAX_BODY

    assert MAX_BODY == 16 * 2**20
    assert "client_max_body_size 16m;" in NGINX and "max_size 16MiB" in CADDY


def test_caddy_has_stickiness() -> None:
    assert CADDY.count("{") == CADDY.count("}")
    assert "lb_policy cookie wb_route" in CADDY and "reverse_proxy 127.0.0.1:5006" in CADDY


@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("openssl")), reason="no nginx on this machine")
def test_nginx_reads_it(tmp_path: Path) -> None:
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=workbench",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    (tmp_path / "workbench.conf").write_text(NGINX.replace("/etc/ssl/workbench", str(tmp_path)), "utf-8")
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;\n"
        f"fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n"
        f"include {tmp_path}/workbench.conf; }}\n",
        "utf-8",
    )
    done = subprocess.run(["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)
    assert "syntax is ok" in done.stderr, done.stderr


@pytest.mark.skipif(not shutil.which("caddy"), reason="no caddy on this machine")
def test_caddy_reads_it() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# systemd


def _unit() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string((DEPLOY / "workbench.service").read_text("utf-8"))
    return unit


def test_the_unit_starts_a_real_command() -> None:
    words = shlex.split(_unit()["Service"]["ExecStart"].replace("${ORIGIN}", ENV["ORIGIN"]))
    check([Path(words[0]).name, *words[1:]])


def test_settings_of_the_unit_exist() -> None:
    text = (DEPLOY / "workbench.service").read_text("utf-8")
    named = set(re.findall(r"WORKBENCH_\w+", text)) | {
        n for n in _example("workbench.env") if n.startswith("WORKBENCH_")
    }
    assert "WORKBENCH_DATA_DIR" in named and named <= SETTINGS
    service = _unit()["Service"]
    assert f"WORKBENCH_DATA_DIR=/var/lib/{service['StateDirectory']}" in text
    assert f"NUMBA_CACHE_DIR=/var/cache/{service['CacheDirectory']}" in text
    assert "MemoryDenyWriteExecute" not in service


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_reads_it(tmp_path: Path) -> None:
    text = (DEPLOY / "workbench.service").read_text("utf-8")
    text = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", text).replace("/srv/workbench\n", "/\n")
    (tmp_path / "workbench.service").write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "workbench.service")]
    done = subprocess.run(command, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "workbench.service" in line]
    assert not ours, done.stderr
