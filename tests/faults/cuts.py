"""A run is stopped after any step, also in the middle of an epoch, and taken up: it equals one that was not."""

import shutil
from pathlib import Path

import torch

from tests.faults.forks import runs_folder
from tests.faults.kills import readable
from tests.runs.conftest import ONE_STEP_A_CALL, SMALL, Trained, begun, stop_after
from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.experiment import Experiment
from tui_trainer.runs import metrics
from tui_trainer.runs.resume import resume

STEPS = 3  # of an epoch: batches of 5, 5 and 2


def cut_and_resumed(count: int, seed: int, folder: Path) -> str:
    """Cut after each of the first `count` steps, for every optimizer."""
    runs_folder(folder)
    for optimizer in OPTIMIZERS:
        epochs = count // STEPS + 1
        experiment = Experiment(**(SMALL | {"optimizer": optimizer, "lr": 0.01, "epochs": epochs, "seed": seed}))
        whole = _train(experiment)
        for cut in range(1, count + 1):
            assert _train(experiment, cut).trainer.steps == cut
            _assert_same(_resume(), whole)
            shutil.rmtree(folder)
            folder.mkdir()
    return f"{len(OPTIMIZERS)} optimizers: weights and losses equal to the last bit"


def _train(experiment: Experiment, cut: int = 0) -> Trained:
    return begun({"tanh": experiment}, cut > 0, ONE_STEP_A_CALL).train(stop_after(cut) if cut else None)


def _resume() -> Trained:
    said = []
    return Trained(resume(readable(), said.append, intervals=ONE_STEP_A_CALL), said).train()


def _assert_same(run: Trained, whole: Trained) -> None:
    (kept,) = readable()
    assert kept.status == "completed"
    for one, other in zip(run.trainer.model.parameters(), whole.trainer.model.parameters(), strict=True):
        assert torch.equal(one, other)
    told = [loss for event in whole.events for loss in getattr(event, "losses", [])]
    assert metrics.read(kept.folder).history.losses.tolist() == told
    assert run.finished.loss == whole.finished.loss
