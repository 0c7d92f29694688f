"""The training screen as it is seen: the form, charts, log and status line, drawn from the session."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches

from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import Pace, rate
from tui_trainer.engine.status import Status
from tui_trainer.tui.colours import run_styles
from tui_trainer.tui.draft import Draft
from tui_trainer.tui.legend import legend, legends
from tui_trainer.tui.preferences import Layout, Preferences
from tui_trainer.tui.rendering import RenderingApp
from tui_trainer.tui.screens.time_screen import TimeScreen
from tui_trainer.tui.session import Session
from tui_trainer.tui.waiting import COMPILING, LOADING, PREPARING, Waiting
from tui_trainer.tui.widgets.chart_grid import ChartGrid
from tui_trainer.tui.widgets.form import SettingsPane
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.log import LogPane
from tui_trainer.tui.widgets.opening import Opening
from tui_trainer.tui.widgets.status import StatusLine, place_of
from tui_trainer.tui.widgets.steps import StepView
from tui_trainer.tui.widgets.title import Title

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record


class TrainStage(TimeScreen):
    """Draws the session a few times a second; what keys do with it is the training screen's."""

    FIRST = "fit"
    AUTO_FOCUS = ""

    def __init__(self, session: Session, comparison: Comparison, preferences: Preferences) -> None:
        super().__init__(preferences.train)
        self.session, self.draft, self.limits = session, Draft(session, comparison), session.limits
        self._drawn: object = None
        self._shown: object = None
        self._waiting = Waiting()
        self._chosen_before_step: str | None = None
        self.settings_wanted, self.log_wanted = preferences.settings, preferences.log  # to be remembered
        self.set_class(not self.settings_wanted, "-no-settings")
        self.set_class(self.log_wanted is True, "-log")
        self.set_class(self.log_wanted is False, "-no-log")

    @property
    def layout_now(self) -> Layout:
        # While a step is taken apart, the loss stands in the place of what was chosen.
        before = self._chosen_before_step
        return super().layout_now if before is None else Layout(before, self.options)

    def compose(self) -> ComposeResult:
        yield Title("train")
        if not self.limits:
            yield Opening()
        with Horizontal(id="main"):
            yield SettingsPane(self.draft.comparison, self.draft.check, id="side")
            with Vertical(id="work"):
                steps = StepView(id="steps", name="loss")  # which it takes the place of
                yield ChartGrid(steps, alone=self.FIRST, waiting="loading PyTorch…", id="charts")
                yield LogPane(id="log")
        yield StatusLine(id="status")
        yield KeyBar()

    def on_mount(self) -> None:
        if self.limits:
            self.query_one(SettingsPane).restrict(self.session.takes, self.limits)
        # At once: over a slow line, or beside the eager loop, the next frame may be a while off.
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.draw())
        self.draw()
        # Only now, so that importing torch does not compete with the first paint.
        self.call_after_refresh(self.session.open)

    def on_screen_resume(self) -> None:
        self.draw()

    # Drawing

    @property
    def charted(self) -> "Sequence[Record]":
        return self.draft.branch.parents if self.draft.branch else self.session.records

    @property
    def behind(self) -> "Sequence[Record]":
        return self.session.ghosts

    @property
    def pace(self) -> Pace:
        return self.session.present_pace

    def draw_answer(self) -> None:
        self._draw_in_turn(self._parts())

    def draw_frame(self) -> None:
        seen = self.is_current or self.app.screen.is_modal  # else frames are for the screen that lies over it
        if seen and cast("RenderingApp", self.app).frame_is_due(self.locked):
            self._draw_in_turn(self._parts())

    @property
    def locked(self) -> bool:
        """Whether training holds Python's lock."""
        compiling = any(record.compiling for record in self.session.records)  # for which all wait that train
        training = self.session.state is Status.RUNNING and not compiling
        return training and not self._waits and any(r.execution == "eager" for r in self.session.records)

    @property
    def _waits(self) -> bool:
        """Whether training waits most of the time, for the sake of the pace, and needs no lock meanwhile."""
        session = self.session
        return rate(session.present_pace, place_of(session.records)) < session.machine / 2

    def _draw_in_turn(self, parts: Iterator[None]) -> None:
        """Draw part after part, with time between them for keys."""
        for _ in parts:
            self.call_later(self._draw_in_turn, parts)
            return

    def draw(self) -> None:
        """Show what is new in the session, at once."""
        for _ in self._parts():
            pass

    def _parts(self) -> Iterator[None]:
        """Draw what is new, a part at each step."""
        if not self._stands:
            return
        self.query_one(StatusLine).show_waiting(self._awaited)
        session, state, records = self.session, self.session.state, self.charted
        snapshots = [(id(r), r.status, r.steps, len(r.history), id(r.snapshot), id(r.step)) for r in records]
        charts = self.query_one(ChartGrid)
        then = self.as_of(records)
        view = (self.chosen, self.options, self.cursor_state, charts.size, self.app.theme)
        draft = self.draft
        settings = draft.in_force, draft.comparison, draft.branch, session.present_pace
        notice = self._notice.words(*self._present)
        said = (session.trouble, notice, self._present, settings)
        if (seen := (state, snapshots, said, view)) == self._drawn or not self.is_current:
            return  # this is asked ten times a second, and must cost nothing
        self._drawn = seen
        shown = then or records
        names = legend(shown, run_styles(self.app))
        self._show_once(state, any(record.step for record in shown))
        self.query_one(StatusLine).show(
            state,
            shown,
            names,
            notice,
            bool(session.watched),
            session.present_pace,
            session.machine,
            list(map(self.keymap.words, self.time_words(state))),
            f"not kept: {session.trouble}" if session.trouble else draft.pending,
        )
        yield
        if records and self._drawn is seen:
            texts = [names, *legends(shown, run_styles(self.app))[1:]]
            ghosts = self.session.ghosts
            for _ in charts.show(records, ghosts, self.options, texts, texts[-1:], then=then, at=self.place):
                yield
                if self._drawn is not seen:
                    return  # something newer is drawn by now: the rest of this would lie over it
            if (steps := self.query_one(StepView)).display:
                steps.show(shown, self.keymap.words("{up} {down} scroll"))

    @property
    def _awaited(self) -> str:
        """What is waited for, and how long already."""
        if self.session.state is Status.LOADING:
            return self._waiting.words(LOADING)
        if any(record.compiling for record in self.session.records):
            return self._waiting.words(COMPILING)
        return self._waiting.words(PREPARING if self.session.preparing else "")

    @property
    def _stands(self) -> bool:
        """Whether its widgets are there: before and after that, nothing can be shown."""
        try:
            return self.query_one(Title) is not None  # which Textual remembers, as it does not for `query`
        except NoMatches:
            return False

    def _show_once(self, state: Status, stepping: bool) -> None:
        """What changes rarely and costs a new layout."""
        title, comparison = self.draft.title(short=self.has_class("-narrow")), self.draft.comparison
        if (state, stepping, title, comparison) == self._shown:
            return
        stepped = self.has_class("-stepping") and not stepping
        self._shown = state, stepping, title, comparison
        self.set_class(stepping, "-stepping")
        if not state.untrained:
            self.add_class("-begun")
        if stepped and self._chosen_before_step is not None:
            self.choose(self._chosen_before_step)
            self._chosen_before_step = None
        self.query_one(Title).show(title)
        self.query_one(SettingsPane).show(comparison)
        self.refresh_bindings()

    @property
    def _present(self) -> tuple[object, ...]:
        """What words on the status line may be about: these runs, in this state or in any."""
        group = id(self.session.group)
        return (self.session.state, group), group

    def notice(self, words: str, in_any_state: bool = False) -> None:
        """Say something on the status line for a while: as long as the runs are in this state, or in any."""
        self._notice.show(self.keymap.words(words), self._present[in_any_state])
        self.draw()

    def as_of(self, records: "Sequence[Record]") -> "Sequence[Record]":
        if self.draft.branch is None:
            return super().as_of(records)
        self.found = self.draft.branch.moments
        pairs = zip(records, self.draft.branch.moments, strict=True)
        return [record.as_of(moment.epoch, moment.snapshot) for record, moment in pairs]

    def time_words(self, state: Status) -> list[str]:
        branch = self.draft.branch
        if branch is None:
            return super().time_words(state)
        words = ("{go} starts it · {now} drops it", "{go} starts it", "{go}")
        return [f"↳ branch of {branch.where} · {each}" for each in words]
