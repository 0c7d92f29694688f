"""The screen for a script that is watched: what it logs, and what can be asked of it."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.events import Resize
from textual.widgets import Static

from tui_trainer.charts.views import Options
from tui_trainer.engine.requests import MOST, Checkpoint, Pause, Request, Resume, ScaleRate, Set, Step, Stop
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.files import reason
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.frames import FRAME_SECONDS
from tui_trainer.tui.keys import SCRIPT_KEYS
from tui_trainer.tui.notice import Notice
from tui_trainer.tui.panes import Drawn, Pane, panes
from tui_trainer.tui.screens.chart_screen import OptionsScreen
from tui_trainer.tui.screens.pick import PickScreen
from tui_trainer.tui.script_reader import ScriptReader
from tui_trainer.tui.truncation import shortened
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.output import OutputPane
from tui_trainer.tui.widgets.panes import PaneGrid
from tui_trainer.tui.widgets.script_status import ScriptStatus
from tui_trainer.tui.widgets.title import Title

if TYPE_CHECKING:
    from tui_trainer.tui.rendering import RenderingApp

ASKED = ("start_or_pause", "change_rate", "ask_rate", "step", "stop", "checkpoint")
INTRO = """
A script that has `with watch(model, optimizer) as run:` around its loop logs what is shown here. What is asked of it \
takes effect before its next step. One chart has what is logged under names such as loss and val_loss, or train/acc \
and test/acc, of training and of held-out samples (○).

