"""A net that learns twenty points by heart, and its loss on twenty that it never sees."""

from collections.abc import Iterator

import numpy as np

from tui_trainer.charts.chart import Chart, Line
from tui_trainer.charts.styles import HELD_OUT, format_number, marker, role
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.lessons.frame import Frame, Plot, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.runs.group import RunGroup

SAMPLES, FRAMES = 40, 40
GROWN = 1.1  # times as much as the least: more than a wobble


def comparison(hidden: str, steps: int) -> Comparison:
    """Half of the article's points, few and noisy, are held out; all others are in each step: an epoch is a step."""
    data = {"samples": SAMPLES, "noise": 2.0, "test_fraction": 0.5, "scale": "standard", "batch_size": 10**9}
    net = {"hidden": hidden, "activation": "tanh", "optimizer": "adam", "lr": 0.01, "epochs": steps}
    return Comparison.of(**data, **net, device="cpu", execution="eager")


def overfit(units: int, steps: int, texts: Texts) -> Iterator[Frame]:
    """Both losses, step by step."""
    losses: list[float] = []
    held_out: list[float] = []
    every = max(1, steps // FRAMES)
    for event in RunGroup.of(comparison(f"{units}x{units}", steps)).events():
        if isinstance(event, EpochsFinished) and event.test_loss is not None:
            losses.append(event.loss)
            held_out.append(event.test_loss)
            if event.epoch % every == 0 or event.epoch == steps:
                yield _frame(losses, held_out, texts, ended=event.epoch == steps)


def _frame(losses: list[float], held_out: list[float], texts: Texts, ended: bool) -> Frame:
    step, least = len(losses), int(np.argmin(held_out))
    steps = np.arange(1.0, step + 1)
    seen = np.array([*losses, *held_out])
    lines = [
        Line(steps, np.array(losses), role(0), marker(0)),
        Line(steps, np.array(held_out), "held-out", HELD_OUT),
    ]
    chart = Chart(lines, (0.0, float(step)), (float(seen.min()) / 1.2, float(seen.max()) * 1.2), log_y=True)
    title = [(f"{marker(0)} {texts('legend.training')}  ", role(0)), (f"{HELD_OUT} {texts('legend.held')}", "held-out")]
    column = texts.part("column")
    rows: list[list[Words]] = [
        [texts("row.least"), f"{least + 1}", format_number(losses[least]), format_number(held_out[least])],
        [texts("row.now"), f"{step}", format_number(losses[-1]), format_number(held_out[-1])],
    ]
    table = Table(["", column("step"), column("training"), column("held_out")], rows)
    best, now = format_number(held_out[least]), format_number(held_out[-1])
    if held_out[-1] > GROWN * held_out[least]:
        said = texts("said.overfits", count=least + 1, least=best, now=now)
    else:
        said = texts("said.still_falls", least=best, now=now)
    facts = [{"step": step, "loss": losses[-1], "held_out": held_out[-1], "least": held_out[least], "at": least + 1}]
    return Frame([Plot(title, chart, texts("picture.losses")), table], said if ended else "", facts=facts, seconds=0.05)
