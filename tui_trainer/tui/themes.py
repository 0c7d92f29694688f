"""Two themes of our own, each also for sixteen colours, and the runs' colours, which colour-blind eyes can tell apart.

The runs' colours are those of Okabe and Ito (2008, "Color universal design"), darkened where the
background is light, and a violet and a brown, so that there is one for each activation.
"""

from textual.theme import Theme

_DARK_RUNS = (
    "#E69F00",
    "#56B4E9",
    "#2FC49A",
    "#F0E442",
    "#E8743B",
    "#E08FC0",
    "#7E9CFF",
    "#C8C8C8",
    "#B98AFF",
    "#B08968",
)
_LIGHT_RUNS = (
    "#A86200",
    "#00639C",
    "#00795A",
    "#7A6F00",
    "#B8420A",
    "#A03C78",
    "#2F3FB5",
    "#555555",
    "#7A2FD0",
    "#6B4A2B",
)


def _variables(runs: tuple[str, ...], **others: str) -> dict[str, str]:
    return {f"run{i}": colour for i, colour in enumerate(runs)} | others


DARK = Theme(
    name="tui-trainer-dark",
    primary="#7AA2F7",
    accent="#E0AF68",
    error="#F7768E",
    success="#73DACA",
    warning="#E0AF68",
    foreground="#D5D9E8",
    background="#14161E",
    surface="#1B1E2A",
    panel="#262A3A",
    dark=True,
    variables=_variables(_DARK_RUNS, data="#9AA3BE", quiet="#6B7394", ghost="#4A506B"),
)
LIGHT = Theme(
    name="tui-trainer-light",
    primary="#2E5FBF",
    accent="#8F5A00",
    error="#B3261E",
    success="#00695C",
    warning="#8F5A00",
    foreground="#23262F",
    background="#FAFAF7",
    surface="#F0F0EB",
    panel="#E2E2DB",
    dark=False,
    variables=_variables(_LIGHT_RUNS, data="#6E7487", quiet="#6B7081", ghost="#9BA0AE"),
)

# The same for terminals of sixteen colours, made of these alone: a nearest colour of sixteen may be the one that a word
# stands on. Named as others name them: the dim colours 0 to 7, then the bright ones.
BLACK, RED, GREEN, BROWN, BLUE, MAGENTA, CYAN, GREY = (
    *("#000000", "#AA0000", "#00AA00", "#AA5500"),
    *("#0000AA", "#AA00AA", "#00AAAA", "#AAAAAA"),
)
DARK_GREY, BRIGHT_RED, BRIGHT_GREEN, YELLOW, BRIGHT_BLUE, PINK, BRIGHT_CYAN, WHITE = (
    *("#555555", "#FF5555", "#55FF55", "#FFFF55"),
    *("#5555FF", "#FF55FF", "#55FFFF", "#FFFFFF"),
)
DARK_16 = Theme(
    name=DARK.name,
    primary=BRIGHT_CYAN,
    accent=YELLOW,
    error=BRIGHT_RED,
    success=BRIGHT_GREEN,
    warning=YELLOW,
    foreground=WHITE,
    background=BLACK,
    surface=BLACK,
    panel=DARK_GREY,
    dark=True,
    variables=_variables(
        (YELLOW, BRIGHT_CYAN, BRIGHT_GREEN, PINK, BRIGHT_RED, WHITE, CYAN, GREEN, BROWN, BRIGHT_BLUE),
        data=GREY,
        quiet=GREY,
        ghost=DARK_GREY,
    ),
)
LIGHT_16 = Theme(
    name=LIGHT.name,
    primary=BLUE,
    accent=MAGENTA,
    error=RED,
    success=BLUE,
    warning=MAGENTA,
    foreground=BLACK,
    background=WHITE,
    surface=WHITE,
    panel=GREY,
    dark=False,
    variables=_variables(
        (RED, BLUE, MAGENTA, BLACK, BROWN, BRIGHT_BLUE, DARK_GREY, GREEN, CYAN, BRIGHT_RED),
        data=DARK_GREY,
        quiet=DARK_GREY,
        ghost=GREY,
    ),
)


def themes(colours: str | None) -> tuple[Theme, Theme]:
    """The dark and the light theme for a terminal of so many colours, which Rich calls a colour system."""
    return (DARK_16, LIGHT_16) if colours in ("standard", "windows") else (DARK, LIGHT)
