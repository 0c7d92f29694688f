"""What is written to the terminal: as little as turns what it shows into what it should, checked on a terminal."""

import random

import pyte
import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.end_to_end.conftest import Screen
from tui_trainer.tui.cells import Cells

COLUMNS, ROWS, BLOCK = 40, 6, 10
TRUE = ColorSystem.TRUECOLOR
STYLES = ["", "red", "bold #123456", "on #224466", "italic underline green on #010203", "reverse", "dim", "bright_blue"]
WORDS = ["a", "loss 2.5", "⣿⠁", "●▲ ", "     ", "日本", "x日", "━╸"]


class Display:
    """A terminal, and what was written to it."""

    def __init__(self) -> None:
        self.screen = Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self.screen)

    def write(self, text: str) -> None:
        self._stream.feed(text)

    @property
    def shown(self) -> list:
        """Every cell with its colours."""
        return [[self.screen.buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS)]


def row(*pieces: tuple[str, str]) -> Strip:
    return Strip([Segment(text, Style.parse(style) if style else None) for text, style in pieces])


def random_row(chance: random.Random, width: int) -> Strip:
    pieces = [(chance.choice(WORDS), chance.choice(STYLES)) for _ in range(width)]
    return row(*pieces).adjust_cell_length(width)


@pytest.mark.parametrize("seed", range(20))
def test_however_rows_change_the_terminal_shows_the_last_ones(seed):
    chance = random.Random(seed)
    cells, followed = Cells(), Display()
    blocks = [[random_row(chance, BLOCK) for _ in range(COLUMNS // BLOCK)] for _ in range(ROWS)]
    followed.write(cells.changes([(y, 0, Strip.join(row)) for y, row in enumerate(blocks)], TRUE))
    for _ in range(20):
        y, first = chance.randrange(ROWS), chance.randrange(COLUMNS // BLOCK)
        last = chance.randrange(first, COLUMNS // BLOCK) + 1
        blocks[y][first:last] = [random_row(chance, BLOCK) for _ in range(first, last)]
        followed.write(cells.changes([(y, first * BLOCK, Strip.join(blocks[y][first:last]))], TRUE))
        afresh = Display()
        afresh.write(Cells().changes([(y, 0, Strip.join(row)) for y, row in enumerate(blocks)], TRUE))
        assert followed.shown == afresh.shown


@pytest.mark.parametrize("x", [0, 2])
def test_a_sign_of_two_cells_that_was_cut_in_two_is_written_again(x):
    cells, followed = Cells(), Display()
    whole = row(("x日本y", ""))
    followed.write(cells.changes([(0, 0, whole)], TRUE))
    followed.write(cells.changes([(0, x, row(("--", "")))], TRUE))
    followed.write(cells.changes([(0, 0, whole)], TRUE))
    assert followed.screen.display[0].startswith("x日本y")


def test_what_is_there_already_is_not_written_again():
    cells = Cells()
    assert cells.changes([(0, 0, row(("loss 2.50", "red")))], TRUE) == "\x1b[1;1H\x1b[31mloss 2.50\x1b[0m"
    assert cells.changes([(0, 0, row(("loss ", "red"), ("2.50", "red")))], TRUE) == ""
    assert cells.changes([(0, 0, row(("loss 2.57", "red")))], TRUE) == "\x1b[1;9H\x1b[31m7\x1b[0m"
    assert cells.changes([(0, 8, row(("7", "blue")))], TRUE) == "\x1b[1;9H\x1b[34m7\x1b[0m"


def test_cells_close_to_each_other_are_written_in_one_go_and_far_ones_apart():
    cells = Cells()
    cells.changes([(2, 0, row(("abcdefghijkl", "")))], TRUE)
    assert cells.changes([(2, 0, row(("AbcDefghijkL", "")))], TRUE) == "\x1b[3;1HAbcD\x1b[3;12HL"


def test_a_look_is_changed_and_not_said_again():
    written = Cells().changes([(0, 0, row(("a", "red on blue"), ("b", "green on blue"), ("c", "bold")))], TRUE)
    assert written == "\x1b[1;1H\x1b[31;44ma\x1b[32mb\x1b[0;1mc\x1b[0m"


def test_after_forgetting_all_that_comes_is_written():
    cells = Cells()
    first = cells.changes([(1, 3, row(("same", "")))], TRUE)
    cells.forget()
    assert cells.changes([(1, 3, row(("same", "")))], TRUE) == first == "\x1b[2;4Hsame"


def test_colours_are_those_that_the_terminal_has():
    strip = [(0, 0, row(("x", "#ff0000")))]
    assert "38;2;255;0;0" in Cells().changes(strip, TRUE)
    assert "38;5;" in Cells().changes(strip, ColorSystem.EIGHT_BIT)
    assert "\x1b[31m" in Cells().changes(strip, ColorSystem.STANDARD)


def test_a_sign_of_two_letters_is_one_cell():
    cells, followed = Cells(), Display()
    followed.write(cells.changes([(0, 0, row(("re\u0301sume\u0301", ""), (" 1", "red")))], TRUE))
    followed.write(cells.changes([(0, 0, row(("re\u0301sume\u0301", ""), (" 2", "red")))], TRUE))
    assert followed.screen.display[0].rstrip() == "résumé 2"
