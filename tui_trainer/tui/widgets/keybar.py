"""The footer: as many keys as the terminal has room for, never one cut in half."""

from textual.app import RenderResult
from textual.color import Color
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget


class KeyBar(Widget):
    """The keys that work where the focus is; those that make no sense now are dim.

    One widget for all keys: Textual's footer is one for each, made anew with every change, which
    cost more than the charts.
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        colours = self.app.theme_variables
        key_style = Style(foreground=Color.parse(colours["primary"]), bold=True)
        room = self.size.width
        parts: list[Content] = []
        # By action, as one action may have two keys.
        active = {b.binding.action: b for b in self.screen.active_bindings.values() if b.binding.show}
        for _, binding, enabled, _ in active.values():
            name = self.app.get_key_display(binding)
            room -= len(name) + len(binding.description) + 3
            if room < 0:
                break
            click = Style.from_meta({"@click": f"screen.{binding.action}"}) if enabled else Style()
            dim = Style() if enabled else Style(dim=True)
            parts += [
                Content.styled(f" {name}", key_style + dim + click),
                Content.styled(f" {binding.description} ", dim + click),
            ]
        return Content("").join(parts)
