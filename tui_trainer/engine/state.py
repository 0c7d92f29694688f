"""All that a run's future depends on, taken between two steps, and put back to go on from there to the bit."""

import itertools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import msgspec
import torch
from torch import Tensor

from tui_trainer.data.batches import steps_of
from tui_trainer.data.sources import source_of
from tui_trainer.engine.learner import Learner
from tui_trainer.engine.loaded_data import LoadedData
from tui_trainer.engine.loader_sampler import LoadedLosses, LoaderSampler
from tui_trainer.engine.losses import Losses
from tui_trainer.engine.models import KERNEL
from tui_trainer.engine.parts import whole_in_first
from tui_trainer.engine.sampler import Sampler
from tui_trainer.experiment import Experiment, update_size
from tui_trainer.own_settings import references_of
from tui_trainer.sentence import InputError
from tui_trainer.setting_texts import MAX_WEIGHTS, hidden_widths
from tui_trainer.tasks.task import Task

OPTIMIZER_COPIES = 4  # that an optimizer keeps of every parameter, at most
RANDOM_BYTES = 100_000  # of random generators' states, and what an optimizer counts
MODEL, OPTIMIZER, STEP, TALLY = "model.", "optimizer.", "step.", "tally."


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What of a run's state is no tensor. `experiment` has the live settings as they are by now.

    fresh: whether the optimizer has yet to take its first step, though the run has not; ranks: how many batches, each
    of batch_size samples, its steps take at once.
    """

    name: str
    experiment: Experiment
    epoch: int
    steps: int
    place: int
    seconds: float
    execution: str
    threads: int
    data: str
    fresh: bool = False
    ranks: int = 1


@dataclass(frozen=True)
class State:
    """A run between two steps.

    tensors: weights (`model.0.weight`), what the optimizer keeps (`optimizer.0.exp_avg`), the order of
    the epoch that was begun and the losses of its steps so far, and the states of the random
    numbers; in float16, by how much gradients are scaled.
    """

    facts: Facts
    tensors: dict[str, Tensor]


class Run(Learner, ABC):
    """A learner on its way: what a state is taken of, and put into; fresh, ranks: as a state's facts tell them."""

    def __init__(self, name: str, experiment: Experiment, task: Task, ranks: int = 1) -> None:
        super().__init__(name, experiment, task)
        self.ranks = ranks
        self.sampler, self.losses = self._sampled()
        self.fresh = False

    def _sampled(self) -> tuple[Sampler | LoaderSampler, Losses]:
        """What hands out its steps, and what gathers their losses."""
        e, data = self.experiment, self.dataset
        if isinstance(data, LoadedData):
            batches = self.samples.batches
            assert batches
            usual = batches.usual(update_size(e))
            loaded = LoaderSampler(data.loader, data.name, e.seed, steps_of(data.loader), usual)
            return loaded, LoadedLosses(loaded)
        sampler = Sampler(len(data), update_size(e) * self.ranks, e.shuffle, e.seed)
        return sampler, Losses(sampler.sizes)

    @property
    @abstractmethod
    def seconds(self) -> float:
        """Seconds of training so far, without pauses and without preparing a mode."""

    @property
    @abstractmethod
    def execution(self) -> str:
        """The mode that steps are taken in."""

    @abstractmethod
    def resume_at(self, epoch: int, steps: int, seconds: float, execution: str) -> None:
        """Count from here on, after weights, sampler and all else were put back."""


def take_state(trainer: Run) -> State:
    """Copy a run's state to the CPU. For the thread that trains, between two steps; of a net that isn't whole here, in
    all processes, and the first one has it."""
    tensors = {f"{MODEL}{name}": value for name, value in trainer.model.state_dict().items()}
    # By the places that the optimizer's own state_dict gives them, which takes longer to make.
    parameters = itertools.chain.from_iterable(group["params"] for group in trainer.optimizer.param_groups)
    for place, parameter in enumerate(parameters):
        kept = trainer.optimizer.state.get(parameter, {})
        tensors |= {f"{OPTIMIZER}{place}.{key}": v for key, v in kept.items() if isinstance(v, Tensor)}
    tensors |= {"order.epoch": trainer.sampler.epoch, "order.random": trainer.sampler.random_state}
    tensors |= {"losses.begun": torch.from_numpy(trainer.losses.begun), "random.cpu": trainer.random.state}
    tensors |= {f"{STEP}{name}": value for name, value in trainer.step.state.items()}
    if trainer.tally:
        tensors |= {f"{TALLY}{name}": value for name, value in trainer.tally.tensors.items()}
    if trainer.random.cuda_state is not None:
        tensors["random.cuda"] = trainer.random.cuda_state
    facts = Facts(
        name=trainer.name,
        experiment=trainer.experiment,
        epoch=trainer.epoch,
        steps=trainer.steps,
        place=trainer.sampler.place,
        seconds=trainer.seconds,
        execution=trainer.execution,
        threads=torch.get_num_threads(),
        data=trainer.samples.fingerprint,
        fresh=trainer.fresh,
        ranks=trainer.ranks,
    )
    # In the same order everywhere, as parts are made whole: what was read from a file comes in any.
    return State(facts, {name: _copied(tensors[name]) for name in sorted(tensors)})


