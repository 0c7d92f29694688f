"""Textual's command palette, which ends the app when a page is turned before its list was laid out."""

import contextlib

from textual.command import CommandPalette


class Palette(CommandPalette):
    """The same, but that nothing happens then."""

    def _action_command_list(self, action: str) -> None:
        with contextlib.suppress(KeyError):
            super()._action_command_list(action)
