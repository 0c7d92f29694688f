"""A chart in a widget: redraws when asked, and sends only the rows that changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.fitting import fullest, shortened

if TYPE_CHECKING:
    from tui_trainer.charts.chart import Chart
    from tui_trainer.charts.drawing import Row

BORDER = 4  # cells that corners and the space beside a title take, of those inside the border


class ChartPane(Widget):
    """Shows one chart, or a sentence while there is none."""

    def __init__(self, notice: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._notice = notice
        self._chart: Chart | None = None
        self._strips: list[Strip] = []
        self._drawn_for: Size | None = None
        self._titles: Sequence[Text] = ()
        self._subtitle: Text | None = None

    def show(self, chart: "Chart | None", notice: str = "") -> None:
        """Draw this chart, and send the rows that changed; the notice is shown where there is none."""
        self._chart, self._notice = chart, notice
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
        if self._chart is None:
            text = self._notice[:width]
            blank = Strip.blank(width)
            strips = [blank] * height
            strips[height // 2] = Strip([Segment(text.center(width), role_styles(self.app)["axis"])], width)
            return strips
        from tui_trainer.charts.drawing import draw

        styles = role_styles(self.app)
        return [_strip(row, styles, width) for row in draw(self._chart, width, height)]

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
        for name, text, y in (("_border_title", title, -1), ("_border_subtitle", subtitle, self.size.height)):
            content = Content.from_rich_text(text) if text else None
            before = getattr(self, name)
            if content is None or before is None or not content.is_same(before):
                setattr(self, name, content)
                self.refresh(Region(-1, y, self.size.width + 2, 1))

    def on_resize(self) -> None:
        if self._titles:
            self.head(self._titles, self._subtitle)

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
    return Strip([Segment(text, styles[role]) for text, role in row]).adjust_cell_length(width)
