"""Runs are kept while they train: what is written, when, and what happens where it can't be."""

import os
import resource
import stat
import threading
import time

import msgspec
import pytest

from tests.runs.conftest import kept, stop_after
from tui_trainer.engine.events import EpochsFinished, Paused, RunFinished
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.keeping import Keeping
from tui_trainer.runs.places import VARIABLE, runs_folder
from tui_trainer.runs.wishes import Wish, send


def wait_for(true) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_a_run_tells_is_in_its_folder_at_its_end(train):
    run = train(test_fraction=0.25)
    folder = kept()[0].folder
    told = metrics.read(folder)
    events = [event for event in run.events if isinstance(event, EpochsFinished)]
    assert [loss for line in told.lines for loss in line.losses] == [event.loss for event in events]
    assert [loss for line in told.lines for loss in line.test_losses] == [event.test_loss for event in events]
    state, size, trouble = checkpoint.read(folder)
    assert (state.facts.steps, size, trouble) == (run.trainer.steps, (folder / metrics.NAME).stat().st_size, "")
    assert kept()[0].info.final_loss == run.finished.loss


def test_nothing_is_said_of_what_is_not_written_yet(train, monkeypatch):
    """A checkpoint takes so long that the run has completed meanwhile: run.json says so after the losses are there."""
    from tui_trainer.runs import keeper

    writing, finished, said = threading.Event(), threading.Event(), []
    write_checkpoint, write_info = checkpoint.write, keeper.write_info

    def slow(folder, state, size):
        writing.set()
        finished.wait(30)
        write_checkpoint(folder, state, size)

    def look(folder, info):
        said.append((info.status, info.epoch, len(metrics.read(folder).history())))
        write_info(folder, info)

    def at(event, trainer, control):
        if isinstance(event, EpochsFinished):
            assert writing.wait(30)
        if isinstance(event, RunFinished):
            finished.set()

    monkeypatch.setattr("tui_trainer.runs.keeper.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("tui_trainer.runs.keeper.CHECKPOINT_SHARE", 1e9)
    monkeypatch.setattr(checkpoint, "write", slow)
    monkeypatch.setattr(keeper, "write_info", look)
    train(at=at)
    assert said[-1] == ("completed", 6, 6)
    assert all(told <= there for _, told, there in said), said


def test_files_are_private(train):
    train(epochs=1)
    folder = kept()[0].folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_at_a_pause_all_is_written_while_the_process_lives(train):
    def pause(event, trainer, control):
        if isinstance(event, EpochsFinished) and event.epoch == 2 and not control.paused:
            control.pause()
        if isinstance(event, Paused):
            wait_for(lambda: kept()[0].info.status == "paused" and (kept()[0].folder / checkpoint.NAME).exists())
            assert kept()[0].live
            assert checkpoint.read(kept()[0].folder)[0].facts.epoch == 2
            control.resume()

    assert train(at=pause).finished.status == "completed"


def test_losses_are_written_while_it_trains(train):
    def look(event, trainer, control):
        if isinstance(event, EpochsFinished) and event.epoch == 3:
            wait_for(lambda: sum(len(line.losses) for line in metrics.read(kept()[0].folder).lines) == 3)

    train(at=look)


def test_a_checkpoint_that_is_asked_for_is_written_and_training_goes_on(train):
    def ask(event, trainer, control):
        if trainer.steps == 6:
            send(kept()[0].folder, Wish("checkpoint"))
        if (kept()[0].folder / checkpoint.NAME).exists():
            control.stop()

    run = train(at=ask, epochs=10**6)
    assert run.trainer.steps > 6
    assert (kept()[0].folder / checkpoint.BEFORE).exists(), "the one that was asked for, before that of the end"


def test_two_checkpoints_are_kept(train, monkeypatch):
    monkeypatch.setattr("tui_trainer.runs.keeper.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("tui_trainer.runs.keeper.CHECKPOINT_SHARE", 1e9)

    def stop(event, trainer, control):
        if (kept()[0].folder / checkpoint.NAME).exists():
            control.stop()

    run = train(at=stop, epochs=10**6)
    before, _ = checkpoint.from_bytes((kept()[0].folder / checkpoint.BEFORE).read_bytes())
    newest, _ = checkpoint.from_bytes((kept()[0].folder / checkpoint.NAME).read_bytes())
    assert 0 < before.facts.steps <= newest.facts.steps == run.trainer.steps


@pytest.mark.parametrize(
    ("wish", "holds"),
    [
        (Wish("lr", value=0.5), lambda trainer: trainer.experiment.lr == 0.5),
        (Wish("lr", factor=4.0), lambda trainer: trainer.experiment.lr == 0.004),
        (Wish("stop"), lambda trainer: trainer.epoch < 10**6),
    ],
)
def test_wishes_reach_a_run(train, wish, holds):
    def at(event, trainer, control):
        if trainer.steps == 3:
            send(kept()[0].folder, wish)
        if trainer.experiment.lr != 0.001:
            control.stop()

    run = train(at=at, epochs=10**6)
    assert run.finished.status == "stopped"
    assert holds(run.trainer)


def test_pausing_and_going_on_reach_it(train):
    def at(event, trainer, control):
        if trainer.steps == 3:
            send(kept()[0].folder, Wish("pause"))
        if isinstance(event, Paused):
            send(kept()[0].folder, Wish("resume"))
            control.change("epochs", lambda _: trainer.epoch + 1)

    run = train(at=at, epochs=10**6)
    assert any(isinstance(event, Paused) for event in run.events)
    assert run.finished.status == "completed"


def test_wishes_that_are_none_are_passed_over(train):
    def at(event, trainer, control):
        if trainer.steps == 3:
            with (kept()[0].folder / "wishes.jsonl").open("ab") as file:
                file.write(b'nonsense\n{"wish":"lr","value":-1}\n{"wish":"lr","value":1e999}\n{"wish":"fly"}\n\xff\n')
            send(kept()[0].folder, Wish("stop"))

    assert train(at=at, epochs=10**6).trainer.experiment.lr == 0.001


def test_a_wish_of_before_is_not_for_a_run_that_is_taken_up(train, resume):
    train(at=stop_after(2))
    send(kept()[0].folder, Wish("stop"))
    assert resume().finished.status == "completed"


def test_a_folder_that_is_a_file_is_refused_before_training(train, refused, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    assert refused(train) == f"{tmp_path / 'file'}: file exists; give --runs-dir another folder"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "below"))
    assert "not a directory; give --runs-dir another folder" in refused(train)


def test_when_writing_fails_on_the_way_training_goes_on_and_all_is_written_later(train, monkeypatch):
    """A real limit of the process on the size of files, lifted again."""
    said = []

    def at(event, trainer, control):
        if isinstance(event, EpochsFinished) and event.epoch == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            control.pause()
        if isinstance(event, Paused):
            wait_for(lambda: said)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            control.resume()

    begin = Keeping.begin.__func__
    monkeypatch.setattr(
        Keeping, "begin", classmethod(lambda cls, trainers, control, tell: begin(cls, trainers, control, said.append))
    )
    run = train(at=at)
    assert "file too large; training goes on" in said[0]
    assert said[-1] == "kept again"
    assert run.finished.status == "completed"
    losses = [event.loss for event in run.events if isinstance(event, EpochsFinished)]
    assert metrics.read(kept()[0].folder).history().losses.tolist() == losses
    assert checkpoint.read(kept()[0].folder)[0].facts.steps == run.trainer.steps


def test_runs_of_one_name_that_start_in_the_same_second_have_folders_of_their_own(train, monkeypatch):
    from tui_trainer.runs import folder, keeper

    then = folder.now()
    monkeypatch.setattr(keeper, "now", lambda: then)
    for _ in range(3):
        train(epochs=1)
    names = sorted(os.listdir(runs_folder()))
    assert names == [f"{then:%Y%m%d-%H%M%S}-tanh{number}" for number in ("", "-2", "-3")]


def test_the_settings_are_a_file_that_can_be_given_again(train):
    from tui_trainer.comparison import Comparison
    from tui_trainer.runs.folder import EXPERIMENT

    run = train(epochs=1, lr=0.125, activation="tanh")
    (again,) = Comparison.from_file(kept()[0].folder / EXPERIMENT).runs.values()
    assert msgspec.structs.asdict(again) == msgspec.structs.asdict(run.trainer.experiment)
