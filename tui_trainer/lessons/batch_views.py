"""The pages of the lesson on batches: slopes on the curve, their spread, and the paths that they lead to."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from tui_trainer.charts.chart import Chart, Dots, Level, Line, Series
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.lessons.batch_gradients import (
    ALL,
    SAMPLES,
    SIZES,
    Spread,
    best_weight,
    epoch_of,
    gradient,
    loss_of,
    pairs,
    whole_loss,
    with_replacement,
    without_replacement,
)
from tui_trainer.lessons.frame import Frame, Plot, Table, Words
from tui_trainer.lessons.language import Texts

REACH = 1.6  # of w, to both sides, in the picture
LENGTH = 0.25  # of a slope line from its middle to its end, as a share of the picture
BELOW = 0.2  # so much room is below a loss of 0, as a share of the highest
LAST = 10  # steps over which a path's swing is measured
LOST = 1e6
WHOLE, BATCH = 0, 1  # the places whose colours and signs they have


def slopes(w: float, batch_size: int, texts: Texts) -> Iterator[Frame]:
    """The gradient of all samples at a weight, and one after another that of each batch of an epoch."""
    said, whole = texts.part("said"), gradient(w, range(ALL))
    gradients: list[float] = []

    def frame(words: str, facts: dict[str, object]) -> Frame:
        drawn = [slope_line(w, each, "ghost") for each in gradients[:-1]]
        drawn += [slope_line(w, each, role(BATCH), marker(BATCH)) for each in gradients[-1:]]
        at = np.linspace(w - REACH, w + REACH, 101)
        series = [Line(at, whole_loss(at), "data"), *drawn, slope_line(w, whole, role(WHOLE), marker(WHOLE))]
        title = [(f"{marker(WHOLE)} {texts('legend.all', samples=ALL)}  ", role(WHOLE))]
        title.append((f"{marker(BATCH)} {texts('legend.batch', size=batch_size)}", role(BATCH)))
        numbers = " ".join(f"{each:.4g}" for each in gradients) or "–"
        mean = f"{np.mean(gradients):.5g}" if gradients else "–"
        plot = Plot(title, _on_the_curve(series, w), texts("picture.slopes"))
        listed = texts("batches", gradients=numbers, mean=mean)
        return Frame([plot, texts("samples", pairs=pairs(SAMPLES)), listed], words, facts=[facts])

    yield frame(said("whole", w=f"{w:g}", gradient=f"{whole:g}"), {"samples": [*range(ALL)], "gradient": whole})
    for batch in epoch_of(batch_size, torch.Generator().manual_seed(0)):
        gradients.append(gradient(w, batch))
        places = ", ".join(f"{place + 1}" for place in batch)
        words = said("one", count=len(batch), samples=places, gradient=f"{gradients[-1]:g}")
        yield frame(words, {"samples": batch, "gradient": gradients[-1]})
    mean = float(np.mean(gradients))
    yield frame(said("mean", count=len(gradients), gradient=f"{mean:.5g}"), {"mean": mean})


def _on_the_curve(series: Sequence[Series], w: float) -> Chart:
    """A picture of the curve around the weight."""
    top = _top(w)
    return Chart(series, (w - REACH, w + REACH), (-BELOW * top, top))


def _top(w: float) -> float:
    """The highest loss in it."""
    return float(whole_loss(np.array([w - REACH, w + REACH])).max())


def slope_line(w: float, slope: float, look: str, sign: str = "") -> Line:
    """A short line of this slope through the curve at w, as long on the picture whatever the slope."""
    across, up = 2 * REACH, (1 + BELOW) * _top(w)
    reach = LENGTH * across / math.hypot(1, slope * across / up)
    x = np.linspace(w - reach, w + reach, 9)
    return Line(x, float(whole_loss(np.array([w]))[0]) + slope * (x - w), look, sign)


def spread(w: float, texts: Texts) -> Iterator[Frame]:
    """How far the gradients of all batches of a size lie apart, for one size after another."""
    column = texts.part("column")
    whole = gradient(w, range(ALL))
    rows: list[list[Words]] = []
    series: list[Series] = [Level(whole, role(WHOLE))]
    single = np.array([gradient(w, [sample]) for sample in range(ALL)])
    margin = 0.08 * float(np.ptp(single)) or 1.0
    limits = (float(single.min()) - margin, float(single.max()) + margin)
    for size in SIZES:
        batches = [*without_replacement(size)]
        shuffled = Spread.of(w, batches)
        drawn = Spread.of(w, with_replacement(size)) if size < ALL else None
        gradients = single[np.array(batches)].mean(axis=1)
        series = [*series, Dots(np.full(len(gradients), float(size)), gradients, role(BATCH), "•")]
        cells = [f"{drawn.batches}", f"{drawn.deviation:.4f}"] if drawn else ["–", "–"]
        rows.append([f"{size}", *cells, f"{shuffled.batches}", f"{shuffled.deviation:.4f}"])
        columns = [column(name) for name in ("size", "drawn", "spread", "shuffled", "spread")]
        plot = Plot(
            [(texts("picture.gradients"), "strong"), (f"  ┈ {texts('legend.all', samples=ALL)}", role(WHOLE))],
            Chart(series, (0.0, ALL + 1.0), limits),
            texts("picture.spread", w=f"{w:g}"),
        )
        said = texts("said.spread", count=size, mean=f"{shuffled.mean:g}", spread=f"{shuffled.deviation:.4f}")
        facts: list[dict[str, object]] = [{"size": size, "batches": shuffled.batches, "spread": shuffled.deviation}]
        if drawn:
            facts.append({"size": size, "drawn": drawn.batches, "spread": drawn.deviation})
        yield Frame([plot, Table(columns, [*rows], marked=len(rows) - 1)], said, facts=facts, seconds=1.0)


@dataclass
class Path:
    """A weight on its way, in steps along the gradients of batches of a size."""

    size: int
    eta: float
    weight: nn.Parameter
    places: list[float] = field(default_factory=list)
    lost: bool = False

    def take(self) -> Iterator[float]:
        """Take a step with each batch, epoch after epoch, until lost; yields the gradient it went along."""
        optimizer = torch.optim.SGD([self.weight], lr=self.eta)
        generator = torch.Generator().manual_seed(0)
        self.places.append(self.weight.item())
        while True:
            for batch in epoch_of(self.size, generator):
                optimizer.zero_grad()
                loss_of(self.weight, batch).backward()
                assert self.weight.grad is not None
                along = self.weight.grad.item()
                optimizer.step()
                if not abs(self.weight.item()) < LOST:
                    self.lost = True
                    return
                self.places.append(self.weight.item())
                yield along

    @property
    def swing(self) -> float:
        """How far apart the last places lie."""
        return max(self.places[-LAST:]) - min(self.places[-LAST:])


def path(w: float, batch_size: int, eta: float, steps: int, texts: Texts) -> Iterator[Frame]:
    """The same number of steps along the gradients of batches, and along those of all samples."""
    column, said = texts.part("column"), texts.part("said")
    sizes = dict.fromkeys((ALL, batch_size))
    start = lambda: nn.Parameter(torch.tensor(w, dtype=torch.float64))  # noqa: E731
    paths = [Path(size, eta, start()) for size in sizes]
    ways = [each.take() for each in paths]
    for step in range(1, steps + 1):
        alongs = [next(way, None) for way in ways]
        if all(each.lost for each in paths):
            return
        facts = [
            {"batch": each.size, "step": step, "w": each.places[-1], "gradient": along}
            for each, along in zip(paths, alongs, strict=True)
            if along is not None
        ]
        rows: list[list[Words]] = [
            [
                [(f"{marker(i)} {each.size}", role(i))],
                f"{each.places[-1]:.4f}",
                format_number(whole_loss(np.array(each.places[-1:]))[0]),
                f"{each.swing:.4f}" if step >= LAST else "–",
            ]
            for i, each in enumerate(paths)
        ]
        columns = [column("size"), "w", column("loss"), column("swing", last=LAST)]
        lost = [each.size for each in paths if each.lost]
        words = said("lost", size=lost[0]) if lost else ""
        if step == steps and not lost:
            ends = {"whole": f"{paths[0].places[-1]:.4f}", "best": f"{best_weight():.4f}"}
            words = said("ends_whole", None, **ends)
            if len(paths) > 1:
                words = said("ends", count=batch_size, w=f"{paths[1].places[-1]:.4f}", **ends)
        yield Frame([_ways(paths, texts), Table(columns, rows)], words, facts=facts, seconds=0.1)


def _ways(paths: Sequence[Path], texts: Texts) -> Plot:
    """Where each weight was after each step."""
    places = [place for each in paths for place in each.places]
    low, high = min(*places, best_weight()), max(*places, best_weight())
    margin = 0.05 * (high - low) or 1.0
    series: list[Series] = [Level(best_weight(), "baseline")]
    for i in reversed(range(len(paths))):  # the smooth one above the others
        way = np.array(paths[i].places)
        series.append(Line(np.arange(float(len(way))), way, role(i), marker(i)))
    names = [(f"{marker(i)} {texts('legend.batch', size=each.size)}  ", role(i)) for i, each in enumerate(paths)]
    steps = max(len(each.places) for each in paths) - 1
    return Plot(
        names,
        Chart(series, (0.0, float(max(steps, 1))), (low - margin, high + margin)),
        texts("picture.path", w=f"{best_weight():.4g}"),
    )
