"""Checkpoints: a run's state as a safetensors file that knows whether it is whole.

`safetensors` alone reads one. It has no checksum of its own, so its metadata holds the SHA-256 of
the file's bytes, counted with zeros where the hash stands. The checkpoint before is kept beside.
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

from tui_trainer.engine.state import Facts, State
from tui_trainer.files import flush_folder, read_bytes, reason, write_whole

NAME, BEFORE = "checkpoint.safetensors", "checkpoint.before.safetensors"
NO_HASH = "0" * 64
_HASH = re.compile(rb'"sha256":"([0-9a-f]{64})"')
MAX_HEADER = 10_000_000


class Damaged(Exception):
    """A checkpoint is not whole, for a reason in one line."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says of itself. metrics: how many bytes of metrics.jsonl come before it."""

    facts: Facts
    metrics: int


def to_bytes(state: State, metrics: int) -> bytes:
    """A state as the content of a checkpoint file."""
    kept = msgspec.json.encode(Kept(facts=state.facts, metrics=metrics)).decode()
    content = save(state.tensors, {"tui-trainer": kept, "sha256": NO_HASH})
    digest = hashlib.sha256(content).hexdigest().encode()
    return content.replace(NO_HASH.encode(), digest, 1)


def from_bytes(content: bytes) -> tuple[State, int]:
    """The state in a checkpoint file's content, and how many bytes of metrics come before it. Raises Damaged."""
    header = content[8 : 8 + min(int.from_bytes(content[:8], "little"), MAX_HEADER)]
    found = _HASH.search(header)
    if not found:
        raise Damaged("it has no checksum")
    start = 8 + found.start(1)
    whole = hashlib.sha256(content[:start] + NO_HASH.encode() + content[start + len(NO_HASH) :])
    if whole.hexdigest().encode() != found[1]:
        raise Damaged("its checksum is wrong")
    try:
        kept = msgspec.json.decode(json.loads(header)["__metadata__"]["tui-trainer"], type=Kept)
        return State(kept.facts, load(content)), kept.metrics
    except (SafetensorError, msgspec.MsgspecError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None


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

    Raises Damaged where there is none.
    """
    troubles = []
    for name in (NAME, BEFORE):
        try:
            state, metrics = from_bytes(read_bytes(folder / name))
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
