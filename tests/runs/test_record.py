"""What is known of a run while it happens."""

import pytest

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, Paused, StepFinished
from tui_trainer.engine.race import line_up, race
from tui_trainer.engine.requests import Epoch, Step, Stop
from tui_trainer.runs.record import Record


@pytest.mark.parametrize(("batch_size", "steps"), [(8, 1), (3, 3)])
def test_the_last_step_of_an_epoch_is_shown_until_the_next(batch_size, steps):
    """Also where an epoch is one step: there every single step ends one."""
    control = RunControl()
    comparison = Comparison.of(samples=8, epochs=5, batch_size=batch_size, activation="tanh", device="cpu")
    trainers = line_up(comparison.runs, control)
    record = Record.of(trainers[0])
    events = race(trainers)
    for _ in range(steps):
        control.put(Step())
    for event in events:
        record.apply(event)
        if isinstance(event, EpochsFinished):
            break
    assert isinstance(record.step, StepFinished)
    assert (record.step.epoch, record.step.step, record.step.steps) == (0, steps, steps)

    control.put(Epoch())
    for event in events:
        record.apply(event)
        if isinstance(event, EpochsFinished):
            break
    assert record.step is None, "others have followed"
    control.put(Stop())
    assert all(not isinstance(event, Paused) for event in events)
