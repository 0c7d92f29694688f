"""What is said of runs when one leaves them: where they are kept, how they stand, and how to go on."""

import os
import shlex
from collections.abc import Iterator, Sequence

from tui_trainer.escape import printable
from tui_trainer.runs.places import VARIABLE
from tui_trainer.runs.record import Record


def account(records: Sequence[Record]) -> Iterator[str]:
    """A line for each run that is kept, with its id and its last loss, and one with the command that goes on."""
    kept = [record for record in records if record.id]
    width = max((len(printable(record.id)) for record in kept), default=0)
    for record in kept:
        epochs = f"{record.epoch:,} of {record.experiment.epochs:,} epochs"
        last = record.history.last
        loss = "" if last is None else f", last loss {last:.4g}"
        yield f"{printable(record.id):{width}}  {record.status}, {epochs}{loss}"
    if any(record.status.trains for record in kept):  # in another process
        yield f"they train on; to see them again: {_command('watch')}"
    elif any(record.status.unfinished for record in kept):
        yield f"to go on: {_command('resume')}"


def _command(name: str) -> str:
    folder = os.environ.get(VARIABLE)
    return f"tui-trainer {name}" + (f" --runs-dir {shlex.quote(folder)}" if folder else "")
