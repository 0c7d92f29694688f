"""Every mode against the eager loop: traced to the last bit, compiled to rounding."""

import threading

import pytest
import torch

from tests.marks import rest_slow
from tui_trainer.catalog import ACTIVATIONS, LOSSES, OPTIMIZERS
from tui_trainer.choices import of_task
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, ExecutionChanged, Paused, StepFinished
from tui_trainer.engine.execution.compiler import step_key
from tui_trainer.engine.execution.mode import CannotRun
from tui_trainer.engine.requests import Resume, ScaleRate, Set, Step

# Seventeen epochs of six steps: just over the first hundred, the last step of each a smaller batch.
CALM = {"batch_size": 7, "epochs": 17, "scale": "standard", "lr": 0.01}
SOME = list(ACTIVATIONS)[:3]  # PyTorch derives them all; the gate tries the others too
VARIANTS = [
    *({"activation": name} for name in SOME),
    *(pytest.param({"activation": name}, marks=pytest.mark.slow) for name in ACTIVATIONS if name not in SOME),
    *rest_slow({"loss": name} for name in of_task(LOSSES, "curve")),
    *rest_slow(({"optimizer": name} for name in OPTIMIZERS), quick=3),
    *rest_slow([{"batch_size": 39}, {"batch_size": 1, "epochs": 3}, {"batch_size": 1000}]),
    {"hidden": "none"},
    {"weight_decay": 0.1},
    {"test_fraction": 0.25},
    *rest_slow(
        [
            {"hidden": "20x17*2"},
            {"hidden": "64x64", "batch_size": 32},
            {"weight_decay": 0.1, "optimizer": "adamw"},
            {"dtype": "float64", "optimizer": "adam"},
            {"shuffle": False},
        ],
        quick=0,
    ),
]


def weights(trainer):
    return torch.cat([p.detach().flatten() for p in trainer.model.parameters()])


def modes(events):
    return [event.execution for event in events if isinstance(event, ExecutionChanged)]


@pytest.mark.parametrize("settings", [*VARIANTS, {"dtype": "bfloat16"}], ids=str)
def test_traced_is_eager_to_the_last_bit(settings, fitted):
    eager, expected, _ = fitted(**(CALM | settings))
    traced, losses, _ = fitted(**(CALM | settings), execution="traced")
    assert losses == expected
    assert torch.equal(weights(traced), weights(eager))
    assert str(traced.optimizer.state_dict()) == str(eager.optimizer.state_dict())


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_compiled_is_eager_but_for_rounding(settings, trainer, fitted):
    eager, expected, _ = fitted(**(CALM | settings))
    compiled = trainer(**(CALM | settings), execution="compiled")
    events = list(compiled.fit())
    assert modes(events) == ["compiled"]
    losses = [loss for e in events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]
    assert losses == pytest.approx(expected, rel=1e-5)
    assert torch.allclose(weights(compiled), weights(eager), rtol=1e-4, atol=1e-5)
    assert events[-1].steps == eager.steps


@pytest.mark.parametrize(
    "settings", [{"hidden": "16x16", "samples": 200_000}, {"hidden": "none", "samples": 1_500_000}], ids=str
)
@pytest.mark.slow
def test_a_batch_that_no_stack_would_hold_is_taken_all_the_same(settings, trainer):
    """On a thread of its own, as in the app: its stack is the smaller one."""
    settings = {"batch_size": 10**9, "epochs": 3, "scale": "standard", "lr": 0.1} | settings
    ended = {}

    def train(execution):
        *events, ended[execution] = trainer(**settings, execution=execution).fit()
        assert modes(events) == ([execution] if execution != "eager" else [])

    for execution in ("eager", "compiled"):
        thread = threading.Thread(target=train, args=(execution,))
        thread.start()
        thread.join()
    assert ended["compiled"].loss == pytest.approx(ended["eager"].loss, rel=1e-3)


