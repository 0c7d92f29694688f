"""A branch while it is thought over: which runs it leaves, at which moment, and what is set otherwise from there on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from tui_trainer.comparison import Comparison
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS, Setting

if TYPE_CHECKING:
    from tui_trainer.engine.past import Moment
    from tui_trainer.runs.branch import Fork
    from tui_trainer.runs.record import Record


@dataclass(frozen=True)
class Branch:
    """Each parent at its moment, with the settings under which its branches shall go on: several make several."""

    parents: "Sequence[Record]"
    moments: "Sequence[Moment]"
    comparisons: Sequence[Comparison]

    @classmethod
    def of(cls, parents: "Sequence[Record]", moments: "Sequence[Moment]") -> Self:
        """A branch with nothing changed, which would repeat its parents."""
        from tui_trainer.runs.branch import settings_at

        pairs = zip(parents, moments, strict=True)
        return cls(parents, moments, [Comparison.covering([settings_at(parent, moment)]) for parent, moment in pairs])

    @staticmethod
    def takes(setting: str) -> bool:
        """Whether a branch may have another value of a setting than its parent."""
        from tui_trainer.runs.branch import changeable

        return changeable(setting)

    def changed(self, setting: Setting, text: str) -> Self:
        """With other values of a setting. Raises InputError for what a branch can't change, or what is no value."""
        if not self.takes(setting.name):
            raise InputError(
                f"{setting.title.lower()}: a branch keeps its parent's; {{restart}} trains afresh with another"
            )
        return replace(self, comparisons=[each.changed(**{setting.name: text}) for each in self.comparisons])

    def scaled(self, factor: float) -> Self:
        """With so many times the learning rates."""
        rates = [[rate * factor for rate in each.values["lr"]] for each in self.comparisons]
        changed = [each.changed(lr=lr) for each, lr in zip(self.comparisons, rates, strict=True)]
        return replace(self, comparisons=changed)

    @property
    def comparison(self) -> Comparison:
        """All values of all of them, as the form shows them."""
        return Comparison.covering([fork.experiment for fork in self.forks])

    @property
    def forks(self) -> "list[Fork]":
        """What to train."""
        from tui_trainer.runs.branch import Fork

        triples = zip(self.parents, self.moments, self.comparisons, strict=True)
        return [Fork(parent, moment, e) for parent, moment, several in triples for e in several.runs.values()]

    @property
    def where(self) -> str:
        """`tanh at epoch 41`, or of several `epoch 41`."""
        epochs = " and ".join(f"{epoch:,}" for epoch in dict.fromkeys(moment.epoch for moment in self.moments))
        return f"{self.parents[0].name} at epoch {epochs}" if len(self.parents) == 1 else f"epoch {epochs}"

    @property
    def changes(self) -> str:
        """What is changed so far: `learning rate 0.002`; empty where nothing is."""
        before, now = type(self).of(self.parents, self.moments).comparison, self.comparison
        return ", ".join(
            f"{setting.title.lower()} {now.text(name)}"
            for name, setting in SETTINGS.items()
            if now.values[name] != before.values[name]
        )
