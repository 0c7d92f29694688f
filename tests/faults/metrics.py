"""metrics.jsonl is cut or spoiled: what is whole in it is read."""

import random
from pathlib import Path

import msgspec

from tests.faults.damage import with_bit_flipped
from tui_trainer.runs.metrics import NAME, Line, read
from tui_trainer.runs.metrics import lines as read_whole


def cut_at_every_byte(count: int, seed: int, folder: Path) -> str:
    """What is before the cut is read, in whole lines. `count` is in how many shapes of file."""
    cuts = 0
    for number in range(count):
        content, lines = _content(seed + number)
        for cut in range(len(content) + 1):
            (folder / NAME).write_bytes(content[:cut])
            told = read(folder)
            whole = content[:cut].count(b"\n")
            assert (list(read_whole(folder)), told.damaged) == (lines[:whole], 0)
            assert told.history.losses.tolist() == [loss for line in lines[:whole] for loss in line.losses]
            assert told.size == content[:cut].rfind(b"\n") + 1
            assert len(told.history) == max((line.epoch for line in lines[:whole]), default=0)
            cuts += 1
    return f"{cuts:,} cuts: the whole lines before each were read"


def bits_flipped(count: int, seed: int, folder: Path) -> str:
    """One bit somewhere is another: all the lines that it is not in are read."""
    draw = random.Random(seed)
    content, lines = _content(seed)
    seen = 0
    for _ in range(count):
        spoiled = with_bit_flipped(content, draw)
        (folder / NAME).write_bytes(spoiled)
        told = read(folder)
        place = next(i for i, (a, b) in enumerate(zip(content, spoiled, strict=True)) if a != b)
        hurt = content[:place].count(b"\n")
        # A line's end that was lost takes the next line with it.
        hurt = range(hurt, hurt + 1 + (content[place : place + 1] == b"\n"))
        wanted = [line for number, line in enumerate(lines) if number not in hurt]
        assert [line for line in read_whole(folder) if line in wanted] == wanted
        seen += told.damaged > 0
    return (
        f"all other lines were read; {seen:,} were seen to be damaged, the others hold another figure or the file's end"
    )


def _content(seed: int) -> tuple[bytes, list[Line]]:
    """A file of every kind of line, and what it says."""
    draw = random.Random(seed)
    lines, epoch = [], 0
    for _ in range(12):
        losses = [draw.random() * 10.0 ** draw.randrange(-8, 8) for _ in range(draw.randrange(1, 6))]
        held_out = [*losses[1:], None] if draw.random() < 0.5 else []
        epoch += len(losses)
        lines.append(Line(epoch=epoch, steps=20 * epoch, seconds=draw.random(), losses=losses, test_losses=held_out))
        if draw.random() < 0.3:
            change = {"setting": "lr", "old": "0.001", "new": "0.0005", "mark": "lr ÷2"}
            lines.append(Line(epoch=epoch, steps=20 * epoch, seconds=draw.random(), **change))
        if draw.random() < 0.3:
            lines.append(Line(epoch=epoch, steps=20 * epoch, seconds=draw.random(), execution="compiled"))
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines), lines
