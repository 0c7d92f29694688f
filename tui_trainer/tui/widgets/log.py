"""The log: rare facts, with the time."""

import time

from rich.text import Text
from textual.widgets import RichLog

from tui_trainer.escape import printable


class LogPane(RichLog):
    """Shows every line escaped: what is told may hold names from files."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, wrap=True, max_lines=2000, markup=False)
        self.border_title = "Log"

    def tell(self, words: str) -> None:
        """Add words with the time before them; further lines, such as a traceback, are indented."""
        first, *rest = words.splitlines()
        self.write(Text(f"{time.strftime('%H:%M:%S')}  {printable(first)}"))
        for line in rest:
            self.write(Text(f"          {printable(line)}", "dim"))
