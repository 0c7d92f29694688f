"""How a run looks, in every face: its role (which becomes a colour), its sign, its figures.

Imports nothing, so that the window can stand before plotext and numpy are loaded.
"""

import math

RUN_MARKERS = "●▲■◆▼★✚✖"
RUN_ROLES = tuple(f"run{i}" for i in range(len(RUN_MARKERS)))
ROLES = ("axis", "data", "test", "ghost", "floor", "mark", *RUN_ROLES)
TEXT_ROLES = ("good", "bad", "quiet", "strong")


def role(index: int) -> str:
    """The role, and so the colour, of the run at this place."""
    return RUN_ROLES[index % len(RUN_ROLES)]


def marker(index: int) -> str:
    """The sign of the run at this place."""
    return RUN_MARKERS[index % len(RUN_MARKERS)]


def figure(value: float | None) -> str:
    """A loss in four digits, or a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}"
