"""The training loop in any order, in plain PyTorch."""

import inspect
import textwrap

from tui_trainer.lessons.six_steps import SAMPLES, STEPS, spelled_out

SCRIPT = """\
import itertools

import torch
from torch import nn

xs, ys = torch.tensor({x}), torch.tensor({y})
batches = itertools.cycle(zip(xs.split({batch_size}), ys.split({batch_size})))


def show(round):
    w, b = model.weight.item(), model.bias.item()
    print(round, w, b, ((w * xs.double() + b - ys.double()) ** 2).mean().item())


# 1: the model on its device, and its optimizer. Made once.
device = torch.device("cpu")
torch.manual_seed(1)
model = nn.Linear(1, 1).to(device)
loss_fn = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr={rate!r})
{train_mode}
show(0)
for round in range(1, {end}):
{steps}
    show(round)
"""

CHECK = """
    assert loss.isfinite(), "diverged"\
"""


def script(order: str, batch_size: int, rate: float, rounds: int) -> str:
    """It prints, at the start and after each round, w, b, and the loss on both samples.

    What fails in the lesson fails here, and ends it.
    """
    steps = "\n".join(map(_lines, spelled_out(order)))
    x, y = (values.tolist() for values in SAMPLES)
    return SCRIPT.format(
        x=x,
        y=y,
        batch_size=batch_size,
        rate=rate,
        train_mode=_lines("2"),
        end=rounds + 1,
        steps=textwrap.indent(steps, " " * 4) + CHECK * ("5" in order),
    )


def _lines(step: str) -> str:
    """The lines of a step as they stand without a bench; what its docstring says is a comment."""
    _, said, body = inspect.getsource(STEPS[step]).split('"""')
    return f"# {said}\n{textwrap.dedent(body.strip(chr(10))).rstrip()}".replace("bench.", "")
