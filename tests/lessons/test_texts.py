"""The texts of every language: each has those of the others, and the program asks for all of them and for no more."""

import ast
import errno
import os
import re
import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

import tui_trainer
from tui_trainer.catalog import LESSONS
from tui_trainer.lessons import language
from tui_trainer.lessons.language import DEFAULT, LANGUAGES, VARIABLES, language_of_locale, texts_in
from tui_trainer.lessons.render import TERM

FORMS = {"one", "other"}
# `keys` and `messages` are in English in the program itself.
NO_TEXT = {"name", "plural", "keys", "messages"}
# What is asked for only where it is there: words for inputs, for a catalog's choices, and for keys.
OPTIONAL = re.compile(r"(inputs|choices)\\\.|.*\\\.label$")
PACKAGE = Path(tui_trainer.__file__).parent
ASKING = sorted([*PACKAGE.glob("lessons/**/*.py"), *PACKAGE.glob("tui/**/*.py"), *PACKAGE.glob("cli/*.py")])


def leaves(entry: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its key; of a list with its place, of a plural with its form."""
    if isinstance(entry, str):
        yield path, entry
    elif isinstance(entry, Mapping):
        for key, inner in entry.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    else:
        for place, inner in enumerate(entry):
            yield from leaves(inner, f"{path}.{place}")


def texts_of(name: str) -> dict[str, str]:
    return dict(leaves({key: entry for key, entry in texts_in(name).entries.items() if key not in NO_TEXT}))


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def translated(name: str) -> dict[str, str]:
    """Those whose keys are the same in each language: the glossary's are its terms."""
    return {key: text for key, text in texts_of(name).items() if not key.startswith("glossary.")}


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_the_same_texts(name):
    assert translated(name).keys() == translated(DEFAULT).keys()
    glossaries = [texts_in(each).part("glossary").entries for each in (name, DEFAULT)]
    assert len(glossaries[0]) == len(glossaries[1])


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_text_has_the_same_places_in_each_language(name):
    for key, text in translated(name).items():
        own, english = places(text), places(translated(DEFAULT)[key])
        spare = {"count"} if key.endswith(".one") else set()  # "one" may be a word
        assert own | spare == english | spare, key
        assert all(place.isidentifier() for place in own), key


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_text_for_a_number_has_both_forms(name):
    texts, forms = texts_in(name), {}
    for key in translated(name):
        whole, _, form = key.rpartition(".")
        if form in FORMS:
            forms.setdefault(whole, set()).add(form)
    assert forms
    assert all(have == FORMS for have in forms.values())
    assert [texts.plural(count) for count in (1, 2, 5, 1000)] == [0, 1, 1, 1]


def test_one_is_said_of_one_and_other_of_any_other_number():
    said = texts_in("en").part("loop.said")
    assert [said("rounds", count=count) for count in (0, 1, 2, 1000)] == [
        "0 rounds",
        "1 round",
        "2 rounds",
        "1,000 rounds",
    ]


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_text_is_empty_or_has_space_at_its_end(name):
    for key, text in texts_of(name).items():
        assert text.strip(), key
        if not key.startswith("around."):  # marks, after which something follows
            assert text == text.strip(), key
        assert text.replace("\n", "").isprintable(), key


# What the program asks for, as it stands in its source.


def patterns(node: ast.expr) -> Iterator[str]:
    """What texts an expression may be, as regular expressions."""
    match node:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.IfExp(body=one, orelse=other):
            yield from patterns(one)
            yield from patterns(other)
        case ast.JoinedStr(values=parts):
            yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[^ ]+" for part in parts)


def speakers(tree: ast.AST) -> set[str]:
    """The names in a module under which texts are called."""
    named = {"texts", "around"}
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=ast.Name(id="Texts")):
                named.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(attr="part"))):
                named.add(name)
    return named


def asked_by(file: Path) -> Iterator[str]:
    """The keys that a module calls texts with."""
    tree = ast.parse(file.read_text("utf-8"))
    names = speakers(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[key, *_]) if (
                name in names or name == "Refusal"
            ):
                yield from patterns(key)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr="part" | "several"),
                args=[key],
            ) if name in names:
                yield from patterns(key)


def endings(key: str) -> set[str]:
    """What of a key a part of the texts is called with; a list or a plural is called as a whole."""
    parts = key.split(".")
    ends = {len(parts), *(place for place, part in enumerate(parts) if part.isdecimal() or part in FORMS)}
    return {".".join(parts[start:end]) for end in ends for start in range(end)}


