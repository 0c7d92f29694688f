"""Styles, for every face: roles (which become colours), the markers of runs, numbers as text.

Imports nothing, so that the window can stand before plotext and numpy are loaded.
"""

import math
from typing import TypeAlias

Role: TypeAlias = str
Paint: TypeAlias = Role | tuple[Role, Role]  # of a sign, or of a sign and of what is behind it
Row: TypeAlias = list[tuple[str, Paint]]  # of a drawn chart
RUN_MARKERS = "●▲■◆▼★✚✖◐◧"
HELD_OUT = "○"
RUN_ROLES = tuple(f"run{i}" for i in range(len(RUN_MARKERS)))
FAINT_ROLES = tuple(f"faint{i}" for i in range(len(RUN_MARKERS)))  # of what lies behind a run's line
CLASS_ROLES = tuple(f"class{i}" for i in range(8))
ROLES = ("axis", "data", "held-out", "ghost", "baseline", "mark", *RUN_ROLES, *FAINT_ROLES, *CLASS_ROLES)
RAMP = tuple(f"shade{i}" for i in range(17))  # from low over the middle, which is nearly the background, to high
SHADES = " ░▒▓█"  # where there are no colours
LEVELS = 6  # of how sure a net is of a class: of each class, so many colours follow each other
AREAS = tuple(f"area{i}-{level}" for i in range(len(CLASS_ROLES)) for level in range(LEVELS))
TEXTURES = " ░▒▓.:+#"  # a sign for each class where there are no colours
HOLLOW, WRONG = "○△□◇▽☆", "×"  # of each class's samples that are held out; of any that is taken for another
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
STYLES |= {f"faint{i}": f"dim {style}" for i, style in enumerate(RUN_STYLES)}


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


# Of Okabe and Ito, in another order than the runs have, so that no class has the colour of one of the first runs.
CLASS_COLOURS = (
    *((126, 156, 255), (240, 228, 66), (224, 143, 192), (47, 196, 154)),
    *((232, 116, 59), (185, 138, 255), (176, 137, 104), (200, 200, 200)),
)
STRONGEST = 0.36  # how far the colour of an area is on the way to its class's, at most, so that samples stand out


def area_colour(level: int, ground: tuple[int, int, int], full: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour of a place that a net is so sure of."""
    part = STRONGEST * (level + 1) / LEVELS
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(ground, full, strict=True))
    return red, green, blue


# Of the pixels of pictures, which are what they are in every theme: greys, and six steps each of red, green and blue.
GREY_COLOURS = {f"grey{i}": (17 * i,) * 3 for i in range(16)}
TINT_COLOURS = {
    f"tint{red}{green}{blue}": (51 * red, 51 * green, 51 * blue)
    for red in range(6)
    for green in range(6)
    for blue in range(6)
}
GREYS, TINTS = tuple(GREY_COLOURS), tuple(TINT_COLOURS)
PIXELS = {role: "#{:02x}{:02x}{:02x}".format(*colour) for role, colour in {**GREY_COLOURS, **TINT_COLOURS}.items()}
STYLES |= PIXELS

for _i, _colour in enumerate(CLASS_COLOURS):
    STYLES[f"class{_i}"] = "#{:02x}{:02x}{:02x}".format(*_colour)
    for _level in range(LEVELS):
        STYLES[f"area{_i}-{_level}"] = "#{:02x}{:02x}{:02x}".format(*area_colour(_level, (24, 24, 24), _colour))


def class_role(index: int) -> str:
    """The role, and so the colour, of the class at this place."""
    return CLASS_ROLES[index % len(CLASS_ROLES)]


def area_role(index: int, level: int) -> str:
    """The role of a place that is taken for the class at this place, so surely."""
    return AREAS[index % len(CLASS_ROLES) * LEVELS + level]


def style(paint: Paint) -> str:
    """The style of a piece of a row outside of the app, as rich names it."""
    return STYLES[paint] if isinstance(paint, str) else f"{STYLES[paint[0]]} on {STYLES[paint[1]]}"


def role(index: int) -> str:
    """The role, and so the colour, of the run at this place."""
    return RUN_ROLES[index % len(RUN_ROLES)]


def faint(index: int) -> str:
    """The role of what lies behind the line of the run at this place."""
    return FAINT_ROLES[index % len(FAINT_ROLES)]


def marker(index: int) -> str:
    """The sign of the run at this place."""
    return RUN_MARKERS[index % len(RUN_MARKERS)]


def phase(sign: str) -> int:
    """Where along a line its sign is put, from 0 to 3: those of different lines apart."""
    return RUN_MARKERS.find(sign) % 4


def format_number(value: float | None) -> str:
    """A loss in four digits, or a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}"
