"""The parameters of a person's own code as settings: `model.width`, beside those that every run has."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from tui_trainer.choices import Choice
from tui_trainer.experiment import Experiment, is_own
from tui_trainer.marks import Needs
from tui_trainer.named_data import CodeReference, code_reference
from tui_trainer.own_code import Source, source
from tui_trainer.own_parameters import Parameter, parameters
from tui_trainer.sentence import InputError
from tui_trainer.settings import NONE, ROLES, SETTINGS, Setting, own_setting, setting_like
from tui_trainer.wording import listed, quoted

Values = Mapping[str, tuple[Any, ...]]


def references(role: str, values: Values) -> list[CodeReference]:
    """What of a person's own code a setting names."""
    return [reference for value in values[role] if (reference := code_reference(value))]


def references_of(experiment: Experiment) -> dict[str, CodeReference]:
    """What of a person's own code an experiment is of, by the settings that name it."""
    named = {role: code_reference(getattr(experiment, role)) for role in ROLES}
    return {role: reference for role, reference in named.items() if reference}


def sources(experiment: Experiment) -> dict[str, Source]:
    """The files of that code, as they are now. Raises InputError."""
    return {role: source(reference) for role, reference in references_of(experiment).items()}


def absolute(experiment: Experiment) -> Experiment:
    """The same experiment, the files of its code named from the root: it means the same wherever one stands."""
    files = {role: named for role, named in references_of(experiment).items() if named.file}
    return replace(experiment, **{role: str(named._replace(place=_absolute(named))) for role, named in files.items()})


def _absolute(reference: CodeReference) -> str:
    return os.path.abspath(os.path.expanduser(reference.place))


def placed_like(experiment: Experiment, other: Experiment) -> Experiment:
    """The same experiment, its files named as in the other, which is of the same run."""
    return replace(experiment, **{name: getattr(other, name) for name in ROLES})


def own_settings(values: Values) -> dict[str, Setting]:
    """The parameters of all own code that these values name, by their names.

    Raises InputError for code that isn't there or asks for what can't be given, and for two that have another parameter
    of the same name.
    """
    settings: dict[str, Setting] = {}
    for role in ROLES:
        found: dict[str, dict[CodeReference, Parameter]] = {}
        code = SETTINGS[role].code
        assert code
        for reference in references(role, values):
            try:
                for parameter in parameters(reference, *code):
                    found.setdefault(f"{role}.{parameter.name}", {})[reference] = parameter
            except InputError as error:
                raise InputError(f"{role}: {error}") from None
        settings |= {name: _setting(name, role, of) for name, of in found.items()}
    return settings


def _setting(name: str, role: str, of: Mapping[CodeReference, Parameter]) -> Setting:
    (reference, first), *others = of.items()
    for other, parameter in others:
        if dataclasses.replace(parameter, help=first.help) != first:
            raise InputError(
                f"{role}: {reference} and {other} have another {name} by default or in type; compare them in two goes"
            )
    takers = {str(each) for each in of}
    named = [choice for choice in first.choices if isinstance(choice, str)]
    choices = {choice: Choice("") for choice in [*named, *[NONE] * (first.optional and bool(named))]}

    def check(value: Any) -> None:
        if first.choices and value not in first.choices:
            raise InputError(f"{name}: {quoted(value)} won't do; give one of {listed(map(str, first.choices))}")

    return own_setting(
        name,
        first.type,
        first.optional,
        section=f"{role} {reference.name}",
        help=first.help or f"{name.partition('.')[2]} of {reference.name}, in your own code.",
        default=first.default,
        choices=choices or None,
        check=check,
        ladder=tuple(choices),
        brief=f" · {name.partition('.')[2]} {{}}",
        wide=True,
        needs=Needs(role, listed(takers), takers.__contains__),
    )


def known_settings(values: Values) -> dict[str, Setting]:
    """Every setting that these values are of, in the order of the form: a parameter beside what names its code.

    Of code that can't be read any more, or has changed, they are what their values are.
    """
    if not any(map(is_own, values)):
        return dict(SETTINGS)
    try:
        found = own_settings(values)
    except InputError:
        found = {}
    settings: dict[str, Setting] = {}
    sections = [setting.section for setting in SETTINGS.values()]
    own = {
        name: found[name] if name in found and all(map(found[name].holds, several)) else setting_like(name, several)
        for name, several in values.items()
        if is_own(name)
    }
    for place, (name, setting) in enumerate(SETTINGS.items(), 1):
        settings[name] = setting
        if setting.section not in sections[place:]:  # its section ends here
            roles = [role for role in ROLES if SETTINGS[role].section == setting.section]
            settings |= {each: own[each] for each in own if each.partition(".")[0] in roles}
    return settings


def stored_value(name: str, raw: object) -> tuple[Any, ...]:
    """The values of a parameter as a run's file has them, whatever its code says by now. Raises InputError."""
    whole: Sequence[object] = raw if isinstance(raw, list | tuple) and raw else [raw]
    values = [None if value == [] else value for value in whole]
    if name.partition(".")[0] not in ROLES or not all(isinstance(v, bool | int | float | str | None) for v in values):
        raise InputError(f"{name}: {quoted(raw)} is no value of a parameter")
    return tuple(dict.fromkeys(values))
