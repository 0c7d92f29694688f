"""A run's random numbers are its own: the oracle is a plain script in which nothing else draws any."""

import threading

import pytest
import torch
from torch import nn

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.models import build_model
from tui_trainer.engine.state import put_state, take_state
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import take_turns
from tui_trainer.experiment import Experiment
from tui_trainer.random_numbers import RandomNumbers
from tui_trainer.tasks import load_task

SETTINGS = {"samples": 40, "epochs": 6, "batch_size": 8, "scale": "standard", "lr": 0.05, "device": "cpu"}


def with_dropout(control=None, name="run", **settings) -> Trainer:
    """A run whose net drops units: a public setting for that comes later, the engine takes any module."""
    experiment = Experiment(**(SETTINGS | settings))
    trainer = Trainer(name, experiment, load_task(experiment), control)
    trainer.model.insert(2, nn.Dropout(0.3))
    return trainer


def losses(events, name="run") -> list[float]:
    return [loss for e in events if isinstance(e, EpochsFinished) and e.run == name for loss in e.losses.tolist()]


def plain_script(seed: int) -> list[float]:
    """The article's loop with dropout, in a process in which nobody else draws random numbers."""
    data = load_task(Experiment(**SETTINGS, seed=seed)).samples
    scaled = data.x_scaling.apply(data.x), data.y_scaling.apply(data.y)
    x, y = (torch.tensor(values, dtype=torch.float32) for values in scaled)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Dropout(0.3), nn.Linear(10, 1))
        optimizer = torch.optim.SGD(net.parameters(), lr=SETTINGS["lr"])
        order = torch.Generator().manual_seed(seed)
        epochs = []
        for _ in range(SETTINGS["epochs"]):
            total = 0.0
            for batch in torch.randperm(40, generator=order).split(8):
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(net(x[batch]), y[batch])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            epochs.append(total / 40 * data.y_scaling.deviation.item() ** 2)
    return epochs


@pytest.mark.parametrize("execution", ["eager", "traced"])
def test_dropout_draws_the_numbers_of_a_plain_script_in_every_mode(execution):
    assert losses(list(with_dropout(execution=execution, seed=3).fit())) == plain_script(3)


@pytest.mark.parametrize("execution", ["eager", pytest.param("traced", marks=pytest.mark.slow)])
def test_a_run_beside_seven_others_and_a_lesson_that_makes_nets_is_the_run_alone(execution):
    control = RunControl()
    together = [with_dropout(control, f"run {i}", execution=execution, seed=i) for i in range(8)]
    stop = threading.Event()

    def lesson() -> None:
        while not stop.wait(0.001):  # which leaves Python to the runs now and then
            build_model(Experiment(hidden="50", seed=1), load_task(Experiment()))

    thread = threading.Thread(target=lesson)
    thread.start()
    try:
        events = list(take_turns(together))
    finally:
        stop.set()
        thread.join()
    for i in (0, 3, 7):
        assert losses(events, f"run {i}") == plain_script(i)


def test_a_run_with_dropout_that_was_cut_goes_on_to_the_bit():
    cut = with_dropout()
    before = []
    for event in cut.fit():
        before.append(event)
        if isinstance(event, EpochsFinished) and event.epoch >= 2:
            break
    torch.rand(5)
    resumed = with_dropout()
    put_state(resumed, take_state(cut))
    assert losses(before) + losses(list(resumed.fit())) == plain_script(0)


def test_drawing_leaves_the_process_its_random_numbers():
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    numbers = RandomNumbers(4)
    with numbers.drawn():
        first = torch.rand(2)
    assert numbers.moved
    assert torch.equal(torch.rand(3), expected)
    with numbers.drawn():
        second = torch.rand(2)
    with numbers.drawn():
        pass
    assert not numbers.moved
    torch.manual_seed(4)
    assert torch.equal(torch.cat([first, second]), torch.cat([torch.rand(2), torch.rand(2)]))
