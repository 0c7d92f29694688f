"""Weights and gradients of the models that a script trains, looked at now and then: histograms, and update ratios.

A look costs a share of the training's time at most: the longer it takes, the later comes the next one.
"""

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from tui_trainer.escape import encodable
from tui_trainer.runs.histograms import BINS, Histogram, Of

SHARE = 0.003  # of the training's time
FIRST_SECONDS, SECONDS = 1.0, 2.0  # until the first look, and between two at least
MOST, MOST_VALUES = 48, 2**24  # parameters in a look, and their values, of which copies are held for a step
MAX_NAME = 200
COMPILED, DISTRIBUTED = "_orig_mod.", "module."  # as torch.compile, and DistributedDataParallel, call what they wrap


class Weights:
    """Looks at parameters around a step: `before` and `after` it, where `at` has come.

    at: when the next look is due, in seconds of `time.perf_counter`; looked: the parameters that are looked at around
    the step under way, with what they were before. Both are asked at each step, and are no methods for that.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        self._models = models
        self.at = time.perf_counter() + FIRST_SECONDS
        self._place = 0
        self.looked: list[tuple[str, nn.Parameter, Tensor]] = []
        self._found: list[Histogram] = []
        self._took = 0.0

    def before(self, steps: int) -> None:
        """Look at weights and gradients before a step, and remember the weights."""
        began = time.perf_counter()
        self.looked, self._found = [], []
        for name, parameter in self._next():
            self.looked.append((name, parameter, parameter.detach().clone()))
            self._found += histograms(name, "weight", parameter, steps)
            if parameter.grad is not None and _plain(parameter.grad):
                self._found += histograms(name, "gradient", parameter.grad, steps)
        self._took = time.perf_counter() - began

    def after(self) -> tuple[list[Histogram], dict[str, float]]:
        """What was seen, and how large each update was against the weights, after a step. Nothing without `before`."""
        if not self.looked:
            return [], {}
        began = time.perf_counter()
        names = [name for name, _, _ in self.looked]
        norms = [
            torch.stack([(parameter.detach() - old).float().norm(), old.float().norm()])
            for _, parameter, old in self.looked
        ]
        read = torch.stack([norm.cpu() for norm in norms]).tolist()
        ratios = {f"update/{name}": change / size for name, (change, size) in zip(names, read, strict=True) if size}
        found, self._found, self.looked = self._found, [], []
        now = time.perf_counter()
        self.at = now + max(SECONDS, (self._took + now - began) / SHARE)
        return found, ratios

    def put_off(self) -> None:
        """After an error: not at every step."""
        self.looked, self.at = [], time.perf_counter() + 60

    def _next(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The parameters of this look: where there are many, others each time."""
        there = [pair for pair in named_parameters(self._models) if _plain(pair[1])]
        count = values = 0
        for place in range(len(there)):
            name, parameter = there[(self._place + place) % len(there)]
            values += parameter.numel()
            if values > MOST_VALUES or count == MOST:
                break
            count += 1
            yield name, parameter
        self._place = (self._place + count) % max(1, len(there))


def _plain(parameter: Tensor) -> bool:
    """Whether all its numbers are here, and no more than a copy may have."""
    if nn.parameter.is_lazy(parameter):  # it has none until its module was called
        return False
    strided = parameter.layout is torch.strided and not hasattr(parameter, "to_local")
    return strided and parameter.is_floating_point() and 0 < parameter.numel() <= MOST_VALUES


def named_parameters(models: Sequence[nn.Module]) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters that are trained, as the person calls them; of several models, with the model's number before."""
    for number, model in enumerate(models):
        prefix = f"{number}." if len(models) > 1 else ""
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                yield prefix + plain_name(name), parameter


def plain_name(name: str) -> str:
    """A parameter's name without what wraps the model."""
    return name.replace(COMPILED, "").removeprefix(DISTRIBUTED)


def histograms(name: str, of: Of, values: Tensor, steps: int) -> list[Histogram]:
    """How values are spread; nothing where none is a finite number, or they lie too far apart.

    Raises ValueError for complex numbers.
    """
    if values.is_complex():
        raise ValueError("complex numbers have no order; give their .abs()")
    values = values.detach().float().reshape(-1)
    low, high = (float(end) for end in torch.stack(torch.aminmax(values)).tolist()) if values.numel() else (1.0, 0.0)
    if not low <= high or not abs(low) < float("inf") > abs(high):  # some are not finite
        values = values[values.isfinite()]
        if not values.numel():
            return []
        low, high = torch.stack(torch.aminmax(values)).tolist()
    if high - low >= torch.finfo(torch.float32).max:
        return []
    counts = torch.histc(values, BINS, low, high).tolist() if high > low else [values.numel()]
    whole = [round(each) for each in counts]
    return [Histogram(steps=steps, name=encodable(name[:MAX_NAME]), of=of, low=low, high=high, counts=whole)]
