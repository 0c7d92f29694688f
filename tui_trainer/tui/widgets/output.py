"""What a script printed."""

from collections.abc import Sequence

from rich.text import Text
from textual.binding import Binding
from textual.events import Resize
from textual.widgets import RichLog

MAX_LINES = 500


class OutputPane(RichLog):
    """Its last lines, which are safe to show; at the end, unless one has scrolled up."""

    BINDINGS = [Binding("escape", "leave", "leave")]

    def __init__(self, id: str) -> None:
        super().__init__(id=id, wrap=True, min_width=0, max_lines=MAX_LINES, markup=False)
        self.border_title = "Output"
        self._lines: Sequence[str] = ()
        self._shown: Sequence[str] = ()
        self._width = 0
        self._following = True  # the newest line, unless one has scrolled up

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines in the place of those before; what they begin with in common stays."""
        self._lines, width = lines, self.scrollable_content_region.width
        if not width or (lines == self._shown and width == self._width):
            return
        before, following = self._shown, self._following
        if width == self._width and list(lines[: len(before)]) == list(before):
            new = lines[len(before) :]
        else:
            self.clear()
            new = lines[-MAX_LINES:]
        self._shown, self._width = lines, width
        for line in new:
            self.write(Text(line), scroll_end=following)
        self._following = following

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._following = self.is_vertical_scroll_end

    def on_resize(self, event: Resize) -> None:
        """Wrap all lines anew where the width is another, or there is one for the first time."""
        self.show(self._lines)

    def action_leave(self) -> None:
        """Give the keys back to the charts."""
        self.screen.set_focus(None)
