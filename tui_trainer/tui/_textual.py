"""Private access into textual, all of it. Each has a way to go on where another version of textual lacks it."""

from collections.abc import Iterator
from typing import Any

from rich.text import Text
from textual.app import App
from textual.content import Content
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

__all__ = [
    "CHECKED",
    "USES",
    "CompositorUpdate",
    "Piece",
    "UpdatingApp",
    "new_parser",
    "pieces",
    "set_border",
    "still_writes",
]

try:
    from textual._compositor import CompositorUpdate
except ImportError:  # nothing is an update then, and all is written as textual has it

    class CompositorUpdate:  # type: ignore[no-redef]
        """What textual writes to the terminal."""


# Each name, and what is lost where it has changed.
CHECKED = "8.2.8"
USES = {
    "textual._compositor:CompositorUpdate": "whole widgets are written, not the cells that changed",
    "textual._compositor:ChopsUpdate": "whole widgets are written, not the cells that changed",
    "textual._compositor:LayoutUpdate": "whole widgets are written, not the cells that changed",
    "textual.app:App._display": "whole widgets are written, and frames that a slow line has no time for",
    "textual._compositor:Compositor.render_update": "of a screen that plays, old parts may stand longer on a slow line",
    "textual.app:App._background_screens": "of a screen that plays, old parts may stand longer on a slow line",
    "textual._xterm_parser:XTermParser": "a byte from the keyboard that is no UTF-8 ends the app",
    "textual.drivers._writer_thread:WriterThread": "an app whose terminal closes twice may not end",
    "textual.widget:_BorderTitle": "a chart is repainted each time a loss in its border changes",
}


def still_writes(driver: Any) -> bool:
    """Whether somebody takes what is written: where the terminal is gone, textual's thread that writes may be too.

    Its queue takes 30 texts, and whoever writes one more, or ends the thread then, waits for ever.
    """
    thread = getattr(driver, "_writer_thread", None)
    return thread is None or thread.is_alive()


Piece = tuple[int, int, Strip]  # row, column, what is there


class UpdatingApp(App[str]):
    """An app that can change each update of the screen on its way to the terminal, or drop it."""

    def paint(self, update: CompositorUpdate) -> CompositorUpdate | None:
        """What to write instead of this; None for nothing."""
        return update

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            renderable = self.paint(renderable)
        super()._display(screen, renderable)

    def show_whole(self) -> None:
        """Write all of the screen as it is now, in one update: of several, one may always come too early."""
        screen = self.screen
        try:
            update = screen._compositor.render_update(full=True, screen_stack=self._background_screens)
        except (AttributeError, TypeError):
            screen.refresh()
        else:
            self._display(screen, update)


def pieces(update: Any) -> Iterator[Piece]:
    """What one of textual's updates would paint: all of the screen, or what is in some spans of its rows.

    Raises AttributeError for an update of another form.
    """
    if hasattr(update, "chops"):
        for y, start, stop in update.spans:
            for (x, strip), end in zip(update.chops[y].items(), update.chop_ends[y], strict=False):
                if strip is not None and x < stop and end > start:
                    yield y, x, strip
    else:
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, strip
                x += strip.cell_length


def set_border(widget: Widget, name: str, text: Text | None) -> bool:
    """Put words into `border_title` or `border_subtitle`; returns whether the row they are in is to be repainted."""
    if not hasattr(widget, f"_{name}"):
        setattr(widget, name, text)  # which repaints all
        return False
    content = Content.from_rich_text(text) if text else None
    before = getattr(widget, f"_{name}")
    if content is before or (content is not None and before is not None and content.is_same(before)):
        return False
    setattr(widget, f"_{name}", content)
    return True


def new_parser(like: Any = None) -> Any:
    """A parser of what a terminal sends, which knows what `like` has learned of it; None where textual has another."""
    try:
        from textual._xterm_parser import XTermParser

        parser = XTermParser()
        for known in ("mouse_pixels", "terminal_size", "terminal_pixel_size") if like else ():
            setattr(parser, known, getattr(like, known))
    except (ImportError, AttributeError, TypeError):
        return None
    return parser
