"""What the program draws for a learner to work out: how many parameters a net has."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from torch import nn

from tui_trainer.lessons.lesson import Refusal
from tui_trainer.wording import quoted

WIDTHS = range(2, 10)


def read_count(text: str) -> int | None:
    """A guess, such as 31; an empty text is none. Raises Refusal."""
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise Refusal("guess", text=quoted(text))
    return int(text)


@dataclass(frozen=True)
class DrawnLayer:
    """A linear layer: how many numbers go in and come out, whether it has a bias, and how often forward uses it."""

    inputs: int
    outputs: int
    bias: bool
    uses: int

    @property
    def text(self) -> str:
        """As it is written."""
        return f"Linear({self.inputs}, {self.outputs}{'' if self.bias else ', bias=False'})"

    @property
    def sum(self) -> str:
        """How its parameters are counted: `8·3 + 8`."""
        return f"{self.outputs}·{self.inputs}" + f" + {self.outputs}" * self.bias

    def make(self) -> nn.Linear:
        """PyTorch's own, without any numbers in it."""
        return nn.Linear(self.inputs, self.outputs, self.bias, device="meta")


@dataclass(frozen=True)
class DrawnNet:
    """Two or three layers, some with a bias and some without, of which one may be used twice."""

    layers: tuple[DrawnLayer, ...]

    @classmethod
    def of(cls, draw: int) -> Self:
        """That of a draw. Neither all layers have a bias nor none, so that no one rule does without looking."""
        random = np.random.default_rng(draw)
        twice = random.random() < 0.5
        widths = random.choice(WIDTHS, 3 if twice else random.choice([3, 4])).tolist()
        if twice:
            widths.insert(1, widths[1])  # the layer between them can be used again: as much comes out as goes in
        count = len(widths) - 1
        with_bias = random.choice(count, random.integers(1, count), replace=False)
        return cls(
            tuple(
                DrawnLayer(widths[i], widths[i + 1], i in with_bias, 2 if twice and i == 1 else 1) for i in range(count)
            )
        )

    @property
    def question(self) -> str:
        """What is asked, by its meaning."""
        return ", ".join(f"{layer.uses} {layer.text}" for layer in self.layers)

    @cached_property
    def count(self) -> int:
        """How many parameters PyTorch finds in a net in which each layer stands as often as it is used."""
        net = nn.Sequential(*(made for layer in self.layers for made in [layer.make()] * layer.uses))
        return sum(parameter.numel() for parameter in net.parameters())

    @property
    def sum(self) -> str:
        """How that is worked out."""
        return " + ".join(layer.sum for layer in self.layers)
