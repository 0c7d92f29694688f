"""A lesson's text, tables and trees as Rich draws them; charts are each face's own."""

from collections.abc import Mapping

from rich import box
from rich.style import Style
from rich.table import Table as RichTable
from rich.text import Text
from rich.tree import Tree as RichTree

from tui_trainer.escape import printable
from tui_trainer.lessons.frame import Table, Tree, Words

Styles = Mapping[str, Style | str]
HEAD_ROWS = 2  # a table's column titles and the line under them


def text_of(words: Words, styles: Styles) -> Text:
    """A line of text in its roles' styles."""
    pieces = [(words, "")] if isinstance(words, str) else words
    return Text.assemble(*((printable(piece), styles[role] if role else "") for piece, role in pieces))


def table_of(table: Table, styles: Styles, height: int | None = None) -> RichTable:
    """A table; of one that grows, as many of the last rows as `height` has room for."""
    drawn = RichTable(
        title=text_of(table.title, styles) if table.title else None,
        title_justify="left",
        title_style="",
        box=box.SIMPLE_HEAD,
        header_style=styles["quiet"],
        border_style=styles["quiet"],
        padding=(0, 1),
        pad_edge=False,
        show_edge=False,
    )
    for i, title in enumerate(table.columns):
        numbers = all(_is_number(row[i]) for row in table.rows)
        drawn.add_column(Text(title), justify="right" if numbers else "left", overflow="fold")
    rows = list(enumerate(table.rows))
    if table.grows and height is not None:
        rows = rows[-max(1, height - HEAD_ROWS - bool(table.title)) :]
    for i, row in rows:
        drawn.add_row(*(text_of(cell, styles) for cell in row), style=styles["strong"] if i == table.marked else "")
    return drawn


def tree_of(tree: Tree, styles: Styles) -> RichTree:
    """A tree with its branches."""
    drawn = RichTree(text_of(tree.label, styles), guide_style=styles["quiet"])
    for child in tree.children:
        drawn.add(tree_of(child, styles))
    return drawn


def _is_number(cell: Words) -> bool:
    """Whether a cell holds numbers, or nothing: such columns stand right."""
    text = cell if isinstance(cell, str) else "".join(piece for piece, _ in cell)
    return text in ("inf", "-inf", "nan") or set(text) <= set("0123456789.,e%+-−– ")
