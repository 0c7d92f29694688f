"""How a run looks, in every face: its role (which becomes a colour), its sign, its figures.

Imports nothing, so that the window can stand before plotext and numpy are loaded.
"""

import math

RUN_MARKERS = "●▲■◆▼★✚✖◐◧"
RUN_ROLES = tuple(f"run{i}" for i in range(len(RUN_MARKERS)))
ROLES = ("axis", "data", "test", "ghost", "floor", "mark", *RUN_ROLES)
TEXT_ROLES = ("good", "bad", "quiet", "strong")
# The colours of roles outside of the app, which has its themes', as rich names them.
STYLES = {
    "axis": "bright_black",
    "data": "default",
    "test": "magenta",
    "ghost": "dim",
    "floor": "dim",
    "mark": "yellow",
    "good": "bold green",
    "bad": "bold red",
    "quiet": "dim",
    "strong": "bold",
}
RUN_STYLES = ("dark_orange", "cyan", "green", "yellow", "blue", "red", "magenta", "white", "purple", "tan")
STYLES |= {f"run{i}": style for i, style in enumerate(RUN_STYLES)}


def role(index: int) -> str:
    """The role, and so the colour, of the run at this place."""
    return RUN_ROLES[index % len(RUN_ROLES)]


def marker(index: int) -> str:
    """The sign of the run at this place."""
    return RUN_MARKERS[index % len(RUN_MARKERS)]


def figure(value: float | None) -> str:
    """A loss in four digits, or a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}"
