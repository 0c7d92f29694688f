"""The pages of help, as a terminal shows them: without pictures, and without links that lead nowhere there."""

import re
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown
from rich.padding import Padding
from rich.text import Text
from rich.theme import Theme

from tui_trainer.catalog import TOPICS
from tui_trainer.sentence import InputError
from tui_trainer.wording import unknown

FOLDER = Path(__file__).parent
# Bold, italic and underlined, which any theme can show.
PLAIN = Theme(
    {
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.code": "bold",
        "markdown.code_block": "none",
        "markdown.item.bullet": "none",
        "markdown.item.number": "none",
        "markdown.link": "italic",
        "markdown.table.border": "dim",
        "markdown.table.header": "italic",
    }
)


def page(topic: str) -> "Page":
    """The page on a topic. Raises InputError for an unknown one."""
    if topic not in TOPICS:
        raise InputError(f"help: {unknown(topic, TOPICS)}")
    return Page((FOLDER / f"{topic}.md").read_text("utf-8"))


class Page:
    """Markdown that Rich shows."""

    def __init__(self, markdown: str) -> None:
        self.markdown = for_terminal(markdown)
        self.title = self.markdown.partition("\n")[0].removeprefix("# ")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with console.use_theme(PLAIN):
            yield from console.render(_Markdown(self.markdown, hyperlinks=False), options)


def for_terminal(markdown: str) -> str:
    """Markdown without comments and pictures; of links into this repository the words, of those to the web both."""
    text = re.sub(r"<!--.*?-->\n?|^!\[.*\n+", "", markdown, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*\)", r"*\1*", text)


class _Heading(Heading):
    LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")


class _Code(CodeBlock):
    """Lines as they are to be typed: a line that is too long is broken nowhere but by the terminal."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Padding(Text(str(self.text).rstrip(), style="bold"), (0, 0, 0, 4))


class _Markdown(Markdown):
    elements = Markdown.elements | {"heading_open": _Heading, "fence": _Code}
