"""Runs are kept while they train: what is written, when, and what happens where it can't be."""

import errno
import fcntl
import os
import re
import resource
import shutil
import stat
import threading

import msgspec
import pytest

from tests.processes import wait_for
from tests.runs.conftest import CHECKPOINTS_ALWAYS, SMALL, begun, kept, stop_after
from tui_trainer.engine.events import EpochsFinished, Paused, RunFinished
from tui_trainer.engine.requests import Checkpoint, Pause, Resume, ScaleRate, Set, Stop
from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint, lock, metrics, requests
from tui_trainer.runs.folder import write_info
from tui_trainer.runs.library import delete, outdated, relabel
from tui_trainer.runs.lock import RunLock
from tui_trainer.runs.places import VARIABLE, runs_folder
from tui_trainer.runs.requests import Requests, send


def test_what_a_run_tells_is_in_its_folder_at_its_end(train):
    run = train(test_fraction=0.25)
    folder = kept()[0].folder
    told = metrics.read(folder)
    events = [event for event in run.events if isinstance(event, EpochsFinished)]
    assert told.history.losses.tolist() == [event.loss for event in events]
    assert told.history.test_losses.tolist() == [event.test_loss for event in events]
    state, size, trouble = checkpoint.read(folder)
    assert (state.facts.steps, size, trouble) == (run.trainer.steps, (folder / metrics.NAME).stat().st_size, "")
    assert kept()[0].info.final_loss == run.finished.loss


@pytest.mark.parametrize("intervals", [CHECKPOINTS_ALWAYS], ids=["always"])
def test_nothing_is_said_of_what_is_not_written_yet(train, monkeypatch):
    """A checkpoint takes so long that the run has completed meanwhile: run.json says so after the losses are there."""
    from tui_trainer.runs import run_writer

    writing, finished, said = threading.Event(), threading.Event(), []
    write_checkpoint, write_info = checkpoint.write, run_writer.write_info  # type: ignore[attr-defined]

    def slow(folder, state, size):
        writing.set()
        finished.wait(30)
        write_checkpoint(folder, state, size)

    def look(folder, info):
        said.append((info.status, info.epoch, len(metrics.read(folder).history)))
        write_info(folder, info)

    def at(event, trainer, control):
        if isinstance(event, EpochsFinished):
            assert writing.wait(30)
        if isinstance(event, RunFinished):
            finished.set()

    monkeypatch.setattr(checkpoint, "write", slow)
    monkeypatch.setattr(run_writer, "write_info", look)
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
        if isinstance(event, EpochsFinished) and event.epoch == 2 and not trainer.control.paused:
            control.put(Pause())
        if isinstance(event, Paused):
            wait_for(lambda: kept()[0].info.status == "paused" and (kept()[0].folder / checkpoint.NAME).exists())
            assert kept()[0].live
            assert checkpoint.read(kept()[0].folder)[0].facts.epoch == 2
            control.put(Resume())

    assert train(at=pause).finished.status == "completed"


def test_losses_are_written_while_it_trains(train):
    def look(event, trainer, control):
        if isinstance(event, EpochsFinished) and event.epoch == 3:
            wait_for(lambda: len(metrics.read(kept()[0].folder).history) == 3)

    train(at=look)


def test_a_checkpoint_that_is_asked_for_is_written_and_training_goes_on(train):
    def ask(event, trainer, control):
        if trainer.steps == 6:
            send(kept()[0].folder, Checkpoint())
        if (kept()[0].folder / checkpoint.NAME).exists():
            control.put(Stop())

    run = train(at=ask, epochs=10**6)
    assert run.trainer.steps > 6
    assert (kept()[0].folder / checkpoint.BEFORE).exists(), "the one that was asked for, before that of the end"


