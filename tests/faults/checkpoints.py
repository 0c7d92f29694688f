"""A checkpoint is cut, spoiled, or something else altogether: it is refused, and the one before is taken."""

import hashlib
import io
import os
import pickle
import random
from pathlib import Path

import pytest
import torch

from tests.faults.damage import cut_short, with_bit_flipped
from tests.runs.conftest import SMALL
from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.state import State, take_state
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment
from tui_trainer.runs.checkpoint import BEFORE, NAME, from_bytes, read, write
from tui_trainer.runs.folder import EXPERIMENT
from tui_trainer.runs.sealed import Damaged


def damaged(count: int, seed: int, folder: Path) -> str:
    """Half of them cut, half with one bit flipped."""
    draw = random.Random(seed)
    state = _two_checkpoints(folder)
    whole = (folder / NAME).read_bytes()
    for number in range(count):
        _assert_refused(folder, [cut_short, with_bit_flipped][number % 2](whole, draw), state)
    return "refused by its checksum, and the one before was read"


def pickles(count: int, seed: int, folder: Path) -> str:
    """A pickle that would make a file, as it is and with what a checkpoint says of itself written into it."""
    draw = random.Random(seed)
    state = _two_checkpoints(folder)
    for number in range(count):
        proof = folder / f"ran-{number}"
        content = [_plain, _of_torch][number % 2](_Runs(str(proof))) + draw.randbytes(draw.randrange(100))
        _assert_refused(folder, _with_a_hash(content) if number % 3 else content, state)
        assert not proof.exists(), "its code was run"
    return "refused, their code never run, and the checkpoint before was read"


class _Runs:
    """A thing whose unpickling makes a folder."""

    def __init__(self, proof: str) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.proof,)


def _plain(thing: _Runs) -> bytes:
    return pickle.dumps(thing)


def _of_torch(thing: _Runs) -> bytes:
    file = io.BytesIO()
    torch.save({"model": thing}, file)
    return file.getvalue()


def _with_a_hash(content: bytes) -> bytes:
    """With a checksum that is right, where `from_bytes` looks for one."""
    content += b'"sha256":"' + b"0" * 64 + b'"'
    return content.replace(b"0" * 64, hashlib.sha256(content).hexdigest().encode())


def _two_checkpoints(folder: Path) -> State:
    """Keep two states in a folder. Returns the older."""
    experiment = Experiment(**(SMALL | {"optimizer": "adam"}))
    (trainer,) = prepare_trainers({"tanh": experiment}, RunControl())
    (folder / EXPERIMENT).write_text(Comparison.covering([experiment]).to_toml())
    states = []
    for event in trainer.fit():
        if hasattr(event, "losses"):
            states.append(take_state(trainer))
    for state in states[:2]:
        write(folder, state, state.facts.epoch)
    return states[0]


def _assert_refused(folder: Path, content: bytes, older: State) -> None:
    with pytest.raises(Damaged):
        from_bytes(content)
    (folder / NAME).write_bytes(content)
    state, size, trouble = read(folder)
    assert trouble.startswith(f"{NAME}: ")
    assert size == older.facts.epoch
    assert state.facts == older.facts
    assert state.tensors.keys() == older.tensors.keys()
    assert all(torch.equal(tensor, older.tensors[name]) for name, tensor in state.tensors.items())
    assert (folder / BEFORE).exists()
