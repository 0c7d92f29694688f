"""What nets predict for the rows of a table, or for pictures, as a table or as JSON lines: whole, or not at all."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from tui_trainer.data.new_pictures import read_pictures
from tui_trainer.data.new_rows import NewRows, read_rows
from tui_trainer.data.tables.dialect import Asked
from tui_trainer.data.tables.opened import open_table
from tui_trainer.data.tables.table import Table
from tui_trainer.engine.predictor import Predicted, Predictor
from tui_trainer.sentence import InputError

Columns = Mapping[str, Sequence[Any]]  # a value for each row, None where there is none


def predict_file(
    nets: Mapping[str, Predictor], data: Path, asked: Asked, missing: str, file: BinaryIO, json: bool = False
) -> tuple[int, list[str]]:
    """Write what these nets, which learned the same samples, predict for a table's rows or for pictures.

    asked, missing: how a table is read. Returns and raises as `predict_table` does.
    """
    if any(net.shape for net in nets.values()):
        return predict_pictures(nets, data, file, json)
    return predict_table(nets, data, asked, missing, file, json)


def predict_pictures(
    nets: Mapping[str, Predictor], data: Path, file: BinaryIO, json: bool = False
) -> tuple[int, list[str]]:
    """Write what these nets predict for pictures: the file of each, or its number in its array, and then predictions.

    Returns and raises as `predict_table` does.
    """
    columns: dict[str, Sequence[Any]] = {}
    for name, net in nets.items():
        assert net.shape
        pictures = read_pictures(data, net.experiment, net.shape)
        said = net(pictures.x)
        if not said.finite.all():
            which = int(np.flatnonzero(~said.finite)[0]) + 1
            raise InputError(f"{data}: picture {which}: beyond what this net gives a finite number for")
        columns |= _columns(net, said, f"_{name}" if len(nets) > 1 else "")
    names: Sequence[Any] = pictures.names or range(1, len(pictures.x) + 1)
    head = {"file" if pictures.names else "row": names}
    text = _as_json(head | columns) if json else _as_csv([*head, *columns], zip(names, *columns.values(), strict=True))
    for each in text:
        file.write(each.encode())
    return len(names), pictures.notes


def predict_table(
    nets: Mapping[str, Predictor], data: Path, asked: Asked, missing: str, file: BinaryIO, json: bool = False
) -> tuple[int, list[str]]:
    """Write what these nets, by their names, predict for each row of a table: the row's cells, and then predictions.

    json: an object for each row instead, of its predictions. Returns how many rows there are, and what was done to
    read them, in words. Raises InputError for a table that can't be read as theirs; then what was written is no file.
    """
    with open_table(data, asked, quote_cells=True) as table:
        columns: dict[str, Sequence[Any]] = {}
        notes: dict[str, None] = {}
        for name, net in nets.items():
            rows = read_rows(table, net.inputs, missing)
            columns |= _columns(net, _checked(table, net(rows.x), rows), f"_{name}" if len(nets) > 1 else "")
            notes |= dict.fromkeys(rows.notes)
        write = _json_lines if json else _csv
        for text in write(table, columns):
            file.write(text.encode())
    return len(rows.x), list(notes)


def _checked(table: Table, said: Predicted, rows: NewRows) -> Predicted:
    """Predictions that are finite, or are none for want of a value. Raises InputError for others."""
    if (beyond := ~said.finite & ~rows.gaps).any():
        line = table.line_of(int(np.flatnonzero(beyond)[0]))
        raise InputError(f"{table.name}: row {line}: its values are beyond what this net gives a finite number for")
    return said


def _columns(net: Predictor, said: Predicted, of: str) -> Columns:
    """The columns that a net adds; of: what ends their names."""
    values = [net.written(value) if there else None for value, there in zip(said.values, said.finite, strict=True)]
    probabilities = {
        f"probability_{name}{of}": [each if there else None for each, there in zip(column, said.finite, strict=True)]
        for name, column in zip(net.classes, said.probabilities.T.tolist(), strict=True)
    }
    return {f"predicted_{net.target}{of}": values, **probabilities}


def _csv(table: Table, columns: Columns) -> Iterator[str]:
    # Who predicts for what was written here before has new predictions in the place of the old.
    own = [place for place, column in enumerate(table.columns) if column.name not in columns]
    head = [*(table.columns[place].name for place in own), *columns]
    rows = zip(table.cells(), zip(*columns.values(), strict=True), strict=True)
    yield from _as_csv(head, ([*(cells[place] for place in own), *predicted] for cells, predicted in rows))


def _as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(row)
        if line.tell() > 1_000_000:
            yield line.getvalue()
            line.seek(0)
            line.truncate()
    yield line.getvalue()


def _json_lines(table: Table, columns: Columns) -> Iterator[str]:
    yield from _as_json({"row": range(1, len(next(iter(columns.values()))) + 1), **columns})


def _as_json(columns: Columns) -> Iterator[str]:
    for values in zip(*columns.values(), strict=True):
        yield msgspec.json.encode(dict(zip(columns, values, strict=True))).decode() + "\n"
