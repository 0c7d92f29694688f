"""What people log: odd numbers, arrays and pictures, more names than there is room for. None spoils the others."""

import numpy as np
import pytest
import torch

from tests.watch.conftest import Training, folders, info, logged
from tui_trainer import watch
from tui_trainer.engine.status import Status
from tui_trainer.runs.histograms import read_histograms
from tui_trainer.runs.images import images, read_image
from tui_trainer.script import values
from tui_trainer.script.troubles import MAX_LINES

NO_NUMBERS = {
    "none": (None, "a NoneType is no number"),
    "word": ("high", "a str is no number"),
    "nested": ({"a": 1.0}, "a dict is no number"),
    "several": ([1, None], "a NoneType is no number"),
    "complex": (1 + 2j, "a complex is no number"),
    "complex tensor": (torch.ones(2, dtype=torch.complex64), "a complex number is on no axis"),
    "complex array": (np.ones(2, complex), "a complex number is on no axis"),
    "empty": ([], "it is empty"),
    "empty array": (np.ones(0), "it is empty"),
    "meta": (torch.ones(1, device="meta"), "a tensor on the device meta has no values"),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
@pytest.mark.filterwarnings("error")
def test_what_is_no_number_is_told_in_a_line_and_the_others_are_kept(name, training, at_every_step, capsys):
    value, told = NO_NUMBERS[name]
    with watch(training.model, training.optimizer) as run:
        for _ in range(3):
            run.log({name: value, "loss": training.step()})
    assert capsys.readouterr().err == f"tui-trainer: log: {name}: {told}; training goes on\n"
    assert logged().logged.series["loss"].steps.tolist() == [1, 2, 3]
    assert info().status is Status.COMPLETED


def test_a_number_that_its_device_does_not_give_is_no_reason_to_lose_the_others(capsys):
    gathered = values.Values()
    gathered._waiting = [("a", torch.ones(1)), ("odd", torch.ones(1).to_mkldnn()), ("b", torch.ones(3))]
    assert [name for name, _ in gathered.read()] == ["odd"]
    assert gathered.take() == {"a": (1.0, 1.0, 1.0), "b": (1.0, 1.0, 1.0)}


@pytest.mark.filterwarnings("error")
def test_arrays_that_pytorch_does_not_take_are_taken(training, at_every_step, capsys):
    backwards, fixed = np.arange(3)[::-1], np.zeros((4, 4, 3), np.uint8)
    fixed.flags.writeable = False
    with watch(training.model, training.optimizer) as run:
        try:
            torch.set_default_device("meta")
            run.log(backwards=backwards, tenth=[0.1])
            run.image("turned", np.full((4, 4, 3), [0, 0, 255], np.uint8)[..., ::-1])
            run.image("fixed", fixed)
            run.histogram("backwards", backwards)
        finally:
            torch.set_default_device(None)
        run.log(loss=training.step())
    assert not capsys.readouterr().err
    series = logged().logged.series
    assert series["backwards"].values[:, 0].tolist() == [1.0, 0.0, 2.0]
    assert series["tenth"].values[0, 0] == 0.1, "not what half the digits make of it"
    shown = {image.name: image for image in images(folders()[-1])}
    assert {*shown} == {"turned", "fixed"}
    assert read_image(shown["turned"].path)[0, 0].tolist() == [255, 0, 0]
    assert [each.name for each in read_histograms(folders()[-1])] == ["backwards"]


def test_more_names_than_there_is_room_for_are_told_in_one_line(training, at_every_step, capsys, monkeypatch):
    monkeypatch.setattr(values, "MAX_NAMES", 3)
    with watch(training.model, training.optimizer) as run:
        for _ in range(2):
            training.step()
            run.log({f"layer{n}": n for n in range(100)})
    said = capsys.readouterr().err
    assert said == "tui-trainer: log: more than 3 names; the others are left out; training goes on\n"
    assert {*logged().logged.series} == {"layer0", "layer1", "layer2"}


def test_many_lines_of_one_kind_do_not_stand_in_the_way_of_others(training, at_every_step, capsys):
    with watch(training.model, training.optimizer) as run:
        for n in range(100):
            run.log({f"name {n}": "x" * 10_000})
        run.image("dot", torch.tensor(1.0))
    *of_log, of_image = capsys.readouterr().err.splitlines()
    assert len(of_log) == MAX_LINES
    assert of_log[-1].endswith("training goes on (no more lines of this kind)")
    assert of_image.startswith("tui-trainer: image: dot: a tensor of shape () is no picture")
    assert all(len(line) < 400 for line in [*of_log, of_image])


def test_outside_of_its_block_a_run_says_that_it_keeps_nothing(training, capsys):
    run = watch(training.model, training.optimizer)
    for _ in range(3):
        run.log(loss=training.step())
    assert capsys.readouterr().err == (
        "tui-trainer: log: the run has not begun, and nothing is kept: use it as `with watch(...) as run:`\n"
    )
    with run:
        run.log(5)
        run.log(loss=training.step())
    run.log(accuracy=1.0)
    run.checkpoint()
    assert capsys.readouterr().err.splitlines() == [
        "tui-trainer: log: a int is no dict of numbers by name; training goes on",
        "tui-trainer: log: the run is over, and nothing more of it is kept",
        "tui-trainer: checkpoint: the run is over, and nothing more of it is kept",
    ]
    assert {*logged().logged.series} == {"loss"}


class Embeds(torch.nn.Module):
    """A model with gradients that are sparse, and a layer that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(5, 2, sparse=True)
        self.unused = torch.nn.LazyLinear(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.words(x)


def test_sparse_gradients_and_layers_without_parameters_yet_are_passed_over(monkeypatch, at_every_step, capsys):
    monkeypatch.setattr("tui_trainer.script.weights.FIRST_SECONDS", 0.0)
    model = Embeds()
    optimizer = torch.optim.SparseAdam(model.words.parameters())
    with watch(model, optimizer):
        model(torch.arange(3)).sum().backward()
        optimizer.step()
    assert not capsys.readouterr().err
    assert [(each.name, each.of) for each in read_histograms(folders()[-1])] == [("words.weight", "weight")]


class StandsIn(torch.optim.Optimizer):
    """As Accelerate's AcceleratedOptimizer does: all that it has is that of the optimizer in it."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer

    @property
    def param_groups(self):  # type: ignore[override]
        return self.optimizer.param_groups

    def step(self, closure=None):
        self.optimizer.step(closure)


def test_an_optimizer_that_another_stands_in_for_is_seen(at_every_step, capsys):
    training = Training()
    optimizer = StandsIn(training.optimizer)
    with watch(training.model, optimizer) as run:
        for _ in range(3):
            training.closure()
            optimizer.step()
        run.checkpoint()
    assert run.steps == 3
    assert (folders()[-1] / "checkpoint.safetensors").exists()
    assert not capsys.readouterr().err
