"""Stored runs: results that are kept, found again, compared, and run again.

>>> kept = wb.runs()                                             # doctest: +SKIP
>>> kept.save(result, tags=["idea"], name="first try")           # doctest: +SKIP
>>> kept.list(strategy="sma_cross")                              # doctest: +SKIP
>>> kept.diff("first try", kept.again("first try"))              # doctest: +SKIP
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.backtest.market import Bars
from workbench.backtest.provenance import Provenance
from workbench.backtest.result import Result
from workbench.backtest.runs import folder as files
from workbench.backtest.runs.again import run_again
from workbench.backtest.runs.compare import RunDiff, compare, difference
from workbench.backtest.runs.stored import MEASURES, StoredRun, head_of, load_run
from workbench.backtest.runs.values import decode
from workbench.errors import DataError, UnknownNameError, did_you_mean
from workbench.market.instants import instant_of

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

__all__ = ["RunChanged", "RunDiff", "Runs", "StoredRun", "compare", "difference"]

#: The folder that deleted runs are moved to.
TRASH = "trash"
_LONGEST_NAME, _LONGEST_TAG, _LONGEST_NOTE = 200, 64, 20_000
_COLUMNS = [
    "id", "name", "when", "who", "strategy", "label", "parameters", "symbols", "spec", "first", "last", "bars",
    *MEASURES, "round_trips", "tags", "note", "broken",
]  # fmt: skip


_TEXTS = ("id", "name", "who", "strategy", "label", "spec", "note", "broken")


class RunChanged(UserWarning):
    """A run that was made again is not made of what it was made of: data, code or versions have changed."""


class Index(Protocol):
    """The list of runs in a database; see ``workspaces.run_index.RunIndex``."""

    def add(self, row: Mapping[str, Any]) -> bool:
        """Put a run into the list; False when it is there already."""

    def known(self) -> set[str]:
        """Ids of all runs."""

    def rows(self, *, strategy: str | None, tag: str | None, since: int | None, removed: bool) -> list[dict[str, Any]]:
        """Rows of the list, newest first."""

    def get(self, id: str) -> dict[str, Any] | None:
        """One row."""

    def ids(self, text: str, removed: bool) -> list[str]:
        """Ids that a text may mean."""

    def change(self, id: str, **values: Any) -> None:
        """Set fields of a row."""

    def tag(self, id: str, names: Iterable[str]) -> None:
        """Give tags."""

    def untag(self, id: str, names: Iterable[str]) -> None:
        """Take tags off."""


class Runs:
    """Results that are kept in a folder, with a list of them in a database.

    The folders are the truth: a run that is not in the list, as after a crash or in another database, is put into it
    when the list is looked at. Several processes may save, tag and delete at once.

    A run is named by its id, the beginning or the end of that, or its name, wherever it is the only one; ``last`` is
    the newest.

    Parameters
    ----------
    folder
        Where the folders of runs are; made with the first one.
    index
        The list.
    catalog
        Gives the catalog that bars are asked for by ``again``.
    """

    def __init__(self, folder: Path, index: Index, catalog: Callable[[], MarketCatalog] | None = None) -> None:
        self.folder, self._index, self._catalog = Path(folder), index, catalog

    def __repr__(self) -> str:
        return f"Runs({str(self.folder)!r})"

    # -- keeping ------------------------------------------------------------------------------------------------------

    def save(self, result: Result, *, tags: Sequence[str] = (), note: str = "", name: str = "") -> str:
        """Keep a result; gives its id.

        Parameters
        ----------
        result
            A finished backtest.
        tags, note, name
            How it is to be found again. A name is best one that no other run has.

        Raises
        ------
        DataError
            A tag, note or name that cannot be kept, or no room on the disk; then nothing is kept.
        """
        named = {"tags": _tags(tags), "note": _text("note", note, _LONGEST_NOTE), "name": _name(name)}
        provenance = Provenance.of(result)
        head, tables = head_of(result, provenance)
        made = files.write_run(self.folder, provenance.when, named | head, tables)
        self._index.add(_row(made))
        return made["id"]

    def tag(self, run: str, *tags: str) -> None:
        """Give a run tags."""
        self._index.tag(self.id(run), _tags(tags))

    def untag(self, run: str, *tags: str) -> None:
        """Take tags off a run."""
        self._index.untag(self.id(run), tags)

    def note(self, run: str, text: str) -> None:
        """Write a note to a run, instead of the one it has."""
        self._index.change(self.id(run), note=_text("note", text, _LONGEST_NOTE))

    def rename(self, run: str, name: str) -> None:
        """Call a run something else; "" for no name."""
        self._index.change(self.id(run), name=_name(name))

    def delete(self, run: str) -> None:
        """Move a run to the trash, from where ``restore`` brings it back."""
        id = self.id(run)
        self._index.change(id, removed=time.time_ns())
        files.move(self.folder / id, self.folder / TRASH / id)

    def restore(self, run: str) -> None:
        """Bring a deleted run back."""
        id = self.id(run, removed=True)
        files.move(self.folder / TRASH / id, self.folder / id)
        self._index.change(id, removed=None)

    # -- finding ------------------------------------------------------------------------------------------------------

    def list(
        self,
        strategy: str | None = None,
        symbol: str | None = None,
        tag: str | None = None,
        since: object = None,
        *,
        removed: bool = False,
    ) -> pd.DataFrame:
        """The runs, newest first.

        Parameters
        ----------
        strategy, symbol, tag
            Only runs of this strategy, with this symbol, with this tag.
        since
            Only runs that were kept at this time or later; UTC unless it has a zone.
        removed
            Those in the trash instead.

        Returns
        -------
        DataFrame
            ``id name when who strategy label parameters symbols spec first last bars final_equity total_return sharpe
            max_drawdown round_trips tags note broken``; ``broken`` says what of a run's files is missing, "" for
            nothing. Runs that cannot be listed at all are in ``broken``.
        """
        after = None if since is None else instant_of(since, "since")
        self._adopt()
        rows = self._index.rows(strategy=strategy, tag=tag, since=after, removed=removed)
        rows = [row for row in rows if symbol is None or symbol in row["summary"]["symbols"]]
        listed = []
        for row in rows:
            told = {key: decode(value, {}) for key, value in row["summary"].items() if key != "parameters"}
            told["parameters"] = _shown(row["summary"]["parameters"])
            told |= {key: row[key] for key in ("id", "name", "note", "tags")}
            told |= {"when": row["created"], "broken": files.fault(self._place(row), row["files"])}
            listed.append(told)
        frame = pd.DataFrame(listed, columns=_COLUMNS)
        for name in ("when", "first", "last"):
            frame[name] = pd.DatetimeIndex(frame[name].to_numpy("M8[ns]"), tz="UTC")
        kinds = dict.fromkeys(MEASURES, "float64") | {"bars": "int64", "round_trips": "int64"}
        return frame.astype(kinds | dict.fromkeys(_TEXTS, "str"))

    @property
    def broken(self) -> dict[str, str]:
        """Runs whose files are missing or damaged, and why; all others work."""
        found = self._adopt()
        for row in self._index.rows(strategy=None, tag=None, since=None, removed=False):
            if why := files.fault(self._place(row), row["files"]):
                found[row["id"]] = why
        return found

    def id(self, run: str, *, removed: bool = False) -> str:
        """The id of the one run that a text means.

        Raises
        ------
        UnknownNameError
            It means none, or several.
        """
        self._adopt()
        if run == "last":
            rows = self._index.rows(strategy=None, tag=None, since=None, removed=removed)
            if rows:
                return rows[0]["id"]
        found = self._index.ids(run, removed) if run else []
        if run in found or len(found) == 1:
            return run if run in found else found[0]
        if found:
            raise UnknownNameError(f"{run!r} may be {len(found)} runs: {', '.join(found[:8])}; say more of the id")
        rows = self._index.rows(strategy=None, tag=None, since=None, removed=removed)
        where = "in the trash" if removed else "kept"
        known = [name for row in rows for name in (row["id"], row["name"]) if name]
        raise UnknownNameError(f"there is no run {run!r} {where}: {did_you_mean(run, known)}")

    def load(self, run: str) -> StoredRun:
        """A run that was kept.

        Raises
        ------
        UnknownNameError
            There is no such run.
        DataError
            One of its files is missing or is not the one that was written; names it.
        """
        id = self.id(run)
        row = self._index.get(id)
        place = self._place(row)
        return load_run(place, files.read_head(place), row)

    # -- beside each other --------------------------------------------------------------------------------------------

    def compare(self, runs: Sequence[str | Result | StoredRun]) -> pd.DataFrame:
        """Runs side by side, what differs first; see ``compare.compare``. Columns are names, or ids for want of one."""
        found = [self.load(one) if isinstance(one, str) else one for one in runs]
        names = [_called(one) for one in found]
        unique = [name if names.count(name) == 1 else getattr(one, "id", f"{name} ({n})")
                  for n, (name, one) in enumerate(zip(names, found, strict=True), 1)]  # fmt: skip
        return compare(dict(zip(unique, found, strict=True)))

    def diff(self, run: str | Result | StoredRun, other: str | Result | StoredRun) -> RunDiff:
        """What two runs have not in common: first differing bar, fills, measures, and where they come from."""
        here, there = (self.load(one) if isinstance(one, str) else one for one in (run, other))
        return difference(here, there, (_called(here), _called(there)))

    def again(self, run: str, bars: Bars | None = None, *, inside: Bars | None = None) -> Result:
        """Run it once more, from what was kept of it.

        Parameters
        ----------
        run
            Which one.
        bars, inside
            Its bars, where the catalog does not have them; the finer bars likewise.

        Returns
        -------
        Result
            Equal to the last bit where nothing has changed. Where the data, the strategy's source or a version has, the
            warning ``RunChanged`` says what.

        Raises
        ------
        DataError
            The strategy cannot be found or a parameter was not kept, or the bars do not say where they come from.
        """
        place = self._place(self._index.get(self.id(run)))
        result, changes = run_again(place, files.read_head(place), self._catalog, bars=bars, inside=inside)
        if changes:
            warnings.warn(f"run {place.name}: {'; '.join(changes.values())}", RunChanged, stacklevel=2)
        return result

    # -- inside -------------------------------------------------------------------------------------------------------

    def _place(self, row: Mapping[str, Any]) -> Path:
        """The folder of a run: where it should be, or where a crash in the middle of a move has left it."""
        places = [self.folder / row["id"], self.folder / TRASH / row["id"]]
        if row["removed"] is not None:
            places.reverse()
        return next((one for one in places if one.is_dir()), places[0])

    def _adopt(self) -> dict[str, str]:
        """Put runs into the list that are not in it; gives those that cannot be read, and why."""
        broken: dict[str, str] = {}
        known = self._index.known()
        for folder, removed in ((self.folder, None), (self.folder / TRASH, time.time_ns())):
            for id in sorted(files.names(folder) - known - {TRASH}):
                try:
                    self._index.add(_row(files.read_head(folder / id)) | {"removed": removed})
                except DataError as error:
                    broken[id] = str(error)
        return broken


def _row(head: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: head[name] for name in ("id", "created", "name", "note", "summary", "files", "tags")}
    return row | {"strategy": head["summary"]["strategy"], "removed": None}


def _shown(parameters: Any) -> dict[str, Any]:
    """Parameters for a list, where an array is told by its name only."""
    found = {}
    for name, value in parameters.items():
        array = isinstance(value, dict) and "$array" in value
        found[name] = "array" if array else decode(value, {})
    return found


def _called(run: Result | StoredRun) -> str:
    return run.name or run.id if isinstance(run, StoredRun) else run.strategy.label


def _tags(tags: Sequence[str]) -> Sequence[str]:
    if isinstance(tags, str):
        raise DataError(f"tags={tags!r}: give a list of them, tags=[{tags!r}]")
    found = [str(one).strip() for one in tags]
    for one in found:
        if not 1 <= len(one) <= _LONGEST_TAG or not one.isprintable() or "," in one:
            raise DataError(f"a tag has 1 to {_LONGEST_TAG} printable characters and no comma, not {one[:70]!r}")
    return list(dict.fromkeys(found))


def _name(name: str) -> str:
    name = _text("name", name.strip(), _LONGEST_NAME)
    if not name.isprintable() or name == "last":
        raise DataError(f"a run's name has printable characters and is not 'last', got {name!r}")
    return name


def _text(what: str, text: str, longest: int) -> str:
    if len(text) > longest:
        raise DataError(f"{what} of {len(text):,} characters: at most {longest:,} are kept")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{what} cannot be kept: {error.reason} at {error.start}") from None
    return text
