"""A trained net in use, in plain PyTorch: its modes, its prediction, its held-out loss, its weights in a file."""

MODES = """\
import torch
from torch import nn

for train in (True, False):
    for inside in (torch.enable_grad, torch.inference_mode):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(1, 64), nn.Dropout(0.5), nn.Linear(64, 1))
        net.train(train)  # eval() is train(False)
        x = torch.linspace(-1, 1, 5).unsqueeze(1)
        with inside():
            first, second = net(x), net(x)
        print(train, inside.__name__, torch.equal(first, second), second.grad_fn is not None)
"""

LINE = """\
import numpy as np
import torch
from torch import nn

X = np.linspace(0, 20, num=200)
y = X + 2 * np.sin(X) + np.random.default_rng(0).normal(size=X.shape)
inputs, targets = (torch.tensor(v.reshape(-1, 1), dtype=torch.float32) for v in (X, y))
torch.set_num_threads(1)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
optimizer = torch.optim.Adam(model.parameters(), lr={lr!r})
for step in range({steps}):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()

for wrong in (
    lambda: model(torch.tensor(X, dtype=torch.float32)),  # not reshaped
    lambda: model(torch.tensor(X.reshape(-1, 1))),  # float64
    lambda: model(inputs).cpu().numpy(),  # with a graph behind it
):
    try:
        wrong()
    except RuntimeError as error:
        print("RuntimeError:", error)
with torch.inference_mode():
    Y_pred = model(torch.tensor(X.reshape(-1, 1), dtype=torch.float32)).cpu().numpy()
print(type(Y_pred).__name__, Y_pred.dtype, Y_pred.shape, Y_pred.ravel().shape)
print("loss", np.mean((Y_pred.ravel() - y) ** 2))
"""

HELD_OUT = """\
import numpy as np
import torch
from torch import nn

x = np.linspace(0, 20, 40)
y = x + 2 * np.sin(x) + np.random.default_rng(0).normal(size=40) * 2.0
order = np.random.default_rng([0, 1]).permutation(40)
held_out, seen = np.sort(order[:20]), np.sort(order[20:])
# Training sees numbers of mean 0 and deviation 1.
scaled = [torch.tensor((v - v[seen].mean()) / v[seen].std(), dtype=torch.float32).unsqueeze(1) for v in (x, y)]
(x_train, y_train), (x_test, y_test) = ([v[part] for v in scaled] for part in (seen, held_out))
unit = y[seen].std() ** 2

torch.set_num_threads(1)
torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(1, {units}), nn.Tanh(), nn.Linear({units}, {units}), nn.Tanh(), nn.Linear({units}, 1)
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
shuffle = torch.Generator().manual_seed(0)
losses = []
for step in range({steps}):
    batch = torch.randperm(20, generator=shuffle)  # all samples, in any order
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x_train[batch]), y_train[batch])
    loss.backward()
    optimizer.step()
    with torch.inference_mode():
        losses.append(nn.functional.mse_loss(model(x_test), y_test).item() * unit)
print("after", {steps}, "training", loss.item() * unit, "held out", losses[-1])
print("least", min(losses), "after", losses.index(min(losses)) + 1)
"""

KEEP = """\
import io

import torch
from torch import nn


def net(hidden, seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 1))


a, b, c = net({hidden}, 0), net({hidden}, 1), net({other}, 2)
x = torch.linspace(0, 20, 5).unsqueeze(1)
for name, tensor in a.state_dict().items():
    print(name, list(tensor.shape))
file = io.BytesIO()  # or open("model.pt", "wb")
torch.save(a.state_dict(), file)
with torch.inference_mode():
    print(torch.equal(b(x), a(x)))
    file.seek(0)
    print(b.load_state_dict(torch.load(file, weights_only=True)))
    print(torch.equal(b(x), a(x)))
try:
    c.load_state_dict(a.state_dict())
except RuntimeError as error:
    print("RuntimeError", str(error).count("size mismatch"))
"""

VIEWS = {"modes": MODES, "line": LINE, "held_out": HELD_OUT, "keep": KEEP}


def script(view: str, line: tuple[int, float], held_out: tuple[int, int], nets: tuple[int, int]) -> str:
    """It prints what two calls give in each mode; or each call of the prediction; or the losses; or the weights' keys.

    line: how many steps, and at which rate; held_out: units of a layer, and steps; nets: hidden units of two nets.
    """
    values: dict[str, dict[str, object]] = {
        "line": {"steps": line[0], "lr": line[1]},
        "held_out": {"units": held_out[0], "steps": held_out[1]},
        "keep": {"hidden": nets[0], "other": nets[1]},
    }
    return VIEWS[view].format(**values[view]) if view in values else MODES
