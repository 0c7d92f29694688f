"""What to begin with: presets and data sets, each with a line of text and a small picture of its samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui_trainer.catalog import DATASETS
from tui_trainer.comparison import ARTICLE, Comparison, presets
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.screens.sized import SizedScreen

if TYPE_CHECKING:
    from tui_trainer.charts.styles import Row

# Of the dialog, as in the style sheet; what of that is not for its words: border, padding, scrollbar; of a picture.
WIDTH, AROUND = 76, 7
PICTURE_WIDTH, PICTURE_HEIGHT, GAP = 16, 3, 2
# What was said of another table's columns.
OF_COLUMNS = {"x": "", "y": "", "target": "", "features": "", "task": "auto"}


@dataclass(frozen=True)
class Entry:
    """Something to begin with; group: under which heading it stands."""

    group: str
    name: str
    help: str
    comparison: Comparison

    @property
    def key(self) -> str:
        return f"{self.group}:{self.name}"


def entries(now: Comparison) -> Iterator[Entry]:
    """All there are, the article's own first. A data set is taken with the other settings as they are now."""
    for name, help in sorted(presets().items(), key=lambda preset: preset[0] != ARTICLE):
        yield Entry("Presets", name, help, Comparison.preset(name))
    for name, choice in DATASETS.items():
        help = f"{choice.help} ({choice.credit})" if choice.credit else choice.help
        yield Entry("Data sets, with the other settings as they are", name, help, now.changed(data=name, **OF_COLUMNS))


class PresetScreen(ModalScreen[Comparison | None], SizedScreen):
    """Returns the comparison that was chosen, or None."""

    BINDINGS = [Binding("escape,q", "dismiss(None)", "leave")]

    def __init__(self, now: Comparison) -> None:
        super().__init__()
        self._entries = {entry.key: entry for entry in entries(now)}
        self._pictures = {entry.key: picture(entry.comparison) for entry in self._entries.values()}

    def compose(self) -> ComposeResult:
        with Vertical(id="presets", classes="dialog") as box:
            box.border_title = "Begin with"
            box.border_subtitle = "⏎ take · esc leave"
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        self._fill()

    def on_resize(self, event: Resize) -> None:
        self._fill()

    def _fill(self) -> None:
        for options in self.query(OptionList):  # none, where it was left before it stood
            place, heading = options.highlighted, ""
            options.clear_options()
            for entry in self._entries.values():
                if entry.group != heading:
                    heading = entry.group
                    options.add_option(Option(Text(heading, "italic"), disabled=True))
                options.add_option(Option(self._lines(entry), entry.key))
            options.highlighted = 1 if place is None else place

    def _lines(self, entry: Entry) -> Text:
        """The picture, and beside it the name and what it is."""
        room = max(8, min(WIDTH, self.app.size.width) - AROUND - PICTURE_WIDTH - GAP)
        words = [
            Text(entry.name, "bold"),
            *Text(entry.help).wrap(self.app.console, room),
        ]
        rows = [self._drawn(row) for row in self._pictures[entry.key]]
        height = max(len(rows), len(words))
        rows += [Text(" " * PICTURE_WIDTH)] * (height - len(rows))
        words += [Text()] * (height - len(words))
        return Text("\n").join(Text(" " * GAP).join(pair) for pair in zip(rows, words, strict=True))

    def _drawn(self, row: "Row") -> Text:
        # The usual colour is left to the list, which has another one under its cursor.
        styles = role_styles(self.app) | {"data": ""}
        return Text.assemble(*((sign, styles[role]) for sign, role in row if isinstance(role, str)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._entries[event.option_id or ""].comparison)


def picture(comparison: Comparison) -> "list[Row]":
    """The samples of a comparison's first run."""
    from tui_trainer.charts.thumbnail import thumbnail  # not before it is asked for: the first paint has no need of it
    from tui_trainer.data.samples import load_samples

    experiment = next(iter(comparison.runs.values()))
    return thumbnail(load_samples(experiment), PICTURE_WIDTH, PICTURE_HEIGHT)
