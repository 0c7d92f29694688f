"""What is known of a run while it happens."""

import pytest

from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished, Paused, StepFinished
from tui_trainer.engine.requests import Epoch, Step, Stop
from tui_trainer.runs.group import RunGroup


@pytest.mark.parametrize(("batch_size", "steps"), [(8, 1), (3, 3)])
def test_the_last_step_of_an_epoch_is_shown_until_the_next(batch_size, steps):
    """Also where an epoch is one step: there every single step ends one."""
    comparison = Comparison.of(samples=8, epochs=5, batch_size=batch_size, activation="tanh", device="cpu")
    group = RunGroup.of(comparison)
    (record,) = group.records
    events = group.events()
    for _ in range(steps):
        group.request(Step())
    for event in events:
        if isinstance(event, EpochsFinished):
            break
    assert isinstance(record.step, StepFinished)
    assert (record.step.epoch, record.step.step, record.step.steps) == (0, steps, steps)

    group.request(Epoch())
    for event in events:
        if isinstance(event, EpochsFinished):
            break
    assert record.step is None, "others have followed"
    group.request(Stop())
    assert all(not isinstance(event, Paused) for event in events)
