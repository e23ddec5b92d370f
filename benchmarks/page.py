"""The page ``docs/performance.md``: written from the runs that `benchmarks.record` keeps, and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from benchmarks.timing import GOAL, NO_PEER, figure, times, verdict, wanted

#: Running processes a core above which a machine was not quiet.
QUIET = 0.5
#: Lines of a table, above which those that are like many others are folded.
MANY = 40


class Section(NamedTuple):
    """What the page says of one benchmark, and the distributions of its peers."""

    title: str
    what: str
    peers: tuple[str, ...]


#: In the order of the page; a benchmark is known by its key.
SECTIONS = {
    "bars": Section(
        "Bars",
        "Trades to bars of nine columns, with the volume of both sides and the volume-weighted price; the peers make "
        "the same columns. From Parquet, all read the same files.",
        ("pandas", "pyarrow", "polars", "duckdb"),
    ),
    "indicators": Section(
        "Indicators",
        "Each function in common on the same bars, one thread each. pandas-ta-classic runs its own code, not TA-Lib's.",
        ("pandas", "TA-Lib", "pandas-ta-classic"),
    ),
    "backtest": Section(
        "Backtests",
        "One run by the same rules on the same bars, warm, indicators included.",
        ("pandas", "backtesting", "vectorbt", "vectorbt-rust"),
    ),
    "sweep": Section(
        "Sweeps",
        "All cells of a grid by the same rules. Beside vectorbt, each runs in a process of its own, and its memory is "
        "by how much the job makes that grow; for a million cells it is the whole process.",
        ("pandas", "vectorbt", "vectorbt-rust", "dask", "distributed"),
    ),
    "live": Section(
        "The live plane",
        "A publisher in one process, a real Redis in another, the hub in a third. Every trade is counted at the end.",
        ("pandas", "redis"),
    ),
    "ui": Section(
        "Pages",
        "A served workbench in a real Chromium on the same machine. The peers draw bars on a page with nothing around.",
        ("hvplot", "playwright"),
    ),
}

_INTRODUCTION = """\
# Performance

Written by `python -m benchmarks NAME --record` from the runs kept in `docs/performance/`; do not edit it by hand.

A benchmark runs Workbench and its peers in turn on the same data, compares the results, and gives medians. The
*ratio* says how many times better Workbench is than the one beside it: above 1 it is faster, or takes less memory.
**Ratios travel to other machines, times do not**: measure on yours.

```sh
make bench NAME=bars            # the peers are installed first
make bench NAME=bars RECORD=1   # keep the run, and write this page anew
```

A *target* is a ratio or, where nobody is beside it, a limit. A line whose result was not the right one says *check
failed* and has missed its target. *Not measured* says that the peer is not installed, or that nothing came.
Memory is counted in powers of two (1 GB is 2^30 bytes), messages are not.
"""

_BY_HAND = """\
## Measured by hand

No benchmark prints these. They are of two cores of a shared x86-64 server with Python 3.11, on which other work ran.

| job | figure |
|---|---|
| a cell of a sweep: moving-average cross, 10,000 bars | 0.13 ms of a core |
| a cell with a stop loss and a target | 0.21 ms of a core |
| a bar on which no order works | 4 ns in a sweep, 7 ns in a backtest |
| a bar with a stop at work | 6 ns |
| the first call of an indicator in a process, its code compiled before | 0.2 to 0.4 s |
| compiling everything once, `workbench doctor --warm` | two to three minutes |
| replay onto the bus, unpaced | 2.3 million trades a second |
| three live 1 s charts open | 10.5 % of a core |
| recorder, 100 symbols, 100,000 trades a second | each symbol stored every 5 to 7 s, with 0.3 to 0.6 of a core |
| answer with a chart page [made ahead](decisions/0010-chart-pages-made-ahead.md) | 190 ms; 850 to 900 ms without |
"""

_HOW = """\
## How it is done

