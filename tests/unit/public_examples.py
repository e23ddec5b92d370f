"""Run by ``test_docs.py`` in a process of its own: the examples of every public name and the code of a page.

One JSON object for each: what was run, what failed, and what was said.
"""

from __future__ import annotations

import doctest
import importlib
import json
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

import workbench as wb
from workbench.catalog.demo import write_demo
from workbench.services import get_services

#: The synthetic trades of the examples end here.
_END = pd.Timestamp("2026-01-07", tz="UTC").value


def thing(name: str) -> Any:
    """What carries the docstring of a public name: of a folder that is a verb too, the function."""
    if name in wb._CALLABLE_PACKAGES:
        module, function = wb._CALLABLE_PACKAGES[name]
        return getattr(importlib.import_module(module), function)
    return getattr(wb, name)


def examine(name: str) -> dict[str, Any]:
    """Examples of a name that were run, those that failed, and what was said."""
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    one = thing(name)
    text = getattr(one, "__doc__", None) or ""
    home = one if isinstance(one, ModuleType) else sys.modules[one.__module__]
    test = doctest.DocTestParser().get_doctest(text, {"__name__": home.__name__}, name, home.__file__, 0)
    runs = [example for example in test.examples if not example.options.get(doctest.SKIP)]
    runner.run(test, out=said.append)
    return {"name": name, "ran": len(runs), "failed": runner.failures, "said": "".join(said)}


def read(page: Path) -> dict[str, Any]:
    """The blocks of Python of a page, one after the other in one namespace, as somebody would who follows it."""
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    names: dict[str, Any] = {"__name__": page.stem}
    for number, block in enumerate(blocks):
        try:
            exec(compile(block, f"{page.name}, block {number + 1}", "exec"), names)
        except Exception:
            return {"name": page.name, "ran": number + 1, "failed": 1, "said": traceback.format_exc()}
    return {"name": page.name, "ran": len(blocks), "failed": 0, "said": ""}


def main() -> None:
    """Write the data, then run everything."""
    write_demo(wb.catalog(), _END, symbols=["BTC-USD"], days=1)
    pages = sys.argv[2:] if sys.argv[1:2] == ["--page"] else []
    real, sys.stdout = sys.stdout, sys.stderr  # what examples print is no result
    try:
        for name in wb.__all__:
            if not name.startswith("__"):
                print(json.dumps(examine(name)), file=real, flush=True)
        for page in pages:
            print(json.dumps(read(Path(page))), file=real, flush=True)
    finally:
        get_services().close()


if __name__ == "__main__":
    main()
