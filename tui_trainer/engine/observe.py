"""A single step looked at closely: what each layer gave and got, and what the step did to each parameter."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_trainer.engine.events import LayerStep, ParameterChange
from tui_trainer.engine.made_at import made_at
from tui_trainer.engine.own_step import tensors_in
from tui_trainer.engine.parts import whole
from tui_trainer.engine.step import TrainingStep
from tui_trainer.random_numbers import RandomNumbers

MOST_LAYERS = 2_000  # that are looked at, of one net
# A slope below which an activation lets all but nothing through; the share of the samples it must be so for, where it
# has bounds (one without rests where it is flat, such as relu); what is as good as nothing.
FLAT, MOSTLY, NOTHING = 0.005, 0.95, 1e-3
FAR = 1e4  # so far out, what has bounds is at them
MOST_VALUES = 1 << 18  # of what an activation is given, by which it is judged


@dataclass
class _Seen:
    """A layer in the step that is looked at."""

    name: str
    module: nn.Module
    started: float = 0.0
    seconds: float = 0.0
    output_shape: tuple[int, ...] | None = None
    bytes: int = 0
    output: tuple[float, float] | None = None
    gradient: tuple[float, float] | None = None
    given: Tensor | None = None  # of a layer that keeps nothing, as activations are


class Observation:
    """Entered before a step and left after it, it tells what happened in between.

    Layers are all modules without others in them, and those that have parameters of their own: also such as stand
    somewhere deep in a person's own net.
    """

    def __init__(self, step: TrainingStep) -> None:
        self._step, self._model = step, step.model
        self._scale = float(step.state.get("scale", 1.0))  # of the gradients, in float16
        self._before = [p.detach().clone() for p in self._model.parameters()]
        self._seen: list[_Seen] = []
        self._hooks = ExitStack()

    def __enter__(self) -> Self:
        own = (each for each in self._model.named_modules() if _is_layer(each[1]))
        for (name, module), _ in zip(own, range(MOST_LAYERS), strict=False):
            seen = _Seen(name, module)
            self._seen.append(seen)
            hooks = (
                module.register_forward_pre_hook(lambda module, given, seen=seen: _begin(seen, given)),
                module.register_forward_hook(lambda module, given, output, seen=seen: self._end(seen, output)),
            )
            for hook in hooks:
                self._hooks.callback(hook.remove)
        return self

    def __exit__(self, *exception: object) -> None:
        self._hooks.close()

    def _end(self, seen: _Seen, output: Any) -> None:
        """A layer has given its output: of several calls, all times count, and the last one's numbers."""
        tensors = (each for each in tensors_in(output) if isinstance(each, Tensor))
        tensor = next((each for each in tensors if each.is_floating_point()), None)
        if tensor is None:
            return
        _wait(tensor)
        seen.seconds += time.perf_counter() - seen.started
        seen.output_shape, seen.output = tuple(tensor.shape), _mean_and_deviation(tensor)
        seen.bytes += tensor.numel() * tensor.element_size()
        if tensor.requires_grad:
            tensor.register_hook(lambda gradient: self._got(seen, gradient))  # type: ignore[no-untyped-call]

    def _got(self, seen: _Seen, gradient: Tensor) -> None:
        mean, deviation = _mean_and_deviation(gradient)
        seen.gradient = mean / self._scale, deviation / self._scale

    def parameters(self) -> Iterator[ParameterChange]:
        """Each parameter's gradient norm, and the norm of how far the step moved it."""
        for (name, now), before in zip(self._model.named_parameters(), self._before, strict=True):
            gradient = now.grad if now.grad is not None else torch.zeros_like(now)
            yield ParameterChange(name, tuple(now.shape), _norm(gradient), _norm(now.detach() - before))

    def layers(self) -> Iterator[LayerStep]:
        """What each layer gave and got, in the net's own order."""
        before = dict(zip(map(id, self._model.parameters()), self._before, strict=True))
        for seen in self._seen:
            own = [p for p in seen.module.parameters(recurse=False) if id(p) in before]
            moved = sum(_norm(p.detach() - before[id(p)]) ** 2 for p in own) ** 0.5
            size = sum(_norm(before[id(p)]) ** 2 for p in own) ** 0.5
            dead, saturated = _share_of_idle(seen) or (None, None)
            yield LayerStep(
                name=seen.name,
                kind=type(seen.module).__name__,
                shape=seen.output_shape,
                milliseconds=seen.seconds * 1000,
                bytes=seen.bytes + sum(p.numel() * p.element_size() for p in own),
                output=seen.output,
                gradient=seen.gradient,
                update=moved / size if size else None,
                dead=dead,
                saturated=saturated,
                made_at=made_at(seen.module),
            )


