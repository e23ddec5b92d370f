"""Opening what people have: plain, gzip and zip files, read in blocks of whole lines."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from workbench.errors import IngestError

BLOCK = 1 << 24  # bytes of text parsed at a time: large enough that the cost per block vanishes
_LONGEST_LINE = 1 << 26
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError)


@dataclass
class SourceFile:
    """One file on disk. ``advance`` is told the bytes of it that have been read."""

    path: Path
    advance: Callable[[int], None] = field(default=lambda done: None)

    @property
    def name(self) -> str:
        return self.path.name

    def sha256(self) -> str:
        """Hash of the file's bytes, hexadecimal."""
        with self._guarded(), self.path.open("rb") as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()

    def members(self) -> list[str]:
        """Names of the texts inside: of a zip its files, of any other file itself."""
        with self._guarded():
            if self.path.stat().st_size == 0:
                raise IngestError("the file is empty")
            with self.path.open("rb") as raw:
                head = raw.read(4)
                if head[:2] != b"PK" and self.path.suffix.lower() != ".zip":
                    return [self.path.name]
                with zipfile.ZipFile(raw) as archive:
                    names = [i.filename for i in archive.infolist() if not i.is_dir() and not _is_litter(i.filename)]
        if not names:
            raise IngestError("the archive holds no file")
        return names

    def blocks(self, member: str) -> Iterator[bytes]:
        """The text of ``member`` in blocks of whole lines, UTF-8, without a byte-order mark."""
        with self._guarded(), self.path.open("rb") as raw, _opened(raw, member) as stream:
            head = stream.read(4)
            if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
                stream = io.BytesIO((head + stream.read()).decode("utf-16").encode())
                head = b""
            rest = head.removeprefix(b"\xef\xbb\xbf")
            if b"\0" in rest:
                raise IngestError(_NO_TEXT)
            while data := stream.read(BLOCK):
                if b"\0" in data:
                    raise IngestError(_NO_TEXT)
                cut = data.rfind(b"\n") + 1
                if cut:
                    yield rest + data[:cut]
                    rest = data[cut:]
                else:
                    rest += data
                    if len(rest) > _LONGEST_LINE:
                        raise IngestError(_NO_TEXT)
                self.advance(raw.tell())
            if rest.strip():
                yield rest

    def lines(self, member: str, numbers: set[int]) -> dict[int, str]:
        """Texts of the lines of ``member`` with these numbers (from 1)."""
        found: dict[int, str] = {}
        first = 1
        last = max(numbers, default=0)
        for block in self.blocks(member):
            texts = block.split(b"\n")
            count = len(texts) - (texts[-1] == b"")
            found |= {
                n: texts[n - first].rstrip(b"\r").decode("utf-8", "replace")
                for n in numbers
                if first <= n < first + count
            }
            first += count
            if first > last:
                break
        return found

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise IngestError(
                f"the archive is damaged or cut short ({str(error) or type(error).__name__}); get the file again"
            ) from None
        except UnicodeDecodeError:
            raise IngestError(_NO_TEXT) from None
        except RuntimeError as error:  # zipfile raises it for a member that needs a password
            raise IngestError(f"the archive cannot be read: {error}") from None
        except OSError as error:
            raise IngestError(f"the file cannot be read: {error.strerror or error}") from None


_NO_TEXT = "the file is not text (it holds bytes that no text has); is it of another format?"


@contextmanager
def _opened(raw: BinaryIO, member: str) -> Iterator[BinaryIO]:
    magic = raw.read(2)
    raw.seek(0)
    if magic == b"PK":
        with zipfile.ZipFile(raw) as archive, archive.open(member) as stream:
            yield stream
    elif magic == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=raw) as stream:
            yield stream
    else:
        yield raw


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")
