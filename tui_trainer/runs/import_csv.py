"""What Lightning's CSVLogger writes: metrics.csv with a column for each name, and hparams.yaml."""

import csv
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_trainer.escape import printable
from tui_trainer.files import read_text
from tui_trainer.runs.foreign import Number, Read
from tui_trainer.sentence import InputError

METRICS, CONFIG = "metrics.csv", "hparams.yaml"
MAX_BYTES = 500_000_000
STEP, EPOCH = "step", "epoch"


def fits(folder: Path) -> bool:
    """Whether such a file is there."""
    return (folder / METRICS).is_file()


def read(folder: Path, report: Callable[[str], object]) -> Read:
    """A run, its rows by step; by their places where there is no such column. Raises InputError, OSError."""
    table = csv.reader(read_text(folder / METRICS, MAX_BYTES).splitlines())
    try:
        head, *rows = table
    except (ValueError, csv.Error) as error:
        raise InputError(f"{METRICS}: {error if isinstance(error, csv.Error) else 'it is empty'}") from None
    logged: dict[str, list[Number]] = {}
    epochs: dict[int, int] = {}
    for place, row in enumerate(rows):
        if len(row) != len(head):
            raise InputError(f"{METRICS}: row {place + 2} has {len(row)} cells, the first {len(head)}")
        cells = {
            name: _number(cell, f"{METRICS}: row {place + 2}, {name}") for name, cell in zip(head, row, strict=True)
        }
        step = cells.pop(STEP, float(place))
        epoch = cells.pop(EPOCH, None)
        if step is None or not 0 <= step < 2**53:
            continue
        if epoch is not None and 0 <= epoch < 2**53:
            epochs[int(step)] = int(epoch)
        for name, value in cells.items():
            if value is not None:
                logged.setdefault(name, []).append(Number(int(step), 0.0, value))
    began = datetime.fromtimestamp((folder / METRICS).stat().st_mtime, UTC)
    return Read(logged, _config(folder / CONFIG, report), epochs, began)


def _number(cell: str, where: str) -> float | None:
    """What a cell holds; None where it is empty. Raises InputError."""
    try:
        return float(cell) if cell.strip() else None
    except ValueError:
        raise InputError(f"{where}: {printable(cell)[:50]!r} is no number") from None


def _config(file: Path, report: Callable[[str], object]) -> Mapping[str, Any]:
    """What the script was started with, where it can be read without running anything."""
    if not file.is_file():
        return {}
    try:
        import yaml
    except ImportError:
        report(f"{file}: not read, for want of a package: pip install pyyaml")
        return {}
    try:
        values = yaml.safe_load(read_text(file, 1_000_000))
    except (yaml.YAMLError, InputError, RecursionError, ValueError) as error:
        report(f"{file}: {printable(str(error).splitlines()[0])}; imported without it")
        return {}
    plain = values if isinstance(values, dict) else {}
    return {str(name): value for name, value in plain.items() if not isinstance(value, float) or math.isfinite(value)}
