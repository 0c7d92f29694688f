"""A chart in a widget: redraws when asked, and sends only the rows that changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.events import MouseDown, MouseEvent, MouseMove
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_trainer.tui._textual import set_border
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.truncation import fullest, shortened

if TYPE_CHECKING:
    from tui_trainer.charts.chart import Chart
    from tui_trainer.charts.styles import Paint, Row

LEFT, SMALLEST = 1, 3  # the button; rows of a chart with axes
BORDER = 4  # cells that corners and the space beside a title take, of those inside the border


class ChartView(Widget):
    """Shows one chart, or a sentence while there is none."""

    class Pointed(Message):
        """A place of a chart was clicked, or the mouse was drawn there."""

        def __init__(self, chart: "ChartView", x: float) -> None:
            super().__init__()
            self.chart, self.x = chart, x

    def __init__(self, notice: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._chart: Chart | str = notice
        self._strips: list[Strip] = []
        self._drawn_for: Size | None = None
        self._titles: Sequence[Text] = ()
        self._subtitle: Text | None = None

    def show(self, chart: "Chart | str") -> None:
        """Draw this chart, or say why there is none, and send the rows that changed."""
        self._chart = chart
        if self._drawn_for != self.size:
            self.refresh()
            return
        old, self._strips = self._strips, self._make_strips(*self.size)
        changed = [y for y, (a, b) in enumerate(zip(old, self._strips, strict=True)) if a != b]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _make_strips(self, width: int, height: int) -> list[Strip]:
        if not (width and height):
            return []
        if isinstance(self._chart, str):
            text = self._chart[:width]
            blank = Strip.blank(width)
            strips = [blank] * height
            strips[height // 2] = Strip([Segment(text.center(width), role_styles(self.app)["axis"])], width)
            return strips
        from tui_trainer.charts.raster import draw

        styles = role_styles(self.app)
        colours = not self.app.no_color and self.app.console.color_system != "standard"
        return [_strip(row, styles, width) for row in draw(self._chart, width, height, colours=colours)]

    def head(self, titles: Sequence[Text], subtitle: Text | None = None) -> None:
        """Put words into the border: the first of the titles that fits, and the subtitle as far as it does.

        Repaints no more than these rows: setting `border_title` would repaint the whole chart, each time a
        loss changes.
        """
        self._titles, self._subtitle = titles, subtitle
        room = self.size.width - BORDER
        if room <= 0:  # hidden, or not laid out yet: a Resize follows
            return
        title = fullest(titles, room)
        subtitle = shortened(subtitle, room) if subtitle else None
        for name, text, y in (("border_title", title, -1), ("border_subtitle", subtitle, self.size.height)):
            if set_border(self, name, text):
                self.refresh(Region(-1, y, self.size.width + 2, 1))

    def on_resize(self) -> None:
        if self._titles:
            self.head(self._titles, self._subtitle)

    def on_mouse_down(self, event: MouseDown) -> None:
        if event.button == LEFT:
            self.capture_mouse()  # it may be drawn beyond the edge
            self._point_at(event)

    def on_mouse_up(self) -> None:
        self.release_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        if event.button == LEFT:
            self._point_at(event)

    def _point_at(self, event: MouseEvent) -> None:
        """Tell which x of the chart is under the mouse."""
        offset = event.get_content_offset_capture(self)
        if isinstance(self._chart, str) or len(self._strips) < SMALLEST:
            return
        from tui_trainer.charts.raster import place_at

        place = place_at(self._strips[-2].text, offset.x)
        if place is not None:
            self.post_message(self.Pointed(self, self._chart.x_at(min(max(place, 0.0), 1.0))))

    def notify_style_update(self) -> None:
        """Colours changed: with another theme the same chart looks different."""
        super().notify_style_update()
        self._drawn_for = None

    def render_line(self, y: int) -> Strip:
        if self._drawn_for != self.size:
            self._drawn_for = self.size
            self._strips = self._make_strips(*self.size)
        strip = self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)
        return strip.apply_style(self.visual_style.rich_style)


def _strip(row: "Row", styles: dict[str, Style], width: int) -> Strip:
    return Strip([Segment(text, _style(paint, styles)) for text, paint in row]).adjust_cell_length(width)


def _style(paint: "Paint", styles: dict[str, Style]) -> Style:
    if isinstance(paint, str):
        return styles[paint]
    sign, behind = (styles[role] for role in paint)
    return sign + Style(bgcolor=behind.color)
