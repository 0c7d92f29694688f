"""The mode `inductor`, which torch.compile makes: close to eager, and eager where it can't be had."""

import pytest
import torch
from torch import nn

from tests.engine.test_modes import weights
from tui_trainer.engine.events import Compiling, EpochsFinished, ExecutionChanged
from tui_trainer.engine.own_step import OwnStep
from tui_trainer.engine.state import put_state, take_state

# A hundred steps, all of one size, as each is compiled for half a minute; with dropout, which is to draw the same.
CALM = {"batch_size": 10, "epochs": 25, "scale": "standard", "lr": 0.01, "optimizer": "adam"}


def made(trainer, **settings):
    run = trainer(**CALM | settings)
    run.model.insert(1, nn.Dropout(0.1))
    return run


def losses(events):
    return [loss for event in events if isinstance(event, EpochsFinished) for loss in event.losses.tolist()]


@pytest.mark.slow
def test_inductor_is_eager_but_for_rounding_and_is_resumed_to_the_bit(trainer):
    eager, whole, cut, again = (made(trainer, execution=mode) for mode in ("eager", *["inductor"] * 3))
    expected, events = losses(eager.fit()), list(whole.fit())
    assert losses(events) == pytest.approx(expected, rel=1e-4)
    assert torch.allclose(weights(whole), weights(eager), rtol=1e-3, atol=1e-5)
    changes = [event for event in events if isinstance(event, Compiling | ExecutionChanged)]
    assert [type(event) for event in changes] == [Compiling, ExecutionChanged]
    assert (changes[1].execution, changes[1].trouble) == ("inductor", "")
    for event in cut.fit():
        if isinstance(event, EpochsFinished) and event.epoch == 10:
            break
    put_state(again, take_state(cut))
    list(again.fit())
    assert again.execution == "inductor"
    assert torch.equal(weights(again), weights(whole))


@pytest.mark.slow
def test_a_step_of_a_persons_own_calls_the_compiled_model(trainer):
    expected = losses(made(trainer, epochs=3).fit())
    own = made(trainer, epochs=3, execution="inductor")
    called = []

    def step(model, batch):
        called.append(model)
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    own.step.loss_fn = OwnStep(step, "own", own.model, {})
    assert losses(own.fit()) == pytest.approx(expected, rel=1e-4)
    assert own.execution == "inductor"
    assert called[0] is own.model
    (compiled,) = {each for each in called if each is not own.model}
    assert compiled.get_submodule("0") is own.model[0], "which has all that the model has"


@pytest.mark.slow
def test_without_a_compiler_it_is_eager_and_a_line_says_so(trainer, monkeypatch, tmp_path):
    import torch._inductor.config as config

    monkeypatch.setattr(config.cpp, "cxx", (None, str(tmp_path / "none")))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    *events, end = trainer(**CALM | {"epochs": 2}, execution="inductor").fit()
    (change,) = [event for event in events if isinstance(event, ExecutionChanged)]
    assert (change.execution, end.status, end.steps) == ("eager", "completed", 8)
    assert change.trouble.startswith("inductor: ")
    assert "compiler" in change.trouble.lower()
    assert "\n" not in change.trouble
