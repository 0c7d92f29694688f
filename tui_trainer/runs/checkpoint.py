"""Checkpoints: a run's state as a safetensors file that knows whether it is whole.

`safetensors` alone reads one. It has no checksum of its own, so its metadata holds the SHA-256 of
the file's bytes, counted with zeros where the digest itself stands. The checkpoint before is kept beside.
"""

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path

import msgspec
from safetensors import SafetensorError
from safetensors.torch import load, save

from tui_trainer.engine.state import Facts, State, most_bytes
from tui_trainer.files import flush_folder, read_bytes, reason, write_whole
from tui_trainer.runs.folder import read_experiment

NAME, BEFORE = "checkpoint.safetensors", "checkpoint.before.safetensors"
NO_HASH = b"0" * 64
# Its own field, whatever else the header holds: in JSON a quote within a text is escaped.
_HASH = re.compile(rb'"sha256":"([0-9a-f]{64})"')
MAX_HEADER = 10_000_000


class Damaged(Exception):
    """A checkpoint is not whole, for a reason in one line."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says of itself. metrics: how many bytes of metrics.jsonl come before it."""

    facts: Facts
    metrics: int


def to_bytes(state: State, metrics: int) -> bytes:
    """A state as the content of a checkpoint file."""
    header = msgspec.json.encode(Header(facts=state.facts, metrics=metrics)).decode()
    content = bytearray(save(state.tensors, {"tui-trainer": header, "sha256": NO_HASH.decode()}))
    start = _digest_place(content)
    content[start : start + len(NO_HASH)] = _digest(content, start)
    return bytes(content)


def from_bytes(content: bytes) -> tuple[State, int]:
    """The state in a checkpoint file's content, and how many bytes of metrics come before it. Raises Damaged."""
    start = _digest_place(content)
    if content[start : start + len(NO_HASH)] != _digest(content, start):
        raise Damaged("its checksum is wrong")
    try:
        metadata = json.loads(_header(content))["__metadata__"]
        header = msgspec.json.decode(metadata["tui-trainer"], type=Header)
        return State(header.facts, load(content)), header.metrics
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


def write(folder: Path, state: State, metrics: int) -> None:
    """Keep a state in a run's folder, and the one before it as well. Raises OSError, leaving what was there."""
    content = to_bytes(state, metrics)
    newest, before = folder / NAME, folder / BEFORE
    if newest.exists():
        # A second name for the newest: at no moment is there none.
        beside = folder / f".{BEFORE}.{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        os.link(newest, beside)
        beside.replace(before)
        beside.unlink(missing_ok=True)  # it stays where both are the same file already
        flush_folder(folder)
    write_whole(newest, content)


def read(folder: Path) -> tuple[State, int, str]:
    """The newest whole state in a run's folder, the metrics before it, and what was wrong with a newer one.

    A file that is larger than a state of the run's settings can be is not read. Raises Damaged where there is
    none, InputError where the settings can't be read.
    """
    most = most_bytes(read_experiment(folder)) + MAX_HEADER
    troubles = []
    for name in (NAME, BEFORE):
        try:
            content = read_bytes(folder / name, count=most + 1)
            if len(content) > most:
                raise Damaged("it is larger than a checkpoint of this run can be")
            state, metrics = from_bytes(content)
        except OSError as error:
            troubles.append(f"{name}: {reason(error)}")
        except Damaged as error:
            troubles.append(f"{name}: {error}")
        else:
            return state, metrics, "; ".join(troubles)
    raise Damaged("; ".join(troubles))


def last_state(folder: Path) -> State | None:
    """The newest whole checkpoint's state, if there is one."""
    try:
        return read(folder)[0]
    except Damaged:
        return None
