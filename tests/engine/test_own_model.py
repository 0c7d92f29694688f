"""A person's own network: trained as theirs, tried on a few samples first, and refused in a line where it can't be."""

import copy
from textwrap import dedent

import pytest
import torch
from torch import nn

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import ExecutionChanged, RunFinished
from tui_trainer.engine.execution import WORTH_STEPS
from tui_trainer.engine.execution.auto import best_for
from tui_trainer.engine.status import Status
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.named_data import CodeReference
from tui_trainer.own_module import load

NETS = """
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self, width: int = 6, outputs: int = 1, bad: str = ""):
            super().__init__()
            self.first = nn.Linear(3 if bad == "inputs" else 1, width)
            self.second = nn.Linear(width, outputs)
            self.bad = bad
            self.seen = 0

        def forward(self, x):
            self.seen += self.training
            if self.bad == "late" and self.seen == 3:
                raise RuntimeError("no more")
            y = self.second(torch.tanh(self.first(x)))
            if self.bad == "tuple":
                return y, x
            if self.bad == "flat":
                return y.squeeze(1)
            return y / 0 if self.bad == "infinite" else y

    class Counting(Net):
        def forward(self, x):
            y = super().forward(x)
            return y if self.seen < 9 else 2 * y

    def lazy(width=6):
        return nn.Sequential(nn.LazyLinear(width), nn.Tanh(), nn.LazyLinear(1))

    def nothing(): ...
    def empty(): return nn.Tanh()
    def raises(): raise ValueError("not today")

    def afar(): return nn.Linear(1, 1, device="meta")
    made = nn.Linear(1, 1)

    class Leaving(Net):
        def forward(self, x):
            self.seen += self.training
            if self.seen == 3:
                raise SystemExit(0)
            return super().forward(x)

    def two_rates(params, lr: float):
        weight, *others = params
        return torch.optim.SGD([{"params": [weight], "lr": lr / 10}, {"params": others}], lr=lr)

    def newton(params, lr): return torch.optim.LBFGS(params, lr=lr)
    def stranger(params, lr): return torch.optim.SGD([nn.Parameter(torch.zeros(2))], lr=lr)
    def deaf(params, lr): return torch.optim.SGD(params, lr=7.0)

    class Clipped(torch.optim.SGD):
        def __init__(self, params, lr=1.0, limit: float = 1.0):
            super().__init__(params, lr=lr)
            self.limit = limit
        def step(self):
            for group in self.param_groups:
                nn.utils.clip_grad_norm_(group["params"], self.limit)
            super().step()
"""
CALM = {"lr": 1e-4, "epochs": 3, "batch_size": 20, "activation": "identity"}


@pytest.fixture
def trainer(tmp_path):
    """A function that prepares a run of these nets."""
    (tmp_path / "nets.py").write_text(dedent(NETS))

    def prepare(name: str, **settings):
        named = {"model": f"{tmp_path}/nets.py:{name}"} if name else {}
        comparison = Comparison.of(
            **{
                key: value.format(tmp_path) if isinstance(value, str) else value
                for key, value in (CALM | named | settings).items()
                if not (name and key == "activation")
            }
        )
        (trainer,) = prepare_trainers(comparison.runs, RunControl())
        return trainer

    return prepare


def test_it_trains_as_the_same_net_of_ours(trainer):
    """Its weights are those right after `torch.manual_seed(seed)`; trying it before has moved nothing."""
    own, ours = trainer("Net", **{"model.width": 4}), trainer("", hidden="4", activation="tanh")
    torch.manual_seed(0)
    assert torch.equal(own.model.first.weight, nn.Linear(1, 4).weight)
    own_end, our_end = ([*each.fit()][-1] for each in (own, ours))
    assert isinstance(own_end, RunFinished)
    assert own_end.loss == our_end.loss
    assert own.model.first.weight.tolist() == ours.model[0].weight.tolist()


@pytest.mark.slow
def test_auto_is_eager_and_traced_is_to_be_had(trainer):
    eager, traced = trainer("Net"), trainer("Net", execution="traced")
    assert best_for("cpu", 20, WORTH_STEPS, eager.experiment) == "eager"
    assert [*traced.fit()][-1].loss == [*eager.fit()][-1].loss
    assert traced.execution == "traced"


def test_a_mode_that_gives_other_numbers_is_not_taken(trainer):
    """A net that does something else after some steps is traced as it was at the first ones."""
    counting = trainer("Counting", execution="traced")
    events = [*counting.fit()]
    (changed,) = [event for event in events if isinstance(event, ExecutionChanged)]
    assert changed.execution == "eager"
    assert "traced: its first 100 steps give other numbers than eager ones" in changed.trouble


