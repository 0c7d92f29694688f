"""The footer: as many keys as the terminal has room for, never one cut in half."""

from collections.abc import Callable

from textual.app import RenderResult
from textual.color import Color
from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget


class KeyBar(Widget):
    """The keys that work where the focus is; those that make no sense now are grey.

    One widget for all keys: Textual's footer is one for each, made anew with every change, which
    cost more than the charts.
    """

    def __init__(self, label: Callable[[str], str] = str) -> None:
        """label: how a key's label is said here."""
        super().__init__()
        self._label = label
        self._places: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        colours = self.app.theme_variables
        key_style, word_style = Style(foreground=Color.parse(colours["primary"]), bold=True), Style()
        # Not dim: of few colours, a dim one may become the one that it stands on, or one that strikes the eye.
        quiet = Style(foreground=Color.parse(colours["quiet"]))
        place = 0
        parts: list[Content] = []
        self._places = []
        # By action, as one action may have two keys; in the screen's own order, after those of what has the focus.
        active = {b.binding.action: b for b in self.screen.active_bindings.values() if b.binding.show}
        order = {key.action: place for place, key in enumerate(getattr(self.screen, "keys", ()))}
        active = dict(sorted(active.items(), key=lambda each: order.get(each[0], -1)))
        for _, binding, enabled, _ in active.values():
            name = f" {self.app.get_key_display(binding)}"
            words = f" {self._label(binding.description)} "
            start, place = place, place + len(name) + len(words)
            if place > self.size.width:
                break
            self._places.append((start, place, binding.key))
            parts += [
                Content.styled(name, key_style if enabled else quiet),
                Content.styled(words, word_style if enabled else quiet),
            ]
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        for start, stop, key in self._places:
            if start <= event.x < stop:
                self.app.simulate_key(key)
