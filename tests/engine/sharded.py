"""Trains nets as one of several processes, each net sharded and whole, and says in a file what came of both.

Run by torchrun, as tests/engine/test_shards.py does; given the file, and the device.
"""

import copy
import json
import os
import sys
from pathlib import Path

import torch

from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished, RunFinished, StepFinished
from tui_trainer.engine.intervals import Intervals
from tui_trainer.engine.launched import launched
from tui_trainer.engine.ranks import Ranks
from tui_trainer.engine.requests import Edit, Pause, Resume, Step
from tui_trainer.engine.shards import Shards
from tui_trainer.engine.state import put_state, take_state
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint
from tui_trainer.runs.group import RunGroup
from tui_trainer.sentence import InputError

SMALL = {"samples": 37, "test_fraction": 0.1, "batch_size": 4, "epochs": 2, "hidden": "5x3", "activation": "tanh"}
SMALL |= {"execution": "eager"}
NET = f"{Path(__file__).parent / 'nets.py'}:Knotted"
CASES = {
    **{name: {"optimizer": name, "lr": 0.01} for name in ("sgd", "momentum", "adam", "adamw", "rmsprop")},
    "float64": {"dtype": "float64", "optimizer": "adam"},
    "bf16": {"precision": "bf16"},
    "fp16": {"precision": "fp16", "optimizer": "adam"},
    "too much for fp16": {"precision": "fp16", "lr": 100, "epochs": 2},
    "diverged": {"lr": 10, "epochs": 20},
    "classes": {"data": "moons", "weight_decay": 0.1},
    "pictures": {"data": "digits", "model": "cnn", "hidden": "4x6", "batch_size": 64, "epochs": 1, "samples": 300},
    "own": {"data": "moons", "model": NET, "optimizer": "adam", "samples": 40},
}


REFUSED = {
    "execution": {"execution": "traced"},
    "accumulate": {"accumulate": 2},
    "step": {"step": f"{Path(__file__)}:trained"},
    "optimizer": {"optimizer": "torch.optim:Muon"},
}


def trained(world, device, state=None, wanted=(), **settings):
    """The numbers of a run, and what each process had of it."""
    experiment = Experiment(**SMALL | settings, device=device)
    control = world.control()
    (trainer,) = prepare_trainers({"run": experiment}, control, world=world, intervals=Intervals(keep=-1))
    if state:
        put_state(trainer, state)
    for request in wanted if world.leads else ():
        control.put(request)
    losses, steps = [], []
    for event in trainer.fit():
        if isinstance(event, EpochsFinished):
            losses += [*event.losses.tolist(), event.test_loss, *event.metrics.values(), *event.test_metrics.values()]
        elif isinstance(event, StepFinished):
            steps.append([(each.name, each.gradient, each.change) for each in event.parameters])
            steps.append([(each.name, each.update, each.gradient and each.gradient[0]) for each in event.layers])
            if world.leads:
                control.put(Resume())
        elif isinstance(event, RunFinished):
            losses += [event.loss, event.test_loss, *event.metrics.values()]
    taken = world.gathered(world.leads, lambda: take_state(trainer)) if not world.whole else take_state(trainer)
    numbers = {
        "status": event.status,
        "error": event.error,
        "steps": event.steps,
        "losses": losses,
        "looked_at": steps,
        "held": held(trainer.model.parameters()),
        "kept": held(v for s in trainer.optimizer.state.values() for v in s.values() if isinstance(v, torch.Tensor)),
    }
    if taken:
        numbers["state"] = {
            name: v.double().flatten().tolist() for name, v in taken.tensors.items() if "random" not in name
        }
    return numbers, taken


def held(tensors):
    """How many numbers this process has of some tensors, how many there is room for, and how many there are in all."""
    tensors = [each for each in tensors if each.ndim]
    local = [each.to_local() if hasattr(each, "to_local") else each for each in tensors]
    room = sum(each.untyped_storage().nbytes() // each.element_size() for each in local)
    return sum(each.numel() for each in local), room, sum(each.numel() for each in tensors)


def refused(call):
    """What is said where something is refused."""
    try:
        call()
    except InputError as error:
        return str(error)
    return ""


def main(file, device):
    sharded = Shards(launched())
    whole = copy.copy(sharded)
    whole.__class__ = Ranks
    told = {}
    for name, settings in CASES.items():
        told[name] = [trained(world, device, **settings)[0] for world in (sharded, whole)]
    told["looked at"] = [trained(world, device, wanted=[Pause(), Step()], lr=0.1)[0] for world in (sharded, whole)]

    for name, settings in REFUSED.items():
        experiment = Experiment(**SMALL | settings, device=device)
        told[f"no {name}"] = refused(
            lambda e=experiment: prepare_trainers({"run": e}, sharded.control(), world=sharded)
        )
    edit = Edit(run="tanh", what="a weight", weights=(("0.weight", 0, 1.0),))
    group = RunGroup.of(Comparison.of(**SMALL, device=device), world=sharded)
    told["no weights"] = refused(lambda: group.request(edit))

    # Half of it, and the rest from the state that the first process has by then: sharded again, and whole.
    half, taken = trained(sharded, device, epochs=2, optimizer="adam")
    state = from_first(sharded, taken)
    told["in one go"] = [trained(sharded, device, epochs=5, optimizer="adam")[0], half]
    told["in two"] = [trained(w, device, state, epochs=5, optimizer="adam")[0] for w in (sharded, whole)]
    Path(f"{file}.{sharded.rank}").write_text(json.dumps(told))
    sharded.leave()
    os._exit(0)  # as the command does: gloo's threads may abort what ends otherwise


def from_first(world, state):
    """The state that the first process has, as the others get it too."""
    content = world.exchange(checkpoint.to_bytes(state, 0) if world.leads else b"")[0]
    return checkpoint.from_bytes(content)[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
