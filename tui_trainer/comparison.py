"""A comparison: settings of which some have several values, and the runs that makes.

`activation = ["identity", "tanh"]` is two experiments, equal but for the activation. This is what
flags, the form, a preset and an experiment file all describe.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import msgspec

from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment, InputError
from tui_trainer.files import read_text
from tui_trainer.named_data import suits
from tui_trainer.settings import SETTINGS, as_part, split_list, unknown

MAX_RUNS = 64
MAX_FILE_BYTES = 1_000_000
OPENING = "contrast"  # the preset that the app opens on, where nothing else is asked for
ARTICLE = "article"  # the one whose settings are the defaults


@dataclass(frozen=True)
class Comparison:
    """Every setting with its one or several values. Make one with `Comparison.of`.

    data_named: whether the person named the data, and not a file that someone else may have written:
    only then may messages quote what is in it.
    """

    values: Mapping[str, tuple[Any, ...]]
    data_named: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, **settings: object) -> Self:
        """Build from settings as a person writes them, the rest being defaults. Raises InputError as `changed` does."""
        return cls(DEFAULTS).changed(**settings)

    @classmethod
    def covering(cls, experiments: Sequence[Experiment]) -> Self:
        """The comparison that has the values of these experiments, each once."""
        return cls({name: tuple(dict.fromkeys(getattr(e, name) for e in experiments)) for name in SETTINGS})

    def changed(self, **settings: object) -> Self:
        """The same comparison with some settings changed.

        Raises InputError for an unknown name, a bad value, one that would have no effect, or too many runs.
        """
        comparison = self._with(settings)
        comparison = replace(comparison, values={**comparison.values, **self._suited(comparison, settings)})
        for name in settings:
            # Files that spell out every setting may be written before one of them lost its effect.
            if not comparison.has_effect(name) and comparison.values[name] != DEFAULTS[name]:
                raise InputError(comparison.why_no_effect(name))
        return comparison

    def _suited(self, changed: Self, given: Collection[str]) -> dict[str, tuple[Any, ...]]:
        """What goes with other data: settings that were as suited the data before, and are not given now."""
        before, after = _suits(self.values), _suits(changed.values)
        return {
            name: after.get(name, DEFAULTS[name])
            for name in {**before, **after}
            if name not in given and self.values[name] == before.get(name, DEFAULTS[name])
        }

    def _with(self, settings: Mapping[str, object]) -> Self:
        for name in settings:
            if name not in SETTINGS:
                raise InputError(f"setting {unknown(name, SETTINGS)}")
        parsed = {name: SETTINGS[name].parse_several(raw) for name, raw in settings.items()}
        comparison = type(self)({**self.values, **parsed}, self.data_named or "data" in settings)
        if comparison.count > MAX_RUNS:
            raise InputError(
                f"these settings make {comparison.count:,} runs; give fewer values, for at most {MAX_RUNS}"
            )
        return comparison

    def has_effect(self, name: str) -> bool:
        """Whether a setting changes anything in one of the runs."""
        needs = SETTINGS[name].needs
        return not needs or any(needs.met(value) for value in self.values[needs.setting])

    def why_no_effect(self, name: str) -> str:
        """What takes its effect from a setting that has none."""
        needs = SETTINGS[name].needs
        assert needs
        return SETTINGS[name].why_no_effect(self.text(name), self.text(needs.setting))

    @property
    def count(self) -> int:
        """How many combinations of values there are: of runs at most so many."""
        total = 1
        for values in self.values.values():
            total *= len(values)
        return total

    @cached_property
    def runs(self) -> dict[str, Experiment]:
        """One experiment per combination of values, each under a name that says how it differs.

        A setting without effect on a run has its default there, and makes no second one.
        """
        combinations = itertools.product(*self.values.values())
        experiments = [Experiment(**dict(zip(self.values, combination, strict=True))) for combination in combinations]
        return {self._name(experiment): without_idle(experiment) for experiment in experiments}

    def _name(self, experiment: Experiment) -> str:
        heeded = [name for name in self.values if name not in idle(experiment)]
        several = [name for name in heeded if len(self.values[name]) > 1]
        # A single run is named after what is compared by default or, where that has no effect, after what it needs.
        compared = [setting for setting in SETTINGS.values() if setting.compared]
        alone = [s.needs.setting if s.needs and s.name not in heeded else s.name for s in compared]
        return printable(" ".join(self._label(name, getattr(experiment, name)) for name in several or alone))

    @staticmethod
    def _label(name: str, value: object) -> str:
        text = SETTINGS[name].show(value)
        return text if SETTINGS[name].choices else f"{name}={text}"

    def text(self, name: str) -> str:
        """A setting's values the way the form and the flags write them."""
        shown = [SETTINGS[name].show(value) for value in self.values[name]]
        return ",".join(map(as_part, shown)) if SETTINGS[name].several else shown[0]

    def to_toml(self) -> str:
        """The comparison as an experiment file, without what has no effect; `from_toml` reads its runs back equal."""
        import tomli_w

        return tomli_w.dumps({name: self._to_toml(name) for name in self.values if self.has_effect(name)})

    def _to_toml(self, name: str) -> object:
        value, *more = self.values[name]
        # A name with a comma in it stays in a list: by itself it would be read as several.
        alone = not SETTINGS[name].several or not isinstance(value, str) or split_list(value) == [value]
        return value if alone and not more else [value, *more]

    @classmethod
    def from_toml(cls, text: str, where: str, kept: bool = False) -> Self:
        """Read an experiment file's text; `where` names it in messages. Raises InputError.

        kept: whether it is of a run that is kept, where a setting without effect is let pass.
        """
        import tomllib  # here, as the app starts without

        try:
            table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # a number of over 4,300 digits is a bare ValueError
            raise InputError(f"{where}: no TOML: {error}") from None
        try:
            comparison = cls(DEFAULTS)._with(table) if kept else cls.of(**table)
            return replace(comparison, data_named=False)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read an experiment file. Raises InputError for one that can't be read or is none."""
        return cls.from_toml(read_text(Path(path), MAX_FILE_BYTES), str(path))

    @classmethod
    def preset(cls, name: str) -> Self:
        """Load a preset, an experiment file that comes with tui-trainer. Raises InputError."""
        if name not in presets():
            raise InputError(f"preset {unknown(name, presets())}")
        return cls.from_toml((_PRESETS / f"{name}.toml").read_text("utf-8"), f"preset {name}")


DEFAULTS: Mapping[str, tuple[Any, ...]] = {name: s.compared or (s.default,) for name, s in SETTINGS.items()}


def _suits(values: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """The settings that suit all data alike that is named there, each with its value."""
    first, *others = (suits(data, values["target"][0]) for data in values["data"])
    return {name: (value,) for name, value in first.items() if all(other.get(name) == value for other in others)}


def idle(experiment: Experiment) -> dict[str, Any]:
    """The settings that have no effect on this run, each with its default."""
    return {
        name: setting.default
        for name, setting in SETTINGS.items()
        if setting.needs and not setting.needs.met(getattr(experiment, setting.needs.setting))
    }


def without_idle(experiment: Experiment) -> Experiment:
    """The same run, where what has no effect on it is as by default."""
    return msgspec.structs.replace(experiment, **idle(experiment))


_PRESETS = Path(__file__).parent / "presets"


def presets() -> dict[str, str]:
    """The presets' names, each with the first line of its file as its description."""
    files = sorted(_PRESETS.glob("*.toml"))
    return {file.stem: file.read_text("utf-8").partition("\n")[0].removeprefix("# ") for file in files}
