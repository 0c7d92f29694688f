"""Styles, for every face: roles (which become colours), the markers of runs, numbers as text.

Imports nothing, so that the window can stand before plotext and numpy are loaded.
"""

import math
from typing import TypeAlias

Role: TypeAlias = str
Paint: TypeAlias = Role | tuple[Role, Role]  # of a sign, or of a sign and of what is behind it
RUN_MARKERS = "●▲■◆▼★✚✖◐◧"
HELD_OUT = "○"
RUN_ROLES = tuple(f"run{i}" for i in range(len(RUN_MARKERS)))
ROLES = ("axis", "data", "held-out", "ghost", "baseline", "mark", *RUN_ROLES)
RAMP = tuple(f"shade{i}" for i in range(17))  # from low over the middle, which is nearly the background, to high
SHADES = " ░▒▓█"  # where there are no colours
BLANK_SHADE = -1
TEXT_ROLES = ("good", "bad", "quiet", "strong")
# The colours of roles outside of the app, which has its themes', as rich names them.
STYLES = {
    "axis": "bright_black",
    "data": "default",
    "held-out": "magenta",
    "ghost": "dim",
    "baseline": "dim",
    "mark": "yellow",
    "good": "bold green",
    "bad": "bold red",
    "quiet": "dim",
    "strong": "bold",
}
RUN_STYLES = ("dark_orange", "cyan", "green", "yellow", "blue", "red", "magenta", "white", "purple", "tan")
STYLES |= {f"run{i}": style for i, style in enumerate(RUN_STYLES)}


def between(part: float, *colours: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour at a part of the way, from 0 to 1, along three colours: red, green and blue from 0 to 255."""
    low, middle, high = colours
    start, stop, way = (low, middle, 2 * part) if part < 0.5 else (middle, high, 2 * part - 1)
    red, green, blue = (round(a + (b - a) * way) for a, b in zip(start, stop, strict=True))
    return red, green, blue


LOW, MIDDLE, HIGH = (0, 135, 215), (48, 48, 48), (255, 135, 0)
STYLES |= {
    shade: "#{:02x}{:02x}{:02x}".format(*between(i / (len(RAMP) - 1), LOW, MIDDLE, HIGH))
    for i, shade in enumerate(RAMP)
}


def style(paint: Paint) -> str:
    """The style of a piece of a row outside of the app, as rich names it."""
    return STYLES[paint] if isinstance(paint, str) else f"{STYLES[paint[0]]} on {STYLES[paint[1]]}"


def role(index: int) -> str:
    """The role, and so the colour, of the run at this place."""
    return RUN_ROLES[index % len(RUN_ROLES)]


def marker(index: int) -> str:
    """The sign of the run at this place."""
    return RUN_MARKERS[index % len(RUN_MARKERS)]


def phase(sign: str) -> int:
    """Where along a line its sign is put, from 0 to 3: those of different lines apart."""
    return RUN_MARKERS.find(sign) % 4


def format_number(value: float | None) -> str:
    """A loss in four digits, or a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}"
