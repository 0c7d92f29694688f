"""One lesson: its words and goal, what moves, and what the keys change."""

import shlex
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.events import Key, Resize
from textual.highlight import highlight
from textual.message import Message
from textual.widgets import Static

from tui_trainer.comparison import Comparison
from tui_trainer.escape import printable
from tui_trainer.experiment import InputError, pasted_path
from tui_trainer.files import write_for_person
from tui_trainer.lessons.progress import Course
from tui_trainer.lessons.render import judged
from tui_trainer.settings import Setting
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.keys import LESSON_KEYS
from tui_trainer.tui.lesson_states import NAMES, LessonStates
from tui_trainer.tui.player import Over, Player, PlayerEvent
from tui_trainer.tui.screens.ask import AskScreen
from tui_trainer.tui.screens.exercise import ExerciseScreen
from tui_trainer.tui.screens.lesson_place import LessonPlace
from tui_trainer.tui.screens.pick import PickScreen, names_of
from tui_trainer.tui.session import Broke, Refused
from tui_trainer.tui.truncation import shortened
from tui_trainer.tui.widgets.inputs import InputsBar
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.stage import Stage
from tui_trainer.tui.widgets.title import Title
from tui_trainer.tui.widgets.words import LessonWords

if TYPE_CHECKING:
    from tui_trainer.lessons.frame import Frame
    from tui_trainer.lessons.lesson import Lesson


GUESS = "guess"  # the input of this name is an answer to what the other inputs draw


