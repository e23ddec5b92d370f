"""``python -m benchmarks NAME [--json] [--quick | --record]``: one line a job, with the ratio beside its target."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys

from benchmarks import record
from benchmarks.page import SECTIONS
from benchmarks.timing import GOAL, figure, times, verdict, wanted

NAMES = (*sorted([*SECTIONS, "parity"]),)


def main() -> int:
    """Run one benchmark; 1 when a result was not equal to the peer's."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    ask.add_argument("name", choices=NAMES)
    ask.add_argument("--json", action="store_true", help="one JSON object a line")
    ask.add_argument("--quick", action="store_true", help="a twentieth of the data; ratios are then only a hint")
    ask.add_argument("--record", action="store_true", help="keep the run, and write docs/performance.md anew")
    said = ask.parse_args()
    if said.record and said.quick:
        ask.error("--record keeps a whole run: leave out --quick, whose ratios are only a hint")
    if said.record and said.name not in SECTIONS:
        ask.error(f"--record: {said.name} writes a page of its own, docs/indicators/parity.md; leave out --record")
    os.environ.setdefault("POLARS_MAX_THREADS", "2")  # noqa: TID251 - a peer's switch, read at its import
    machine = record.machine(said.name) if said.record else None  # before the run, which is a load of its own
    rows = []
    for row in importlib.import_module(f"benchmarks.{said.name}").run(quick=said.quick):
        rows.append(row)
        print(json.dumps(row) if said.json else line(row), flush=True)
    if machine is not None:
        kept = record.write(said.name, machine, rows)
        print(f"Recorded in docs/performance/{kept.name}; docs/performance.md is written anew.", file=sys.stderr)
    return 1 if any(row["checked"] is False for row in rows) else 0


def line(row: dict) -> str:
    """One row as it is printed."""
    peer = "" if row["peer"] == GOAL else f"{row['peer']} {figure(row['theirs'], row['unit'])}".strip()
    ratio = "" if row["peer"] == GOAL or row["ratio"] is None else times(row["ratio"])
    goal = f"{wanted(row)}: {verdict(row)}" if wanted(row) else verdict(row)
    note = f"\n    {row['note']}" if row["note"] else ""
    ours = figure(row["ours"], row["unit"])
    return f"{row['job']:52s} {ours:>14s}  {peer:36s} {ratio:>7s}  {goal}  checked: {row['checked']}{note}"


if __name__ == "__main__":
    sys.exit(main())
