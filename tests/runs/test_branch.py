"""Branches go on from a moment of another run, kept like any run, and with nothing changed they repeat it."""

import json
import shutil

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from tests.runs.conftest import Trained, kept, stop_after
from tests.runs.test_export_script import run as run_script
from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.cli import main
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.requests import ScaleRate
from tui_trainer.export.exports import content
from tui_trainer.runs.branch import Fork, branch, settings_at
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.library import find
from tui_trainer.sentence import InputError


def forked(parent: Trained, epoch: int, **changes) -> Trained:
    """A branch of the only run, kept, ready to train."""
    (record,) = parent.group.records
    moment = record.past.at(epoch)
    said = []
    group = branch([Fork(record, moment, replace(settings_at(record, moment), **changes))], said.append)
    group.store()
    return Trained(group, said)


def weights_of(run: Trained) -> list[torch.Tensor]:
    return [parameter.detach() for parameter in run.trainer.model.parameters()]


def losses_of(run: Trained) -> np.ndarray:
    return run.group.records[0].history.losses


@pytest.mark.parametrize(
    ("optimizer", "execution"),
    [
        ("adam", "eager"),
        pytest.param("sgd", "compiled", marks=pytest.mark.slow),
        *(
            pytest.param(optimizer, execution, marks=pytest.mark.slow)
            for optimizer in OPTIMIZERS
            # Traced is eager to the last bit with each of them (tests/engine/test_modes.py): one is enough here.
            for execution in ("eager", "compiled", *(["traced"] if optimizer == "adam" else []))
            if (optimizer, execution) not in {("adam", "eager"), ("sgd", "compiled")}
        ),
    ],
)
def test_with_nothing_changed_it_repeats_its_parent(train, optimizer, execution):
    parent = train(optimizer=optimizer, execution=execution, epochs=40)
    child = forked(parent, 7).train()
    assert all(torch.equal(a, b) for a, b in zip(weights_of(parent), weights_of(child), strict=True))
    assert np.isnan(losses_of(child)[:7]).all()
    assert losses_of(child)[7:].tolist() == losses_of(parent)[7:].tolist()
    run = find(child.group.records[0].id)
    assert (run.info.parent, run.info.at.epoch, run.info.at.steps) == (parent.group.records[0].id, 7, 7 * 3)
    assert run.info.samples_seed is None


def test_a_branch_from_before_a_live_change_is_as_if_there_had_been_none(train):
    def at(event, trainer, control) -> None:
        if isinstance(event, EpochsFinished) and event.epoch == 4:
            control.put(ScaleRate(0.1))

    parent, plain = train(epochs=9, at=at), train(epochs=9, keep=False)
    child = forked(parent, 4).train()
    assert all(torch.equal(a, b) for a, b in zip(weights_of(plain), weights_of(child), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(weights_of(plain), weights_of(parent), strict=True))


def test_what_is_changed_takes_effect_from_there_on_and_a_cut_branch_goes_on(train, resume):
    """Another seed means another order of the same samples, another activation a net of the same weights."""
    parent = train(epochs=8, optimizer="sgd")
    changes = {"optimizer": "adam", "seed": 5, "activation": "identity", "lr": 0.02, "epochs": 12}
    whole, cut = forked(parent, 3, **changes).train(), forked(parent, 3, **changes).train(stop_after(12))
    assert whole.trainer.samples.fingerprint == cut.trainer.samples.fingerprint == parent.trainer.samples.fingerprint
    run = find(cut.group.records[0].id)
    assert run.info.samples_seed == 0
    assert run.info.epoch < 12
    resumed = resume(run)
    assert all(torch.equal(a, b) for a, b in zip(weights_of(whole), weights_of(resumed), strict=True))
    assert losses_of(resumed)[3:].tolist() == losses_of(whole)[3:].tolist()
    record = stored_record(find(run.id))
    assert (record.parent, record.at.epoch, record.experiment.seed) == (parent.group.records[0].id, 3, 5)
    assert len(kept()) == 3


def test_one_that_never_trained_begins_where_it_was_to_begin(train, resume, capsys, monkeypatch):
    parent = train(epochs=6)
    child = forked(parent, 2, lr=0.02)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["runs", "--json"]) == main(["runs"]) == 0
    listed = capsys.readouterr().out
    first = json.loads(listed.splitlines()[0])
    assert (first["parent"], first["at"]) == (parent.group.records[0].id, {"epoch": 2, "steps": 6})
    assert f"from {first['parent']} at epoch 2" in " ".join(listed.split())
    child.group.close()  # as if its process had ended here
    resumed = resume(find(child.group.records[0].id))
    expected = forked(parent, 2, lr=0.02).train()
    assert all(torch.equal(a, b) for a, b in zip(weights_of(expected), weights_of(resumed), strict=True))


@pytest.mark.parametrize("change", [{"hidden": "11"}, {"samples": 13}, {"batch_size": 4}, {"epochs": 2}])
def test_what_a_branch_cannot_change_is_said_in_a_line(train, change):
    parent = train(epochs=6)
    with pytest.raises(InputError, match=f"^{next(iter(change))}: "):
        forked(parent, 3, **change)


def test_its_script_takes_its_parents_steps_and_then_its_own(train):
    def at(event, trainer, control) -> None:
        if isinstance(event, EpochsFinished) and event.epoch in (1, 5):
            control.put(ScaleRate(0.5))

    parent = train(at=at)
    child = forked(parent, 3, lr=0.004, epochs=9).train()
    grandchild = forked(child, 7, lr=0.02).train()
    script = content(find(grandchild.group.records[0].id), ".py").decode()
    space, printed = run_script(script)
    assert all(torch.equal(a, b) for a, b in zip(space["model"].parameters(), weights_of(grandchild), strict=True))
    wanted = [*losses_of(parent)[:3], *losses_of(child)[3:7], *losses_of(grandchild)[7:]]
    assert [float(line) for line in printed] == wanted


@pytest.mark.parametrize(
    ("change", "says"), [({"optimizer": "adam"}, "another optimizer"), ({"seed": 3}, "another seed"), ({}, "is gone")]
)
def test_where_no_script_can_it_says_so(train, change, says):
    parent = train()
    child = forked(parent, 3, **change)
    child.group.close()
    if not change:
        shutil.rmtree(find(parent.group.records[0].id).folder)
    with pytest.raises(InputError, match=says):
        content(find(child.group.records[0].id), ".py")
