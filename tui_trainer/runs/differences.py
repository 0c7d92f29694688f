"""What tells runs apart: the settings that are not the same in all of them."""

from collections.abc import Iterator, Sequence

from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment
from tui_trainer.settings import SETTINGS


class Differing(tuple[str, ...]):
    """Names of settings, in the schema's order."""

    __slots__ = ()

    def of(self, experiment: Experiment) -> list[str]:
        """An experiment's values of them, as text that can be shown: a data file may be called anything."""
        return [printable(SETTINGS[name].show(getattr(experiment, name))) for name in self]


def differing(experiments: Sequence[Experiment]) -> Differing:
    """The settings in which these experiments differ."""
    return Differing(name for name in SETTINGS if len({getattr(e, name) for e in experiments}) > 1)


def diff(one: Experiment, other: Experiment) -> Iterator[tuple[str, str, str]]:
    """Each setting that differs: its title, and its text in the one and in the other."""
    names = differing([one, other])
    return zip((SETTINGS[name].title for name in names), names.of(one), names.of(other), strict=True)
