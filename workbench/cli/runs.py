"""Commands of stored runs."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from workbench.cli.backtest import as_object, tell_warnings
from workbench.cli.console import err, zoned
from workbench.cli.values import plain, usage
from workbench.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.backtest.runs import Runs

runs_app = typer.Typer(
    no_args_is_help=False, help="Kept backtests: list, show, compare, run again, tag, delete, restore."
)
_Run = Annotated[str, typer.Argument(metavar="RUN", help="Its id, the beginning or end of that, its name, or last.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
_Zone = Annotated[str, typer.Option(help="Time zone that times are written and read in.")]
_SHOWN = 20


def _runs() -> Runs:
    from workbench.services import get_services

    return get_services().runs


@runs_app.callback(invoke_without_command=True)
def runs(context: typer.Context) -> None:
    """Kept backtests; without a word, a list of the newest."""
    if context.invoked_subcommand is None:
        list_()


@runs_app.command("list")
def list_(
    strategy: Annotated[str | None, typer.Option(help="Only of this strategy.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only with this symbol.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag.")] = None,
    since: Annotated[str | None, typer.Option(help="Only kept at this time or later, e.g. 2026-03-02.")] = None,
    last: Annotated[int, typer.Option(min=1, help="So many, the newest.")] = _SHOWN,
    trash: Annotated[bool, typer.Option("--trash", help="Deleted ones instead.")] = False,
    tz: _Zone = "UTC",
    as_json: _Json = False,
) -> None:
    """List kept runs, newest first."""
    from workbench.cli.told import lay, number, percent, say, table_of

    with usage():
        found = _runs().list(strategy, symbol, tag, zoned(since, tz, "--since"), removed=trash)
    shown = found.head(last)
    if as_json:
        say(json.dumps(plain(shown.to_dict("records")), indent=1))
    elif not len(found):
        say("There are no such runs." if (strategy or symbol or tag or since or trash) else _HOW)
    else:
        rows = [
            (
                one.id, one.name, one.label,
                f"{', '.join(filter(None, one.symbols))} {one.spec}".strip(), ", ".join(one.tags),
                percent(one.total_return, True), number(one.sharpe), percent(one.max_drawdown), f"{one.round_trips:,}",
            )
            for one in shown.itertuples()
        ]  # fmt: skip
        heads = ["run", "name", "strategy", "bars", "tags", "return", "Sharpe", "drawdown", "trips"]
        lay(table_of(heads, rows, left=5))
        if len(found) > last:
            say(f"and {len(found) - last:,} more: --last {len(found)}", style="dim")
    if not trash:
        for id, why in _runs().broken.items():
            err.print(f"{id} is broken: {why}", style="yellow", markup=False)


_HOW = "No run has been kept yet: workbench backtest sma_cross AAPL 1d --save"


@runs_app.command()
def show(
    run: _Run,
    tz: _Zone = "UTC",
    code: Annotated[bool, typer.Option("--code", help="Print the source that ran.")] = False,
    as_json: _Json = False,
) -> None:
    """Tell of one run: figures, and where they come from."""
    from workbench.cli.told import say, tell

    with usage(DataError):
        found = _runs().load(run)
    provenance = found.provenance
    if code:
        say(provenance.code)
        return
    if as_json:
        more = {"id": found.id, "name": found.name, "note": found.note, "tags": list(found.tags)}
        more |= {"when": found.when.isoformat(), "who": provenance.who, "versions": dict(provenance.versions)}
        say(json.dumps(as_object(found, provenance) | more, indent=1, allow_nan=False))
        return
    say(" ".join(filter(None, [found.id, found.name])), style="bold", end="  ")
    kept = f"kept {found.when.tz_convert(tz):%Y-%m-%d %H:%M}"
    say(" ".join(filter(None, [kept, provenance.who and f"by {provenance.who}", *(f"#{one}" for one in found.tags)])))
    if found.note:
        say(found.note)
    say("")
    tell(found, provenance, tz)
    say("")
    told = ", ".join(f"{name} {version[:12]}" for name, version in provenance.versions.items())
    say(f"data {provenance.data_hash[:12]}, code {provenance.code_hash[:12]}; {told}", style="dim")


@runs_app.command()
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Two or more runs.")],
    everything: Annotated[bool, typer.Option("--all", help="What is the same, too.")] = False,
    as_json: _Json = False,
) -> None:
    """Runs side by side, what differs first."""
    from workbench.cli.told import lay, say, table_of

    with usage(DataError):
        if len(runs) < 2:
            raise ConfigError("compare takes two runs or more: workbench runs compare RUN RUN")
        found = _runs().compare(runs)
    rows = found if everything else found[found["differs"]]
    names = [name for name in found.columns if name != "differs"]
    if as_json:
        records = [{"kind": kind, "name": name, **rows.loc[(kind, name)].to_dict()} for kind, name in rows.index]
        say(json.dumps(plain(records), indent=1))
        return
    cells = [[kind, name, *(_cell(one) for one in rows.loc[(kind, name), names])] for kind, name in rows.index]
    lay(table_of(["", "", *names], cells, left=2))
    if not everything:
        say(f"{len(found) - len(rows):,} more are the same: --all", style="dim")


@runs_app.command()
def again(
    run: _Run,
    save: Annotated[bool, typer.Option("--save", help="Keep the new one too.")] = False,
    tz: _Zone = "UTC",
) -> None:
    """Run one once more, and tell what has become different."""
    from workbench.backtest.provenance import Provenance
    from workbench.cli.told import say, tell

    with warnings.catch_warnings(record=True) as caught, usage():
        warnings.simplefilter("always", UserWarning)
        kept = _runs()
        result = kept.again(run)
    tell(result, Provenance.of(result), tz)
    say("")
    tell_warnings(caught)
    was = kept.load(run)
    found = kept.diff(was, result)
    say("It is the same as it was, to the last bit." if found.same else str(found))
    if save:
        say(f"kept as {kept.save(result, name=f'{was.name} again' if was.name else '')}", style="dim")


@runs_app.command()
def diff(run: _Run, other: _Run) -> None:
    """What two runs have not in common: first bar, fills, measures, and where they come from."""
    from workbench.cli.told import lay, say, table_of

    with usage(DataError):
        found = _runs().diff(run, other)
    say(str(found))
    for name, fills in ((found.here, found.fills_here), (found.there, found.fills_there)):
        if len(fills):
            say("")
            say(f"only in {name}", style="dim")
            lay(_fills(fills.head(_SHOWN)))
    if len(found.measures):
        say("")
        rows = [
            (one.Index, _cell(one.here), _cell(one.there), _cell(one.change)) for one in found.measures.itertuples()
        ]
        lay(table_of(["measure", found.here, found.there, "change"], rows))


@runs_app.command()
def tag(
    run: _Run,
    tags: Annotated[list[str], typer.Argument(metavar="TAG...", help="The tags.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take them off instead.")] = False,
) -> None:
    """Give a run tags, or take them off."""
    with usage():
        kept = _runs()
        (kept.untag if remove else kept.tag)(run, *tags)


@runs_app.command()
def rename(run: _Run, name: Annotated[str, typer.Argument(help='Its name; "" for none.')]) -> None:
    """Give a run a name."""
    with usage():
        _runs().rename(run, name)


@runs_app.command()
def note(run: _Run, text: Annotated[str, typer.Argument(help="The note, instead of the one it has.")]) -> None:
    """Write a note to a run."""
    with usage():
        _runs().note(run, text)


@runs_app.command()
def delete(run: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids or names.")]) -> None:
    """Move runs to the trash."""
    from workbench.cli.told import say

    with usage():
        kept = _runs()
        for id in [kept.id(one) for one in run]:
            kept.delete(id)
            say(f"{id} is in the trash: workbench runs restore {id}")


@runs_app.command()
def restore(run: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids or names.")]) -> None:
    """Bring deleted runs back."""
    with usage():
        kept = _runs()
        for id in [kept.id(one, removed=True) for one in run]:
            kept.restore(id)


def _fills(fills: pd.DataFrame) -> Any:
    from workbench.cli.told import number, table_of

    rows = [
        (f"{one.time:%Y-%m-%d %H:%M}", one.symbol, "buy" if one.side > 0 else "sell", f"{one.units:,.6g}",
         number(one.price, 4), one.reason)
        for one in fills.itertuples()
    ]  # fmt: skip
    return table_of(["time", "symbol", "side", "units", "price", "why"], rows, left=3)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "-"
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,.6g}" if isinstance(value, float) else f"{len(value):,} values" if np.ndim(value) else str(value)
