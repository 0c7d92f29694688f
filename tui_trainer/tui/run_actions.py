"""What the runs screen changes on the disk: labels, deletions that can be undone, files that runs are written to."""

import threading
from collections.abc import Callable
from pathlib import Path

from tui_trainer.escape import printable
from tui_trainer.files import reason
from tui_trainer.named_data import pasted_path
from tui_trainer.runs.library import delete, place_in_bin, relabel, undelete
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError

CLOSE_SECONDS = 3.0


class RunActions:
    """Does it: `report` is called with a line on how it went, from any thread, and `refresh` after a change."""

    def __init__(self, report: Callable[[str], object], refresh: Callable[[], object]) -> None:
        self._report, self._refresh = report, refresh
        self.deleted: list[StoredRun] = []
        self._writing: list[threading.Thread] = []

    def label(self, run: StoredRun, **changes: object) -> None:
        """Change a run's name, note or pin."""
        self._change(lambda: relabel(run, **changes))

    def delete(self, run: StoredRun) -> None:
        """Take a run out of the library, until it is brought back."""
        if self._change(lambda: delete(run)):
            self.deleted.append(run)
            self._report(f"{run.name} is deleted; u brings it back")

    def undo(self) -> None:
        """Bring back the run that was deleted last."""
        run = self.deleted[-1]
        if self._change(lambda: undelete(run)):
            self.deleted.pop()
            self._report(f"{run.name} is back")
        elif not place_in_bin(run).is_dir():
            self.deleted.pop()  # another process has brought it back, or removed it

    def _change(self, change: Callable[[], None]) -> bool:
        """Whether that went well."""
        try:
            change()
        except InputError as error:
            self._report(str(error))
            return False
        except OSError as error:
            # The name alone: behind a long path there is no room to say why.
            self._report(f"{Path(str(error.filename)).name}: {reason(error)}")
            return False
        self._refresh()
        return True

    def export(self, run: StoredRun, text: str) -> None:
        """Write a run to a file, in a thread: a picture or a script of a large one takes a while."""
        thread = threading.Thread(target=self._export, args=(run, Path(pasted_path(text)).expanduser()), daemon=True)
        self._writing = [*(each for each in self._writing if each.is_alive()), thread]
        self._report(f"writing {text}…")
        thread.start()

    def _export(self, run: StoredRun, path: Path) -> None:
        from tui_trainer.export.exports import write_export

        try:
            size = write_export(run, path, force=False)
        except InputError as error:
            self._report(str(error))
        except Exception as error:  # a bug, which the person who waits for the file must see
            self._report(f"{path}: not written: {type(error).__name__}: {error}")
        else:
            self._report(f"{path}: {size:,} bytes written")

    def close(self) -> None:
        """Wait for what is being written: a thread inside PyTorch at Python's end would crash it."""
        for thread in self._writing:
            thread.join(CLOSE_SECONDS)


def check_goal(text: str) -> None:
    """Raises InputError for what is no loss to reach; an empty text is none."""
    try:
        float(text.strip() or 0)
    except ValueError:
        raise InputError(f"{printable(text)} is no number") from None


def check_file(text: str) -> None:
    """Raises InputError for a file whose ending says nothing."""
    from tui_trainer.export.exports import check_ending

    check_ending(Path(pasted_path(text)))


def check_name(text: str) -> None:
    """Raises InputError for what is no name of a run."""
    if not text.strip() or len(text) > 100:
        raise InputError("give a name of 1 to 100 letters")


def check_note(text: str) -> None:
    """Raises InputError for a note that is too long."""
    if len(text) > 1000:
        raise InputError("give a note of at most 1,000 letters")
