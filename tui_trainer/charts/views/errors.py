"""The samples that a net is furthest off at, as rows of the table."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.chart import Array, Chart, Rows
from tui_trainer.charts.styles import WRONG, format_number
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, turned_title, turned_to
from tui_trainer.data.samples import Samples
from tui_trainer.escape import printable
from tui_trainer.runs.record import Record
from tui_trainer.tasks.predictions import Part

MOST = 200  # that are shown, of which a screen has room for some


class Errors(View):
    """The worst errors of the first run, or of that which was turned to: on held-out samples where there are some."""

    rows = 14

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        run = turned_to(runs, options)
        if run is None or run.snapshot is None or run.snapshot.predictions is None:
            return "the samples that the net is furthest off at appear here"
        part = run.snapshot.predictions.judged
        worst = furthest(part)[:MOST]
        return _table(run, part, worst)

    def title(self, runs: Sequence[Record], options: Options) -> str:
        return turned_title(super().title(runs, options), runs, options)

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        run = turned_to(runs, options)
        if run is None or run.snapshot is None or run.snapshot.predictions is None:
            return []
        predictions = run.snapshot.predictions
        wrong = (
            f"{int((predictions.judged.predicted != predictions.judged.y).sum()):,} {WRONG} of "
            if run.samples.classes
            else ""
        )
        return [f"{wrong}{predictions.which}"]


def furthest(part: Part) -> NDArray[np.intp]:
    """The places in a part, the worst first: the true class is least probable, or the number is furthest off."""
    with np.errstate(all="ignore"):
        if part.probabilities.shape[1]:
            off = 1 - part.probabilities[np.arange(len(part.y)), part.y]
        else:
            off = np.abs(part.predicted - part.y).max(axis=1)
    return np.argsort(-np.nan_to_num(off, nan=np.inf), kind="stable")


def _table(run: Record, part: Part, worst: NDArray[np.intp]) -> Rows:
    """A row for each sample: what is predicted, what is true, and its features in the data's own words."""
    samples, task = run.samples, run.task
    names, cells = in_words(samples, part.x[worst])
    true, predicted = (map(printable, task.words(each[worst])) for each in (part.y, part.predicted))
    if samples.classes:
        sure = part.probabilities[worst].max(axis=1)
        wrong = part.predicted[worst] != part.y[worst]
        own = [
            [WRONG if is_wrong else " ", right, said, f"{how:.0%}"]
            for is_wrong, right, said, how in zip(wrong, true, predicted, sure, strict=True)
        ]
        head = [" ", "true", "predicted", "sure"]
    else:
        with np.errstate(all="ignore"):
            off = (part.y[worst] - part.predicted[worst])[:, 0]
        own = [[right, said, format_number(how)] for right, said, how in zip(true, predicted, off, strict=True)]
        head = ["true", "predicted", "off by"]
    return Rows.of([*head, *names], [[*each, *rest] for each, rest in zip(own, cells, strict=True)])


def in_words(samples: Samples, x: Array) -> tuple[list[str], list[list[str]]]:
    """The names of columns and their cells: a word stands where a table had one, which has a feature for each there."""
    features = list(samples.feature_names)
    names = [name.partition("=")[0] if samples.columns and "=" in name else "" for name in features]
    columns: dict[str, list[str]] = {}
    for place, (feature, column) in enumerate(zip(features, names, strict=True)):
        if not column:
            columns[printable(feature)] = [format_number(value) for value in x[:, place].tolist()]
        elif column not in columns:
            own = [i for i, each in enumerate(names) if each == column]
            words = [features[i].partition("=")[2] for i in own]
            chosen = x[:, own].argmax(axis=1)
            given = x[:, own].max(axis=1) > 0.5
            columns[printable(column)] = [
                printable(words[i]) if there else "–" for i, there in zip(chosen.tolist(), given, strict=True)
            ]
    return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]
