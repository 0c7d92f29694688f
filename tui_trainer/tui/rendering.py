"""An app that writes to its terminal no more than changes, and no faster than it arrives."""

import time

from rich.console import COLOR_SYSTEMS, Console
from textual.driver import Driver
from textual.events import CursorPosition, Resize

from tui_trainer.tui._textual import CompositorUpdate, UpdatingApp, pieces
from tui_trainer.tui.cells import Cells
from tui_trainer.tui.flow_control import PATIENCE, FlowControl, listening
from tui_trainer.tui.frames import Frames
from tui_trainer.tui.key_order import KeyOrderApp


class Changes(CompositorUpdate):
    """One of Textual's updates, of which only what differs from the terminal's screen is written."""

    def __init__(self, update: CompositorUpdate, cells: Cells, flow: FlowControl) -> None:
        self._update, self._cells, self._flow = update, cells, flow

    def render_segments(self, console: Console) -> str:
        try:
            text = self._cells.changes(pieces(self._update), COLOR_SYSTEMS[console.color_system or "truecolor"])
        except AttributeError:  # in another Textual, updates may have another form
            self._cells.forget()
            text = self._update.render_segments(console)
        return self._flow.add(text) if text else ""


class RenderingApp(UpdatingApp, KeyOrderApp):
    """While a frame is on its way, nothing is written; once it has arrived, what there is then."""

    def __init__(self) -> None:
        self.flow = FlowControl()
        self._cells, self._frames = Cells(), Frames()
        self._behind = False
        super().__init__()

    def frame_is_due(self, locked: bool) -> bool:
        """Whether to draw now what changes by itself; if so, that counts as done.

        locked: whether training holds Python's lock.
        """
        if self.flow.busy:
            return False
        return self._frames.due(time.perf_counter(), time.thread_time(), self.flow.written, locked)

    def get_driver_class(self) -> type[Driver]:
        return listening(super().get_driver_class(), self.flow)

    def paint(self, update: CompositorUpdate) -> CompositorUpdate | None:
        if not self.flow.busy:
            return Changes(update, self._cells, self.flow)
        if not self._behind:
            self._behind = True
            self.set_timer(PATIENCE, self._catch_up)  # should the terminal have fallen silent
        return None

    def _catch_up(self) -> None:
        if self._behind:
            self._behind = False
            self.show_whole()  # a refresh is written in parts, of which the last would be dropped, again and again

    def on_cursor_position(self, event: CursorPosition) -> None:
        self._catch_up()

    def repaint(self) -> None:
        """Draw all anew: another program had the terminal, which may show anything now."""
        self._cells.forget()
        self.screen.refresh()

    def on_resize(self, event: Resize) -> None:
        # This comes also where the process was stopped and goes on: the terminal may show anything now.
        self._cells.forget()
        self.screen.refresh()