@pytest.mark.slow
def test_a_step_too_large_for_native_code_is_traced(trainer):
    settings = {"hidden": "64", "samples": 600_000, "batch_size": 10**9, "epochs": 2, "scale": "standard"}
    changed = [e for e in trainer(**settings, execution="compiled").fit() if isinstance(e, ExecutionChanged)]
    assert [e.execution for e in changed] == ["traced"]
    assert "too large for native code" in changed[0].trouble


def test_every_epoch_of_a_long_compiled_run_is_told(trainer):
    events = list(trainer(execution="compiled", epochs=5000, batch_size=40, scale="standard").fit())
    told = [e for e in events if isinstance(e, EpochsFinished)]
    assert sum(len(e.losses) for e in told) == events[-1].epochs == 5000
    assert len(told) < 2500
    assert [e.epoch for e in told] == [sum(len(e.losses) for e in told[: i + 1]) for i in range(len(told))]


@pytest.mark.parametrize("execution", ["traced", "compiled"])
@pytest.mark.parametrize("optimizer", rest_slow(["momentum", "adam"]))
def test_steps_taken_alone_fit_in_without_a_seam(execution, optimizer, trainer, fitted, watch):
    settings = CALM | {"optimizer": optimizer, "epochs": 40}
    _, expected, _ = fitted(**settings)
    control = RunControl()
    events = []
    t = trainer(control, **settings, execution=execution)
    for event in t.fit():
        events.append(event)
        if isinstance(event, EpochsFinished) and event.epoch < 40 and not t.control.paused:
            control.put(Step())
            control.put(Step())
        if isinstance(event, StepFinished) and event.step == 2:
            control.put(Resume())
    assert any(isinstance(event, StepFinished) for event in events)
    losses = [loss for e in events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]
    assert losses == pytest.approx(expected, rel=1e-5)
    assert not any(isinstance(event, Paused) for event in events[-2:])


@pytest.mark.parametrize("execution", ["traced", "compiled"])
def test_a_completed_run_goes_on_with_another_rate(execution, trainer):
    def train(execution):
        control, losses = RunControl(), []
        t = trainer(control, **(CALM | {"epochs": 4}), execution=execution)
        for _ in range(2):
            losses += [loss for e in t.fit() if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]
            control.put(ScaleRate(0.25))
            control.put(Set("epochs", 12))
        return losses

    losses = train(execution)
    assert len(losses) == 12
    assert losses == pytest.approx(train("eager"), rel=1e-5)


@pytest.mark.parametrize("execution", ["traced", "compiled"])
@pytest.mark.parametrize(("lr", "batch_size"), rest_slow([(10, 1), (1.5, 40), (0.1, 7)], several=True))
def test_a_run_that_diverges_is_left_before_the_step_that_did_it(execution, lr, batch_size, trainer):
    settings = {"lr": lr, "batch_size": batch_size, "epochs": 200}
    eager, other = trainer(**settings), trainer(**settings, execution=execution)
    *_, expected = eager.fit()
    *_, finished = other.fit()
    assert finished.status == expected.status == "diverged"
    if execution == "traced" or expected.steps < 100:  # later, rounding has led another way
        assert finished.steps == pytest.approx(expected.steps, abs=0 if execution == "traced" else 2)
    assert weights(other).isfinite().all()
    if execution == "traced":
        assert torch.equal(weights(other), weights(eager))


def key(t):
    """What the native code of a run is kept under."""
    t.step(*t.dataset[:1], 0.1)
    return step_key(t.auto.work)


def test_native_code_serves_every_rate_seed_and_number_of_epochs_and_samples(trainer):
    base = key(trainer(batch_size=16))
    others = [{"lr": 0.5}, {"seed": 3}, {"epochs": 7}, {"samples": 1234}, {"data": "sine"}, {"noise": 0.0}]
    for changed in others:
        assert key(trainer(**({"batch_size": 16} | changed))) == base
    apart = [{"hidden": "11"}, {"activation": "relu"}, {"optimizer": "adam"}, {"loss": "l1"}, {"weight_decay": 0.1}]
    for changed in [*apart, {"dtype": "float64"}, {"batch_size": 15}]:
        assert key(trainer(**({"batch_size": 16} | changed))) != base
    assert key(trainer(hidden="4x4")) == key(trainer(hidden="4*2"))


