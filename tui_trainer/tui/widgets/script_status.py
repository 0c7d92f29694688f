"""How scripts' runs stand: progress and speed, then the last numbers, and what to press next."""

import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.widget import Widget

from tui_trainer.charts.styles import format_number, marker
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.truncation import fullest, shortened
from tui_trainer.tui.widgets.status import LEAST_BAR, LONG_BAR, bar_of, clock

if TYPE_CHECKING:
    from tui_trainer.tui.key_order import KeyOrderApp

RATE_SECONDS = 5.0
ADVICE = {  # where it is the script that trains
    Status.PAUSED: "{go}: go on, {step}: one step",
    Status.STOPPED: "run.resume() in the script goes on",
    Status.INTERRUPTED: "its process has ended: run.resume() in the script goes on",
    Status.FAILED: "{log}: see why",
}


class ScriptStatus(Widget):
    """Two lines."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._runs: Sequence[StoredRun] = ()
        self._notice = ""
        self._looks: deque[tuple[float, int]] = deque()

    def show(self, runs: Sequence[StoredRun], notice: str) -> None:
        """Show these runs; the notice takes the place of what to press next."""
        self._runs, self._notice = runs, notice
        now, steps = time.monotonic(), sum(run.info.steps for run in runs)
        if not any(run.live and run.status is Status.RUNNING for run in runs):
            self._looks.clear()
        elif not self._looks or self._looks[-1][1] != steps:
            self._looks.append((now, steps))
            while len(self._looks) > 2 and self._looks[0][0] < now - RATE_SECONDS:
                self._looks.popleft()
        self.refresh()

    def render(self) -> Text:
        if not self._runs:
            return Text()
        return Text("\n").join([self._progress(self.size.width), self._numbers(self.size.width)])

    def _progress(self, width: int) -> Text:
        styles = role_styles(self.app)
        status = Status.together(run.status for run in self._runs)
        style = styles["bad" if status.bad else "good"]
        text = Text(f" {status.sign} {status}", style, no_wrap=True)
        furthest = max(self._runs, key=lambda run: run.info.steps)
        shown = furthest.info
        of = f"/{shown.epochs:,}" if shown.epochs else ""
        epochs = f"epoch {shown.epoch:,}{of}  " if shown.epoch or shown.epochs else ""
        text.append(f"   {epochs}step {shown.steps:,}")
        rate = self._rate
        share = min(1.0, shown.epoch / shown.epochs) if shown.epochs else 0.0
        left = _left(furthest)
        percent = f"  {share:4.0%}" if shown.epochs else ""
        device = f"  {shown.device}" if shown.device else ""
        took = f"  {clock(shown.seconds)}"
        for right in (percent + took + left + rate + device, percent + left + rate, percent + left, percent, ""):
            room = width - len(text) - len(right) - 3
            if room >= (LONG_BAR if shown.epochs else 0):
                break
        text.append("  ")
        if shown.epochs and room >= LEAST_BAR:
            text.append_text(bar_of(share, room, style, styles["quiet"]))
        return shortened(text.append(right), width)

    @property
    def _rate(self) -> str:
        """Steps a second, over the last seconds."""
        if len(self._looks) < 2 or self._looks[-1][0] <= self._looks[0][0]:
            return ""
        (began, before), (ended, after) = self._looks[0], self._looks[-1]
        return f"  {format_number((after - before) / (ended - began))} steps/s" if after > before else ""

    def _numbers(self, width: int) -> Text:
        styles = run_styles(self.app)
        names = Text("  ").join(
            Text(f"{marker(i)} {run.name} {format_number(run.info.loss)}", styles[i % len(styles)])
            for i, run in enumerate(self._runs)
        )
        signs = Text(" ").join(
            Text(f"{marker(i)} {format_number(run.info.loss)}", styles[i % len(styles)])
            for i, run in enumerate(self._runs)
        )
        keymap = cast("KeyOrderApp", self.app).keymap
        said = keymap.words(self._notice or self._next)
        words = shortened(Text(said, role_styles(self.app)["mark"]), max(0, width - signs.cell_len - 4))
        text = Text(" ").append_text(fullest([names, signs], max(0, width - words.cell_len - 4)))
        return text.append(" " * max(0, width - text.cell_len - words.cell_len - 1)).append_text(words)

    @property
    def _next(self) -> str:
        """What to do next; where a run has failed, why."""
        errors = [(run.info.error or "").strip() for run in self._runs if run.status is Status.FAILED]
        if error := next(filter(None, errors), ""):
            return printable(error.splitlines()[-1])
        status = Status.together(run.status for run in self._runs)
        return ADVICE.get(status, "") if not self._runs[0].info.imported else ""


def _left(run: StoredRun) -> str:
    """The time that its epochs to come take, at the rate so far."""
    info = run.info
    epochs = info.epochs - info.epoch
    if not run.status.trains or not info.epoch or not info.seconds or epochs <= 0:
        return ""
    return f"  {clock(epochs * info.seconds / info.epoch)} left"
