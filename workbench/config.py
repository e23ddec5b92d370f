"""Settings from ``WORKBENCH_*`` variables or ``workbench.toml``. The only place that reads the environment."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from workbench.errors import ConfigError

_FILE = "workbench.toml"
_KEY_LENGTH = 16


def project_dir() -> Path:
    """The nearest folder, from the working directory upwards, with a ``workbench.toml`` or a ``catalogs`` folder.

    A notebook in ``notebooks/`` so finds the same data as a command in the folder above. Without one: the working
    directory.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / _FILE).is_file() or (folder / "catalogs").is_dir():
            return folder
    return here


class _ProjectFile(TomlConfigSettingsSource):
    """``workbench.toml``; its relative paths are taken from its own folder."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        for name in ("data_dir", "catalogs", "plugins"):
            if isinstance(values.get(name), str):
                values[name] = str(project_dir() / Path(values[name]).expanduser())
        return values


class Settings(BaseSettings):
    """What a process needs to know of its surroundings.

    Order of precedence: arguments, ``WORKBENCH_*`` variables, ``workbench.toml`` of the project, defaults. The project
    is ``project_dir()``; relative paths in variables are taken from the working directory.
    """

    model_config = SettingsConfigDict(env_prefix="WORKBENCH_", extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: project_dir() / "data", description="Folder of the Parquet store. [project's data]"
    )
    catalogs: Path = Field(
        default_factory=lambda: project_dir() / "catalogs",
        description="Folder of Intake catalogs (YAML, version 2). [project's catalogs]",
    )
    plugins: Path = Field(
        default_factory=lambda: project_dir() / "plugins",
        description="Folder whose *.py files add indicators, bar kinds, importers ... [project's plugins]",
    )
    redis_url: str | None = Field(
        None, description="redis://host:port/db of the live bus; without it a private Redis is started."
    )
    database_url: str | None = Field(
        None, description="SQLAlchemy URL of layouts and drawings. [SQLite: workbench.db in the data folder]"
    )
    reorder_ms: float = Field(
        0.0,
        ge=0,
        le=60_000,
        description="Milliseconds that a live print waits for older ones at most; screens are behind by as much. [0]",
    )
    push_keys: Annotated[dict[str, str], NoDecode] = Field(
        {}, repr=False, description="Who may push data to /api, as name=key,name=key; without any nobody may. [none]"
    )
    push_rate: float = Field(
        50.0, ge=0, description="Requests a second that each key may push, in bursts of as many; 0: no limit. [50]"
    )
    retention: Annotated[dict[str, str], NoDecode] = Field(
        {},
        description='How long data is kept, as JSON or a table of workbench.toml: {"recorded/trades": "90d"}; what is '
        "not named is kept for ever. [none]",
    )
    sweep_quota_jobs: int = Field(
        200, ge=0, description="Sweeps that a user may have on the disk; 0 for no limit. [200]"
    )
    sweep_quota_gb: float = Field(
        20.0, ge=0, description="GB of sweeps that a user may have on the disk; 0 for no limit. [20]"
    )
    log_level: str = Field("WARNING", description="Level of the package's log: DEBUG, INFO, WARNING or ERROR.")

    @field_validator("redis_url")
    @classmethod
    def _known_scheme(cls, value: str | None) -> str | None:
        if value == "":
            return None
        if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("push_keys", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        # Nothing of what is written here may come back in an error: it is told on screens and in logs.
        if isinstance(value, str):
            pairs = [one.strip().partition("=") for one in value.split(",") if one.strip()]
            if len({name for name, _, _ in pairs}) < len(pairs):
                raise ValueError("must have each name once")
            value = {name.strip(): key.strip() for name, _, key in pairs}
        if not isinstance(value, dict) or not all(isinstance(one, str) for pair in value.items() for one in pair):
            raise ValueError("must be pairs name=key, with commas between")
        for place, (name, key) in enumerate(value.items(), 1):
            if not name or len(key) < _KEY_LENGTH or not key.isascii() or not key.isprintable():
                raise ValueError(
                    f"must be pairs name=key, a key of {_KEY_LENGTH} or more ASCII signs: see pair {place}"
                )
        return value

    @field_validator("retention", mode="before")
    @classmethod
    def _table(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return json.loads(value) if value.strip() else {}
            except ValueError as error:
                raise ValueError(f'must be JSON such as {{"recorded/trades": "90d"}}: {error}') from None
        return value

    @field_validator("data_dir", "catalogs", "plugins")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return Path(os.path.abspath(value.expanduser()))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _ProjectFile(settings_cls, toml_file=project_dir() / _FILE)


def load_settings(**overrides: object) -> Settings:
    """Read the settings now.

    Raises
    ------
    ConfigError
        When a value cannot be used; the message names each setting and why.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}{_got(e)}" for e in error.errors()]
        raise ConfigError(
            "settings cannot be used: " + "; ".join(lines) + ". See WORKBENCH_* variables and workbench.toml."
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"workbench.toml cannot be read: {error}. Mend it or move it away.") from None


def _got(error: Any) -> str:
    return "" if error["loc"][:1] == ("push_keys",) else f" (got {error['input']!r})"


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a process we start, with ``extra`` set."""
    return {**os.environ, **extra}
