"""The application that commands are hung on, how errors are told, progress is drawn and options are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from workbench.errors import ConfigError, WorkbenchError

if TYPE_CHECKING:
    import pandas as pd
    from rich.progress import Progress

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class _Group(TyperGroup):
    """Our own errors are told in a sentence; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except WorkbenchError as error:
            err.print("Error:", style="bold red", end=" ")
            err.print(str(error), markup=False)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Research on market data, from Parquet history to a live chart.",
)


def pair(text: str, name: str) -> tuple[str, str]:
    """``K=V`` of the option ``name`` as key and value."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{name} takes KEY=VALUE, got {text!r}")
    return key.strip(), value.strip()


def typed(parameters: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """Texts from the command line as the values that the parameters take; what is unknown stays for the callee."""
    import param

    readers = {param.Integer: int, param.Number: float, param.Boolean: _yes}
    values: dict[str, Any] = dict(texts)
    for name, text in texts.items():
        for kind, read in readers.items():
            if isinstance(parameters.get(name), kind):
                try:
                    values[name] = read(text)
                except ValueError:
                    raise ConfigError(f"--option {name} takes {kind.__name__.lower()} values, got {text!r}") from None
                break
    return values


def _yes(text: str) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.casefold() not in known:
        raise ValueError(text)
    return known[text.casefold()]


def zoned(text: str | None, tz: str, name: str) -> pd.Timestamp | None:
    """The instant that the option ``name`` says, written in the zone ``tz`` unless it has one of its own."""
    if text is None:
        return None
    import pandas as pd

    try:
        stamp = pd.Timestamp(text)
        return stamp.tz_localize(tz) if stamp.tzinfo is None else stamp
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{name} {text!r} cannot be read ({error}); use such as '2024-01-02 15:30'") from None


def progress_bar(unit: str = "steps") -> Progress:
    """A progress bar on the error stream that goes away when it is done; counts ``steps`` or ``bytes``."""
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    count = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True)


class Bar:
    """``progress(done, total)`` or ``progress(done, total, what)`` of the library, drawn as one bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: Any = None

    def __call__(self, done: float, total: float, what: str = "") -> None:
        if self._task is None:
            self._task = self._progress.add_task(what, total=total)
        self._progress.update(self._task, completed=done, total=total, description=what)
