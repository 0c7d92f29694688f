"""Families of stored runs: branches stand under the run that they branch off from."""

from collections.abc import Iterator, Mapping, Sequence

from tui_trainer.escape import printable
from tui_trainer.runs.library import StoredRun


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
