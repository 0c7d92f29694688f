"""Roll down a curve, in plain PyTorch."""

from collections.abc import Mapping, Sequence

from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.choices import Choice
from tui_trainer.source_code import made, named

SCRIPT = """\
import math

import torch
from torch import Tensor


{definition}

def descend(name, optimizer, {names}):
    for step in range({count}):
        optimizer.zero_grad()
        value = {function}({names})
        value.backward()
        if not math.isfinite(value.item() + {gradient_sum}):
            break
        print(name, step, {items}, value.item(), {gradients})
        optimizer.step()

"""

RACER = """
{names} = {tensors}
descend("{name}", {optimizer}, {names})
"""


def script(landscape: Choice, start: Mapping[str, float], optimizers: Sequence[str], eta: float, steps: int) -> str:
    """start: x, or x and y. It prints, at each step, where it stands, f there, and the gradient."""
    function = named(landscape)
    names = ", ".join(start)
    gradients = [f"{name}.grad.item()" for name in start]
    text = SCRIPT.format(
        definition=function.definition,
        function=function.expression,
        names=names,
        count=steps + 1,
        items=", ".join(f"{name}.item()" for name in start),
        gradient_sum=" + ".join(gradients),
        gradients=", ".join(gradients),
    )
    tensors = ", ".join(f"torch.tensor({value!r}, requires_grad=True)" for value in start.values())
    for name in optimizers:
        optimizer = made(OPTIMIZERS[name], f"[{names}]", f"lr={eta!r}").expression
        text += RACER.format(names=names, tensors=tensors, name=name, optimizer=optimizer)
    return text
