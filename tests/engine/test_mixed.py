"""Steps in mixed precision and of several batches."""

import pytest
import torch

from tests.engine.test_modes import weights
from tui_trainer.engine.events import EpochsFinished, ExecutionChanged
from tui_trainer.engine.execution import WORTH_STEPS
from tui_trainer.engine.state import put_state, take_state
from tui_trainer.experiment import Experiment
from tui_trainer.rules import check_rules
from tui_trainer.sentence import InputError

STEPS = {"samples": 46, "epochs": 12, "lr": 0.003}  # an epoch ends with an update of fewer batches


def test_batches_that_are_added_up_make_the_step_of_one_large_batch(fitted):
    large, expected, end = fitted(**STEPS, batch_size=12, optimizer="adam")
    several, losses, _ = fitted(**STEPS, batch_size=4, accumulate=3, optimizer="adam")
    assert losses == pytest.approx(expected, rel=1e-4)
    assert torch.allclose(weights(several), weights(large), rtol=1e-3, atol=1e-5)
    assert several.steps == end.steps == 48


@pytest.mark.parametrize("settings", [{"precision": "bf16"}, {"precision": "fp16", "accumulate": 2}], ids=str)
def test_mixed_precision_learns_and_is_resumed_to_the_bit(settings, trainer):
    settings = STEPS | {"epochs": 20, "lr": 0.05, "batch_size": 4, "optimizer": "adam"} | settings
    whole, cut, again = (trainer(**settings) for _ in range(3))
    losses = [event.loss for event in whole.fit() if isinstance(event, EpochsFinished)]
    assert losses[-1] < losses[0] / 2
    for event in cut.fit():
        if isinstance(event, EpochsFinished) and event.epoch == 6:
            break
    state = take_state(cut)
    if settings["precision"] == "fp16":  # the first gradients were too large for float16, and those updates left out
        assert 0 < state.tensors["step.scale"] < 2**16
    put_state(again, state)
    list(again.fit())
    assert torch.equal(weights(again), weights(whole))
    assert all(p.dtype == torch.float32 for p in again.model.parameters())


@pytest.mark.parametrize("mode", ["traced", "compiled"])
def test_other_modes_say_that_they_do_not_take_them(mode, trainer):
    changes = [e for e in trainer(**STEPS, accumulate=2, execution=mode).fit() if isinstance(e, ExecutionChanged)]
    assert [(e.execution, f"{mode}: it takes plain steps" in e.trouble) for e in changes] == [("eager", True)]


def test_auto_is_eager_there(trainer):
    settings = {"batch_size": 40, "epochs": WORTH_STEPS + 1, "execution": "auto"}
    assert trainer(**settings).auto._best == "compiled"
    assert trainer(**settings, precision="bf16").auto._best == "eager"


def test_mixed_precision_is_of_float32():
    check_rules(Experiment(precision="bf16"))
    with pytest.raises(InputError, match="precision: bf16 is for weights in float32, and dtype is float64"):
        check_rules(Experiment(precision="bf16", dtype="float64"))
