"""What a lesson lets one change: each input with its key and its value."""

from collections.abc import Mapping

from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.geometry import Size
from textual.widget import Widget

from tui_trainer.escape import printable
from tui_trainer.settings import Setting
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.truncation import shortened

LONGEST = 30
GAP = 3


class InputsBar(Widget):
    """`e Learning rate 0.1   s Start -3.5`: in as many rows as it takes; + and - act on the marked one."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._inputs: Mapping[str, Setting] = {}
        self._texts: Mapping[str, str] = {}
        self._marked = ""

    def show(self, inputs: Mapping[str, Setting], texts: Mapping[str, str], marked: str) -> None:
        """Show these inputs with their texts, one of them marked."""
        rows = len(self._rows(self.size.width))
        # A copy: the texts are changed in place, and then there would be nothing to compare the rows with.
        self._inputs, self._texts, self._marked = inputs, dict(texts), marked
        self.refresh(layout=len(self._rows(self.size.width)) != rows)

    def _rows(self, width: int) -> list[list[tuple[str, int]]]:
        """The inputs' names, each with the column where it stands, row by row."""
        rows: list[list[tuple[str, int]]] = [[]]
        column = 1
        for name in self._inputs:
            length = len(self._words(name))
            if rows[-1] and column + length >= width:
                rows.append([])
                column = 1
            rows[-1].append((name, column))
            column += length + GAP
        return rows

    def _words(self, name: str) -> Text:
        setting, styles = self._inputs[name], role_styles(self.app)
        look = "bold underline" if name == self._marked else "bold"
        value = Text(printable(self._texts[name]) or "–", look)
        text = Text.assemble((setting.key, styles["mark"]), (f" {setting.title.lower()} ", styles["quiet"]))
        return text.append_text(shortened(value, min(LONGEST, self.size.width - len(text) - 2)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows(width)) if self._inputs else 1

    def render(self) -> RenderResult:
        lines = []
        for row in self._rows(self.size.width):
            line = Text()
            for name, column in row:
                line.append(" " * (column - len(line))).append_text(self._words(name))
            lines.append(line)
        return Text("\n", no_wrap=True).join(lines)

    def on_click(self, event: Click) -> None:
        rows = self._rows(self.size.width)
        for name, column in rows[event.y] if event.y < len(rows) else ():
            if column <= event.x < column + len(self._words(name)):
                self.app.simulate_key(self._inputs[name].key)