@pytest.mark.parametrize("intervals", [CHECKPOINTS_ALWAYS], ids=["always"])
def test_two_checkpoints_are_kept(train):

    def stop(event, trainer, control):
        if (kept()[0].folder / checkpoint.NAME).exists():
            control.put(Stop())

    run = train(at=stop, epochs=10**6)
    before, _ = checkpoint.from_bytes((kept()[0].folder / checkpoint.BEFORE).read_bytes())
    newest, _ = checkpoint.from_bytes((kept()[0].folder / checkpoint.NAME).read_bytes())
    assert 0 < before.facts.steps <= newest.facts.steps == run.trainer.steps


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (Set("lr", 0.5), lambda trainer: trainer.experiment.lr == 0.5),
        (ScaleRate(4.0), lambda trainer: trainer.experiment.lr == 0.004),
        (Stop(), lambda trainer: trainer.epoch < 10**6),
    ],
)
def test_requests_reach_a_run(train, asked, holds):
    def at(event, trainer, control):
        if trainer.steps == 3:
            send(kept()[0].folder, asked)
        if trainer.experiment.lr != 0.001:
            control.put(Stop())

    run = train(at=at, epochs=10**6)
    assert run.finished.status == "stopped"
    assert holds(run.trainer)


def test_pausing_and_going_on_reach_it(train):
    def at(event, trainer, control):
        if trainer.steps == 3:
            send(kept()[0].folder, Pause())
        if isinstance(event, Paused):
            send(kept()[0].folder, Resume())
            control.put(Set("epochs", trainer.epoch + 1))

    run = train(at=at, epochs=10**6)
    assert any(isinstance(event, Paused) for event in run.events)
    assert run.finished.status == "completed"


def test_lines_that_are_no_requests_are_passed_over(train):
    def at(event, trainer, control):
        if trainer.steps == 3:
            with (kept()[0].folder / requests.NAME).open("ab") as file:
                file.write(b'nonsense\n{"request":"set","setting":"lr","value":-1}\n{"request":"fly"}\n\xff\n')
            send(kept()[0].folder, Stop())

    assert train(at=at, epochs=10**6).trainer.experiment.lr == 0.001


def test_12_52_a_file_of_requests_is_read_a_piece_at_a_time(tmp_path):
    """One that was made 64 GB long, without taking any room."""
    read = Requests(tmp_path)
    send(tmp_path, Pause())
    os.truncate(tmp_path / requests.NAME, 64 * 2**30)
    assert read.new() == [Pause()]
    assert read.new() == []


def test_a_askedof_before_is_not_for_a_run_that_is_taken_up(train, resume):
    train(at=stop_after(2))
    send(kept()[0].folder, Stop())
    assert resume().finished.status == "completed"


OTHER_USER = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@as_root
def test_12_45_requests_of_another_user_are_passed_over(tmp_path):
    sent = Requests(tmp_path)
    send(tmp_path, Stop())
    os.chown(tmp_path / requests.NAME, OTHER_USER, OTHER_USER)
    assert sent.new() == []
    os.chown(tmp_path / requests.NAME, 0, 0)
    assert sent.new() == [Stop()]


@as_root
def test_12_45_the_run_of_another_user_is_neither_taken_up_nor_told_anything(train, resume, refused):
    train(at=stop_after(2))
    (run,) = kept()
    os.chown(run.folder, OTHER_USER, OTHER_USER)
    before = {file.name: file.read_bytes() for file in run.folder.iterdir()}
    assert refused(resume) == f"{run.id}: it belongs to another user; it can't be written"
    with pytest.raises(PermissionError, match="it belongs to another user"):
        send(run.folder, Stop())
    assert {file.name: file.read_bytes() for file in run.folder.iterdir()} == before


def test_a_folder_that_is_a_file_is_refused_before_training(train, refused, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    assert refused(train) == f"{tmp_path / 'file'}: file exists; give --runs-dir or TUI_TRAINER_RUNS another folder"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "below"))
    assert "not a directory; give --runs-dir or TUI_TRAINER_RUNS another folder" in refused(train)


