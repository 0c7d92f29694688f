"""The runs screen: what keys do with what is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from tui_trainer.catalog import EXPORTS
from tui_trainer.comparison import Comparison
from tui_trainer.escape import printable
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.tui.keys import RUNS_KEYS
from tui_trainer.tui.nets import nets_of
from tui_trainer.tui.preferences import Layout
from tui_trainer.tui.run_actions import RunActions, check_file, check_goal, check_name, check_note
from tui_trainer.tui.screens.difference import DifferenceScreen
from tui_trainer.tui.screens.help import LOSSES
from tui_trainer.tui.screens.predict import PredictScreen
from tui_trainer.tui.screens.runs_stage import RunsStage
from tui_trainer.tui.screens.script import ScriptScreen
from tui_trainer.tui.screens.time_screen import TIME_ACTIONS

if TYPE_CHECKING:
    from tui_trainer.engine.past import Moment
    from tui_trainer.runs.record import Record

INTRO = """\
Every run is stored. {lay-over} overlays several; {find} finds runs by words such as tanh, lr>=0.01 or \
status=diverged; {resume} resumes a run that was not finished, {train-it} takes its settings to the training screen. \
A bracket ╭ ╰ holds together what was started together.
"""
ON_A_RUN = ("branch", "pick", "open", "resume", "rename", "note", "pin", "delete", "goal", "export", "predict")


class RunsScreen(RunsStage):
    """Passes on to the disk what keys ask for, and to the app which runs the training screen is wanted for."""

    keys = RUNS_KEYS
    intro = INTRO + LOSSES
    # enter before the table's own, which the footer would not show; home and end are time's
    BINDINGS = [replace(key.binding, priority=key.key in ("enter", "home", "end,escape")) for key in RUNS_KEYS]

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
        self.run_actions = RunActions(lambda words: self.post_message(self.Reported(words)), self._poll)

    def on_unmount(self) -> None:
        self.run_actions.close()

    def on_runs_screen_reported(self, message: "RunsScreen.Reported") -> None:
        self.notice(printable(message.words))

    def branch_off(self, records: "Sequence[Record]", moments: "Sequence[Moment]") -> None:
        self.post_message(self.Branch(records, moments))

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

    def action_pick(self) -> None:
        assert self.current
        said = ""
        try:
            self.selection.pick(self.current)
        except InputError as error:
            said = str(error)
        self.draw()
        self.notice(said)

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
