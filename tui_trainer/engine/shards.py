"""The processes that train a net together which is whole in none: https://docs.pytorch.org/docs/stable/distributed.fsdp.fully_shard.html.

Each has its part of every weight, of its gradient and of what the optimizer keeps of it; a block of layers is whole on
the devices only while it is at work. All else is as in `ranks`, but that whatever the net is asked, all processes have
to ask it at the same moment: they all evaluate, and they all take part where the first one takes a state of a run.

Until it trains, a net is on the CPU, whole: made and tried there, and given what a checkpoint holds, which is as ever.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

from tui_trainer.engine.devices import find_device
from tui_trainer.engine.launched import Launched
from tui_trainer.engine.learner import MAX_BATCH
from tui_trainer.engine.mixed_step import MixedStep
from tui_trainer.engine.ranks import Ranks, SharedStep
from tui_trainer.engine.step import TrainingStep
from tui_trainer.engine.world import Result
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.own_module import error_line
from tui_trainer.sentence import InputError
from tui_trainer.tasks.task import Task

DEVICES = ("cpu", "cuda")
LISTS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)  # whose members are layers, or blocks of them


class Shards(Ranks):
    """This process among those that have the net together."""

    whole = False

    def __init__(self, place: Launched) -> None:
        super().__init__(place)
        self._meshes: dict[str, DeviceMesh] = {}

    def shared(self, step: TrainingStep, split: bool, own: bool) -> TrainingStep:
        # Backward passes are of all processes: each takes one, however many samples it has.
        whole = replace(step, batch_size=MAX_BATCH) if isinstance(step, MixedStep) else step
        return ShardedStep(whole, self, split, own)

    def divide(self, step: TrainingStep, device: torch.device) -> None:
        self.together()
        if isinstance(step.model, FSDPModule):
            return
        if device.type not in self._meshes:
            self._meshes[device.type] = init_device_mesh(device.type, (self.size,))
        try:
            for block in list(blocks(step.model)):
                _divide(block, step.optimizer, self._meshes[device.type])
        except (ValueError, NotImplementedError) as error:
            raise InputError(f"model: it can't be sharded: {error_line(error)}; leave --shard away") from None

    def gathered(self, wanted: bool, take: Callable[[], Result]) -> Result | None:
        if not self.agree(wanted):
            return None
        taken = take()
        return taken if self.leads else None

    def check(self, experiment: Experiment, task: Task) -> None:
        super().check(experiment, task)
        if (device := find_device(experiment.device).type) not in DEVICES:
            raise InputError(f"device: {device} takes no sharded nets; take --device cpu")
        if experiment.accumulate > 1:
            raise InputError("accumulate: not of a sharded net; take smaller batches, or more processes")
        for role in ("optimizer", "step"):
            if own := code_reference(getattr(experiment, role)):
                raise InputError(f"{role}: {own} would see parts of the weights only; leave it or --shard away")


class ShardedStep(SharedStep):
    """A step of a net whose gradients are meant where they are computed."""

    def parallel(self, model: nn.Module) -> nn.Module:
        return model

    def __call__(self, x: Tensor, y: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        broadcast(self.model.buffers())  # those of the first process hold, as with DistributedDataParallel
        return super().__call__(x, y, rate)


def broadcast(tensors: Iterable[Tensor]) -> None:
    """Give these the first process's values: all of a dtype at once, since each message takes its time to arrive."""
    alike: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        alike.setdefault(tensor.dtype, []).append(tensor)
    for group in alike.values():
        joined = torch.cat([tensor.flatten() for tensor in group])
        dist.broadcast(joined, 0)
        start = 0
        for tensor in group:
            tensor.copy_(joined[start : (start := start + tensor.numel())].view_as(tensor))


def blocks(model: nn.Module) -> Iterator[nn.Module]:
    """What is whole at a time: the net's own layers, and the members of its lists of layers, the innermost first.

    Of these, each that is called and has parameters that no other has; then the net, with all that are left.
    """
    everywhere, taken = _uses(model), set[int]()
    for parent in reversed(list(model.modules())):
        for child in parent.children() if parent is model or isinstance(parent, LISTS) else ():
            own, called = _uses(child), type(child).forward is not nn.Module.forward
            if called and own.keys() - taken and all(everywhere[each] == uses for each, uses in own.items()):
                taken |= own.keys()
                yield child
    yield model


def _uses(module: nn.Module) -> Counter[int]:
    """How many places in a module have each of its parameters."""
    return Counter(id(parameter) for _, parameter in module.named_parameters(remove_duplicate=False))


def _divide(block: nn.Module, optimizer: Optimizer, mesh: DeviceMesh) -> None:
    """Leave this process its part of a block, and of what the optimizer keeps of it.

    The block is whole on the device meanwhile, and no other is: nothing may hold on to what its parameters were.
    """
    before = dict(block.named_parameters())
    fully_shard(block, mesh=mesh, reshard_after_forward=True)
    parts: dict[Tensor, Tensor] = {before[name]: part for name, part in block.named_parameters()}
    for group in optimizer.param_groups:
        group["params"] = [parts.get(parameter, parameter) for parameter in group["params"]]
    for parameter in before.values():
        if parameter in optimizer.state:
            part = parts[parameter]
            optimizer.state[part] = {name: _part(value, part) for name, value in optimizer.state.pop(parameter).items()}


def _part(kept: object, parameter: Tensor) -> object:
    """This process's part of what an optimizer keeps of a parameter; of a count, all."""
    assert isinstance(parameter, DTensor)
    if not isinstance(kept, Tensor) or kept.shape != parameter.shape:
        return kept
    return distribute_tensor(kept, parameter.device_mesh, parameter.placements, src_data_rank=None)
