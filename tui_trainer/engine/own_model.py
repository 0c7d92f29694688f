"""A person's own network: made as their code makes it, and looked at before it is trained."""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from tui_trainer.engine.made_at import noting_lines
from tui_trainer.engine.step import RATE_FACTOR
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import CodeReference
from tui_trainer.own_module import RAISED, error_line, has_own, load
from tui_trainer.sentence import InputError

# What each layer calls how many numbers it takes, and in which dimension of a batch these stand.
TAKES: dict[type[nn.Module], tuple[str, int]] = {nn.Linear: ("in_features", -1), nn.RNNBase: ("input_size", -1)}
TAKES |= dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), ("in_channels", 1))
TAKES |= dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), ("num_features", 1))


# What such code gets beside its parameters.
HANDED = {"model": (), "optimizer": ("the parameters",)}


class Sizes(NamedTuple):
    """Of a net, for each sample: the multiplications of its forward pass, and the numbers of its largest layer."""

    multiplications: int
    widest: int


class InShape:
    """Hands pictures, which come as rows of pixels, to a net as pictures."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape

    def __call__(self, model: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        x, *rest = given
        return (x.reshape(-1, *self._shape) if x.dim() == 2 else x, *rest)


def called(role: str, reference: CodeReference, *given: Any, **arguments: Any) -> Any:
    """What a person's code makes of these. Raises InputError for what goes wrong there, with their line."""
    thing = load(reference)
    if not callable(thing) or isinstance(thing, nn.Module):
        raise InputError(f"{role}: {reference} is {_a(thing)}; name a class, or a function that makes one for each run")
    try:
        return thing(*given, **arguments)
    except RAISED as error:
        called = "" if has_own(error) else f"; {reference} is called with {', '.join([*HANDED[role], *arguments])}"
        raise InputError(f"{role}: {error_line(error)}{called if given else ''}") from None


def make_model(experiment: Experiment, reference: CodeReference, shape: tuple[int, ...] | None) -> nn.Module:
    """The net that the person's class or function makes. Raises InputError for what is none.

    shape: of pictures, channels first, as which it gets its samples.
    """
    with noting_lines():
        model = called("model", reference, **experiment.arguments("model"))
    if not isinstance(model, nn.Module):
        raise InputError(f"model: {reference} gives {_a(model)}; it has to give a torch.nn.Module")
    if any(parameter.is_meta for parameter in model.parameters()):
        raise InputError(
            f"model: {reference} has weights on the device meta, which are no numbers; make them on the CPU"
        )
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise InputError(f"model: {reference} has no parameters that could be learned")
    if shape:
        model.register_forward_pre_hook(InShape(shape))
    return model


