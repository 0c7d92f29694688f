"""What there is to see of a script's run: its measures, its histograms and its pictures, each by a name."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from tui_trainer.charts.views import Options
from tui_trainer.escape import printable
from tui_trainer.experiment import InputError
from tui_trainer.runs.images import read_image
from tui_trainer.runs.measures import Measure, measures

if TYPE_CHECKING:
    from tui_trainer.charts.chart import Chart
    from tui_trainer.tui.script_reader import ScriptReader

UPDATES = "update/"
SHOWN = 8  # of the pictures of a name, the newest


@dataclass(frozen=True)
class Drawn:
    """A chart, or why there is none, and what its border says: the first of the titles that fits, and a subtitle."""

    chart: "Chart | str"
    titles: Sequence[Text]
    subtitle: Text | None = None


@dataclass(frozen=True)
class Pane:
    """One thing that can be shown; draw: given options, and whether it stands alone."""

    name: str
    about: str
    draw: Callable[[Options, bool], Drawn]


def panes(reader: "ScriptReader", styles: dict[str, Style]) -> list[Pane]:
    """All there is to see: losses first, what may be many last."""
    logged = dict.fromkeys(name for record in reader.records for name in record.history.logged.series)
    measured = [_of_measure(reader, one, styles) for one in sorted(measures(logged), key=_rank)]
    kept = [pane for pane in measured if not pane.name.startswith(UPDATES)]
    spread = [_of_spread(reader, name, styles) for name in reader.spread]
    images = [_of_images(reader, name) for name in reader.images]
    return [*kept, *images, *spread, *(pane for pane in measured if pane not in kept)]


def _rank(measure: Measure) -> int:
    """Losses come first, then what else there is on held-out samples."""
    return 0 if "loss" in measure.what.lower() else 1 if measure.held_out else 2


def _of_measure(reader: "ScriptReader", measure: Measure, styles: dict[str, Style]) -> Pane:
    def draw(options: Options, alone: bool) -> Drawn:
        from tui_trainer.charts.views.logged import LoggedView
        from tui_trainer.tui.legend import legible

        view, runs = LoggedView(measure), reader.records
        drawn = view.chart(runs, (), options)
        title = view.title(runs, options)
        figures = Text("  ").join(Text(words, styles[role]) for words, role in view.figures(runs))
        titles = [Text(f"{title}   ").append_text(figures), Text(f"{printable(measure.what)} ").append_text(figures)]
        if isinstance(drawn, str):
            return Drawn(drawn, [Text(title)])
        beside = [legible(words, role, styles) for words, role in drawn.legend if not words.startswith("●")]
        return Drawn(
            drawn, [*titles, Text(printable(measure.what))], Text("  ").join([*beside, *map(Text, drawn.notes)])
        )

    return Pane(printable(measure.what), " and ".join(map(printable, measure.names)), draw)


def _of_spread(reader: "ScriptReader", name: str, styles: dict[str, Style]) -> Pane:
    def draw(options: Options, alone: bool) -> Drawn:
        from tui_trainer.charts.spread import spread

        return Drawn(spread(reader.spread.get(name, [])), [Text(name)])

    return Pane(name, "how it is spread", draw)


def _of_images(reader: "ScriptReader", name: str) -> Pane:
    def draw(options: Options, alone: bool) -> Drawn:
        import numpy as np

        from tui_trainer.charts.chart import Gallery

        found = reader.images.get(name, [])[: -SHOWN - 1 : -1]
        read = []
        for image in found:
            with contextlib.suppress(InputError):  # spoiled, or gone by now
                read.append((image.steps, read_image(image.path)))
        if not read:
            return Drawn(f"no picture can be read any more: images/{name}-*.npy", [Text(name)])
        same = [(steps, picture) for steps, picture in read if picture.shape == read[0][1].shape]
        pixels = np.stack([picture for _, picture in same]).astype(np.float64) / 255
        words = [(f"step {steps:,}", "quiet") for steps, _ in same]
        gallery = Gallery((), (0, 1), (0, 1), pixels=pixels, captions=words, a_row=1 if alone else min(4, len(same)))
        return Drawn(gallery, [Text(f"{name}   step {read[0][0]:,}"), Text(name)])

    return Pane(name, "pictures", draw)
