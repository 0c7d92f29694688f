"""images/NAME-STEP.npy: pictures that a script hands over: (height, width, 3), red, green and blue of 0..255."""

import contextlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from tui_trainer.escape import printable
from tui_trainer.files import make_private, read_bytes, reason, write_whole
from tui_trainer.sentence import InputError, Sentence

FOLDER = "images"
SIDE = 512  # at most, of height and width
KEPT = 20  # of each name, the newest
MAX_FILE_NAME, MAX_FILES = 200, 10_000
MAX_BYTES = 3 * SIDE**2 + 1000  # and numpy's header
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Image:
    """A picture that is there: what the script calls it, and after which step it came. The name is safe to show."""

    name: str
    steps: int
    path: Path


def write_image(folder: Path, name: str, steps: int, picture: Picture) -> None:
    """Keep a picture in a run's folder, the newest of its name only. Raises OSError, ValueError for what is none."""
    check(picture)
    make_private(folder / FOLDER)
    content = io.BytesIO()
    np.save(content, np.ascontiguousarray(picture), allow_pickle=False)
    stem = _quoted(name)
    write_whole(folder / FOLDER / f"{stem}-{steps}.npy", content.getvalue())
    for older in sorted(_found(folder, stem), key=lambda found: found[1])[:-KEPT]:
        with contextlib.suppress(OSError):
            older[2].unlink()


def check(picture: Picture) -> None:
    """Raises ValueError for what is no such picture."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(f"{picture.dtype} of shape {picture.shape} is no picture of shape (height, width, 3)")
    if not all(1 <= side <= SIDE for side in picture.shape[:2]):
        raise ValueError(f"{picture.shape[0]} x {picture.shape[1]} is more than {SIDE} x {SIDE}, or nothing")


def images(folder: Path) -> list[Image]:
    """The pictures in a run's folder: by name, the newest of each last."""
    found = [Image(printable(unquote(stem)), steps, path) for stem, steps, path in _found(folder)]
    return sorted(found, key=lambda image: (image.name, image.steps))


def read_image(path: Path) -> Picture:
    """The picture in a file. Raises InputError for one that holds none."""
    try:
        read = np.load(io.BytesIO(read_bytes(path, count=MAX_BYTES)), allow_pickle=False)
        check(read)
    except OSError as error:
        said = Sentence("{path}: {reason}; this picture can't be shown", path=path, reason=reason(error))
        raise InputError(said) from None
    except (ValueError, EOFError, AttributeError, SyntaxError, MemoryError) as error:
        said = Sentence("{path}: {reason}; this picture can't be shown", path=path, reason=printable(error))
        raise InputError(said) from None
    picture: Picture = read
    return picture


def _quoted(name: str) -> str:
    """A name as a part of a file's."""
    # What is no letter of UTF-8 is shown as such.
    quoted = quote(name.encode("utf-8", "backslashreplace"), safe="")
    quoted = f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
    return re.sub("%.?$", "", quoted[:MAX_FILE_NAME]) or "%20"


def _found(folder: Path, stem: str | None = None) -> Iterator[tuple[str, int, Path]]:
    """The files that are pictures by their names: how that begins, step and path."""
    try:
        entries = [entry for entry in os.scandir(folder / FOLDER) if entry.name.endswith(".npy")][:MAX_FILES]
    except OSError:
        return
    for entry in entries:
        match = re.fullmatch(r"([^./][^/]*)-(\d{1,18})\.npy", entry.name)
        if match and stem in (None, match[1]):
            yield match[1], int(match[2]), Path(entry.path)
