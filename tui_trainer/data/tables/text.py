"""A file as lines of text: packed or not, whatever its encoding and its line ends."""

import codecs
import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from tui_trainer.sentence import InputError

MAX_LINE = 1_000_000
PACKING = (EOFError, zlib.error, gzip.BadGzipFile)
SAMPLE = 1 << 18  # bytes from which the encoding is guessed
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What begins so is no text, and what to do with it.
OTHERS = {
    b"PK\x03\x04": "a workbook or a zip file; save the sheet as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an Excel workbook; save the sheet as CSV",
    b"BZh": "packed by bzip2; unpack it first",
    b"\xfd7zXZ": "packed by xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "packed by zstd; unpack it first",
    b"SQLite format 3\0": "a database; export its table as CSV",
    b"\x89HDF": "an HDF5 file; export its table as CSV",
}


def is_packed(head: bytes) -> bool:
    """Whether a file that begins so is packed by gzip."""
    return head.startswith(b"\x1f\x8b")


def unpacked(file: BinaryIO, name: str) -> BinaryIO:
    """The file from its beginning, unpacked if gzip packed it. Raises InputError for a kind that can't be read."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    for magic, what in OTHERS.items():
        if head.startswith(magic):
            raise InputError(f"{name}: {what}")
    return gzip.GzipFile(fileobj=file) if is_packed(head) else file  # type: ignore[return-value]


def encoding_of(file: BinaryIO, name: str) -> str:
    """The encoding that a file seems to have, as Python calls it: UTF-8 unless something else is plain."""
    head = _read(unpacked(file, name), name, SAMPLE)
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            return encoding
    # Of ASCII in UTF-16, every other byte is zero.
    even, odd = head[0:4000:2], head[1:4000:2]
    if len(odd) > 2 and not even.count(0) and odd.count(0) > 0.9 * len(odd):
        return "utf-16-le"
    if len(odd) > 2 and not odd.count(0) and even.count(0) > 0.9 * len(even):
        return "utf-16-be"
    if b"\0" in head:
        raise _nul(name, head[: head.index(0)].count(b"\n") + 1)
    return "utf-8-sig"


def lines_of(file: BinaryIO, name: str, encoding: str) -> Iterator[str]:
    """The lines of a file, each ended by a newline, whatever ended it in the file.

    Raises InputError, with the row, for what is no text.
    """
    number = 0
    text = io.TextIOWrapper(unpacked(file, name), encoding=encoding, newline=None)
    try:
        while line := text.readline(MAX_LINE):
            number += 1
            if "\0" in line:
                raise _nul(name, number)
            if len(line) == MAX_LINE:
                raise InputError(f"{name}: row {number} has {MAX_LINE:,} bytes or more; give a CSV text file")
            yield line.rstrip("\n") + "\n"
    except UnicodeError:
        raise InputError(f"{name}: row {_first_bad(file, name, encoding)} is not {_spoken(encoding)}") from None
    except PACKING as error:
        raise _broken(name, error) from None
    finally:
        with contextlib.suppress(ValueError):  # where it was closed meanwhile
            text.detach()


def _nul(name: str, number: int) -> InputError:
    return InputError(f"{name}: row {number} holds a NUL byte, so this is no text; give a CSV text file")


def _first_bad(file: BinaryIO, name: str, encoding: str) -> int:
    """The first line that can't be decoded."""
    number, decoder = 1, codecs.getincrementaldecoder(encoding)()
    for line in unpacked(file, name):
        try:
            number += decoder.decode(line).replace("\r\n", "\n").replace("\r", "\n").count("\n")
        except UnicodeError as error:
            start = getattr(error, "start", 0)
            return number + line[:start].replace(b"\r\n", b"\n").count(b"\r")
    return number


def _spoken(encoding: str) -> str:
    if encoding.startswith("utf-8"):
        return "UTF-8; --encoding says what it is, such as latin-1 or windows-1252"
    return f"{encoding}; --encoding says what it is"


def _read(file: BinaryIO, name: str, count: int) -> bytes:
    try:
        return file.read(count)
    except PACKING as error:
        raise _broken(name, error) from None


def _broken(name: str, error: Exception) -> InputError:
    return InputError(f"{name}: packed by gzip, and broken ({error}); give a whole file")
