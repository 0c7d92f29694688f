"""Runs whose folder was spoiled are resumed: they go on or are refused in a line, and nothing else is touched."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.faults.damage import cut_short
from tests.faults.forks import runs_folder
from tests.faults.malformed import assert_a_line, command, everything
from tui_trainer.runs import checkpoint, lock, metrics
from tui_trainer.runs.folder import EXPERIMENT, INFO, LABEL
from tui_trainer.runs.stored_run import read_run

FILES = (EXPERIMENT, INFO, LABEL, metrics.NAME, checkpoint.NAME, checkpoint.BEFORE, lock.NAME)
EPOCHS = 6
TRAIN = ("train", "--json", "--samples=4", "--activation=tanh", "--device=cpu", "--execution=eager")


def resumed(count: int, seed: int, folder: Path) -> str:
    """A run of a few epochs, spoiled in one of several ways, is to be trained for some more."""
    draw = random.Random(seed)
    outside, library, whole = folder / "outside", folder / "runs", folder / "whole"
    outside.mkdir()
    (outside / "mine").write_text("not yours")
    runs_folder(whole)
    assert command(*TRAIN, f"--epochs={EPOCHS}")[0] == 0
    (good,) = whole.glob("[!.]*")
    told = (good / INFO).read_text()
    (good / INFO).write_text(told.replace("completed", "stopped"))
    runs_folder(library)
    went_on = 0
    for _ in range(count):
        spoiled = library / good.name
        shutil.copytree(good, spoiled)
        draw.choice(WAYS)(draw, spoiled, outside)
        before = everything(outside)
        which = draw.choice([(good.name,), ()])
        code, _, errors = command("resume", *which, "--json", f"--epochs={2 * EPOCHS}")
        assert code in (0, 2), errors
        for line in errors.splitlines():
            assert_a_line(line)
        assert code == 0 or errors.count("\n") == 1, errors
        assert everything(outside) == before, "something outside the runs folder was written"
        if code == 0 and "not kept: " not in errors:
            went_on += 1
            (run,) = (run for run in map(read_run, library.glob("[!.]*")) if run.status == "completed")
            assert (run.status, run.live) == ("completed", False)
            kept = metrics.read(run.folder)
            assert len(kept.history) == 2 * EPOCHS
            assert metrics.last_losses(run.folder).epoch == 2 * EPOCHS
            assert checkpoint.read(run.folder)[0].facts.epoch == 2 * EPOCHS
        shutil.rmtree(library)
    return f"{went_on:,} went on, whole; the others were refused, or not kept, in one line; nothing outside was touched"


def _a_link(draw: random.Random, run: Path, outside: Path) -> None:
    file = run / draw.choice(FILES)
    file.unlink(missing_ok=True)
    file.symlink_to(draw.choice([outside / "mine", outside / "new", outside, Path("/dev/zero"), file]))


def _another_kind(draw: random.Random, run: Path, outside: Path) -> None:
    file = run / draw.choice(FILES)
    file.unlink(missing_ok=True)
    draw.choice([os.mkdir, os.mkfifo])(file)


def _a_file_less(draw: random.Random, run: Path, outside: Path) -> None:
    for name in draw.sample(FILES, draw.randrange(1, 4)):
        (run / name).unlink(missing_ok=True)


def _metrics_cut(draw: random.Random, run: Path, outside: Path) -> None:
    """Shorter than when the checkpoint was written."""
    content = (run / metrics.NAME).read_bytes()
    (run / metrics.NAME).write_bytes(cut_short(content, draw))


def _a_copy(draw: random.Random, run: Path, outside: Path) -> None:
    """The same folder once more."""
    shutil.copytree(run, run.with_name(f"{run.name}-copy"))


WAYS: tuple[Callable[[random.Random, Path, Path], None], ...] = (
    _a_link,
    _a_link,
    _another_kind,
    _another_kind,
    _a_file_less,
    _metrics_cut,
    _a_copy,
)