def test_when_writing_fails_on_the_way_training_goes_on_and_all_is_written_later():
    """A real limit of the process on the size of files, lifted again."""
    run = begun({"tanh": Experiment(**SMALL)})
    said = run.said

    def at(event, trainer, control):
        if isinstance(event, EpochsFinished) and event.epoch == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            control.put(Pause())
        if isinstance(event, Paused):
            wait_for(lambda: said)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            control.put(Resume())

    run.train(at)
    assert "file too large; training goes on" in said[0]
    assert said[-1] == "kept again"
    assert run.finished.status == "completed"
    losses = [event.loss for event in run.events if isinstance(event, EpochsFinished)]
    assert metrics.read(kept()[0].folder).history.losses.tolist() == losses
    assert checkpoint.read(kept()[0].folder)[0].facts.steps == run.trainer.steps


def _remove_the_lock(folder) -> None:
    (folder / lock.NAME).unlink()


def _put_another_in_its_place(folder) -> None:
    folder.rename(folder.with_name("aside"))
    shutil.copytree(folder.with_name("aside"), folder)


@pytest.mark.parametrize("hurt", [_remove_the_lock, _put_another_in_its_place])
def test_12_53_a_folder_that_is_not_the_locked_one_any_more_is_not_written(hurt):
    """Others may take its lock, and write it."""
    told = begun({"tanh": Experiment(**(SMALL | {"epochs": 10**6}))})
    said = told.said
    folder = kept()[0].folder
    other = []

    def at(event, trainer, control):
        if isinstance(event, EpochsFinished) and event.epoch == 3 and not other:
            control.put(Pause())
        if isinstance(event, Paused):
            wait_for(lambda: kept()[0].info.status == "paused")  # nothing is left to be written
            hurt(folder)
            other.append(RunLock(folder))
            control.put(Resume())
        if other and isinstance(event, EpochsFinished) and event.epoch % 3 == 0:
            wait_for(lambda: said and "while it trains" in said[-1])
            other.append({file.name: file.read_bytes() for file in folder.iterdir()})
            send(folder, Set("lr", 0.5))
            told.group.request(Checkpoint())
            if len(other) == 4:
                control.put(Stop())

    told.train(at)
    assert re.fullmatch(f"not kept: {folder}: .* while it trains; training goes on", said[-1])
    writer, *seen = other
    writer.release()
    now = {file.name: file.read_bytes() for file in folder.iterdir()}
    del now[requests.NAME]
    assert all({name: look[name] for name in now} == now for look in seen)
    assert told.trainer.experiment.lr == 0.001, "what was asked was meant for the one who has the lock"


def test_12_53_where_a_file_system_gives_no_locks_it_is_said(train, refused, monkeypatch):
    """As some network file systems do. What a run says of itself is all that is known then."""
    train(epochs=1)
    train(at=stop_after(2))
    (running, completed) = kept()
    running.info.status = Status.RUNNING
    write_info(running.folder, running.info)

    def flock(handle, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    why = "its file system gives no locks (no locks available)"
    assert refused(train) == f"{runs_folder()}: {why}; give --runs-dir or TUI_TRAINER_RUNS another folder"
    assert [run.live for run in kept()] == [True, False]
    assert [run.id for run in outdated(0, None)] == [completed.id]
    relabel(completed, note="why")
    assert kept()[1].label.note == "why"
    assert "it is training" in refused(delete, running)


def test_runs_of_one_name_that_start_in_the_same_second_have_folders_of_their_own(train, monkeypatch):
    from tui_trainer.runs import folder, run_writer

    then = folder.now()
    monkeypatch.setattr(run_writer, "now", lambda: then)
    for _ in range(3):
        train(epochs=1)
    names = sorted(set(os.listdir(runs_folder())) - {lock.LIBRARY})
    assert names == [f"{then:%Y%m%d-%H%M%S}-tanh{number}" for number in ("", "-2", "-3")]


def test_the_settings_are_a_file_that_can_be_given_again(train):
    from tui_trainer.comparison import Comparison
    from tui_trainer.runs.folder import EXPERIMENT

    run = train(epochs=1, lr=0.125, activation="tanh")
    (again,) = Comparison.from_file(kept()[0].folder / EXPERIMENT).runs.values()
    assert msgspec.structs.asdict(again) == msgspec.structs.asdict(run.trainer.experiment)
