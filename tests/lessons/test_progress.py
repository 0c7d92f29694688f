"""Goals met are kept, privately, and a spoiled file does no harm."""

import json
import stat

import pytest

from tui_trainer.lessons.progress import goals_met, keep_goal, progress_file


def test_goals_are_kept_in_the_order_of_the_lessons(data_folder):
    assert goals_met() == set()
    keep_goal("descent")
    keep_goal("tensors")
    keep_goal("descent")
    assert goals_met() == {"tensors", "descent"}
    assert json.loads(progress_file().read_text()) == ["tensors", "descent"]
    assert progress_file().is_relative_to(data_folder)


def test_the_file_and_its_folder_are_private(data_folder):
    keep_goal("line")
    assert stat.S_IMODE(progress_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(progress_file().parent.stat().st_mode) == 0o700
    assert [file.name for file in progress_file().parent.iterdir()] == ["lessons.json"], "nothing is left beside it"


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b'["nothing"]', b"\xff", b"[1]", b"[" * 5000])
def test_a_spoiled_file_counts_as_empty_and_is_mended(content):
    progress_file().parent.mkdir(parents=True)
    progress_file().write_bytes(content)
    assert goals_met() == set()
    keep_goal("loop")
    assert goals_met() == {"loop"}


def test_a_folder_that_can_not_be_written_is_an_os_error(data_folder):
    (data_folder / "tui-trainer").write_text("a file is in the way")
    with pytest.raises(FileExistsError):
        keep_goal("loop")
