"""What a shell offers for a flag's value: functions of how it begins, said beside the flag; nothing is listed here."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

from tui_trainer.settings import Setting

# Of how a value begins, what it could be: names, and beside them what they mean where that is a mapping.
Completions: TypeAlias = Callable[[str], Iterable[str]]
MOST_RUNS = 50


def completed_by(action: argparse.Action, completions: Completions) -> None:
    """Have the shell offer these for an argument's value."""

    def completer(prefix: str, **others: Any) -> Iterable[str]:
        return completions(prefix)

    action.completer = completer  # type: ignore[attr-defined]  # where argcomplete looks for it


def values(setting: Setting, prefix: str) -> Iterable[str]:
    """The names that a setting takes, after a comma too; of one that takes other text, files as well."""
    before, comma, last = prefix.rpartition(",") if setting.several else ("", "", prefix)
    named = {before + comma + name: choice.help for name, choice in (setting.choices or {}).items()}
    if not setting.open or any(name.startswith(prefix) for name in named):
        return named
    return [before + comma + file for file in files(last)]


def files(prefix: str) -> list[str]:
    """Files whose path begins so; a folder ends with a slash."""
    path = Path(prefix).expanduser()
    folder, begin = (path, "") if not prefix or prefix.endswith("/") else (path.parent, path.name)
    typed = prefix[: len(prefix) - len(begin)]
    try:
        found = sorted(each for each in folder.iterdir() if each.name.startswith(begin))
    except OSError:
        return []
    shown = [each for each in found if begin.startswith(".") or not each.name.startswith(".")]
    return [typed + each.name + "/" * each.is_dir() for each in shown]


def run_names(prefix: str) -> dict[str, str]:
    """The ids of the newest runs, with what is said of them; and the names that people gave them."""
    from tui_trainer.runs.library import all_runs

    runs = all_runs()[0][:MOST_RUNS]
    ids = {run.id: f"{run.status}, {run.info.epoch:,} of {run.info.epochs:,} epochs" for run in runs}
    return ids | {run.label.name: run.id for run in runs if run.label.name}
