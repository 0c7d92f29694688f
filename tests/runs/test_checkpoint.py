"""A checkpoint as a file: it is read as it was written, or refused in words."""

import hashlib

import msgspec
import torch
from safetensors.torch import save

from tests.runs.conftest import SMALL
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.race import line_up
from tui_trainer.engine.state import State, take_state
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint


def state_of(**settings) -> State:
    (trainer,) = line_up({"tanh": Experiment(**(SMALL | settings))}, RunControl())
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
