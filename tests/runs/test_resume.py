"""A run that was cut and taken up equals one that was never stopped, to the last bit."""

import pytest
import torch

from tests.marks import rest_slow
from tests.runs.conftest import ONE_STEP_A_CALL, SMALL, kept, stop_after
from tui_trainer.catalog import ACTIVATIONS, OPTIMIZERS
from tui_trainer.choices import Choice
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.execution import WORTH_STEPS
from tui_trainer.engine.requests import ScaleRate
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.sentence import InputError

STEPS = 3 * SMALL["epochs"]  # three batches an epoch, of 5, 5 and 2


@pytest.fixture
def intervals():
    return ONE_STEP_A_CALL


def losses(run) -> list[float]:
    (told,) = [metrics.read(each.folder) for each in kept() if each.info.name == run.trainer.name]
    return told.history.losses.tolist()


def assert_same(run, whole) -> None:
    for one, other in zip(run.trainer.model.parameters(), whole.trainer.model.parameters(), strict=True):
        assert torch.equal(one, other)
    told = [loss for e in whole.events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]
    assert losses(run) == told
    assert (run.trainer.steps, run.finished.loss) == (whole.trainer.steps, whole.finished.loss)
    assert run.finished.status == "completed"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_cut_after_any_step(train, resume, optimizer):
    whole = train(optimizer=optimizer, lr=0.01, keep=False)
    assert whole.trainer.steps == STEPS
    for cut in range(1, STEPS, 4):
        stopped = train(optimizer=optimizer, lr=0.01, at=stop_after(cut))
        assert (stopped.trainer.steps, stopped.finished.status) == (cut, "stopped")
        assert_same(resume(kept()[0]), whole)
        checkpoint_folder = kept()[0].folder
        for file in checkpoint_folder.iterdir():
            file.unlink()
        checkpoint_folder.rmdir()


@pytest.mark.parametrize("execution", rest_slow(["compiled", "eager", "traced"]))
def test_in_every_mode(train, resume, execution):
    whole = train(execution=execution, optimizer="adam", keep=False)
    train(execution=execution, optimizer="adam", at=stop_after(7))
    cut = resume()
    assert cut.trainer.execution == execution
    assert_same(cut, whole)


@pytest.mark.slow
def test_one_that_had_moved_by_itself_goes_on_in_the_mode_it_was_in(train, resume):
    long = {"execution": "auto", "epochs": WORTH_STEPS // 3 + 1}  # a second's worth of three batches an epoch
    whole = train(**long, keep=False)
    assert whole.trainer.execution == "compiled"
    train(**long, at=stop_after(8))
    cut = resume()
    assert cut.trainer.execution == "compiled"
    assert_same(cut, whole)


def test_cut_again_and_again(train, resume):
    whole = train(optimizer="adam", keep=False)
    train(optimizer="adam", at=stop_after(2))
    for steps in (3, 8, 13):
        resume(at=stop_after(steps))
    assert_same(resume(), whole)


def test_held_out_points_and_every_order(train, resume):
    settings = {"test_fraction": 0.25, "shuffle": False}
    whole = train(**settings, keep=False)
    train(**settings, at=stop_after(5))
    cut = resume()
    assert_same(cut, whole)
    told = [event.test_loss for event in whole.events if isinstance(event, EpochsFinished)]
    assert metrics.read(kept()[0].folder).history.test_losses.tolist() == told


def test_a_learning_rate_that_was_edited_on_the_way(train, resume):
    def edit(event, trainer, control):
        if trainer.steps == 4 and not control.requests:
            control.put(ScaleRate(10))

    def edit_and_stop(event, trainer, control):
        edit(event, trainer, control)
        stop_after(9)(event, trainer, control)

    whole = train(at=edit, keep=False)
    train(at=edit_and_stop)
    cut = resume()
    assert_same(cut, whole)
    assert cut.trainer.experiment.lr == 0.01
    assert [mark.text for mark in cut.group.records[0].history.marks] == ["lr ×10"]


def test_randomness_inside_the_network(train, resume, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", Choice("torch.nn:RReLU", "a random slope below zero"))
    whole = train(keep=False)
    train(at=stop_after(7))
    torch.manual_seed(99)
    assert_same(resume(), whole)


def test_runs_that_were_started_together_are_taken_up_together(train, resume):
    pair = [Experiment(**SMALL, activation=name) for name in ("identity", "tanh")]
    whole = train(*pair, keep=False)
    train(*pair, at=stop_after(7))
    cut = resume()
    for one, other in zip(sorted(cut.group.trainers, key=lambda t: t.name), whole.group.trainers, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True))


def test_more_epochs_for_one_that_had_completed(train, resume):
    whole = train(epochs=9, keep=False)
    train(epochs=6)
    assert kept()[0].status == "completed"
    assert_same(resume(epochs=9), whole)


def test_one_that_was_killed_before_its_first_checkpoint_begins_afresh(train, resume):
    whole = train(keep=False)
    train(at=stop_after(8))
    for name in (checkpoint.NAME, checkpoint.BEFORE):
        (kept()[0].folder / name).unlink(missing_ok=True)
    assert_same(resume(), whole)


def test_a_broken_checkpoint_is_refused_and_the_one_before_is_taken(train, resume):
    whole = train(keep=False)
    train(at=stop_after(5))
    resume(at=stop_after(11))
    newest = kept()[0].folder / checkpoint.NAME
    newest.write_bytes(newest.read_bytes()[:-1])
    cut = resume()
    assert_same(cut, whole)
    assert cut.said == [f"tanh  {checkpoint.NAME}: its checksum is wrong; the checkpoint before is taken"]


def test_without_a_whole_checkpoint_it_says_so(train, resume, refused):
    train(at=stop_after(5))
    folder = kept()[0].folder
    for name in (checkpoint.NAME, checkpoint.BEFORE):
        (folder / name).write_bytes(b"broken")
    assert "no checkpoint can be used (checkpoint.safetensors: it has no checksum" in refused(resume)
    assert kept()[0].status == "stopped", "and the run can be read still"


def test_data_that_has_changed_is_refused(train, resume, refused, tmp_path):
    table = tmp_path / "points.csv"
    table.write_text("x,y\n1,2\n2,3\n3,5\n")
    train(data=str(table), at=stop_after(2))
    table.write_text("x,y\n1,2\n2,3\n3,6\n")
    assert refused(resume) == "tanh: its data has changed since it was trained; train it afresh"
    table.write_text("x,y\n1,2\n2,3\n3,5\n")
    assert resume().finished.status == "completed", "the lock was given back"


def test_a_file_is_found_from_another_folder(train, resume, tmp_path, monkeypatch):
    (tmp_path / "points.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    monkeypatch.chdir(tmp_path)
    train(data="points.csv", at=stop_after(2))
    monkeypatch.chdir("/")
    assert resume().finished.status == "completed"


def test_a_run_that_trains_elsewhere_is_refused(train, resume):
    def try_it(event, trainer, control):
        if trainer.steps == 4:
            with pytest.raises(InputError, match=r"process \d+ on .* trains it"):
                resume()

    assert train(at=try_it).finished.status == "completed"
