"""A comparison: settings of which some have several values, and the runs that makes.

`activation = ["identity", "tanh"]` is two experiments, equal but for the activation. This is what
flags, the form, a preset and an experiment file all describe.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment, InputError
from tui_trainer.files import read_text
from tui_trainer.settings import SETTINGS, unknown

MAX_RUNS = 64
MAX_FILE_BYTES = 1_000_000


@dataclass(frozen=True)
class Comparison:
    """Every setting with its one or several values. Make one with `Comparison.of`."""

    values: Mapping[str, tuple[Any, ...]]

    @classmethod
    def of(cls, **settings: object) -> Self:
        """Build from settings as a person writes them, the rest being defaults.

        Raises InputError for an unknown name, a bad value, or too many runs.
        """
        return cls({name: (s.default,) for name, s in SETTINGS.items()} | {"activation": ("identity", "tanh")}).changed(
            **settings
        )

    @classmethod
    def covering(cls, experiments: Sequence[Experiment]) -> Self:
        """The comparison that has the values of these experiments, each once."""
        return cls({name: tuple(dict.fromkeys(getattr(e, name) for e in experiments)) for name in SETTINGS})

    def changed(self, **settings: object) -> Self:
        """The same comparison with some settings changed. Raises InputError."""
        for name in settings:
            if name not in SETTINGS:
                raise InputError(f"setting {unknown(name, SETTINGS)}")
        parsed = {name: SETTINGS[name].parse_several(raw) for name, raw in settings.items()}
        comparison = type(self)({**self.values, **parsed})
        if comparison.count > MAX_RUNS:
            raise InputError(
                f"these settings make {comparison.count:,} runs; give fewer values, for at most {MAX_RUNS}"
            )
        return comparison

    @property
    def count(self) -> int:
        """How many runs this makes."""
        total = 1
        for values in self.values.values():
            total *= len(values)
        return total

    @cached_property
    def runs(self) -> dict[str, Experiment]:
        """One experiment per combination of values, each under a name that says how it differs."""
        combinations = itertools.product(*self.values.values())
        experiments = [Experiment(**dict(zip(self.values, combination, strict=True))) for combination in combinations]
        return {self._name(experiment): experiment for experiment in experiments}

    def _name(self, experiment: Experiment) -> str:
        several = [name for name, values in self.values.items() if len(values) > 1] or ["activation"]
        return printable(" ".join(self._label(name, getattr(experiment, name)) for name in several))

    @staticmethod
    def _label(name: str, value: object) -> str:
        text = SETTINGS[name].show(value)
        return text if SETTINGS[name].choices else f"{name}={text}"

    def text(self, name: str) -> str:
        """A setting's values the way the form and the flags write them."""
        return ",".join(SETTINGS[name].show(value) for value in self.values[name])

    def to_toml(self) -> str:
        """The comparison as an experiment file; `from_toml` reads it back equal."""
        import tomli_w

        # A name with a comma in it stays in a list: by itself it would be read as several.
        return tomli_w.dumps(
            {name: v[0] if SETTINGS[name].parse_several(v[0]) == v else list(v) for name, v in self.values.items()}
        )

    @classmethod
    def from_toml(cls, text: str, where: str) -> Self:
        """Read an experiment file's text; `where` names it in messages. Raises InputError."""
        import tomllib  # here, as the app starts without

        try:
            table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # a number of over 4,300 digits is a bare ValueError
            raise InputError(f"{where}: no TOML: {error}") from None
        try:
            return cls.of(**table)
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


_PRESETS = Path(__file__).parent / "presets"


def presets() -> dict[str, str]:
    """The presets' names, each with the first line of its file as its description."""
    files = sorted(_PRESETS.glob("*.toml"))
    return {file.stem: file.read_text("utf-8").partition("\n")[0].removeprefix("# ") for file in files}
