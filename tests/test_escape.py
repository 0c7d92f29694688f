"""Text from outside never commands the terminal."""

import pytest

from tui_trainer.escape import printable


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31mred",
        "\x1b]52;c;cm0=\x07",
        "\x9b31m",
        "a\rb",
        "a\nb",
        "a\tb",
        "\u202egnp.exe",
        "\u200b",
        "\x7f",
        "\udcff",
    ],
)
def test_no_control_escape_or_direction_character_survives(text):
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode().isascii()


def test_other_text_is_left_as_it_is():
    assert printable("Größe 高さ [bold]x[/] 🎈 \\n") == "Größe 高さ [bold]x[/] 🎈 \\n"


def test_anything_can_be_shown():
    assert printable(ValueError("a\x1bb")) == "a\\x1bb"
