"""Samples from arrays in files of numpy: a .npz file, or two .npy files beside each other. Nothing is unpickled."""

import math
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, BinaryIO

from numpy.lib import format as npy
from numpy.typing import NDArray

from tui_trainer.catalog import DATASETS
from tui_trainer.data.sources.arrays import check_size, classes_of, numbers_of, pictures_of, rows
from tui_trainer.data.sources.source import Rows, Sizes, Source, SourceCode
from tui_trainer.data.sources.table_code import embedded_code
from tui_trainer.files import open_regular
from tui_trainer.named_data import arrays_path
from tui_trainer.sentence import InputError
from tui_trainer.wording import listed

# What the two arrays are called, and what of a file's name says which it is.
PAIRS = {"x": "y", "images": "labels", "pictures": "labels", "data": "target", "features": "targets", "arr_0": "arr_1"}
UNREADABLE = (
    *(ValueError, OSError, EOFError, KeyError, MemoryError, OverflowError, TypeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, TokenError, SyntaxError, RuntimeError),  # of a spoiled head, or an encrypted file
)

LINES = """\
{load}
{channels}x = x.reshape(len(x), -1).astype(np.float64)
y = {y}
"""
LOAD = """\
with np.load(FILE) as arrays:
    x, labels = arrays[{x!r}], arrays[{y!r}]"""
LOAD_PAIR = "x, labels = np.load(FILE), np.load(LABELS)"
CHANNELS = "x = np.moveaxis(x, 3, 1)\n"
CLASSES = "np.unique(labels, return_inverse=True)[1].reshape(-1)"
NUMBERS = "labels.reshape(len(labels), -1).astype(np.float64)"


