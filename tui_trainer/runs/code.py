"""code.json: the text of a person's own code as a run was trained with it, by the settings that name it.

Whoever lists, opens, compares or exports a run reads this, and runs nothing.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment
from tui_trainer.files import read_text, write_whole
from tui_trainer.own_code import MAX_BYTES, Source
from tui_trainer.own_settings import sources
from tui_trainer.sentence import InputError

NAME = "code.json"
MOST_LINES = 400  # of a difference that is shown


class KeptCode(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was: where it lay, the SHA-256 of its bytes, and its text."""

    path: str
    sha256: str
    text: str


def write_code(folder: Path, code: Mapping[str, Source]) -> None:
    """Write code.json, where there is any. Raises OSError."""
    if code:
        write_whole(folder / NAME, msgspec.json.encode(as_kept(code)))


def read_code(folder: Path) -> dict[str, KeptCode]:
    """What a run's folder has of its code: nothing where it is ours alone, or spoiled."""
    try:
        return msgspec.json.decode(read_text(folder / NAME, 16 * MAX_BYTES), type=dict[str, KeptCode])
    except (InputError, msgspec.MsgspecError, RecursionError):
        return {}


def check_code(folder: Path, experiment: Experiment, anyway: bool, report: Callable[[str], object]) -> None:
    """Say whose code goes on, and raise InputError where it is no more what the run was trained with.

    anyway: whether it goes on all the same.
    """
    now, run = sources(experiment), printable(folder.name)
    for file in changed_since(folder, now).values():
        if not anyway:
            raise InputError(
                f"{run}: {file.path} has changed since the run was trained; --anyway goes on with it as it is now, "
                f"and tui-trainer runs diff {run} shows what has changed"
            )
        report(f"{run}  {file.path} has changed since; it goes on with the text of now")
    if now:
        report(runs_now(now))


def changed_since(folder: Path, code: Mapping[str, Source]) -> dict[str, Source]:
    """What of this code has another text than the run in this folder was trained with."""
    kept = read_code(folder)
    return {role: file for role, file in code.items() if role in kept and kept[role].sha256 != file.sha256}


def runs_now(code: Mapping[str, Source]) -> str:
    """Whose code is about to be run, in a line."""
    return f"this runs your code: {', '.join(dict.fromkeys(str(file.path) for file in code.values()))}"


def change_lines(before: Mapping[str, KeptCode], after: Mapping[str, KeptCode]) -> list[str]:
    """All of them, in lines."""
    return [line for _, lines in changes(before, after) for line in lines]


def changes(before: Mapping[str, KeptCode], after: Mapping[str, KeptCode]) -> Iterator[tuple[str, Sequence[str]]]:
    """Each file whose text is another one: its setting, and the lines that differ as `diff -u` has them."""
    for role in dict.fromkeys([*before, *after]):
        one, other = before.get(role), after.get(role)
        if one and other and one.sha256 != other.sha256:
            lines = difflib.unified_diff(
                one.text.splitlines(), other.text.splitlines(), one.path, other.path, lineterm="", n=2
            )
            yield role, [printable(line) for line, _ in zip(lines, range(MOST_LINES), strict=False)]


def changed_code(before: Iterable[Mapping[str, Source]], after: Iterable[Mapping[str, Source]]) -> list[str]:
    """The names of files of some runs that have another text in those after them."""
    known = {file.path: file.sha256 for code in before for file in code.values()}
    files = [file for code in after for file in code.values()]
    return list(dict.fromkeys(file.path.name for file in files if known.get(file.path, file.sha256) != file.sha256))


def as_kept(code: Mapping[str, Source]) -> dict[str, KeptCode]:
    """Code as it would be kept."""
    return {
        role: KeptCode(path=str(file.path), sha256=file.sha256, text=file.text.encode("utf-8", "replace").decode())
        for role, file in code.items()
    }
