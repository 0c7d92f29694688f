"""Stored runs that repeat each other: the newest stands for all."""

from collections.abc import Collection, Hashable, Sequence
from pathlib import Path

from tui_trainer.engine.status import Status
from tui_trainer.runs.stored_run import StoredRun


def alike(run: StoredRun) -> Hashable:
    """What two runs have in common that repeat each other: their names, their settings, and how they ended.

    A script's run repeats none: nobody knows what else its script does.
    """
    return (run.info.name, run.own, run.status) if run.own else run.folder


def fold(
    runs: Sequence[StoredRun], apart: Collection[Path], unfolded: Collection[Hashable]
) -> tuple[list[StoredRun], dict[Path, int]]:
    """The runs in their order, but of those that repeat each other only the first; and for how many it stands.

    Apart stay those of these folders, and whatever a person has said something of, may still go on, or belongs to a
    family of branches; unfolded: what runs are alike in that stand one by one.
    """
    parents = {run.info.parent for run in runs if run.info.at}
    shown: list[StoredRun] = []
    first: dict[Hashable, StoredRun] = {}
    repeats: dict[Path, int] = {}
    for run in runs:
        said = run.label.name or run.label.note or run.label.pinned
        family = run.info.at or run.folder.name in parents
        ended = run.status in (Status.COMPLETED, Status.DIVERGED)
        what = alike(run)
        if said or family or not ended or run.folder in apart or what in unfolded:
            shown.append(run)
        elif what in first:
            repeats[first[what].folder] = repeats.get(first[what].folder, 1) + 1
        else:
            first[what] = run
            shown.append(run)
    return shown, repeats