class LessonScreen(LessonPlace):
    """Plays a lesson's frames, and starts them anew when an input changes."""

    keys = LESSON_KEYS
    BINDINGS = [key.binding for key in LESSON_KEYS]
    AUTO_FOCUS = ""

    class Loaded(Message):
        """The lesson, and with it torch, is there."""

        def __init__(self, lesson: "Lesson[Any]") -> None:
            super().__init__()
            self.lesson = lesson

    class Reported(Message):
        """A player reports an event."""

        def __init__(self, player: Player | None, event: PlayerEvent) -> None:
            super().__init__()
            self.player, self.event = player, event

    class Train(Message):
        """The training screen is wanted, with this comparison."""

        def __init__(self, comparison: Comparison) -> None:
            super().__init__()
            self.comparison = comparison

    def __init__(self, lessons: LessonStates, name: str) -> None:
        super().__init__(lessons)
        self.name_of_lesson = name
        self.lesson: Lesson[Any] | None = None
        self.player: Player | None = None
        self.frame: Frame | None = None
        self.frames_seen = 0
        self.trainable: Comparison | None = None
        self._script = self._marked = self._notice = ""
        self._played = False
        self._moves = False
        self._hint = 0  # which hint stands where the goal is; 0 for the goal

    def compose(self) -> ComposeResult:
        yield Title("lessons")
        with Horizontal(id="main"):
            yield LessonWords(id="lesson-side")
            yield Stage(id="stage")
        with VerticalScroll(id="code", can_focus=False):
            yield Static()
        yield Static(id="said")
        yield InputsBar(id="inputs")
        yield KeyBar(self.label)

    def on_mount(self) -> None:
        self._show_title()
        for words in self.query("#words Static").results(Static):
            words.update(self.around("loading"))
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._show())
        threading.Thread(target=self._load, daemon=True).start()

    def _show_title(self) -> None:
        """Say which lesson this is."""
        place, about = NAMES.index(self.name_of_lesson) + 1, self.lessons.words(f"{self.name_of_lesson}.title")
        for title in self.query(Title):  # none, where it was left before it stood
            title.show(f"{place}/{len(NAMES)} {self.name_of_lesson}: {about}")
        for code in self.query("#code"):
            code.border_title = self.around("script")

    def _load(self) -> None:
        try:
            self.post_message(self.Loaded(self.lessons.load(self.name_of_lesson)))
        except Exception:
            self.post_message(self.Reported(None, Broke(traceback.format_exc())))

    def on_lesson_screen_loaded(self, message: "LessonScreen.Loaded") -> None:
        self.lesson = message.lesson
        self._marked = next(iter(self.lesson.inputs))
        self._perform()

    def on_unmount(self) -> None:
        if self.player:
            self.player.close()
            self.player.join()

    # Playing

    @property
    def course(self) -> Course:
        """How far the learner is in this lesson."""
        return self.lessons.courses[self.name_of_lesson]

    @property
    def texts(self) -> dict[str, str]:
        """The inputs as they were entered; kept for the next visit."""
        return self.lessons.texts[self.name_of_lesson]

    def _perform(self, playing: bool = False) -> None:
        """Start the frames anew under the present inputs."""
        assert self.lesson
        if self.player:
            self.player.close()
        self.frames_seen = 0
        try:
            inputs = self.lesson.read(self.texts)
        except InputError as error:  # what was good when it was entered may not be so for other runs
            self._notice = str(error)
            self.texts.update(self.lesson.defaults)
            inputs = self.lesson.read(self.texts)
        self.trainable = self.lesson.training(inputs)
        self._script = self.lesson.script(inputs)
        self._show_script()
        report = lambda player, event: self.post_message(self.Reported(player, event))  # noqa: E731
        self.player = Player(partial(self.lesson.frames, inputs), report, playing)
        self._draw()

    def on_lesson_screen_reported(self, message: "LessonScreen.Reported") -> None:
        if message.player is not self.player:
            return  # of a player that was replaced
        match message.event:
            case Over():
                pass
            case Refused(reason):
                self._notice = reason
            case Broke(trace):
                last = trace.strip().splitlines()[-1]
                self._notice = f"something went wrong: {last}; the training screen's log has more"
            case frame:
                self._moves = self.frame is not None
                self._look_at_stage()
                self.frame, self.frames_seen = frame, self.frames_seen + 1
                self._notice = self.lessons.note(self.name_of_lesson, frame)
                self._show()
                return
        self._draw()

    def _show(self) -> None:
        """Draw the frame, and all around it."""
        if self.frame:
            self.query_one(Stage).show(list(self.frame.parts))
        self._draw()

    def _show_script(self) -> None:
        """Show the lesson as it stands, in plain PyTorch, where that is wanted."""
        if self.has_class("-code"):
            self.query_one("#code Static", Static).update(highlight(self._script, language="python"))

    def _draw(self) -> None:
        """Draw everything but the frame."""
        if not self.query(LessonWords):
            return  # a key that came when the screen was already on its way out
        if self.lesson:
            self.query_one(LessonWords).show(self.lesson, self.course, self._hint)
            self.query_one(InputsBar).show(self.lesson.inputs, self.texts, self._marked)
        self.query_one("#said", Static).update(self._said())
        self.refresh_bindings()

    def _said(self) -> Text:
        """How the lesson goes, in a line: what just happened, or else what to press."""
        right = bool(self.frame and self.frame.right)
        sign = "▶" if self.player and self.player.playing else "■" if self.player and self.player.over else "‖"
        said = self._notice or (judged(self.frame, self.course, self.around) if self.frame else "") or self._prompt
        on = right and self.course.met and self.lessons.beside(self.name_of_lesson, 1)
        words = f"{sign} {said}{self.around('goes_on') if on else ''}"
        room = self.size.width - 2
        if self.has_class("-slim"):  # in two lines, of which the first ends with a word
            room += room - len(max(words.split(), key=len))
        return shortened(Text(words, role_styles(self.app)["good" if right else "mark"]), room)

    @property
    def _prompt(self) -> str:
        """What to press, where nothing else is to be said."""
        if not self.player or self.player.playing:
            return ""
        if self.player.over:
            return self.around("at_the_end" if self.frames_seen > 1 else "nothing_moves")
        return self.around("begin")

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._draw)
        self.call_after_refresh(self._look_at_stage)

    def _look_at_stage(self) -> None:
        """Where words and stage share a column, one reads first; as soon as something moves, it is the stage's turn."""
        if self._moves:
            self.query_one("#main").scroll_end(animate=False)

    def on_screen_suspend(self) -> None:
        if self.player and self.app.current_mode != "lessons":
            self.player.play(False)

    def on_screen_resume(self) -> None:
        self._draw()

    # Inputs

    def on_key(self, event: Key) -> None:
        """An input's own key changes it."""
        if not self.lesson:
            return
        by_key = {setting.key: setting for setting in self.lesson.inputs.values()}
        if setting := by_key.get(event.character or ""):
            event.stop()
            self._marked = setting.name
            self._ask(setting)

    def _ask(self, setting: Setting) -> None:
        """Toggle a switch; let choose a name; ask for anything else."""
        assert self.lesson
        lesson, text = self.lesson, self.texts[setting.name]

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._take(setting, answer)
            else:
                self._draw()

        if setting.type is bool or (setting.choices and len(setting.choices) == 2 and not setting.many):
            self._take(setting, setting.turned(text, True))
        elif setting.choices and not setting.open:
            self.app.push_screen(PickScreen(setting.title, names_of(setting), text, setting.many), answered)
        else:
            check = lambda answer: lesson.read({**self.texts, setting.name: answer})  # noqa: E731
            self.app.push_screen(AskScreen(setting.title, setting.help, text, check), answered)

    def _take(self, setting: Setting, text: str) -> None:
        """Put an input into force and start anew; or say why not, and change nothing."""
        assert self.lesson
        assert self.player
        try:
            self.lesson.read({**self.texts, setting.name: text})
        except InputError as error:
            self._notice = str(error)
            self._draw()
            return
        self._notice = ""
        if GUESS in self.texts and setting.name != GUESS:
            self.texts[GUESS] = self.lesson.defaults[GUESS]  # it was of what stood there before
        self.texts[setting.name] = text
        self._perform(playing=self._played and self.lesson.replays)

    # Keys

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        player = self.player
        if action == "go" and not self.lessons.beside(self.name_of_lesson, int(str(parameters[0]))):
            return f"this is the {'last' if parameters[0] == 1 else 'first'} lesson"
        if action in ("play_or_pause", "next", "again", "turn", "train", "write", "hint") and player is None:
            return "PyTorch is loading, a moment"
        if action == "train" and not self.trainable:
            return "this lesson has nothing for the training screen"
        if action == "train" and self.limits:
            return self.limits
        if action in ("play_or_pause", "next", "again") and player and player.over:
            if self.frames_seen == 1:
                return "nothing moves here: change an input, its key stands below"
            if action == "next":
                return "this is the end: space plays it again"
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "train" and not self.trainable:
            return False  # most lessons have nothing to train: their footer has no room for it
        return super().check_action(action, parameters)

    def notice(self, words: str) -> None:
        self._notice = words
        self._draw()

    def action_play_or_pause(self) -> None:
        assert self.player
        self._played = True
        if self.player.over:
            self._perform(playing=True)
        else:
            self.player.play(not self.player.playing)
        self._notice = ""
        self._draw()

    def action_next(self) -> None:
        assert self.player
        self._notice, self._played = "", False
        self.player.next()

    def action_again(self) -> None:
        self._notice, self._played = "", False
        self._perform()

    def action_turn(self, up: bool) -> None:
        assert self.lesson
        setting = self.lesson.inputs[self._marked]
        self._take(setting, setting.turned(self.texts[setting.name], up))

    def action_hint(self) -> None:
        assert self.lesson
        self._hint = (self._hint + 1) % (len(self.lesson.hints) + 1)
        self._notice = "" if self._hint else self.around("no_more_hints")
        self._draw()
        # Where words and stage share a column, it may have been scrolled away.
        self.call_after_refresh(self.query_one("#goal").scroll_visible, animate=False)

    @property
    def underlined(self) -> str:
        return self.lesson.text if self.lesson else ""

    def action_language(self) -> None:
        self.lessons.next_language()
        self._show_title()
        self._perform()

    def action_code(self) -> None:
        self.toggle_class("-code")
        self._show_script()

    def action_write(self) -> None:
        script, name = self._script, f"{self.name_of_lesson}.py"

        def answered(answer: str | None) -> None:
            if answer is not None:
                self.notice(_written(Path(pasted_path(answer)).expanduser(), script))

        self.app.push_screen(
            AskScreen("Write the script to a file", "A file that isn't there yet.", name, pasted_path), answered
        )

    def action_exercise(self) -> None:
        if self.player:
            self.player.play(False)
        self.app.push_screen(ExerciseScreen(self.lessons, self.name_of_lesson))

    def action_scroll(self, by: int) -> None:
        if self.has_class("-slim") and not self.has_class("-code"):
            column = [self.query_one("#main"), self.query_one("#stage")]
            room = [part for part in column[::by] if part.scroll_y != (part.max_scroll_y if by > 0 else 0)]
            parts = room[:1]
        else:
            parts = [self.query_one(name) for name in (["#code"] if self.has_class("-code") else ["#words", "#stage"])]
        self._moves &= by > 0
        for part in parts:
            part.scroll_relative(y=by, animate=False, immediate=True)  # of keys in a row, each counts

    def action_go(self, by: int) -> None:
        # A key that came twice at once finds this screen left.
        if self.is_current and (name := self.lessons.beside(self.name_of_lesson, by)):
            self.app.switch_screen(LessonScreen(self.lessons, name))

    def action_train(self) -> None:
        assert self.trainable
        self.post_message(self.Train(self.trainable))


def _written(path: Path, script: str) -> str:
    """Write a script; returns what came of it."""
    try:
        write_for_person(path, script.encode())
    except InputError as error:
        return str(error)
    return f"{printable(path)} is written; python {shlex.quote(printable(path))} runs it"
