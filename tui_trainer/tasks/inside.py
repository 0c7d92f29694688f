"""Inside a net: what each of its units gives. A copy is asked, once somebody looks: the net itself goes on learning."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_trainer.data.scaling import Scaling
from tui_trainer.weight import Weight

Array = NDArray[np.float64]

MOST_WEIGHTS = 300_000  # of a net that is copied again and again to be looked into
MANY_WEIGHTS = 30_000  # of one that is asked about fewer places
PLACES, FEW_PLACES = 32, 16  # across
SAMPLES, FEW_SAMPLES = 1_000, 200  # of all, evenly
FLAT, MOSTLY, NOTHING = 0.005, 0.95, 1e-3  # a slope; a share of the samples; an output
FAR = 1e4  # so far below 0, what is never below it gives nothing

DEAD, SATURATED, OFF = "dead", "sat.", "off"
TOO_LARGE = f"more than {MOST_WEIGHTS:,} weights: too large to look into"
OF_OTHERS = "only nets of linear layers can be looked into"


@dataclass(frozen=True)
class Layer:
    """A linear layer, as it was, and what comes after it. name: of the layer in the net's state_dict.

    weight: of shape (units, units before); bias: (units,).
    """

    name: str
    weight: Tensor
    bias: Tensor
    after: tuple[nn.Module, ...]

    def bent(self, z: Tensor) -> Tensor:
        """What the units give for what comes into them, both of shape (n, units)."""
        for each in self.after:
            z = each(z)
        return z


@dataclass(frozen=True)
class Inside:
    """A copy of a net's layers, and what is asked of its units.

    names: of the features; first: the places of those to be seen first; places: of shape (*shape, features), where in
    the data the units are asked what they give: along an x, or over a plane, the lowest row first; samples: of shape
    (n, features), by which one sees whether a unit still tells them apart. Both are in the data's own units.
    """

    layers: tuple[Layer, ...]
    scaling: Scaling
    names: Sequence[str]
    first: Sequence[int]
    places: Array
    samples: Array

    @classmethod
    def of(
        cls, model: nn.Module, scaling: Scaling, names: Sequence[str], first: Sequence[int], places: Array, x: Array
    ) -> "Inside | str":
        """Look into a net as it is now; or why that can't be done."""
        layers = _layers(model)
        if layers is None:
            return OF_OTHERS
        if sum(layer.weight.numel() for layer in layers) > MOST_WEIGHTS:
            return TOO_LARGE
        copied = (Layer(each.name, _copied(each.weight), _copied(each.bias), each.after) for each in layers)
        return cls(tuple(copied), scaling, names, first, places, x)

    @property
    def few(self) -> bool:
        """Whether it is so large that fewer places will do."""
        return sum(layer.weight.numel() for layer in self.layers) > MANY_WEIGHTS

    @cached_property
    def given(self) -> list[Array]:
        """What the features are, and what each layer's units give, at each place: (units, *shape) for each layer."""
        across = (FEW_PLACES if self.few else PLACES) * (4 - self.places.ndim)  # along an x, twice as many
        step = max(1, -(-self.places.shape[-2] // across))
        places = self.places[(slice(step // 2, None, step),) * (self.places.ndim - 1)]
        flat = np.ascontiguousarray(places.reshape(-1, places.shape[-1]))
        given = [flat, *(each.double().numpy() for _, each in self._through(flat))]
        return [each.T.reshape(-1, *places.shape[:-1]) for each in given]

    @cached_property
    def marks(self) -> list[list[str]]:
        """What is wrong with each feature or unit, layer by layer: empty, OFF, DEAD or SATURATED."""
        samples = self.samples[:: -(-len(self.samples) // (FEW_SAMPLES if self.few else SAMPLES))]
        marks = [[""] * len(self.names)]
        for layer, (z, given) in zip(self.layers, self._through(samples), strict=True):
            marks.append(_marks(layer, z, given))
        for place, row in enumerate(marks[1:-1]):
            row[:] = [OFF if self.is_off(place, unit) else mark for unit, mark in enumerate(row)]
        return marks

    def _through(self, x: Array) -> list[tuple[Tensor, Tensor]]:
        """What comes into each layer's units, and what they give, of shape (n, units)."""
        passed = []
        with torch.no_grad():
            on = torch.tensor(self.scaling.apply(x), dtype=self.layers[0].weight.dtype)
            for layer in self.layers:
                z = nn.functional.linear(on, layer.weight, layer.bias)
                on = layer.bent(z)
                passed.append((z, on))
        return passed

    def is_off(self, layer: int, unit: int) -> bool:
        """Whether nothing goes into a hidden unit, and nothing comes of it."""
        into, out = self.layers[layer].weight[unit], self.layers[layer + 1].weight[:, unit]
        return not into.any() and not out.any()

    def switched_off(self, layer: int, unit: int) -> list[Weight]:
        """The weights that keep a hidden unit off: as all its gradients are 0, it stays so while the net learns."""
        own, following = self.layers[layer], self.layers[layer + 1]
        nothing = next((b for b in (0.0, -FAR) if not own.bent(torch.tensor([b])).any()), 0.0)
        inputs = own.weight.shape[1]
        return [
            *((f"{own.name}.weight", unit * inputs + place, 0.0) for place in range(inputs)),
            (f"{own.name}.bias", unit, nothing),
            *((f"{following.name}.weight", row * len(own.bias) + unit, 0.0) for row in range(len(following.bias))),
        ]

    def drawn_anew(self, layer: int, unit: int) -> list[Weight]:
        """Small weights for a unit that was switched off, as PyTorch begins with: where nobody knows those it had."""
        random = np.random.default_rng([layer, unit])
        weights = self.switched_off(layer, unit)
        widths = {each.name: each.weight.shape[1] for each in self.layers}
        return [
            (name, place, float(random.uniform(-1, 1) / widths[name.partition(".")[0]] ** 0.5))
            for name, place, _ in weights
        ]


def is_chain(model: nn.Module) -> bool:
    """Whether a net is its children one after the other, and nothing else."""
    return type(model) is nn.Sequential


def _layers(model: nn.Module) -> list[Layer] | None:
    """A net's own linear layers with what follows each; None for a net of others."""
    layers: list[Layer] = []
    if not is_chain(model):
        return None
    for name, module in model.named_children():
        if isinstance(module, nn.Linear):
            layers.append(Layer(name, module.weight, module.bias, ()))
        elif layers and not any(True for _ in itertools.chain(module.parameters(), module.buffers())):
            last = layers.pop()
            layers.append(Layer(last.name, last.weight, last.bias, (*last.after, module)))
        else:
            return None
    fit = all(one.weight.shape[0] == other.weight.shape[1] for one, other in itertools.pairwise(layers))
    return layers if layers and fit else None


def _copied(value: Tensor) -> Tensor:
    value = value.detach()
    return value.clone() if value.device.type == "cpu" else value.cpu()


def _marks(layer: Layer, z: Tensor, given: Tensor) -> list[str]:
    """Which units of a layer learn nothing from these samples any more, as their activation is flat there."""
    if not layer.after or not len(z):
        return [""] * len(layer.bias)
    with torch.enable_grad():
        z = z.clone().requires_grad_()
        (slope,) = torch.autograd.grad(layer.bent(z).sum(), z)
    flat = (slope.abs() < FLAT).double().mean(dim=0)
    nothing = (given.abs() < NOTHING).all(dim=0)
    ends = layer.bent(torch.tensor([-FAR, FAR]))
    enough = MOSTLY if bool((ends.abs() < 2).all()) else 1.0  # what has no bounds is flat where it rests, such as relu
    return [
        "" if part < enough or (part < 1 and zero) else DEAD if zero else SATURATED
        for part, zero in zip(flat.tolist(), nothing.tolist(), strict=True)
    ]
