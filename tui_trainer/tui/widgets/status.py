"""The status lines: state, progress and each run's loss."""

import math
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from tui_trainer.engine.pace import MAX, Pace, Place, in_words, rate, seconds_left, short_number
from tui_trainer.engine.status import Status
from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.legend import legend, legends
from tui_trainer.tui.truncation import ELLIPSIS, fullest, shortened

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record
    from tui_trainer.tui.key_order import KeyOrderApp
    from tui_trainer.tui.keymap import Keymap

RATE_SECONDS = 2.0
SHORTEST_BAR = 5  # of two
LEAST_BAR, LONG_BAR = 4, 10


def place_of(records: "Sequence[Record]") -> Place:
    """Where runs are that train together: the last of those that still do. At their beginning, where all have ended."""
    runs = [record for record in records if not record.status.ended]
    last = min(runs or records, key=lambda record: record.epoch)
    taken, per_epoch = last.within_epoch
    epochs = max(record.experiment.epochs for record in runs or records)
    return Place(last.epoch + taken / per_epoch if runs else 0.0, epochs, per_epoch)


class StatusLine(Widget):
    """Two lines: what is happening and how far; then the losses, and what to press next."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._state = Status.LOADING
        self._records: Sequence[Record] = ()
        self._names = Text()
        self._notice, self._pending, self._watching, self._waiting = "", "", False, ""
        self._past: Sequence[str] = ()
        self._shown: Text | None = None
        self._pace: Pace = MAX
        self._machine = math.inf
        self._samples: deque[tuple[float, int, int]] = deque()

    def show(
        self,
        state: Status,
        records: "Sequence[Record]",
        names: Text,
        notice: str = "",
        watching: bool = False,
        pace: Pace = MAX,
        machine: float = math.inf,
        past: Sequence[str] = (),
        pending: str = "",
    ) -> None:
        """Show this state and the runs' names; the notice, or what is pending, takes the place of what to press next.

        watching: the runs train in another process; pace: the one at which they train; machine: the epochs a second
        that they could do, infinite where that isn't known; past: what is said, in full or shorter, where these are
        the runs as they were at a moment in their past.
        """
        waits = any(record.compiling for record in records)
        if state is not Status.RUNNING or waits or records is not self._records:
            self._samples.clear()
        else:
            now = time.perf_counter()
            self._samples.append((now, sum(r.steps for r in records), sum(r.epoch for r in records)))
            while len(self._samples) > 2 and self._samples[0][0] < now - RATE_SECONDS:
                self._samples.popleft()
        self._state, self._records, self._names = state, records, names
        self._pace, self._machine = pace, machine
        self._notice, self._pending, self._watching, self._past = notice, pending, watching, past
        if self._text() != self._shown:
            self.refresh()

    def show_waiting(self, words: str) -> None:
        """Say what is waited for; nothing where it is empty."""
        if words != self._waiting:
            self._waiting = words
            self.refresh()

    def render(self) -> Text:
        self._shown = self._text()
        return self._shown

    def _text(self) -> Text:
        width = self.size.width
        # The losses stay: where there is no room for a notice beside them, it stands for a while over the progress.
        beside = len(self._notice) <= self._room_beside_losses(width)
        if self._notice and not beside:
            above = Text(" ").append_text(shortened(Text(self._notice, role_styles(self.app)["mark"]), width - 2))
        else:
            above = self._progress(width)
        return Text("\n").join([above, self._losses(width, self._notice if beside else "")])

    def _progress(self, width: int) -> Text:
        style = role_styles(self.app)
        if self._past:
            return fullest([Text(f" {words}", style["mark"], no_wrap=True) for words in self._past], width)
        status, words = self._headline()
        state = style["bad" if status.bad else "good"]
        text = Text(no_wrap=True).append(f" {status.sign} {words}", state)
        if not self._records:
            return text.append(f"   {self._waiting or Status.LOADING.advice}", style["quiet"])
        # Of the runs that still train, or else went as far as they were to: one that diverged early says
        # nothing about how far the others are.
        runs: Sequence[Record] = [r for r in self._records if not r.status.ended]
        runs = runs or [r for r in self._records if not r.status.bad] or self._records
        wanted = {r.name: max(r.experiment.epochs, r.epoch) for r in runs}
        last = min(runs, key=lambda r: r.epoch)
        left = sum(wanted.values()) - sum(r.epoch for r in runs)
        share = 1 - left / sum(wanted.values()) if left else 1.0
        head = text.copy()
        text.append(f"   epoch {last.epoch:,}/{wanted[last.name]:,}")
        taken, per_epoch = last.within_epoch
        within = f"  step {taken:,}/{per_epoch:,}  " if taken else ""  # an epoch that lasts long enough to be seen
        percent, rates = Text(f"  {share:4.0%}"), self._rates(left)
        device = Text(f"   {' + '.join(dict.fromkeys(r.device for r in self._records))}", style["quiet"])
        # What goes first where there is little room, and at last the pace.
        words, machine = (f" · {self._waiting}", "") if self._waiting else self._pace_words()
        for left_side, bar, right in (
            (words + machine, LONG_BAR, Text.assemble(percent, rates, device)),
            (words + machine, LONG_BAR, Text.assemble(percent, rates)),
            (words + machine, LONG_BAR, percent),
            (words, LONG_BAR, Text.assemble(percent, rates)),
            (words, LEAST_BAR, percent),
            ("", LEAST_BAR, percent),
        ):
            room = width - len(text) - len(left_side) - 2 - len(right) - 1
            if room >= bar:
                break
        text.append(f"{left_side}  ")
        if room < 0:
            text, room = head.append("  "), width - len(head) - len(right) - 1
        if within and room >= len(within) + 2 * SHORTEST_BAR:
            half = (room - len(within)) // 2
            text.append_text(bar_of(share, room - len(within) - half, state, style["quiet"])).append(within)
            text.append_text(bar_of(taken / per_epoch, half, state, style["quiet"]))
        elif room >= LEAST_BAR:
            text.append_text(bar_of(share, room, state, style["quiet"]))
        return shortened(text.append_text(right), width)

    def _pace_words(self) -> tuple[str, str]:
        """The pace of runs that train at one, and what the machine could do."""
        if self._pace == MAX or not self._state.trains:
            return "", ""
        place = place_of(self._records)
        if self._machine < rate(self._pace, place):
            return f" · {in_words(self._machine, place)}", ", all that this machine can do"
        words = f" · pace {in_words(self._pace, place)}"
        machine = f" · this machine could do {short_number(self._machine)}" if self._machine < math.inf else ""
        return words, machine

    def _headline(self) -> tuple[Status, str]:
        """Whose sign is shown, and how the runs stand; where only some have failed or diverged, how many."""
        count = len(self._records)
        for status in filter(lambda each: each.bad, Status):
            some = sum(record.status is status for record in self._records)
            if 0 < some < count:
                words = f"{some} of {count} {status}"
                return (self._state, f"{self._state}, {words}") if self._state.trains else (status, words)
        return self._state, self._state

    def _rates(self, epochs_left: int) -> str:
        """Time left and steps a second, over the last two seconds; at a pace, the time that this one takes."""
        if self._pace != MAX and self._state is Status.RUNNING:
            place = place_of(self._records)
            # Unless the machine is slower.
            at_most = (place.epochs - place.epoch) / self._machine
            return f"  {clock(max(at_most, seconds_left(self._pace, place)))} left"
        if len(self._samples) < 2:
            return ""
        (t0, steps0, epochs0), (t1, steps1, epochs1) = self._samples[0], self._samples[-1]
        if t1 == t0 or epochs1 <= epochs0:
            return ""
        left = epochs_left * (t1 - t0) / (epochs1 - epochs0)
        return f"  {clock(left)} left  {(steps1 - steps0) / (t1 - t0):,.0f} steps/s"

    @property
    def _keymap(self) -> "Keymap":
        return cast("KeyOrderApp", self.app).keymap

    @property
    def _forms(self) -> list[Text]:
        """The runs and their losses, in full, then shorter, as long as there are losses in it."""
        if not self._records:
            return [self._names]
        less = legends(self._records, run_styles(self.app))[1:]
        return [self._names, *(less[:-1] if self._have_losses else less)]

    @property
    def _have_losses(self) -> bool:
        return any(record.history.last is not None or record.status.bad for record in self._records)

    def _room_beside_losses(self, width: int) -> int:
        """For words that stand on the line of the losses, which don't give way."""
        return width - 4 - (self._forms[-1].cell_len if self._have_losses else 0)

    def _fitting_names(self, room: int) -> Text:
        """The runs and their losses, as far as there is room; what is said beside them goes first."""
        text = fullest(self._forms, max(0, room))
        return Text() if text.plain.endswith(ELLIPSIS) and not text.plain.endswith(f" {ELLIPSIS}") else text

    def _losses(self, width: int, notice: str) -> Text:
        words = notice or _clauses(self._keymap.words(self._next()), width - self._losses_alone.cell_len - 4)
        said = shortened(Text(words, role_styles(self.app)["mark"]), max(0, self._room_beside_losses(width)))
        if said.plain != words and " " not in said.plain.removesuffix(f" {ELLIPSIS}"):  # says nothing any more
            said = Text()
        text = Text(" ").append_text(self._fitting_names(width - said.cell_len - 4 if said else width - 2))
        text.append(" " * max(0, width - text.cell_len - said.cell_len - 1))
        return text.append_text(said)

    @property
    def _losses_alone(self) -> Text:
        return legend(self._records, run_styles(self.app), held_out=False) if self._records else Text()

    def _next(self) -> str:
        """What to do next, or what is waited for; nothing where the line above says that alone."""
        if self._waiting or self._pending:
            return (self._waiting if self._records else "") or self._pending
        advice = next((record.advice for record in self._records if record.advice), "")
        if self._watching:
            return advice or self._state.advice_watching
        if failed := next((r for r in self._records if r.status is Status.FAILED and r.why_failed), None):
            return f"{failed.why_failed}, then {{restart}}" if failed.out_of_memory else failed.why_failed
        return f"{advice}, then {{restart}}" if advice else self._state.advice


def clock(seconds: float) -> str:
    """A time as clocks show it: `0:07`, `1:00:07`."""
    left = int(seconds)
    hours = f"{left // 3600}:{left // 60 % 60:02}" if left >= 3600 else f"{left // 60}"
    return f"{hours}:{left % 60:02}"


def bar_of(share: float, width: int, done: Style, left: Style) -> Text:
    """A bar that is filled to this share."""
    filled = int(share * width * 2)
    text = Text().append("━" * (filled // 2) + "╸" * (filled % 2), done)
    return text.append("━" * (width - (filled + 1) // 2), left)


def _clauses(hint: str, room: int) -> str:
    """As many clauses of a hint as there is room for, but at least the first: `space: again …`."""
    clauses = hint.split(", ")
    begun = [hint, *(", ".join(clauses[:count]) + f" {ELLIPSIS}" for count in range(len(clauses) - 1, 0, -1))]
    return next((words for words in begun if len(words) <= room), begun[-1])
