"""What is kept on the shelf: listed, labelled, deleted and brought back, pruned."""

from datetime import timedelta

import pytest

from tests.runs.conftest import kept, stop_after
from tui_trainer.runs.folder import write_info
from tui_trainer.runs.listing import Listing
from tui_trainer.runs.lock import RunLock, is_locked
from tui_trainer.runs.shelf import age, delete, find, outdated, prune, relabel, to_resume, undelete


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


def test_a_run_that_was_lost_is_known_by_its_lock(three):
    run = three[1]
    run.info.status = "running"
    write_info(run.folder, run.info)
    assert kept()[1].status == "interrupted"
    lock = RunLock(run.folder)
    assert kept()[1].status == "running"
    assert not kept()[1].unfinished
    lock.release()
    assert not is_locked(run.folder)


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
    assert [path.name for path in first.folder.parent.iterdir()] == [first.folder.name], "nothing is left behind"


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
