"""What only a CUDA device shows: it is the same engine there, mode by mode. Skipped where none is."""

import subprocess
import sys
import threading

import pytest
import torch

from tests.engine.test_modes import CALM, modes, weights
from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import available_devices
from tui_trainer.engine.events import EpochsFinished, RunFinished, SettingChanged
from tui_trainer.engine.execution import WORTH_STEPS
from tui_trainer.engine.requests import ScaleRate, Set, Step
from tui_trainer.engine.state import put_state, take_state
from tui_trainer.runs.record import Record

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")

CUDA = CALM | {"device": "cuda", "epochs": 40}
GRAPHS = CALM | {"device": "cuda", "epochs": 40, "batch_size": 4}  # ten steps an epoch, all of one size


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_traced_is_eager_but_for_rounding(optimizer, fitted):
    eager, expected, _ = fitted(**CUDA, optimizer=optimizer)
    traced, losses, _ = fitted(**CUDA, optimizer=optimizer, execution="traced")
    assert losses == pytest.approx(expected, rel=1e-4)
    assert torch.allclose(weights(traced), weights(eager), rtol=1e-3, atol=1e-5)
    assert str(traced.device) == "cuda:0"


@pytest.mark.parametrize(
    "settings",
    [
        {"data": "three", "samples": 60, "hidden": "16x16", "optimizer": "adam"},  # integer targets
        {"data": "digits", "hidden": "32", "batch_size": 32, "epochs": 3, "optimizer": "adam"},
        {"data": "digits", "model": "cnn", "hidden": "8x16", "batch_size": 32, "epochs": 2},
        {"dtype": "float64"},
        {"dtype": "bfloat16"},
    ],
    ids=str,
)
def test_classes_pictures_and_dtypes_too(settings, fitted):
    _, expected, end = fitted(**(CUDA | settings))
    assert end.status == "completed", end.error
    traced, losses, end = fitted(**(CUDA | settings), execution="traced")
    assert end.status == "completed", end.error
    assert traced.execution == "traced"
    assert losses == pytest.approx(expected, rel=0.05 if settings.get("dtype") == "bfloat16" else 1e-2)


def test_many_steps_are_launched_as_one_graph(trainer):
    run = trainer(**GRAPHS, execution="traced")
    list(run.fit())
    (loop,) = run.auto.mode._loops.values()
    assert {1, 4} <= set(loop._graphs)


def test_graphs_of_an_earlier_run_are_not_destroyed_while_others_are_recorded(trainer):
    """Its trainer is left to the collector, which another thread, such as the screen's, may set off at any moment."""
    list(trainer(**GRAPHS, execution="traced").fit())
    done = threading.Event()

    def draw():
        while not done.wait(0.001):
            _ = [[] for _ in range(2000)]

    screen = threading.Thread(target=draw)
    screen.start()
    try:
        for _ in range(10):
            run = trainer(**GRAPHS, execution="traced")
            *_, end = run.fit()
            assert (end.status, run.execution) == ("completed", "traced"), end.error
    finally:
        done.set()
        screen.join()


def test_a_thread_that_has_launched_nothing_yet_records_too(trainer):
    """As when a run is resumed in another process, or its past is computed beside it."""
    cut = trainer(**GRAPHS, execution="traced")
    for event in cut.fit():
        if isinstance(event, EpochsFinished) and event.epoch >= 20:
            break
    again, events = trainer(**GRAPHS, execution="traced"), []
    put_state(again, take_state(cut))
    thread = threading.Thread(target=lambda: events.extend(again.fit()))
    thread.start()
    thread.join()
    assert (events[-1].status, again.execution) == ("completed", "traced"), events[-1].error


def test_graphs_follow_another_rate_and_the_run_goes_on(trainer):
    def trained(mode):
        control = RunControl()
        run = trainer(control, **GRAPHS | {"epochs": 60}, execution=mode)
        losses = []
        for event in run.fit():
            if isinstance(event, EpochsFinished):
                if len(losses) < 30 <= event.epoch:
                    control.put(ScaleRate(0.5))
                losses += event.losses.tolist()
        return run, losses

    (traced, losses), (eager, expected) = trained("traced"), trained("eager")
    assert traced.experiment.lr == eager.experiment.lr == GRAPHS["lr"] / 2
    assert losses[:30] == pytest.approx(expected[:30], rel=1e-4)


