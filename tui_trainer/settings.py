"""What the form, the flags, the files and the messages know of each setting, read off its schema."""

import contextlib
import math
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, get_type_hints

import msgspec

from tui_trainer.experiment import Experiment, Plain, is_own
from tui_trainer.marks import Marks, Needs, Part
from tui_trainer.named_data import code_reference
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.wording import listed, quoted, split_list, unknown

MAX_TEXT = 4096


@dataclass(frozen=True, kw_only=True)
class Setting(Marks):
    """One field of Experiment, or of a lesson's inputs, as the form, the flags and the messages need it.

    kind: its type with limits, as msgspec converts to it; many: whether the field holds a tuple of values, and not one;
    wanted: what would be right, in words. default: None where own code has none; optional: whether None is a value,
    written as `none`, which then is the default too.
    """

    schema: type[msgspec.Struct]
    name: str
    type: type
    kind: Any
    default: Any
    wanted: str
    many: bool
    optional: bool = False

    @property
    def flag(self) -> str:
        return "--" + (self.name if is_own(self.name) else self.name.replace("_", "-"))

    def parse(self, raw: object) -> Any:
        """Return one value of this setting, from text or from TOML.

        Raises InputError naming the setting, the value and what would be right.
        """
        if self.optional and (raw is None or raw == [] or (isinstance(raw, str) and is_none(raw))):
            return None
        if self.type is bool and isinstance(raw, str):
            raw = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}.get(
                raw.lower(), raw
            )
        value = raw.strip() if isinstance(raw, str) else raw
        if self.normalize and isinstance(value, str):
            value = self.normalize(value)
        if isinstance(value, str) and (len(value) > MAX_TEXT or "\0" in value):
            raise self._refusal(raw)
        if self.type is str and type(value) is int:
            value = str(value)  # `hidden = 10` in a file is the text 10
        if self.type is float and isinstance(value, str) and "_" not in value:
            with contextlib.suppress(ValueError):
                value = float(value)  # which also reads .5 and +1
        wrapped = [value] if self.many else value
        try:
            value = msgspec.convert(wrapped, self.kind, strict=not isinstance(raw, str))
        except msgspec.ValidationError:
            raise self._refusal(raw) from None
        value = value[0] if self.many else value
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refusal(raw)
        if self.choices and not self.open and value not in self.choices and not (self.code and code_reference(value)):
            if self.code and ".py" in value:
                raise self._wrong(Sentence("{value} has no name; {wanted}", value=quoted(value), wanted=OF_CODE))
            raise self._wrong(unknown(value, self.choices))
        if self.check:
            self.check(value)
        return value

    def parse_several(self, raw: object) -> tuple[Any, ...]:
        """Return the values of `a,b`, of a list, or of one value; each once, in order. Raises InputError."""
        whole = list(raw) if isinstance(raw, list | tuple) and raw else [raw]
        parts = self.split(raw) if isinstance(raw, str) else whole
        if len(parts) > 1 and not self.several:
            given = listed(map(quoted, parts))
            raise self._wrong(Sentence("{values} are {count} values; give one", values=given, count=len(parts)))
        return tuple(dict.fromkeys(self.parse(part) for part in parts))

    def split(self, text: str) -> list[str]:
        """The parts of `a,b` where the setting takes several values. Raises InputError for an empty part."""
        if not self.several or (self.normalize and os.path.isfile(self.normalize(text))):
            return [text]
        parts = split_list(text)
        if len(parts) > 1 and "" in parts:
            raise self._wrong(
                Sentence("a comma without a value in {text}; give {wanted}", text=quoted(text), wanted=self.wanted)
            )
        return parts

    def read(self, raw: object) -> Any:
        """Return what a field of the schema holds: a tuple of values where it is one, else one value."""
        values = self.parse_several(raw)
        return values if self.many else values[0]

    def show(self, value: object) -> str:
        """Write a value, or a tuple of them, the way `parse` and `read` read it."""
        if isinstance(value, tuple):
            return ",".join(self.show(each) for each in value)
        if isinstance(value, bool):
            return "on" if value else "off"
        if value is None:
            return NONE
        short = f"{value:.12g}" if isinstance(value, float) else str(value)
        return short if not isinstance(value, float) or float(short) == value else repr(value)

    def turned(self, text: str, up: bool) -> str:
        """The next value up or down: of the ladder, of a number or of a switch; the same where there is none."""
        value = self.read(text)
        if self.type is bool:
            return self.show(not value)
        if self.many:
            return text
        if self.type in (int, float) and self.ladder:
            beyond = [step for step in self.ladder if (step > value if up else step < value)]
            return self.show((min if up else max)(beyond, default=value))
        if self.ladder:
            place = self.ladder.index(value) + (1 if up else -1) if value in self.ladder else 0
            return self.show(self.ladder[place % len(self.ladder)])
        with contextlib.suppress(InputError):
            return self.show(self.parse(value + (1 if up else -1))) if self.type is int else text
        return text

    def holds(self, value: object) -> bool:
        """Whether a value is one of its kind: what was stored may be of another text of own code."""
        return type(value) is self.type or (self.optional and value is None)

    @property
    def all_needs(self) -> tuple[Needs, ...]:
        """What it takes for an effect."""
        return tuple(needs for needs in (self.needs, self.needs_too) if needs)

    def why_no_effect(self, text: str, other: str, needs: Needs | None = None) -> str:
        """What takes the effect from a value of this setting: the other setting that it needs, with these texts."""
        needs = needs or self.needs
        assert needs
        return Sentence(
            "{name}: {text} has no effect where {other} is {value}, only where it is {be}; leave it out",
            name=self.name,
            text=quoted(text),
            other=needs.setting,
            value=quoted(other),
            be=needs.be,
        )

    def _refusal(self, raw: object) -> InputError:
        return self._wrong(Sentence("{value} won't do; give {wanted}", value=quoted(raw), wanted=self.wanted))

    def _wrong(self, said: Sentence) -> InputError:
        return InputError(Sentence("{name}: {said}", name=self.name, said=said))


