"""Pages to read beside the lessons: what terms mean, and what the article has wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.render import TERM


@dataclass(frozen=True)
class Page:
    """Rows of something, and what is to be said of it; foot: how to leave the page."""

    title: str
    rows: Sequence[tuple[str, str]]
    foot: str


def glossary(texts: Texts, first: str = "") -> Page:
    """What every term means; those that this text underlines come first."""
    terms = texts.part("glossary").entries
    here = [term for term in dict.fromkeys(map(str.lower, TERM.findall(first))) if term in terms]
    order = [*here, *(term for term in sorted(terms) if term not in here)]
    return Page(texts("around.glossary"), [(term, terms[term]) for term in order], texts("around.foot"))


def errata(texts: Texts) -> Page:
    """What the article has wrong, and what is right."""
    rows = [(row["said"], row["right"]) for row in texts.several("errata")]
    return Page(texts("around.errata"), rows, texts("around.foot"))
