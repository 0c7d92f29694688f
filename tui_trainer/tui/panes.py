"""What there is to see of a script's run: its measures, its histograms and its pictures, each by a name."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.style import Style
from rich.text import Text
from textual.geometry import Size

from tui_trainer.charts.styles import format_number
from tui_trainer.charts.views import Options
from tui_trainer.escape import printable
from tui_trainer.runs.images import Picture, read_image
from tui_trainer.runs.measures import Measure, measures
from tui_trainer.sentence import InputError

if TYPE_CHECKING:
    from tui_trainer.charts.chart import Chart
    from tui_trainer.tui.script_reader import ScriptReader

MOST = 6  # that are shown at once: more say less
UPDATES = "update/"
SHOWN = 8  # of the pictures of a name, the newest
WIDE = 80  # cells: room for one more of them
_Found = tuple[int, Path, int]  # a picture's step, its file, and when that was changed


@dataclass(frozen=True)
class Drawn:
    """A chart, or why there is none, and what its border says: the first of the titles that fits, and a subtitle."""

    chart: "Chart | str"
    titles: Sequence[Text]
    subtitle: Text | None = None


@dataclass(frozen=True)
class Pane:
    """One thing that can be shown; draw: given options and the room for it, in cells."""

    name: str
    about: str
    draw: Callable[[Options, Size], Drawn]


def panes(reader: "ScriptReader", styles: dict[str, Style]) -> list[Pane]:
    """All there is to see: losses first, what may be many last."""
    logged = dict.fromkeys(name for record in reader.records for name in record.history.logged.series)
    measured = [_of_measure(reader, one, styles) for one in sorted(measures(logged), key=_rank)]
    kept = [pane for pane in measured if not pane.name.startswith(UPDATES)]
    updates = [pane for pane in measured if pane.name.startswith(UPDATES)]
    spread = [_of_spread(reader, name, styles) for name in reader.spread]
    images = [_of_images(reader, name) for name in reader.images]
    return [*kept, *images, *spread, *updates]


def _rank(measure: Measure) -> int:
    """Losses come first, then what else there is on held-out samples."""
    return 0 if "loss" in measure.what.lower() else 1 if measure.held_out else 2


def _of_measure(reader: "ScriptReader", measure: Measure, styles: dict[str, Style]) -> Pane:
    def draw(options: Options, room: Size) -> Drawn:
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
    def draw(options: Options, room: Size) -> Drawn:
        from tui_trainer.charts.spread import spread

        if not (kept := reader.spread.get(name)):
            return Drawn("no histogram is there any more", [Text(name)])
        low, high = format_number(kept[-1].low), format_number(kept[-1].high)
        return Drawn(spread(kept, room.width), [Text(f"{name}   {low} to {high}"), Text(name)])

    return Pane(name, "how it is spread", draw)


def _of_images(reader: "ScriptReader", name: str) -> Pane:
    def draw(options: Options, room: Size) -> Drawn:
        from tui_trainer.charts.chart import Gallery

        found: list[_Found] = []
        for image in reader.images.get(name, [])[: -SHOWN - 1 : -1]:
            with contextlib.suppress(OSError):  # gone by now
                found.append((image.steps, image.path, image.path.stat().st_mtime_ns))
        try:
            steps, pictures = _read(tuple(found))
        except InputError:
            return Drawn(f"no picture can be read any more: images/{name}-*.npy", [Text(name)])
        words = [(f"{each:,}", "quiet") for each in steps]
        a_row = _beside(room, len(steps))
        gallery = Gallery((), (0, 1), (0, 1), pixels=pictures / 255, captions=words, a_row=a_row)
        return Drawn(gallery, [Text(f"{name}   step {steps[0]:,}"), Text(name)])

    return Pane(name, "pictures", draw)


@lru_cache(maxsize=MOST)
def _read(found: tuple[_Found, ...]) -> tuple[list[int], Picture]:
    """Pictures of one shape, the first one's, and their steps: read once. Raises InputError where none can be read."""
    read: list[tuple[int, Picture]] = []
    for steps, path, _ in found:
        with contextlib.suppress(InputError):  # spoiled, or gone by now
            read.append((steps, read_image(path)))
    if not read:
        raise InputError("no picture can be read")
    same = [(steps, picture) for steps, picture in read if picture.shape == read[0][1].shape]
    return [steps for steps, _ in same], np.stack([picture for _, picture in same])


def _beside(room: Size, count: int) -> int:
    """How many pictures stand beside each other: some of those before, where there is room."""
    return max(1, min(count, 2 if room.width < WIDE else 3))
