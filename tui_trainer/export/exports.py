"""A stored run, written to a file whose ending says what it holds: see `catalog.EXPORTS`."""

from pathlib import Path

from tui_trainer.catalog import EXPORTS
from tui_trainer.files import reason, write_for_person
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted


def check_ending(path: Path) -> None:
    """Raises InputError for a file whose ending says nothing, naming those that do."""
    if path.suffix.lower() not in EXPORTS:
        raise InputError(f"{quoted(path.name)} has no ending that is known; there are {', '.join(EXPORTS)}")


def content(run: StoredRun, ending: str) -> bytes:
    """What a file with this ending holds of the run. Raises InputError where it can't be had."""
    try:
        made: bytes = EXPORTS[ending].make(run)
    except OSError as error:
        raise InputError(f"{run.id}: {reason(error)}; it can't be read") from None
    return made


def write_export(run: StoredRun, path: Path, force: bool = False, advice: str = "give another file") -> int:
    """Write the run to a file, private to the user and always whole. Returns its bytes.

    What is there already is only replaced with `force`; advice: what else a person can do. Raises
    InputError, and then leaves no file.
    """
    check_ending(path)
    made = content(run, path.suffix.lower())
    write_for_person(path, made, force, advice)
    return len(made)
