"""Which column of a CSV file is what: usual names, names given by hand, files without a header."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.words import option
from workbench.errors import IngestError, did_you_mean

_ALIASES: dict[str, str] = {
    "time": "time timestamp datetime dateandtime ts tsevent eventtime opentime starttime datetimeutc timeutc "
    "timestamputc t tradetime trademsec tradems transacttime unix unixtime epoch begin start bartime",
    "date": "date day tradedate tradingday businessdate dt gmttime localtime",
    "ts_recv": "tsrecv received receivetime recvtime localts localns localtimestamp",
    "symbol": "symbol ticker sym instrument",
    "open": "open o openprice first openingprice",
    "high": "high h highprice max",
    "low": "low l lowprice min",
    "close": "close c closeprice last closingprice",
    "volume": "volume vol v totalvolume tradedvolume basevolume",
    "price": "price last px p tradeprice lastprice rate",
    "size": "size qty quantity amount volume vol v q lastsize lastqty tradesize shares baseqty",
    "side": "side aggressor takerside direction aggressorside",
    "is_buyer_maker": "isbuyermaker buyermaker m",
    "bid": "bid bidprice bidpx b bestbid bestbidprice",
    "ask": "ask askprice askpx a offer bestask bestaskprice",
    "bid_size": "bidsize bidqty bidvolume bestbidqty bestbidsize bsize",
    "ask_size": "asksize askqty askvolume bestaskqty bestasksize asize offersize",
    "trades": "trades count numberoftrades tradecount transactions numtrades",
    "vwap": "vwap wap",
    "buy_volume": "buyvolume takerbuyvolume takerbuybasevolume takerbuybaseassetvolume",
    "sell_volume": "sellvolume takersellvolume",
}  # fmt: skip
_ROLES = {role: words.split() for role, words in _ALIASES.items()}
_NEEDED = {"bars": ("open", "high", "low", "close"), "quotes": ("bid", "ask"), "trades": ("price",)}
_OF_KIND = {
    "bars": ("open", "high", "low", "close", "volume", "trades", "vwap", "buy_volume", "sell_volume"),
    "quotes": ("bid", "ask", "bid_size", "ask_size", "ts_recv"),
    "trades": ("price", "size", "side", "is_buyer_maker", "ts_recv"),
}
_COMMON = ("time", "date", "symbol")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Layout:
    """How a CSV file is laid out: column numbers (from 0) by role, and where its rows begin."""

    kind: str
    at: dict[str, int]
    width: int
    delimiter: str
    skip: int


def find_layout(
    file: SourceFile, member: str, *, columns: str | dict | None, kind: str, delimiter: str | None
) -> Layout:
    """Read the first line and say which column is what. ``IngestError`` names what is missing and ``columns``."""
    line, skipped = _first_line(file, member)
    delimiter = delimiter or max(_DELIMITERS, key=line.count)
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
    headless = sum(bool(re.fullmatch(r"[+-]?\d[\d.,:/ T\-]*", cell)) for cell in cells) >= 2
    given = _given(columns)
    if headless and not given:
        raise IngestError(
            f"the first line is no header ({line[:60]!r}); name its {len(cells)} columns by number, e.g. "
            + option("columns", "time=1,open=2,high=3,low=4,close=5,volume=6")
        )
    at = _placed(given, [] if headless else cells, len(cells))
    taken = set(at.values())
    named = [] if headless or isinstance(given, list) else cells
    kind = kind if kind != "auto" else _kind_of(named, at)
    if named:
        wanted = [role for role in (*_COMMON, *_OF_KIND.get(kind, ())) if role not in at]
        at |= _by_alias(cells, taken, wanted)
    if not kind or not all(role in at for role in _NEEDED[kind]) or not ("time" in at or "date" in at):
        raise IngestError(_what_is_missing(kind, at, cells))
    at = {role: number for role, number in at.items() if role in (*_COMMON, *_OF_KIND[kind])}
    return Layout(kind, at, len(cells), delimiter, skipped + (not headless))


def _first_line(file: SourceFile, member: str) -> tuple[str, int]:
    """The first line that says something, and how many lines come before it."""
    for block in file.blocks(member):
        for number, raw in enumerate(io.BytesIO(block)):
            text = raw.decode("utf-8", "replace").strip()
            if text and not text.startswith("#"):
                return raw.decode("utf-8", "replace").rstrip("\r\n"), number
    raise IngestError("the file holds no line of data")


def _given(columns: str | dict | None) -> dict[str, str] | list[str]:
    """``role=column,...`` as a mapping, ``role,role,...`` as a list; roles are checked."""
    if not columns:
        return {}
    if isinstance(columns, str):
        words = [word.strip() for word in columns.split(",")]
        pairs = [word for word in words if "=" in word]
        if pairs and len(pairs) < len(words):
            raise IngestError(f"{option('columns', columns)} mixes names and name=column pairs; use one of the two")
        given = dict(word.split("=", 1) for word in words) if pairs else words
    else:
        given = {str(role): str(column) for role, column in columns.items()}
    if isinstance(given, dict):
        given = {_role(role.strip()): column.strip() for role, column in given.items()}
        return given
    return [role if role in ("", "-") else _role(role) for role in given]


def _role(word: str) -> str:
    if word in _ROLES:
        return word
    folded = _fold(word)
    found = next((role for role, words in _ROLES.items() if folded in (_fold(role), *words)), None)
    if found is None:
        near = did_you_mean(word, _ROLES)
        raise IngestError(f"{option('columns')} names {word!r}, which is no column of ours: {near}")
    return found


def _placed(given: dict[str, str] | list[str], header: list[str], width: int) -> dict[str, int]:
    if isinstance(given, list):
        if len(given) != width:
            counts = f"names {len(given)} columns, the file has {width}"
            raise IngestError(f"{option('columns')} {counts}; use - for one to leave out")
        return {role: number for number, role in enumerate(given) if role not in ("", "-")}
    folded = [cell.casefold() for cell in header]
    at = {}
    for role, column in given.items():
        asked = option("columns", f"{role}={column}")
        if column.casefold() in folded:
            at[role] = folded.index(column.casefold())
        elif column.isdecimal() and 1 <= int(column) <= width:
            at[role] = int(column) - 1
        elif header:
            raise IngestError(f"{asked}: no such column: {did_you_mean(column, header)}")
        else:
            raise IngestError(f"{asked}: without a header give the column's number, 1 to {width}")
    return at


def _by_alias(header: list[str], taken: set[int], roles: object) -> dict[str, int]:
    at: dict[str, int] = {}
    free = {_fold(cell): number for number, cell in reversed(list(enumerate(header))) if number not in taken}
    for role in roles:
        for word in (_fold(role), *_ROLES[role]):
            if word in free and free[word] not in at.values():
                at[role] = free[word]
                break
    return at


def _kind_of(header: list[str], at: dict[str, int]) -> str:
    for kind in ("bars", "trades", "quotes"):
        wanted = [role for role in _NEEDED[kind] if role not in at]
        if len(_by_alias(header, set(at.values()), wanted)) == len(wanted):
            return kind
    return ""


def _what_is_missing(kind: str, at: dict[str, int], cells: list[str]) -> str:
    seen = ", ".join(cells[:12])
    if not ("time" in at or "date" in at):
        return f"no column of times among: {seen}; name it by {option('columns', 'time=...')}"
    need = " or ".join(" ".join(roles) for name, roles in _NEEDED.items() if kind in ("", name))
    return f"the columns are {seen}; needed are {need}; name them, e.g. by {option('columns', 'time=...,price=...')}"


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