[Bars](decisions/0007-a-kind-of-bar-is-where-it-ends.md) are cut and folded in two passes over plain arrays;
[partitions](decisions/0005-partition-periods.md) and exact rollups let a chart read a few hundred kilobytes of a
hundred million trades; in a sweep
[the decision is compiled into the loop](decisions/0011-the-decision-inside-the-loop.md) and no array of time by cells
ever exists.
"""


def page(runs: Mapping[str, dict]) -> str:
    """The page as Markdown; ``runs`` are as `benchmarks.record.read` gives them.

    Raises
    ------
    ValueError
        There is a run of something that is no benchmark.
    """
    if unknown := set(runs) - set(SECTIONS):
        raise ValueError(
            f"docs/performance has runs of {', '.join(sorted(unknown))}, which is no benchmark; remove the files"
        )
    machines = list(dict.fromkeys(_hardware(runs[name]["machine"]) for name in SECTIONS if name in runs))
    parts = [_INTRODUCTION, _machines(machines)]
    for name, section in SECTIONS.items():
        parts.append(f"## {section.title}\n\n{section.what}\n")
        if name in runs:
            parts.append(_run(runs[name], machines))
        else:
            parts.append(f"No run is recorded yet: `python -m benchmarks {name} --record`.\n")
    return "\n".join([*parts, _BY_HAND, _HOW])


def _hardware(of: dict) -> str:
    memory = figure(of["memory_mb"], "MB")
    return f"{of['processor']}, {of['cores']} cores, {memory} of memory, {of['system']}, Python {of['python']}"


def _machines(machines: list[str]) -> str:
    if len(machines) < 2:
        return f"Machine: **{machines[0]}**.\n" if machines else "Machine: none yet, as no run is recorded.\n"
    return "\n".join(["Machines:", "", *(f"{number}. **{one}**" for number, one in enumerate(machines, 1)), ""])


def _run(run: dict, machines: list[str]) -> str:
    """What a run is of, its table, and its notes."""
    of, rows = run["machine"], run["rows"]
    said = [verdict(one) for one in rows]
    asked = sum(one["target"] is not None for one in rows)
    which = f"Machine {machines.index(_hardware(of)) + 1}, " if len(machines) > 1 else ""
    load = of["load"] / of["cores"]
    state = f"a load of {load:.2f} a core before the run" + (": **the machine was not quiet**" if load > QUIET else "")
    versions = ", ".join(f"{name} {version}" for name, version in of["versions"].items())
    many = len(rows) > MANY
    seen = [one for one in rows if not many or _stands_out(one)]
    folded = [one for one in rows if many and not _stands_out(one)]
    parts = [
        f"{which}{run['date']}, {state}. {said.count('met')} of {asked} targets met.\n",
        f"With {versions}.\n",
        _table(seen),
    ]
    if folded:
        parts.append(f"<details>\n<summary>The other {len(folded)} lines</summary>\n\n{_table(folded)}\n</details>\n")
    if notes := [f"- {_plain(one['job'])}: {_plain(one['note'])}" for one in rows if one["note"]]:
        parts.append("\n".join([*notes, ""]))
    return "\n".join(parts)


def _stands_out(row: dict) -> bool:
    """A mean, a line with a goal of its own, or one that did not get there: not one of many that are alike."""
    return row["ours"] is None or row["peer"] == GOAL or verdict(row) not in ("met", "no target")


def _table(rows: Iterable[dict]) -> str:
    lines = ["| job | Workbench | beside | ratio | target | verdict |", "|---|---|---|---|---|---|"]
    for one in rows:
        alone = one["peer"] in (GOAL, NO_PEER)
        theirs = figure(one["theirs"], one["unit"])
        cells = (
            _plain(one["job"]),
            figure(one["ours"], one["unit"]),
            "" if alone else f"{_plain(one['peer'])}{': ' * bool(theirs)}{theirs}",
            "" if alone or one["ratio"] is None else times(one["ratio"]),
            wanted(one),
            verdict(one).replace("missed", "**missed**").replace("check failed", "**check failed**"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _plain(text: str) -> str:
    """Text whose signs are no Markdown."""
    for sign in "\\|*<[`":
        text = text.replace(sign, f"\\{sign}")
    return text
