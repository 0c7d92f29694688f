"""Losses of very many epochs in few rows: the rule, what is kept by it, and runs that are cut and resumed.

The rule begins at the ninth epoch here, so that small runs are long ones.
"""

import tracemalloc

import msgspec
import numpy as np
import pytest

from tests.runs.conftest import kept, stop_after
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.requests import Set
from tui_trainer.export.exports import content
from tui_trainer.runs import checkpoint, downsampling, metrics
from tui_trainer.runs.downsampling import Downsampling, span_of
from tui_trainer.runs.follow import FollowedRun, stored_record
from tui_trainer.runs.history import History
from tui_trainer.runs.metrics import Line
from tui_trainer.runs.stored_run import read_run

FULL, EPOCHS = 8, 53
LOSSES = np.random.default_rng(0).lognormal(size=1000)


@pytest.fixture(autouse=True)
def short(request, monkeypatch):
    if "day" not in request.node.name:
        monkeypatch.setattr(downsampling, "FULL", FULL)


def rows_by_the_rule(losses) -> list[tuple[int, float, float, float]]:
    """Epoch, mean, lowest and highest, as README has them: every epoch up to FULL, then spans that double."""
    rows, end, span = [], 0, 1
    while end < len(losses):
        if end == FULL * span:
            span *= 2
        part = np.array(losses[end : end + span])
        end += len(part)
        rows.append((end, part.mean(), part.min(), part.max()))
    return rows


def rows_of(history: History) -> list[tuple[float, ...]]:
    return list(zip(*(column.tolist() for column in (history.epochs, *history.table[:3])), strict=True))


def assert_rows(history: History, losses) -> None:
    np.testing.assert_allclose(rows_of(history), rows_by_the_rule(losses), rtol=1e-12)
    assert len(history) == len(losses)


@pytest.mark.parametrize("seed", range(5))
def test_12_44_rows_do_not_depend_on_how_the_epochs_came(seed):
    draw, at = np.random.default_rng(seed), 0
    history, whole = History(), History()
    whole.append(LOSSES, None)
    while at < len(LOSSES):
        step = int(draw.choice([1, 3, 200]))
        history.append(LOSSES[at : at + step], None)
        at = min(at + step, len(LOSSES))
        assert_rows(history, LOSSES[:at])
        assert history.last == LOSSES[at - 1]
    assert rows_of(history) == rows_of(whole), "to the last bit"


def test_12_44_a_row_knows_its_extremes_and_what_is_missing():
    losses = np.array([*LOSSES[:8], 1.0, np.nan, np.nan, np.nan])
    history = History()
    history.append(losses, np.where(np.arange(12) == 9, 7.0, np.nan))
    assert history.epochs.tolist() == [*range(1, 9), 10, 12]
    np.testing.assert_array_equal(history.losses[8:], [1.0, np.nan])
    np.testing.assert_array_equal(history.table[3:, 8], [7.0, 7.0, 7.0])
    assert history.reached(1e-9) is None
    large = Downsampling()
    (*_, rows) = large.add(np.full(10, 1.7e308), np.full(10, np.nan))
    assert rows.values[0].tolist() == [1.7e308], "the sum would be infinite"


def long_run(train, **settings):
    return train(epochs=EPOCHS, lr=0.01, **settings)


def told(run) -> list[float]:
    return [loss for event in run.events if isinstance(event, EpochsFinished) for loss in event.losses.tolist()]


