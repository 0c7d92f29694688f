"""The runs screen as it is seen: what is kept, as a table; below it the selected runs, overlaid."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.message import Message
from textual.widgets import DataTable, Static

from tui_trainer.engine.pace import AUTO, Pace
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.runs.imports import beside
from tui_trainer.runs.listing import Listing
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.legend import legends
from tui_trainer.tui.preferences import Layout
from tui_trainer.tui.record_loader import RecordLoader
from tui_trainer.tui.rendering import RenderingApp
from tui_trainer.tui.run_selection import RunSelection
from tui_trainer.tui.screens.chart_screen import ROWS_AROUND
from tui_trainer.tui.screens.time_screen import TimeScreen
from tui_trainer.tui.truncation import shortened
from tui_trainer.tui.widgets.chart_grid import ChartGrid
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.runs_table import RunsTable
from tui_trainer.tui.widgets.title import Title

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record

POLL_SECONDS = 1.0
NOTHING = "No run is kept yet: {train} opens the training screen, and {go} trains there."


class RunsStage(TimeScreen):
    """Looks at the folders every second, in a thread; what keys do with the runs is the runs screen's."""

    FIRST = "loss"

    class Listed(Message):
        """The folders were read."""

        def __init__(self, runs: list[StoredRun]) -> None:
            super().__init__()
            self.runs = runs

    class RecordLoaded(Message):
        """One more run can be drawn."""

    class FoundBeside(Message):
        """There are runs of other programs, which these words tell how to bring in."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.selection = RunSelection()
        self._charted: Sequence[Record] = ()
        self._ghosts: Sequence[Record] = ()
        self._charted_runs: list[Path] = []
        self._shown: object = None
        self._listing, self._polling = Listing(), threading.Lock()
        self._beside: str | None = None  # what there is to say of runs of other programs; None before it is known
        self._repeats: dict[Path, int] = {}
        self._loader = RecordLoader(lambda: self.post_message(self.RecordLoaded()))

    def compose(self) -> ComposeResult:
        yield Title("runs")
        with Container(id="runs"):
            yield RunsTable(self._fold)
            yield Static(self.keymap.words(self._nothing), id="nothing", markup=False)
            yield ChartGrid(alone=self.FIRST, id="kept-charts")
        yield Static(id="said", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.draw())
        self.set_interval(POLL_SECONDS, self._poll)
        self._poll()

    def on_unmount(self) -> None:
        self._loader.close()

    def on_screen_resume(self) -> None:
        self._poll()
        self.query_one(RunsTable).focus()

    # Reading

    def _poll(self) -> None:
        if self.in_sight and self._polling.acquire(blocking=False):
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            runs = self._listing.read()
            self.post_message(self.Listed(runs))
            if self._beside is None:
                self._beside = beside(runs)
                self.post_message(self.FoundBeside(self._beside))
        finally:
            self._polling.release()

    def on_runs_stage_listed(self, message: "RunsStage.Listed") -> None:
        self.selection.take_in(message.runs)
        self.draw()

    def on_runs_stage_found_beside(self, message: "RunsStage.FoundBeside") -> None:
        if message.words and self.selection.runs:
            self.notice(message.words)
        elif message.words:  # it is said where the runs would stand
            self.draw()

    def on_runs_stage_record_loaded(self) -> None:
        self._draw_charts()

    # Drawing

    @property
    def charted(self) -> "Sequence[Record]":
        return self._charted

    @property
    def behind(self) -> "Sequence[Record]":
        return [*self._charted, *self._ghosts]

    @property
    def pace(self) -> Pace:
        return AUTO

    def draw_answer(self) -> None:
        self._draw_charts()

    def draw_frame(self) -> None:
        """Show where the cursor is, if that has moved and a frame is due."""
        if self.cursor_state != self._shown and cast("RenderingApp", self.app).frame_is_due(locked=False):
            self._draw_charts()

    @property
    def _nothing(self) -> str:
        """Why there is no row in the table, where there is none."""
        if self.selection.runs is None:
            return "reading what is kept…"
        if self.selection.runs:
            return f"No run fits {self.selection.query!r}: {{find}} changes that."
        return f"{NOTHING}\n\n{self._beside}" if self._beside else NOTHING

    @property
    def current(self) -> StoredRun | None:
        return self.query_one(RunsTable).current

    @property
    def selected(self) -> list[StoredRun]:
        return self.selection.selected(self.current)

    @property
    def of_script(self) -> list[StoredRun]:
        """Those of the selected runs that are a script's."""
        return [run for run in self.selected if run.own is None] if self.is_mounted else []

    def draw(self) -> None:
        """Show the runs as they are now."""
        selection = self.selection
        if selection.runs is None:
            return
        found, self._repeats = selection.folded()
        self.query_one(RunsTable).show(found, selection.picked, self._repeats)
        self.set_class(not found, "-empty")
        self.query_one("#nothing", Static).update(self.keymap.words(self._nothing))
        self.query_one(Title).show(selection.words)
        if self.focused is None:  # it loses the focus where a chart stands in its place
            self.query_one(RunsTable).focus()
        self._draw_charts()
        self.refresh_bindings()

    def _draw_charts(self) -> None:
        selected = self.selected
        parents = self.selection.parents(selected)
        loaded = self._loader.request([*selected, *parents])
        known = loaded[: len(selected)]
        self._ghosts = [record for record in loaded[len(selected) :] if record and not isinstance(record, str)]
        drawn = [(run, r) for run, r in zip(selected, known, strict=True) if r is not None and not isinstance(r, str)]
        names, records = [run.name for run, _ in drawn], _overlaid(drawn)
        if [run.folder for run, _ in drawn] != self._charted_runs:
            self.time.leave()  # the past of others
        self._charted_runs, self._charted = [run.folder for run, _ in drawn], records
        then = self.as_of(records)
        trouble = next((record for record in known if isinstance(record, str)), "")
        charts, texts = self.query_one(ChartGrid), legends(then or records, run_styles(self.app))
        nothing = "reading…" if None in known else ""
        for _ in charts.show(records, self._ghosts, self.options, texts, texts, nothing, then, self.place):
            pass
        self._shown = self.cursor_state
        past = next((words for words in self.time_words(Status.COMPLETED) if len(words) < self.size.width - 2), "")
        reached = self.selection.reached([record.history for record in records], names)
        self._show_message(past or trouble or reached)

    def _show_message(self, words: str) -> None:
        """A line about what is selected, unless there is something to say for a while."""
        run = self.current
        about = f"{run.name}: {printable(run.label.note)}" if run and run.label.note else run.id if run else ""
        said = Text(self.keymap.words(self._notice.words() or words) or about, role_styles(self.app)["mark"])
        self.query_one("#said", Static).update(shortened(said, self.size.width - 2))

    def notice(self, words: str) -> None:
        """Say something for a while."""
        self._notice.show(words)
        self._draw_charts()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self._draw_charts()
        self.refresh_bindings()

    def _draw_from_top(self) -> None:
        self.draw()
        self.query_one(RunsTable).move_cursor(row=0, animate=False)

    def _fold(self, hide: bool) -> bool:
        """Hide what the run under the cursor repeats, or show what it stands for; returns whether there is such."""
        run = self.current
        if run is None or (not hide and run.folder not in self._repeats):
            return False
        if hide and not self.selection.fold_again(run):
            return False
        if not hide:
            self.selection.unfold(run)
        self.draw()
        return True

    @property
    def single(self) -> bool:
        """Where there is room for the table or one chart, the table stands for all charts."""
        return super().single and not self.has_class("-flat")

    def share_of(self, charts: int) -> Size:
        # Beside each other, below the table.
        return Size(self.size.width // charts, (self.size.height - ROWS_AROUND) // 2)


def _overlaid(runs: "Sequence[tuple[StoredRun, Record]]") -> "list[Record]":
    """The runs under the names they have now, equal samples being one: they are drawn once, and have one baseline."""
    first: dict[str, Record] = {}
    return [
        replace(record, name=run.name, task=first.setdefault(record.samples.fingerprint, record).task)
        if run.own
        else replace(record, name=run.name)
        for run, record in runs
    ]
