"""The runs screen: what is kept, as a table; below it the selected runs, laid over each other."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Static

from tui_trainer.catalog import EXPORTS
from tui_trainer.comparison import Comparison
from tui_trainer.escape import printable
from tui_trainer.runs.listing import Listing
from tui_trainer.runs.query import ORDERS, ordered, read_query
from tui_trainer.runs.shelf import KeptRun
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.keys import RUNS_KEYS
from tui_trainer.tui.notice import Notice
from tui_trainer.tui.recalling import Recaller
from tui_trainer.tui.screens.ask import AskScreen
from tui_trainer.tui.screens.difference import DifferenceScreen
from tui_trainer.tui.screens.help import HelpScreen
from tui_trainer.tui.shelving import Shelving, check_file, check_goal, check_name, check_note
from tui_trainer.tui.widgets.kept_charts import KeptCharts
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.runs_table import RunsTable
from tui_trainer.tui.widgets.title import Title

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record

LOOK_SECONDS = 1.0
MOST = 8  # laid over each other: as many signs as there are
INTRO = """\
Every run is kept. space lays several over each other; / finds runs by words such as tanh, lr>=0.01 or \
status=diverged; r goes on with a run that was not finished, enter takes its settings to the training screen.
"""
NOTHING = "No run is kept yet: 1 opens the training screen, and space trains there."


class RunsScreen(Screen[None]):
    """Looks at the folders every second, in a thread."""

    keys = RUNS_KEYS
    # enter before the table's own, which the footer would not show
    BINDINGS = [replace(key.binding, priority=key.key == "enter") for key in RUNS_KEYS]

    class Listed(Message):
        """The folders were read."""

        def __init__(self, runs: list[KeptRun]) -> None:
            super().__init__()
            self.runs = runs

    class Recalled(Message):
        """One more run can be drawn."""

    class Told(Message):
        """Something was done on the disk, or not, as these words say."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Train(Message):
        """The training screen is wanted: on these settings, or going on with this run."""

        def __init__(self, comparison: Comparison, resume: KeptRun | None = None) -> None:
            super().__init__()
            self.comparison, self.resume = comparison, resume

    def __init__(self) -> None:
        super().__init__(classes="-view-both")
        self.runs: list[KeptRun] | None = None
        self.picked: list[Path] = []
        self.query_text, self.order, self.goal = "", "age", ""
        self._listing, self._looking = Listing(), threading.Lock()
        self.shelving = Shelving(lambda words: self.post_message(self.Told(words)), self._look)
        self._notice = Notice()
        self._recaller = Recaller(lambda: self.post_message(self.Recalled()))

    def compose(self) -> ComposeResult:
        yield Title("runs")
        with Container(id="runs"):
            yield RunsTable()
            yield Static("reading what is kept…", id="nothing")
            yield KeptCharts()
        yield Static(id="said", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.draw())
        self.set_interval(LOOK_SECONDS, self._look)
        self._look()

    def on_unmount(self) -> None:
        self._recaller.close()

    def on_screen_resume(self) -> None:
        self._look()
        self.query_one(RunsTable).focus()

    # Reading

    def _look(self) -> None:
        if self.is_current and self._looking.acquire(blocking=False):
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            self.post_message(self.Listed(self._listing.read()))
        finally:
            self._looking.release()

    def on_runs_screen_listed(self, message: "RunsScreen.Listed") -> None:
        self.runs = message.runs
        there = {run.folder for run in self.runs}
        self.picked = [folder for folder in self.picked if folder in there]
        self.draw()

    def on_runs_screen_told(self, message: "RunsScreen.Told") -> None:
        self.notice(printable(message.words))

    def on_runs_screen_recalled(self) -> None:
        self._draw_charts()

    # Drawing

    @property
    def shown(self) -> list[KeptRun]:
        """The runs that the query finds, in order."""
        passes = read_query(self.query_text)
        return ordered([run for run in self.runs or [] if passes(run)], self.order)

    @property
    def current(self) -> KeptRun | None:
        return self.query_one(RunsTable).current

    @property
    def selected(self) -> list[KeptRun]:
        """The runs that are picked, or else the one under the cursor."""
        by_folder = {run.folder: run for run in self.runs or []}
        return [by_folder[folder] for folder in self.picked] or ([self.current] if self.current else [])

    def draw(self) -> None:
        """Show the runs as they are now."""
        if self.runs is None:
            return
        shown = self.shown
        self.query_one(RunsTable).show(shown, self.picked)
        self.set_class(not shown, "-empty")
        nothing = f"No run fits {self.query_text!r}: / changes that." if self.runs else NOTHING
        self.query_one("#nothing", Static).update(Text(nothing))
        found = f"{len(shown)} of {len(self.runs)} runs" if self.query_text else f"{len(self.runs)} runs"
        words = [found, f"/{printable(self.query_text)}" if self.query_text else "", f"by {self.order}"]
        self.query_one(Title).show(" · ".join(filter(None, words)))
        self._draw_charts()
        self.refresh_bindings()

    def _draw_charts(self) -> None:
        selected = self.selected
        known = self._recaller.want(selected)
        drawn = [(run, r) for run, r in zip(selected, known, strict=True) if r is not None and not isinstance(r, str)]
        records, names = [record for _, record in drawn], [run.name for run, _ in drawn]
        trouble = next((record for record in known if isinstance(record, str)), "")
        self.query_one(KeptCharts).show(records, names, waiting=None in known)
        self._say(trouble or self._reached(records, names))

    def _say(self, words: str) -> None:
        """A line about what is selected, unless there is something to say for a while."""
        run = self.current
        about = f"{run.name}: {printable(run.label.note)}" if run and run.label.note else run.id if run else ""
        said = Text(f" {self._notice.words('') or words or about}", role_styles(self.app)["mark"], no_wrap=True)
        self.query_one("#said", Static).update(said)

    def _reached(self, records: "list[Record]", names: list[str]) -> str:
        """When each of the runs reached the loss that was asked for."""
        if not self.goal:
            return ""
        times = []
        for name, history in zip(names, (record.history for record in records), strict=True):
            epoch = history.reached(float(self.goal))
            when = f"epoch {epoch:,}, {history.seconds_at(np.array([epoch]))[0]:.3g} s" if epoch else "never"
            times.append(f"{name} {when}")
        return f"loss {self.goal}: " + "; ".join(times)

    def notice(self, words: str) -> None:
        """Say something for a while."""
        self._notice.say(words, "")
        self._draw_charts()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self._draw_charts()
        self.refresh_bindings()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the keys that make no sense now."""
        run = self.query_one(RunsTable).current if self.is_mounted else None
        on_a_run = ("pick", "open", "resume", "rename", "note", "pin", "delete", "goal", "export")
        sense: dict[str, Any] = dict.fromkeys(on_a_run, run is not None)
        sense |= {"undo": bool(self.shelving.deleted), "difference": len(self.picked) == 2}
        if run:
            sense |= {"resume": run.unfinished, "delete": not run.live}
        return bool(sense.get(action, True)) or None

    def action_pick(self) -> None:
        assert self.current
        folder = self.current.folder
        if folder in self.picked:
            self.picked.remove(folder)
        elif len(self.picked) < MOST:
            self.picked.append(folder)
        else:
            self.notice(f"at most {MOST} runs lie over each other; space takes one away")
        self.draw()

    def action_open(self) -> None:
        self.post_message(self.Train(Comparison.covering([run.experiment for run in self.selected])))

    def action_resume(self) -> None:
        assert self.current
        self.post_message(self.Train(Comparison.covering([self.current.experiment]), self.current))

    def action_difference(self) -> None:
        one, other = self.selected
        self.app.push_screen(DifferenceScreen(one, other))

    def action_order(self) -> None:
        names = list(ORDERS)
        self.order = names[(names.index(self.order) + 1) % len(names)]
        self._draw_from_top()

    def action_find(self) -> None:
        help = "Words that runs mention, and conditions: tanh, lr>=0.01, status=diverged, best<2, age<3600."
        self._ask("Find", help, self.query_text, read_query, self._find)

    def _find(self, text: str) -> None:
        self.query_text = text.strip()
        self._draw_from_top()

    def _draw_from_top(self) -> None:
        self.draw()
        self.query_one(RunsTable).move_cursor(row=0, animate=False)

    def action_goal(self) -> None:
        help = "A loss: which epoch reached it first, and after how many seconds. Empty: none."
        self._ask("Loss to reach", help, self.goal, check_goal, self._aim)

    def _aim(self, text: str) -> None:
        self.goal = text.strip()
        self._draw_charts()

    def action_rename(self) -> None:
        self._ask_of_run("Name", "What this run is called.", lambda run: run.name, check_name, "name")

    def action_note(self) -> None:
        help = "What you want to remember of this run."
        self._ask_of_run("Note", help, lambda run: run.label.note, check_note, "note")

    def _ask_of_run(
        self, title: str, help: str, text: Callable[[KeptRun], str], check: Callable[[str], object], field: str
    ) -> None:
        """Ask for a part of the label of the run under the cursor."""
        assert self.current
        run = self.current
        self._ask(title, help, text(run), check, lambda answer: self.shelving.label(run, **{field: answer}))

    def action_pin(self) -> None:
        assert self.current
        self.shelving.label(self.current, pinned=not self.current.label.pinned)

    def action_delete(self) -> None:
        assert self.current
        self.shelving.delete(self.current)

    def action_undo(self) -> None:
        self.shelving.undo()

    def _ask(
        self, title: str, help: str, text: str, check: Callable[[str], object], take: Callable[[str], None]
    ) -> None:
        def answered(answer: str | None) -> None:
            if answer is not None:
                take(answer)

        self.app.push_screen(AskScreen(title, help, text, check), answered)

    def action_export(self) -> None:
        assert self.current
        run = self.current
        endings = "\n".join(f"{ending}  {choice.help}" for ending, choice in EXPORTS.items())
        self._ask(
            "Write to a file",
            endings,
            f"{run.id}.py",
            check_file,
            partial(self.shelving.export, run),
        )

    def action_axis(self) -> None:
        self.query_one(KeptCharts).turn_axis()
        self._draw_charts()

    def action_log_scale(self) -> None:
        charts = self.query_one(KeptCharts)
        charts.log_y = not charts.log_y
        self._draw_charts()

    def action_smoothing(self) -> None:
        charts = self.query_one(KeptCharts)
        charts.smooth = not charts.smooth
        self._draw_charts()

    def action_view(self) -> None:
        views = ("-view-both", "-view-loss", "-view-fit")
        now = next(view for view in views if self.has_class(view))
        for view in views:
            self.set_class(view == views[(views.index(now) + 1) % 3], view)
        self.call_after_refresh(self._draw_charts)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.keys, INTRO))
