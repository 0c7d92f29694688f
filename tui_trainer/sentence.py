"""Sentences of the program that can be said in another language."""

from collections.abc import Mapping
from typing import Any, Self


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
