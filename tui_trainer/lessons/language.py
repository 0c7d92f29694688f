"""The lessons' words in every language: a file of `texts` each, in which a sentence is a template with named places."""

import gettext
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Self

from tui_trainer.escape import printable
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.wording import unknown

DEFAULT = "en"
# In the order in which gettext asks them: https://docs.python.org/3/library/gettext.html#gettext.find
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_FOLDER = files("tui_trainer.lessons") / "texts"

LANGUAGES: Sequence[str] = sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if ".toml" in file.name)


@dataclass(frozen=True)
class Texts:
    """Texts by their keys, a dot between the parts of one.

    plural: which form a number takes, 0 for that of one; names: what stands in places that no value is given for;
    messages: how sentences of the program are said, by their templates in English.
    """

    language: str
    entries: Mapping[str, Any]
    plural: Callable[[int], int]
    names: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, /, count: int | None = None, **values: object) -> str:
        """The text of this key, with these values in their places, of which sentences are said in its language too.

        count: of how many it speaks, {count} in it; such a text may have a form for `one` and one for `other`.
        """
        template = self._entry(key)
        if count is not None:
            values["count"] = f"{count:,}" if self.language == DEFAULT else f"{count}"  # elsewhere 1,000 may be 1
            if isinstance(template, Mapping):
                template = template["other" if self.plural(count) else "one"]
        said = {
            name: self.say(value) if isinstance(value, InputError | Sentence) else value
            for name, value in values.items()
        }
        text: str = template.format(**{**self.names, **said})
        return text

    def say(self, what: InputError | str) -> str:
        """An error or a sentence of the program in this language; any other text as it is. Always printable."""
        said = what.message if isinstance(what, InputError) else what
        return printable(said.said(self.messages) if isinstance(said, Sentence) else said)

    def part(self, key: str) -> Self:
        """The texts whose keys begin so; none where there are none."""
        return replace(self, entries=self._entry(key) if key in self else {})

    def several(self, key: str) -> Sequence[Any]:
        """The texts of a list, or its tables of texts."""
        texts: Sequence[Any] = self._entry(key)
        return texts

    def __contains__(self, key: str) -> bool:
        try:
            self._entry(key)
        except KeyError:
            return False
        return True

    def _entry(self, key: str) -> Any:
        entry: Any = self.entries
        for part in key.split("."):
            entry = entry[part]
        return entry


def choose_language(asked: str | None) -> str:
    """The language that is asked for, or else the locale's. Raises InputError for one there isn't."""
    if asked is not None and asked not in LANGUAGES:
        raise InputError(Sentence("language: {said}", said=unknown(asked, dict.fromkeys(LANGUAGES))))
    return asked or language_of_locale()


@cache
def texts_in(language: str) -> Texts:
    """All texts in one of the languages."""
    entries = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
    return Texts(
        language, _in_paragraphs(entries), gettext.c2py(entries["plural"]), messages=entries.get("messages", {})
    )


def _in_paragraphs(entry: Any) -> Any:
    """Texts as they are shown: a paragraph is one line, however the file breaks it; what is indented stays so."""
    match entry:
        case str():
            return re.sub(r"(?<=\S)\n(?=\S)", " ", re.sub(r"(?m)(^ .*)\n(?=\S)", r"\1\n\n", entry.strip("\n")))
        case list():
            return [_in_paragraphs(each) for each in entry]
        case dict():
            return {key: _in_paragraphs(each) for key, each in entry.items()}


def language_of_locale() -> str:
    """The language that the locale asks for, or one near it such as pt_BR for pt_PT; English where there is none."""
    locales = next(filter(None, map(os.environ.get, VARIABLES)), "") or ""
    for locale in locales.split(":"):
        name = locale.partition(".")[0].partition("@")[0]
        near = [language for language in LANGUAGES if language.partition("_")[0] == name.partition("_")[0]]
        if near:
            return name if name in near else near[0]
    return DEFAULT
