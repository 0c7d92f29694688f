"""Families of stored runs: branches stand under the run that they branch off from."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tui_trainer.escape import printable
from tui_trainer.runs.library import find
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record


def by_family(runs: Sequence[StoredRun]) -> list[StoredRun]:
    """The same runs in their order, but each branch after its parent, where that is among them."""
    there = {run.folder.name for run in runs}
    children: dict[str, list[StoredRun]] = {}
    for run in runs:
        parent = run.info.parent
        children.setdefault(parent if parent in there and parent != run.folder.name else "", []).append(run)
    found = list(_with_branches(children.get("", []), children))
    known = {run.folder for run in found}
    return found + [run for run in runs if run.folder not in known]  # spoiled files may make a circle


def _with_branches(runs: Sequence[StoredRun], children: Mapping[str, Sequence[StoredRun]]) -> Iterator[StoredRun]:
    waiting = list(reversed(runs))
    while waiting:
        run = waiting.pop()
        yield run
        waiting += reversed(children.get(run.folder.name, ()))


def depths(runs: Sequence[StoredRun]) -> list[int]:
    """How many of the runs each of them descends from, in the order of `by_family`."""
    known: dict[str, int] = {}
    for run in runs:
        known[run.folder.name] = known[run.info.parent] + 1 if run.info.parent in known else 0
    return list(known.values())


def branch_words(run: StoredRun) -> str:
    """`20261127-… at epoch 41`; empty for a run that is no branch."""
    return f"{printable(run.info.parent)} at epoch {run.info.at.epoch:,}" if run.info.at else ""


def parents_of(records: "Sequence[Record]") -> "list[Record]":
    """The runs that these branch off from, as far as they are kept and not among them."""
    from tui_trainer.runs.follow import stored_record  # here: the list of runs is shown without torch

    known = {record.id for record in records}
    parents = []
    for name in dict.fromkeys(record.parent for record in records if record.at):
        if name not in known:
            with contextlib.suppress(InputError):  # it was deleted, or its data can't be had any more
                parents.append(stored_record(find(name)))
    return parents
