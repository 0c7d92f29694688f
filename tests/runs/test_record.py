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


CUDA_ERROR = """Traceback (most recent call last):
  File "trainer.py", line 1, in fit
    for event in self._epochs():
                 ^^^^^^^^^^^^^^
torch.AcceleratorError: CUDA error: device-side assert triggered
Search for `cudaErrorAssert' in the CUDA documentation for more information.
CUDA kernel errors might be asynchronously reported at some other API call.
"""


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (CUDA_ERROR, "the device was lost"),  # as torch 2.11 says it on an H100
        ("Traceback:\n  File\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 4 TiB.\n", "out of memory"),
        ("Traceback:\n  File\n    CUDA error = 3\nNameError: name 'x' is not defined\n", ""),
    ],
)
def test_a_device_that_was_lost_is_told_by_the_error_and_not_by_what_torch_adds(error, advice):
    (record,) = RunGroup.of(Comparison.of(activation="tanh", epochs="1")).records
    record.error = error
    assert record.why_failed.startswith(advice)
    assert bool(record.why_failed) == bool(advice)
