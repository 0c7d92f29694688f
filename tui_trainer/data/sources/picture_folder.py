"""Samples from a folder of pictures that has a folder for each class."""

from pathlib import Path
from typing import Any

import numpy as np

from tui_trainer.data.sources.arrays import check_size, classes_of, pictures_of, rows
from tui_trainer.data.sources.picture_file import ENDINGS, head_of, pixels_of
from tui_trainer.data.sources.source import Rows, Sizes, Source, SourceCode
from tui_trainer.data.sources.table_code import embedded_code
from tui_trainer.files import reason
from tui_trainer.named_data import arrays_path
from tui_trainer.sentence import InputError
from tui_trainer.wording import listed, quoted

SHOWN = 3


class PictureFolder(Source):
    """Pictures in class folders, read by Pillow: in grey where all are, else in colour, and all of one size."""

    def __init__(self, experiment: Any) -> None:
        super().__init__(experiment)
        path = arrays_path(experiment.data)
        assert path
        self.path, self.name = path, str(path)

    def files(self) -> tuple[dict[str, list[Path]], list[Path]]:
        """The pictures of each class, by its name, both in order; and what else lies there. Raises InputError."""
        try:
            folders = sorted(f for f in self.path.iterdir() if f.is_dir() and not f.name.startswith("."))
            found = {folder.name: sorted(folder.iterdir()) for folder in folders}
            others = [file for file in self.path.iterdir() if file.is_file() and not file.name.startswith(".")]
        except OSError as error:
            raise InputError(f"{self.name}: {reason(error)}; give a folder that can be read") from None
        pictures = {name: [f for f in files if f.suffix.lower() in ENDINGS] for name, files in found.items()}
        taken = {file for files in pictures.values() for file in files}
        others += [f for files in found.values() for f in files if f not in taken and not f.name.startswith(".")]
        return {name: files for name, files in pictures.items() if files}, others

    def read(self, quote_cells: bool = False) -> Rows:
        classes, others = self.files()
        if not classes:
            raise InputError(
                f"{self.name}: no pictures in folders of it; give a folder with one for each class, of "
                f"{', '.join(ENDINGS[:3])} files and such"
            )
        files = [file for each in classes.values() for file in each]
        labels = np.repeat(list(classes), [len(each) for each in classes.values()])
        y, names, of_classes = classes_of(self.name, labels)
        heads = [head_of(self.name, file, quote_cells) for file in files]
        sizes, colour = {size for size, _ in heads}, any(colour for _, colour in heads)
        side = self.experiment.pixels
        size = next(iter(sizes)) if len(sizes) == 1 and max(next(iter(sizes))) <= side else (side, side)
        check_size(self.name, (len(files), size[0], size[1], 3 if colour else 1))
        read = np.stack([pixels_of(self.name, file, size, colour, quote_cells) for file in files])
        x, shape = pictures_of(self.name, read)
        notes = [f"{len(others):,} other file{'s' * (len(others) > 1)} left out"] if others else []
        if sizes != {size}:
            notes.append(f"pictures of {len(sizes)} size{'s' * (len(sizes) > 1)} scaled to {side}x{side} (--pixels)")
        if quote_cells and others:
            notes[0] += f": {listed([quoted(file.name) for file in others[:SHOWN]])}"
        return rows(x.astype(np.float64), y, names, shape, [*notes, *of_classes])

    def sizes(self) -> Sizes:
        try:
            classes, _ = self.files()
        except InputError:
            return Sizes(1, 1, 1)  # whoever reads it says what is wrong
        count = sum(map(len, classes.values()))
        return Sizes(max(1, count), 3 * self.experiment.pixels**2, max(1, len(classes)))

    def code(self) -> SourceCode:
        return embedded_code(str(self.path.absolute()), self.read())
