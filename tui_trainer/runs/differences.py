"""What tells runs apart: the settings that are not the same in all of them."""

from collections.abc import Iterator, Sequence

from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment, is_own
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.settings import SETTINGS, setting_of

UNKNOWN = "–"


class Differing(tuple[str, ...]):
    """Names of settings, in the schema's order."""

    __slots__ = ()

    def of(self, experiment: Experiment) -> list[str]:
        """An experiment's values of them, as text that can be shown: a data file may be called anything."""
        values = experiment.values
        return [printable(setting_of(name, experiment).show(values[name])) if name in values else "–" for name in self]


def differing(experiments: Sequence[Experiment]) -> Differing:
    """The settings in which these experiments differ."""
    values = [experiment.values for experiment in experiments]
    names = dict.fromkeys([*SETTINGS, *sorted({name for each in values for name in each if is_own(name)})])
    return Differing(name for name in names if len({(name in each, each.get(name)) for each in values}) > 1)


def telling_apart(runs: Sequence[StoredRun]) -> list[str]:
    """The settings in which stored runs differ, as far as they are known of them.

    That a script's run has none of our settings, and the others nothing of what a script says of itself, tells nothing.
    """
    names = []
    for name in dict.fromkeys(name for run in runs for name in run.texts):
        kinds = {run.own is None for run in runs if name in run.texts}
        if len({run.texts.get(name) for run in runs if (run.own is None) in kinds}) > 1:
            names.append(name)
    return names


def title_of(name: str) -> str:
    """What a setting is called where it is shown."""
    return SETTINGS[name].title if name in SETTINGS else printable(name)


def diff(one: StoredRun, other: StoredRun) -> Iterator[tuple[str, str, str]]:
    """Each setting that differs: its title, and its text in the one and in the other."""
    for name in dict.fromkeys([*one.texts, *other.texts]):
        before, after = (run.texts.get(name, UNKNOWN) for run in (one, other))
        if before != after:
            yield title_of(name), before, after
