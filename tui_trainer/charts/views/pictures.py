"""The pictures that are learned from, or held out, with what each is taken for: wrong ones first."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Beside, Chart, Gallery, Panel
from tui_trainer.charts.styles import HELD_OUT, WRONG, Role, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, predicted_by
from tui_trainer.data.samples import Samples
from tui_trainer.runs.record import Record
from tui_trainer.tasks.predictions import Part

MOST = 400  # pictures: more fit no terminal
LONG = 4  # letters of a name that has another beside it


class Pictures(View):
    """Held-out pictures where there are some, each with its class; a wrong one with that, and what it is taken for."""

    rows = 20

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        panels = [
            Panel(
                _gallery(run.samples, predictions.judged),
                [(f"{marker(i)} {run.name}", role(i)), _words(predictions.judged)],
            )
            for i, run, predictions in predicted_by(runs)
            if run.samples.shape
        ]
        return Beside.of(panels, options.first) if panels else "what each picture is taken for appears here"

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        return [f"{WRONG} what it is→what it is taken for"] if any(run.samples.classes for run in runs) else []


def _words(part: Part) -> tuple[str, Role]:
    """`  ○ 12 of 449 wrong`, which is of those held out."""
    sign = f"{HELD_OUT} " if part.held_out else ""
    if part.y.dtype.kind != "i":
        return f"  {sign}{len(part.y):,}", "strong"
    return f"  {sign}{int((part.predicted != part.y).sum()):,} of {len(part.y):,} wrong", "strong"


def _gallery(samples: Samples, part: Part) -> Gallery:
    assert samples.shape
    if not samples.classes:
        pairs = zip(part.y[:MOST, 0].tolist(), part.predicted[:MOST].reshape(-1).tolist(), strict=True)
        return Gallery.of(part.x[:MOST], samples.shape, [(f"{true:.3g}→{other:.3g}", "quiet") for true, other in pairs])
    right = part.predicted == part.y
    order = np.lexsort((-part.probabilities.max(axis=1), right))[:MOST]  # of wrong ones those first that it is sure of
    names = [(samples.classes[part.y[place]], samples.classes[part.predicted[place]]) for place in order]
    words = [
        (name, "quiet") if right[place] else (f"{WRONG}{_short(name)}→{_short(other)}", "bad")
        for place, (name, other) in zip(order, names, strict=True)
    ]
    return Gallery.of(part.x[order], samples.shape, words)


def _short(name: str) -> str:
    return name if len(name) <= LONG else f"{name[: LONG - 1]}…"
