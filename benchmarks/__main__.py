"""``python -m benchmarks NAME [--json] [--quick]``: one line a job, with the ratio beside its target."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys

NAMES = ("backtest", "bars", "indicators", "live", "parity", "sweep", "ui")


def main() -> int:
    """Run one benchmark; 1 when a result was not equal to the peer's."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    ask.add_argument("name", choices=NAMES)
    ask.add_argument("--json", action="store_true", help="one JSON object a line")
    ask.add_argument("--quick", action="store_true", help="a twentieth of the data; ratios are then only a hint")
    said = ask.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "2")  # noqa: TID251 - a peer's switch, read at its import
    good = True
    for row in importlib.import_module(f"benchmarks.{said.name}").run(quick=said.quick):
        good &= row["checked"] is not False
        if said.json:
            print(json.dumps(row), flush=True)
            continue
        target = f"target {row['target']:g}" if row["target"] else "no target"
        ratio = f"{row['ratio']:7.2f}x ({target})" if row["ratio"] else row.get("note", "")
        peer = f"{row['peer']} {row['peer_s']:8.3f} s" if row["peer_s"] else row["peer"]
        line = f"{row['job']:44s} ours {row['ours_s']:8.3f} s  {peer:28s} {ratio}"
        note = f"\n    {row['note']}" if row["ratio"] and row.get("note") else ""
        print(f"{line}  checked: {row['checked']}{note}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
