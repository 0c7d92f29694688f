"""What the terminal shows, cell by cell, so that only what differs is written to it.

Textual writes the widgets that changed from their left edge on, with all colours for each piece of
text and a reset after it. For charts that change a few cells at a time that is ten times too much,
and over a slow link it is what one waits for.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from tui_trainer.tui._textual import Piece

GAP = 3  # so few unchanged cells cost less than to go past them


class CellStyle(NamedTuple):
    """A style as the parameters of SGR, the sequence that colours what follows it."""

    colour: str
    background: str
    attributes: str


PLAIN = CellStyle("39", "49", "")
Cell = tuple[str, CellStyle]


class Cells:
    """Remembers what was written where."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell | None]] = {}

    def forget(self) -> None:
        """The terminal may show anything now: all that comes is written, changed or not."""
        self._rows.clear()

    def changes(self, pieces: Iterable[Piece], colours: ColorSystem) -> str:
        """The sequences that change what is shown into these pieces."""
        written: list[str] = []
        cell_style = PLAIN
        for y, x, strip in pieces:
            cells = list(_cells(strip, colours))
            row = self._rows.setdefault(y, [])
            row += [None] * (x + len(cells) - len(row))
            for start, stop in _runs(row[x : x + len(cells)], cells):
                written.append(f"\x1b[{y + 1};{x + start + 1}H")
                for text, wanted in cells[start:stop]:
                    if text and wanted is not cell_style and wanted != cell_style:
                        written.append(_sequence(cell_style, wanted))
                        cell_style = wanted
                    written.append(text)
            row[x : x + len(cells)] = cells
        if cell_style != PLAIN:
            written.append("\x1b[0m")
        return "".join(written)


def _cells(strip: Strip, colours: ColorSystem) -> Iterator[Cell]:
    for text, style, _ in strip:
        cell_style = _cell_style(style, colours) if style else PLAIN
        width = len(text) if text.isascii() else cell_len(text)
        if width == len(text):
            yield from ((sign, cell_style) for sign in text)
        elif width:
            # Signs two cells wide, or none: the first cell holds the text, and it is written as a whole.
            yield text, cell_style
            yield from [("", cell_style)] * (width - 1)


def _runs(old: list[Cell | None], new: list[Cell]) -> Iterator[tuple[int, int]]:
    """Where the cells differ, from and to, close ones joined."""
    if old == new:
        return
    start = stop = -1
    for i, cell in enumerate(new):
        if cell == old[i]:
            continue
        if stop < 0 or i > stop + GAP:
            if stop >= 0:
                yield start, stop
            start = i
            while not new[start][0] and start:
                start -= 1
        stop = i + 1
    yield start, stop


@lru_cache(maxsize=4096)
def _cell_style(style: Style, colours: ColorSystem) -> CellStyle:
    def codes(part: Style) -> str:
        return part.render("x", color_system=colours).partition("x")[0].removeprefix("\x1b[").removesuffix("m")

    return CellStyle(
        codes(Style(color=style.color)) or PLAIN.colour,
        codes(Style(bgcolor=style.bgcolor)) or PLAIN.background,
        codes(style.without_color.update_link()),
    )


@lru_cache(maxsize=4096)
def _sequence(old: CellStyle, new: CellStyle) -> str:
    """What turns one style into another."""
    if new.attributes != old.attributes:
        old = PLAIN
        codes = ["0", new.attributes] if new.attributes else ["0"]
    else:
        codes = []
    codes += [b for a, b in zip(old[:2], new[:2], strict=True) if a != b]
    return f"\x1b[{';'.join(codes)}m"
