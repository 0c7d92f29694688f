"""Nets on samples of two classes in the plane, in plain PyTorch."""

from collections.abc import Sequence

from tui_trainer.catalog import ACTIVATIONS, DATASETS
from tui_trainer.lessons.plane_nets import NOISE, RATE, SAMPLES, SEED, STEPS
from tui_trainer.setting_texts import hidden_widths
from tui_trainer.source_code import Code, made, named

SCRIPT = """\
from itertools import pairwise

import numpy as np
import torch
from torch import {torch}nn
from torch.nn.functional import cross_entropy
{definitions}
torch.set_num_threads(1)  # faster for nets this small
points, classes = {data}({samples}, {noise!r}, np.random.default_rng({seed}))
mean, deviation = points.mean(axis=0), points.std(axis=0)
x, y = torch.tensor((points - mean) / deviation), torch.tensor(classes)

for name, activation in {nets}:
    torch.manual_seed({seed})
    layers = [nn.Linear(*sizes) for sizes in pairwise({widths})]
    net = nn.Sequential(layers[0])
    for layer in layers[1:]:
        net.extend([activation, layer] if activation else [layer])
    net.double()
    optimizer = torch.optim.Adam(net.parameters(), lr={rate!r})
    for step in range({steps}):
        optimizer.zero_grad()
        cross_entropy(net(x), y).backward()
        optimizer.step()
    scores = net(x)
    print(name, "loss", cross_entropy(scores, y).item(), "wrong", (scores.argmax(dim=1) != y).sum().item())
"""

BORDER = """\
    if not activation:
        weight, bias = torch.diag(1 / torch.tensor(deviation)), torch.tensor(-mean / deviation)
        for layer in layers:
            weight, bias = layer.weight.detach() @ weight, layer.weight.detach() @ bias + layer.bias.detach()
        (a, b), c = weight[1] - weight[0], bias[1] - bias[0]  # the border: both outputs are equal
        print("x2 =", (-a / b).item(), "x1 +", (-c / b).item())
"""


def script(data: str, hidden: str, activations: Sequence[str], borders: bool = True) -> str:
    """It prints the loss of a net with each activation, how many samples it has wrong, and a straight net's border."""
    source, names = named(DATASETS[data]), list(dict.fromkeys(activations))
    activation_of: dict[str, Code] = {name: made(ACTIVATIONS[name]) for name in names if name != "identity"}
    definitions = [source.definition, *(code.definition for code in activation_of.values() if code.definition)]
    own = "\n\n".join(definition.strip() for definition in definitions)
    own = own.replace("Array, Classes", "np.ndarray, np.ndarray")
    listed = ", ".join(
        f"({name!r}, {activation_of[name].expression if name in activation_of else None})" for name in names
    )
    return (SCRIPT + BORDER * (borders and "identity" in names)).format(
        torch="Tensor, " * ("Tensor" in own),
        definitions=f"\n\n{own}\n\n",
        data=source.expression,
        samples=SAMPLES,
        noise=NOISE,
        seed=SEED,
        nets=f"[{listed}]",
        widths=[2, *hidden_widths(hidden), 2],
        rate=RATE,
        steps=STEPS,
    )
