"""Where a result comes from: data, code, parameters, versions, who and when; enough to run it again."""

from __future__ import annotations

import functools
import getpass
import hashlib
import inspect
import json
import platform
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

import workbench
from workbench.backtest.lookup import reference_of
from workbench.market.events import event_times
from workbench.strategies import Strategy
from workbench.trading import Costs

if TYPE_CHECKING:
    from workbench.backtest.result import Result

#: How data and code are hashed: of each column SHA-256 over its type and values as little-endian bytes; of the data
#: SHA-256 over the symbols in their order with the hashes of their columns.
ALGORITHM = "sha256/1"
_PACKAGES = ("numpy", "numba", "pandas")
_PLAIN = (bool, int, float, str, tuple)
_codes: WeakKeyDictionary[type, Code] = WeakKeyDictionary()


@dataclass(frozen=True)
class Data:
    """The bars of one symbol, without the bars.

    Attributes
    ----------
    rows, first, last
        How many, and the time (ns UTC) of the first and the last.
    columns
        SHA-256 of each column, ``time`` among them.
    source
        What to ask a catalog for to have them again (``symbol spec session price source``), from
        ``bars.attrs["source"]``; None where nobody said.
    """

    rows: int
    first: int
    last: int
    columns: Mapping[str, str]
    source: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Code:
    """The source of a strategy: its class, what it inherits below ``Strategy``, and what of its module these use."""

    text: str
    hash: str


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from.

    Attributes
    ----------
    strategy
        The text by which the class is found again: a registered name, ``module:Class`` or ``file.py:Class``.
    label
        Name and parameters as a table shows them.
    parameters
        All parameters of the strategy, by name.
    keywords
        All keywords of ``backtest``, those that were not given too.
    data, inside
        The bars by symbol, and the finer bars.
    data_hash, code_hash
        Hashes of both kinds of bars, and of the strategy's source.
    code
        The source of the strategy as it ran.
    versions
        Of Python and the packages that compute, and the ``revision`` of Workbench where it runs from a repository.
    seed
        The parameter ``seed`` of the strategy, where it has one.
    who, when
        Name of the user, and ns UTC.
    """

    strategy: str
    label: str
    parameters: Mapping[str, Any]
    keywords: Mapping[str, Any]
    data: Mapping[str, Data]
    data_hash: str
    code_hash: str
    inside: Mapping[str, Data] = field(default_factory=dict)
    code: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    algorithm: str = ALGORITHM
    seed: int | None = None
    who: str = ""
    when: int = 0

    @classmethod
    def of(cls, result: Result) -> Provenance:
        """That of a result, now."""
        kind, parameters = type(result.strategy), result.strategy.values()
        data, inside = data_of(result.market.frames), data_of(result.market.inside)
        code = code_of(kind)
        return cls(
            strategy=reference_of(kind), label=result.strategy.label, parameters=parameters,
            keywords=keywords_of(result), data=data, data_hash=hash_of(data, inside), code_hash=code.hash,
            inside=inside, code=code.text, versions=versions(), seed=parameters.get("seed"), who=user_name(),
            when=time.time_ns(),
        )  # fmt: skip

    @property
    def symbols(self) -> list[str]:
        """Names of the symbols, in the order of the run."""
        return list(self.data)

    @property
    def spec(self) -> str:
        """The spec of the bars; "" where they do not say, or differ."""
        found = {str((one.source or {}).get("spec", "")) for one in self.data.values()}
        return found.pop() if len(found) == 1 else ""

    def changes(self, other: Provenance) -> dict[str, str]:
        """What makes the other run a different one, or may: a sentence each, by ``data code parameters ...``."""
        found: dict[str, str] = {}
        if self.algorithm != other.algorithm:
            found["algorithm"] = f"hashes are not of one kind: {self.algorithm} and {other.algorithm}"
        elif self.data_hash != other.data_hash:
            parts = [*_data_changes(self.data, other.data), *_data_changes(self.inside, other.inside, " inside")]
            found["data"] = f"the data are not the same: {'; '.join(parts) or 'the order of the symbols'}"
        if self.strategy != other.strategy:
            found["strategy"] = f"the strategy was {self.strategy} and is {other.strategy}"
        if self.algorithm == other.algorithm and self.code_hash != other.code_hash:
            found["code"] = f"the source of the strategy {self.strategy} is not the same"
        for what in ("parameters", "keywords", "versions"):
            if told := list(_told(flat(getattr(self, what)), flat(getattr(other, what)))):
                found[what] = f"{what}: {', '.join(told)}"
        return found


def data_of(frames: Mapping[str, pd.DataFrame]) -> dict[str, Data]:
    """What is to be known of bars by symbol, in their order."""
    found = {}
    for symbol, frame in frames.items():
        times = np.ascontiguousarray(event_times(frame), "<i8")
        columns = {"time": _hash_of_values(times)}
        for name in frame.columns:
            if name != "time":
                columns[str(name)] = _hash_of_values(frame[name].to_numpy())
        source = frame.attrs.get("source")
        source = dict(source) if isinstance(source, Mapping) else None
        found[symbol] = Data(len(frame), int(times[0]), int(times[-1]), columns, source)
    return found


def hash_of(data: Mapping[str, Data], inside: Mapping[str, Data] = MappingProxyType({})) -> str:
    """One hash of all bars: of the symbols in their order, and of the columns of each by name."""
    text = json.dumps(
        [[[symbol, sorted(one.columns.items())] for symbol, one in part.items()] for part in (data, inside)]
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_of_values(values: np.ndarray) -> str:
    if values.dtype.kind in "OSUV":
        # Texts and whatever else: by what they read, each with its length before it.
        whole = "".join(f"{len(text)}:{text}" for text in map(str, values.tolist())).encode("utf-8", "surrogatepass")
        return hashlib.sha256(b"text " + whole).hexdigest()
    plain = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{plain.dtype.str} ".encode())
    digest.update(plain.view(np.uint8).data)
    return digest.hexdigest()


def _data_changes(here: Mapping[str, Data], there: Mapping[str, Data], more: str = "") -> Iterator[str]:
    for symbol in [*here, *(one for one in there if one not in here)]:
        name = f"{symbol or 'bars'}{more}"
        if symbol not in there or symbol not in here:
            yield f"{name} is {'no more' if symbol in here else 'new'}"
            continue
        one, other = here[symbol], there[symbol]
        if one.columns == other.columns:
            continue
        if (one.rows, one.first, one.last) != (other.rows, other.first, other.last):
            yield f"{name}: {_span(one)}, now {_span(other)}"
            continue
        gone = sorted(set(one.columns) ^ set(other.columns))
        changed = sorted(key for key in set(one.columns) & set(other.columns) if one.columns[key] != other.columns[key])
        if changed:
            yield f"{name}: other values in {', '.join(changed)}"
        if gone:
            yield f"{name}: {', '.join(gone)} {'is' if len(gone) == 1 else 'are'} on one side only"


def _span(one: Data) -> str:
    first, last = (pd.Timestamp(at, tz="UTC").strftime("%Y-%m-%d %H:%M") for at in (one.first, one.last))
    return f"{one.rows:,} bars from {first} to {last}"


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name, those of a mapping inside by ``name.key``: ``costs.taker``."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": one for key, one in value.items()}
        else:
            found[name] = value
    return found


def _told(here: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*here, *there}):
        if name not in there:
            yield f"{name} was {_short(here[name])}"
        elif name not in here:
            yield f"{name} is {_short(there[name])}"
        elif not same(here[name], there[name]):
            yield f"{name} was {_short(here[name])} and is {_short(there[name])}"


def keywords_of(result: Result) -> dict[str, Any]:
    """The keywords of ``backtest`` that say the same as the settings of a result, all but the bars.

    ``costs`` are those that are not as usual: ``fees``, ``slippage`` and ``whole_units`` are among them.
    """
    found = asdict(result.settings)
    found["close_at_end"] = found["close_at_end"] or False
    usual = Costs()
    costs = {name: type(getattr(usual, name))(value) for name, value in found["costs"].items()}
    found["costs"] = {name: value for name, value in costs.items() if value != getattr(usual, name)}
    return found


def code_of(kind: type[Strategy]) -> Code:
    """The source of a strategy's class, of what it inherits below ``Strategy`` and of what of its module they use.

    Comments count. Of a class without a source, as ``exec`` makes them, the compiled code is taken.
    """
    if kind not in _codes:
        parts: dict[str, str] = {}
        for one in kind.__mro__:
            if one not in Strategy.__mro__:
                _gather(one, parts)
        text = "\n\n".join(parts.values())
        _codes[kind] = Code(text, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    return _codes[kind]


def _gather(thing: type | FunctionType, parts: dict[str, str]) -> None:
    """Put the source of a class or function into ``parts``, then that of what it names in its own module."""
    name = f"{thing.__module__}.{thing.__qualname__}"
    if name in parts:
        return
    functions = [thing] if isinstance(thing, FunctionType) else [*_functions(thing)]
    try:
        lines = textwrap.dedent(inspect.getsource(thing)).splitlines()
        parts[name] = "\n".join(line.rstrip() for line in lines)
    except (OSError, TypeError):
        parts[name] = "\n".join(f"# {one.__qualname__}: {_compiled(one.__code__)}" for one in functions)
    for function in functions:
        for used in _names(function.__code__):
            found = function.__globals__.get(used)
            if isinstance(found, type | FunctionType) and found.__module__ == thing.__module__:
                if found not in Strategy.__mro__:
                    _gather(found, parts)
            elif isinstance(found, _PLAIN):
                parts.setdefault(f"{thing.__module__}.{used}", f"{used} = {found!r}")


def _functions(kind: type) -> Iterator[FunctionType]:
    for one in vars(kind).values():
        for function in (one, *(getattr(one, name, None) for name in ("__func__", "fget", "func"))):
            if isinstance(function, FunctionType):
                yield function


def _names(code: CodeType) -> list[str]:
    inner = [name for one in code.co_consts if isinstance(one, CodeType) for name in _names(one)]
    return sorted({*code.co_names, *inner})


def _compiled(code: CodeType) -> str:
    constants = [_compiled(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


@functools.cache
def versions() -> dict[str, str]:
    """Versions of what computes, by name, and the ``revision`` of Workbench where it runs from a repository."""
    found = {"python": platform.python_version(), "workbench": workbench.__version__}
    found |= {name: metadata.version(name) for name in _PACKAGES}
    revision = _revision(Path(workbench.__file__).parent.parent)
    return found | ({"revision": revision} if revision else {})


def _revision(folder: Path) -> str:
    """The commit that a git work tree is at, from its files; "" where there is none."""
    try:
        git = folder / ".git"
        if git.is_file():
            git = folder / git.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref:"):
            return head
        name = head.removeprefix("ref:").strip()
        shared = git / "commondir"
        places = [git, git / shared.read_text("utf-8").strip()] if shared.is_file() else [git]
        for place in places:
            if (place / name).is_file():
                return (place / name).read_text("utf-8").strip()
        packed = (places[-1] / "packed-refs").read_text("utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except OSError:
        return ""


def user_name() -> str:
    """Name of the user of this process; "" where there is none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal: arrays in all their values, NaN and NaN."""
    arrays = (np.ndarray, pd.Series)
    if isinstance(one, arrays) or isinstance(other, arrays):
        return (
            type(one) is type(other)
            and one.dtype == other.dtype
            and np.shape(one) == np.shape(other)
            and (not isinstance(one, pd.Series) or one.index.equals(other.index))
            and _hash_of_values(np.asarray(one)) == _hash_of_values(np.asarray(other))
        )
    if isinstance(one, float) and isinstance(other, float) and one != one and other != other:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray | pd.Series):
        return f"{len(value):,} values"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
