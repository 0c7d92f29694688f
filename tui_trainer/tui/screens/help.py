"""Help: what this is, every key, and the way to the pages."""

from collections.abc import Callable, Iterable

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_trainer.catalog import TOPICS
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.tui.keys import Key
from tui_trainer.tui.screens.pick import PickScreen
from tui_trainer.tui.screens.sized import SizedScreen
from tui_trainer.tui.screens.topic import TopicScreen

TRAINING = """\
tab goes into the settings, escape leaves them; ctrl+p searches all of these keys.

Networks learn the same noisy points, side by side. Without an activation a net can draw nothing \
but a line; with one it bends. One chart shows how they fit, the other how their losses fall.

{earlier} and {later} go back and forth in time: all is shown as it was then, and training goes on meanwhile. \
{branch} branches off there: what is changed next is the branch's, {go} trains it. To undo a change, \
branch off from before it.
"""

LOSSES = """
loss: of an epoch, the mean over its steps, while the weights changed.
final loss: that of the net after its last step, on all samples it learned from.
held out: samples that no step learns from, and the loss on them.
raw: the losses as they are, faint behind a curve that is smoothed; ×9: each point is a mean of 9 epochs around it.
floor: dotted across, such as best line: the least loss that can be had without the net's bends.
"""
FOOT = Sentence("↑ ↓ · ⏎ pages to read · esc closes")
PAGES = Sentence("Pages to read")


class HelpScreen(ModalScreen[None], SizedScreen):
    """Closes on escape, ? or q; enter lists the pages."""

    BINDINGS = [Binding("escape,question_mark,q", "dismiss", "close"), Binding("enter", "topics", "pages")]

    def __init__(self, keys: Iterable[Key], intro: str, say: Callable[[InputError | str], str] = str) -> None:
        """say: says a `Sentence` in the language of the screen below."""
        super().__init__()
        self._keys, self._intro, self._say = keys, intro, say

    def compose(self) -> ComposeResult:
        keys = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        keys.add_column(style="bold", justify="right")
        keys.add_column()
        for key in self._keys:
            keys.add_row(Text(key.name), Text(key.help))
        with VerticalScroll(id="help", classes="dialog") as box:
            box.border_title = "tui-trainer"
            box.border_subtitle = self._say(FOOT)
            yield Static(keys)
            yield Static(self._intro, id="intro", markup=False)

    def action_topics(self) -> None:
        self.app.push_screen(PickScreen(self._say(PAGES), TOPICS, "", several=False, say=self._say), self._read)

    def _read(self, topic: str | None) -> None:
        if topic:
            self.app.push_screen(TopicScreen(topic))
