"""Pick one name, or several to compare."""

from collections.abc import Callable, Mapping

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui_trainer.sentence import InputError, Sentence
from tui_trainer.settings import Setting
from tui_trainer.tui.screens.sized import SizedScreen
from tui_trainer.tui.widgets.form import PlainInput

WIDTH, AROUND = 68, 7  # of the dialog, as in the style sheet, and what is not for words: border, padding and scrollbar

TAKE = Sentence("⏎ take · / find · esc leave")
WORDS = Sentence("words of names")
MARK = Sentence("⏎ take · space mark · / find · esc leave")


def names_of(setting: Setting) -> dict[str, str]:
    """The names that a setting takes, each with its line of help. Loads torch for devices."""
    if setting.name == "device":
        from tui_trainer.engine.devices import available_devices, describe, find_device

        devices = available_devices()
        return {"auto": f"takes {devices[0]}"} | {device: describe(find_device(device)) for device in devices}
    return {name: choice.help for name, choice in (setting.choices or {}).items()}


class PickScreen(ModalScreen[str | None], SizedScreen):
    """Returns the names with commas between, or None.

    Enter takes the name under the cursor. Space marks names; once a mark was changed, Enter takes
    the marked ones. `/` takes words: names without them are left out. say: as for `AskScreen`.
    """

    BINDINGS = [
        Binding("enter", "take", "take", priority=True),
        Binding("space", "mark", "mark", priority=True),
        Binding("escape,q", "leave", "leave"),
        Binding("slash", "find", "find"),
        *(Binding(key, f"move('{key}')") for key in ("up", "down", "pageup", "pagedown")),  # while words are typed
    ]

    def __init__(
        self,
        title: str,
        names: Mapping[str, str],
        chosen: str,
        several: bool = True,
        say: Callable[[InputError | str], str] = str,
    ) -> None:
        super().__init__()
        self._say = say
        self._title, self._names, self._several = title, names, several
        self._chosen = [name for name in chosen.split(",") if name in names]
        self._changed = False
        self._width = max(map(len, names), default=0) + 4  # of the names: once, as there may be thousands

    def compose(self) -> ComposeResult:
        with Vertical(id="pick", classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = self._say(MARK if self._several else TAKE)
            yield PlainInput(compact=True, placeholder=self._say(WORDS), disabled=True)
            yield OptionList(*(Option(self._line(name), name) for name in self._names), compact=True)

    def on_mount(self) -> None:
        names = list(self._names)
        for options in self.query(OptionList):  # none, where it was left before it stood
            options.highlighted = names.index(self._chosen[0]) if self._chosen else 0

    def on_resize(self, event: Resize) -> None:
        for options in self.query(OptionList):
            for name in self._found:
                options.replace_option_prompt(name, self._line(name))

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _found(self) -> list[str]:
        """The names with all the words in them."""
        words = self.query_one(Input).value.lower().split()
        return [name for name in self._names if all(word in name.lower() for word in words)]

    @property
    def _under_cursor(self) -> str | None:
        option = self._list.highlighted_option
        return option.id if option else None

    def _line(self, name: str) -> Text:
        width, help = self._width, Text(self._names[name])
        room = max(1, min(WIDTH, self.app.size.width) - AROUND - width)
        if help.cell_len > room:
            help = Text(f"\n{'':{width}}").join(help.wrap(self.app.console, room))
        mark = ("✓ ", "bold") if name in self._chosen else "  "
        return Text.assemble(mark, f"{name:<{width - 2}}", help)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "mark" or (self._several and self.focused is self._list)

    def action_find(self) -> None:
        words = self.query_one(Input)
        words.disabled = False
        words.focus()

    @on(Input.Changed)
    def _find(self) -> None:
        before = self._under_cursor
        self._list.set_options(Option(self._line(name), name) for name in self._found)
        if self._found:
            self._list.highlighted = self._found.index(before) if before in self._found else 0

    def action_move(self, key: str) -> None:
        moves = {"up": "cursor_up", "down": "cursor_down", "pageup": "page_up", "pagedown": "page_down"}
        getattr(self._list, f"action_{moves[key]}")()

    def action_leave(self) -> None:
        """Back to all names, where some were looked for; else out of here."""
        words = self.query_one(Input)
        if words.disabled:
            self.dismiss(None)
        else:
            words.value, words.disabled = "", True
            self._list.focus()

    def action_mark(self) -> None:
        if name := self._under_cursor:
            self._changed = True
            self._chosen = [c for c in self._chosen if c != name] if name in self._chosen else [*self._chosen, name]
            self._list.replace_option_prompt(name, self._line(name))

    def action_take(self) -> None:
        several = [name for name in self._names if name in self._chosen]
        if self._changed and several:
            self.dismiss(",".join(several))
        elif name := self._under_cursor:
            self.dismiss(name)
