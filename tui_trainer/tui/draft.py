"""The draft: the comparison as the person at the keys wants it, where the session has the one that trains."""

from typing import TYPE_CHECKING

from tui_trainer.comparison import Comparison
from tui_trainer.escape import printable
from tui_trainer.experiment import FRESH, LIVE
from tui_trainer.settings import SETTINGS, Setting
from tui_trainer.tui.session import Session

if TYPE_CHECKING:
    from tui_trainer.runs.shelf import KeptRun


class Draft:
    """Takes changed settings and passes them on: at once, or with the next fresh start.

    `take` and `scale_rate` return what there is to say, which may be nothing, and raise InputError,
    changing nothing, for what won't do.
    """

    def __init__(self, session: Session, comparison: Comparison) -> None:
        self._session = session
        self.comparison = comparison

    def check(self, setting: Setting, text: str) -> None:
        """Raise InputError for what can't be trained with, as far as that is seen without making or reading points."""
        changed = self.comparison.changed(**{setting.name: text})
        if setting.name in ("data", "x", "y"):
            from tui_trainer.data.points import check_source

            for experiment in changed.runs.values():
                check_source(experiment)

    def take(self, setting: Setting, text: str, afresh: bool = False) -> str:
        """Put new values of a setting into force, as far as that can be done without asking.

        Live settings act on what is running. Untrained runs are lined up anew. With `afresh`,
        training starts over at once; otherwise that waits for `r`.
        """
        changed = self.comparison.changed(**{setting.name: text})
        if setting.name == "device" and self._session.lineup:
            self._check_devices(changed)
        before, self.comparison = self.comparison.values[setting.name], changed
        values = changed.values[setting.name]
        if values == before:
            return ""
        if self._untrained:
            self._session.prepare(changed)
        elif setting.when == LIVE and len(values) == len(before) == 1:
            return self._change_live(setting.name, values[0])
        elif afresh or setting.when == LIVE:
            self._session.prepare(changed, start=True)
        else:
            self._session.check(changed)
        return ""

    def scale_rate(self, factor: float) -> str:
        """Multiply the learning rate, each of them where several are compared."""
        self.comparison = self.comparison.changed(lr=[value * factor for value in self.comparison.values["lr"]])
        if self._untrained:
            self._session.prepare(self.comparison)
        else:
            self._session.change("lr", lambda old: old * factor)
        ended = not self._untrained and self._session.state not in ("running", "paused")
        return f"learning rate {self.comparison.text('lr')}{', from the next start (r)' if ended else ''}"

    def replace(self, comparison: Comparison) -> str:
        """Take another comparison altogether: at once, unless runs train, which it would end."""
        self.comparison = comparison
        if self._session.state in ("running", "paused"):
            return "r ends these runs and starts the new ones"
        self._session.prepare(comparison)
        return "space trains these"

    def resume(self, comparison: Comparison, run: "KeptRun") -> str:
        """Go on with a kept run, unless others train, which that would end."""
        if self._session.state in ("running", "paused"):
            return f"these runs train still: x ends them, then {run.name} can go on"
        self.comparison = comparison
        self._session.resume([run])
        return f"{run.name} goes on where it was left"

    @property
    def waiting(self) -> list[str]:
        """The settings that wait for a fresh start."""
        lineup = self._session.lineup
        return [
            name
            for name, setting in SETTINGS.items()
            if lineup and setting.when == FRESH and self.comparison.values[name] != lineup.comparison.values[name]
        ]

    @property
    def pending(self) -> str:
        """What those settings wait for."""
        titles = ", ".join(SETTINGS[name].title.lower() for name in self.waiting)
        return f"r starts afresh with the new {titles}" if titles else ""

    def title(self, short: bool) -> str:
        """What is on the charts, in a line: `article · hidden 10 · identity,tanh · sgd, rate 0.001, batch 1`."""
        names = ("data", "hidden", "activation", "optimizer", "lr", "batch_size")
        data, hidden, activation, optimizer, rate, batch = (printable(self.in_force(name)) for name in names)
        bends = f"{activation} · " if self.comparison.has_effect("activation") else ""
        learning = f"{bends}{optimizer}, rate {rate}, batch {batch}"
        return learning if short else f"{data} · hidden {hidden} · {learning}"

    def in_force(self, name: str) -> str:
        """A setting's text as it is on the charts: of one that waits, the values before."""
        lineup = self._session.lineup
        return (lineup.comparison if lineup and name in self.waiting else self.comparison).text(name)

    @property
    def _untrained(self) -> bool:
        return self._session.state in ("loading", "ready")

    def _change_live(self, name: str, value: object) -> str:
        done = max(record.epoch for record in self._session.records)
        if name == "epochs" and int(str(value)) < done:
            return f"{done:,} epochs are done already; r starts afresh with {value}"
        self._session.change(name, lambda _: value)
        return ""

    def _check_devices(self, comparison: Comparison) -> None:
        from tui_trainer.engine.devices import find_device

        for device in comparison.values["device"]:
            find_device(device)
