"""What each place of the plane is taken for, a map for each run beside each other, with the samples on it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.chart import Array, Beside, Chart, Dots, Panel, Picture, Series
from tui_trainer.charts.styles import (
    AREAS,
    HELD_OUT,
    HOLLOW,
    LEVELS,
    RUN_MARKERS,
    TEXTURES,
    WRONG,
    class_role,
    format_number,
    marker,
    role,
)
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View
from tui_trainer.data.samples import Samples
from tui_trainer.data.span import widened
from tui_trainer.runs.record import Record
from tui_trainer.tasks.plane import Mapped

FAR = 0.25  # of the range of y: how far off a number counts as wrong


class DecisionMap(View):
    """Classes in colours, the stronger the surer; numbers from one to another; samples as signs, wrong ones marked."""

    rows = 20

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        panels = [Panel(map_of(run.samples, drawn), _caption(i, run, drawn)) for i, run, drawn in _drawn(runs)]
        if not panels:
            return "what each place is taken for appears here"
        return Beside.of(panels, options.first)

    def title(self, runs: Sequence[Record], options: Options) -> str:
        """`Decision map of x2 by x1`."""
        names = {drawn.plane.names for _, _, drawn in _drawn(runs)}
        return super().title(runs, options) + "".join(f" of {y} by {x}" for x, y in list(names)[:1])

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        if any(len(drawn.plane.features) > 2 for _, _, drawn in _drawn(runs)):
            return ["principal components, all others 0: V"]
        more = max((run.samples.x.shape[1] for run in runs), default=2) - 2
        return [f"{more} others at their median: V"] if more > 0 else []


def _drawn(runs: Sequence[Record]) -> Iterator[tuple[int, Record, Mapped]]:
    for i, run in enumerate(runs):
        if isinstance(run.snapshot, Mapped):
            yield i, run, run.snapshot


def _caption(i: int, run: Record, drawn: Mapped) -> list[tuple[str, str]]:
    """`● identity  accuracy 0.58 ○ 0.52`, which is of those held out."""
    what = "accuracy" if run.samples.classes else "R²"
    caption = [(f"{marker(i)} {run.name}", role(i)), (f"  {what} {_share(drawn.score)}", "strong")]
    return caption + [(f" {HELD_OUT} {_share(drawn.test_score)}", "strong")] * (drawn.test_score is not None)


def _share(value: float | None) -> str:
    return format_number(value if value is None else round(value, 3))


def map_of(samples: Samples, drawn: Mapped) -> Chart:
    """The map of one net."""
    plane = drawn.plane
    y, y_test = samples.y[plane.shown], samples.y_test[plane.test_shown]
    if samples.classes:
        series = [_areas(drawn, len(samples.classes)), *_of_classes(drawn, samples.classes, y, y_test)]
    else:
        low, high = widened(float(samples.y.min()), float(samples.y.max()), 0.0)
        picture = Picture.of_values(drawn.values, plane.x, plane.y, low, high)
        series = [picture, *_of_numbers(drawn, y[:, 0], y_test[:, 0], high - low)]
    return Chart(series, plane.x, plane.y)


def _areas(drawn: Mapped, classes: int) -> Picture:
    """A colour for each class, the stronger the surer the net is of it: from no surer than of others to all sure."""
    sure = np.clip((drawn.sure * classes - 1) / max(1, classes - 1), 0, 1 - 1e-9)
    place = drawn.values.astype(np.intp) % len(TEXTURES)
    shades = place * LEVELS + (sure * LEVELS).astype(np.intp)
    used = min(classes, len(TEXTURES))
    return Picture(shades, drawn.plane.x, drawn.plane.y, AREAS[: used * LEVELS], TEXTURES[:used])


def _of_classes(drawn: Mapped, classes: Sequence[str], y: NDArray[Any], y_test: NDArray[Any]) -> Iterator[Series]:
    """The samples, each in its class's colour: filled signs are training samples, hollow ones are held out."""
    plane, right, test_right = drawn.plane, drawn.predicted == y, drawn.test_predicted == y_test
    for place, name in enumerate(classes):
        filled, hollow, colour = RUN_MARKERS[place % len(RUN_MARKERS)], HOLLOW[place % len(HOLLOW)], class_role(place)
        yield _dots(plane.points[right & (y == place)], colour, filled, name)
        if len(y_test):
            held_out = "held out" if place == 0 else ""
            yield _dots(plane.test_points[test_right & (y_test == place)], colour, hollow, held_out)
    for place in range(len(classes)):
        wrong = [plane.points[~right & (y == place)], plane.test_points[~test_right & (y_test == place)]]
        yield _dots(np.concatenate(wrong), class_role(place), WRONG, "wrong")


def _of_numbers(drawn: Mapped, y: NDArray[Any], y_test: NDArray[Any], span: float) -> Iterator[Series]:
    """The samples; those whose number is far off are marked."""
    far, test_far = np.abs(drawn.predicted - y) > FAR * span, np.abs(drawn.test_predicted - y_test) > FAR * span
    yield _dots(drawn.plane.points[~far], "data", "·", "samples")
    if len(y_test):
        yield _dots(drawn.plane.test_points[~test_far], "held-out", HELD_OUT, "held out")
    wrong = np.concatenate([drawn.plane.points[far], drawn.plane.test_points[test_far]])
    yield _dots(wrong, "mark", WRONG, "far off")


def _dots(points: Array, role: str, marker: str, label: str) -> Dots:
    """Points of shape (n, 2)."""
    return Dots(points[:, 0], points[:, 1], role, marker, label)
