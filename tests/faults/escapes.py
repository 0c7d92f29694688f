"""Escapes, bidi and markup in whatever a run's folder says: the list shows them written out."""

import os
import random
import shutil
from pathlib import Path

import msgspec

from tests.faults.forks import runs_folder
from tests.faults.malformed import command
from tui_trainer.comparison import Comparison
from tui_trainer.experiment import Experiment
from tui_trainer.runs.folder import EXPERIMENT, Info, Label, new_folder, now, write_label

PARTS = (
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H",
    "\x1bP+q\x1b\\",
    "\x9b31m",
    "\x9d0;x\x9c",
    "\x07\x08\x7f\x0e\r",
    "\u202egnp.exe\u202c",
    "\u2066\u2069\u200e\u200f\u061c",
    "\u2028\u2029\u0085\x0b\x0c\n",
    "\ufeff\u200b\u00ad",
    "\U000e0041\U000e007f",
    "[bold red]x[/]",
    "[link=http://x]x[/link]",
    "[@click=app.quit]x[/]",
    ":skull:",
)


def in_what_is_listed(count: int, seed: int, folder: Path) -> str:
    """Payloads of one to three of these parts, in a run's name, note, status, error, device and data file."""
    draw = random.Random(seed)
    runs_folder(folder)
    os.environ["COLUMNS"] = "1000"  # no cell is cut
    for number in range(count):
        payload = "".join(draw.sample(PARTS, draw.randrange(1, 4))) if number >= len(PARTS) else PARTS[number]
        made = [_run(payload, ""), _run("plain", f"_{payload}.csv".replace("\0", ""))]
        code, output, errors = command("runs")
        assert code == 0
        for line in (output + errors).split("\n"):
            assert line.isprintable(), f"{payload!r} reached the output: {line!r}"
        bare = "".join(output.split())
        if "[" in payload and payload.isascii() and payload.isprintable():
            assert "".join(payload.split()) in bare, f"{payload!r} was taken for markup"
        _, output, _ = command("runs", "--json")
        assert not set(output) & set(map(chr, range(32))) - {"\n"}
        for run in made:
            shutil.rmtree(run)
    return "each written out, none taken for an escape or for markup"


def _run(payload: str, data: str) -> Path:
    """A run that says this in all its texts."""
    info = Info(
        name=payload, group=payload, status=payload, started=now(), updated=now(), device=payload, error=payload
    )
    info.host = info.folder = info.execution = payload
    folder = new_folder(info, Experiment())
    write_label(folder, Label(name=payload, note=payload))
    if data:
        experiment = msgspec.structs.replace(Experiment(), data=data)
        (folder / EXPERIMENT).write_text(Comparison.covering([experiment]).to_toml())
    return folder
