"""The settings pane: one row for each setting of the schema, checked as you type."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Blur, DescendantFocus
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from tui_trainer.comparison import Comparison
from tui_trainer.escape import printable
from tui_trainer.experiment import is_own
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS, Setting, by_section

if TYPE_CHECKING:
    from tui_trainer.tui.key_order import KeyOrderApp


def field_id(name: str) -> str:
    """What the field of a setting is called in the screen."""
    return "set-" + re.sub(r"[^\w-]", lambda sign: f"-{ord(sign[0])}-" if sign[0] != "." else "-", name, flags=re.ASCII)


Check = Callable[[Setting, str], object]  # raises InputError for a text that is no value of the setting


class PlainInput(Input):
    """An input that shows a file's name, or what is pasted, written out: Textual's passes escape sequences through.

    What would make it longer than LONGEST is refused: to show a megabyte takes half a minute.
    """

    LONGEST = 10_000  # letters: more than the longest path, or a thousand values to compare

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, max_length=self.LONGEST, **options)

    def restricted(self) -> None:
        self.notify(f"a field takes at most {self.LONGEST:,} letters: nothing was put in", severity="warning")

    def validate_value(self, value: str) -> str:
        return printable(value)


class SettingInput(PlainInput):
    """One setting's values as text; commas separate values to compare.

    What is typed is checked at once and taken on Enter or on leaving the field; Escape brings the
    value back.
    """

    BINDINGS = [
        Binding("enter", "submit", "take"),
        Binding("up", "app.focus_previous", "previous"),
        Binding("down", "app.focus_next", "next"),
        Binding("ctrl+o", "pick", "list"),
    ]

    class Taken(Message):
        """A new, valid text was entered for a setting."""

        def __init__(self, setting: Setting, text: str) -> None:
            super().__init__()
            self.setting, self.text = setting, text

    class Wrong(Message):
        """What is typed now is no value of the setting (or it is one again: then reason is empty)."""

        def __init__(self, field: "SettingInput", reason: str) -> None:
            super().__init__()
            self.field, self.reason = field, reason

    class Dropped(Message):
        """A wrong text was left, so the value before it is back."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    class Pick(Message):
        """The list of a setting's names is wanted."""

        def __init__(self, setting: Setting) -> None:
            super().__init__()
            self.setting = setting

    def __init__(self, setting: Setting, text: str, check: Check) -> None:
        names = SuggestFromList(list(setting.choices), case_sensitive=False) if setting.choices else None
        super().__init__(text, id=field_id(setting.name), suggester=names, select_on_focus=True)
        self.setting = setting
        self.taken = self.value
        self.has_effect = True
        self._check_text = check

    def show(self, text: str, has_effect: bool) -> None:
        """Show the value in force, unless something else is being typed; struck through where it has no effect."""
        text = printable(text)
        self.has_effect = has_effect or self.setting.code is not None  # which it is there to be typed into
        self.set_class(not self.has_effect and bool(text) and not self.setting.folded, "-no-effect")
        if self.value == self.taken:
            self.value = text
        self.taken = text

    def _reason(self) -> str:
        """Why what is typed won't do; what is in force always does."""
        try:
            if self.value != self.taken:
                self._check_text(self.setting, self.value)
        except InputError as error:
            return str(error)
        return ""

    @on(Input.Changed)
    def _check(self) -> None:
        reason = self._reason()
        self.set_class(bool(reason), "-wrong")
        self.set_class(not reason and self.value != self.taken, "-edited")
        if self.has_focus:
            self.post_message(self.Wrong(self, reason))

    @on(Input.Submitted)
    def _take(self) -> None:
        if self.value != self.taken and not self._reason():
            self.taken = self.value
            self.remove_class("-edited")
            self.post_message(self.Taken(self.setting, self.value))

    def on_blur(self, event: Blur) -> None:
        if reason := self._reason():
            self.value = self.taken
            self.post_message(self.Dropped(reason))
        else:
            self._take()
        self.cursor_position = 0  # where it is too long, show its beginning

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "pick" or self.has_list

    @property
    def has_list(self) -> bool:
        """Whether there are names to pick from."""
        return self.setting.choices is not None or self.setting.name == "device"

    def action_pick(self) -> None:
        self.post_message(self.Pick(self.setting))


class SettingLabel(Label):
    """A setting's title; a click goes into its field, and opens the list where there is one (▾)."""

    def __init__(self, field: SettingInput) -> None:
        super().__init__(f"{field.setting.title}{' ▾' * field.has_list}", markup=False)
        self._field = field

    def on_click(self) -> None:
        self._field.focus()
        if self._field.has_list and not self._field.disabled:
            self._field.action_pick()


def _described(settings: Sequence[Setting]) -> list[tuple[object, ...]]:
    """What their rows show, beside their values."""
    return [(each.name, each.section, each.type, each.help, each.wanted) for each in settings]


