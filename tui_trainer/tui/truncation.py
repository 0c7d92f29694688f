"""Texts for the room there is: the fullest that fits, or one that ends where something ends, never inside a number."""

import re
from collections.abc import Iterable

from rich.text import Text

from tui_trainer.charts.styles import RUN_MARKERS

ELLIPSIS = "…"
CLAUSE_END = re.compile(r"[,;](?= )|  | ·")
BEGUN_NUMBER = re.compile(r"(?:(?<!\w)[-+−]?[\d.,]+e[-+]?\d*|[-+−\d.,]+)$")
WORD_END = re.compile(r"(?<=\S)(?=\s)")
# What promises more: a separator, a run's sign, a key with its colon, a bracket that is not closed.
DANGLING = re.compile(rf"(?:[\s,;:·={RUN_MARKERS}]+|(?:(?<=[,;] )|^)\S+:|\([^)]*)$")


def shortened(text: Text, room: int) -> Text:
    """The text, or as much of it as fits into so many cells, with … in place of the rest.

    Cut after a clause if that leaves half of it, else after a word, else inside a word that is no number.
    """
    if text.cell_len <= room:
        return text
    begun = text.copy()
    begun.truncate(max(0, room - 2))
    if not text.plain.startswith(begun.plain):  # a sign two cells wide, of which one has room, became a space
        begun.right_crop(1)
    plain = begun.plain + " " if text.plain[len(begun.plain) : len(begun.plain) + 1].isspace() else begun.plain
    ends = [match.start() for match in CLAUSE_END.finditer(plain) if match.start() >= room // 2]
    ends = ends or [match.start() for match in WORD_END.finditer(plain)]
    kept = _without_dangling(plain[: ends[-1]]) if ends else ""
    if kept:
        return text[: len(kept)].append(f" {ELLIPSIS}")
    word = BEGUN_NUMBER.sub("", begun.plain)
    return text[: len(word)].append(ELLIPSIS) if room else Text()


def _without_dangling(text: str) -> str:
    while (rest := DANGLING.sub("", text)) != text:
        text = rest
    return text


def fullest(texts: Iterable[Text], room: int) -> Text:
    """The first of these texts that fits into so many cells; the last of them shortened where none does."""
    text = Text()
    for text in texts:
        if text.cell_len <= room:
            return text
    return shortened(text, room)
