"""The training screen: what each of its keys does."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import on

from tui_trainer.comparison import ARTICLE, Comparison
from tui_trainer.engine.pace import AUTO, MAX, Pace, in_words, scaled
from tui_trainer.engine.requests import Epoch, Pause, Resume, SetPace, Step, Stop
from tui_trainer.engine.status import Status
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS, Setting
from tui_trainer.tui.branching import Branch
from tui_trainer.tui.keys import TRAIN_KEYS
from tui_trainer.tui.nets import nets_at
from tui_trainer.tui.preferences import Preferences
from tui_trainer.tui.screens.ask import AskScreen
from tui_trainer.tui.screens.data import DataScreen, Roles
from tui_trainer.tui.screens.help import LOSSES, TRAINING
from tui_trainer.tui.screens.pick import PickScreen, names_of
from tui_trainer.tui.screens.predict import PredictScreen
from tui_trainer.tui.screens.presets import PresetScreen
from tui_trainer.tui.screens.time_screen import TIME_ACTIONS
from tui_trainer.tui.screens.train_stage import TrainStage
from tui_trainer.tui.session import Broke, Message, Prepared, Refused, Session, SessionEvent
from tui_trainer.tui.widgets.form import SettingInput, SettingsForm, SettingsPane
from tui_trainer.tui.widgets.log import LogPane, line_of
from tui_trainer.tui.widgets.status import place_of
from tui_trainer.tui.widgets.steps import StepView

if TYPE_CHECKING:
    from tui_trainer.engine.events import WeightsEdited
    from tui_trainer.engine.past import Moment
    from tui_trainer.runs.record import Record
    from tui_trainer.runs.stored_run import StoredRun
# What only the process that trains can do.
OF_ITS_PROCESS = (
    "restart",
    "new_seed",
    "presets",
    "article",
    "step",
    "epoch",
    "choose",
    "ask",
    "change_pace",
    "go_to_end",
    "branch",
)
OF_NOW = ("restart", "presets", "article", "step", "epoch", "go_to_end")  # not while a branch is thought over


class TrainScreen(TrainStage):
    """Passes on to the session what keys ask for, and takes in what it reports."""

    keys = TRAIN_KEYS
    intro = TRAINING + LOSSES
    BINDINGS = [key.binding for key in TRAIN_KEYS]

    def __init__(self, session: Session, comparison: Comparison, preferences: Preferences) -> None:
        super().__init__(session, comparison, preferences)
        self._when_ready: list[Callable[[], object]] = []  # pressed while PyTorch was loading
        self.edited: list[WeightsEdited] = []  # by hand, and not taken back
        self._offered: Callable[[], str] | None = None  # a change that b makes where the cursor is

    def on_session_event(self, event: SessionEvent) -> None:
        """Something rare happened in the session."""
        said = self.draft.on_session_event(event)
        if not self._stands:
            return
        if said:
            self.notice(said, in_any_state=isinstance(event, Prepared))
        record = next((r for r in self.session.records if r.name == getattr(event, "run", None)), None)
        if line := line_of(event, record):
            self.query_one(LogPane).add_message(line)
        self._note_edit(event)
        if isinstance(event, Refused):
            if self.session.group is None:
                self.app.exit(event.reason)
            self.notice(event.reason)
        elif isinstance(event, Message):
            self.notice(line)
        elif isinstance(event, Broke):
            self.notice("something went wrong: {log} shows the log")
        elif isinstance(event, Prepared):
            self.time.leave()
            if not self.limits:
                self.query_one(SettingsPane).free()
            waiting, self._when_ready = self._when_ready, []
            for action in waiting:
                action()
        self.draw()

    def _note_edit(self, event: SessionEvent) -> None:
        from tui_trainer.engine.events import WeightsEdited
        from tui_trainer.tui.screens.network import NetworkScreen, taken_in

        if isinstance(event, Prepared):
            self.edited.clear()
        if isinstance(event, WeightsEdited):
            taken_in(self.edited, event)
            if isinstance(self.app.screen, NetworkScreen):
                self.app.screen.show_edit(event)

    # Branches

    def branch_off(self, records: "Sequence[Record]", moments: "Sequence[Moment]") -> None:
        change, self._offered = self._offered, None
        self.draft.branch = Branch.of(records, moments)
        leader = max(range(len(records)), key=lambda place: records[place].epoch)
        self.time.go_to(moments[leader].epoch, records[leader].epoch + 1)
        self.query_one(SettingsPane).restrict(Branch.takes, f"branch of {self.draft.branch.where}")
        self._change(change or str)

    def _drop_branch(self) -> None:
        assert self.draft.branch
        if list(self.draft.branch.parents) != list(self.session.records):  # of others, that were kept
            self.time.leave()
        self.draft.branch = None
        self.query_one(SettingsPane).free()
        self._change(str)

    def action_go_to_now(self) -> None:
        if self.draft.branch:
            self._drop_branch()
        else:
            super().action_go_to_now()

    # Settings

    def offer(self, comparison: Comparison) -> None:
        """Prepare another comparison; while runs train, it waits for `r`."""
        self._change(lambda: self.draft.replace(comparison))

    def resume(self, runs: "list[StoredRun]") -> None:
        """Resume stored runs."""
        self._change(lambda: self.draft.resume(runs))

    @on(SettingInput.Taken)
    def _take_from_form(self, message: SettingInput.Taken) -> None:
        self.take(message.setting, message.text)

    @on(SettingsForm.Left)
    def _close_drawer(self) -> None:
        if self.has_class("-narrow"):
            self._show_settings(False)

    @on(SettingInput.Dropped)
    def _tell_what_was_dropped(self, message: SettingInput.Dropped) -> None:
        self.notice(message.reason)

    @on(SettingInput.Pick)
    def _pick_for_form(self, message: SettingInput.Pick) -> None:
        self.action_choose(message.setting.name)

    def take(self, setting: Setting, text: str | None, afresh: bool = False) -> None:
        """Put new values of a setting into force, or say why not; None means that none were given."""
        if text is not None:
            self._change_or_offer(lambda: self.draft.take(setting, text, afresh))

    def _change_or_offer(self, change: Callable[[], str]) -> None:
        """Change the runs as they are now; with the cursor in the past, offer to change a branch."""
        if self.time.epoch is None or self.draft.branch or self.limits:
            self._change(change)
            return
        self._offered = change
        self.query_one(SettingsPane).show(self.draft.comparison)
        self.notice(f"{{branch}}: a branch at epoch {self.time.epoch:,} with that, {{now}}: back to now")

    def _change(self, change: Callable[[], str]) -> None:
        try:
            said = change()
        except InputError as error:
            said = str(error)
        self.query_one(SettingsPane).show(self.draft.comparison)
        self.notice(said)  # nothing, too: what was said of a value that has been put right is no longer true

    # Keys

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if self.draft.branch and action == "go_to_now":
            return ""  # it drops the branch
        if reason := super().why_not(action, parameters):
            return reason
        state = self.session.state
        if self.draft.branch and action in (*OF_NOW, *TIME_ACTIONS):
            return "{go} starts the branch, {now} drops it"
        if action == "predict" and not self.charted:
            return Status.LOADING.advice
        if self.limits and action in OF_ITS_PROCESS:
            return self.limits
        if self.limits and action in ("start_or_pause", "change_rate") and not state.trains:
            return f"there is nothing to pause or to change: {state}"
        if action == "stop" and self._when_ready:
            return ""  # what waits for PyTorch need not be done
        if action in ("change_pace", "go_to_end") and state is Status.LOADING:
            return Status.LOADING.advice
        if action == "go_to_end" and state.ended:
            return "these runs have ended: {go} trains again"
        if action in ("stop", "restart") and state.untrained:
            return "nothing trains yet: {go} starts it"
        if action == "stop" and not state.trains:
            return f"these runs have ended already: {state}"
        if action in ("step", "epoch") and state.ended:
            return "these runs have ended: {restart} starts afresh, {epochs} gives them more epochs"
        if action == "network" and not self.session.records:
            return Status.LOADING.advice
        if action == "choose" and parameters == ("device",) and self.session.group is None:
            return "devices are known once PyTorch is loaded"
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "change_rate" and isinstance(self.focused, SettingInput):
            return False  # there, + and - are text
        if action == "scroll" and not self.has_class("-stepping"):
            return False
        return super().check_action(action, parameters)

    def action_start_or_pause(self) -> None:
        session, state = self.session, self.session.state
        if self.draft.branch:
            self._change(self.draft.start_branch)
        elif state is Status.LOADING:
            self._do_when_ready(session.start, "training starts")
        elif state is Status.READY:
            session.start()
        elif state is Status.RUNNING:
            session.request(Pause())
        elif state is Status.PAUSED:
            session.request(Resume())
        else:
            self.action_restart()

    def _do_when_ready(self, action: Callable[[], object], what: str) -> None:
        self._when_ready.append(action)
        self.notice(f"{what} as soon as PyTorch is loaded; {{stop}} forgets it")
        self.refresh_bindings()

    def action_step(self) -> None:
        if self.session.state is Status.LOADING:
            self._do_when_ready(self.action_step, "a step is taken")
            return
        self.session.request(Step())
        self.session.start()
        if self.single and self.chosen != "loss":
            self._chosen_before_step = self.chosen
            self.choose("loss")

    def action_scroll(self, by: int) -> None:
        self.query_one(StepView).scroll_relative(y=by, animate=False)

    def action_network(self) -> None:
        from tui_trainer.tui.screens.network import NetworkScreen

        self.app.push_screen(NetworkScreen(self.session, self.options, self.edited, lambda: self.locked))

    def action_epoch(self) -> None:
        if self.session.state is Status.LOADING:
            self._do_when_ready(self.action_epoch, "an epoch is trained")
            return
        self.session.request(Epoch())
        self.session.start()

    def action_restart(self) -> None:
        self.session.prepare(self.draft.comparison, start=True)

    def action_new_seed(self) -> None:
        self._change(self.draft.start_with_new_seed)

    def action_next_pair(self) -> None:
        """Training takes the next snapshot by itself; else it is taken here."""
        tasks = {id(record.task): record.task for record in self.session.records}
        for task in tasks.values():
            task.turn()
        if self.session.state is not Status.RUNNING:
            for trainer, record in zip(self.session.trainers, self.session.records, strict=False):
                record.take_snapshot(trainer)
        self.draw()

    def action_data(self) -> None:
        """Look at the data of the first run; roles that were changed go into the form."""

        def take(roles: Roles | None) -> None:
            if roles:
                self._change(
                    lambda: self.draft.replace(self.draft.comparison.changed(**{n: [v] for n, v in roles.items()}))
                )

        experiment = next(iter(self.draft.comparison.runs.values()))
        limits = self.limits or ("a branch keeps its data" if self.draft.branch else "")
        self.app.push_screen(DataScreen(experiment, limits), take)

    def action_predict(self) -> None:
        """Ask the nets of the runs on the charts: as they are, or where the cursor is."""
        records = list(self.charted)
        here = self.time.epoch is not None
        epochs = self._epochs(records) if here else [record.epoch for record in records]
        when = f"epoch {epochs[0]:,}" if len(set(epochs)) == 1 else "at the cursor" if here else "now"
        self.app.push_screen(PredictScreen(when, records[0].experiment, partial(nets_at, records, epochs)))

    def action_presets(self) -> None:
        def take(comparison: Comparison | None) -> None:
            if comparison:
                self.offer(comparison)

        self.app.push_screen(PresetScreen(self.draft.comparison), take)

    def action_article(self) -> None:
        self.offer(Comparison.preset(ARTICLE))

    def action_stop(self) -> None:
        if self._when_ready:
            self._when_ready.clear()
            self.notice("nothing is started by itself")
            self.refresh_bindings()
            return
        self.session.request(Stop())

    def action_choose(self, name: str) -> None:
        setting = SETTINGS[name]
        screen = PickScreen(setting.title, names_of(setting), self.draft.comparison.text(name))
        self.app.push_screen(screen, partial(self.take, setting, afresh=True))

    def action_ask(self, name: str) -> None:
        setting = SETTINGS[name]
        screen = AskScreen(setting.title, setting.help, self.draft.comparison.text(name), setting.parse_several)
        self.app.push_screen(screen, partial(self.take, setting))

    def action_change_rate(self, factor: float) -> None:
        self._change_or_offer(lambda: self.draft.scale_rate(factor))

    def action_change_pace(self, factor: float) -> None:
        place = place_of(self.session.records)
        pace = scaled(self.session.present_pace, factor, place, self.session.machine)
        self._set_pace(pace)
        self.notice(f"pace {in_words(pace, place)}")

    def _set_pace(self, pace: Pace) -> None:
        """Train at this pace from now on, and in the next sitting too."""
        self.session.pace = pace
        self.session.request(SetPace(pace))

    def action_go_to_end(self) -> None:
        session = self.session
        if session.present_pace == MAX and session.state.trains:
            self._set_pace(AUTO)
            self.notice("pace auto: some 8 seconds a run")
            return
        session.request(SetPace(MAX))  # these runs alone
        if session.state is Status.PAUSED:
            session.request(Resume())
        session.start()
        self.notice("to the end at full speed")

    def action_settings(self) -> None:
        self._show_settings(not self.query_one("#side").display)

    def _show_settings(self, shown: bool) -> None:
        if not self.has_class("-narrow"):  # there, they are a drawer that comes and goes
            self.settings_wanted = shown
        self.set_class(shown, "-settings")
        self.set_class(not shown, "-no-settings")
        if shown:
            self.query_one(SettingsPane).enter()
        else:
            self.set_focus(None)

    def action_log(self) -> None:
        log = self.query_one(LogPane)
        self.log_wanted = shown = not log.display
        self.set_class(shown, "-log")
        self.set_class(not shown, "-no-log")
        self.set_focus(log if shown else None)
