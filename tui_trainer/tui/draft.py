"""The draft: the comparison as the person at the keys wants it: what is in force, and what waits for a fresh start."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tui_trainer.comparison import Comparison
from tui_trainer.engine.requests import ScaleRate, Set
from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment, is_own
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS, Setting
from tui_trainer.tui.branching import Branch
from tui_trainer.tui.session import Prepared, Session, SessionEvent
from tui_trainer.wording import count

if TYPE_CHECKING:
    from tui_trainer.runs.stored_run import StoredRun


def without_seed(experiment: Experiment) -> Experiment:
    """The same experiment under one seed for all."""
    return msgspec.structs.replace(experiment, seed=0)


# Said of a branch; what is in braces becomes the key in force.
OF_BRANCH = "{rate-up} {rate-down} {activation} {optimizer} {epochs} {new-seed} change what comes"


class Draft:
    """Takes changed settings and passes them on: at once, or with the next fresh start.

    It remembers only what waits. All else is what the engine has confirmed: a live setting that was
    asked for of runs that train shows once it acts on them.

    `take` and `scale_rate` return what there is to say, which may be nothing, and raise InputError,
    changing nothing, for what won't do.
    """

    def __init__(self, session: Session, comparison: Comparison) -> None:
        """comparison: what there is until the first runs stand."""
        self._session, self._first = session, comparison
        self._edits: dict[str, tuple[Any, ...]] = {}
        self._branch: Branch | None = None

    @property
    def branch(self) -> Branch | None:
        """The branch that is thought over; what is changed meanwhile is its own."""
        return self._branch

    @branch.setter
    def branch(self, branch: Branch | None) -> None:
        changed = branch or self._branch
        self._branch = branch
        if changed:
            self._session.foresee(self.comparison)

    @property
    def comparison(self) -> Comparison:
        """What a fresh start would train, or the branch."""
        if self.branch:
            return self.branch.comparison
        return self.in_force.over(self._edits)

    @property
    def in_force(self) -> Comparison:
        """What the runs there are were prepared with, and what the engine has confirmed since."""
        group = self._session.group
        return group.in_force if group else self._first

    def on_session_event(self, event: SessionEvent) -> str:
        """Let go of what has come into force. Returns what there is to say."""
        from tui_trainer.engine.events import SettingChanged

        if isinstance(event, Prepared):
            self.branch = None
            self._edits = self._differing(self._edits)
            return self._against_before if event.untrained else ""
        if isinstance(event, SettingChanged):
            self._edits.pop(event.setting, None)
            return f"{SETTINGS[event.setting].title.lower()} {self.in_force.text(event.setting)}"
        return ""

    def check(self, setting: Setting, text: str) -> None:
        """Raise InputError for what can't be trained with, as far as that is seen without making or reading samples."""
        changed = self.comparison.changed(**{setting.name: text})
        if "data" in setting.affects:
            from tui_trainer.data.sources import source_of

            for experiment in changed.runs.values():
                source_of(experiment).check()

    def take(self, setting: Setting, text: str, afresh: bool = False) -> str:
        """Put new values of a setting into force, as far as that can be done without asking.

        Live settings act on what is running. Untrained runs are prepared anew. With `afresh`,
        training starts over at once; otherwise that waits for `r`.
        """
        self._check_free(setting.name)
        changed = self.comparison.changed(**{setting.name: text})
        if setting.name == "device" and self._session.group:
            self._check_devices(changed)
        if self.branch:
            self.branch = self.branch.changed(setting, text)
            return ""
        values = changed.values[setting.name]
        if values == self.comparison.values[setting.name]:
            return ""
        if not self._untrained and setting.live and len(values) == 1 and not self._compares(setting.name):
            return self._change_live(setting, values[0])
        self._edits |= {name: new for name, new in changed.values.items() if new != self.comparison.values.get(name)}
        if self._untrained:
            self._session.prepare(changed)
        elif afresh or setting.live:
            self._session.prepare(changed, start=True)
        else:
            self._session.check(changed)
        return ""

    def scale_rate(self, factor: float) -> str:
        """Multiply the learning rate, each of them where several are compared."""
        self._check_free("lr")
        if self.branch:
            self.branch = self.branch.scaled(factor)
            return ""
        before = (self.in_force if self._training else self.comparison).values["lr"]
        changed = self.comparison.changed(lr=[rate * factor for rate in before])
        if not self._untrained:
            self._session.request(ScaleRate(factor))
        if self._training:
            self._edits.pop("lr", None)
            return f"learning rate ×{factor:g} from the next step on"
        self._edits["lr"] = changed.values["lr"]
        if self._untrained:
            self._session.prepare(changed)
            return f"learning rate {changed.text('lr')}"
        return f"learning rate {changed.text('lr')}, from the next start (r)"

    def start_with_new_seed(self) -> str:
        """Start afresh, with the seeds that follow those there are."""
        self._check_free("seed")
        if self.branch:
            seed = max(self.branch.comparison.values["seed"]) + 1
            self.branch = self.branch.changed(SETTINGS["seed"], str(seed))
            return ""
        seeds = self.comparison.values["seed"]
        changed = self.comparison.changed(seed=[max(seeds) + 1 + i for i in range(len(seeds))])
        self._edits["seed"] = changed.values["seed"]
        self._session.prepare(changed, start=True)
        return ""

    def replace(self, comparison: Comparison) -> str:
        """Take another comparison altogether: at once, unless runs train, which it would end."""
        self.branch = None
        self._edits = self._differing(comparison.values)
        if self._training:
            self._session.check(comparison)
            return "{restart} ends these runs and starts the new ones"
        self._session.prepare(comparison)
        return "{go} trains these"

    def resume(self, runs: "Sequence[StoredRun]") -> str:
        """Resume stored runs, unless others train, which that would end."""
        names = ", ".join(run.name for run in runs)
        if self._training:
            return f"these runs train still: {{stop}} ends them, then {names} can go on"
        self.branch = None
        self._edits.clear()
        self._session.resume(runs)
        return f"resuming where it was left: {names}"

    def start_branch(self) -> str:
        """Train the branch that is thought over."""
        assert self.branch
        self._session.branch(self.branch.forks)
        return f"branching off from {self.branch.where}"

    @property
    def waiting(self) -> list[str]:
        """The settings that wait for a fresh start."""
        return list(self._differing(self._edits))

    @property
    def pending(self) -> str:
        """What those settings wait for, or the branch."""
        if self.branch:
            return self.branch.changes or OF_BRANCH
        settings = self.comparison.settings if self._session.group else {}
        titles = ", ".join(settings[name].title.lower() for name in self.waiting if name in settings)
        return f"{{restart}} starts afresh with the new {titles}" if titles else ""

    def title(self, short: bool) -> str:
        """What is on the charts, in a line: `article · hidden 10 · identity,tanh · sgd, rate 0.001, batch 1`."""
        shown = self.in_force if self._session.group and not self.branch else self.comparison
        watched = self._session.watched
        words = "".join(
            setting.brief.format(printable(shown.brief(name)))
            for name, setting in shown.settings.items()
            if shown.has_effect(name)
            and not (setting.wide and (short or watched))
            and not (is_own(name) and shown.values[name] == (setting.default,))
        ).removeprefix(" · ")
        if self.branch:
            return f"branch of {self.branch.where} · {words}"
        return f"watching {watched} · {words}" if watched else words

    @property
    def _against_before(self) -> str:
        """That the runs which stand now, untrained, are those before them once more, or how they differ unseen."""
        before, now = self._session.ghosts, self._session.records
        if not before or len(before) != len(now) or any(record.history.marks for record in before):
            return ""  # nothing to compare with, or runs that were changed on the way
        pairs = list(zip(before, now, strict=True))
        if any(without_seed(one.experiment) != without_seed(other.experiment) for one, other in pairs):
            return ""
        if any(one.experiment != other.experiment for one, other in pairs):
            return f"seed {self.in_force.text('seed')}: other random numbers"
        if any(one.code != other.code for one, other in pairs):
            return "the same settings and seed, and another text of your code"
        same = all(one.samples.equal(other.samples) for one, other in pairs)  # a file may have changed
        return "the same settings and seed: the same curves once more, {new-seed}: new seed" if same else ""

    def _differing(self, values: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        in_force = self.in_force.values
        return {name: value for name, value in values.items() if value != in_force.get(name)}

    @property
    def _untrained(self) -> bool:
        return self._session.state.untrained

    @property
    def _training(self) -> bool:
        return self._session.state.trains

    def _compares(self, name: str) -> bool:
        group = self._session.group
        return group is not None and group.compares(name)

    def _change_live(self, setting: Setting, value: Any) -> str:
        name, words = setting.name, f"{setting.title.lower()} {setting.show(value)}"
        done = max(record.epoch for record in self._session.records)
        if name == "epochs" and value < done:
            self._edits[name] = (value,)
            return f"{count(done, 'epoch')} done already; r starts afresh with {value}"
        training = self._training
        self._session.request(Set(name, value))
        if training:
            self._edits.pop(name, None)
            return f"{words} from the next step on"
        self._edits[name] = (value,)  # until it is confirmed, where the runs go on for more epochs
        return ""

    def _check_free(self, name: str) -> None:
        if not self._session.takes(name):
            raise InputError(self._session.limits)
        if self._session.resuming:
            raise InputError("the runs are being resumed; their settings can be changed as soon as they train")

    def _check_devices(self, comparison: Comparison) -> None:
        from tui_trainer.engine.devices import find_device

        for device in comparison.values["device"]:
            find_device(device)
