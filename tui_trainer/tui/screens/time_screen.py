"""What the screens with charts have in common of time: a cursor on the loss chart, and all shown as it was there."""

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from tui_trainer.engine.pace import Pace, Place
from tui_trainer.engine.status import Status
from tui_trainer.tui.frames import FRAME_SECONDS
from tui_trainer.tui.moments import Moments, Sought
from tui_trainer.tui.notice import Notice
from tui_trainer.tui.preferences import Layout
from tui_trainer.tui.screens.chart_screen import ChartScreen
from tui_trainer.tui.time_cursor import TimeCursor
from tui_trainer.tui.widgets.chart_view import ChartView

if TYPE_CHECKING:
    from tui_trainer.engine.past import Moment
    from tui_trainer.runs.record import Record

TIME_ACTIONS = ("move", "go_to_start", "go_to_now", "play", "branch")

# A key that comes so soon after another is held down: the next frame shows where it has got to, so that keys don't
# queue behind drawings however busy the machine is (p95 of a key's delay 26 ms instead of 36, compiled).
HELD_SECONDS = 0.3
NO_PAST = "only its losses are known"


class TimeScreen(ChartScreen):
    """Shows runs as they are, or as they were where the cursor is."""

    class MomentFound(Message):
        """A moment in the past of a run can be drawn."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.time = TimeCursor()
        self.moments = Moments(lambda: self.post_message(self.MomentFound()))
        self.found: Sequence[Moment | str | None] = ()
        self._notice = Notice()
        self._branch_wanted = False  # as soon as the very moment is there
        self._moved = 0.0  # when the cursor was moved last, by a key or the mouse

    def on_mount(self) -> None:
        self.set_interval(FRAME_SECONDS, self.tick)

    def on_unmount(self) -> None:
        self.moments.close()

    @property
    @abstractmethod
    def charted(self) -> "Sequence[Record]":
        """The runs on the charts, as they are now."""

    @property
    @abstractmethod
    def behind(self) -> "Sequence[Record]":
        """Those that stand faintly behind them, among which are the parents of branches."""

    @property
    @abstractmethod
    def pace(self) -> Pace:
        """At which the past is played."""

    @abstractmethod
    def draw_answer(self) -> None:
        """Show what a key has changed, now."""

    @abstractmethod
    def draw_frame(self) -> None:
        """Show what is new, if a frame is due."""

    def tick(self) -> None:
        """Go on where the past is played, and draw."""
        if (leader := self.leader) is None or leader.epoch < (self.time.epoch or 0):
            self.time.leave()
        elif self.time.playing:
            place = Place(0.0, leader.experiment.epochs, leader.within_epoch[1])
            self.time.advance(time.monotonic(), leader.epoch, self.pace, place)
        self.draw_frame()

    # The moment

    @property
    def leader(self) -> "Record | None":
        """The run that has gone furthest, whose epochs the cursor goes through."""
        return max(self.charted, key=lambda record: record.epoch, default=None)

    def as_of(self, records: "Sequence[Record]") -> "Sequence[Record]":
        """These runs as they were where the cursor is, as far as that is known by now; nothing where that is now."""
        leader = self.leader
        if self.time.epoch is None or leader is None:
            self.found = self.moments.seek(())
            return ()
        epochs = self._epochs(records)
        then = [self._before_branch(record, epoch) for record, epoch in zip(records, epochs, strict=True)]
        stepping = any(record.step for record in records)
        sought = [Sought(who.past or NO_PAST, epoch, stepping) for who, epoch in zip(then, epochs, strict=True)]
        self.found = self.moments.seek(sought, patient=self.time.playing)
        if self._branch_wanted and self.settled:
            self._branch_wanted = False
            self.call_later(self._take_branch)
        return [
            replace(
                who.as_of(epoch, getattr(moment, "snapshot", None), getattr(moment, "step", None)), name=record.name
            )
            for record, who, epoch, moment in zip(records, then, epochs, self.found, strict=True)
        ]

    def _before_branch(self, record: "Record", epoch: int) -> "Record":
        """The run itself or, where it had not branched off yet, its parent."""
        while record.at and epoch < record.at.epoch:
            parents = [each for each in self.behind if record.parent in (each.id, each.name) and each is not record]
            if not parents:
                break
            record = parents[0]
        return record

    @property
    def settled(self) -> bool:
        """Whether all is known of the moment that is looked at, or why it can't be."""
        wanted = zip(self.found, self._epochs(self.charted), strict=False)
        return all(isinstance(found, str) or _is_at(found, epoch) for found, epoch in wanted)

    def _epochs(self, records: "Sequence[Record]") -> list[int]:
        """The epoch of each run where the cursor is."""
        from tui_trainer.charts.views.over_time import ENDED, place_of

        leader, epoch, axis = self.leader, self.time.epoch, self.options.axis
        assert leader is not None
        assert epoch is not None
        place = place_of(leader, axis, epoch)
        return [epoch if record is leader else min(record.epoch, ENDED[axis](record, place)) for record in records]

    @property
    def cursor_state(self) -> object:
        """What is drawn depends on it: where the cursor is, and what is known of that moment by now."""
        return (self.time.epoch, self.time.playing, *map(_looks, self.found))

    @property
    def place(self) -> float | None:
        """Where on the axis of the losses the cursor is."""
        if self.time.epoch is None or self.leader is None:
            return None
        from tui_trainer.charts.views.over_time import place_of

        return place_of(self.leader, self.options.axis, self.time.epoch)

    def time_words(self, state: Status) -> list[str]:
        """Where the cursor is and how to leave it, in full, then shorter; nothing where one looks at what is now.

        state: how the runs stand meanwhile.
        """
        leader, epoch = self.leader, self.time.epoch
        if epoch is None or leader is None:
            return []
        where = f"epoch {epoch:,}"
        whole = f"{where} of {leader.epoch:,}" if epoch else "epoch 0, untrained"
        words = self._about_moments()
        if state is Status.RUNNING:
            words.append("training goes on")
        keys = "{play} stops" if self.time.playing else "{later} on · {play} plays"
        sign = "▶ playing" if self.time.playing else "‖ at"
        ends = "{now} now · {branch} branch"
        rest = "".join(f" · {each}" for each in words)
        return [
            f"{sign} {whole}{rest} · {keys} · {ends}",
            f"{sign} {whole} · {keys} · {ends}",
            f"{sign} {where} · {keys} · {ends}",
            f"{sign} {where} · {ends}",
            f"{sign} {where}",
        ]

    def _about_moments(self) -> list[str]:
        """What there is to say of the moments that are shown: that one can't be had, or is not the very one yet."""
        words: list[str] = []
        for found, epoch in zip(self.found, self._epochs(self.charted), strict=False):
            if isinstance(found, str):
                words.insert(0, found)
            elif _is_at(found, epoch):
                words += [found.note] if found and found.note else []
            elif not self.time.playing:
                words.append("nearest, computing…")
        return words[:1]

    # Keys and mouse

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action in TIME_ACTIONS and (self.leader is None or not self.leader.epoch):
            return "there is no past yet: no epoch was finished"
        return ""

    def _go(self, go: Callable[[int], None]) -> None:
        """Move the cursor; go: what to do, given the newest epoch."""
        assert self.leader is not None
        self._branch_wanted = False
        self._notice.show("")  # it might stand where it is said where the cursor is
        go(self.leader.epoch)
        before, self._moved = self._moved, time.monotonic()
        if self._moved - before >= HELD_SECONDS:
            self.draw_answer()

    def action_move(self, epochs: int) -> None:
        self._go(lambda newest: self.time.move(epochs, newest))

    def action_go_to_start(self) -> None:
        self._go(lambda newest: self.time.go_to(0, newest))

    def action_go_to_now(self) -> None:
        self._go(lambda newest: self.time.leave())

    def action_play(self) -> None:
        self._go(lambda newest: self.time.play(time.monotonic()))

    def action_branch(self) -> None:
        self._go(self.time.stay)
        self._branch_wanted = True
        self.draw_answer()

    def _take_branch(self) -> None:
        """Branch off from the moment that was found, of those runs of which it is known."""
        if not self.is_current or self.time.epoch is None or len(self.found) != len(self.charted):
            return
        pairs = zip(self.charted, self.found, strict=True)
        there = [(record, found) for record, found in pairs if found and not isinstance(found, str)]
        if there:
            self.branch_off([record for record, _ in there], [moment for _, moment in there])
        else:
            self.notice(next((found for found in self.found if isinstance(found, str)), "nothing to branch off from"))

    @abstractmethod
    def branch_off(self, records: "Sequence[Record]", moments: "Sequence[Moment]") -> None:
        """Prepare a branch of these runs, each at its moment."""

    def on_time_screen_moment_found(self) -> None:
        self.draw_frame()

    @on(ChartView.Pointed)
    def _go_to_place(self, message: ChartView.Pointed) -> None:
        from tui_trainer.charts.views import load
        from tui_trainer.charts.views.over_time import ENDED, place_of

        leader, axis = self.leader, self.options.axis
        if leader is None or self.why_not("move", ()) or not load(str(message.chart.name)).over_time:
            return
        before = ENDED[axis](leader, message.x)
        nearest = min((before, before + 1), key=lambda epoch: abs(place_of(leader, axis, epoch) - message.x))
        self._go(lambda newest: self.time.go_to(nearest, newest))


def _looks(found: "Moment | str | None") -> object:
    """What tells a moment from another one of its run: not its address, which is given away again once it is gone."""
    return found if found is None or isinstance(found, str) else (found.steps, found.exact, found.step is not None)


def _is_at(found: "Moment | None", epoch: int) -> bool:
    """Whether this is the moment at the end of an epoch, computed as well as it can be here."""
    return found is not None and found.epoch == epoch and (found.exact or bool(found.note))