def test_auto_takes_traced_there(trainer):
    settings = CUDA | {"epochs": WORTH_STEPS // 6 + 1, "execution": "auto"}
    assert modes(trainer(**settings).fit()) == ["traced"]


@pytest.mark.parametrize("execution", ["eager", "traced", "auto"])
def test_a_run_moves_there_and_back_while_it_trains(execution, trainer):
    control = RunControl()
    run = trainer(control, **(CALM | {"epochs": 900, "execution": execution}))
    devices, at = [], iter(("cuda", "cpu", "cuda:0"))
    for event in run.fit():
        if isinstance(event, EpochsFinished) and event.epoch >= 200 * (len(devices) + 1) and len(devices) < 3:
            control.put(Set("device", next(at)))
            devices.append(event.epoch)
        if isinstance(event, SettingChanged):
            assert all(p.device == run.device for p in run.model.parameters())
    assert isinstance(event, RunFinished)
    assert (event.status, event.epochs) == ("completed", 900), event.error
    assert str(run.device) == "cuda:0"
    assert event.loss < 5


@pytest.mark.parametrize("execution", ["eager", "traced"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_resumed_run_is_the_same_to_the_bit(execution, optimizer, trainer):
    settings = GRAPHS | {"execution": execution, "optimizer": optimizer}
    whole, cut = trainer(**settings), trainer(**settings)
    list(whole.fit())
    for event in cut.fit():
        if isinstance(event, EpochsFinished) and event.epoch >= 20:
            break
    state = take_state(cut)
    again = trainer(**settings)
    put_state(again, state)
    list(again.fit())
    assert torch.equal(weights(again), weights(whole))


def test_one_step_alone_and_a_snapshot_come_back_from_there(trainer):
    control = RunControl()
    run = trainer(control, **CUDA)
    control.put(Step())
    step = next(event for event in run.fit() if type(event).__name__ == "StepFinished")
    assert step.prediction.shape == (7, 1)
    assert run.snapshot() is not None


def test_without_memory_a_run_fails_in_words(trainer):
    run = trainer(device="cuda", samples=40, epochs=2, hidden="10")
    run.step.model.append(TooLarge())
    *_, end = run.fit()
    assert end.status == "failed"
    record = Record.of(run)
    record.apply(end)
    assert record.out_of_memory
    assert "out of memory" in record.why_failed


class TooLarge(torch.nn.Module):
    def forward(self, x):
        return x + torch.empty(2**42, device=x.device)[0]


def test_the_device_is_found_and_named():
    assert available_devices()[0] == "cuda:0"
    assert available_devices()[-1] == "cpu"


LOSE_IT = """
import torch
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task

class Lost(torch.nn.Module):
    def forward(self, x):
        return x + torch.zeros(3, device=x.device)[torch.tensor([99], device=x.device)]

e = Experiment(device="cuda", samples=40, epochs=2, execution="eager")
run = Trainer("run", e, load_task(e))
run.step.model.append(Lost())
record = Record.of(run)
for event in run.fit():
    record.apply(event)
print(record.status, record.why_failed)
"""


def test_a_lost_device_ends_the_run_in_words():
    # In a process of its own, which has no device any more afterwards.
    done = subprocess.run([sys.executable, "-c", LOSE_IT], capture_output=True, text=True, timeout=120)
    assert done.stdout == (
        "failed the device was lost: leave, and tui-trainer resume goes on from the last checkpoint\n"
    ), done.stderr[-2000:]


def test_inductor_is_eager_but_for_rounding(fitted):
    settings = CUDA | {"batch_size": 10, "hidden": "64x64", "optimizer": "adam"}
    _, expected, _ = fitted(**settings)
    compiled, losses, end = fitted(**settings, execution="inductor")
    assert (compiled.execution, end.status) == ("inductor", "completed"), end.error
    assert losses == pytest.approx(expected, rel=1e-2)
    assert losses[0] == pytest.approx(expected[0], rel=1e-4)


@pytest.mark.parametrize("execution", ["eager", "inductor"])
@pytest.mark.parametrize("settings", [{"precision": "bf16"}, {"precision": "fp16", "accumulate": 2}], ids=str)
def test_mixed_precision_learns_and_is_resumed_to_the_bit(execution, settings, trainer):
    settings = CUDA | {"batch_size": 5, "scale": "none", "lr": 0.05, "optimizer": "adam"} | settings
    whole, cut, again = (trainer(**settings, execution=execution) for _ in range(3))
    losses = [event.loss for event in whole.fit() if isinstance(event, EpochsFinished)]
    assert losses[-1] < losses[0] / 2
    for event in cut.fit():
        if isinstance(event, EpochsFinished) and event.epoch == 20:
            break
    put_state(again, take_state(cut))
    *_, end = again.fit()
    assert (again.execution, end.status) == (execution, "completed"), end.error
    assert torch.equal(weights(again), weights(whole))


def test_mixed_precision_moves_there_and_back_while_it_trains(trainer):
    control = RunControl()
    run = trainer(control, **CALM | {"epochs": 90, "precision": "fp16", "accumulate": 2})
    at = iter(("cuda", "cpu"))
    for event in run.fit():
        if isinstance(event, EpochsFinished) and event.epoch in (30, 60):
            control.put(Set("device", next(at)))
    assert (event.status, str(run.device)) == ("completed", "cpu"), event.error
