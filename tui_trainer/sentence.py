"""Sentences of the program that can be said in another language, and the error that refuses bad input with one."""

from collections.abc import Mapping
from typing import Any, Self

from tui_trainer.escape import printable


class Sentence(str):
    """A sentence in English that knows the template and the values it was made of, which may be sentences too."""

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        sentence = super().__new__(cls, _filled(template, values))
        sentence.template, sentence.values = template, values
        return sentence

    def said(self, templates: Mapping[str, str]) -> str:
        """The same by the templates of another language; in English where there is none."""
        values = {
            name: value.said(templates) if isinstance(value, Sentence) else value for name, value in self.values.items()
        }
        return _filled(templates.get(self.template, self.template), values)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    return template.format(**values) if values else template


class InputError(ValueError):
    """Bad input, in one line: what is wrong, where, and what would be right. Always printable.

    message: a `Sentence` where it is also said in other languages.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))
        self.message = message
