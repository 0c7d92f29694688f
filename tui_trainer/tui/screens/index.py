"""The list of lessons, with the goals met."""

from dataclasses import replace
from string import ascii_lowercase

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Center, Middle, Vertical
from textual.events import Key, Resize
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui_trainer.catalog import LESSONS
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.keys import INDEX_KEYS
from tui_trainer.tui.lesson_states import NAMES
from tui_trainer.tui.screens.lesson import LessonScreen
from tui_trainer.tui.screens.lesson_place import LessonPlace
from tui_trainer.tui.truncation import shortened
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.title import Title

WIDTH = 76  # as in the style sheet
LETTERS = ascii_lowercase[: len(NAMES)]


class IndexScreen(LessonPlace):
    """All lessons; enter opens the one under the cursor."""

    keys = INDEX_KEYS
    # enter before the list's own, which the footer would not show
    BINDINGS = [replace(key.binding, priority=key.key == "enter") for key in INDEX_KEYS]

    def compose(self) -> ComposeResult:
        yield Title("lessons", label=self.label)
        with Middle(), Center(), Vertical(id="index"):
            yield Static(id="about", markup=False)
            yield OptionList(compact=True)
            yield Static(id="goals")
        yield KeyBar(self.label)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.on_screen_resume())
        self.on_screen_resume()

    def on_screen_resume(self) -> None:
        """Show the marks as they are now, the cursor where it was, or at the first open goal."""
        if not self.query(OptionList):
            return  # come to before it stands
        options = self.query_one(OptionList)
        place = options.highlighted if options.option_count else NAMES.index(self.lessons.next)
        options.clear_options().add_options([Option(self._line(name), name) for name in NAMES])
        options.highlighted = place
        options.focus()
        around, met = self.around, len(self.lessons.met)
        key = "all_met" if met == len(NAMES) else "goals_met"
        written = around("written", count=sum(course.written for course in self.lessons.courses.values()))
        plane = around("in_the_plane", count=len(self.lessons.views_met))
        self.query_one("#goals", Static).update(f"{around(key, met=met, all=len(NAMES))} · {written} · {plane}")
        self.query_one("#about", Static).update(around("about"))
        self.query_one(Title).show("")

    def _line(self, name: str) -> Text:
        styles = role_styles(self.app)
        course = self.lessons.courses[name]
        mark = ("●" if course.met else "○", styles["good"] if course.met else "")
        written = ("✎" if course.written else " ", styles["good"])
        plane = ("▦" if any(each.startswith(f"{name}.") for each in self.lessons.views_met) else " ", styles["good"])
        words, letter = self.lessons.words, LETTERS[NAMES.index(name)]
        minutes = words("around.minutes", count=LESSONS[name].minutes)
        line = Text.assemble((f" {letter} ", "bold"), mark, written, plane, (f" {name:<11} ", "bold"))
        line.append(f"{minutes:>6}  ", styles["quiet"]).append(words(f"{name}.title"))
        return shortened(line, min(WIDTH, self.app.size.width) - 2)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.on_screen_resume)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_open()

    def on_key(self, event: Key) -> None:
        """A lesson's letter opens it: the digits are the places'."""
        if event.character and event.character in LETTERS:
            event.stop()
            self.open(NAMES[LETTERS.index(event.character)])

    def action_language(self) -> None:
        self.lessons.next_language()
        self.on_screen_resume()
        self.query_one(KeyBar).refresh()

    def action_open(self) -> None:
        self.open(NAMES[self.query_one(OptionList).highlighted or 0])

    def open(self, name: str) -> None:
        """Open a lesson over this list."""
        self.query_one(OptionList).highlighted = NAMES.index(name)
        self.app.push_screen(LessonScreen(self.lessons, name))
