"""The library of stored runs: listed, labelled, deleted and brought back, pruned."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import timedelta

import msgspec
import pytest

from tests.processes import wait_for
from tests.runs.conftest import kept, stop_after
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.requests import Stop
from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment
from tui_trainer.runs import metrics
from tui_trainer.runs.folder import Info, new_folder, now, usable_runs_folder, write_info
from tui_trainer.runs.library import (
    DELETED_FOR,
    age,
    delete,
    find,
    outdated,
    place_in_bin,
    prune,
    relabel,
    sweep,
    to_resume,
    undelete,
)
from tui_trainer.runs.listing import Listing
from tui_trainer.runs.lock import RunLock, is_locked


@pytest.fixture
def three(train):
    """Three runs, the oldest first: completed, stopped, completed."""
    train(epochs=1)
    train(at=stop_after(2))
    train(epochs=2, lr=0.01)
    return kept()[::-1]


def test_runs_are_read_as_they_were_left(three):
    first, second, third = three
    assert [run.status for run in three] == ["completed", "stopped", "completed"]
    assert third.experiment.lr == 0.01
    assert (first.info.epoch, first.info.epochs, first.info.steps) == (1, 1, 3)
    assert second.unfinished
    assert to_resume() == [second]
    assert not any(run.live for run in three)


def test_a_run_is_found_by_id_name_or_how_its_id_begins(three, refused):
    first, second, third = three
    relabel(second, name="the good one")
    assert find(first.id).folder == first.folder
    assert find("the good one").folder == second.folder
    assert find("tanh").folder == third.folder, "the newest"
    assert find(first.id[:8]).folder == third.folder
    for text in ("nope", "", "../" + first.id, "/", ".", "*"):
        assert "is unknown; there are" in refused(find, text)


def test_a_label_says_more_and_the_rest_stays(three):
    relabel(three[0], name="x", note="why")
    relabel(kept()[-1], pinned=True)
    label = kept()[-1].label
    assert (label.name, label.note, label.pinned) == ("x", "why", True)


def test_12_02_a_label_is_changed_as_it_is_by_now(three):
    """Whoever changes it may have read it long ago."""
    (first, again), _, _ = zip(kept(), kept(), strict=True)
    relabel(first, note="why")
    relabel(again, pinned=True)
    relabel(first, name="x")
    label = kept()[0].label
    assert (label.name, label.note, label.pinned) == ("x", "why", True)


CHANGES = 150
# Each process owns a field of every label, and reads the list of runs only now and then.
ONE_OF_TWO = """
import json, random, sys
from tui_trainer.engine.status import Status
from tui_trainer.sentence import InputError
from tui_trainer.runs.library import all_runs, delete, relabel, undelete
field, count = sys.argv[1], int(sys.argv[2])
draw = random.Random(field)
runs, set_last, deleted, gone = [], {}, [], 0
for number in range(count):
    if number % 20 == 0:
        runs = all_runs()[0] or runs
    run = draw.choice(runs)
    try:
        match draw.choice(["set", "set", "set", "pin", "delete", "undo"]):
            case "set":
                relabel(run, **{field: f"{field} {number}"})
                set_last[run.id] = f"{field} {number}"
            case "pin":
                relabel(run, pinned=draw.random() < 0.5)
            case "delete" if len(deleted) < 3:
                delete(run)
                deleted.append(run)
            case "undo" if deleted:
                undelete(deleted.pop())
    except InputError:
        gone += 1  # the other has deleted it
for run in deleted:
    undelete(run)