@pytest.mark.parametrize("file", ASKING, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_every_text_that_is_asked_for_is_there(file):
    there = {ending for key in [*texts_of(DEFAULT), "keys"] for ending in endings(key) | parts_of(key)}
    asked = [key for key in asked_by(file) if not OPTIONAL.match(key)]
    assert not [key for key in asked if not any(re.fullmatch(key, ending) for ending in there)]


def parts_of(key: str) -> set[str]:
    """The parts of the texts that a key is in, each as it may be called."""
    parts = key.split(".")
    return {".".join(parts[start:end]) for end in range(1, len(parts)) for start in range(end)}


@cache
def known_words() -> tuple[set[str], list[re.Pattern[str]]]:
    """All that stands in the program's source: words, and templates with something more than a place."""
    words: set[str] = set()
    templates: set[str] = set()
    for file in ASKING:
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                templates.update(p for p in patterns(node) if re.search(r"[a-z]{3}", p.replace("[^ ]+", "")))
    return words, [re.compile(template) for template in templates]


@pytest.mark.parametrize("section", [key for key in texts_in(DEFAULT).entries if key not in {*NO_TEXT, "glossary"}])
def test_every_text_is_asked_for(section):
    words, templates = known_words()
    fields = {field for name in LESSONS if name == section for field in schema_of(name)}
    texts = [key for key in texts_of(DEFAULT) if key.startswith(f"{section}.")]
    assert texts
    for key in texts:
        if key.startswith(f"{section}.inputs."):
            assert key.split(".")[2] in fields, key
            assert key.split(".")[3] in ("title", "help"), key
        else:
            ends = endings(key)
            assert ends & words or any(template.fullmatch(end) for template in templates for end in ends), key


def schema_of(name: str) -> tuple[str, ...]:
    return LESSONS[name].load().schema.__struct_fields__


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_term_that_is_marked_is_in_the_glossary_and_no_other(name):
    texts = texts_of(name)
    glossary = texts_in(name).part("glossary").entries
    told = {key.partition(".")[0]: text for key, text in texts.items() if re.fullmatch(r"\w+\.text", key)}
    marked = {term.lower() for text in told.values() for term in TERM.findall(text)}
    assert marked == glossary.keys()
    assert list(glossary) == sorted(glossary, key=lambda term: normalize("NFD", term.lower()))  # é stands by e


@pytest.mark.parametrize("name", LANGUAGES)
def test_terms_are_marked_only_where_they_are_underlined(name):
    for key, text in texts_of(name).items():
        if not re.fullmatch(r"\w+\.text", key):
            assert not TERM.search(text), key


def test_a_paragraph_is_one_line_and_what_is_indented_keeps_its_lines():
    text = texts_in("en")("descent.text")
    assert "\n\nThe _gradient_ is the slope of f where x stands: it points uphill. A step goes the other way:\n" in text
    assert "\n\n    x ← x − eta · gradient\n\neta is the" in text
    loop = texts_in("en")("loop.text").splitlines()
    assert loop[2:8] == [line for line in loop if re.match(r"  [1-6] ", line)]


# Sentences of the program, which are in English where they are said


def sentences() -> set[str]:
    """The templates of all sentences of the program that have words."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case (
                    ast.Call(func=ast.Name(id="Sentence"), args=[ast.Constant(value=str(template))])
                    | ast.Call(
                        func=ast.Name(id="partial"), args=[ast.Name(id="Sentence"), ast.Constant(value=template)]
                    )
                ):
                    found.add(template)
    return {template for template in found if re.search(r"[a-z]{2}", re.sub(r"{\w+}", "", template))}


@pytest.mark.parametrize("name", [name for name in LANGUAGES if name != DEFAULT])
@pytest.mark.slow
def test_14_every_sentence_of_the_program_is_said_in_each_language(name):
    messages = texts_in(name).messages
    of_the_system = {os.strerror(number).lower() for number in errno.errorcode}
    assert sentences() <= messages.keys() <= sentences() | of_the_system
    for template, said in messages.items():
        assert said.strip() == said != template
        assert places(said) == places(template)


# Which language


@pytest.fixture
def spoken(monkeypatch):
    """`spoken(LANG="pt_PT.UTF-8")`: the language that is chosen where these are spoken."""

    def choose(*languages: str, **variables: str) -> str:
        monkeypatch.setattr(language, "LANGUAGES", languages or LANGUAGES)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return language_of_locale()

    return choose


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("name", LANGUAGES)
def test_the_locales_language_is_taken_and_one_near_it(spoken, name, variable):
    for locale in (name, f"{name}.UTF-8", f"{name}@euro", name.partition("_")[0], f"{name.partition('_')[0]}_ZZ.UTF-8"):
        assert spoken(**{variable: locale}) == name


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("locale", ["", "C", "C.UTF-8", "POSIX", "xx_YY.UTF-8", "_", ":", "en_GB"])
def test_any_other_locale_speaks_english(spoken, variable, locale):
    assert spoken(**{variable: locale}) == "en"


def test_the_variables_are_asked_in_the_order_of_gettext(spoken):
    said = ("de", "en", "pt_BR", "pt_PT")
    assert spoken(*said, LANG="de_AT.UTF-8") == "de"
    assert spoken(*said, LC_MESSAGES="pt_PT") == "pt_PT"
    assert spoken(*said, LC_ALL="pt_AO") == "pt_BR"
    assert spoken(*said, LANGUAGE="xx:de:pt") == "de"
    assert spoken(*said, LANGUAGE="") == "pt_BR"
