"""What a person asks of a running run, and when it is done. Real threads, no clocks."""

import pytest

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, Paused, Resumed, RunFinished, SettingChanged, StepFinished
from tui_trainer.engine.requests import Epoch, Pause, Resume, ScaleRate, Set, Step, Stop

PER_EPOCH = 40


@pytest.fixture
def paused(trainer, watch):
    """A run that was paused before its first step, on a thread of its own."""
    control = RunControl()
    control.put(Pause())
    watcher = watch([trainer(control)], control)
    watcher.until(Paused)
    return watcher


def test_a_paused_run_takes_one_step_for_each_that_is_asked_for(paused):
    for step in (1, 2, 3):
        paused.control.put(Step())
        assert paused.until(StepFinished).step == step
        paused.until(Paused)
        assert paused.trainers[0].steps == step


def test_steps_asked_for_in_advance_are_each_taken(trainer, watch):
    control = RunControl()
    control.put(Step())
    control.put(Step())
    watcher = watch([trainer(control)], control)
    watcher.until(Paused)
    assert [type(e) for e in watcher.seen].count(StepFinished) == 2
    assert watcher.trainers[0].steps == 2


def test_a_single_step_shows_its_numbers(paused):
    t = paused.trainers[0]
    before = {name: p.detach().clone() for name, p in t.model.named_parameters()}
    paused.control.put(Step())
    step = paused.until(StepFinished)
    paused.until(Paused)
    assert (step.run, step.epoch, step.step, step.steps) == ("run", 0, 1, PER_EPOCH)
    assert len(step.x) == len(step.y) == len(step.prediction) == 1
    assert step.loss == pytest.approx((step.prediction[0] - step.y[0]) ** 2, rel=1e-5)
    assert [p.name for p in step.parameters] == list(before)
    for p, (name, now) in zip(step.parameters, t.model.named_parameters(), strict=True):
        assert p.shape == tuple(now.shape)
        assert p.gradient == pytest.approx(now.grad.norm().item(), rel=1e-4)
        # For plain SGD a step is the rate times the gradient.
        assert p.change == pytest.approx((now.detach() - before[name]).norm().item(), rel=1e-4)
        assert p.change == pytest.approx(t.experiment.lr * p.gradient, rel=1e-2)


def test_going_on_to_the_end_of_the_epoch_stops_there(paused):
    for epoch in (1, 2):
        paused.control.put(Step())
        paused.until(StepFinished)
        paused.control.put(Epoch())
        assert paused.until(EpochsFinished).epoch == epoch
        paused.until(Paused)
        assert paused.trainers[0].steps == epoch * PER_EPOCH


def test_a_run_that_was_paused_and_stepped_ends_as_one_that_was_not(paused, fitted):
    paused.control.put(Step())
    paused.until(StepFinished)
    paused.until(Paused)
    paused.control.put(Resume())
    paused.until(Resumed)
    finished = paused.until(RunFinished)
    undisturbed = fitted()[2]
    assert (finished.status, finished.loss, finished.steps) == ("completed", undisturbed.loss, undisturbed.steps)


def test_going_on_is_confirmed_however_soon_it_follows_a_step(trainer):
    control = RunControl()
    control.put(Pause())
    events = (e for e in trainer(control).fit() if isinstance(e, Paused | Resumed | StepFinished))
    assert isinstance(next(events), Paused)
    control.put(Step())
    assert isinstance(next(events), StepFinished)
    control.put(Resume())
    assert isinstance(next(events), Resumed)


def test_a_pause_during_a_run_is_confirmed_and_holds(trainer, watch):
    control = RunControl()
    watcher = watch([trainer(control, epochs=10**9)], control)
    watcher.until(EpochsFinished)
    control.put(Pause())
    watcher.until(Paused)
    steps = watcher.trainers[0].steps
    control.put(Step())
    watcher.until(StepFinished)
    watcher.until(Paused)
    assert watcher.trainers[0].steps == steps + 1
    control.put(Resume())
    watcher.until(Resumed)
    watcher.until(EpochsFinished)


def test_steps_asked_for_while_running_are_not_saved_up(trainer, watch):
    control = RunControl()
    control.put(Step())
    control.put(Resume())
    watcher = watch([trainer(control, epochs=10**9)], control)
    watcher.until(EpochsFinished)
    control.put(Pause())
    watcher.until(Paused)
    assert not any(isinstance(e, StepFinished) for e in watcher.seen)


@pytest.mark.parametrize("first", [Pause(), Resume()])
def test_stop_ends_a_run_paused_or_not(first, trainer, watch):
    control = RunControl()
    watcher = watch([trainer(control, epochs=10**9)], control)
    watcher.until(EpochsFinished)
    control.put(first)
    if first == Pause():
        watcher.until(Paused)
    control.put(Stop())
    finished = watcher.until(RunFinished)
    assert finished.status == "stopped"
    assert finished.loss > 0
    assert finished.steps == watcher.trainers[0].steps


def test_a_run_told_to_stop_before_it_starts_takes_no_step(trainer):
    control = RunControl()
    control.put(Stop())
    *_, finished = trainer(control).fit()
    assert (finished.status, finished.steps) == ("stopped", 0)


def test_a_change_while_paused_is_confirmed_at_once(paused):
    paused.control.put(ScaleRate(10))
    changed = paused.until(SettingChanged)
    assert (changed.setting, changed.old, changed.new, changed.epoch) == ("lr", "0.001", "0.01", 0)
    assert changed.experiment.lr == paused.trainers[0].experiment.lr == 0.01
    assert paused.trainers[0].optimizer.param_groups[0]["lr"] == 0.01
    assert paused.trainers[0].steps == 0


@pytest.mark.parametrize(("epochs", "ends_at"), [(5, 5), (2, 2), (1, 1)])
def test_epochs_can_be_raised_and_lowered_on_the_way(epochs, ends_at, trainer):
    control = RunControl()
    for event in trainer(control).fit():
        if isinstance(event, EpochsFinished) and event.epoch == 1:
            control.put(Set("epochs", epochs))
    assert (event.status, event.epochs) == ("completed", ends_at)


def test_a_completed_run_goes_on_when_epochs_are_raised(trainer, fitted):
    control = RunControl()
    t = trainer(control)
    assert list(t.fit())[-1].epochs == 3
    control.put(Set("epochs", 5))
    *_, finished = t.fit()
    in_one_go = fitted(epochs=5)[2]
    assert (finished.status, finished.epochs, finished.steps) == ("completed", 5, 5 * PER_EPOCH)
    assert finished.loss == in_one_go.loss
