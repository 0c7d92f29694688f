"""One lesson: what its inputs and its keys change."""

from pathlib import Path

from textual.events import Key
from textual.message import Message
from textual.widget import Widget

from tui_trainer.comparison import Comparison
from tui_trainer.named_data import pasted_path
from tui_trainer.sentence import InputError
from tui_trainer.settings import Setting
from tui_trainer.tui.keys import LESSON_KEYS
from tui_trainer.tui.screens.ask import AskScreen
from tui_trainer.tui.screens.exercise import ExerciseScreen
from tui_trainer.tui.screens.lesson_stage import LessonStage
from tui_trainer.tui.screens.pick import PickScreen, names_of
from tui_trainer.tui.widgets.code import CodePane

# Inputs of these names: an answer to a question, which one is drawn, and what is looked at.
GUESS, DRAW, VIEW = "guess", "draw", "view"
NEEDING_FRAMES = ("play_or_pause", "next", "again", "turn", "type_in", "mark", "train", "write", "hint")


class LessonScreen(LessonStage):
    """Changes a lesson's inputs, upon which its frames start anew, and does what its keys ask for."""

    keys = LESSON_KEYS
    BINDINGS = [key.binding for key in LESSON_KEYS]
    AUTO_FOCUS = ""

    class Train(Message):
        """The training screen is wanted, with this comparison."""

        def __init__(self, comparison: Comparison) -> None:
            super().__init__()
            self.comparison = comparison

    # Inputs

    @property
    def own_letters(self) -> str:
        """The letters that change its inputs."""
        return "".join(setting.key for setting in self.lesson.inputs.values()) if self.lesson else ""

    def on_key(self, event: Key) -> None:
        """An input's own key changes it."""
        if not self.lesson:
            return
        by_key = {setting.key: setting for setting in self.lesson.inputs.values()}
        if setting := by_key.get(event.character or ""):
            event.stop()
            if setting.name not in self._active:
                self._turn_to(setting)
            elif setting.name == DRAW:
                self._marked = setting.name
                self._draw_next(setting)
            else:
                self._marked = setting.name
                self._ask(setting)

    def _draw_next(self, setting: Setting) -> None:
        """Draw the next question; after the last the first."""
        text = setting.turned(self.texts[setting.name], True)
        self._take(setting, text if text != self.texts[setting.name] else "1")

    def _turn_to(self, setting: Setting) -> None:
        """Show the question that a guess or a draw is of; say why another input has no effect here."""
        assert self.lesson
        assert setting.needs
        other, be, _ = setting.needs
        if setting.name in (GUESS, DRAW):
            self._take(self.lesson.inputs[other], self.lesson.turned_to(setting, self.texts)[other])
        else:
            value = self.texts[other]
            self.notice(self.around("no_effect", key=setting.key, other=other, value=value, be=be))

    def _ask(self, setting: Setting) -> None:
        """Toggle a switch; let choose a name; ask for anything else."""
        assert self.lesson
        lesson, text = self.lesson, self.texts[setting.name]
        asks = self.frame.asks if self.frame and setting.name == GUESS else ()

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._take(setting, answer)
            else:
                self._draw()

        two = setting.choices and len(setting.choices) == 2 and not setting.many
        if setting.type is bool or (two and setting.name != VIEW):  # views are in a list, however many there are
            self._take(setting, setting.turned(text, True))
        elif setting.choices and not setting.open:
            self.app.push_screen(PickScreen(setting.title, names_of(setting), text, setting.many, self.say), answered)
        else:
            help = lesson.texts(f"inputs.{setting.name}.help")  # without what it needs, which is there
            check = lambda answer: lesson.read({**self.texts, setting.name: answer})  # noqa: E731
            self.app.push_screen(AskScreen(setting.title, help, text, check, asks, self.say), answered)

    def _take(self, setting: Setting, text: str) -> None:
        """Put an input into force and start anew; or say why not, and change nothing."""
        assert self.lesson
        assert self.player
        try:
            self.lesson.read({**self.texts, setting.name: text})
        except InputError as error:
            self._notice = self.say(error)
            self._draw()
            return
        self._notice = ""
        if GUESS in self.texts and setting.name != GUESS:
            self.texts[GUESS] = self.lesson.defaults[GUESS]  # it was of what stood there before
        self.texts[setting.name] = text
        self.read(False)  # what changed is seen there
        self._played &= setting.name != VIEW  # another one is begun by whoever wants to
        if setting.name in (GUESS, DRAW):  # the page is not what they are about
            self._perform(playing=setting.name == GUESS and bool(text) and self.lesson.plays_answers)
        else:
            self._perform(playing=self._played and self.lesson.replays)

    # Keys

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        player, around = self.player, self.around
        if action == "go" and not self.lessons.beside(self.name_of_lesson, int(str(parameters[0]))):
            return around("last" if parameters[0] == 1 else "first")
        if action in NEEDING_FRAMES and player is None:
            return around("loading")
        if action == "train" and not self.trainable:
            return around("nothing_to_train")
        if action == "train" and self.limits:
            return self.say(self.limits)
        if action in ("play_or_pause", "next", "again") and player and player.over:
            if self.frames_seen == 1:
                return around("nothing_moves")
            if action == "next":
                return around("at_the_end")
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
        self.read(False)
        if self.player.over:
            self._perform(playing=True)
        else:
            self.player.play(not self.player.playing)
        self._notice = ""
        self._draw()

    def action_next(self) -> None:
        assert self.player
        self._notice, self._played = "", False
        self.read(False)
        self.player.next()

    def action_again(self) -> None:
        self._notice, self._played = "", False
        self._perform()

    def action_turn(self, up: bool) -> None:
        assert self.lesson
        setting = self.lesson.inputs[self._marked]
        self._take(setting, setting.turned(self.texts[setting.name], up))

    def action_type_in(self) -> None:
        assert self.lesson
        self._ask(self.lesson.inputs[self._marked])

    def action_mark(self, by: int) -> None:
        names = list(self._active)
        self._marked = names[(names.index(self._marked) + by) % len(names)]
        self._draw()

    def action_hint(self) -> None:
        assert self.section
        self._hint = (self._hint + 1) % (len(self.section.hints) + 1)
        self._notice = "" if self._hint else self.around("no_more_hints")
        self._draw()

    @property
    def underlined(self) -> str:
        return self.section.text if self.section else ""

    def action_language(self) -> None:
        self.lessons.next_language()
        self._show_title()
        self._perform()

    def action_code(self) -> None:
        self.toggle_class("-code")
        code = self.query_one(CodePane)
        code.show(code.script)

    def action_back(self) -> None:
        if self.has_class("-code"):
            self.action_code()
        elif self.is_current:
            self.app.pop_screen()

    def action_write(self) -> None:
        code, around = self.query_one(CodePane), self.around

        def write(answer: str) -> None:
            self.notice(code.write(Path(pasted_path(answer)).expanduser(), around))

        self.ask(around("write"), around("new_file"), f"{self.name_of_lesson}.py", pasted_path, write)

    def action_exercise(self) -> None:
        if self.player:
            self.player.play(False)
        self.app.push_screen(ExerciseScreen(self.lessons, self.name_of_lesson))

    @property
    def _scrolling(self) -> list[Widget]:
        """What scrolls."""
        if self.has_class("-code"):
            return [self.query_one("#code")]
        parts = [self.query_one("#words"), self.query_one("#stage")]
        return parts if not self.has_class("-slim") else parts[:1] if self.has_class("-words") else parts[1:]

    def _turned(self, by: int) -> bool:
        """Go on from the end of the words to the stage, or back to them, where there is room for one of both."""
        (part,) = self._scrolling if self.has_class("-slim") and not self.has_class("-code") else [None]
        if part is None or self.has_class("-words") != (by > 0):
            return False
        at_end = part.scroll_y >= part.max_scroll_y if by > 0 else not part.scroll_y
        if at_end:
            self.read(by < 0)
        return at_end

    def _scrolled(self, by: int, page: bool = False) -> None:
        if not self._turned(by):
            for part in self._scrolling:
                rows = max(1, part.scrollable_content_region.height - 1) if page else 1
                part.scroll_relative(y=by * rows, animate=False, immediate=True)  # of keys in a row, each counts

    def action_scroll(self, by: int) -> None:
        self._scrolled(by)

    def action_page(self, by: int) -> None:
        self._scrolled(by, page=True)

    def action_to_end(self, by: int) -> None:
        self.read(by < 0)
        for part in self._scrolling:
            part.scroll_to(y=part.max_scroll_y if by > 0 else 0, animate=False, immediate=True)

    def action_go(self, by: int) -> None:
        # A key that came twice at once finds this screen left.
        if self.is_current and (name := self.lessons.beside(self.name_of_lesson, by)):
            self.app.switch_screen(LessonScreen(self.lessons, name))

    def action_train(self) -> None:
        assert self.trainable
        self.post_message(self.Train(self.trainable))
