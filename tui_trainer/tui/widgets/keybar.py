"""The footer: as many keys as the terminal has room for, never one cut in half."""

from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class KeyBar(Footer):
    """Textual's footer, which would scroll, cut to whole keys."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        room = self.app.size.width
        for key in super().compose():
            if isinstance(key, FooterKey):
                room -= len(key.key_display) + len(key.description) + 3
            if room < 0:
                return
            yield key

    async def on_resize(self, event: Resize) -> None:
        await self.recompose()