def _copied(value: Tensor) -> Tensor:
    """A tensor's numbers, in a row on the CPU, in memory of their own."""
    value = whole_in_first(value.detach())
    on_cpu = value.device.type == "cpu"
    return value.clone(memory_format=torch.contiguous_format) if on_cpu else value.cpu().contiguous()


def put_state(trainer: Run, state: State) -> None:
    """Make a new trainer, of the state's experiment, the run as it was.

    Raises InputError where the samples are others than the run's.
    """
    facts = state.facts
    if trainer.samples.fingerprint != facts.data:
        raise InputError(f"{facts.name}: its data has changed since it was trained; train it afresh")
    put_tensors(trainer, state)
    torch.set_num_threads(facts.threads)  # sums are split by it
    trainer.resume_at(facts.epoch, facts.steps, facts.seconds, facts.execution)


def put_tensors(trainer: Run, state: State) -> None:
    """Give a trainer all that the state's next steps depend on, but for settings, mode and threads."""
    facts, tensors = state.facts, state.tensors
    put_weights(trainer, state)
    kept: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith(OPTIMIZER):
            place, _, key = name.removeprefix(OPTIMIZER).partition(".")
            kept.setdefault(int(place), {})[key] = value.clone()  # which steps change, and the state stays as it is
    groups: list[dict[str, Any]] = trainer.optimizer.state_dict()["param_groups"]
    trainer.optimizer.load_state_dict({"state": kept, "param_groups": groups})
    trainer.sampler.go_to(facts.place, tensors["order.epoch"], tensors["order.random"])
    trainer.step.restore({name.removeprefix(STEP): v for name, v in tensors.items() if name.startswith(STEP)})
    if trainer.tally:
        trainer.tally.put({name.removeprefix(TALLY): v for name, v in tensors.items() if name.startswith(TALLY)})
    trainer.fresh = facts.fresh
    trainer.losses.begun = tensors["losses.begun"].numpy()
    trainer.random.state, trainer.random.cuda_state = tensors["random.cpu"], tensors.get("random.cuda")


def most_bytes(experiment: Experiment) -> int:
    """No fewer than the tensors of a state of this experiment take, without making any."""
    if references_of(experiment):  # whose size only its own code knows
        return 8 * MAX_WEIGHTS * (1 + OPTIMIZER_COPIES)
    samples, features, outputs = source_of(experiment).sizes()
    widths = [features, *hidden_widths(experiment.hidden), outputs]
    kernel = KERNEL**2 if experiment.model == "cnn" else 1
    parameters = sum(inputs * outputs * kernel + outputs for inputs, outputs in itertools.pairwise(widths))
    if experiment.model == "cnn":
        parameters += features * max(widths[1:]) * outputs  # of a linear layer after pictures that are not pooled
    # float64 weights and what an optimizer keeps for each; the order of an epoch, and the losses of its steps
    return 8 * (parameters * (1 + OPTIMIZER_COPIES) + 2 * samples) + RANDOM_BYTES


def weights(state: State) -> dict[str, Tensor]:
    """The model's state_dict in a state, in its own order: layer by layer, weight before bias.

    safetensors gives tensors back in another one each time, and a file of them should be the same each time.
    """
    named = {name.removeprefix(MODEL): v for name, v in state.tensors.items() if name.startswith(MODEL)}
    return {name: named[name] for name in sorted(named, key=_by_layer)}


def _by_layer(name: str) -> list[tuple[int, int, str]]:
    """`2.weight` before `2.bias`, and that before `10.weight`."""
    return [(0, int(part), "") if part.isdecimal() else (1, part != "weight", part) for part in name.split(".")]


def put_weights(learner: Learner, state: State) -> None:
    """Give the network the state's weights, and leave all else as it is."""
    try:
        learner.model.load_state_dict(weights(state))
    except RuntimeError:  # of own code that has changed since
        raise InputError(f"{learner.name}: its weights do not fit its net as it is by now; train it afresh") from None
