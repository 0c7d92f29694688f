"""Several runs in turns."""

import pytest
from msgspec.structs import replace
from torch import nn

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, Paused, Resumed, RunFinished, SettingChanged, StepFinished
from tui_trainer.engine.requests import Epoch, Pause, Resume, ScaleRate, Step, Stop
from tui_trainer.engine.turns import prepare_trainers, take_turns

SMALL = {"samples": 40, "epochs": 4, "device": "cpu"}


def two(control=None, **settings):
    return prepare_trainers(Comparison.of(**(SMALL | settings)).runs, control or RunControl())


def test_runs_take_turns_an_epoch_each():
    epochs = [(e.run, e.epoch) for e in take_turns(two()) if isinstance(e, EpochsFinished)]
    assert epochs == [(run, epoch) for epoch in (1, 2, 3, 4) for run in ("identity", "tanh")]


def test_a_race_changes_no_run(fitted):
    ends = {e.run: e.loss for e in take_turns(two()) if isinstance(e, RunFinished)}
    for activation, loss in ends.items():
        assert fitted(**SMALL, activation=activation)[2].loss == loss


def test_equal_data_is_loaded_once_and_other_data_apart():
    line, curve = two()
    assert line.samples is curve.samples
    a, b = two(activation="tanh", seed="1,2")
    assert a.samples is not b.samples


def test_paused_runs_take_a_step_each(watch):
    control = RunControl()
    control.put(Pause())
    watcher = watch(two(control), control)
    watcher.until(Paused, times=2)
    for step in (1, 2):
        control.put(Step())
        watcher.until(Paused, times=2)
        assert [t.steps for t in watcher.trainers] == [step, step]
    assert [e.run for e in watcher.seen if isinstance(e, StepFinished)] == ["identity", "tanh"] * 2


def test_paused_runs_finish_an_epoch_each(watch):
    control = RunControl()
    control.put(Pause())
    watcher = watch(two(control), control)
    watcher.until(Paused, times=2)
    control.put(Epoch())
    watcher.until(Paused, times=2)
    assert [t.epoch for t in watcher.trainers] == [1, 1]


def test_a_change_made_while_paused_reaches_every_run(watch):
    control = RunControl()
    control.put(Pause())
    watcher = watch(two(control, lr="0.001,0.002", activation="tanh"), control)
    watcher.until(Paused, times=2)
    control.put(ScaleRate(0.5))
    watcher.until(SettingChanged, times=2)
    assert [t.experiment.lr for t in watcher.trainers] == [0.0005, 0.001]
    control.put(Resume())
    watcher.until(Resumed, times=2)
    watcher.until(RunFinished, times=2)


def test_stop_ends_every_run(watch):
    control = RunControl()
    watcher = watch(two(control, epochs=10**9), control)
    watcher.until(EpochsFinished, times=2)
    control.put(Stop())
    watcher.until(RunFinished, times=2)
    assert {e.status for e in watcher.seen if isinstance(e, RunFinished)} == {"stopped"}


class Broken(nn.Module):
    def forward(self, prediction, y):
        raise RuntimeError("out of memory")


def test_a_run_that_fails_or_diverges_leaves_the_others_alone():
    trainers = two(activation="identity,tanh,relu")
    trainers[0].step.loss_fn = Broken()
    trainers[2].adopt(replace(trainers[2].experiment, lr=10.0))
    ends = {e.run: e for e in take_turns(trainers) if isinstance(e, RunFinished)}
    assert {run: e.status for run, e in ends.items()} == {"identity": "failed", "tanh": "completed", "relu": "diverged"}
    assert "out of memory" in ends["identity"].error
    assert ends["tanh"].epochs == 4


def test_a_race_of_runs_of_different_length_goes_on_to_the_longest():
    ends = {e.run: e.epochs for e in take_turns(two(activation="tanh", epochs="0,1,3")) if isinstance(e, RunFinished)}
    assert ends == {"epochs=0": 0, "epochs=1": 1, "epochs=3": 3}


@pytest.mark.parametrize("settings", [{"data": "nothing.csv"}, {"device": "cpu,cuda:99"}, {"data": "article,1/x"}])
def test_nothing_starts_when_one_run_can_not_be_had(settings, refused):
    assert refused(two, **settings)


@pytest.mark.parametrize("value", [1e-308, 1e308])
def test_12_54_a_loss_that_no_number_can_hold_is_refused(value, tmp_path, refused):
    file = tmp_path / "points.csv"
    file.write_text(f"a,b\n1,{-value}\n2,{value}\n")
    large = {"data": str(file), "scale": "standard", "activation": "tanh"}
    assert "another unit" in refused(prepare_trainers, Comparison.of(**large).runs, RunControl())
    (trainer,) = prepare_trainers(Comparison.of(**large, loss="l1", epochs=3).runs, RunControl())
    *_, finished = trainer.fit()
    assert finished.status == "completed"


def test_12_54_numbers_too_large_to_be_scaled_only_diverge(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("a,b\n1,-1e308\n2,1e308\n")
    (trainer,) = prepare_trainers(Comparison.of(data=str(file), activation="tanh", epochs=3).runs, RunControl())
    *_, finished = trainer.fit()
    assert finished.status == "diverged"
