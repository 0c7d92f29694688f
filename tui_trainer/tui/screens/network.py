"""The network screen: each unit of a run's net, one of them picked: its weights with figures, edited by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Static

from tui_trainer.charts.styles import format_number
from tui_trainer.charts.views import Options
from tui_trainer.engine.requests import Becomes, Edit, Pause, Resume, Step
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.sentence import InputError
from tui_trainer.tui.frames import FRAME_SECONDS
from tui_trainer.tui.keys import NETWORK_KEYS
from tui_trainer.tui.net_cursor import NetCursor
from tui_trainer.tui.notice import Notice
from tui_trainer.tui.screens.keyed import KeyedScreen
from tui_trainer.tui.session import Session
from tui_trainer.tui.widgets.chart_view import ChartView
from tui_trainer.tui.widgets.keybar import KeyBar

if TYPE_CHECKING:
    from tui_trainer.engine.events import WeightsEdited
    from tui_trainer.runs.record import Record
    from tui_trainer.tasks.inside import Inside
    from tui_trainer.tui.rendering import RenderingApp
    from tui_trainer.weight import Weight

EDITS = ("change_weight", "switch", "undo")
INTRO = """
A tile is what a unit gives over the plane, or along x: blue below 0, orange above. Bars are the weights that come \
into it. What is edited by hand takes effect before the next step, and training goes on from there. A unit that is \
switched off has weights of 0, which no gradient moves, so it stays off.
"""


class NetworkScreen(KeyedScreen):
    """One run's net as it is now, while it trains or paused."""

    keys = NETWORK_KEYS
    BINDINGS = [key.binding for key in NETWORK_KEYS]
    AUTO_FOCUS = ""
    intro = INTRO

    def __init__(
        self,
        session: Session,
        options: Options,
        edited: "Sequence[WeightsEdited]",
        locked: Callable[[], bool],
    ) -> None:
        """edited: what was edited by hand and not taken back; locked: whether training holds Python's lock."""
        super().__init__()
        self.session, self.limits, self.options = session, session.limits, options
        self._edited, self._locked = edited, locked
        self._cursor, self._notice = NetCursor(), Notice()
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        yield Static(id="net-title")
        yield ChartView(id="net")
        yield Static(id="net-unit")
        yield KeyBar()

    def on_mount(self) -> None:
        self.set_interval(FRAME_SECONDS, self._tick)
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.draw())
        self.call_after_refresh(self.draw)

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self.draw)

    def _tick(self) -> None:
        if self.is_current and cast("RenderingApp", self.app).frame_is_due(self._locked()):
            self.draw()

    # What is shown

    @property
    def record(self) -> "Record":
        """The run whose net is shown."""
        from tui_trainer.charts.views.view import turned_to

        record = turned_to(self.session.records, self.options)
        assert record
        return record

    @property
    def inside(self) -> "Inside | str":
        """Its net, or why there is none to look into."""
        snapshot = self.record.snapshot
        return snapshot.inside or "nothing to look into" if snapshot else "there is nothing to see of this task"

    def draw(self) -> None:
        """Show what is new."""
        if not self.is_mounted or not self.session.records:
            return
        record = self.record
        words = self._notice.words(self.session.group)
        seen = (
            id(record.snapshot),
            record.status,
            record.steps,
            self._cursor.place,
            words,
            len(self._edited),
            self.size,
            self.app.theme,
        )
        if seen == self._drawn:
            return
        self._drawn = seen
        from tui_trainer.charts.views import load
        from tui_trainer.charts.views.network import network_of

        title, state = load("network").title(self.session.records, self.options), self.session.state
        loss = format_number(record.history.last)
        place = f"{state} · epoch {record.epoch:,} of {record.experiment.epochs:,} · loss {loss}"
        self.query_one("#net-title", Static).update(
            Text(f" {printable(title)} · {place}", no_wrap=True, overflow="ellipsis")
        )
        chart, inside = self.query_one(ChartView), self.inside
        if isinstance(inside, str):
            chart.show(f"{record.name}: {inside}")
            lines = ["", "", words]
        else:
            net = network_of(record, inside)
            self._cursor.settle(net)
            chart.show(replace(net, picked=self._cursor.picked))
            lines = [*self._cursor.words(net, inside, self.size.width - 2), words]
        self.query_one("#net-unit", Static).update(
            Text("\n".join(f" {line}" for line in lines), no_wrap=True, overflow="ellipsis")
        )
        self.refresh_bindings()

    def notice(self, words: str) -> None:
        self._notice.show(words, self.session.group)
        self.draw()

    # Keys

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if not self.session.records:
            return Status.LOADING.advice
        state, inside = self.session.state, self.inside
        if self.limits and action in (*EDITS, "step"):
            return self.limits
        if (action in ("start_or_pause", "step") and state.ended) or (action in EDITS and self.record.status.ended):
            return f"this run has ended ({self.record.status}): esc, then E gives them more epochs, r starts afresh"
        if isinstance(inside, str):
            return inside if action in (*EDITS, "mark", "pick") else ""
        if action in ("change_weight", "mark") and not self._cursor.layer:
            return "a feature has no weights that come in: → goes to the units"
        if action == "switch" and not 0 < self._cursor.layer < len(inside.layers):
            return "only a hidden unit can be switched off"
        if action == "undo" and not self._edited:
            return "nothing was edited by hand, or all of it was taken back"
        return ""

    def action_pick(self, layers: int, units: int) -> None:
        self._cursor.move(layers, units)
        self.draw()

    def action_mark(self, by: int) -> None:
        self._cursor.mark(by)
        self.draw()

    def action_next_map(self) -> None:
        self.options = replace(self.options, first=self.options.first + 1)
        self.draw()

    def action_start_or_pause(self) -> None:
        match self.session.state:
            case Status.READY:
                self.session.start()
            case Status.RUNNING:
                self.session.request(Pause())
            case Status.PAUSED:
                self.session.request(Resume())

    def action_step(self) -> None:
        self.session.request(Step())
        self.session.start()

    def action_back(self) -> None:
        self.dismiss()

    def action_change_weight(self, sign: int) -> None:
        inside = cast("Inside", self.inside)
        name, place, step = self._cursor.weight(inside)
        self._edit(self._cursor.weight_name, [(name, place, sign * step)], add=True)

    def action_switch(self) -> None:
        inside, layer, unit = cast("Inside", self.inside), self._cursor.layer - 1, self._cursor.unit
        what = f"unit {self._cursor.unit_name}"
        if not inside.is_off(layer, unit):
            self._edit(what, inside.switched_off(layer, unit), becomes="off")
            return
        before = [e.before for e in self._edited if (e.run, e.what, e.new) == (self.record.name, what, "off")]
        self._edit(what, before[-1] if before else inside.drawn_anew(layer, unit), becomes="on")

    def action_undo(self) -> None:
        last = self._edited[-1]
        becomes: Becomes = "off" if last.new == "on" else "on" if last.new == "off" else ""
        self._edit(last.what, last.before, run=last.run, becomes=becomes)

    def _edit(
        self, what: str, weights: "Sequence[Weight]", add: bool = False, becomes: Becomes = "", run: str = ""
    ) -> None:
        """Ask for it, to be done before the next step; a run that is untrained begins, and waits."""
        session = self.session
        try:
            edit = Edit(run or self.record.name, what, tuple(weights), add, becomes)
            if session.state is Status.READY:
                session.request(Pause())
                session.start()
            session.request(edit)
        except InputError as error:
            self.notice(str(error))

    def show_edit(self, event: "WeightsEdited") -> None:
        """Say what came of an edit."""
        self.notice(f"{event.what}: {event.old} → {event.new} · u takes it back")


def taken_in(edited: "list[WeightsEdited]", event: "WeightsEdited") -> None:
    """Add an edit to those before, or take the last one from them where this one took it back."""
    if edited and edited[-1].run == event.run and edited[-1].before == event.after:
        edited.pop()
    else:
        edited.append(event)