def make_optimizer(experiment: Experiment, reference: CodeReference, model: nn.Module) -> Optimizer:
    """The optimizer that the person's class or function makes of parameters and a rate. Raises InputError."""
    import inspect

    thing, arguments = load(reference), experiment.arguments("optimizer")
    weights = {id(parameter) for parameter in model.parameters()}
    try:
        takes = set(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        takes = set()
    if "weight_decay" in takes:
        arguments["weight_decay"] = experiment.weight_decay
    elif experiment.weight_decay:
        raise InputError(f"weight_decay: {reference} takes none; leave it out")
    optimizer = called("optimizer", reference, model.parameters(), lr=experiment.lr, **arguments)
    if not isinstance(optimizer, Optimizer):
        raise InputError(f"optimizer: {reference} gives {_a(optimizer)}; it has to give a torch.optim.Optimizer")
    if not any(id(parameter) in weights for group in optimizer.param_groups for parameter in group["params"]):
        raise InputError(
            f"optimizer: {reference} has none of the model's weights; make it of the parameters it is given"
        )
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if closure and closure.default is closure.empty:
        raise InputError(
            f"optimizer: {reference}: its step asks for a closure, and a step here has its gradients already; "
            "take one that does without"
        )
    _keep_factors(optimizer, experiment.lr, reference)
    return optimizer


def _keep_factors(optimizer: Optimizer, lr: float, reference: CodeReference) -> None:
    """Have groups of weights with a rate of their own keep it, as a factor of the run's, whatever becomes of that.

    Raises InputError for an optimizer that has another rate than the one that it was given.
    """
    rates = [float(group.get("lr", lr)) for group in optimizer.param_groups]
    if len(set(rates)) == 1 and rates[0] != lr:
        raise InputError(
            f"optimizer: {reference} has a learning rate of {rates[0]:g}, and was given {lr:g}; "
            "use the lr that it is called with"
        )
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        if rate != lr:
            group[RATE_FACTOR] = rate / lr


def look_at(model: nn.Module, reference: CodeReference, x: Tensor, outputs: int | None) -> Sizes:
    """Have a net predict a few samples, as it will when it is trained.

    x: of shape (samples, features); outputs: how many numbers the task needs for each, where it says so. Raises
    InputError where the net takes no such samples or gives what no loss can be made of: which layer, what would fit.
    """
    inside: list[tuple[str, nn.Module, Any]] = []  # the layers that are at work, outermost first
    widest, last = 1, ("", model)

    def enter(name: str) -> Callable[..., None]:
        return lambda module, given: inside.append((name, module, given[0] if given else None))

    def leave(module: nn.Module, given: Any, result: Any) -> None:
        nonlocal widest, last
        name, *_ = inside.pop()
        if isinstance(result, Tensor):
            widest = max(widest, math.ceil(result.numel() / len(x)))
        if name and not any(True for _ in module.children()):
            last = (name, module)

    hooks = [each.register_forward_pre_hook(enter(name)) for name, each in model.named_modules()]
    hooks += [each.register_forward_hook(leave) for each in model.modules()]
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            given = model(x)
    except RAISED as error:
        raise InputError(f"model: {error_line(error)}{_misfit(inside, x, str(error))}") from None
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    _check_given(given, reference, len(x), outputs, last)
    return Sizes(max(1, counter.get_total_flops() // 2 // len(x)), widest)


def _misfit(inside: list[tuple[str, nn.Module, Any]], x: Tensor, said: str) -> str:
    """Which layer it was that did not take what it was given, and what would fit."""
    if re.search(r"dtype|scalar type|Input type", said):
        return f"; {suits_dtype(x)}"
    name, layer, given = inside[-1] if inside else ("", None, None)
    if not name or layer is None or not isinstance(given, Tensor):
        return f"; it was given {_shape(x)}"
    said = f"; layer {name}, {layer}, was given {_shape(given)}"
    for kind, (attribute, dimension) in TAKES.items():
        takes = getattr(layer, attribute, None)
        if isinstance(layer, kind) and (dimension < 0 or given.dim() > 2):
            there = given.shape[dimension]
            return said + (f": make it {attribute}={there}" if takes != there else "")
    return said


def _check_given(given: Any, reference: CodeReference, samples: int, outputs: int | None, last: Any) -> None:
    """Raise InputError for outputs that no loss of the task can be made of."""
    if outputs is None:
        return
    wanted = f"({samples}, {outputs})"
    if not isinstance(given, Tensor):
        raise InputError(f"model: {reference} returns {_a(given)}; it has to return one tensor, here of shape {wanted}")
    if tuple(given.shape) != (samples, outputs):
        name, layer = last
        fits = f"make {name}, {layer}, one of {outputs:,} outputs" if name else f"give {outputs:,} for each sample"
        if outputs == 1 and given.dim() == 1:
            fits = "end its forward with .unsqueeze(1)"
        raise InputError(
            f"model: {reference} gives {_shape(given)} for {samples} samples, and the data needs {wanted}; {fits}"
        )
    if not given.is_floating_point():
        raise InputError(f"model: {reference} gives numbers of dtype {given.dtype}; a loss takes floating ones")
    if not bool(torch.isfinite(given).all()):
        raise InputError(
            f"model: {reference} gives what is no finite number before its first step; look at its forward"
        )


def suits_dtype(x: Tensor) -> str:
    """What would be right where a net does not take the dtype of its samples."""
    if x.is_floating_point():
        return f"x is of {x.dtype}: whole numbers, as of words, stay so in a tensor of int64"
    return f"x is of {x.dtype}: give floats, or begin the forward with x.float()"


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def _a(thing: object) -> str:
    name = type(thing).__name__
    return "nothing" if thing is None else f"a{'n' * (name[0].lower() in 'aeiou')} {name}"


def is_lazy(model: nn.Module) -> bool:
    """Whether a net has parameters that are made when it sees its first samples."""
    return any(isinstance(each, nn.parameter.UninitializedParameter) for each in model.parameters())
