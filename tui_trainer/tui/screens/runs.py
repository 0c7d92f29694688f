"""The runs screen: what is kept, as a table; below it the selected runs, overlaid."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.message import Message
from textual.widgets import DataTable, Static

from tui_trainer.catalog import EXPORTS
from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import AUTO, Pace
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.runs.library import StoredRun
from tui_trainer.runs.listing import Listing
from tui_trainer.sentence import InputError
from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.keys import RUNS_KEYS
from tui_trainer.tui.legend import legends
from tui_trainer.tui.nets import nets_of
from tui_trainer.tui.preferences import Layout
from tui_trainer.tui.record_loader import RecordLoader
from tui_trainer.tui.rendering import RenderingApp
from tui_trainer.tui.run_actions import RunActions, check_file, check_goal, check_name, check_note
from tui_trainer.tui.run_selection import RunSelection
from tui_trainer.tui.screens.chart_screen import ROWS_AROUND
from tui_trainer.tui.screens.difference import DifferenceScreen
from tui_trainer.tui.screens.help import LOSSES
from tui_trainer.tui.screens.predict import PredictScreen
from tui_trainer.tui.screens.script import ScriptScreen
from tui_trainer.tui.screens.time_screen import TIME_ACTIONS, TimeScreen
from tui_trainer.tui.truncation import shortened
from tui_trainer.tui.widgets.chart_grid import ChartGrid
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.runs_table import RunsTable
from tui_trainer.tui.widgets.title import Title

if TYPE_CHECKING:
    from tui_trainer.engine.past import Moment
    from tui_trainer.runs.record import Record

POLL_SECONDS = 1.0
INTRO = """\
Every run is stored. {lay-over} overlays several; {find} finds runs by words such as tanh, lr>=0.01 or \
status=diverged; {resume} resumes a run that was not finished, {train-it} takes its settings to the training screen. \
A bracket ╭ ╰ holds together what was started together.
"""
ON_A_RUN = ("branch", "pick", "open", "resume", "rename", "note", "pin", "delete", "goal", "export", "predict")
NOTHING = "No run is kept yet: {train} opens the training screen, and {go} trains there."


class RunsScreen(TimeScreen):
    """Looks at the folders every second, in a thread."""

    keys = RUNS_KEYS
    intro = INTRO + LOSSES
    FIRST = "loss"
    # enter before the table's own, which the footer would not show; home and end are time's
    BINDINGS = [replace(key.binding, priority=key.key in ("enter", "home", "end,escape")) for key in RUNS_KEYS]

    class Listed(Message):
        """The folders were read."""

        def __init__(self, runs: list[StoredRun]) -> None:
            super().__init__()
            self.runs = runs

    class RecordLoaded(Message):
        """One more run can be drawn."""

    class Reported(Message):
        """Something was done on the disk, or not, as these words say."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Train(Message):
        """The training screen is wanted, on these settings."""

        def __init__(self, comparison: Comparison) -> None:
            super().__init__()
            self.comparison = comparison

    class Branch(Message):
        """The training screen is wanted, for a branch of these runs, each at its moment."""

        def __init__(self, records: "Sequence[Record]", moments: "Sequence[Moment]") -> None:
            super().__init__()
            self.records, self.moments = records, moments

    class Resume(Message):
        """The training screen is wanted, going on with these runs."""

        def __init__(self, runs: list[StoredRun]) -> None:
            super().__init__()
            self.runs = runs

    def __init__(self, limits: str, layout: Layout) -> None:
        """limits: why the training screen can't take other runs, where it can't; layout: of the charts."""
        super().__init__(layout)
        self.limits = limits
        self.selection = RunSelection()
        self._charted: Sequence[Record] = ()
        self._ghosts: Sequence[Record] = ()
        self._charted_runs: list[Path] = []
        self._shown: object = None
        self._listing, self._polling = Listing(), threading.Lock()
        self.run_actions = RunActions(lambda words: self.post_message(self.Reported(words)), self._poll)
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
        self.run_actions.close()

    def on_screen_resume(self) -> None:
        self._poll()
        self.query_one(RunsTable).focus()

    # Reading

    def _poll(self) -> None:
        if self.in_sight and self._polling.acquire(blocking=False):
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            self.post_message(self.Listed(self._listing.read()))
        finally:
            self._polling.release()

    def on_runs_screen_listed(self, message: "RunsScreen.Listed") -> None:
        self.selection.take_in(message.runs)
        self.draw()

    def on_runs_screen_reported(self, message: "RunsScreen.Reported") -> None:
        self.notice(printable(message.words))

    def on_runs_screen_record_loaded(self) -> None:
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

    def branch_off(self, records: "Sequence[Record]", moments: "Sequence[Moment]") -> None:
        self.post_message(self.Branch(records, moments))

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
        return f"No run fits {self.selection.query!r}: {{find}} changes that." if self.selection.runs else NOTHING

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

    # Keys

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action in TIME_ACTIONS and self.of_script:
            return f"{self.of_script[0].name}: a script's run keeps no past, only what it logged"
        if reason := super().why_not(action, parameters):
            return reason
        if action == "undo":
            return "" if self.run_actions.deleted else "nothing was deleted since the app was opened"
        if action == "difference":
            return (
                "" if len(self.selection.picked) == 2 else "select two runs with {lay-over}, and {differ} compares them"
            )
        if action not in ON_A_RUN:
            return ""
        run = self.current if self.is_mounted else None
        if run is None:
            return self._nothing
        if action == "open" and self.of_script:
            ours = [each.name for each in self.selected if each.own]
            return f"{ours[0]} is no script's run: open those by themselves" if ours else ""
        if action in ("resume", "open", "branch") and self.limits:
            return self.limits
        if action in ("resume", "predict") and self.of_script:
            return f"{self.of_script[0].name}: {self.of_script[0].beyond}"
        resumable = self.selection.resumable(run) if action == "resume" else []
        if len({each.info.name for each in resumable}) < len(resumable):
            return "runs of one name can't go on side by side: select one of them"
        if action == "resume" and not resumable:
            if self.selection.picked:
                return "none of the runs that are selected was left unfinished"
            return f"{run.name} is training" if run.live else f"{run.name} is {run.status}: nothing is left to do"
        if action == "delete" and run.live:
            return f"{run.name} is training; stop it first"
        return ""

    @property
    def single(self) -> bool:
        """Where there is room for the table or one chart, the table stands for all charts."""
        return super().single and not self.has_class("-flat")

    def share_of(self, charts: int) -> Size:
        # Beside each other, below the table.
        return Size(self.size.width // charts, (self.size.height - ROWS_AROUND) // 2)

    def action_pick(self) -> None:
        assert self.current
        said = ""
        try:
            self.selection.pick(self.current)
        except InputError as error:
            said = str(error)
        self.draw()
        self.notice(said)

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

    def action_open(self) -> None:
        if not self.selection.picked and self._fold(False):
            return
        if self.of_script:
            self.app.push_screen(ScriptScreen(self.of_script))
            return
        self.post_message(self.Train(Comparison.covering([run.experiment for run in self.selected])))

    def action_resume(self) -> None:
        assert self.current
        self.post_message(self.Resume(self.selection.resumable(self.current)))

    def action_difference(self) -> None:
        one, other = self.selected
        self.app.push_screen(DifferenceScreen(one, other))

    def action_order(self) -> None:
        self.selection.turn_order()
        self._draw_from_top()

    def action_find(self) -> None:
        help = "Words that runs mention, and conditions: tanh, lr>=0.01, status=diverged, best<2, age<3600."
        self.ask("Find", help, self.selection.query, self.selection.read, self._find)

    def _find(self, text: str) -> None:
        self.selection.query = text.strip()
        self._draw_from_top()

    def _draw_from_top(self) -> None:
        self.draw()
        self.query_one(RunsTable).move_cursor(row=0, animate=False)

    def action_goal(self) -> None:
        help = "A loss: which epoch reached it first, and after how many seconds. Empty: none."
        self.ask("Loss to reach", help, self.selection.goal, check_goal, self._aim)

    def _aim(self, text: str) -> None:
        self.selection.goal = text.strip()
        self._draw_charts()

    def action_rename(self) -> None:
        self._ask_of_run("Name", "What this run is called.", lambda run: run.name, check_name, "name")

    def action_note(self) -> None:
        help = "What you want to remember of this run."
        self._ask_of_run("Note", help, lambda run: run.label.note, check_note, "note")

    def _ask_of_run(
        self, title: str, help: str, text: Callable[[StoredRun], str], check: Callable[[str], object], field: str
    ) -> None:
        """Ask for a part of the label of the run under the cursor."""
        assert self.current
        run = self.current
        self.ask(title, help, text(run), check, lambda answer: self.run_actions.label(run, **{field: answer}))

    def action_pin(self) -> None:
        assert self.current
        self.run_actions.label(self.current, pinned=not self.current.label.pinned)

    def action_delete(self) -> None:
        assert self.current
        self.run_actions.delete(self.current)

    def action_undo(self) -> None:
        self.run_actions.undo()

    def action_export(self) -> None:
        assert self.current
        run = self.current
        endings = "\n".join(f"{ending}  {choice.help}" for ending, choice in EXPORTS.items())
        self.ask(
            "Write to a file",
            endings,
            f"{run.id}.py",
            check_file,
            partial(self.run_actions.export, run),
        )

    def action_predict(self) -> None:
        """Ask the nets of the selected runs, as their last checkpoints have them."""
        selected = self.selected
        when = "last checkpoint" if selected[1:] else printable(selected[0].name)
        self.app.push_screen(PredictScreen(when, selected[0].experiment, partial(nets_of, selected)))

    def action_axis(self) -> None:
        self.options = self.options.next_axis()
        self._draw_charts()


def _overlaid(runs: "Sequence[tuple[StoredRun, Record]]") -> "list[Record]":
    """The runs under the names they have now, equal samples being one: they are drawn once, and have one baseline."""
    first: dict[str, Record] = {}
    return [
        replace(record, name=run.name, task=first.setdefault(record.samples.fingerprint, record).task)
        if run.own
        else replace(record, name=run.name)
        for run, record in runs
    ]
