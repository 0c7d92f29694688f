"""Schedules: factors of the learning rate, beside those of PyTorch's own schedulers; and a person's own."""

from collections.abc import Callable
from textwrap import dedent

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from tui_trainer.catalog import SCHEDULES
from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.schedules import schedule_of
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment
from tui_trainer.sentence import InputError

TOTAL, FIRST = 400, 20
THEIRS: dict[str, Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]] = {
    "constant": lambda o: lr_scheduler.ConstantLR(o, factor=1.0),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL),
    "step": lambda o: lr_scheduler.MultiStepLR(o, [TOTAL // 2, TOTAL * 3 // 4]),
    "warmup": lambda o: lr_scheduler.LinearLR(o, start_factor=1 / FIRST, total_iters=FIRST - 1),
    "warmup_cosine": lambda o: lr_scheduler.SequentialLR(
        o, [THEIRS["warmup"](o), lr_scheduler.CosineAnnealingLR(o, TOTAL - FIRST)], milestones=[FIRST]
    ),
}


def test_every_schedule_has_one_of_pytorchs_beside_it():
    assert THEIRS.keys() == SCHEDULES.keys()


@pytest.mark.parametrize("name", THEIRS)
def test_factors_are_those_of_pytorchs_schedulers(name):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler, theirs = THEIRS[name](optimizer), []
    for _ in range(TOTAL):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    ours = schedule_of(Experiment(schedule=name))(np.arange(TOTAL), TOTAL)
    assert np.allclose(ours, theirs, atol=1e-12)


def test_ones_own_takes_the_step_and_its_parameters(tmp_path):
    (tmp_path / "rates.py").write_text(
        dedent("""
        def falling(step, total, power: float = 1.0):
            return (1 - step / total) ** power

        def wrong(step, total):
            return "fast"

        def uphill(step, total):
            return 1 - step

        def leaves(step, total):
            raise SystemExit(0)

        def of_epochs(epoch):
            return 1.0
        """)
    )
    named = {"schedule": f"{tmp_path}/rates.py:falling", "schedule.power": 2.0, "epochs": 2, "samples": 20}
    (trainer,) = prepare_trainers(Comparison.of(activation="identity", batch_size=10, **named).runs, RunControl())
    rates = trainer.sampler.take(4, trainer._rates).rates
    assert rates.tolist() == pytest.approx([0.001 * (1 - i / 4) ** 2 for i in range(4)])
    for name, said in (
        (
            "wrong",
            r"schedule: ValueError: could not convert string to float: 'fast'; .*wrong is called with a step's num",
        ),
        ("leaves", r"schedule: rates.py, line 12: SystemExit: 0$"),
        (
            "of_epochs",
            r"schedule: TypeError: of_epochs\(\) takes 1 .* called with a step's number and how many there are",
        ),
    ):
        with pytest.raises(InputError, match=said):
            schedule_of(Experiment(schedule=f"{tmp_path}/rates.py:{name}"))
    uphill = schedule_of(Experiment(schedule=f"{tmp_path}/rates.py:uphill"))
    with pytest.raises(InputError, match=r"uphill gives -1 for step 2 of 9; it has to give a factor of the rate"):
        uphill(np.arange(4), 9)
