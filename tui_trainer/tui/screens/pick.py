"""Pick one name, or several to compare."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList
from textual.widgets.selection_list import Selection


class PickScreen(ModalScreen[str | None]):
    """Returns the names with commas between, or None.

    Enter takes the name under the cursor. Space marks names; once any mark was changed, Enter
    takes the marked ones.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take", priority=True),
        Binding("escape,q", "dismiss(None)", "leave"),
    ]

    def __init__(self, title: str, names: Mapping[str, str], chosen: str) -> None:
        super().__init__()
        self._title, self._names = title, names
        self._chosen = chosen.split(",")
        self._marked = False

    def compose(self) -> ComposeResult:
        width = max(map(len, self._names))
        with Vertical(id="pick", classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = "enter take · space mark several · esc leave"
            yield SelectionList[str](
                *(
                    Selection(Text.assemble(f"{name:<{width}}  ", (help, "dim")), name, name in self._chosen)
                    for name, help in self._names.items()
                ),
                compact=True,
            )

    def on_mount(self) -> None:
        names = list(self._names)
        self._list.highlighted = names.index(self._chosen[0]) if self._chosen[0] in names else 0

    @property
    def _list(self) -> SelectionList[str]:
        return self.query_one(SelectionList)

    @on(SelectionList.SelectionToggled)
    def _note_mark(self) -> None:
        self._marked = True

    def action_take(self) -> None:
        marked = [name for name in self._names if name in self._list.selected]
        under = list(self._names)[self._list.highlighted or 0]
        self.dismiss(",".join(marked if self._marked and marked else [under]))
