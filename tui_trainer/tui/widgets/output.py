"""What a script printed."""

from collections.abc import Sequence

from rich.text import Text

from tui_trainer.tui.widgets.log import FollowingLog

MAX_LINES = 500


class OutputPane(FollowingLog):
    """Its last lines, which are safe to show."""

    def __init__(self, id: str) -> None:
        super().__init__(id, "Output", MAX_LINES)
        self._shown: Sequence[str] = ()

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines in the place of those before: written are those after what both have in common."""
        before, self._shown = self._shown, lines[-MAX_LINES:]
        if self._shown == before:
            return
        new = self._shown[_common(before, self._shown) :]
        if 0 < len(new) < len(self._shown):
            self.take_last()
        else:
            self.take_all()
            new = self._shown
        self.add([Text(line) for line in new])


def _common(before: Sequence[str], lines: Sequence[str]) -> int:
    """With how many lines these begin that stood before, all to the last but one: that one may have gone on."""
    for start in range(len(before) - 1):
        stood = before[start:-1]
        if lines[: len(stood)] == stood:
            return len(stood)
    return 0
