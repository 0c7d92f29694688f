"""What is told of a step that is taken alone: of each layer, of any net, and nothing is changed by looking."""

import copy
import importlib.util

import pytest
import torch
from torch import nn

from tui_trainer.engine.made_at import noting_lines
from tui_trainer.engine.observe import Observation
from tui_trainer.engine.step import TrainingStep

NET = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))
        self.inner = nn.ModuleDict(
            {"linear": nn.Linear(width, width)}
        )
        self.act = nn.ReLU(inplace=True)
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        return self.act(self.inner["linear"](x * self.scale))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(*[Block(4) for _ in range(2)])
        self.drop = nn.Dropout(0.5)
        self.norm = nn.BatchNorm1d(4)
        self.last = nn.Linear(4, 1)
        self.bend = nn.Tanh()

    def forward(self, x):
        return self.bend(self.last(self.norm(self.drop(self.blocks(x)))))
"""


@pytest.fixture
def net(tmp_path):
    """A net of a person's own file, two of whose units are never above 0, and whose output is at its end."""
    (tmp_path / "net.py").write_text(NET)
    spec = importlib.util.spec_from_file_location("net", tmp_path / "net.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    with noting_lines():
        net = module.Net()
    with torch.no_grad():
        net.blocks[0].inner["linear"].bias[:] = torch.tensor([-100.0, -100, 5, 5])
        net.last.bias += 50
    return net


def test_each_layer_of_a_persons_own_net_is_told_of_and_the_step_is_as_ever(net):
    x, y = torch.randn(16, 4), torch.randn(16, 1)
    other = copy.deepcopy(net)
    step, plain = (TrainingStep(n, nn.MSELoss(), torch.optim.SGD(n.parameters(), lr=0.1)) for n in (net, other))
    before = net.blocks[1].inner["linear"].weight.detach().clone(), net.blocks[1].inner["linear"].bias.detach().clone()
    torch.manual_seed(1)
    with Observation(step) as observation:
        prediction, _ = step(x, y, 0.1)
    layers = {layer.name: layer for layer in observation.layers()}
    drawn = torch.rand(3)
    torch.manual_seed(1)
    plain(x, y, 0.1)
    assert torch.equal(drawn, torch.rand(3)), "looking draws nothing"
    for one, two in zip(net.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(one, two)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())

    assert list(layers) == [
        *(f"blocks.{i}{part}" for i in range(2) for part in ("", ".inner.linear", ".act", ".unused")),
        *("drop", "norm", "last", "bend"),
    ]
    linear, act, bend = layers["blocks.1.inner.linear"], layers["blocks.0.act"], layers["bend"]
    assert (linear.kind, linear.shape, linear.bytes) == ("Linear", (16, 4), 4 * (16 * 4 + 4 * 4 + 4))
    after = net.blocks[1].inner["linear"]
    moved = torch.cat([(after.weight - before[0]).flatten(), after.bias - before[1]]).norm()
    size = torch.cat([before[0].flatten(), before[1]]).norm()
    assert linear.update == pytest.approx(float((moved / size).detach()), rel=1e-5)
    assert bend.output == pytest.approx((float(prediction.mean()), float(prediction.std(correction=0))))
    wanted = 2 * (prediction - y) / len(y)
    assert bend.gradient == pytest.approx((float(wanted.mean()), float(wanted.std(correction=0))))
    assert act.dead == 0.5
    assert (bend.dead, bend.saturated) == (0, 1)
    assert layers["drop"].dead is layers["norm"].dead is linear.dead is None
    assert layers["blocks.0.unused"].shape is None
    assert [layers[name].made_at for name in ("blocks.0", "blocks.1.inner.linear", "last")] == [
        "net.py:22",
        "net.py:9",
        "net.py:25",
    ]
