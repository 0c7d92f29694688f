"""A lesson on its stage: its frames, one after another, with its words, its inputs, and what is said of each moment."""

import threading
import traceback
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static

from tui_trainer.comparison import Comparison
from tui_trainer.lessons.progress import Course
from tui_trainer.lessons.render import judged, missed
from tui_trainer.sentence import InputError
from tui_trainer.settings import Setting
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.lesson_states import NAMES, LessonStates
from tui_trainer.tui.player import Over, Player, PlayerEvent
from tui_trainer.tui.screens.lesson_place import LessonPlace
from tui_trainer.tui.session import Broke, Refused
from tui_trainer.tui.truncation import shortened
from tui_trainer.tui.widgets.code import CodePane
from tui_trainer.tui.widgets.inputs import InputsBar
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.stage import Stage
from tui_trainer.tui.widgets.title import Title
from tui_trainer.tui.widgets.words import LessonWords

if TYPE_CHECKING:
    from tui_trainer.lessons.frame import Frame
    from tui_trainer.lessons.lesson import Lesson, Section


class LessonStage(LessonPlace):
    """Plays a lesson's frames; what keys do with it is the lesson's screen's."""

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

    def __init__(self, lessons: LessonStates, name: str) -> None:
        super().__init__(lessons)
        self.name_of_lesson = name
        self.lesson: Lesson[Any] | None = None
        self.section: Section | None = None
        self.player: Player | None = None
        self.frame: Frame | None = None
        self.frames_seen = 0
        self.trainable: Comparison | None = None
        self._active: Mapping[str, Setting] = {}  # the inputs that have an effect now
        self._marked = self._notice = ""
        self._played = False
        self._hint = 0  # which hint stands where the goal is; 0 for the goal

    def compose(self) -> ComposeResult:
        yield Title("lessons", whole=True, label=self.label)
        with Horizontal(id="main"):
            yield LessonWords(id="lesson-side")
            yield Stage(id="stage")
        yield Static(id="question")
        yield CodePane(id="code")
        yield Static(id="said")
        yield InputsBar(id="inputs")
        yield KeyBar(self.label)

    def on_mount(self) -> None:
        self.add_class("-words")
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
        for code in self.query(CodePane):
            code.border_title = self.around("script")

    def _load(self) -> None:
        try:
            self.post_message(self.Loaded(self.lessons.load(self.name_of_lesson)))
        except Exception:
            self.post_message(self.Reported(None, Broke(traceback.format_exc())))

    def on_lesson_stage_loaded(self, message: "LessonStage.Loaded") -> None:
        self.lesson = message.lesson
        self._perform()

    def on_unmount(self) -> None:
        if self.player:
            self.player.close()
            self.player.join()

    # Playing

    @property
    def course(self) -> Course:
        """How far the learner is in this lesson, or in the view of it that has a goal of its own."""
        return self.lessons.courses[self.section.name if self.section else self.name_of_lesson]

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
            self._notice = self.say(error)
            self.texts.update(self.lesson.defaults)
            inputs = self.lesson.read(self.texts)
        self._active = self.lesson.active(inputs)
        self._turn_to_section(self.lesson.section(inputs))
        if self._marked not in self._active:
            self._marked = next(iter(self._active))
        self.trainable = self.lesson.training(inputs)
        for code in self.query(CodePane):
            code.show(self.lesson.script(inputs))
        report = lambda player, event: self.post_message(self.Reported(player, event))  # noqa: E731
        self.player = Player(partial(self.lesson.frames, inputs), report, playing)
        self._draw()

    def _turn_to_section(self, section: "Section") -> None:
        """Show this section's words; those of another are read first, from their beginning."""
        assert self.lesson
        another = self.section is not None and self.section.name != section.name
        self.section = section
        self.lesson.seen = self.course.seen
        if another:
            self._hint = 0
            self.read(True)
            self.query_one("#words").scroll_home(animate=False, immediate=True)

    def on_lesson_stage_reported(self, message: "LessonStage.Reported") -> None:
        if message.player is not self.player:
            return  # of a player that was replaced
        match message.event:
            case Over():
                pass
            case Refused(reason):
                self._notice = self.say(reason)
            case Broke(trace):
                last = trace.strip().splitlines()[-1]
                self._notice = self.around("broke", error=last)
            case frame:
                self.frame, self.frames_seen = frame, self.frames_seen + 1
                assert self.lesson
                assert self.section
                self._notice = self.lessons.note(self.lesson, self.section.name, frame)
                if frame.right:
                    self._hint = 0  # what one knows now takes its place
                self._show()
                return
        self._draw()

    def _show(self) -> None:
        """Draw the frame, and all around it. On a narrow terminal a question has a place where it can't scroll away."""
        if self.frame and self.query(Stage):
            from tui_trainer.lessons.frame import Plot, Table, Tree
            from tui_trainer.lessons.render import drawn

            words = [part for part in self.frame.parts if not isinstance(part, Plot | Table | Tree)]
            pinned = [part for part in words if part in self.frame.asks] if self.has_class("-slim") else []
            self.query_one(Stage).show([part for part in self.frame.parts if not any(part is one for one in pinned)])
            self.set_class(bool(pinned), "-asks")
            styles = role_styles(self.app)
            self.query_one("#question", Static).update(Group(*(drawn(part, styles) for part in pinned)))
        self._draw()

    def _draw(self) -> None:
        """Draw everything but the frame."""
        if not self.query(LessonWords):
            return  # a key that came when the screen was already on its way out
        if self.lesson and self.section:
            misses = bool(self.frame and missed(self.frame, self.course))
            self.query_one(LessonWords).show(self.lesson, self.section, self.course, self._hint, misses)
            self.set_class(bool(self._hint), "-hint")
            other = "to_stage" if self.has_class("-words") else "to_words"
            self.query_one("#goal").border_subtitle = self.around(other)
            self.query_one(InputsBar).show(self._active, self.texts, self._marked)
        self.query_one("#said", Static).update(self._said())
        self.refresh_bindings()

    def _said(self) -> Text:
        """How the lesson goes, in a line: what just happened, or else what to press."""
        frame = self.frame if self.frames_seen else None  # else that of other inputs
        right = bool(frame and frame.right)
        sign = "▶" if self.player and self.player.playing else "■" if self.player and self.player.over else "‖"
        said = self._notice or (judged(frame, self.course, self.around) if frame else "") or self._prompt
        on = right and self.course.met and self.lessons.beside(self.name_of_lesson, 1)
        words = f"{sign} {said}{self.around('goes_on') if on else ''}"
        room = self.size.width - 2
        if self.has_class("-slim"):  # in two lines, of which the first ends with a word
            room += room - len(max(words.split(), key=len))
        return shortened(Text(words, role_styles(self.app)["good" if right else "mark"]), room)

    @property
    def _prompt(self) -> str:
        """What to press, where nothing else is to be said."""
        if self.player and not self.frames_seen:
            return self.around("working")
        if not self.player or self.player.playing:
            return ""
        if self.player.over:
            return self.around("at_the_end" if self.frames_seen > 1 else "nothing_moves")
        return self.around("begin")

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._show)

    def read(self, words: bool) -> None:
        """Show the words, or the stage, where there is room for one of both."""
        self.set_class(words, "-words")
        self._draw()

    def on_screen_suspend(self) -> None:
        if self.player and self.app.current_mode != "lessons":
            self.player.play(False)

    def on_screen_resume(self) -> None:
        self._draw()
