"""The one training step, in every mode: two inputs, classes, two losses, penalties, clipping, and rates that differ."""

import inspect

import pytest
import torch
from torch import nn

from tests.marks import rest_slow
from tui_trainer.engine.execution.compiled import Compiled
from tui_trainer.engine.execution.compiler import step_key
from tui_trainer.engine.execution.eager import Eager
from tui_trainer.engine.execution.mode import CannotRun, Work
from tui_trainer.engine.execution.traced import Traced
from tui_trainer.engine.sampler import Sampler
from tui_trainer.engine.step import TrainingStep, clip_norm, l2
from tui_trainer.lessons import six_steps

SAMPLES, BATCH, STEPS = 40, 7, 30
TASKS = {
    "two inputs": (2, 1, nn.MSELoss),
    "three inputs, two targets": (3, 2, nn.HuberLoss),
    "two inputs, three classes": (2, 3, nn.CrossEntropyLoss),
}


def rates(steps):
    return torch.linspace(0.01, 0.05, steps, dtype=torch.float64)


def work(task="two inputs", optimizer=torch.optim.SGD, dtype=torch.float32, **slots) -> Work:
    inputs, outputs, loss = TASKS[task]
    torch.manual_seed(1)
    x = torch.randn(SAMPLES, inputs, dtype=dtype)
    y = (
        torch.randint(0, outputs, (SAMPLES,))
        if loss is nn.CrossEntropyLoss
        else torch.randn(SAMPLES, outputs).to(dtype)
    )
    model = nn.Sequential(nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, outputs)).to(dtype)
    step = TrainingStep(model, loss(), optimizer(model.parameters(), lr=0.1), **slots)
    return Work(step, x, y, Sampler(SAMPLES, BATCH, shuffle=True, seed=0).sizes)


def train(mode, work: Work) -> torch.Tensor:
    """The losses of some steps, and what became of the weights."""
    sampler = Sampler(SAMPLES, BATCH, shuffle=True, seed=0)
    first = Eager(work).run(sampler.take(1, rates))
    made, losses = mode(work), [first]
    while sum(map(len, losses)) < STEPS:
        losses.append(made.run(sampler.take(4, rates)))
    return torch.cat([*losses, *(p.detach().flatten() for p in work.step.model.parameters())])


@pytest.mark.parametrize("slots", [{}, {"penalties": (l2(0.1),)}, {"clip": clip_norm(0.1)}], ids=["bare", "l2", "clip"])
@pytest.mark.parametrize("task", rest_slow(reversed(TASKS)))
def test_traced_is_eager_to_the_last_bit(task, slots):
    assert torch.equal(train(Traced, work(task, **slots)), train(Eager, work(task, **slots)))


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam], ids=["sgd", "adam"])
@pytest.mark.parametrize("task", rest_slow(reversed(TASKS)))
def test_compiled_is_eager_but_for_rounding(task, optimizer):
    expected = train(Eager, work(task, optimizer))
    assert torch.allclose(train(Compiled, work(task, optimizer)), expected, rtol=1e-4, atol=1e-5)


def test_compiled_takes_a_penalty_and_refuses_what_it_has_no_c_for():
    expected = train(Eager, work(penalties=(l2(0.1),)))
    assert torch.allclose(train(Compiled, work(penalties=(l2(0.1),))), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(CannotRun, match="no C for"):
        train(Compiled, work(clip=clip_norm(0.1)))


@pytest.mark.parametrize("mode", [Traced, Compiled])
def test_a_model_that_keeps_more_than_weights_is_left_to_the_eager_loop(mode):
    its = work()
    its.step.model.insert(1, nn.BatchNorm1d(5))
    with pytest.raises(CannotRun, match=r"Sequential keeps 1\.running_mean beside the weights"):
        train(mode, its)


@pytest.mark.parametrize("mode", [Traced, Compiled])
def test_weights_that_are_frozen_stay_as_they_are(mode):
    ends = {}
    for each in (Eager, mode):
        its = work(optimizer=torch.optim.Adam)
        before = its.step.model[0].weight.requires_grad_(False).clone()
        ends[each] = train(each, its)
        assert torch.equal(its.step.model[0].weight, before)
    assert torch.allclose(ends[mode], ends[Eager], rtol=1e-4, atol=1e-5)


def key(change=lambda its: None, **given) -> str:
    """What native code is kept under, of a step that was changed before its first."""
    its = work("two inputs, three classes", **given)
    change(its)
    Eager(its).run(Sampler(SAMPLES, BATCH, shuffle=True, seed=0).take(1, rates))
    return step_key(its)


def weighted(*weights):
    def change(its):
        its.step.loss_fn = nn.CrossEntropyLoss(weight=torch.tensor(weights))

    return change


def frozen(its):
    its.step.model[0].weight.requires_grad_(False)


def activation(function):
    """A function where PyTorch's own class of that place says nothing of it."""

    def change(its):
        its.step.model[1].forward = function

    return change


def test_a_loss_of_pytorchs_needs_no_trace_to_be_known(monkeypatch):
    monkeypatch.setattr("tui_trainer.engine.execution.compiler.source", None)
    assert key()


@pytest.mark.slow
def test_steps_that_do_something_else_are_told_apart_whatever_says_so():
    smoothed = lambda its: setattr(its.step, "loss_fn", nn.CrossEntropyLoss(label_smoothing=0.1))  # noqa: E731
    keys = [key(), key(smoothed), key(frozen), key(activation(torch.sin)), key(activation(torch.cos))]
    assert len(set(keys)) == len(keys)
    assert [key(), key(smoothed), key(frozen), key(activation(torch.sin))] == keys[:4]
    with pytest.raises(CannotRun, match="CrossEntropyLoss keeps weight"):  # there is no name to mistake it under
        key(weighted(1.0, 2.0, 3.0))


def test_the_l2_penalty_is_what_sgd_calls_weight_decay():
    """PyTorch as the oracle. The loss that is told is without it."""
    decayed, penalized = work(), work(penalties=(l2(0.1),))
    decayed.step.optimizer.param_groups[0]["weight_decay"] = 0.1
    assert torch.allclose(train(Eager, decayed), train(Eager, penalized), rtol=1e-4, atol=1e-6)


def test_a_step_is_pytorchs_own_with_a_clipped_gradient_and_a_rate_of_its_own():
    ours, its = work(clip=clip_norm(0.1)), work()
    model, optimizer = its.step.model, its.step.optimizer
    for rate in rates(9).tolist():
        prediction, loss = ours.step(ours.x, ours.y, rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        expected = nn.functional.mse_loss(model(its.x), its.y)
        expected.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        assert prediction.shape == its.y.shape
        assert torch.equal(loss, expected.detach())
    for one, other in zip(ours.step.weights, model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_lesson_on_the_loop_takes_the_statements_of_this_step():
    step = inspect.getsource(TrainingStep.__call__).replace("self.forward(", "model(").replace("self.", "")
    for function in (six_steps.STEPS[number] for number in "45bs"):
        for line in inspect.getsource(function).splitlines():
            statement = line.strip().replace("bench.", "")
            if statement and not statement.startswith(("def ", '"""')):
                assert statement.replace("loss.backward", "objective.backward") in step
