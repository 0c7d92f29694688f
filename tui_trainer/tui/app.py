"""The app: owns the session and the themes, and has three places: training, lessons and runs."""

import asyncio
import contextlib
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.command import CommandPalette
from textual.events import Event, Key, Resize
from textual.message import Message
from textual.screen import Screen
from textual.widget import AwaitMount
from textual.widgets import DataTable, Input, TextArea

from tui_trainer.catalog import TOPICS
from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import Pace
from tui_trainer.engine.requests import Change, Checkpoint
from tui_trainer.escape import printable
from tui_trainer.files import leave_terminal
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.tui.commands import Commands
from tui_trainer.tui.compile_ahead import Ahead, CompileAhead, Nothing
from tui_trainer.tui.keymap import read_keymap
from tui_trainer.tui.local import LocalSession
from tui_trainer.tui.preferences import Preferences, read_preferences, remember_changes
from tui_trainer.tui.rendering import RenderingApp
from tui_trainer.tui.screens.keyed import KeyedScreen
from tui_trainer.tui.screens.sized import SMALLEST, TooSmall
from tui_trainer.tui.screens.topic import TopicScreen
from tui_trainer.tui.screens.train import TrainScreen
from tui_trainer.tui.session import Announce, Broke, Prepared, Session, SessionEvent
from tui_trainer.tui.session import Message as Said
from tui_trainer.tui.themes import DARK, LIGHT, themes

if TYPE_CHECKING:
    from tui_trainer.runs.stored_run import StoredRun
    from tui_trainer.tui.screens.lesson import LessonScreen
    from tui_trainer.tui.screens.lesson_stage import LessonStage
    from tui_trainer.tui.screens.runs import RunsScreen

# How long a thread that wants Python's lock waits before the one that has it must give it up; Python's own is 5 ms.
# Training comes for it many times in a call, while the screen's thread draws: so traced has 0.82 of its speed in the
# app, as against 0.56.
SWITCH_SECONDS = 0.0005


