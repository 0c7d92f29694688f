"""The status lines: state, progress and each run's loss."""

import time
from collections import deque
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widget import Widget

from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.legend import legend

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record

SIGNS = {
    "loading": "◌",
    "ready": "○",
    "running": "▶",
    "paused": "‖",
    "completed": "✓",
    "stopped": "■",
    "diverged": "✗",
    "failed": "✗",
}
NEXT = {
    "loading": "loading PyTorch, a moment",
    "ready": "press space to train",
    "running": "",
    "paused": "space: go on, n: one step",
    "completed": "r: again, E: more epochs, a: another activation",
    "stopped": "space or r: train afresh",
    "diverged": "-: lower the learning rate, then r",
    "failed": "l: see why in the log, r: train afresh",
}
RATE_SECONDS = 2.0


class StatusLine(Widget):
    """Two lines: what is happening and how far; then the losses, and what to press next."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._state = "loading"
        self._records: list[Record] = []
        self._notice = ""
        self._shown: Text | None = None
        self._pace: deque[tuple[float, int, int]] = deque()

    def show(self, state: str, records: "list[Record]", notice: str = "") -> None:
        """Show this state; the notice takes the place of what to press next."""
        if state != "running":
            self._pace.clear()
        else:
            now = time.perf_counter()
            self._pace.append((now, sum(r.steps for r in records), sum(r.epoch for r in records)))
            while len(self._pace) > 2 and self._pace[0][0] < now - RATE_SECONDS:
                self._pace.popleft()
        self._state, self._records, self._notice = state, records, notice
        if self._text() != self._shown:
            self.refresh()

    def render(self) -> Text:
        self._shown = self._text()
        return self._shown

    def _text(self) -> Text:
        return Text("\n").join([self._progress(self.size.width), self._losses(self.size.width)])

    def _progress(self, width: int) -> Text:
        style = role_styles(self.app)
        state = style["bad" if self._state in ("diverged", "failed") else "good"]
        text = Text(no_wrap=True).append(f" {SIGNS[self._state]} {self._state}", state)
        if not self._records:
            return text.append(f"   {NEXT['loading']}", style["quiet"])
        done = sum(r.epoch for r in self._records)
        wanted = sum(r.experiment.epochs for r in self._records)
        count = len(self._records)
        share = min(1.0, done / wanted) if wanted else 1.0
        text.append(f"   epoch {done // count:,}/{wanted // count:,}  ")
        right = Text(f"  {share:4.0%}{self._rates(wanted - done)}")
        device = f"   {' + '.join(dict.fromkeys(r.device for r in self._records))}"
        room = width - len(text) - len(right) - 1
        if room - len(device) >= 10:
            right.append(device, style["quiet"])
            room -= len(device)
        if room >= 4:
            filled = int(share * room * 2)
            text.append("━" * (filled // 2) + "╸" * (filled % 2), state)
            text.append("━" * (room - (filled + 1) // 2), style["quiet"])
        return text.append_text(right)

    def _rates(self, epochs_left: int) -> str:
        """Time left and steps a second, over the last two seconds."""
        if len(self._pace) < 2:
            return ""
        (t0, steps0, epochs0), (t1, steps1, epochs1) = self._pace[0], self._pace[-1]
        if t1 == t0 or epochs1 == epochs0:
            return ""
        left = int(epochs_left * (t1 - t0) / (epochs1 - epochs0))
        clock = (
            f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}" if left >= 3600 else f"{left // 60}:{left % 60:02}"
        )
        return f"  {clock} left  {(steps1 - steps0) / (t1 - t0):,.0f} steps/s"

    def _losses(self, width: int) -> Text:
        text = Text(" ").append_text(legend(self._records, run_styles(self.app))) if self._records else Text()
        said = Text(self._notice or NEXT[self._state], role_styles(self.app)["mark"])
        said.truncate(max(0, width - 2), overflow="ellipsis")
        text.truncate(max(0, width - len(said) - 3), overflow="ellipsis")
        text.append(" " * max(2, width - len(text) - len(said) - 1))
        return text.append_text(said)
