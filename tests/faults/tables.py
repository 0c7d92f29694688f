"""CSV files that someone has spoiled: read, or refused in one line that can be shown."""

import random
from pathlib import Path

from tests.faults.samples import is_refused
from tui_trainer.experiment import Experiment

GOOD = "time,height,note\n1,2.5,a\n2,3.5,b\n3,5,c\n4,4.25,d\n"
PIECES = (
    *('"', '""', "'", ",", ";", "\t", "\n", "\r", "\r\n", "\0", "\ufeff", "#", "=1+1"),
    *("nan", "inf", "-inf", "1e999", "1_000"),
    *("0x10", "１", "−1", "\u202e", "\x1b[2J", "[/usd]", "é" * 500, "9" * 5000, " ", "", "None", "true", "1,2,3\n"),
)


def spoiled(count: int, seed: int, folder: Path) -> str:
    """A good file with pieces put in, taken out and bytes changed, one to six times."""
    draw, path = random.Random(seed), folder / "table.csv"
    refused = 0
    for _ in range(count):
        content = bytearray(GOOD.encode())
        for _ in range(draw.randrange(1, 7)):
            place, kind = draw.randrange(len(content) + 1), draw.random()
            if kind < 0.6:
                content[place:place] = draw.choice(PIECES).encode()
            elif kind < 0.8:
                del content[place : place + draw.randrange(1, 20)]
            elif place < len(content):
                content[place] = draw.randrange(256)
        path.write_bytes(content)
        column = draw.choice(["", "", "height", "note", "\x1b[2J", "nope"])
        refused += is_refused(Experiment(data=str(path), y=column), content)
    return f"{count - refused:,} read, {refused:,} refused in one line; no traceback"