class TrainerApp(RenderingApp):
    """Exits with a message where the settings it was started with can't be trained with."""

    TITLE = "tui-trainer"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {Commands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    BINDINGS = [Binding("ctrl+q", "quit", show=False, priority=True)]

    class Happened(Message):
        """Something rare happened in the session."""

        def __init__(self, event: SessionEvent) -> None:
            super().__init__()
            self.event = event

    def __init__(
        self,
        comparison: Comparison,
        make_session: Callable[[Announce], Session] | None = None,
        language: str | None = None,
        pace: Pace | None = None,
        keys: str = "",
        scripts: "Sequence[StoredRun]" = (),
    ) -> None:
        """comparison: what is shown until the first runs stand; make_session: by default one that trains it here.

        language: of the lessons, by default the locale's; pace: at which that one trains, by default as remembered;
        keys: the set of keys, by default as remembered; scripts: runs of scripts that are shown first: what trains here
        is made ready once its screen is gone to.
        """
        super().__init__()
        sys.setswitchinterval(SWITCH_SECONDS)
        self.too_small = False
        self._language = language
        preferences, trouble = read_preferences()
        self.keymap, trouble_of_keys = read_keymap(preferences.keys, keys)
        self._trouble = "; ".join(filter(None, (trouble, trouble_of_keys)))
        self._begun = ""  # a key that stands for something together with the next
        self.set_keymap(self.keymap.moved)
        pace = preferences.pace if pace is None else pace
        make = make_session or partial(LocalSession, comparison=comparison, pace=pace, ahead=ahead(preferences))
        self.session: Session = make(lambda event: self.post_message(self.Happened(event)))
        self._scripts = scripts
        self.training = TrainScreen(self.session, comparison, preferences)
        self._runs: RunsScreen | None = None
        # It begins in textual's default mode: to begin in a mode of one's own means to style all widgets twice, a fifth
        # of the first paint. But there is no way back to the default one: this one has the same screen.
        self.add_mode("train", lambda: self.training)
        self.add_mode("lessons", self._open_lessons)
        self.add_mode("runs", self._open_runs)
        for theme in themes(self.console.color_system):
            self.register_theme(theme)
        self.theme = preferences.theme if preferences.theme in self.available_themes else DARK.name
        self._before = msgspec.structs.replace(preferences, pace=self.session.pace, theme=self.theme)

    def get_default_screen(self) -> Screen[Any]:
        if not self._scripts:
            return self.training
        from tui_trainer.tui.screens.script import ScriptScreen

        return ScriptScreen(self._scripts)

    def _open_lessons(self) -> Screen[Any]:
        # Here and not above: the first paint is the training screen's.
        from tui_trainer.lessons.language import choose_language
        from tui_trainer.tui.lesson_states import LessonStates
        from tui_trainer.tui.screens.index import IndexScreen

        return IndexScreen(LessonStates(self.session, choose_language(self._language)))

    def _open_runs(self) -> Screen[Any]:
        from tui_trainer.tui.screens.runs import RunsScreen

        self._runs = RunsScreen(self.session.limits, self._before.runs)
        return self._runs

    def get_key_display(self, binding: Binding) -> str:
        return self.keymap.shown(binding.id) or super().get_key_display(binding)

    def translated(self, event: Event) -> Event | None:
        """A motion of the keymap's as the key that it stands for, unless a letter is typed, or does something here."""
        motions, begun = self.keymap.motions, self._begun
        self._begun = ""
        if not isinstance(event, Key) or not motions or isinstance(self.focused, Input | TextArea):
            return event
        sign = event.character or ""
        if event.key in self.screen.active_bindings or sign in getattr(self.screen, "own_letters", ""):
            return event
        if (both := f"{begun} {sign}") in motions:
            sign = both
        elif any(motion.startswith(f"{sign} ") for motion in motions):
            self._begun = sign
            return None
        key = motions.get(sign, "")
        if key in ("home", "end") and isinstance(self.focused, DataTable):
            key = f"ctrl+{key}"  # of a table's rows: alone, they are the row's
        return Key(key, None) if key else event

    def on_resize(self, event: Resize) -> None:
        self.too_small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        for screen in self.screen_stack:
            if self.too_small and not screen.query(TooSmall):
                screen.mount(TooSmall(getattr(self.screen_stack[0], "say", str)))
            for notice in screen.query(TooSmall):
                notice.display = self.too_small

    def push_screen(self, *arguments: Any, **options: Any) -> Any:
        """Open a dialog, unless it couldn't be seen: keys would be its own, and nobody would know."""
        return AwaitMount(self.screen, []) if self.too_small else super().push_screen(*arguments, **options)

    def action_place(self, name: str) -> None:
        if not self.too_small and (name != "train" or self.screen_stack[0] is not self.training):
            self.switch_mode(name)

    def pop_screen(self) -> AwaitComplete:
        """Leave the screen on top. A dialog that is left twice at once, by a key and by a click, is left once."""
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete()

    def on_runs_screen_train(self, message: "RunsScreen.Train") -> None:
        self.action_place("train")
        self.training.offer(message.comparison)

    def on_runs_screen_resume(self, message: "RunsScreen.Resume") -> None:
        self.action_place("train")
        self.training.resume(message.runs)

    def on_runs_screen_branch(self, message: "RunsScreen.Branch") -> None:
        self.action_place("train")
        self.training.branch_off(message.records, message.moments)

    def on_lesson_screen_train(self, message: "LessonScreen.Train") -> None:
        self.action_place("train")
        self.training.offer(message.comparison)

    def on_mount(self) -> None:
        # Textual would die at once, leaving the terminal in disorder.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._leave, number)
        loop.add_signal_handler(
            signal.SIGUSR1, self.session.request, Checkpoint()
        )  # what a batch system sends before it ends one

    def _leave(self, number: int) -> None:
        if number == signal.SIGHUP:
            leave_terminal()
        self.exit(return_code=128 + number)

    def on_trainer_app_happened(self, message: "TrainerApp.Happened") -> None:
        self.training.on_session_event(message.event)
        if self._trouble and isinstance(message.event, Prepared):  # words from before would be about what is past
            self.training.on_session_event(Said(self._trouble))
            self._trouble = ""

    def on_lesson_stage_reported(self, message: "LessonStage.Reported") -> None:
        if isinstance(message.event, Broke):
            self.training.on_session_event(message.event)

    def on_unmount(self) -> None:
        self.session.close()
        # Where that can't be written, the next sitting begins as this one did, and nothing else is lost.
        with contextlib.suppress(OSError, InputError):
            remember_changes(self._before, self._preferences)

    @property
    def _preferences(self) -> Preferences:
        """What a next sitting should begin with, as things are now."""
        return Preferences(
            pace=self.session.pace,
            compile_ahead=self._before.compile_ahead,
            theme=self.theme,
            settings=self.training.settings_wanted,
            log=self.training.log_wanted,
            train=self.training.layout_now,
            runs=self._runs.layout_now if self._runs else self._before.runs,
            keys=self._before.keys,
        )

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, for Textual's themes, which know nothing of runs."""
        dark, light = themes(self.console.color_system)
        return (dark if self.current_theme.dark else light).variables

    async def run_action(self, action: Any, default_namespace: Any = None, *more: Any, **options: Any) -> bool:
        """Do what a key or a click asks for, or say why not. A bug is a traceback in the log, and the app lives."""
        try:
            done = await super().run_action(action, default_namespace, *more, **options)
            return done or (isinstance(default_namespace, KeyedScreen) and default_namespace.explain(action))
        except Exception:
            self.training.on_session_event(Broke(traceback.format_exc()))
            self.notify("something went wrong: the log of the training screen has more", severity="error")
            return True

    def action_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        say, label = getattr(screen, "say", str), getattr(screen, "label", str)
        theme, help = Sentence("Theme"), Sentence("Choose any of Textual's themes")
        yield SystemCommand(say(theme), say(help), self.action_change_theme)
        for key in getattr(screen, "listed_keys", ()):
            name = f"{label(key.label)} ({key.name})"
            yield SystemCommand(name, key.help, lambda key=key: screen.run_action(key.action))
        for topic, about in TOPICS.items():
            page = say(Sentence("help: {topic}", topic=topic))
            yield SystemCommand(page, about, lambda topic=topic: self.push_screen(TopicScreen(topic)))

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            words = getattr(self.screen, "say", str)(Sentence("Search for commands…"))
            self.push_screen(CommandPalette(placeholder=words, id="--command-palette"))


def run_app(comparison: Comparison, language: str, pace: Pace | None = None, keys: str = "") -> int:
    """Show the app on a comparison until it is left, the lessons in a language. Returns the exit code.

    pace, keys: as for `TrainerApp`.
    """
    return show(TrainerApp(comparison, language=language, pace=pace, keys=keys))


def resume_runs(
    comparison: Comparison, runs: "Sequence[StoredRun]", changes: Sequence[Change], anyway: bool = False
) -> int:
    """Show the app on stored runs that go on, with own code that has changed since too. Returns the exit code."""
    preferences, _ = read_preferences()
    session = partial(
        LocalSession,
        comparison=comparison,
        resume=runs,
        changes=changes,
        pace=preferences.pace,
        ahead=ahead(preferences),
        anyway=anyway,
    )
    return show(TrainerApp(comparison, session))


def ahead(preferences: Preferences) -> Ahead:
    """What compiles ahead, if that is wanted."""
    return CompileAhead() if preferences.compile_ahead else Nothing()


def watch_runs(comparison: Comparison, runs: "Sequence[StoredRun]") -> int:
    """Show the app on runs that another process trains. Returns the exit code."""
    from tui_trainer.tui.remote import RemoteSession

    return show(TrainerApp(comparison, partial(RemoteSession, runs=runs)))


def watch_scripts(runs: "Sequence[StoredRun]") -> int:
    """Show the app on what scripts log. Returns the exit code."""
    return show(TrainerApp(Comparison.of(), scripts=runs))


def show(app: TrainerApp) -> int:
    """Show an app until it is left. Returns the exit code: 1 where it ended by an exception."""
    refusal = app.run()
    if refusal:
        print(f"tui-trainer: {printable(refusal)}", file=sys.stderr)  # noqa: T201
        return 2
    if app.session.records:
        from tui_trainer.runs.account import account  # here: the first paint needs nothing of runs

        for line in account(app.session.records):
            print(line)  # noqa: T201
    return 1 if app.return_code is None else app.return_code  # None: it did not get as far as leaving
