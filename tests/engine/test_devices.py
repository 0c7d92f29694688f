"""Only devices that work are offered."""

import pytest
import torch

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import available_devices, choose_threads, describe, find_device, works
from tui_trainer.engine.events import EpochsFinished, SettingChanged
from tui_trainer.engine.requests import Set

ACCELERATORS = [name for name in available_devices() if name != "cpu"]


def test_the_cpu_is_there_and_comes_last():
    assert available_devices()[-1] == "cpu"
    assert works("cpu")
    assert find_device("cpu").type == "cpu"


def test_auto_takes_the_first_that_works():
    assert str(find_device("auto")) == available_devices()[0]


def test_a_device_that_is_not_there_does_not_work():
    assert not works("cuda:99")
    assert not works("nonsense")


def test_a_missing_device_is_refused_with_those_that_are_there(refused):
    message = refused(find_device, "cuda:99")
    assert "cuda:99" in message
    assert f"it has {', '.join(available_devices())}" in message


def test_trying_devices_leaves_the_random_numbers_alone():
    available_devices.cache_clear()
    works.cache_clear()
    torch.manual_seed(3)
    available_devices()
    tried = torch.rand(2)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(2), tried)


def test_small_nets_train_on_one_thread_and_say_so():
    choose_threads(1_000)
    assert describe(torch.device("cpu")) == "cpu (1 thread)"


@pytest.mark.parametrize("device", ACCELERATORS)
def test_a_running_run_moves_to_an_accelerator_and_back_with_its_optimizer(device, trainer):
    settings = {"optimizer": "adam", "batch_size": 8, "epochs": 6, "lr": 0.01}
    control, losses, changes = RunControl(), [], []
    t = trainer(control, **settings)
    for event in t.fit():
        if isinstance(event, SettingChanged):
            changes.append(event.device)
        if isinstance(event, EpochsFinished):
            losses.append(event.loss)
            if event.epoch in (2, 4):
                control.put(Set("device", device if event.epoch == 2 else "cpu"))
    stayed = [e.loss for e in trainer(**settings).fit() if isinstance(e, EpochsFinished)]
    assert len(changes) == 2
    assert losses == pytest.approx(stayed, rel=1e-3)
