"""Roll down a curve, in plain PyTorch."""

from collections.abc import Mapping, Sequence

from tui_trainer.catalog import OPTIMIZERS, Choice
from tui_trainer.source_code import made, named

SCRIPT = """\
import torch
from torch import Tensor


{definition}

for make in [{optimizers}]:
    {names} = {tensors}
    optimizer = make([{names}])
    for step in range({steps} + 1):
        optimizer.zero_grad()
        value = {function}({names})
        value.backward()
        print(step, {items}, value.item(), {gradients})
        optimizer.step()
"""


def script(landscape: Choice, start: Mapping[str, float], optimizers: Sequence[str], eta: float, steps: int) -> str:
    """start: x, or x and y. It prints, at each step, where it stands, f there, and the gradient."""
    function = named(landscape)
    makers = [made(OPTIMIZERS[name], "at", f"lr={eta!r}").expression for name in optimizers]
    return SCRIPT.format(
        definition=function.definition,
        function=function.expression,
        optimizers=", ".join(f"lambda at: {maker}" for maker in makers),
        names=", ".join(start),
        tensors=", ".join(f"torch.tensor({value!r}, requires_grad=True)" for value in start.values()),
        steps=steps,
        items=", ".join(f"{name}.item()" for name in start),
        gradients=", ".join(f"{name}.grad.item()" for name in start),
    )
