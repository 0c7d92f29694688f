"""Sealed files: tensors, and a header in JSON, as a safetensors file that knows whether it is whole.

`safetensors` alone reads one. It has no checksum of its own, so its metadata holds the SHA-256 of the file's bytes,
counted with zeros where the digest itself stands.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

NO_HASH = b"0" * 64
# Its own field, whatever else the header holds: in JSON a quote within a text is escaped.
_HASH = re.compile(rb'"sha256":"([0-9a-f]{64})"')
MAX_HEADER = 10_000_000
Header = TypeVar("Header", bound=msgspec.Struct)


class Damaged(Exception):
    """A file is not whole, for a reason in one line."""


def seal(tensors: Mapping[str, Tensor], header: bytes) -> bytes:
    """The content of a file of tensors, no two of which share memory, and a header, which is JSON."""
    content = bytearray(save(dict(tensors), {"tui-trainer": header.decode(), "sha256": NO_HASH.decode()}))
    start = _digest_place(content)
    content[start : start + len(NO_HASH)] = _digest(content, start)
    return bytes(content)


def unseal(content: bytes, kind: type[Header]) -> tuple[Header, dict[str, Tensor]]:
    """The header, of this kind, and the tensors in a file's content. Raises Damaged."""
    start = _digest_place(content)
    if content[start : start + len(NO_HASH)] != _digest(content, start):
        raise Damaged("its checksum is wrong")
    try:
        metadata = json.loads(_header(content))["__metadata__"]
        return msgspec.json.decode(metadata["tui-trainer"], type=kind), load(content)
    except (SafetensorError, msgspec.MsgspecError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None


def _header(content: bytes | bytearray) -> bytes:
    return bytes(content[8 : 8 + min(int.from_bytes(content[:8], "little"), MAX_HEADER)])


def _digest_place(content: bytes | bytearray) -> int:
    """Where in a file's content the digest stands. Raises Damaged."""
    found = _HASH.search(_header(content))
    if not found:
        raise Damaged("it has no checksum")
    return 8 + found.start(1)


def _digest(content: bytes | bytearray, start: int) -> bytes:
    """The SHA-256, in hexadecimal, of a file's content with zeros from `start` on, where the digest stands."""
    view = memoryview(content)
    digest = hashlib.sha256(view[:start])
    digest.update(NO_HASH)
    digest.update(view[start + len(NO_HASH) :])
    return digest.hexdigest().encode()