@pytest.mark.slow
def test_lazy_layers_learn_what_they_take_from_the_first_samples(trainer):
    ended = [*trainer("lazy").fit()][-1]
    assert ended.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("Net", {"model.outputs": 4}, "gives (2, 4) for 2 samples, and the data needs (2, 1); make second, Linear"),
        (
            "Net",
            {"model.bad": "inputs"},
            "layer first, Linear(in_features=3, out_features=6, bias=True), was given (2, 1): make it in_features=1",
        ),
        ("Net", {"model.bad": "tuple"}, "returns a tuple; it has to return one tensor, here of shape (2, 1)"),
        ("Net", {"model.bad": "flat"}, "end its forward with .unsqueeze(1)"),
        ("Net", {"model.bad": "infinite"}, "gives what is no finite number before its first step"),
        ("nothing", {}, "gives nothing; it has to give a torch.nn.Module"),
        ("empty", {}, "has no parameters that could be learned"),
        ("raises", {}, "nets.py, line 34: ValueError: not today"),
        (
            "Net",
            {"optimizer": "{}/nets.py:nothing"},
            "optimizer: TypeError: nothing() got an unexpected keyword argument",
        ),
        ("made", {}, "nets.py:made is a Linear; name a class, or a function that makes one for each run"),
        ("afar", {}, "has weights on the device meta, which are no numbers; make them on the CPU"),
        ("Net", {"optimizer": "{}/nets.py:newton"}, "nets.py:newton: its step asks for a closure"),
        ("Net", {"optimizer": "{}/nets.py:stranger"}, "nets.py:stranger has none of the model's weights"),
        ("Net", {"optimizer": "{}/nets.py:deaf"}, "deaf has a learning rate of 7, and was given 0.0001; use the lr"),
        ("Net", {"optimizer": "{}/nets.py:Clipped", "weight_decay": 0.1}, "nets.py:Clipped takes none; leave it out"),
    ],
)
def test_what_cant_be_trained_is_refused_in_a_line(trainer, refused, name, settings, said):
    assert said in refused(trainer, name, **settings)


def test_an_error_on_the_way_ends_the_run_with_their_line_first(trainer):
    ended = [*trainer("Net", **{"model.bad": "late"}).fit()][-1]
    assert ended.status is Status.FAILED
    assert ended.error.startswith("nets.py, line 16: RuntimeError: no more\n")
    assert "Traceback" in ended.error


def test_an_optimizer_of_ones_own_gets_the_rate_and_its_parameters(trainer):
    tight = trainer("Net", optimizer="{}/nets.py:Clipped", **{"optimizer.limit": 1e-9})
    before = tight.model.first.weight.clone()
    assert [*tight.fit()][-1].status is Status.COMPLETED
    assert torch.allclose(before, tight.model.first.weight, atol=1e-10)
    loose = trainer("Net", optimizer="{}/nets.py:Clipped", **{"optimizer.limit": 1e9})
    assert [*loose.fit()][-1].loss == [*trainer("Net").fit()][-1].loss


def test_what_a_file_sets_while_it_runs_is_no_affair_of_the_runs(trainer, tmp_path):
    """A seed, a dtype and the like at the top of it: each run's weights are those of its own seed, first or second."""
    torch_state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    settings = """
        import random
        import numpy as np
        torch.manual_seed(42)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.set_grad_enabled(False)
        AT_THE_TOP = np.random.rand(), random.random()
    """
    (tmp_path / "nets.py").write_text(dedent(NETS) + dedent(settings))
    for seed in (0, 1):
        own = trainer("Net", **{"model.width": 4, "seed": seed})
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            assert torch.equal(own.model.first.weight, nn.Linear(1, 4).weight)
        assert [*own.fit()][-1].status is Status.COMPLETED
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() is dtype
    assert torch.equal(torch.get_rng_state(), torch_state)
    first = load(CodeReference(f"{tmp_path}/nets.py", "AT_THE_TOP"))
    (tmp_path / "nets.py").write_text(dedent(NETS) + dedent(settings) + "# again\n")
    assert load(CodeReference(f"{tmp_path}/nets.py", "AT_THE_TOP")) == first


def test_groups_of_weights_keep_rates_of_their_own(trainer):
    """As plain steps of the same optimizer have it, under a schedule too."""
    own = trainer("Net", optimizer="{}/nets.py:two_rates", schedule="step", lr=1e-3, epochs=4, batch_size=200)
    model, x, y = copy.deepcopy(own.model), own.dataset.x, own.dataset.y
    first, *others = model.parameters()
    optimizer = torch.optim.SGD([{"params": [first], "lr": 1e-4}, {"params": others}], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 3])
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        scheduler.step()
    assert [*own.fit()][-1].status is Status.COMPLETED
    for ours, theirs in zip(own.model.parameters(), model.parameters(), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4)


def test_other_modes_leave_groups_of_weights_to_eager_steps(trainer):
    """A trace of a step has one group, of all weights."""
    for mode in ("traced", "compiled"):
        rates = trainer("Net", optimizer="{}/nets.py:two_rates", execution=mode)
        (changed,) = [event for event in rates.fit() if isinstance(event, ExecutionChanged)]
        assert changed.execution == "eager"
        assert "its optimizer does not treat all weights alike" in changed.trouble


def test_code_that_leaves_the_program_ends_its_run_alone(trainer):
    ended = [*trainer("Leaving").fit()][-1]
    assert ended.status is Status.FAILED
    assert ended.error.startswith("nets.py, line 43: SystemExit: 0\n")
