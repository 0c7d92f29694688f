"""The editor of the learner's lines: its holes are gone to one after the other, and a new line is indented."""

import re

from textual.events import Key
from textual.widgets import TextArea

from tui_trainer.lessons.exercises.exercise import HOLE

INDENT = "    "
INDENTED = re.compile(r"[ \t]*")


class LinesArea(TextArea):
    """Python with holes."""

    def on_key(self, event: Key) -> None:
        """Begin a new line as far in as the one before, and farther after a colon."""
        if event.key != "enter":
            return
        event.stop()
        event.prevent_default()
        start, end = sorted(self.selection)
        before = self.document.get_line(start[0])[: start[1]]
        indent = INDENTED.match(before)
        assert indent
        deeper = INDENT if before.rstrip().endswith(":") else ""
        self.replace(f"\n{indent[0]}{deeper}", start, end)

    def to_hole(self, row: int = 0, column: int = 0) -> bool:
        """Select the first hole from a place on, else the first of all, so that typing fills it.

        Returns False where there is none.
        """
        holes = self._holes
        if not holes:
            return False
        row, column = next((hole for hole in holes if hole >= (row, column)), holes[0])
        self.move_cursor((row, column))
        self.move_cursor((row, column + len(HOLE)), select=True)
        return True

    def next_hole(self) -> None:
        """Go to the next hole, if there is one; at the beginning of a line indent."""
        row, column = max(self.selection)
        if self.selected_text or self.document.get_line(row)[:column].strip():
            self.to_hole(row, column)
        else:
            self.insert(" " * (len(INDENT) - column % len(INDENT)))

    @property
    def _holes(self) -> list[tuple[int, int]]:
        """Where holes begin, but for those in comments."""
        return [
            (row, found.start())
            for row, line in enumerate(self.text.splitlines())
            for found in re.finditer(HOLE, line.partition("#")[0])
        ]