NONE = "none"  # how None is written, among texts; in an experiment file, where that may be a text, as []


def is_none(text: str) -> bool:
    """Whether a text is the word for None."""
    return text.strip().lower() == NONE


OF_CODE = Sentence("write FILE.py:NAME, a function or class at the top of the file")


def settings_of(schema: type[msgspec.Struct]) -> dict[str, Setting]:
    """The settings of a schema, in its order: its fields that are Annotated with `marks.meta`, each with a default."""
    fields = msgspec.inspect.type_info(schema).fields  # type: ignore[attr-defined]
    kinds = get_type_hints(schema, include_extras=True)
    described = [field for field in fields if isinstance(field.type, msgspec.inspect.Metadata)]
    return {field.name: _setting(schema, field, kinds[field.name]) for field in described}


def _setting(schema: type[msgspec.Struct], field: msgspec.inspect.Field, annotated: Any) -> Setting:
    meta = field.type
    assert isinstance(meta, msgspec.inspect.Metadata)
    assert meta.extra
    marks: Marks = meta.extra["marks"]
    inner, many = meta.type, False
    if isinstance(inner, msgspec.inspect.VarTupleType):
        inner, many = inner.item_type, True
    kind, type_ = _KINDS[type(inner)]
    names, needs = tuple(marks.choices or ()), marks.needs
    described = {
        "help": marks.help + (f" Only where {needs.setting} is {needs.be}." if needs and not marks.code else ""),
        "ladder": tuple(marks.ladder) or names,
    }
    return Setting(
        **vars(marks) | described,
        schema=schema,
        name=field.name,
        type=type_,
        kind=annotated,
        default=field.default,
        wanted=Sentence("one of {names}", names=", ".join(names))
        if names and not marks.open
        else _limited(kind, inner),
        many=many,
    )


_KINDS: dict[type, tuple[Sentence, type]] = {
    msgspec.inspect.IntType: (Sentence("a whole number"), int),
    msgspec.inspect.FloatType: (Sentence("a number"), float),
    msgspec.inspect.StrType: (Sentence("a text of at most {limit} characters", limit=f"{MAX_TEXT:,}"), str),
    msgspec.inspect.BoolType: (Sentence("on or off"), bool),
}

_PLAIN_KINDS = {type_: kind for kind, type_ in _KINDS.values()}


# The lower limits before the upper ones.
_LIMITS = {
    "gt": partial(Sentence, "above {limit}"),
    "ge": partial(Sentence, "of at least {limit}"),
    "lt": partial(Sentence, "below {limit}"),
    "le": partial(Sentence, "of at most {limit}"),
}


def _limited(wanted: Sentence, kind: Any) -> Sentence:
    """What is wanted, with its limits."""
    limits = [
        say(limit=f"{limit:,}" if isinstance(limit, int) else f"{limit:,.12g}")
        for key, say in _LIMITS.items()
        if (limit := getattr(kind, key, None)) is not None
    ]
    if len(limits) > 1:
        limits = [Sentence("{lower} and {upper}", lower=limits[0], upper=limits[1])]
    return Sentence("{wanted} {limits}", wanted=wanted, limits=limits[0]) if limits else wanted


SETTINGS = settings_of(Experiment)
# Those that may name a person's own code.
ROLES = [name for name, setting in SETTINGS.items() if setting.code]


def own_setting(name: str, type_: type, optional: bool = False, **more: Any) -> Setting:
    """A parameter of own code as a setting, whose values are of this plain type, or None."""
    role, _, title = name.partition(".")
    kind = Sentence("{wanted} or none", wanted=_PLAIN_KINDS[type_]) if optional else _PLAIN_KINDS[type_]
    described: dict[str, Any] = {"title": title, "help": "", "section": role, "affects": SETTINGS[role].affects}
    wanted = Sentence("one of {names}", names=", ".join(more["choices"])) if more.get("choices") else kind
    own = {"schema": Experiment, "name": name, "type": type_, "kind": type_, "wanted": wanted, "many": False}
    return Setting(**{**described, **own, "default": None, "optional": optional, **more})


def setting_like(name: str, values: Collection[Plain]) -> Setting:
    """The same as its values have it, whatever its code says."""
    types = [type(value) for value in values if value is not None]
    return own_setting(name, types[0] if types else str, optional=len(types) < len(values))


def setting_of(name: str, experiment: Experiment) -> Setting:
    """A setting that this experiment has a value of; of own code by what that is."""
    return SETTINGS.get(name) or setting_like(name, [experiment.values[name]])


def by_section(settings: Iterable[Setting]) -> dict[str, list[Setting]]:
    """Settings by the section that they stand in, in their order."""
    sections: dict[str, list[Setting]] = {}
    for setting in settings:
        sections.setdefault(setting.section, []).append(setting)
    return sections


def part_of(experiment: Experiment, *parts: Part) -> Experiment:
    """Those settings of an experiment that have a say in these parts, each in its one spelling; the rest as by default.

    Equal for two experiments whose data, whose native code, or whatever else the parts are, is the same.
    """
    values: dict[str, Any] = {
        name: setting.canonical(value) if setting.canonical else value
        for name, setting in SETTINGS.items()
        if not setting.affects.isdisjoint(parts)
        for value in [getattr(experiment, name)]
    }
    own = tuple(pair for pair in experiment.own if not SETTINGS[pair[0].partition(".")[0]].affects.isdisjoint(parts))
    return Experiment(**values, own=own)
