"""What the pages have from the program, between two comments: `python -m tests.pages` writes it there.

`test_readme.py` holds it.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from tui_trainer.catalog import DATASETS, EXPORTS, LESSONS, TOPICS
from tui_trainer.comparison import Comparison, presets
from tui_trainer.help.pages import FOLDER
from tui_trainer.lessons.language import texts_in
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.keys import SCREENS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *(FOLDER / f"{topic}.md" for topic in TOPICS)]
BLOCK = re.compile(r"(?<=^<!-- )(?P<name>[a-z ]+) -->\n(?P<lines>(?:.+\n)*?)<!-- end -->\n", re.MULTILINE)


def table(*rows: tuple[str, ...]) -> list[str]:
    """The lines of a table, of which the first row is the head."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return [head, "|---" * len(rows[0]) + "|", *body]


def said(text: str) -> str:
    """Text whose signs mean nothing in Markdown."""
    return re.sub(r"([*_|<`])", r"\\\1", text)


def settings() -> Iterable[tuple[str, str, str]]:
    for name, setting in SETTINGS.items():
        yield f"`{setting.flag}`", said(Comparison.of().text(name)) or "–", said(setting.help)


BLOCKS = {
    "topics": [f"- [{name}](tui_trainer/help/{name}.md): {about}" for name, about in TOPICS.items()],
    "lessons": [f"{number}. `{name}`: {texts_in('en')(f'{name}.title')}" for number, name in enumerate(LESSONS, 1)],
    "settings": table(("flag", "default", "meaning"), *settings()),
    "built in": table(
        ("`--data`", "what it is", "from"), *((f"`{n}`", d.help, d.credit) for n, d in DATASETS.items() if d.credit)
    ),
    "presets": [f"- `{name}`: {said(about)}" for name, about in presets().items()],
    "endings": table(
        ("ending", "what the file holds"), *((f"`{end}`", choice.help) for end, choice in EXPORTS.items())
    ),
    **{
        f"keys {screen}": table(("key", "what it does"), *((f"`{key.name}`", said(key.help)) for key in keys))
        for screen, keys in SCREENS.items()
    },
}


def filled(text: str) -> str:
    """A page with what the program says by now."""
    return BLOCK.sub(lambda block: "\n".join([f"{block['name']} -->", *BLOCKS[block["name"]], "<!-- end -->\n"]), text)


def sections(topic: str) -> dict[str, str]:
    """The parts of a page, by their headings."""
    text = (FOLDER / f"{topic}.md").read_text("utf-8")
    return {part.partition("\n")[0]: part for part in text.split("\n## ")}


def files_in(*texts: str) -> dict[str, str]:
    """The files of Python that texts show, by the name that each has in its first line."""
    return dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", "\n\n".join(texts), re.M | re.S))


def main() -> None:
    for file in PAGES:
        file.write_text(filled(file.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