@pytest.mark.parametrize("test_fraction", [0.0, 0.25])
def test_12_44_metrics_and_exports_have_rows(train, test_fraction):
    run = long_run(train, test_fraction=test_fraction)
    losses = told(run)
    read = metrics.read(kept()[0].folder)
    assert read.damaged == 0
    assert_rows(read.history, losses)
    assert rows_of(stored_record(kept()[0]).history) == rows_of(read.history)
    rows = [dict(msgspec.json.decode(line)) for line in content(kept()[0], ".jsonl").splitlines()]
    for row in rows:
        assert ("r2" in row.pop("metrics"), "test_metrics" in row) == (True, bool(test_fraction))
        row.pop("test_metrics", None)
    assert (
        rows[:FULL]
        == [
            {"epoch": epoch, "loss": loss} | ({"test_loss": row["test_loss"]} if test_fraction else {})
            for epoch, (loss, row) in enumerate(zip(losses, rows, strict=False), 1)
        ][:FULL]
    )
    spans = [row.get("span", 1) for row in rows]
    assert sum(spans) == EPOCHS
    assert spans == sorted(spans[:-1]) + spans[-1:] == [1] * 8 + [2] * 4 + [4] * 4 + [8] * 2 + [5]
    for (epoch, mean, low, high), row in zip(rows_by_the_rule(losses)[FULL:], rows[FULL:], strict=True):
        assert row["loss"] == pytest.approx(mean)
        assert (row["epoch"], row["lowest"], row["highest"]) == (epoch, low, high)
        assert ("lowest_test" in row) == bool(test_fraction)
    header, *lines = content(kept()[0], ".csv").decode().splitlines()
    held_out = ",test_loss" * bool(test_fraction)
    spread = ",span,lowest,highest" + ",lowest_test,highest_test" * bool(test_fraction)
    assert header.partition(",mae")[0] == f"epoch,loss{held_out}{spread}"
    assert [int(line.split(",")[0]) for line in lines] == [row["epoch"] for row in rows]


@pytest.mark.parametrize("cut", [4, 30, 31, 95, 100, 120])
def test_12_44_a_run_that_was_cut_has_the_rows_of_one_that_never_was(train, resume, cut):
    """At steps within an epoch and between two, before the rule begins and within a span."""
    whole = long_run(train)
    rows = rows_of(metrics.read(kept()[0].folder).history)
    long_run(train, at=stop_after(cut))
    first = kept()[0]
    rest = resume(first, at=stop_after(cut + 25))
    assert rest.finished.status == "stopped"
    rest = resume(kept()[0])
    assert rest.finished.status == "completed"
    assert_rows(rest.group.records[0].history, told(whole)[: len(rest.group.records[0].history)])
    assert rows_of(metrics.read(first.folder).history) == rows, "to the last bit"
    assert kept()[0].info.best == min(told(whole))


@pytest.mark.parametrize("lines", [0, 3])
def test_12_44_epochs_whose_metrics_were_lost_are_missing_and_later_ones_in_their_places(train, resume, lines):
    long_run(train, at=stop_after(100))
    run = kept()[0]
    content = (run.folder / metrics.NAME).read_bytes().splitlines(keepends=True)
    (run.folder / metrics.NAME).write_bytes(b"".join(content[: min(lines, len(content) - 1)]))
    resume(run)
    history = metrics.read(run.folder).history
    assert len(history) == EPOCHS
    known = {row[0]: row for row in rows_of(history) if np.isfinite(row[1])}
    assert EPOCHS in known
    long_run(train)
    whole = {row[0]: row for row in rows_of(metrics.read(kept()[0].folder).history)}
    later = {end: row for end, row in known.items() if end > 40}
    assert later == {end: whole[end] for end in later}


def test_12_44_more_epochs_for_a_run_whose_last_span_was_not_full(train, resume):
    whole = train(epochs=EPOCHS + 9, lr=0.01)
    rows = rows_of(metrics.read(kept()[0].folder).history)
    long_run(train)
    run = kept()[0]
    watched = FollowedRun(run)
    resume(run, epochs=EPOCHS + 9)
    assert rows_of(metrics.read(run.folder).history) == rows
    watched.follow(read_run(run.folder))
    assert len(watched.record.history) == len(told(whole))


