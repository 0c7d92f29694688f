"""How far a learner is is kept, privately, and a spoiled file does no harm; what was seen is no prediction any more."""

import json
import stat

import pytest

from tui_trainer.lessons import progress
from tui_trainer.lessons.frame import Answer, Frame
from tui_trainer.lessons.progress import Course, goals_met, keep_frame, progress_file, read_progress

RIGHT = Frame([], answer=Answer(True))  # of a goal that is built


def answered(right: bool, question: str, *reveals: str) -> Frame:
    return Frame([], answer=Answer(right, question), reveals=reveals)


def noted(*frames: Frame, times: int = 2) -> Course:
    course = Course()
    for frame in frames:
        course.note(frame, times)
    return course


def test_goals_are_kept_in_the_order_of_the_lessons(data_folder):
    assert goals_met() == set()
    for name in ("descent", "tensors", "descent"):
        keep_frame(name, RIGHT, 1)
    assert goals_met() == {"tensors", "descent"}
    kept = json.loads(progress_file().read_text())
    assert [name for name, course in kept.items() if course["met"]] == ["tensors", "descent"]
    assert progress_file().is_relative_to(data_folder)


def test_what_is_built_meets_the_goal_at_once_and_stays_met():
    assert not noted(Frame([]), times=1).met
    assert not noted(Frame([], answer=Answer(False)), times=1).met
    assert noted(RIGHT, Frame([], answer=Answer(False)), times=1).met


def test_14_goal_a_prediction_meets_it_the_second_time_in_a_row():
    assert not noted(answered(True, "a")).met
    assert noted(answered(True, "a"), answered(True, "b")).met
    assert not noted(answered(True, "a"), answered(False, "b"), answered(True, "c")).met
    assert noted(answered(True, "a"), answered(False, "b"), answered(True, "c"), answered(True, "d")).met


def test_14_goal_the_same_question_again_counts_neither_way():
    assert not noted(answered(True, "a"), answered(True, "a")).met
    assert noted(answered(True, "a"), answered(False, "a"), answered(True, "b")).met


def test_14_goal_what_was_shown_unasked_can_not_be_predicted():
    assert not noted(Frame([], reveals=["b"]), answered(True, "a"), answered(True, "b")).met
    assert noted(answered(True, "a", "x"), answered(True, "b", "x")).met, "an answer comes before what it shows"


def test_14_goal_what_was_shown_is_remembered_in_another_process():
    keep_frame("network", answered(False, "a", "b"), 2)
    keep_frame("network", answered(True, "c"), 2)
    for question in ("a", "b", "c"):
        keep_frame("network", answered(True, question), 2)
        assert goals_met() == set()
    course = read_progress()["network"]
    assert (course.right, course.seen) == (1, ["b", "a", "c"])
    assert read_progress()["descent"] == Course()
    keep_frame("network", answered(True, "d"), 2)
    assert goals_met() == {"network"}


def test_of_very_much_that_was_seen_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr(progress, "MOST_SEEN", 3)
    course = noted(*(Frame([], reveals=[question]) for question in "abacd"))
    assert course.seen == ["b", "c", "d"]


def test_nothing_is_written_where_nothing_is_new(data_folder):
    for _ in range(2):
        keep_frame("network", Frame([]), 2)
    assert not progress_file().exists()
    keep_frame("network", answered(False, "a"), 2)
    before = progress_file().stat().st_ino  # a file that is written is another one
    keep_frame("network", answered(True, "a"), 2)
    assert progress_file().stat().st_ino == before


def test_the_file_and_its_folder_are_private(data_folder):
    keep_frame("line", RIGHT, 1)
    assert stat.S_IMODE(progress_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(progress_file().parent.stat().st_mode) == 0o700
    left = {file.name for file in progress_file().parent.iterdir()}
    assert left == {".lock", "lessons.json"}, "nothing is left beside it"


def test_goals_of_an_earlier_version_are_met():
    progress_file().parent.mkdir(parents=True)
    progress_file().write_text('["tensors", "descent", "gone"]')
    assert goals_met() == {"tensors", "descent"}
    keep_frame("loop", RIGHT, 1)
    assert goals_met() == {"tensors", "descent", "loop"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"a": 1}', b'["nothing"]', b'{"loop": {"met": 1}}', b"\xff", b"[1]", b"[" * 5000]
)
def test_a_spoiled_file_counts_as_empty_and_is_mended(content):
    progress_file().parent.mkdir(parents=True)
    progress_file().write_bytes(content)
    assert goals_met() == set()
    keep_frame("loop", RIGHT, 1)
    assert goals_met() == {"loop"}


def test_a_folder_that_can_not_be_written_is_refused(data_folder, refused):
    (data_folder / "tui-trainer").write_text("a file is in the way")
    assert refused(keep_frame, "loop", RIGHT, 1) == "file exists"
