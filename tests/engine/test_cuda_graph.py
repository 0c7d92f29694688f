"""What of the GPU's side can be seen without one."""

import pytest
import torch

from tui_trainer.engine.devices import move_optimizer
from tui_trainer.engine.execution.cuda_graph import reads_back
from tui_trainer.engine.execution.trace import trace


def stepped(trainer, optimizer):
    t = trainer(optimizer=optimizer, epochs=1)
    list(t.fit())
    return t


@pytest.mark.parametrize(("optimizer", "reads"), [("sgd", False), ("momentum", False), ("adam", True)])
def test_a_step_that_needs_its_count_as_a_number_cannot_be_recorded(optimizer, reads, trainer):
    """Adam's count stays on the CPU there; on CUDA it doesn't, and nothing is read back."""
    t = stepped(trainer, optimizer)
    graph = trace(t.step, t.dataset.x[:4], t.dataset.y[:4])
    assert reads_back(graph) is reads


@pytest.mark.parametrize("optimizer", ["momentum", "adam", "adamw", "rmsprop"])
def test_moving_to_where_it_is_changes_nothing(optimizer, trainer):
    t = stepped(trainer, optimizer)
    before = str(t.optimizer.state_dict())
    move_optimizer(t.optimizer, torch.device("cpu"))
    assert str(t.optimizer.state_dict()) == before