class Times(torch.nn.Module):
    """Code of a person's own, of which nothing but a trace can tell what it does."""

    factor = 2

    def forward(self, x):
        return x * type(self).factor


def test_native_code_of_a_persons_own_module_is_told_apart_by_what_it_does(trainer, monkeypatch):
    def own():
        t = trainer(hidden="3")
        t.model[1] = Times()
        return key(t)

    doubled = own()
    assert own() == doubled
    monkeypatch.setattr(Times, "factor", 3)
    assert own() != doubled


def test_native_code_is_for_the_net_that_is_trained_not_for_the_experiments(trainer, fitted):
    """With a layer that was put in by code, which no setting knows of."""
    ends = {}
    for execution in ("eager", "compiled"):
        t = trainer(**CALM, execution=execution)
        t.model.insert(1, torch.nn.Softsign())
        *events, ends[execution] = t.fit()
        assert modes(events) == (["compiled"] if execution == "compiled" else [])
    assert ends["compiled"].loss == pytest.approx(ends["eager"].loss, rel=1e-5)
    assert ends["eager"].loss != fitted(**CALM)[2].loss


@pytest.mark.parametrize("other", [{"hidden": "5"}, {"hidden": "3x3"}, {"hidden": "3", "optimizer": "adam"}], ids=str)
def test_12_06_native_code_is_refused_for_other_tensors_than_the_traced_steps(other, trainer, fitted, monkeypatch):
    """Even where the name that it is kept under says that it fits."""
    changed_for, expected, _ = fitted(**other)
    made_for = key(trainer(hidden="3"))
    assert fitted(execution="compiled", hidden="3")[0].execution == "compiled"
    monkeypatch.setattr("tui_trainer.engine.execution.compiler.step_key", lambda work: made_for)
    t = trainer(execution="compiled", **other)
    *events, finished = t.fit()
    (changed,) = (event for event in events if isinstance(event, ExecutionChanged))
    assert changed.execution == "traced"
    assert "the native code is for" in changed.trouble
    assert finished.status == "completed"
    assert [loss for e in events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()] == expected
    assert torch.equal(weights(t), weights(changed_for))


def test_12_06_tensors_that_come_later_are_looked_at_too(trainer):
    t = trainer(execution="compiled", hidden="3", epochs=1)
    *_, finished = t.fit()
    assert finished.status == "completed"
    t.step.model = trainer(hidden="5").model
    with pytest.raises(CannotRun, match="the native code is for tensor 1"):
        t.auto.mode.run(t.sampler.take(1, t._rates))


@pytest.mark.parametrize("execution", ["compiled", "traced"])
def test_12_26_preparing_a_mode_is_no_training(execution, trainer, tmp_path, monkeypatch):
    """It takes far longer than these few steps, and stands apart."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    *events, finished = trainer(execution=execution, hidden="3", epochs=2, batch_size=40).fit()
    (changed,) = (event for event in events if isinstance(event, ExecutionChanged))
    assert changed.execution == execution
    assert changed.preparing > finished.seconds > 0
    assert finished.steps_per_second == finished.steps / finished.seconds


@pytest.mark.parametrize("lost", ["CompilationUnit", "optimized_execution"])
def test_12_55_without_torchscript_a_run_goes_on_in_another_mode(lost, trainer, monkeypatch):
    monkeypatch.delattr(torch.jit, lost)
    *events, finished = trainer(**CALM, execution="traced").fit()
    (changed,) = [event for event in events if isinstance(event, ExecutionChanged)]
    assert changed.execution == "eager"
    assert changed.trouble.startswith("traced: AttributeError")
    assert (finished.status, finished.epochs) == ("completed", CALM["epochs"])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_traced_on_cuda_is_eager_on_cuda(optimizer, fitted):
    settings = CALM | {"device": "cuda", "optimizer": optimizer, "epochs": 40}
    _, expected, _ = fitted(**settings)
    assert fitted(**settings, execution="traced")[1] == pytest.approx(expected, rel=1e-4)
