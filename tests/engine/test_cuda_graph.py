"""What of the GPU's side can be seen without one."""

import gc
import threading
import weakref

import pytest
import torch

from tui_trainer.engine.devices import move_optimizer
from tui_trainer.engine.execution.cuda_graph import alone_without_collector, reads_back
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


class Cycle:
    """As a trainer is: only the collector destroys it."""

    def __init__(self):
        self.itself = self


def collected_while(other_thread):
    """Whether a cycle is collected while another thread makes as many objects as set the collector off."""
    cycle = weakref.ref(Cycle())
    thread = threading.Thread(target=other_thread)
    thread.start()
    thread.join()
    return cycle() is None


def test_no_earlier_graph_is_destroyed_while_one_is_recorded():
    gc.collect()
    with alone_without_collector():
        assert not collected_while(lambda: [[] for _ in range(10**5)])
    assert collected_while(lambda: [[] for _ in range(10**5)])


def test_the_collector_is_left_as_it_was():
    gc.disable()
    try:
        with alone_without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(ZeroDivisionError), alone_without_collector():
        raise ZeroDivisionError
    assert gc.isenabled()
