"""The log: rare facts, with the time."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.binding import Binding
from textual.events import Resize
from textual.widgets import RichLog

from tui_trainer.charts.styles import format_number
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.session import Broke, Message, Prepared, Refused
from tui_trainer.wording import count

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record
    from tui_trainer.tui.session import SessionEvent

MAX_LINES = 1000


class FollowingLog(RichLog):
    """Lines that are seen whole, wrapped to the width there is; the newest of them, unless one has scrolled up."""

    BINDINGS = [Binding("escape", "leave", "leave")]

    def __init__(self, id: str, title: str, most: int) -> None:
        # RichLog lays lines out for 78 columns at least, and hides the rest of them behind a scrollbar.
        super().__init__(id=id, wrap=True, min_width=0, max_lines=most, markup=False)
        self.border_title = title
        self._written: deque[Text] = deque(maxlen=most)
        self._wrapped_for = 0  # cells; 0 where not all lines are written
        self._following = True  # the newest line, unless one has scrolled up

    def add(self, lines: Sequence[Text]) -> None:
        """Add these at the end."""
        self._written += lines
        if self.scrollable_content_region.width:
            self._write(lines)
        else:  # hidden: RichLog would wrap them to no width at all
            self._wrapped_for = 0

    def take_last(self) -> None:
        """Take the last line away; another is added in its place."""
        last = self._written.pop()
        if width := self.scrollable_content_region.width:
            del self.lines[-len(last.wrap(self.app.console, width)) :]
            self.notify_style_update()  # what RichLog has of rows as they looked is forgotten

    def take_all(self) -> None:
        """Take all lines away."""
        self._written.clear()
        self._clear()

    def _clear(self) -> None:
        following = self._following
        self.clear()
        self._following = following

    def _write(self, lines: Iterable[Text]) -> None:
        following = self._following
        for line in lines:
            self.write(line, scroll_end=following)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._following = self.is_vertical_scroll_end

    def on_resize(self, event: Resize) -> None:
        """Wrap all lines anew where the width is another: RichLog leaves them as they were first written."""
        width = self.scrollable_content_region.width
        if width and width != self._wrapped_for:
            self._wrapped_for = width
            self._clear()
            self._write(self._written)
        elif width and self._following:
            self.scroll_end(animate=False)

    def action_leave(self) -> None:
        """Give the keys back to the charts."""
        self.screen.set_focus(None)


class LogPane(FollowingLog):
    """Shows every line escaped, as messages may hold names from files."""

    def __init__(self, id: str) -> None:
        super().__init__(id, "Log", MAX_LINES)

    def add_message(self, words: str) -> None:
        """Add words with the time before them; further lines, such as a traceback, are indented."""
        first, *rest = words.splitlines()
        lines = [Text(f"{time.strftime('%H:%M:%S')}  {printable(first)}")]
        self.add([*lines, *(Text(f"          {printable(line)}", "dim") for line in rest)])


def line_of(event: "SessionEvent", record: "Record | None") -> str:
    """One event in words, for the log; empty where the screen shows it anyway."""
    from tui_trainer.engine.events import (
        Compiling,
        ExecutionChanged,
        RunFinished,
        RunStarted,
        SettingChanged,
        WeightsEdited,
    )

    match event:
        case Refused():
            return event.reason
        case Message():
            return printable(event.text)
        case Broke():
            return f"something went wrong inside tui-trainer\n{event.traceback}"
        case RunStarted(run=run, device=device, experiment=experiment):
            return f"{run}  training on {device}, {count(experiment.epochs, 'epoch')}"
        case SettingChanged(run=run, setting=setting, old=old, new=new, epoch=epoch):
            return f"{run}  {SETTINGS[setting].title.lower()} {old} → {new} at epoch {epoch:,}"
        case WeightsEdited(run=run, what=what, old=old, new=new, epoch=epoch):
            return f"{run}  {what} {old} → {new} by hand at epoch {epoch:,}"
        case Compiling(run=run):
            return f"{run}  compiling native code for its step, which is kept for the next time"
        case ExecutionChanged(run=run, execution=execution, epoch=epoch, preparing=preparing):
            ready = f", after {preparing:,.1f} s of preparing it" if preparing >= 0.05 else ""
            parts = [f"{run}  {execution} from epoch {epoch + 1:,} on{ready}", event.trouble, event.note]
            return "; ".join(filter(None, parts))
        case RunFinished(status=Status.FAILED, run=run, error=error):
            return f"{run}  failed\n{error}"
        case RunFinished(status=Status.DIVERGED) if record:
            return f"{record.name}  {record.why_diverged}"
        case RunFinished(run=run, status=status, epochs=epochs, loss=loss, seconds=seconds, advice=advice):
            ended = (
                f"{run}  {status} after {count(epochs, 'epoch')} and {seconds:,.1f} s, final loss {format_number(loss)}"
            )
            return f"{ended}: {advice}" if advice else ended
        case Prepared() | _:
            return ""
