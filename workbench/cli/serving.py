"""Commands that serve the pages and examine the installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import Bar, app, err, out, progress_bar


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages; 0 takes a free one.")] = 5006,
    host: Annotated[str, typer.Option(help="Address to listen on; others than 127.0.0.1 are open to the net.")] = (
        "127.0.0.1"
    ),
    demo: Annotated[bool, typer.Option(help="Write or top up the demo data first.")] = True,
    demo_days: Annotated[int, typer.Option(min=1, max=365, help="Days of synthetic trades in new demo data.")] = 30,
    feed: Annotated[
        bool | None,
        typer.Option("--feed/--no-feed", help="Publish the demo feed; without a word, only when the Redis is our own."),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    apps: Annotated[Path | None, typer.Option(help="Folder of the app files. [default: ./apps]")] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="HOST:PORT a browser may also use, e.g. behind a proxy. Repeatable.")
    ] = None,
) -> None:
    """Serve the apps: demo data, private Redis, demo feed, pages. Ctrl-C stops all of it."""
    from workbench import serve as server
    from workbench.config import load_settings

    settings = load_settings()
    files = server.find_apps(apps)
    plan = server.Plan(
        port=server.check_port(host, port),
        host=host,
        demo=demo,
        demo_days=demo_days,
        feed=feed,
        open_browser=open_browser,
        origins=origin or [],
    )
    code = server.serve(plan, settings, apps=files, say=out.print, note=lambda text: err.print(text, markup=False))
    raise typer.Exit(code)


@app.command()
def doctor(
    warm: Annotated[bool, typer.Option("--warm", help="Compile all loops into the disk cache now, once.")] = False,
) -> None:
    """Check this installation and say what to do. Ends with 1 if something must be mended."""
    if warm:
        _warm()
        return
    from workbench import doctor as surgery

    findings = surgery.examine()
    marks = {"ok": "[green]ok  [/]", "hint": "[yellow]hint[/]", "bad": "[bold red]BAD [/]"}
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        out.print(f"{marks[finding.state]}  {finding.name:<{width}}  ", end="")
        out.print(finding.detail, markup=False)
        if finding.way_out:
            out.print(f"{'':{width + 8}}-> {finding.way_out}", markup=False)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def _warm() -> None:
    from workbench.warm import warm

    with progress_bar() as progress:
        failed = warm(Bar(progress))
    for failure in failed:
        err.print(failure, markup=False)
    if failed:
        raise typer.Exit(1)
    out.print("All loops are compiled; the first call of each is quick from now on.")
