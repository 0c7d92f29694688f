"""Every letter on every screen can be told from what it stands on, in the colours that the terminal has."""

import functools
import re

import pytest
from rich.color import Color, ColorSystem

PALETTES = {
    "true colour and 256": {},
    "16 colours": {"TERM": "xterm-16color", "COLORTERM": "", "TEXTUAL_COLOR_SYSTEM": "standard"},
    "NO_COLOR": {"NO_COLOR": "1"},
}
# The sixteen colours as VGA has them, which is what the themes for sixteen colours are made for.
NAMED = {
    "black": "000000",
    "red": "aa0000",
    "green": "00aa00",
    "brown": "aa5500",
    "blue": "0000aa",
    "magenta": "aa00aa",
    "cyan": "00aaaa",
    "white": "aaaaaa",
    "brightblack": "555555",
    "brightred": "ff5555",
    "brightgreen": "55ff55",
    "brightbrown": "ffff55",
    "brightyellow": "ffff55",
    "brightblue": "5555ff",
    "brightmagenta": "ff55ff",
    "bfightmagenta": "ff55ff",  # pyte's spelling
    "brightcyan": "55ffff",
    "brightwhite": "ffffff",
}
LEAST = 3.0
SIGNS = "●▲■◆▼✓✎"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@functools.cache
def contrast(one: str, other: str) -> float:
    """The ratio that WCAG 2 defines, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@functools.cache
def of_256(colour: str) -> str:
    """What is shown of a colour where there are 256, which are the same themes': as Rich chooses, for the app too."""
    chosen = Color.from_rgb(*bytes.fromhex(colour)).downgrade(ColorSystem.EIGHT_BIT)
    return chosen.get_truecolor().hex.removeprefix("#")


def box_of(t, title: str) -> tuple[range, range]:
    """The rows and columns of the dialog of this title, or of all: what lies behind a dialog is meant to fade."""
    if not title:
        return range(t.size[1]), range(t.size[0])
    head = f"╭─ {title} ─"
    top = next(y for y, line in enumerate(t.rows) if head in line)
    left = t.rows[top].index(head)
    bottom = next(y for y in range(top, t.size[1]) if t.rows[y][left] == "╰")
    return range(top, bottom), range(left, t.rows[top].index("╮", left))


def faint(t, title: str, all_colours: bool) -> list[tuple[str, str, str]]:
    """The words that have a letter under the least contrast, with their colours; of a dialog, where one is named.

    all_colours: the terminal has them, and what there is of them in one of 256 is looked at as well.
    """
    found = []
    rows, columns = box_of(t, title)
    for y in rows:
        words: dict[tuple[str, str], str] = {}
        for x in columns:
            cell = t.screen.buffer[y][x]
            # The terminal's own are white on black; what stands reversed has its colours the other way round.
            colours = [
                NAMED.get(part, part) if part != "default" else own
                for part, own in ((cell.fg, NAMED["white"]), (cell.bg, NAMED["black"]))
            ]
            front, back = reversed(colours) if cell.reverse else colours
            if cell.data.isalnum() or cell.data in SIGNS:
                for pair in ((front, back), *([(of_256(front), of_256(back))] if all_colours else [])):
                    if contrast(*pair) < LEAST:
                        words[pair] = words.get(pair, "") + cell.data
        found += [(word, *colours) for colours, word in words.items()]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("palette", PALETTES)
def test_every_letter_is_legible(terminal, palette):
    t = terminal(
        *("--samples=10", "--epochs=5", "--test-fraction=0.3", "--execution=eager", "--pace=max", "--device=cpu"),
        "--activation=identity,tanh,relu,sin,sigmoid",
        **PALETTES[palette],
    )
    poor = {}

    def look(name: str, title: str = "") -> None:
        if found := faint(t, title, all_colours=not PALETTES[palette]):
            poor[name] = found

    def dialog(theme: str, key: str, title: str) -> None:
        head, foot = f"╭─ {title} ─", re.compile("esc[a-z]* (leave|closes) ─╯")
        t.press(key, lambda: head in t.text and foot.search(t.text))
        look(f"{theme}: {title}", title)
        t.press("escape", lambda: head not in t.text and not foot.search(t.text))

    t.wait_for("press space to train")
    look("ready")
    t.press("space", lambda: t.epoch > 1)
    look("training")
    t.wait_for(lambda: t.state == "completed")
    t.press("r", "the same curves once more")
    t.wait_for(lambda: t.state == "completed" and t.epoch == 5)
    for theme in ("dark", "light"):
        look(f"{theme}: trained, with faint runs before")
        t.press("tab", "esc leave")
        look(f"{theme}: the form")
        t.press("escape", lambda: "esc leave" not in t.text)
        t.press("home", "untrained")
        look(f"{theme}: in the past")
        t.press("b", "↳ branch of")
        look(f"{theme}: a branch")
        t.press("escape", lambda: "branch of" not in t.text)
        t.press("end", lambda: t.state == "completed")
        dialog(theme, "a", "Activation")
        dialog(theme, "P", "Begin with")
        dialog(theme, "?", "tui-trainer")
        t.press("n", "have ended")
        look(f"{theme}: a notice")
        t.press("2", "goals met")
        look(f"{theme}: lessons")
        t.press("enter", "e exercise")
        look(f"{theme}: a lesson")
        t.press("e", "fill the holes ____")
        look(f"{theme}: an exercise")
        t.press("escape", "e exercise")
        t.press("escape", "goals met")
        t.press("3", "by age")
        t.type("space")
        t.type("down")
        t.press("space", lambda: t.text.count("▲") > 2)
        look(f"{theme}: runs laid over each other")
        dialog(theme, "=", "What differs")
        t.type("space")
        t.type("up")
        t.press("space", lambda: "▲" not in t.text)
        t.press("1", "Fit")
        before = t.colours("2 lessons")
        t.press("t", lambda before=before: t.colours("2 lessons") != before)
    assert not poor, "\n".join(f"{place}: {words}" for place, found in poor.items() for words in found)
