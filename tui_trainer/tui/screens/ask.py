"""Ask for a text: a setting's value, a name, a file."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui_trainer.sentence import InputError, Sentence
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.screens.sized import SizedScreen
from tui_trainer.tui.widgets.form import PlainInput

if TYPE_CHECKING:
    from tui_trainer.lessons.frame import Part

TAKE = Sentence("⏎ take · esc leave")


class AskScreen(ModalScreen[str | None], SizedScreen):
    """Returns a text that passes the check, or None.

    check: raises InputError for what won't do; asks: the question that the text answers, as parts of a lesson's frame;
    say: says a `Sentence` in the language of the screen below.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "leave"),
        Binding("up", "scroll(-1)", "up"),
        Binding("down", "scroll(1)", "down"),
    ]

    def __init__(
        self,
        title: str,
        help: str,
        text: str,
        check: Callable[[str], object],
        asks: "Sequence[Part]" = (),
        say: Callable[[InputError | str], str] = str,
    ) -> None:
        super().__init__()
        self._title, self._about, self._text, self._check_text = title, help, text, check
        self._asks, self._say = asks, say
        self.set_class(bool(asks), "-asks")  # which leaves in sight what is drawn above

    def compose(self) -> ComposeResult:
        with Vertical(id="ask", classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = self._say(TAKE)
            if self._asks:
                with VerticalScroll(id="asks", can_focus=False):
                    yield from self._question()
            yield PlainInput(self._text, compact=True, select_on_focus=True)
            with VerticalScroll(can_focus=False):
                yield Static(self._about, id="ask-help", markup=False)

    def _question(self) -> ComposeResult:
        from tui_trainer.lessons.render import drawn

        for part in self._asks:
            yield Static(drawn(part, role_styles(self.app)))

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        reason = self._reason(event.value)
        help = self.query_one("#ask-help", Static)
        help.update(reason or self._about)
        help.set_class(bool(reason), "-wrong")

    def action_scroll(self, by: int) -> None:
        for part in self.query(VerticalScroll):
            part.scroll_relative(y=by, animate=False)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if not self._reason(event.value):
            self.dismiss(event.value)

    def _reason(self, text: str) -> str:
        try:
            self._check_text(text)
        except InputError as error:
            return self._say(error)
        return ""