print(json.dumps([set_last, gone]))
"""


def test_12_02_two_processes_lose_nothing_of_each_other():
    """Renames, notes, pins, deletions and undoing in any order: what each wrote last is there at the end."""
    usable_runs_folder()
    for name in "abcdefgh":
        info = Info(name=name, group="", status="completed", started=now(), updated=now())
        new_folder(info, Experiment())
    started = [
        subprocess.Popen([sys.executable, "-c", ONE_OF_TWO, field, str(CHANGES)], stdout=subprocess.PIPE)
        for field in ("name", "note")
    ]
    (names, gone), (notes, _) = (json.loads(process.communicate()[0]) for process in started)
    assert len(kept()) == 8
    for run in kept():  # one that was deleted each time that it was drawn has kept its first name
        assert (run.label.name, run.label.note) == (names.get(run.id, ""), notes.get(run.id, ""))
    assert gone < CHANGES


def test_a_lock_that_is_given_back_is_free_though_a_process_forked_just_now_still_has_its_file(train):
    """It closes the file as soon as it runs, which on a busy machine is later than that."""
    train()
    (run,) = kept()
    lock = RunLock(run.folder)
    fork = os.dup(lock._handle)  # as one has it
    lock.release()
    assert not is_locked(run.folder)
    RunLock(run.folder).release()
    os.close(fork)


def test_a_run_that_was_lost_is_known_by_its_lock(three):
    run = three[1]
    run.info.status = Status.RUNNING
    write_info(run.folder, run.info)
    assert kept()[1].status == "interrupted"
    lock = RunLock(run.folder)
    assert kept()[1].status == "running"
    assert not kept()[1].unfinished
    lock.release()
    assert not is_locked(run.folder)


@pytest.mark.parametrize("test_fraction", [0.0, 0.25])
def test_12_19_a_run_is_as_far_as_its_metrics_while_it_trains_and_when_it_was_killed(train, test_fraction):
    """run.json is written when it begins, and then not for seconds."""
    seen, listing = [], Listing()

    def look(event, trainer, control):
        if isinstance(event, EpochsFinished):
            losses.append(event.loss)
            wait_for(lambda: kept()[0].info.epoch == event.epoch)
            for (run,) in (kept(), listing.read()):
                i, best = run.info, min(losses)
                seen.append((i.epoch, i.steps, i.seconds, i.loss, i.test_loss, i.best, i.best_epoch))
                wanted = event.epoch, event.steps, event.seconds, event.loss, event.test_loss, best
                assert seen[-1] == (*wanted, losses.index(best) + 1)
            if event.epoch == 4:
                shutil.copytree(run.folder, run.folder.with_name("killed"), ignore=shutil.ignore_patterns("lock"))
                control.put(Stop())

    losses = []
    train(at=look, test_fraction=test_fraction, lr=0.5)
    killed = next(run for run in kept() if run.id == "killed")
    found = killed.status, killed.info.epoch, killed.info.loss, killed.info.best
    assert found == ("interrupted", 4, losses[-1], min(losses))


def test_12_19_the_end_of_long_metrics_is_found(tmp_path):
    """However long the last line with losses is, and whatever follows it."""
    lines = [metrics.Line(epoch=50_000, steps=1, losses=[0.123456789] * 50_000, best=0.1, best_epoch=7)]
    lines += [metrics.Line(epoch=50_000, steps=1, setting="lr", old="1", new="2") for _ in range(2000)]
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    assert len(content) > 8 * metrics.TAIL
    (tmp_path / metrics.NAME).write_bytes(content + b'{"epoch": 9')
    assert metrics.last_losses(tmp_path) == lines[0]
    (tmp_path / metrics.NAME).write_bytes(b"{}\n" * 50_000)
    assert metrics.last_losses(tmp_path) is None


def test_deleted_runs_come_back_until_they_are_pruned(three):
    delete(three[0])
    assert len(kept()) == 2
    undelete(three[0])
    assert [run.id for run in kept()[::-1]] == [run.id for run in three]


def test_a_run_that_trains_is_not_deleted(three, refused):
    lock = RunLock(three[0].folder)
    assert refused(delete, three[0]).endswith("it is training; stop it first")
    lock.release()


def test_pruning_spares_the_newest_the_pinned_and_those_that_train(three):
    first, second, third = three
    assert [run.id for run in outdated(1, None)] == [second.id, first.id]
    assert outdated(None, timedelta(days=1)) == []
    assert len(outdated(None, timedelta(0))) == 3
    relabel(first, pinned=True)
    lock = RunLock(second.folder)
    assert [run.id for run in outdated(0, None)] == [third.id]
    lock.release()
    prune(outdated(0, None))
    assert [run.id for run in kept()] == [first.id]
    left = sorted(path.name for path in first.folder.parent.iterdir())
    assert left == [".lock", first.folder.name], "nothing is left behind"


def test_12_43_what_was_deleted_long_ago_goes_when_a_run_begins(three, train):
    delete(three[0])
    delete(three[1])
    long_ago = time.time() - DELETED_FOR.total_seconds() - 1
    os.utime(place_in_bin(three[0]), (long_ago, long_ago))
    train(epochs=1)
    assert not place_in_bin(three[0]).exists()
    undelete(three[1])
    assert three[1].id in [run.id for run in kept()]


HALF_MADE = """
import sys
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment
from tui_trainer.runs import metrics
from tui_trainer.runs import folder
def wait(parent, info):
    print("half made", flush=True)
    sys.stdin.readline()
    return named(parent, info)
named, folder._named = folder._named, wait
info = folder.Info(name="x", group="", status="stopped", started=folder.now(), updated=folder.now())
folder.new_folder(info, Experiment())
"""


@pytest.mark.slow
def test_12_43_what_a_killed_process_left_half_made_goes_and_what_a_live_one_makes_stays():
    """A process that is killed between two of the steps that make a run's folder, and one that goes on."""
    library = usable_runs_folder()
    for kill in (True, False):
        with subprocess.Popen(
            [sys.executable, "-c", HALF_MADE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "half made\n"
            (half,) = library.glob(".new-*")
            if kill:
                process.kill()
                process.wait()
                sweep()
                assert not half.exists()
            else:
                sweeping = threading.Thread(target=sweep)
                sweeping.start()
                assert half.exists()
                process.stdin.write("\n")
                process.stdin.flush()
                assert process.wait() == 0
                sweeping.join()
    assert [run.name for run in kept()] == ["x"]


def test_ages(refused):
    assert age("90m") == timedelta(minutes=90)
    assert age("2w") == timedelta(days=14)
    for text in ("", "30", "d", "-1d", "1y", "1.5h"):
        assert "write 45m, 12h, 30d or 4w" in refused(age, text)


def test_a_listing_reads_again_what_was_written_to(three, monkeypatch):
    listing = Listing()
    assert [run.id for run in listing.read()] == [run.id for run in three[::-1]]
    with monkeypatch.context() as patch:
        patch.setattr("tui_trainer.runs.listing.read_run", lambda folder: pytest.fail("nothing has changed"))
        listing.read()
    relabel(three[0], name="other")
    delete(three[1])
    assert [run.name for run in listing.read()] == ["tanh", "other"]
