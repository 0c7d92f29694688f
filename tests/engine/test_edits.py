"""A weight that is edited by hand: nothing else changes, the run goes on from there, and its past stays what it was."""

import pytest
import torch

from tests.engine.test_past import Trained
from tui_trainer.engine.edits import check
from tui_trainer.engine.events import EpochsFinished, Paused, WeightsEdited
from tui_trainer.engine.requests import Edit, Resume
from tui_trainer.sentence import InputError


class Editing:
    """Asks for edits after some epochs, and sees what each has changed."""

    def __init__(self, edits: dict[int, list[Edit]]) -> None:
        self.edits, self.seen = edits, []

    def __call__(self, event, control) -> None:
        if isinstance(event, EpochsFinished):
            for edit in self.edits.pop(event.epoch, ()):
                control.put(edit)
        if isinstance(event, Paused):
            control.put(Resume())
        if isinstance(event, WeightsEdited):
            self.seen.append(event)


def off(unit: int, inputs: int, units: int) -> tuple:
    into = [("0.weight", unit * inputs + place, 0.0) for place in range(inputs)]
    return (*into, ("0.bias", unit, 0.0), ("2.weight", unit, 0.0))


@pytest.mark.parametrize(
    ("execution", "optimizer"), [("eager", "adam"), ("traced", "momentum"), pytest.param("compiled", "adamw")]
)
def test_an_edit_changes_that_weight_alone_and_the_run_is_taken_again_to_the_bit(execution, optimizer):
    editing = Editing(
        {
            3: [
                Edit("run", "x→1.3", (("0.weight", 2, 0.25),), add=True),
                Edit("other", "x→1.1", (("0.weight", 0, 9.0),)),
            ],
            6: [Edit("run", "x→1.1", (("0.weight", 0, -1.5),)), Edit("run", "x→1.1", (("0.weight", 0, 0.5),))],
            9: [Edit("run", "unit 1.2", off(1, 1, 4), becomes="off")],
        }
    )
    run = Trained(at=editing, epochs=15, execution=execution, optimizer=optimizer, hidden="4", test_fraction=0.2)
    assert not editing.edits
    assert [(event.what, event.epoch) for event in editing.seen] == [
        ("x→1.3", 3),
        ("x→1.1", 6),
        ("x→1.1", 6),
        ("unit 1.2", 9),
    ]
    added, _, set_twice, switched = editing.seen
    assert added.after[0][2] == pytest.approx(added.before[0][2] + 0.25)
    assert added.before[0][2] == run.weights[3]["0.weight"].flatten()[2].item()
    assert (set_twice.before[0][2], set_twice.after[0][2], set_twice.new) == (-1.5, 0.5, "0.5")
    assert (switched.old, switched.new) == ("on", "off")
    for place, value in enumerate([0, 0, 0]):
        assert switched.after[place][2] == value
    # A unit that is off stays off while the others learn.
    last = run.weights[15]
    assert (last["0.weight"][1].item(), last["0.bias"][1].item(), last["2.weight"][0, 1].item()) == (0.0, 0.0, 0.0)
    assert not torch.equal(last["0.weight"], run.weights[10]["0.weight"])
    edited = [stretch for stretch in run.trainer.snapshots.stretches if stretch.edits]
    assert [len(stretch.edits) for stretch in edited] == [1, 2, 3]
    run.check(100)


def test_without_the_edit_all_up_to_it_is_the_same_and_nothing_after_it():
    plain = Trained(epochs=6, hidden="4", execution="eager")
    edited = Trained(
        at=Editing({3: [Edit("run", "bias", (("0.bias", 1, 0.75),))]}), epochs=6, hidden="4", execution="eager"
    )
    for epoch in range(1, 7):
        same = all(torch.equal(plain.weights[epoch][name], value) for name, value in edited.weights[epoch].items())
        assert same is (epoch <= 3)


@pytest.mark.parametrize("weight", [("0.weight", 4, 0.5), ("9.weight", 0, 0.5)])
def test_a_weight_that_there_is_not_is_refused(weight):
    model = Trained(epochs=1, hidden="4").trainer.model
    with pytest.raises(InputError, match=r"run has no number . in '.\.weight'; there are 0\.weight, 0\.bias"):
        check(model, Edit("run", "x", (weight,)))


@pytest.mark.parametrize("activation", ["identity", "tanh", "sigmoid", "softplus", "silu"])
def test_a_unit_that_is_switched_off_gives_nothing_and_stays_so(activation):
    first = Trained(epochs=0, hidden="4", activation=activation).trainer.snapshot().inside
    weights = tuple(first.switched_off(0, 2))
    edit = Edit("run", "unit 1.3", weights, becomes="off")
    settings = {"hidden": "4", "activation": activation, "optimizer": "adam", "lr": 0.05, "execution": "eager"}
    run = Trained(at=Editing({2: [edit]}), epochs=8, **settings)
    now = run.trainer.snapshot().inside
    assert now.is_off(0, 2)
    assert not now.given[1][2].any(), "it gives 0 everywhere"
    assert now.marks[1] == ["", "", "off", ""]
    assert [name for name, _, _ in first.drawn_anew(0, 2)] == [name for name, _, _ in weights]
