"""Runs as scripts leave them that are watched, without running any."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from tui_trainer.runs import histograms, images, metrics, output
from tui_trainer.runs.folder import Info, new_script_folder, now, usable_runs_folder, write_info
from tui_trainer.runs.histograms import Histogram
from tui_trainer.runs.metrics import Line
from tui_trainer.runs.stored_run import StoredRun, read_run

STEPS, PER_EPOCH = 60, 20


def stored(
    name: str = "cifar", config: Mapping[str, Any] | None = None, status: str = "completed", **changes: Any
) -> StoredRun:
    """A script's run of three epochs whose loss falls, and whose rate was halved in mid-way."""
    usable_runs_folder()
    info = Info(name=name, group=name, status=status, started=now(), updated=now(), script="/home/me/train.py")
    info.epochs, info.epoch, info.steps, info.seconds, info.device = 3, 3, STEPS, 6.0, "cpu"
    folder = new_script_folder(info, config or {})
    lines, last = [], dict[str, float]()
    for step in range(5, STEPS + 1, 5):
        values = {"loss": 60 / step, "acc": step / 100, "update/conv1.weight": 1e-3}
        if step % PER_EPOCH == 0:
            values |= {"val_loss": 90 / step, "val_acc": step / 120}
        last |= values
        spreads = {each: (mean, mean * 0.9, mean * 1.1) for each, mean in values.items()}
        spreads |= {each: (mean, mean, mean) for each, mean in values.items() if each.startswith("val")}
        epoch = (step - 1) // PER_EPOCH
        lines.append(Line(epoch=epoch, first=step - 4, steps=step, seconds=step / 10, values=spreads))
    lines.insert(6, Line(epoch=1, steps=30, setting="lr", old="0.1", new="0.05"))
    (folder / metrics.NAME).write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    info.metrics, info.loss, info.best = last, last["loss"], 0.9
    write_info(folder, msgspec.structs.replace(info, **changes))
    return read_run(folder)


def with_all(run: StoredRun) -> StoredRun:
    """The same with histograms, pictures and what it printed."""
    for steps in (20, 40, 60):
        each = Histogram(steps=steps, name="conv1.weight", of="weight", low=-1.0, high=steps / 20, counts=[1, 5, 9, 2])
        with (run.folder / histograms.NAME).open("ab") as file:
            file.write(msgspec.json.encode(each) + b"\n")
    images.write_image(run.folder, "digits", 60, np.full((16, 16, 3), 200, dtype=np.uint8))
    output.OutputFile(run.folder).add("epoch 1 done\nepoch \x1b[31m2 done\n")
    return run
