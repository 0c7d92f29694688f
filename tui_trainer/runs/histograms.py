"""histograms.jsonl: how weights, gradients and what else a script hands over are spread, an object a line.

`{"steps": 400, "name": "conv1.weight", "of": "gradient", "low": -0.1, "high": 0.2, "counts": [3, 17, ...]}`: so many
values in each of the equally wide pieces from low to high.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

from tui_trainer.files import read_bytes, write_at, write_whole

NAME = "histograms.jsonl"
MAX_BYTES = 4_000_000
BINS = 64
Of: TypeAlias = Literal["", "weight", "gradient", "update"]
Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """One line. of: what of the named parameter; nothing for what the script handed over under this name."""

    steps: Whole
    name: str
    of: Of = ""
    low: float
    high: float
    counts: Annotated[list[Whole], msgspec.Meta(min_length=1, max_length=BINS)]

    def __post_init__(self) -> None:
        """Raises ValueError for what can't be so."""
        if not self.low <= self.high:
            raise ValueError(f"from {self.low} to {self.high}")


_decoder = msgspec.json.Decoder(Histogram)


class HistogramFile:
    """Writes them: where there is no room for more, every second of each name goes, the newest and the first stay."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._size = folder, 0

    def add(self, histograms: Iterable[Histogram]) -> None:
        """Write these too. Raises OSError."""
        content = b"".join(msgspec.json.encode(each) + b"\n" for each in histograms)
        if self._size + len(content) > MAX_BYTES:
            kept = b"".join(msgspec.json.encode(each) + b"\n" for each in _thinned(read_histograms(self._folder)))
            kept = kept if len(kept) + len(content) <= MAX_BYTES else b""
            write_whole(self._folder / NAME, kept)
            self._size = len(kept)
        if self._size + len(content) <= MAX_BYTES:
            write_at(self._folder / NAME, self._size, content)
            self._size += len(content)


def _thinned(histograms: Sequence[Histogram]) -> list[Histogram]:
    """Every second of each name, counted from the last, and the first; in their order."""
    after: dict[tuple[str, str], int] = {}
    kept = []
    first = {(each.name, each.of): place for place, each in reversed([*enumerate(histograms)])}
    for place, each in reversed([*enumerate(histograms)]):
        key = each.name, each.of
        count = after.get(key, 0)
        after[key] = count + 1
        if count % 2 == 0 or first[key] == place:
            kept.append(each)
    return kept[::-1]


def read_histograms(folder: Path) -> list[Histogram]:
    """All there are, oldest first. What is no such line is passed over, as is what is longer than they can be.

    Raises OSError, but not for a file that is not there yet.
    """
    try:
        content = read_bytes(folder / NAME, count=MAX_BYTES)
    except FileNotFoundError:
        return []
    return [each for line in content[: content.rfind(b"\n") + 1].splitlines() if (each := _histogram(line))]


def _histogram(line: bytes) -> Histogram | None:
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