class ArrayFile(Source):
    """Pictures or rows of numbers, and a label or a number for each; the setting target names the array of these."""

    def __init__(self, experiment: Any) -> None:
        super().__init__(experiment)
        path = arrays_path(experiment.data)
        assert path
        self.path = path
        self.credit = DATASETS[experiment.data].credit if experiment.data in DATASETS else ""
        self.name = experiment.data if self.credit else str(path)

    def read(self, quote_cells: bool = False) -> Rows:
        (x_name, x), (y_name, labels), left_out = self._arrays()
        for name, array in ((x_name, x), (y_name, labels)):
            if not array.ndim:
                raise InputError(f"{self.name}: {name} is a single value; give an array with one for each sample")
        if len(x) != len(labels):
            raise InputError(f"{self.name}: {x_name} has {len(x):,} samples, and {y_name} {len(labels):,}")
        x, shape = pictures_of(f"{self.name}: {x_name}", x)
        notes = [f"arrays {listed(left_out)} left out"] if left_out else []
        place = f"{self.name}: {y_name}"
        if not self._has_classes(labels):
            numbers = numbers_of(place, labels.reshape(len(labels), -1))
            return rows(numbers_of(f"{self.name}: {x_name}", x), numbers, (), shape, notes)
        if labels.size != len(labels):
            raise InputError(f"{place}: its shape is {labels.shape}; give one label for each sample")
        if labels.dtype.kind not in "US":
            numbers_of(place, labels)
        y, classes, of_labels = classes_of(place, labels.reshape(-1))
        return rows(numbers_of(f"{self.name}: {x_name}", x), y, classes, shape, [*notes, *of_labels])

    def _has_classes(self, labels: NDArray[Any]) -> bool:
        task = self.experiment.task
        return task == "classification" or labels.dtype.kind in "US" or (task == "auto" and labels.dtype.kind in "biu")

    def _arrays(self, heads: bool = False) -> tuple[tuple[str, Any], tuple[str, Any], list[str]]:
        """The arrays of samples and of labels with their names, and the names of others. Raises InputError.

        heads: whether only as much of them is read as says their shapes.
        """
        take = _head if heads else _array
        with self._reading(self.path) as file:
            if file.read(4) != b"PK\x03\x04":
                file.seek(0)
                return (self.path.name, take(file, self.name)), self._labels(take), []
            with zipfile.ZipFile(file) as archive:
                names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
                x, y = self._chosen(names)
                taken = []
                for name in (x, y):
                    with archive.open(f"{name}.npy") as member:
                        taken.append((name, take(member, f"{self.name}: {name}")))
                return taken[0], taken[1], [name for name in names if name not in (x, y)]

    @contextmanager
    def _reading(self, path: Path) -> Iterator[BinaryIO]:
        """A file, open; what is wrong with it, or with its change meanwhile, is an InputError."""
        name = self.name if path == self.path else str(path)
        with open_regular(path) as file:
            before = os.fstat(file.fileno())
            try:
                yield file
            except InputError:
                raise
            except UNREADABLE:
                raise InputError(f"{name}: no array that numpy reads without pickle, or broken; save it anew") from None
            after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise InputError(f"{name}: it changed while it was read; run this again once it is whole")

    def _chosen(self, names: list[str]) -> tuple[str, str]:
        """The names of the two arrays in a .npz file. Raises InputError."""
        low = {re.sub(r"^train_|_train$", "", name.lower()): name for name in reversed(names)}
        low |= {name.lower(): name for name in names if name.lower() in PAIRS or name.lower() in PAIRS.values()}
        target = self.experiment.target
        if target and target not in names:
            raise InputError(f"{self.name}: no array {target!r}; there are {listed(names)}")
        y = target or next((low[name] for name in [*PAIRS.values(), "label"] if name in low), "")
        x = next((low[name] for name in PAIRS if name in low and low[name] != y), "")
        if len(names) == 2 and not (x and y):
            x = x or next(name for name in names if name != (y or names[1]))
            y = y or next(name for name in names if name != x)
        if not x or not y:
            raise InputError(
                f"{self.name}: its arrays are {listed(names) or 'none'}; call that of samples x, and that of labels y, "
                "or name it with target"
            )
        return x, y

    def _labels(self, take: Any) -> tuple[str, Any]:
        """The labels that stand in a .npy file of their own, by its name. Raises InputError."""
        path = self._labels_path()
        with self._reading(path) as file:
            return path.name, take(file, str(path))

    def _labels_path(self) -> Path:
        if self.experiment.target:
            return self.path.parent / os.path.expanduser(self.experiment.target)
        for own, other in PAIRS.items():
            pattern = re.compile(rf"(?<![a-z]){own}(?![a-z])", re.IGNORECASE)
            path = self.path.with_stem(pattern.sub(other, self.path.stem))
            if path != self.path and path.exists():
                return path
        raise InputError(
            f"{self.name}: a file of labels belongs to it, as images.npy and labels.npy, or x.npy and y.npy; "
            "name it with target"
        )

    def sizes(self) -> Sizes:
        try:
            (_, x), (_, y), _ = self._arrays(heads=True)
        except InputError:
            return Sizes(1, 1, 1)  # whoever reads it says what is wrong
        features = math.prod(x[1:]) if x else 1
        return Sizes(max(x[0] if x else 1, 1), features, max(1_000, math.prod(y[1:]) if y else 1))

    def code(self) -> SourceCode:
        if self.credit:
            return embedded_code(f"{self.name}: {self.credit}", self.read())
        found = self.read()
        (x_name, x), (y_name, _), _ = self._arrays(heads=True)
        last = len(x) == 4 and found.shape != x[1:]
        single = self.path.suffix.lower() == ".npz" or zipfile.is_zipfile(self.path)
        settings = [f"FILE = {str(self.path.absolute())!r}"]
        settings += [] if single else [f"LABELS = {str(self._labels_path().absolute())!r}"]
        lines = LINES.format(
            load=LOAD.format(x=x_name, y=y_name) if single else LOAD_PAIR,
            channels=CHANNELS * last,
            y=CLASSES if found.classes else NUMBERS,
        )
        return SourceCode(settings, lines)


def samples_in(path: Path) -> tuple[str, NDArray[Any]]:
    """The array of samples in a file without labels, or with some that are left aside, and its name.

    Raises InputError.
    """
    name = str(path)
    with open_regular(path) as file:
        try:
            if file.read(4) != b"PK\x03\x04":
                file.seek(0)
                return path.name, _array(file, name)
            with zipfile.ZipFile(file) as archive:
                names = [each.removesuffix(".npy") for each in archive.namelist() if each.endswith(".npy")]
                known = [each for each in names if re.sub(r"^(train|test)_|_(train|test)$", "", each.lower()) in PAIRS]
                chosen = known if len(known) == 1 else names
                if len(chosen) != 1:
                    raise InputError(f"{name}: its arrays are {listed(names) or 'none'}; call that of samples x")
                with archive.open(f"{chosen[0]}.npy") as member:
                    return chosen[0], _array(member, f"{name}: {chosen[0]}")
        except InputError:
            raise
        except UNREADABLE:
            raise InputError(f"{name}: no array that numpy reads without pickle, or broken; save it anew") from None


def _head(file: IO[bytes], name: str) -> tuple[int, ...]:
    """The shape of an array in a file. Raises InputError for one of objects, or too large."""
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise InputError(f"{name}: it holds objects, which only pickle reads; save it as numbers or text")
    check_size(name, shape)
    return tuple(shape)


def _array(file: IO[bytes], name: str) -> NDArray[Any]:
    """An array in a file. Raises InputError as `_head` does."""
    start = file.tell()
    _head(file, name)
    file.seek(start)
    array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array
