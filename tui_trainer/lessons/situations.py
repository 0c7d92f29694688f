"""A net that is called twice: in a mode, inside of a context; what comes of it, and some that are drawn."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from tui_trainer.random_numbers import RandomNumbers

WIDTH = 64  # so many units that dropout never happens to leave the same ones twice
SAMPLES = 5
DRAWN = 4

# Between two linear layers; as short as they can be written, so that a table of them has room.
LAYERS: Mapping[str, Callable[[], nn.Module]] = {
    "Dropout(.5)": lambda: nn.Dropout(0.5),
    "Dropout(.2)": lambda: nn.Dropout(0.2),
    "Dropout(0)": lambda: nn.Dropout(0.0),
    "BatchNorm1d": lambda: nn.BatchNorm1d(WIDTH),
    "Tanh": nn.Tanh,
}
NEW, TRAIN, EVAL = "new", "train", "eval"
MODES = (NEW, TRAIN, EVAL)
OUTSIDE, INFERENCE = "–", "inference_mode"
CONTEXTS: Mapping[str, Callable[[], AbstractContextManager[object]]] = {
    OUTSIDE: nullcontext,
    INFERENCE: torch.inference_mode,
    "no_grad": torch.no_grad,
}


class Outcome(NamedTuple):
    """Whether two calls gave the same output, and whether that has a graph behind it."""

    same: bool
    graph: bool

    def __str__(self) -> str:
        """As a guess is written."""
        return f"{'same' if self.same else 'differ'} {'graph' if self.graph else 'none'}"


OUTCOMES = tuple(Outcome(same, graph) for same in (True, False) for graph in (True, False))


@dataclass(frozen=True)
class Situation:
    """A net with this layer in its middle, after this call, called twice on the same samples inside of this."""

    layer: str
    mode: str
    inside: str

    @cached_property
    def _called(self) -> tuple[Tensor, Tensor, int]:
        """Both outputs, and the bytes that are kept for backward, beside weights and samples."""
        kept: dict[int, int] = {}
        with RandomNumbers(0).drawn():
            net = nn.Sequential(nn.Linear(1, WIDTH), LAYERS[self.layer](), nn.Linear(WIDTH, 1))
            x = torch.linspace(-1, 1, SAMPLES).unsqueeze(1)
            known = {parameter.data_ptr() for parameter in (*net.parameters(), *net.buffers(), x)}

            def keep(tensor: Tensor) -> Tensor:
                if tensor.data_ptr() not in known:
                    kept[tensor.data_ptr()] = tensor.nbytes
                return tensor

            if self.mode == TRAIN:
                net.train()
            elif self.mode == EVAL:
                net.eval()
            with CONTEXTS[self.inside]():
                first = net(x)
                with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
                    second = net(x)
        return first, second, sum(kept.values())

    @property
    def outcome(self) -> Outcome:
        """What came of it: seen, not worked out."""
        first, second, _ = self._called
        return Outcome(torch.equal(first, second), second.grad_fn is not None)

    @property
    def kept(self) -> int:
        return self._called[2]


# What the page shows; of these none is asked.
SHOWN = tuple(Situation("Dropout(.5)", mode, inside) for mode in (TRAIN, EVAL) for inside in (OUTSIDE, INFERENCE))


@cache
def askable() -> Mapping[Outcome, tuple[Situation, ...]]:
    """All others, by what comes of them."""
    situations = [Situation(layer, mode, inside) for layer in LAYERS for mode in MODES for inside in CONTEXTS]
    rest = [situation for situation in situations if situation not in SHOWN]
    return {outcome: tuple(each for each in rest if each.outcome == outcome) for outcome in OUTCOMES}


@dataclass(frozen=True)
class DrawnNets:
    """Some nets, each in a situation of its own."""

    nets: tuple[Situation, ...]

    @classmethod
    def of(cls, draw: int) -> Self:
        """Those of a draw: outcomes are drawn first, so that none is likelier, and at least three different ones."""
        random = np.random.default_rng(draw)
        while True:
            outcomes = [OUTCOMES[place] for place in random.integers(len(OUTCOMES), size=DRAWN)]
            nets = tuple(askable()[outcome][random.integers(len(askable()[outcome]))] for outcome in outcomes)
            if len(set(outcomes)) > 2 and len(set(nets)) == DRAWN:
                return cls(nets)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(net.outcome for net in self.nets)

    @property
    def question(self) -> str:
        """What is asked."""
        return " | ".join(f"{net.layer} {net.mode} {net.inside}" for net in self.nets)
