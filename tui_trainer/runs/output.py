"""output.log: what a script that is watched printed, where it asked for that; the last megabytes of it."""

from pathlib import Path

from tui_trainer.escape import printable
from tui_trainer.files import read_bytes, write_at, write_whole

NAME = "output.log"
MAX_BYTES = 4_000_000
TAIL = 200_000


class OutputFile:
    """Writes it: where there is no room for more, the older half goes."""

    def __init__(self, folder: Path) -> None:
        self._file, self._size = folder / NAME, 0

    def add(self, text: str) -> None:
        """Write this too. Raises OSError."""
        content = text.encode("utf-8", "backslashreplace")[-MAX_BYTES // 2 :]
        if self._size + len(content) > MAX_BYTES:
            half = read_bytes(self._file, self._size - MAX_BYTES // 2)
            half = half[half.find(b"\n") + 1 :]
            write_whole(self._file, half)
            self._size = len(half)
        write_at(self._file, self._size, content)
        self._size += len(content)


def read_output(folder: Path, most: int = TAIL) -> list[str]:
    """The last lines that were printed, safe to show: of so many bytes. Of a line that was written over, as progress
    bars do, what came last. Raises OSError, but not for a file that is not there.
    """
    file = folder / NAME
    try:
        start = max(0, file.stat().st_size - most)
        text = read_bytes(file, start, most).decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    lines = text.removesuffix("\n").split("\n") if text else []
    whole = lines[1:] if start else lines
    return [printable(line.rstrip("\r").rpartition("\r")[2].expandtabs()) for line in whole]
