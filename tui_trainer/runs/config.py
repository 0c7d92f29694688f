"""config.json: what a script that is watched says of itself, as names and plain values.

What is no plain value is kept as Python shows it, cut; a mapping in a mapping becomes names with dots.
"""

import json
import math
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import TypeAlias

import msgspec

from tui_trainer.escape import encodable, printable
from tui_trainer.files import read_text, write_whole
from tui_trainer.sentence import InputError, Sentence

NAME = "config.json"
MAX_BYTES = 1_000_000
MAX_TEXT, MAX_NAME, MAX_LIST, MAX_DEPTH = 1000, 200, 100, 8
Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = Scalar | list[Scalar]

_shown = reprlib.Repr()
_shown.maxother = _shown.maxstring = _shown.maxlong = 200


def plain_config(config: object) -> dict[str, Value]:
    """A mapping, a namespace or an object with attributes as names and plain values, 1 MB of them at most."""
    values: dict[str, Value] = {}
    size = 2
    for name, value in _flat("", config, 0):
        size += len(json.dumps({name: value})) + 1
        if size > MAX_BYTES // 2:  # as it is laid out in the file, it takes more
            break
        values[name] = value
    return values


def _flat(prefix: str, value: object, depth: int) -> Iterator[tuple[str, Value]]:
    inner = value if isinstance(value, Mapping) else {} if prefix else getattr(value, "__dict__", {})
    if inner and depth < MAX_DEPTH:
        for name, each in inner.items():
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), each, depth + 1)
    elif prefix:
        yield encodable(prefix[:MAX_NAME]), _plain(value)


def _plain(value: object) -> Value:
    if isinstance(value, list | tuple) and len(value) <= MAX_LIST:
        return [_scalar(each) for each in value]
    return _scalar(value)


def _scalar(value: object) -> Scalar:
    """The value, or how it is shown. What is a subclass of a plain type, an enum's member say, is shown."""
    if type(value) in (bool, type(None)):
        return value  # type: ignore[return-value]
    if type(value) is int and abs(value) < 2**63:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, str | PurePath):
        return encodable(str(value)[:MAX_TEXT])
    return encodable(_shown.repr(value)[:MAX_TEXT])


def write_config(folder: Path, config: Mapping[str, Value]) -> None:
    """Write config.json. Raises OSError."""
    write_whole(folder / NAME, msgspec.json.format(msgspec.json.encode(config)) + b"\n")


def read_config(folder: Path) -> dict[str, Value]:
    """What the script said of itself; names are safe to show, texts are not. Raises InputError for a spoiled file."""
    file = folder / NAME
    try:
        read = msgspec.json.decode(read_text(file, MAX_BYTES), type=dict[str, Value])
    except (msgspec.MsgspecError, RecursionError) as error:
        said = Sentence("{path}: {reason}; this run can't be read", path=file, reason=str(error))
        raise InputError(said) from None
    return {printable(name): value for name, value in read.items()}
