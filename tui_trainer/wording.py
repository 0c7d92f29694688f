"""How values, names and numbers stand in messages, and several values in one text."""

import difflib
import re
from collections.abc import Iterable, Mapping

from tui_trainer.sentence import Sentence

# A part of a list that stands in quotes; a quote within is doubled.
_QUOTED = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*')\s*(?:,|$)""")


def count(number: int, thing: str) -> str:
    """`1 epoch`, `2,000 epochs`: for things whose plural takes an s."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def quoted(value: object) -> str:
    """A value as a message shows it: in quotes, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def listed(names: Iterable[str]) -> str:
    """Names as a message lists them: cut where they are very many."""
    text = ", ".join(names)
    return text if len(text) <= 400 else f"{text[:397]}..."


def unknown(name: str, known: Mapping[str, object]) -> Sentence:
    """Say that `name` is unknown, which one is nearest, and which there are."""
    near = difflib.get_close_matches(name[:80], known, n=1)
    values = {"name": quoted(name), "known": listed(known)}
    if near:
        return Sentence("{name} is unknown; did you mean {near}? there are {known}", near=near[0], **values)
    return Sentence("{name} is unknown; there are {known}", **values)


def in_list(parts: Iterable[str]) -> str:
    """The text that `split_list` splits into these: each in quotes where it must be."""
    return ",".join(part if split_list(part) == [part] else '"' + part.replace('"', '""') + '"' for part in parts)


def split_list(text: str) -> list[str]:
    """Split at the commas that are neither inside brackets nor in a part in quotes, which then go.

    `maximum(x, 0),sine` is two parts, `"a,b.csv",c.csv` as well.
    """
    parts, depth, place = [""], 0, 0
    while place < len(text):
        if not parts[-1].strip() and (part := _QUOTED.match(text, place)):
            quote = part[1][0]
            parts[-1] = part[1][1:-1].replace(quote * 2, quote)
            place = part.end()
            parts += [""] * part[0].endswith(",")
            continue
        c = text[place]
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += c
        place += 1
    return [part.strip() for part in parts]