def test_12_44_the_same_process_goes_on_where_a_span_was_not_full(train):
    whole = train(epochs=EPOCHS + 9, lr=0.01)
    rows = rows_of(metrics.read(kept()[0].folder).history)
    run = long_run(train)
    run.group.store()
    run.group.request(Set("epochs", EPOCHS + 9))
    run.train()
    assert told(run) == told(whole)
    assert rows_of(metrics.read(kept()[0].folder).history) == rows


def test_12_44_metrics_that_an_older_version_wrote_are_read_by_the_rule_and_gone_on_with(train, resume, monkeypatch):
    """Every epoch's loss in them, and no rows in the checkpoint."""
    whole = long_run(train)
    rows = rows_of(metrics.read(kept()[0].folder).history)
    with monkeypatch.context() as patch:
        patch.setattr(downsampling, "FULL", 10**9)
        long_run(train, at=stop_after(100))
    run = kept()[0]
    assert all(line.span == 1 for line in metrics.lines(run.folder))
    done = checkpoint.read(run.folder)[0].facts.epoch
    assert_rows(metrics.read(run.folder).history, told(whole)[:done])
    resume(run)
    assert rows_of(metrics.read(run.folder).history) == rows


def test_12_44_a_damaged_line_leaves_the_rows_after_it(tmp_path):
    history = History()
    lines = []
    for start in range(0, 120, 8):
        before = history.downsampling
        lines += [
            Line(epoch=0, steps=start).take(rows, held_out=False)
            for rows in before.add(LOSSES[start : start + 8], np.full(8, np.nan))
        ]
        history.append(LOSSES[start : start + 8], None)
    encoded = [msgspec.json.encode(line) for line in lines]
    for broken in range(len(encoded)):
        (tmp_path / metrics.NAME).write_bytes(b"\n".join([*encoded[:broken], b"{", *encoded[broken + 1 :], b""]))
        read = metrics.read(tmp_path)
        assert read.damaged == 1
        found = {row[0]: row for row in rows_of(read.history)}
        left = [each for line in (lines[:broken] + lines[broken + 1 :]) for each in line.rows.ends]
        assert [found[end] for end in left] == [row for row in rows_of(history) if row[0] in left]


def test_12_51_a_day_of_native_speed_takes_few_rows():
    """A billion epochs, as many as a run can have."""
    rows = end = downsampling.FULL
    while end < 10**9:
        span = span_of(end + 1)
        rows, end = rows + end // span, 2 * end
    assert rows < 160_000


@pytest.mark.slow
def test_12_51_metrics_of_a_day_before_the_rule_are_never_in_memory_as_a_whole(tmp_path):
    """A run of an older version, whose metrics have every epoch's loss."""
    losses = LOSSES.tolist() * 30
    with (tmp_path / metrics.NAME).open("wb") as file:
        for line in range(80):
            file.write(msgspec.json.encode(Line(epoch=len(losses) * (line + 1), steps=line, losses=losses)) + b"\n")
    size = (tmp_path / metrics.NAME).stat().st_size
    tracemalloc.start()
    read = metrics.read(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(read.history) == 80 * len(losses)
    assert peak < size / 2
    assert read.history.losses[-1] == pytest.approx(LOSSES.mean(), rel=0.1)


def test_metrics_of_a_run_that_was_cut_are_those_of_one_that_never_was(train, resume):
    """In its file, its history, the exports, and as of any moment of its past."""
    long_run(train, test_fraction=0.25)
    (whole,) = kept()
    long_run(train, test_fraction=0.25, at=stop_after(40))
    cut = next(run for run in kept() if run.folder != whole.folder)
    resume(cut)
    measured = [metrics.read(run.folder).history.measured for run in (whole, cut)]
    assert [each.epoch for each in measured[0]] == [*range(1, EPOCHS + 1)]
    assert measured[0] == measured[1]
    assert content(whole, ".csv").splitlines()[0] == content(cut, ".csv").splitlines()[0]
    record = stored_record(cut)
    assert record.as_of(7).metrics == measured[0][6].metrics != record.metrics
    assert read_run(cut.folder).info.test_metrics == measured[0][-1].test_metrics