class SettingsForm(VerticalScroll, can_focus=False):
    """All settings, in the schema's order and under its sections."""

    BINDINGS = [Binding("escape", "leave", "leave")]

    class Left(Message):
        """The keys are the charts' again."""

    def __init__(self, comparison: Comparison, check: Check, id: str) -> None:
        super().__init__(id=id)
        self._comparison, self._check = comparison, check
        self.takes: Callable[[str], bool] = lambda setting: True
        self._own = self._own_of(comparison)

    def compose(self) -> ComposeResult:
        for section, settings in by_section(self._comparison.settings.values()).items():
            yield from self._section(section, settings)

    def _section(self, section: str, settings: Sequence[Setting]) -> Iterator[Widget]:
        """A title and a row for each setting; those of own code come and go with that."""
        own = " own" * is_own(settings[0].name)
        yield Label(section, classes=f"section{own}", markup=False)
        for setting in settings:
            field = SettingInput(setting, self._comparison.text(setting.name), self._check)
            field.disabled = not self.takes(setting.name)
            yield Horizontal(SettingLabel(field), field, classes=f"setting{own}")

    @staticmethod
    def _own_of(comparison: Comparison) -> list[Setting]:
        return [setting for name, setting in comparison.settings.items() if is_own(name)]

    async def _show_own(self) -> None:
        """Have a section for each own code that is named now, after the section of the setting that names it."""
        await self.query(".own").remove()
        for section, settings in reversed(by_section(self._own).items()):  # the last goes after the row first
            role = settings[0].name.partition(".")[0]
            last = [name for name, each in SETTINGS.items() if each.section == SETTINGS[role].section][-1]
            row = self.query_one(f"#{field_id(last)}").parent
            assert isinstance(row, Horizontal)
            await self.mount(*self._section(section, settings), after=row)
        self._show(self.query(".own SettingInput").results(SettingInput))

    def show(self, comparison: Comparison) -> None:
        """Show these values."""
        self._comparison, own = comparison, self._own_of(comparison)
        if _described(own) != _described(self._own):
            self._own = own
            self.call_next(self._show_own)
        self._show(self.query(SettingInput))

    def _show(self, fields: Iterable[SettingInput]) -> None:
        comparison = self._comparison
        for field in fields:
            if (name := field.setting.name) in comparison.settings:  # others go
                has_effect = comparison.has_effect(name)
                field.show(comparison.text(name), has_effect)
                row = field.parent
                assert row
                row.display = has_effect or not field.setting.folded

    def on_mount(self) -> None:
        self.show(self._comparison)

    def action_leave(self) -> None:
        """Bring back what was not taken, and give the keys back to the charts."""
        self.screen.set_focus(None)  # first: what a field tells of its old value is for whoever is in it
        for field in self.query(SettingInput):
            field.value = field.taken
        self.post_message(self.Left())


class SettingsPane(Vertical):
    """The form, and below it what the setting in hand means, or what is wrong with it."""

    IDLE = "tab goes into the settings, escape leaves them."

    def __init__(self, comparison: Comparison, check: Check, id: str) -> None:
        super().__init__(id=id)
        self.border_title = "Settings"
        self._comparison, self._check, self._idle = comparison, check, self.IDLE

    def compose(self) -> ComposeResult:
        yield SettingsForm(self._comparison, self._check, id="settings")
        yield Static(self._idle, id="setting-help", markup=False)

    def restrict(self, takes: Callable[[str], bool], why: str) -> None:
        """Grey the settings that aren't taken, and say why."""
        self._idle = why
        self.query_one(SettingsForm).takes = takes
        for field in self.query(SettingInput):
            field.disabled = not takes(field.setting.name)
        self._say(Text(why))

    def free(self) -> None:
        """Take all settings again."""
        if self._idle != self.IDLE:
            self.restrict(lambda setting: True, self.IDLE)

    def show(self, comparison: Comparison) -> None:
        """Show these values."""
        self.query_one(SettingsForm).show(comparison)

    def enter(self) -> None:
        """Put the cursor into the first setting that can be changed."""
        next(field for field in self.query(SettingInput) if not field.disabled).focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, SettingInput):
            self._say(_explain(event.widget, self._restart))

    def on_descendant_blur(self) -> None:
        self._say(Text(self._idle))

    @on(SettingInput.Wrong)
    def _tell(self, message: SettingInput.Wrong) -> None:
        said = Text(message.reason) if message.reason else _explain(message.field, self._restart)
        self._say(said, wrong=bool(message.reason))

    @property
    def _restart(self) -> str:
        return cast("KeyOrderApp", self.app).keymap.name("restart")

    def _say(self, text: Text, wrong: bool = False) -> None:
        help = self.query_one("#setting-help", Static)
        help.set_class(wrong, "-wrong")
        help.update(text)


def _explain(field: SettingInput, restart: str) -> Text:
    """What a setting means, and how it takes effect, if it has any. restart: the key that starts afresh."""
    effect = "at once" if field.setting.live else f"fresh start: {restart}"
    several = " · a,b compares" if field.setting.several else ""
    return Text(field.setting.help).append(f"\n{effect + several if field.has_effect else 'no effect now'}", "dim")
