"""Samples from two columns of a CSV file."""

from typing import Literal

import numpy as np

from tui_trainer.data.columns import Columns
from tui_trainer.data.sources.source import Rows, Sizes, Source, SourceCode
from tui_trainer.data.sources.table import Table, read_table
from tui_trainer.experiment import Experiment, as_path

AXES: tuple[Literal["x", "y"], ...] = ("x", "y")
LARGE_FILE = 100_000_000  # rows that a file is taken to have had which is not there any more
ROW_BYTES = 4  # at least

LINES = """\
with open(FILE, encoding="utf-8-sig", newline="") as file:
    rows = [row for row in csv.reader(file, delimiter=DELIMITER) if row][FIRST_ROW:]
x = np.array([[float(row[X_COLUMN])] for row in rows])
y = np.array([[float(row[Y_COLUMN])] for row in rows])
"""


class CsvFile(Source):
    """The columns that the settings x and y name, or the first ones with numbers."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__(experiment)
        path = as_path(experiment.data)
        assert path
        self.path = path

    def _table(self, quote_cells: bool) -> Table:
        return read_table(self.path, self.experiment.x, self.experiment.y, quote_cells)

    def read(self, quote_cells: bool = False) -> Rows:
        table = self._table(quote_cells)
        chosen = tuple(axis for axis in AXES if not getattr(self.experiment, axis))
        return Rows(table.x[:, np.newaxis], table.y[:, np.newaxis], Columns(table.x_label, table.y_label, chosen))

    def sizes(self) -> Sizes:
        try:
            rows = self.path.stat().st_size // ROW_BYTES + 1
        except OSError:
            rows = LARGE_FILE
        return Sizes(rows, 1, 1)

    def code(self) -> SourceCode:
        _, _, x, y, layout = self._table(quote_cells=False)
        places = f"{int(layout.header)}, {layout.x}, {layout.y}"
        settings = [
            f"FILE = {str(self.path.absolute())!r}",
            f"DELIMITER = {layout.delimiter!r}",
            f"FIRST_ROW, X_COLUMN, Y_COLUMN = {places}  # {x!r} and {y!r}, from 0",
        ]
        return SourceCode(settings, LINES)
