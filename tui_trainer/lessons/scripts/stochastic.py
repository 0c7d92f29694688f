"""Gradients of batches, and steps along them, in plain PyTorch."""

from collections.abc import Sequence

HEAD = """\
{imports}import torch
from torch import nn

samples = {samples}
x, y = torch.tensor(samples, dtype=torch.float64).T


def gradient(w, batch):
    w = nn.Parameter(torch.tensor(w, dtype=torch.float64))
    nn.functional.mse_loss(w * x[batch], y[batch]).backward()
    return w.grad.item()

"""

SLOPES = """
w = {weight!r}
print("all", gradient(w, list(range(len(x)))))
gradients = []
for batch in torch.randperm(len(x), generator=torch.Generator().manual_seed(0)).split({size}):
    gradients.append(gradient(w, batch.tolist()))
    print(batch.tolist(), gradients[-1])
print("mean", sum(gradients) / len(gradients))
"""

SPREAD = """
w, places = {weight!r}, range(len(x))
single = np.array([gradient(w, [place]) for place in places])
for size in {sizes}:
    # Each batch there is: of different samples, as an epoch has them, and drawn with replacement.
    shuffled = single[np.array(list(itertools.combinations(places, size)))].mean(axis=1)
    drawn = single[np.array(list(itertools.product(places, repeat=size)))].mean(axis=1)
    print(size, "shuffled", len(shuffled), shuffled.std())
    print(size, "drawn", len(drawn), drawn.std())
print(len(x), "shuffled", 1, single.mean().std())
"""

PATH = """\
{imports}import torch
from torch import nn

samples = {samples}
x, y = torch.tensor(samples, dtype=torch.float64).T
for size in {both}:
    w = nn.Parameter(torch.tensor({weight!r}, dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr={eta!r})
    generator = torch.Generator().manual_seed(0)
    epoch = []
    for step in range(1, {steps} + 1):
        epoch = epoch or list(torch.randperm(len(x), generator=generator).split(size))
        batch = epoch.pop(0)
        optimizer.zero_grad()
        nn.functional.mse_loss(w * x[batch], y[batch]).backward()
        optimizer.step()
        if not abs(w.item()) < 1e6:
            break
        print(size, step, w.item(), w.grad.item())
"""

ARTICLE = """\
import torch


def f(x):
    return (x - 2.0)**2


eta = 0.1
x_param = torch.nn.Parameter(torch.tensor([-3.5]), requires_grad=True)
optimizer = torch.optim.SGD([x_param], lr=eta)
for epoch in range(200):
    optimizer.zero_grad()
    loss_incurred = f(x_param)
    loss_incurred.backward()
    optimizer.step()
    if epoch + 1 in (1, 2, 3, 4, 5, 10, 20, 50, 100, 200):
        print(epoch, x_param.item(), x_param.grad.item(), loss_incurred.item())
print(x_param.data)
"""

VIEWS = {"slopes": HEAD + SLOPES, "spread": HEAD + SPREAD, "path": PATH, "article": ARTICLE}


def script(
    view: str,
    samples: Sequence[tuple[float, float]],
    size: int,
    weight: float,
    eta: float,
    steps: int,
    sizes: Sequence[int],
) -> str:
    """It prints the gradients of batches, or their spread for these sizes, or the path of a weight in steps along them.

    size: of the batches; the view `article` is the article's own code, whatever else is asked for.
    """
    if view == "article":
        return ARTICLE
    return VIEWS[view].format(
        imports="import itertools\n\nimport numpy as np\n" if view == "spread" else "",
        samples=[(int(x), int(y)) for x, y in samples],
        size=size,
        weight=weight,
        eta=eta,
        steps=steps,
        sizes=[*sizes],
        both=[*dict.fromkeys((len(samples), size))],
    )
