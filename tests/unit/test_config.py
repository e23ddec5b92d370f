from __future__ import annotations

import pytest

from workbench.config import child_environment, load_settings
from workbench.errors import ConfigError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_DATA_DIR", raising=False)
    return tmp_path


def test_defaults_lie_in_the_working_directory(elsewhere):
    settings = load_settings()
    assert settings.data_dir == elsewhere / "data" and settings.redis_url is None


def test_argument_beats_environment_beats_file(elsewhere, monkeypatch):
    (elsewhere / "workbench.toml").write_text('data_dir = "file"\ncatalogs = "file"\nlog_level = "INFO"\n')
    monkeypatch.setenv("WORKBENCH_DATA_DIR", "environment")
    monkeypatch.setenv("WORKBENCH_CATALOGS", "environment")
    settings = load_settings(data_dir="argument")
    names = (settings.data_dir.name, settings.catalogs.name, settings.log_level)
    assert names == ("argument", "environment", "INFO")


def test_bad_address_names_setting_and_value(monkeypatch):
    monkeypatch.setenv("WORKBENCH_REDIS_URL", "http://x")
    with pytest.raises(ConfigError, match=r"redis_url.*must start with redis://.*'http://x'"):
        load_settings()


def test_empty_address_means_none(monkeypatch):
    monkeypatch.setenv("WORKBENCH_REDIS_URL", "")
    assert load_settings().redis_url is None


@pytest.mark.parametrize(("text", "said"), [("data_dir = ", "workbench.toml"), ("data_dri = 'x'", "data_dri")])
def test_bad_file_is_a_config_error(elsewhere, text, said):
    (elsewhere / "workbench.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_settings()


def test_file_that_is_not_utf8(elsewhere):
    (elsewhere / "workbench.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="workbench.toml"):
        load_settings()


def test_child_environment_adds_to_ours(monkeypatch):
    monkeypatch.setenv("SOMETHING", "1")
    assert {"SOMETHING": "1", "MORE": "2"}.items() <= child_environment(MORE="2").items()


def test_a_folder_below_the_project_finds_the_project(tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert load_settings().data_dir == tmp_path / "data"
    (tmp_path / "workbench.toml").write_text('data_dir = "ticks"\n')
    assert load_settings().data_dir == tmp_path / "ticks"
    monkeypatch.setenv("WORKBENCH_DATA_DIR", "mine")
    assert load_settings().data_dir == tmp_path / "notebooks" / "mine"


def test_how_long_prints_wait_for_older_ones(monkeypatch):
    assert load_settings().reorder_ms == 0
    monkeypatch.setenv("WORKBENCH_REORDER_MS", "250")
    assert load_settings().reorder_ms == 250
    for wrong in ("-1", "60001", "soon"):
        monkeypatch.setenv("WORKBENCH_REORDER_MS", wrong)
        with pytest.raises(ConfigError, match="reorder_ms"):
            load_settings()