How busy the machine is stands above the status line, where the script runs on this one and the packages for that are \
there: pip install 'tui-trainer[hardware]'.
"""


class ScriptScreen(OptionsScreen):
    """Draws what the reader has, as often as there is something new."""

    keys = SCRIPT_KEYS
    BINDINGS = [key.binding for key in SCRIPT_KEYS]
    AUTO_FOCUS = ""
    intro = INTRO
    limits = "the script trains in another process"

    def __init__(self, runs: Sequence[StoredRun]) -> None:
        super().__init__(Options())
        self.reader = ScriptReader(runs)
        self.query_words, self.alone, self._place = "", "", 0
        self._notice = Notice()
        self._drawn: object = None
        self._state: Status | None = None

    def compose(self) -> ComposeResult:
        yield Title("runs")
        with Vertical(id="script"):
            yield PaneGrid(id="panes")
            yield OutputPane(id="output")
        yield Static(id="machine", markup=False)
        yield ScriptStatus(id="status")
        yield KeyBar()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.draw())
        self.set_interval(FRAME_SECONDS, self._tick)
        self.reader.open(lambda: self.in_sight)
        self.call_after_refresh(self.draw)

    async def on_unmount(self) -> None:
        await asyncio.to_thread(self.reader.close)  # which waits for the look under way

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self._drawn = None
        self.call_after_refresh(self.draw)

    # Drawing

    def _tick(self) -> None:
        words = self._notice.words()
        if (self.reader.version, words) != self._drawn and cast("RenderingApp", self.app).frame_is_due(locked=False):
            self.draw()

    @property
    def panes(self) -> list[Pane]:
        """What there is to see that the words looked for are in."""
        every = panes(self.reader, role_styles(self.app))
        words = self.query_words.lower().split()
        return [pane for pane in every if any(word in pane.name.lower() for word in words)] if words else every

    def draw(self) -> None:
        """Show what there is by now."""
        try:
            grid, status, title = self.query_one(PaneGrid), self.query_one(ScriptStatus), self.query_one(Title)
        except NoMatches:  # before it stands, and after
            return
        reader, state = self.reader, self.reader.state
        self._drawn = reader.version, (words := self._notice.words())
        every = self.panes
        if self.alone and all(pane.name != self.alone for pane in every):
            self.alone = ""
        shown = self._shown(every, grid.room)
        title.show(self._title(every, shown))
        room = grid.share(len(shown) or 1)
        nothing = Drawn(self._nothing, [])
        grid.show([pane.draw(self.options, room) for pane in shown] or [nothing])
        output = self.query_one(OutputPane)
        errors = [printable(line) for run in reader.runs if run.info.error for line in run.info.error.splitlines()]
        lines = [*reader.printed, *errors]
        output.show(lines or ["nothing was printed: watch(..., output=True) keeps what the script prints"])
        self.set_class(bool(lines), "-printed")
        self.query_one("#machine", Static).update(shortened(Text(f" {reader.machine}"), self.size.width))
        self.set_class(bool(reader.machine), "-machine")
        status.show(reader.runs, words or (f"not read: {reader.trouble}" if reader.trouble else ""))
        if state is not self._state:
            self._state = state
            self.refresh_bindings()

    def _shown(self, every: Sequence[Pane], room: int) -> list[Pane]:
        """One alone, or as many as there is room for, from where the keys have gone to."""
        if self.alone:
            return [pane for pane in every if pane.name == self.alone]
        if len(every) <= room:
            return [*every]
        start = self._place % len(every)
        return [*every[start:], *every[:start]][:room]

    def _title(self, every: Sequence[Pane], shown: Sequence[Pane]) -> str:
        run = self.reader.runs[0]
        name = run.name + f" and {len(self.reader.runs) - 1} more" * (len(self.reader.runs) > 1)
        where = [f"imported from {run.info.imported}" if run.info.imported else f"watching {run.info.script}"]
        if run.live:
            where.append(f"process {run.info.process} on {run.info.host}")
        found = [f"/{printable(self.query_words)}"] if self.query_words else []
        more = [f"{len(shown)} of {len(every)} charts"] if len(shown) < len(every) else []
        return " · ".join([name, *more, *found, *where])

    @property
    def _nothing(self) -> str:
        """Why there is no chart."""
        if not self.reader.records and not self.reader.trouble:
            return "loading what it takes to draw…"
        if self.query_words:
            return f"no chart has {self.query_words!r} in its name"
        return self.reader.trouble or "what run.log(...) says appears here"

    def notice(self, words: str) -> None:
        self._notice.show(words)
        self.draw()

    # Keys

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action in ASKED and not self.reader.live:
            return f"there is nothing to pause or to change: {self.reader.state}"
        if action == "next_map" and self.is_mounted and not self.alone:
            every, room = len(self.panes), self.query_one(PaneGrid).room
            return "" if every > room else "there is room for all charts"
        return ""

    def _ask_script(self, request: Request, words: str) -> None:
        try:
            self.reader.request(request)
        except OSError as error:
            self.notice(f"not asked: {reason(error)}")
        else:
            self.notice(words)

    def action_start_or_pause(self) -> None:
        paused = self.reader.state is Status.PAUSED
        self._ask_script(Resume() if paused else Pause(), "asked to go on" if paused else "asked to pause")

    def action_step(self) -> None:
        self._ask_script(Step(), "asked for one step")

    def action_stop(self) -> None:
        self._ask_script(Stop(), "asked to stop; the script goes on after its loop")

    def action_checkpoint(self) -> None:
        self._ask_script(Checkpoint(), "asked for a checkpoint")

    def action_change_rate(self, factor: float) -> None:
        self._ask_script(ScaleRate(factor), f"asked for {'twice' if factor > 1 else 'half'} the learning rate")

    def action_ask_rate(self) -> None:
        setting = SETTINGS["lr"]

        def take(text: str) -> None:
            self._ask_script(Set("lr", setting.parse(text)), f"asked for learning rate {text.strip()}")

        self.ask("Learning rate", f"Above 0, below {MOST:,.0f}.", "", setting.parse, take)

    def action_find(self) -> None:
        self.ask("Find", "Words of names: loss, conv1. Empty: all.", self.query_words, str, self._find)

    def _find(self, text: str) -> None:
        self.query_words, self.alone, self._place = text.strip(), "", 0
        self.draw()

    def action_view(self) -> None:
        every = self.panes
        shown = self._shown(every, self.query_one(PaneGrid).room)
        self.alone = "" if self.alone or not shown else shown[0].name
        self.draw()

    def action_next_map(self) -> None:
        every = [pane.name for pane in self.panes]
        if self.alone in every:
            self.alone = every[(every.index(self.alone) + 1) % len(every)]
        else:
            self._place += self.query_one(PaneGrid).room
            self._place = 0 if self._place >= len(every) else self._place
        self.draw()

    def action_choose_chart(self) -> None:
        def take(name: str | None) -> None:
            if name is not None:
                self.query_words, self.alone = "", name
                self.draw()

        names = {pane.name: pane.about for pane in panes(self.reader, role_styles(self.app))}
        if names:
            self.app.push_screen(PickScreen("Chart", names, self.alone, several=False), take)

    def action_back(self) -> None:
        if self.alone:
            self.alone = ""
            self.draw()
        elif len(self.app.screen_stack) > 1:
            self.dismiss()
        else:
            self.app.run_worker(self.app.run_action("app.place('runs')"))

    def action_axis(self) -> None:
        options = self.options.next_axis()
        self.redraw(options, f"along {options.axis}s")

    def action_log(self) -> None:
        output = self.query_one(OutputPane)
        shown = not output.display
        self.set_class(shown, "-log")
        self.set_class(not shown, "-no-log")
        self.set_focus(output if shown else None)
        self.call_after_refresh(self.draw)
