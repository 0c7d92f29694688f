"""Stores runs while they train: their events go to their folders, from a thread of its own.

The thread that trains hands over events, and now and then a copy of a run's state; encoding,
writing and waiting for the disk happen aside.
"""

import shutil
import threading
from collections.abc import Callable, Mapping
from itertools import chain

from tui_trainer.engine.events import EpochsFinished, Event, Progress
from tui_trainer.engine.requests import Request
from tui_trainer.engine.trainer import Trainer
from tui_trainer.files import reason
from tui_trainer.runs.folder import no_room, now, usable_runs_folder
from tui_trainer.runs.library import sweep
from tui_trainer.runs.lock import Locked
from tui_trainer.runs.record import Record
from tui_trainer.runs.requests import Requests
from tui_trainer.runs.run_writer import RunWriter
from tui_trainer.sentence import InputError

METRICS_SECONDS = 0.25
CLOSE_SECONDS = 5.0


class GroupWriter:
    """Writes the runs that one thread trains: events come in, and a thread of its own writes.

    The same thread looks for what other processes ask of the runs, and passes it on to `request`.
    Training goes on where writing fails: `report` is called with a line about it, and with another
    when it goes on. It is called from the writing thread.
    """

    def __init__(
        self, writers: Mapping[str, RunWriter], request: Callable[[Request], object], report: Callable[[str], object]
    ) -> None:
        self._writers, self._request, self._report = writers, request, report
        self._sent = [(writer.lock, Requests(writer.folder)) for writer in writers.values()]
        self._changed = threading.Condition()
        self._dirty = self._urgent = self.closed = False
        self._asked: set[str] = set()
        self.trouble = ""
        self._thread = threading.Thread(target=self._write_on, name="writing", daemon=True)
        self._thread.start()

    @classmethod
    def begin(
        cls,
        runs: Mapping[str, tuple[Trainer, Record]],
        request: Callable[[Request], object],
        report: Callable[[str], object],
    ) -> "GroupWriter":
        """Make a folder for each of these runs, by their names. Raises InputError where that can't be done."""
        folder, group = usable_runs_folder(), f"{now():%Y%m%d-%H%M%S-%f}"
        writers: dict[str, RunWriter] = {}
        try:
            sweep()
            for name, (trainer, record) in runs.items():
                writers[name] = RunWriter.begin(trainer, record, group)
        except (InputError, OSError) as error:
            # None of them has begun.
            for writer in writers.values():
                writer.lock.release()
                shutil.rmtree(writer.folder, ignore_errors=True)
            raise InputError(no_room(folder, error)) if isinstance(error, OSError) else error from None
        return cls(writers, request, report)

    def resumed(self) -> "GroupWriter":
        """Write the same runs on, after `close`: they get more epochs. Raises InputError where others have them now."""
        for writer in self._writers.values():
            try:
                writer.resume()
            except (Locked, OSError) as error:
                why = f"{error} trains it" if isinstance(error, Locked) else reason(error)
                for other in self._writers.values():
                    other.lock.release()
                raise InputError(f"{writer.folder.name}: {why}; r trains afresh") from None
        return GroupWriter(self._writers, self._request, self._report)

    def take(self, event: Event, trainer: Trainer) -> None:
        """Take in an event of one of the runs. For the thread that trains."""
        taken = self._writers[event.run].take(event, trainer, event.run in self._asked)
        with self._changed:
            if taken:
                self._asked.discard(event.run)
            self._dirty = self._dirty or not isinstance(event, Progress)
            self._urgent = self._urgent or taken or not isinstance(event, EpochsFinished | Progress)
            if self._urgent:
                self._changed.notify()

    def request_checkpoint(self) -> None:
        """Have a checkpoint of every run written as soon as it can be taken. Safe in a signal's handler."""
        self._asked = set(self._writers)

    def close(self) -> None:
        """Write what is left, and let other processes have the runs."""
        with self._changed:
            self.closed = True
            self._changed.notify()
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():  # else the disk hangs, and nobody else may write meanwhile
            for writer in self._writers.values():
                writer.lock.release()

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._urgent or self.closed, METRICS_SECONDS)
                urgent, closed, dirty = self._urgent, self.closed, self._dirty
                self._urgent = self._dirty = False
            if urgent or closed or dirty:
                self._write()
            if closed:
                return
            # Where the folder is another one by now, what is asked there is asked of others.
            for request in chain.from_iterable(sent.new() for lock, sent in self._sent if not lock.lost):
                try:
                    self._request(request)
                except InputError as error:
                    self._report(str(error))

    def _write(self) -> None:
        """Write what has come in, and what could not be written before."""
        trouble = ""
        for writer in self._writers.values():
            try:
                writer.write()
            except OSError as error:
                trouble = f"{writer.folder}: {reason(error)}"
        if trouble != self.trouble:
            self.trouble = trouble
            self._report(f"not kept: {trouble}; training goes on" if trouble else "kept again")
