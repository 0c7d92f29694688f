"""Checkpoints: a run's state as a sealed file. The one before is kept beside."""

import contextlib
import os
from pathlib import Path

import msgspec

from tui_trainer.engine.state import Facts, State, most_bytes
from tui_trainer.files import flush_folder, read_bytes, reason, write_whole
from tui_trainer.runs.folder import read_experiment
from tui_trainer.runs.sealed import MAX_HEADER, Damaged, seal, unseal

NAME, BEFORE = "checkpoint.safetensors", "checkpoint.before.safetensors"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says of itself. metrics: how many bytes of metrics.jsonl come before it."""

    facts: Facts
    metrics: int


def to_bytes(state: State, metrics: int) -> bytes:
    """A state as the content of a checkpoint file."""
    return seal(state.tensors, msgspec.json.encode(Header(facts=state.facts, metrics=metrics)))


def from_bytes(content: bytes) -> tuple[State, int]:
    """The state in a checkpoint file's content, and how many bytes of metrics come before it. Raises Damaged."""
    header, tensors = unseal(content, Header)
    return State(header.facts, tensors), header.metrics


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
