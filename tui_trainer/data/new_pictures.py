"""Pictures that a net is asked about, read just as those that it learned from."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tui_trainer.data.inputs import Array
from tui_trainer.data.sources.array_file import samples_in
from tui_trainer.data.sources.arrays import Shape, check_size, numbers_of, pictures_of
from tui_trainer.data.sources.picture_file import ENDINGS, head_of, pixels_of
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import of_picture_files
from tui_trainer.sentence import InputError


class NewPictures(NamedTuple):
    """Pictures, of shape (pictures, pixels); names: of their files, if they have some; notes: what was done to them."""

    x: Array
    names: Sequence[str]
    notes: list[str]


def read_pictures(path: Path, experiment: Experiment, shape: Shape) -> NewPictures:
    """Read pictures for a net that learned some of this shape: files, or an array, as these were. Raises InputError."""
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if of_picture_files(experiment.data):
        return _of_files(path, shape)
    if path.suffix.lower() in ENDINGS or path.is_dir():
        raise InputError(
            f"{path}: the net learned an array, whose numbers need not be those of files; give a .npz file"
        )
    name, given = samples_in(path)
    x, found = pictures_of(f"{path}: {name}", given)
    if found != shape:
        raise InputError(f"{path}: {name} has {_size(found)}, and the net learned {_size(shape)}")
    return NewPictures(numbers_of(f"{path}: {name}", x), (), [])


def _of_files(path: Path, shape: Shape) -> NewPictures:
    """A picture, or all that lie in a folder and in its folders, scaled as the net knows them."""
    folder = path.is_dir()
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in ENDINGS) if folder else [path]
    if not files or (path.suffix.lower() not in ENDINGS and not folder):
        raise InputError(f"{path}: no pictures; give one, or a folder of {', '.join(ENDINGS[:3])} files and such")
    channels, height, width = shape
    check_size(str(path), (len(files), *shape))
    colour = channels > 1
    heads = [head_of(str(path), file, quote_cells=True) for file in files]
    pixels = np.stack([pixels_of(str(path), file, (width, height), colour, quote_cells=True) for file in files])
    x, _ = pictures_of(str(path), pixels)
    scaled = sum(size != (width, height) for size, _ in heads)
    greyed = 0 if colour else sum(coloured for _, coloured in heads)
    notes = [f"{scaled:,} of {len(files):,} pictures scaled to {width}x{height}"] * bool(scaled)
    notes += [f"{greyed:,} of {len(files):,} pictures taken in grey, as the net learned them"] * bool(greyed)
    names = [file.relative_to(path).as_posix() if folder else file.name for file in files]
    return NewPictures(x.astype(np.float64), names, notes)


def _size(shape: Shape | None) -> str:
    if shape is None:
        return "rows of numbers"
    channels = f" in {shape[0]} channels" if shape[0] > 1 else ""
    return f"pictures of {shape[2]}x{shape[1]} pixels{channels}"
