"""What a learner wrote for an exercise, finished or not: a file for each in the user's data folder."""

import contextlib
from pathlib import Path

from tui_trainer.files import make_private, read_text, reason, write_whole
from tui_trainer.lessons.exercises.exercise import MAX_BYTES
from tui_trainer.lessons.progress import progress_file
from tui_trainer.sentence import InputError, Sentence


def draft_file(name: str) -> Path:
    """Where that of this lesson is kept."""
    return progress_file().parent / "exercises" / f"{name}.py"


def read_draft(name: str) -> str:
    """What was written last; empty where there is nothing, or nothing that can be read."""
    with contextlib.suppress(InputError):
        return read_text(draft_file(name), MAX_BYTES)
    return ""


def keep_draft(name: str, source: str) -> None:
    """Keep what was written. Raises InputError where it is too long, or can't be kept."""
    content = source.encode("utf-8", "replace")
    if len(content) > MAX_BYTES:
        raise InputError(Sentence("over {limit} bytes", limit=f"{MAX_BYTES:,}"))
    try:
        make_private(draft_file(name).parent)
        write_whole(draft_file(name), content)
    except OSError as error:
        raise InputError(reason(error)) from None
