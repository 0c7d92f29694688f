"""Metrics on the way: after which epochs, and that neither a mode nor a clock makes a difference."""

import numpy as np
import pytest

from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.measuring import EACH, is_measured, next_measured

EPOCHS = 4 * EACH + 9


def by_the_rule(epochs: int) -> list[int]:
    """As README has it: each at first, every second one from EACH on, every fourth from twice that on, and so on."""
    measured, epoch = [], 0
    while epoch < epochs:
        epoch += max(1, 2 ** int(np.ceil(np.log2((epoch + 1) / EACH))))
        measured.append(epoch)
    return [epoch for epoch in measured if epoch <= epochs]


def test_which_epochs_are_measured():
    assert [epoch for epoch in range(1, 5_000) if is_measured(epoch)] == by_the_rule(4_999)
    measured = {epoch: next_measured(epoch) for epoch in range(5_000)}
    assert all(is_measured(end) and not any(map(is_measured, range(at + 1, end))) for at, end in measured.items())
    assert len(by_the_rule(1_000_000)) < 14 * EACH / 2 + EACH


@pytest.mark.slow  # as it compiles
@pytest.mark.parametrize("test_fraction", [0.0, 0.25])
def test_metrics_are_of_the_same_epochs_in_every_mode(trainer, test_fraction):
    from sklearn.metrics import accuracy_score

    settings = {
        "data": "gauss",
        "epochs": EPOCHS,
        "hidden": "3",
        "lr": 0.01,
        "noise": 0.4,
        "samples": 40,
        "batch_size": 20,
    }
    for execution in ("eager", "traced", "compiled"):
        learner = trainer(**settings, execution=execution, test_fraction=test_fraction)
        samples, last = learner.samples, 0
        told = {}
        for event in learner.fit():
            if isinstance(event, EpochsFinished):
                assert event.epoch - len(event.losses) == last, "no epoch is left out"
                last = event.epoch
                if event.metrics:
                    told[event.epoch] = event.metrics["accuracy"], event.test_metrics.get("accuracy")
                    if event.epoch == EACH:
                        assert event.metrics["accuracy"] == accuracy_score(samples.y, learner.predict(samples.x))
        assert list(told) == [*by_the_rule(EPOCHS), EPOCHS], execution
        assert all((held_out is not None) == bool(test_fraction) for _, held_out in told.values())
