"""A stored run as another process sees it, while it trains and afterwards."""

import numpy as np
import pytest

from tests.runs.conftest import kept, stop_after
from tui_trainer.engine.events import EpochsFinished, Paused
from tui_trainer.engine.requests import Pause, Resume, ScaleRate
from tui_trainer.runs import metrics
from tui_trainer.runs.follow import FollowedRun, stored_record
from tui_trainer.runs.stored_run import read_run


def test_a_run_is_recalled_as_it_ended(train):
    run = train(test_fraction=0.25)
    record = stored_record(kept()[0])
    events = [event for event in run.events if isinstance(event, EpochsFinished)]
    assert record.history.losses.tolist() == [event.loss for event in events]
    assert (record.status, record.epoch, record.steps) == ("completed", 6, run.trainer.steps)
    assert (record.final_loss, record.final_test_loss) == (run.finished.loss, run.finished.test_loss)
    assert (record.history.last, record.history.last_test) == (events[-1].loss, events[-1].test_loss)
    drawn = record.snapshot
    assert np.array_equal(drawn.y, run.trainer.predict(drawn.x[:, np.newaxis])[:, 0])


def test_without_a_checkpoint_there_is_no_curve_and_all_else(train):
    train(at=stop_after(7))
    for file in kept()[0].folder.glob("checkpoint*"):
        file.unlink()
    record = stored_record(kept()[0])
    assert record.snapshot is None
    assert len(record.history) == record.epoch > 0


def test_what_is_written_is_followed_and_never_goes_back(train):
    """At every epoch the metrics are waited for: run.json is written at the pause alone."""
    seen, watched = [], []

    def at(event, trainer, control):
        if isinstance(event, EpochsFinished):
            watched[:] = watched or [FollowedRun(kept()[0])]
            while len(watched[0].record.history) < event.epoch:
                watched[0].follow(read_run(watched[0].run.folder))
            watched[0].follow(read_run(watched[0].run.folder))  # with nothing new
            record = watched[0].record
            seen.append((record.epoch, record.steps, record.history.last, record.final_loss))
            assert seen[-1] == (event.epoch, event.steps, event.loss, None)
            if event.epoch == 3:
                control.put(Pause())
                control.put(ScaleRate(0.5))
        if isinstance(event, Paused):
            while watched[0].record.status != "paused" or watched[0].record.snapshot is None:
                watched[0].follow(read_run(watched[0].run.folder))
            drawn = watched[0].record.snapshot
            assert np.array_equal(drawn.y, trainer.predict(drawn.x[:, np.newaxis])[:, 0]), (
                "the curve is that of the checkpoint at the pause"
            )
            control.put(Resume())

    run = train(at=at)
    assert len(seen) == 6
    watched[0].follow(read_run(watched[0].run.folder))
    record = watched[0].record
    assert (record.status, record.final_loss) == ("completed", run.finished.loss)
    assert record.experiment.lr == pytest.approx(0.0005)
    assert [mark.text for mark in record.history.marks] == ["lr ÷2"]
    assert metrics.read(kept()[0].folder).history.losses.tolist() == record.history.losses.tolist()
