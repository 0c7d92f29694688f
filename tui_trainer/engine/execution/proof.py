"""Whether a mode gives the numbers that a person's own code gives step by step: tried on some steps, and undone."""

import copy
from dataclasses import replace

import torch

from tui_trainer.engine.execution.eager import Eager
from tui_trainer.engine.execution.mode import Mode, Work, undone
from tui_trainer.engine.sampler import Steps
from tui_trainer.random_numbers import RandomNumbers

STEPS = 100
CLOSE = 1e-3  # relative: another order of sums is no other net


def what_differs(mode: Mode, work: Work, steps: Steps, random: RandomNumbers) -> str:
    """Why this mode can't take these steps for eager; empty where it can. All is as before then.

    A copy takes them step by step, as the code may count how often it was called.
    """
    step, device = work.step, work.x.device
    drawn = random.state, random.cuda_state, random.moved
    try:
        twin = Eager(replace(work, step=copy.deepcopy(step)))
        losses = list[torch.Tensor]()
        with undone(step):
            for each in (twin, mode):
                random.state, random.cuda_state, _ = drawn
                with random.drawn(device):
                    losses.append(each.run(steps).double().cpu())
    except Exception as error:  # whatever a mode makes of code that it was not made for
        said = str(error).strip().splitlines() or [type(error).__name__]  # TorchScript says what it was at the end
        return f"{mode.name}: {said[-1]}"
    finally:
        random.state, random.cuda_state, random.moved = drawn
    eager, other = losses
    same = torch.allclose(eager, other, rtol=CLOSE, atol=1e-6, equal_nan=True)
    return "" if same else f"{mode.name}: its first {len(steps)} steps give other numbers than eager ones"
