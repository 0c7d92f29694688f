"""How a run stands, in one place: the words are those of files and `--json`."""

import msgspec
import pytest

from tui_trainer.engine.status import Status

SAVED = ("running", "paused", "completed", "stopped", "interrupted", "diverged", "failed")


@pytest.mark.parametrize("word", SAVED)
def test_the_words_are_the_ones_that_files_have(word):
    status = msgspec.json.decode(f'"{word}"', type=Status)
    assert msgspec.json.encode(status) == f'"{word}"'.encode()
    assert f"{status}" == word == status
    assert status.sign


def test_a_run_whose_file_says_another_word_is_listed_as_interrupted():
    assert msgspec.json.decode('"flying"', type=Status) is Status.INTERRUPTED


@pytest.mark.parametrize(
    ("statuses", "together"),
    [
        ((), "loading"),
        (("paused", "running", "completed"), "running"),
        (("paused", "diverged"), "paused"),
        (("completed", "stopped", "failed"), "failed"),
        (("completed", "interrupted", "stopped"), "stopped"),
        (("diverged", "completed"), "completed"),
        (("diverged", "diverged"), "diverged"),
    ],
)
def test_several_runs_stand_as_the_first_of_them_in_order(statuses, together):
    assert Status.together(map(Status, statuses)) is Status(together)


def test_each_status_is_in_one_stage():
    assert all(status.untrained + status.trains + status.ended == 1 for status in Status)
    assert [s for s in Status if s.ended and not s.unfinished] == [Status.COMPLETED, Status.DIVERGED]
    assert [s for s in Status if s.bad] == [Status.FAILED, Status.DIVERGED]
