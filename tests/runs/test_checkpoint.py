"""A checkpoint as a file: it is read as it was written, or refused in words."""

import hashlib
import os

import msgspec
import pytest
import torch
from safetensors.torch import save

from tests.runs.conftest import SMALL, kept, stop_after
from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, Progress
from tui_trainer.engine.state import State, most_bytes, take_state
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint
from tui_trainer.runs.sealed import Damaged


def state_of(**settings) -> State:
    (trainer,) = prepare_trainers({"tanh": Experiment(**(SMALL | settings))}, RunControl())
    return take_state(trainer)


def test_12_05_a_name_may_hold_what_stands_for_a_digest():
    """safetensors writes its metadata in no fixed order: thirty of them, so that both come about."""
    zeros = 64 * "0"
    state = state_of()
    quoting = f'"sha256":"{zeros}"'
    experiment = msgspec.structs.replace(state.facts.experiment, data=f"/{zeros}/{quoting}.csv")
    facts = msgspec.structs.replace(state.facts, name=zeros, experiment=experiment)
    for _ in range(30):
        read, metrics = checkpoint.from_bytes(checkpoint.to_bytes(State(facts, state.tensors), 7))
        assert (read.facts, metrics) == (facts, 7)
        assert all(torch.equal(tensor, state.tensors[name]) for name, tensor in read.tensors.items())


def test_one_that_an_older_version_wrote_is_read():
    """Its digest stood at the first 64 zeros: where it belongs, as long as no name held some."""
    state = state_of()
    kept = msgspec.json.encode({"facts": state.facts, "metrics": 7}).decode()
    content = save(state.tensors, {"tui-trainer": kept, "sha256": 64 * "0"})
    content = content.replace(64 * b"0", hashlib.sha256(content).hexdigest().encode(), 1)
    read, metrics = checkpoint.from_bytes(content)
    assert (read.facts, metrics) == (state.facts, 7)


GIGABYTE = 2**30


@pytest.mark.parametrize("content", [b"", None], ids=["nothing but holes", "a checkpoint, and a hole"])
def test_12_52_a_file_larger_than_any_checkpoint_of_the_run_is_not_read(train, content):
    """Sparse, so that it takes no room; reading it would take more memory than this process may have."""
    train(at=stop_after(2))
    folder = kept()[0].folder
    file = folder / checkpoint.NAME
    if content is not None:
        file.write_bytes(content)
    os.truncate(file, 64 * GIGABYTE)
    with pytest.raises(Damaged, match=f"{checkpoint.NAME}: it is larger than a checkpoint of this run"):
        checkpoint.read(folder)


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": "none"},
        {"hidden": "64x64", "optimizer": "adam", "dtype": "float64"},
        {"samples": 5000, "batch_size": 1},
    ],
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_12_52_every_checkpoint_is_within_the_bound(settings, optimizer):
    """Taken in the middle of an epoch, when most is kept."""
    (trainer,) = prepare_trainers({"tanh": Experiment(**(SMALL | {"optimizer": optimizer} | settings))}, RunControl())
    for event in trainer.fit():
        if isinstance(event, Progress | EpochsFinished):
            break
    state = take_state(trainer)
    taken = sum(tensor.nbytes for tensor in state.tensors.values())
    assert taken <= most_bytes(trainer.experiment)
