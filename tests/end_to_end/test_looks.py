"""Poor terminals and hostile names: the screen stays legible and the terminal obeys nobody else."""

import re

import pytest

SMALL_RUN = ("--samples=20", "--epochs=1000000000", "--device=cpu")
ESC = "\x1b"
TRUE_COLOUR, PALETTE_256 = re.compile(rb"\x1b\[[\d;]*[34]8;2;"), re.compile(rb"\x1b\[[\d;]*[34]8;5;")


def assert_legible(t) -> None:
    """Words that matter are not written in the colour that they stand on."""
    for word in ("1 train", "Fit", "identity", "tanh", "y = ", "paused", "epoch", "space", "go"):
        for foreground, background in t.colours(word):
            assert foreground != background, f"{word} is invisible"
    signs = [t.colours(sign) for sign in ("● identity", "▲ tanh")]
    assert len(signs) == 2, "runs differ by their signs, whatever the colours"


@pytest.mark.parametrize(
    "env",
    [
        {"TERM": "xterm-16color", "COLORTERM": "", "TEXTUAL_COLOR_SYSTEM": "standard"},
        {"TERM": "xterm-256color", "COLORTERM": "", "NO_COLOR": "1"},
    ],
    ids=["16 colours", "NO_COLOR"],
)
def test_few_colours_are_legible_in_both_themes(terminal, env):
    t = terminal(*SMALL_RUN, size=(80, 24), **env)
    t.wait_for("press space to train")
    t.press("space", lambda: t.epoch > 1)
    t.press("space", lambda: t.state == "paused")
    assert_legible(t)
    before = t.colours("2 lessons")
    t.press("t", lambda: t.colours("2 lessons") != before)
    t.wait_for(lambda: t.state == "paused" and "─ Fit " in t.text)
    assert_legible(t)
    if "TEXTUAL_COLOR_SYSTEM" in env:
        assert not TRUE_COLOUR.search(t.written)
        assert not PALETTE_256.search(t.written)
    else:
        colours = {colour for word in ("● identity", "▲ tanh", "paused") for pair in t.colours(word) for colour in pair}
        assert all(grey(colour) for colour in colours), "NO_COLOR has no colours"


def grey(colour: str) -> bool:
    return colour in ("default", "black", "white") or len({colour[i : i + 2] for i in (0, 2, 4)}) == 1


@pytest.mark.slow
def test_names_that_hold_sequences_and_markup_are_shown_written_out(terminal, tmp_path):
    name = f"a[bold]{ESC}]0;owned\x07{ESC}[31mb.csv"
    (tmp_path / name).write_text(f"price [/usd],{ESC}[2J\u202ey\n1,2\n2,3.5\n3,5\n4,4\n")
    t = terminal("--data", name, "--epochs=1000000000", "--device=cpu", cwd=tmp_path, fresh=True)
    t.type("space")  # before PyTorch is loaded: remembered
    t.wait_for(lambda: t.state == "running" and t.epoch > 1, "training")
    t.wait_for("a[bold]\\x1b]0;owned\\x07\\x1b[31mb.csv")
    t.wait_for("price [/usd]")
    t.press("a", "leaky_relu")
    t.press("escape", lambda: "leaky_relu" not in t.text)
    t.type("q")
    assert t.wait() == 0
    for raw in (b"\x1b]0;owned", b"\x1b[31mb.csv", b"\x1b[2J\xe2\x80\xae", "\u202e".encode()):
        assert raw not in t.written
    t.assert_restored()
