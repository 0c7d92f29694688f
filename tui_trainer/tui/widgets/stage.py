"""What moves in a lesson: its charts, tables and trees, under each other."""

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.widgets.chart_view import ChartView

if TYPE_CHECKING:
    from tui_trainer.lessons.frame import Part, Table


class GrowingTable(Widget):
    """A table that shows as many of its last rows as there is room for: beside a chart, a share of it."""

    table: "Table | None" = None

    def show(self, table: "Table") -> None:
        """Show this table."""
        self.table = table
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        from tui_trainer.lessons.render import HEAD_ROWS

        return len(self.table.rows) + HEAD_ROWS + bool(self.table.title) if self.table else 0

    def render(self) -> RenderableType:
        from tui_trainer.lessons.render import FittedTable

        return FittedTable(self.table, role_styles(self.app), self.size.height) if self.table else ""


class Stage(VerticalScroll, can_focus=False):
    """Shows the parts of a frame; parts of the same kinds as before are drawn in place."""

    def show(self, parts: "list[Part]") -> None:
        """Show these parts."""
        kinds = [_widget_of(part) for part in parts]
        if kinds != [type(child) for child in self.children]:
            self.remove_children()
            self.mount_all(kind() for kind in kinds)
        shown = list(self.children)[-len(parts) :]
        if len(shown) < len(parts):
            return  # it is being taken down, and mounts no more
        spare = [bool(getattr(part, "spare", False)) for part in parts]
        beside = any(kind is ChartView and not less for kind, less in zip(kinds, spare, strict=True))
        for widget, part, less in zip(shown, parts, spare, strict=True):
            widget.set_class(less, "-spare")
            widget.set_class(beside and isinstance(widget, GrowingTable), "-beside-chart")
            self.call_after_refresh(self._fill, widget, part)

    def _fill(self, widget: Widget, part: "Part") -> None:
        from tui_trainer.lessons.frame import Plot, Table
        from tui_trainer.lessons.render import drawn, text_of

        styles = role_styles(self.app)
        match widget, part:
            case ChartView(), Plot():
                widget.show(part.chart)
                widget.head([text_of(part.title, styles)], Text(part.under) if part.under else None)
            case GrowingTable(), Table():
                widget.show(part)
            case Static(), _ if not isinstance(part, Plot):
                widget.update(drawn(part, styles))


def _widget_of(part: "Part") -> type[Widget]:
    from tui_trainer.lessons.frame import Plot, Table

    if isinstance(part, Plot):
        return ChartView
    return GrowingTable if isinstance(part, Table) and part.grows else Static
