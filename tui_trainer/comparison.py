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
from tui_trainer.experiment import Experiment, is_own
from tui_trainer.files import read_text
from tui_trainer.named_data import code_reference, suits
from tui_trainer.own_settings import known_settings, own_settings, references, stored_value
from tui_trainer.sentence import InputError
from tui_trainer.settings import ROLES, SETTINGS, Setting
from tui_trainer.wording import in_list, split_list, unknown

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
        values = [experiment.values for experiment in experiments]
        names = [*SETTINGS, *dict.fromkeys(name for each in values for name in each if is_own(name))]
        return cls({name: tuple(dict.fromkeys(each[name] for each in values if name in each)) for name in names})

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """Every setting that it has values of, the parameters of own code among them, in the order of the form."""
        return known_settings(self.values)

    def over(self, values: Mapping[str, tuple[Any, ...]]) -> Self:
        """The same with these values, and with the parameters that own code has by now: new ones as by default."""
        merged = {**self.values, **values}
        try:
            found = own_settings(merged)
        except InputError:
            return replace(self, values=merged)  # whoever trains it says what is wrong
        own: dict[str, tuple[Any, ...]] = {}
        for name, setting in found.items():
            before = merged.get(name, ())
            if before and all(map(setting.holds, before)):
                own[name] = before
            elif setting.default is not None or setting.optional:
                own[name] = (setting.default,)
        return replace(self, values={name: merged[name] for name in SETTINGS} | own)

    def changed(self, **settings: object) -> Self:
        """The same comparison with some settings changed.

        Raises InputError for an unknown name, a bad value, one that would have no effect, or too many runs.
        """
        comparison = self._with(settings)
        comparison = replace(comparison, values={**comparison.values, **self._suited(comparison, settings)})
        for name in settings:
            # Files that spell out every setting may be written before one of them lost its effect.
            if not comparison.has_effect(name) and comparison.values[name] != DEFAULTS.get(name):
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

    def _with(self, settings: Mapping[str, object], kept: bool = False) -> Self:
        for name in settings:
            if name not in SETTINGS and not is_own(name):
                raise InputError(f"setting {unknown(name, SETTINGS)}")
        parsed = {name: SETTINGS[name].parse_several(raw) for name, raw in settings.items() if name in SETTINGS}
        values = {name: parsed.get(name, self.values[name]) for name in SETTINGS}
        given = {name: raw for name, raw in settings.items() if is_own(name)}
        values |= {name: stored_value(name, raw) for name, raw in given.items()} if kept else self._own(values, given)
        comparison = type(self)(values, self.data_named or "data" in settings)
        if comparison.count > MAX_RUNS:
            raise InputError(
                f"these settings make {comparison.count:,} runs; give fewer values, for at most {MAX_RUNS}"
            )
        return comparison

    def _own(self, values: Mapping[str, tuple[Any, ...]], given: Mapping[str, object]) -> dict[str, tuple[Any, ...]]:
        """The parameters of the own code that these values name: as given, as before, or as by default.

        Raises InputError for what is no parameter of it, and for one that is not given and has no default.
        """
        found = own_settings(values)
        for name in given:
            if name not in found:
                role = name.partition(".")[0]
                if role in ROLES and not references(role, values):
                    raise InputError(f"{name}: {role} names no code of your own; write --{role} FILE.py:NAME")
                raise InputError(f"setting {unknown(name, found or SETTINGS)}")
        own: dict[str, tuple[Any, ...]] = {}
        for name, setting in found.items():
            role, before = name.partition(".")[0], self.values.get(name)
            same = set(references(role, self.values)) & set(references(role, values))
            if name in given:
                own[name] = setting.parse_several(given[name])
            elif before and same and all(map(setting.holds, before)):
                own[name] = before
            elif setting.default is None and not setting.optional:
                raise InputError(f"{name}: it has no default; give {setting.wanted}: {setting.flag} VALUE")
            else:
                own[name] = (setting.default,)
        return own

    def has_effect(self, name: str) -> bool:
        """Whether a setting changes anything in one of the runs."""
        return _has_effect(self.settings[name], self.values)

    def why_no_effect(self, name: str) -> str:
        """What takes its effect from a setting that has none."""
        setting = self.settings[name]
        needs = next(needs for needs in setting.all_needs if not any(map(needs.met, self.values[needs.setting])))
        return setting.why_no_effect(self.text(name), self.text(needs.setting), needs)

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
        experiments = [Experiment.of(self._met(combination)) for combination in combinations]
        return {self._name(experiment): without_idle(experiment) for experiment in experiments}

    def _met(self, combination: Sequence[Any]) -> dict[str, Any]:
        """The values of a combination, without parameters of own code that another run of this comparison has."""
        values = dict(zip(self.values, combination, strict=True))
        if all(len(self.values[role]) == 1 for role in ROLES):
            return values
        other = [name for name in values if is_own(name) and not _has_effect(self.settings[name], _alone(values))]
        return {name: value for name, value in values.items() if name not in other}

    def _name(self, experiment: Experiment) -> str:
        values, unheeded = experiment.values, idle(experiment)
        heeded = [name for name in values if name not in unheeded]
        several = [name for name in heeded if len(self.values[name]) > 1]
        # A single run is named after what is compared by default or, where that has no effect, after what it needs.
        compared = [setting for setting in SETTINGS.values() if setting.compared]
        alone = [next(name for name in (s.name, *(n.setting for n in s.all_needs)) if name in heeded) for s in compared]
        return printable(" ".join(self._label(name, values[name]) for name in several or alone))

    def _label(self, name: str, value: object) -> str:
        setting = self.settings[name]
        text = setting.show(value)
        if setting.code and (reference := code_reference(text)):
            alike = [each for each in references(name, self.values) if each.name == reference.name]
            return text if len(alike) > 1 else reference.name
        return text if setting.choices else f"{name}={text}"

    def brief(self, name: str) -> str:
        """The same for a title: own code by its name alone."""
        named = [code_reference(str(value)) for value in self.values[name]] if self.settings[name].code else []
        return ",".join(each.name for each in named if each) if named and all(named) else self.text(name)

    def text(self, name: str) -> str:
        """A setting's values the way the form and the flags write them."""
        setting = self.settings[name]
        shown = [setting.show(value) for value in self.values[name]]
        return in_list(shown) if setting.several else shown[0]

    def to_toml(self) -> str:
        """The comparison as an experiment file, without what has no effect; `from_toml` reads its runs back equal."""
        import tomli_w

        return tomli_w.dumps({name: self._to_toml(name) for name in self.values if self.has_effect(name)})

    def _to_toml(self, name: str) -> object:
        value, *more = ([] if value is None else value for value in self.values[name])  # TOML has no null
        # A name with a comma in it stays in a list: by itself it would be read as several.
        alone = not self.settings[name].several or not isinstance(value, str) or split_list(value) == [value]
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
            comparison = cls(DEFAULTS)._with(table, kept) if kept else cls.of(**table)
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
    values = _alone(experiment.values)
    return {name: setting.default for name, setting in SETTINGS.items() if not _has_effect(setting, values)}


def _has_effect(setting: Setting, values: Mapping[str, tuple[Any, ...]]) -> bool:
    """Whether a setting changes anything for one of these values of the others."""
    if setting.code and references(setting.name, values):
        return True
    return all(any(map(needs.met, values[needs.setting])) for needs in setting.all_needs)


def _alone(values: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {name: (value,) for name, value in values.items()}


def without_idle(experiment: Experiment) -> Experiment:
    """The same run, where what has no effect on it is as by default."""
    return msgspec.structs.replace(experiment, **idle(experiment))


_PRESETS = Path(__file__).parent / "presets"


def presets() -> dict[str, str]:
    """The presets' names, each with the first line of its file as its description."""
    files = sorted(_PRESETS.glob("*.toml"))
    return {file.stem: file.read_text("utf-8").partition("\n")[0].removeprefix("# ") for file in files}
