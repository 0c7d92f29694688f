"""A lesson's text, tables and trees as Rich draws them; charts are each face's own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.style import Style
from rich.table import Table as RichTable
from rich.text import Text
from rich.tree import Tree as RichTree

from tui_trainer.escape import printable
from tui_trainer.lessons.frame import Frame, Items, Part, Plot, Table, Tree, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.progress import Course

Styles = Mapping[str, Style | str]
HEAD_ROWS = 2  # a table's column titles and the line under them
WIDE, TIGHT = 3, 1  # cells between columns
TERM = re.compile(r"(?<!\w)_([^\W_][^_\n]*)_")  # `_learning rate_`, but neither zero_grad nor __init__


def text_of(words: Words, styles: Styles) -> Text:
    """A line of text in its roles' styles."""
    pieces = [(words, "")] if isinstance(words, str) else words
    return Text.assemble(*((printable(piece), styles[role] if role else "") for piece, role in pieces))


def with_terms(text: str, look: Style | str) -> Text:
    """A lesson's text, the terms that the glossary explains in a look of their own."""
    pieces = TERM.split(text)
    return Text.assemble(*((piece, look if i % 2 else "") for i, piece in enumerate(pieces)))


def goal_mark(
    course: Course, times: int, styles: Styles, around: Texts, missed: bool = False
) -> tuple[str, Style | str]:
    """What stands before a goal: whether it is met, else how many right answers in a row it takes, and how far one is.

    missed: whether the last answer was wrong, so that they are counted from the start again.
    """
    if course.met:
        return f"● {around('met')}", styles["good"]
    if times == 1:
        return f"○ {around('goal')}", styles["mark"]
    key = "goal_again" if missed else "goal_in_a_row"
    return f"{'◐' if course.right else '○'} {around(key, right=course.right, times=times)}", styles["mark"]


def judged(frame: Frame, course: Course, around: Texts) -> str:
    """What a frame says, and what that means for the goal; course: how far the learner is by then."""
    if not frame.right:
        return frame.said
    return around("said_met" if course.met else "said_right", said=frame.said)


def missed(frame: Frame, course: Course) -> bool:
    """Whether a wrong answer was given here, upon which right ones are counted from the start again."""
    return frame.answer is not None and not (frame.right or course.met)


def drawn(part: Part, styles: Styles) -> RenderableType:
    """A part as Rich draws it, but for a plot, which is each face's own."""
    match part:
        case Table():
            return FittedTable(part, styles)
        case Tree():
            return tree_of(part, styles)
        case Items():
            return FittedItems(part, styles)
        case Plot():
            raise TypeError("a plot is drawn by each face itself")
        case _:
            return text_of(part, styles)


@dataclass(frozen=True)
class FittedItems:
    """Items in as many lines as they take."""

    items: Items
    styles: Styles

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line, gap = Text(), self.items.gap
        for item in (text_of(item, self.styles) for item in self.items.items):
            if line and line.cell_len + gap + item.cell_len > options.max_width:
                yield line
                line = Text()
            line = Text.assemble(line, " " * gap if line else "", item)
        yield line


@dataclass(frozen=True)
class FittedTable:
    """A table as wide as its room: words are wrapped, never broken; numbers are whole, or their column is left out.

    height: the rows there is room for, of which a table that grows shows its last.
    """

    table: Table
    styles: Styles
    height: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._drawn(options.max_width)

    def _drawn(self, room: int) -> RichTable:
        table, styles = self.table, self.styles
        columns = [_Column(title, [row[i] for row in table.rows]) for i, title in enumerate(table.columns)]
        gap, widths = _widths(columns, room)
        drawn = RichTable(
            title=text_of(table.title, styles) if table.title else None,
            title_justify="left",
            title_style="",
            box=box.SIMPLE_HEAD,
            header_style=styles["quiet"],
            border_style=styles["quiet"],
            padding=(0, gap // 2),
            pad_edge=False,
            show_edge=False,
        )
        for column, width in zip(columns, widths, strict=False):
            justify: JustifyMethod = "right" if column.numbers else "left"
            drawn.add_column(Text(column.title), justify=justify, overflow="fold", width=width)
        rows = list(enumerate(table.rows))
        if table.grows and self.height is not None:
            rows = rows[-max(1, self.height - HEAD_ROWS - bool(table.title)) :]
        for i, row in rows:
            cells = [text_of(cell, styles) for cell in row[: len(widths)]]
            drawn.add_row(*cells, style=styles["strong"] if i == table.marked else "")
        return drawn


class _Column:
    """What a column needs: `least` cells where its words stand below each other, `most` where they stand in a line."""

    def __init__(self, title: str, cells: Sequence[Words]) -> None:
        texts = ["".join(piece for piece, _ in cell) if not isinstance(cell, str) else cell for cell in cells]
        self.title = title
        self.numbers = all(_is_number(text) for text in texts)
        unbroken = texts if self.numbers else [word for text in texts for word in text.split()]
        self.least = max(map(cell_len, [*title.split(), *unbroken]), default=0)
        self.most = max(map(cell_len, [title, *texts]))


def _widths(columns: Sequence[_Column], room: int) -> tuple[int, list[int]]:
    """The cells between columns, and the width of each column, but for those at the end that have no room."""
    least = sum(column.least for column in columns)
    gap = WIDE if least + WIDE * (len(columns) - 1) <= room else TIGHT
    widths = [column.most for column in columns]
    while sum(widths) + gap * (len(widths) - 1) > room:
        spare = [width - column.least for column, width in zip(columns, widths, strict=False)]
        if any(spare):
            widths[max(range(len(widths)), key=lambda i: widths[i] if spare[i] else 0)] -= 1
        elif len(widths) > 1:
            widths = [column.most for column in columns[: len(widths) - 1]]
        else:
            return gap, [room]
    return gap, widths


def tree_of(tree: Tree, styles: Styles) -> RichTree:
    """A tree with its branches."""
    drawn = RichTree(text_of(tree.label, styles), guide_style=styles["quiet"])
    for child in tree.children:
        drawn.add(tree_of(child, styles))
    return drawn


def _is_number(text: str) -> bool:
    """Whether a cell holds numbers, or nothing: such columns stand right."""
    return text in ("inf", "-inf", "nan") or set(text) <= set("0123456789.,e%+-−– ")
