"""What the form, the flags, the files and the messages know of each setting, read off Experiment."""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tui_trainer.catalog import Catalog
from tui_trainer.experiment import Experiment, InputError


@dataclass(frozen=True)
class Setting:
    """One field of Experiment, as the form, the flags and the messages need it."""

    name: str
    title: str
    help: str
    type: type
    default: Any
    wanted: str
    choices: Catalog | None
    open: bool
    several: bool
    when: str
    check: Callable[[str], object] | None

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def parse(self, raw: object) -> Any:
        """Return one value of this setting, from text or from TOML.

        Raises InputError naming the setting, the value and what would be right.
        """
        if self.type is bool and isinstance(raw, str):
            raw = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}.get(
                raw.lower(), raw
            )
        value = raw.strip() if isinstance(raw, str) else raw
        try:
            value = getattr(msgspec.convert({self.name: value}, Experiment, strict=not isinstance(raw, str)), self.name)
        except msgspec.ValidationError:
            raise self._refusal(raw) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refusal(raw)
        if self.choices and not self.open and value not in self.choices:
            raise InputError(f"{self.name}: {unknown(value, self.choices)}")
        if isinstance(value, str) and (len(value) > 4096 or "\0" in value):
            raise InputError(f"{self.name}: this text is no name, formula or path; give a shorter one without NUL")
        if self.check:
            self.check(value)
        return value

    def parse_several(self, raw: object) -> tuple[Any, ...]:
        """Return the values of `a,b`, of a list, or of one value; each once, in order."""
        if isinstance(raw, list | tuple):
            parts = list(raw)
        elif isinstance(raw, str) and self.several:
            parts = split_outside_brackets(raw)
        else:
            parts = [raw]
        if not parts or (len(parts) > 1 and not self.several):
            raise self._refusal(raw)
        return tuple(dict.fromkeys(self.parse(part) for part in parts))

    def show(self, value: object) -> str:
        """Write a value the way `parse` reads it."""
        if isinstance(value, bool):
            return "on" if value else "off"
        return f"{value:.12g}" if isinstance(value, float) else str(value)

    def _refusal(self, raw: object) -> InputError:
        return InputError(f"{self.name}: {raw!r} won't do; give {self.wanted}")


def split_outside_brackets(text: str) -> list[str]:
    """Split at the commas that are not inside brackets: `maximum(x, 0),sine` is two parts."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts]


def unknown(name: str, known: Mapping[str, object]) -> str:
    """Say that `name` is unknown, which one is nearest, and which there are."""
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{name!r} is unknown; {meant}there are {', '.join(known)}"


def _setting(field: msgspec.inspect.Field) -> Setting:
    meta = field.type
    assert isinstance(meta, msgspec.inspect.Metadata)
    assert meta.extra
    assert meta.extra_json_schema
    kind, type_ = _KINDS[type(meta.type)]
    extra = dict(meta.extra)
    choices = extra["choices"]
    return Setting(
        name=field.name,
        title=meta.extra_json_schema["title"],
        help=meta.extra_json_schema["description"],
        type=type_,
        default=field.default,
        wanted=f"one of {', '.join(choices)}" if choices and not extra["open"] else kind + _limits(meta.type),
        **extra,
    )


_KINDS: dict[type, tuple[str, type]] = {
    msgspec.inspect.IntType: ("a whole number", int),
    msgspec.inspect.FloatType: ("a number", float),
    msgspec.inspect.StrType: ("a text", str),
    msgspec.inspect.BoolType: ("on or off", bool),
}


def _limits(kind: Any) -> str:
    words = {"gt": "above", "ge": "of at least", "lt": "below", "le": "of at most"}
    limits = [
        f"{word} {getattr(kind, key):,.12g}" for key, word in words.items() if getattr(kind, key, None) is not None
    ]
    return " " + " and ".join(limits) if limits else ""


SETTINGS: dict[str, Setting] = {
    field.name: _setting(field)
    for field in msgspec.inspect.type_info(Experiment).fields  # type: ignore[attr-defined]
}