def _is_layer(module: nn.Module) -> bool:
    return not any(True for _ in module.children()) or any(True for _ in module.parameters(recurse=False))


def _begin(seen: _Seen, given: tuple[Any, ...]) -> None:
    """A layer is called: some of what an activation is given is kept, as it may overwrite that."""
    keeps = any(True for each in (seen.module.parameters(), seen.module.buffers()) for _ in each)
    if len(given) == 1 and isinstance(given[0], Tensor) and given[0].ndim > 1 and given[0].is_floating_point():
        few = max(1, MOST_VALUES * len(given[0]) // max(1, given[0].numel()))
        seen.given = None if keeps else given[0][:few].detach().clone()
    for tensor in (each for each in tensors_in(given) if isinstance(each, Tensor)):
        _wait(tensor)
    seen.started = time.perf_counter()


def _wait(tensor: Tensor) -> None:
    """Until the device has done all that came before: it gets its work long before it does it."""
    if tensor.device.type in ("cuda", "xpu", "mps"):
        getattr(torch, tensor.device.type).synchronize()


def _mean_and_deviation(tensor: Tensor) -> tuple[float, float]:
    values = tensor.detach().float()
    return float(values.mean()), float(values.std(correction=0))


def _norm(tensor: Tensor) -> float:
    return float(torch.linalg.vector_norm(whole(tensor).cpu().double()))


def _share_of_idle(seen: _Seen) -> tuple[float, float] | None:
    """Which share of an activation's units is dead, and which is saturated; None for what is no such layer.

    A unit is one of the numbers that it gives for a sample; flat where the slope there is near 0. It is dead where it
    gives nothing for any sample, saturated where it is flat for all but a few of them.
    """
    given = seen.given
    if given is None or seen.output_shape is None or given.shape[1:] != seen.output_shape[1:]:
        return None
    with RandomNumbers(0).drawn(given.device), suppress(Exception):
        return _idle(seen.module, given)  # of a person's own, which may take no other shape
    return None


def _idle(module: nn.Module, given: Tensor) -> tuple[float, float] | None:
    with torch.enable_grad():
        z = given.float().clone().requires_grad_()
        out = module(z.clone())  # which may work in place
        one_by_one = module(z.detach().flatten().clone())
        if not torch.allclose(out.flatten(), one_by_one, equal_nan=True):
            return None  # each number depends on others, or on chance
        (slope,) = torch.autograd.grad(out.sum(), z)
    if torch.equal(out, z):
        return None  # as of identity, and of what only acts in other modes
    ends = module(torch.tensor([-FAR, FAR], device=given.device))
    enough = MOSTLY if bool((ends.abs() < 2).all()) else 1.0
    flat = (slope.abs() < FLAT).float().mean(dim=0)
    nothing = (out.detach().abs() < NOTHING).all(dim=0)
    dead = (flat >= 1) & nothing
    saturated = (flat >= enough) & ~dead
    return float(dead.float().mean()), float(saturated.float().mean())


def rows_of(values: Any) -> NDArray[Any]:
    """A tensor of a batch as an array of a row for each sample; of what is none, no rows."""
    if not isinstance(values, Tensor):
        return np.empty((0, 0))
    array = values.detach().cpu().numpy() if not values.is_floating_point() else values.detach().cpu().double().numpy()
    return array.reshape(len(array), -1) if array.ndim > 2 else array
