"""Each role's colour, taken from the theme."""

from rich.style import Style
from textual.app import App
from textual.color import Color

from tui_trainer.charts.styles import (
    CLASS_ROLES,
    FAINT_ROLES,
    LEVELS,
    PIXELS,
    RAMP,
    ROLES,
    RUN_ROLES,
    TEXT_ROLES,
    area_colour,
    between,
)

# A role's theme variable, where it is not of the role's own name.
VARIABLES = {
    "axis": "quiet",
    "held-out": "foreground",
    "baseline": "quiet",
    "mark": "accent",
    "good": "success",
    "bad": "error",
    "strong": "foreground",
    # Those of the first runs come last, so that hardly any class has the colour of a run that is shown beside it.
    **dict(zip(CLASS_ROLES, ("run6", "run3", "run5", "run2", "run4", "run8", "run9", "run7"), strict=True)),
}
BOLD = ("held-out", "good", "bad", "strong")

_known: dict[object, dict[str, Style]] = {}


def role_styles(app: "App[object]") -> dict[str, Style]:
    """The Rich style of each role under the present theme.

    Looked up in the theme and not through CSS component classes: those are worked out anew for
    each widget whenever any class changes, which cost a fifth of the first paint.
    """
    key = app.theme, app.console.color_system
    if key not in _known:
        colours = app.get_css_variables()  # and not `theme_variables`, which lag behind a theme that has just changed
        _known[key] = {
            role: Style(color=Color.parse(colours[VARIABLES.get(role, role)]).rich_color, bold=role in BOLD or None)
            for role in (*ROLES, *TEXT_ROLES)
            if role not in FAINT_ROLES
        }
        ground = Color.parse(colours["background"]).rgb
        for i, role in enumerate(CLASS_ROLES):
            full = Color.parse(colours[VARIABLES[role]]).rgb
            for level in range(LEVELS):
                _known[key][f"area{i}-{level}"] = Style(color=Color(*area_colour(level, ground, full)).rich_color)
        for run, faint in zip(RUN_ROLES, FAINT_ROLES, strict=True):
            _known[key][faint] = Style(color=_faint(colours, run, app.console.color_system).rich_color)
        low, middle, high = (Color.parse(colours[name]).rgb for name in ("run1", "panel", "run0"))
        for i, shade in enumerate(RAMP):
            colour = Color(*between(i / (len(RAMP) - 1), low, middle, high))
            _known[key][shade] = Style(color=colour.rich_color)
        _known[key] |= {role: Style(color=colour) for role, colour in PIXELS.items()}
    return _known[key]


def _faint(colours: dict[str, str], run: str, system: str | None) -> Color:
    """Half way from a run's colour to the background; of sixteen colours there is none between, but the ghosts'."""
    if system in ("standard", "windows"):
        return Color.parse(colours["ghost"])
    return Color.parse(colours[run]).blend(Color.parse(colours["background"]), 0.5)


def run_styles(app: "App[object]") -> list[Style]:
    """The runs' styles, in order."""
    return [style for role, style in role_styles(app).items() if role.startswith("run")]
