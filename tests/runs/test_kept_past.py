"""A kept run's past is read from its folder, or computed from its settings; what is spoiled harms nothing."""

import math
import os
import random
import shutil

import pytest
import torch

from tests.runs.conftest import CHECKPOINTS_ALWAYS, SMALL, Trained, begun, kept, stop_after
from tests.runs.test_branch import forked, weights_of
from tests.runs.test_earlier_versions import EARLIER
from tui_trainer.engine import snapshots
from tui_trainer.engine.events import EpochsFinished, Paused
from tui_trainer.engine.past import DIFFERS
from tui_trainer.engine.requests import Edit, Pause, Resume, ScaleRate, Stop
from tui_trainer.engine.state import weights
from tui_trainer.experiment import Experiment
from tui_trainer.export.script import script
from tui_trainer.runs import kept_past
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.library import find
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError


@pytest.fixture(autouse=True)
def often(monkeypatch) -> None:
    """Snapshots at every epoch, so that small runs have some."""
    monkeypatch.setattr(snapshots, "APART_SECONDS", 0.0)
    monkeypatch.setattr(snapshots, "SHARE", 1e9)


def trained(train, **settings) -> tuple[Trained, dict[int, list[torch.Tensor]], StoredRun]:
    """A run with a change on the way, its weights at the ends of its epochs, and how it is kept."""
    seen = {}

    def at(event, trainer, control) -> None:
        if isinstance(event, EpochsFinished):
            seen[event.epoch] = [value.clone() for value in trainer.model.state_dict().values()]
            if event.epoch == 3:
                control.put(ScaleRate(0.5))

    run = train(at=at, **settings)
    return run, seen, kept()[0]


def check(past, seen) -> None:
    for epoch in random.Random(0).sample(sorted(seen), min(20, len(seen))):
        moment = past.at(epoch)
        assert moment.exact
        now = weights(moment.state).values()
        assert all(torch.equal(one, other) for one, other in zip(seen[epoch], now, strict=True))


@pytest.mark.slow
def test_it_is_read_from_the_folder_within_its_bound(train):
    _, seen, run = trained(train, epochs=600)
    past = stored_record(run).past
    assert 10 < len(past.snapshots.states) < 600
    assert (run.folder / kept_past.NAME).stat().st_size < snapshots.KEPT_BYTES
    check(past, seen)
    assert past.nearest(0).exact


@pytest.mark.slow
def test_a_run_that_was_cut_and_resumed_has_all_of_its_past(train, resume):
    _, seen, run = trained(train, epochs=12, optimizer="adam", execution="traced")
    resume(run, epochs=20)
    check(stored_record(kept()[0]).past, seen)
    cut = begun({"tanh": Experiment(**SMALL)}, intervals=CHECKPOINTS_ALWAYS).train(stop_after(10))
    resumed = resume(kept()[0])
    assert resumed.group.records[0].past.at(1).exact
    assert len(resumed.trainer.snapshots.states) > len(cut.trainer.snapshots.states)


@pytest.mark.parametrize("spoil", ["cut", "flipped", "gone", "large"])
def test_a_spoiled_file_leaves_the_run_as_it_is_and_its_past_is_computed_from_its_settings(train, resume, spoil):
    _, seen, run = trained(train, epochs=12)
    file = run.folder / kept_past.NAME
    content = file.read_bytes()
    match spoil:
        case "cut":
            file.write_bytes(content[:-9])
        case "flipped":
            file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        case "gone":
            file.unlink()
        case "large":
            os.truncate(file, 64 * 2**30)
    check(stored_record(kept()[0]).past, seen)
    assert resume(run, epochs=14).finished.status == "completed"


def test_a_branch_without_its_past_has_its_end_and_says_why(train):
    parent = train(epochs=8)
    child = forked(parent, 3, lr=0.02).train()
    run = find(child.group.records[0].id)
    assert stored_record(run).past.at(6).exact
    again = forked(child, 6).train()
    assert all(torch.equal(a, b) for a, b in zip(weights_of(again), weights_of(child), strict=True))
    (run.folder / kept_past.NAME).unlink()
    past = stored_record(run).past
    assert past.at(8).exact
    with pytest.raises(InputError, match="a branch can't be computed without it"):
        past.at(6)


class Near(float):
    """A loss, to rounding: a processor with other vector instructions rounds otherwise."""

    __hash__ = float.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and math.isclose(self, other, rel_tol=1e-4)


@pytest.mark.parametrize("version", sorted(folder.name for folder in EARLIER.iterdir()))
def test_runs_of_earlier_versions_can_be_scrubbed(tmp_path, monkeypatch, version):
    """Of those that went step by step the losses of then come out again; in native code of then they may not."""
    shutil.copytree(EARLIER / version, tmp_path / "runs")
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "runs"))
    for run in kept():
        if run.name in ("identity", "gelu", "relu", "elu"):  # silu's samples are elsewhere
            record = stored_record(run)
            record.past._loss_of = lambda epoch, record=record: Near(record.loss_of(epoch))
            for epoch in (0, 1, record.epoch // 2):
                moment = record.past.at(epoch)
                assert moment.epoch == epoch
                assert moment.snapshot
                assert moment.exact or run.info.execution == "compiled"
                assert moment.note == ("" if moment.exact else DIFFERS)


def test_a_run_that_was_edited_by_hand_is_resumed_with_that_and_has_all_of_its_past(train, resume, monkeypatch):
    monkeypatch.setattr(snapshots, "APART_SECONDS", 1e9)  # so that all is taken again from the beginning on
    seen, edit = {}, Edit("tanh", "x→1.1", (("0.weight", 0, 0.5),))

    def at(event, trainer, control) -> None:
        if isinstance(event, EpochsFinished):
            seen[event.epoch] = [value.clone() for value in trainer.model.state_dict().values()]
            if event.epoch in (3, 6):
                for request in (Pause(), edit) if event.epoch == 3 else (Pause(), edit, Stop()):
                    control.put(request)
        if isinstance(event, Paused) and event.run == "tanh" and trainer.epoch == 3:
            control.put(Resume())

    run = train(at=at, epochs=12, optimizer="adam")
    assert [(mark.epoch, mark.setting, mark.new) for mark in run.group.records[0].history.marks] == [
        (3, "x→1.1", "0.5"),
        (6, "x→1.1", "0.5"),
    ]
    (before,) = kept()
    assert before.info.epoch == 6
    with pytest.raises(InputError, match=r"x→1\.1 was edited by hand at epoch 3, which no script can repeat"):
        script(before)
    resumed = resume(before, at=at)
    assert len(seen) == 12
    record = stored_record(kept()[0])
    assert [mark.text for mark in record.history.marks] == ["x→1.1 0.5"] * 2
    check(record.past, seen)
    check(resumed.group.records[0].past, seen)
