"""Commands as texts, held against the real command lines: of Workbench and of Dask."""

from __future__ import annotations

from collections.abc import Sequence

import click
import typer
from typer.main import get_command

from workbench.cli import app


def check(words: Sequence[str]) -> None:
    """Raise ``AssertionError`` unless the program has this command with these options and arguments; nothing is run."""
    program, rest = words[0], list(words[1:])
    if program == "dask":
        from distributed.cli import dask_scheduler, dask_worker

        program, rest = f"dask {rest[0]}", rest[1:]
        command: click.Command = {"dask scheduler": dask_scheduler.main, "dask worker": dask_worker.main}[program]
    else:
        assert program == "workbench", f"{program!r} is no program of ours: {' '.join(words)}"
        command = get_command(app)
    context = click.Context(command, info_name=program)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        assert name in command.commands, f"{context.command_path} has no command {name!r}: {' '.join(words)}"
        command = command.commands[name]
        context = click.Context(command, info_name=name, parent=context)
    try:
        # Exits in --help and --version; says what is wrong otherwise.
        command.make_context(context.info_name, rest, parent=context.parent)
    except (click.exceptions.Exit, typer.Exit):
        return
    except Exception as error:
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        raise AssertionError(f"{' '.join(words)}: {said}") from None
