"""What stands in a table's columns: values, gaps, shape, and what they say of the target."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.columns import ReadAs, as_tuple
from tui_trainer.data.inputs import in_words
from tui_trainer.data.sources import source_of
from tui_trainer.data.sources.columns_file import MAX_CELLS, ColumnsFile, useless
from tui_trainer.data.sources.expansion import INPUTS, PLAYGROUND, Expansion
from tui_trainer.data.sources.table_file import TableFile
from tui_trainer.data.tables.columns import Column, Kind
from tui_trainer.data.tables.table import Table
from tui_trainer.experiment import Experiment, target_of
from tui_trainer.named_data import in_the_plane
from tui_trainer.sentence import InputError

Array = NDArray[np.float64]
BINS, WORDS = 12, 4
BARS = " ▁▂▃▄▅▆▇█"
TOGETHER = 50  # columns that are in memory at a time, of tables that have many


class ColumnSummary(msgspec.Struct, kw_only=True):
    """A column. share: of each of its most frequent words; histogram: how many values lie in each of even bins.

    with_target: its correlation with the target: Pearson's where both are numbers; else the correlation ratio, or
    Cramér's V of words. trouble: why its values can't be read as they stand.
    """

    name: str
    type: str
    role: str
    is_target: bool = False
    is_used: bool = False
    rows: int = 0
    missing: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    histogram: list[int] = []
    words: int = 0
    share: dict[str, float] = {}
    with_target: float | None = None
    trouble: str = ""


class Summary(msgspec.Struct, kw_only=True):
    """A table. notes: what was guessed to read it; trouble: why nothing can be learned with these settings."""

    file: str
    rows: int
    columns: list[ColumnSummary]
    notes: list[str]
    trouble: str = ""


def summary(experiment: Experiment, opened: Callable[[Table], object] = lambda table: None) -> Summary:
    """Look at the table that the experiment names. Raises InputError for one that is no table.

    opened: gets the table while it is read, whose `progress` may be asked for, and whose `stop` ends this by Stopped.
    """
    source = ColumnsFile(experiment) if target_of(experiment) else TableFile(experiment)
    with source.opened(quote_cells=True) as table:
        opened(table)
        roles, target, trouble = _roles(source, table)
        columns = [roles[column.name][1] if column.name in roles else column for column in table.columns]
        summaries = {}
        for column in columns:
            role = roles[column.name][0] if column.name in roles else ""
            about = summaries[column.place] = ColumnSummary(name=column.name, type=_type(column), role=role)
            about.is_target = target is not None and column.name == target.name
            about.is_used = bool(about.role) and not about.role.startswith("left out")
        known = None
        readable = [c for c in columns if c.kind in ("number", "switch", "words") or (c.kind == "date" and c.is_usable)]
        readable.sort(key=lambda column: column != target)  # first, as all others are held against it
        for group in (readable[i : i + TOGETHER] for i in range(0, len(readable), TOGETHER)):
            values, troubles = _values(table, group)
            known = values.get(target.name) if known is None and target else known
            for column in group:
                about = summaries[column.place]
                about.trouble = troubles.get(column.name, "")
                if (numbers := values.get(column.name)) is not None:
                    words = table.names.get(column, [])
                    _describe(about, column, numbers, words)
                    if about.role == "feature" and (why := useless(column, numbers, len(words))):
                        about.role, about.is_used = f"left out: {why}", False
                    if known is not None and target is not None and column.name != target.name:
                        about.with_target = _related(column, numbers, target, known)
        notes = [*([source.credit] if source.credit else []), *table.notes]
        if target is not None and not target_of(experiment) and sum(c.kind in ("number", "words") for c in columns) > 2:
            notes.append(f"{target.name} is learned from one column; --target {target.name} learns it from all others")
        rows = max((each.rows for each in summaries.values()), default=0)
        return Summary(file=source.name, rows=rows, columns=list(summaries.values()), notes=notes, trouble=trouble)


def summary_of_made(experiment: Experiment) -> Summary:
    """The same of samples that are no table: a curve's, pictures, or the plane's with all that can be worked out there.

    Raises InputError for those that can't be had.
    """
    rows = source_of(experiment).read()
    x, chosen = (rows.base.x, as_tuple(rows.columns.x)) if rows.base and rows.columns else (rows.x, ())
    x = x.reshape(len(x), -1)
    if in_the_plane(experiment.data):
        expansion = Expansion(",".join(dict.fromkeys([*PLAYGROUND, *chosen])))
        names, x, chosen = expansion.names, expansion(x), chosen or INPUTS
    elif rows.shape:
        names, x, chosen = ("pixels",), x.reshape(-1, 1), ("pixels",)  # no pixel tells anything by itself
    else:
        names = ("x",) if x.shape[1] == 1 else tuple(f"x{i}" for i in range(1, x.shape[1] + 1))
        chosen = names
    kind: Kind = "words" if rows.classes else "number"
    target = Column(len(names), "class" if rows.classes else "y", True, kind)
    known = rows.y.reshape(-1).astype(np.float64)
    summaries = []
    for column in [*(Column(place, name, True, "number") for place, name in enumerate(names)), target]:
        about = ColumnSummary(name=column.name, type=_type(column), role="feature")
        about.is_target, about.is_used = column is target, column is target or column.name in chosen
        about.role = "target" if column is target else "feature" if about.is_used else "left out"
        numbers = known if column is target else x[:, column.place]
        _describe(about, column, numbers, rows.classes if column is target else ())
        if column is not target:
            about.with_target = _related(column, numbers, target, known)
        summaries.append(about)
    notes = list(rows.columns.notes) if rows.shape and rows.columns else []
    return Summary(file=experiment.data, rows=len(rows.x), columns=summaries, notes=notes)


def range_of(column: ColumnSummary) -> str:
    """`2.5 to 8.25`, or the most frequent words with their shares."""
    if column.trouble:
        return "can't be read"
    if column.words:
        shown = ", ".join(f"{word[:20]} {share:.0%}" for word, share in column.share.items())
        more = column.words - len(column.share)
        return f"{shown}, {more:,} more" if more else shown
    if column.low is None or column.high is None:
        return ""
    as_day = partial(in_words, ReadAs(column.name, "date")) if column.type == "date" else "{:.6g}".format
    low, high = as_day(column.low), as_day(column.high)
    return low if low == high else f"{low} to {high}"


def related_to_target(column: ColumnSummary) -> str:
    """What a column says of the target, in two figures."""
    return "" if column.with_target is None else f"{column.with_target:.2f}"


def bars_of(counts: Sequence[int], bars: str = BARS) -> str:
    """A sign for each count, as high as it is beside the largest; one that is not 0 is seen."""
    most = max(counts, default=0)
    return "".join(bars[-(-count * (len(bars) - 1) // most) if most else 0] for count in counts)


def _roles(source: TableFile, table: Table) -> tuple[dict[str, tuple[str, Column]], Column | None, str]:
    """What becomes of columns, by their names; the one that is learned, and why there is none."""
    try:
        if isinstance(source, ColumnsFile):
            roles = source.roles(table)
            features = {c.name: ("feature", c) for c in roles.features}
            left = {name: (f"left out: {why}", table.column(name)) for name, why in roles.left_out.items()}
            return {**left, **features, roles.target.name: ("target", roles.target)}, roles.target, ""
        x, y = source.columns(table)
    except InputError as error:
        return {}, None, str(error)
    return {x.name: ("x", x), y.name: ("y", y)}, y, ""


def _values(table: Table, columns: Sequence[Column]) -> tuple[dict[str, Array], dict[str, str]]:
    """The values of those columns that can be read, and what is wrong with others, by their names."""
    try:
        return dict(zip((c.name for c in columns), _read(table, columns), strict=True)), {}
    except InputError as error:
        if len(columns) < 2:
            return {}, {column.name: str(error) for column in columns}
    values, troubles = {}, {}
    for column in columns:
        try:
            (values[column.name],) = _read(table, [column])
        except InputError as error:
            troubles[column.name] = str(error)
    return values, troubles


def _read(table: Table, columns: Sequence[Column]) -> list[Array]:
    if not columns:
        return []
    arrays = table.values(columns)
    if len(arrays) * len(arrays[0]) > MAX_CELLS:
        raise InputError(f"{table.name}: over {MAX_CELLS:,} cells; look at a part of it")
    return arrays


def _type(column: Column) -> str:
    unit = column.prefix or column.suffix
    return {"switch": "yes or no", "number": f"number, {unit}" if unit else "number", "empty": "nothing"}.get(
        column.kind, column.kind
    )


def _describe(about: ColumnSummary, column: Column, numbers: Array, names: Sequence[str]) -> None:
    given = numbers[~np.isnan(numbers)]
    about.rows, about.missing = len(numbers), len(numbers) - len(given)
    if not len(given):
        return
    if column.kind == "words":
        counts = np.bincount(given.astype(int), minlength=len(names))
        most = np.argsort(-counts, kind="stable")
        about.words = int((counts > 0).sum())
        about.share = {names[place]: float(counts[place] / len(given)) for place in most[:WORDS]}
        return
    about.low, about.high = float(given.min()), float(given.max())
    with np.errstate(over="ignore"):
        mean = float(given.mean())
    about.mean = mean if math.isfinite(mean) else None
    if about.low < about.high and math.isfinite(about.high - about.low):
        about.histogram = np.histogram(given, BINS)[0].tolist()


def _related(column: Column, numbers: Array, target: Column, known: Array) -> float | None:
    """How much a column says of the target, from 0 to 1, with a sign where both are numbers."""
    if len(numbers) != len(known):
        return None
    both = ~(np.isnan(numbers) | np.isnan(known))
    a, b = numbers[both], known[both]
    if len(a) < 2 or (a == a[0]).all() or (b == b[0]).all():
        return None
    words = [each.kind == "words" for each in (column, target)]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if all(words):
            value = _cramer(a, b)
        elif any(words):
            value = _ratio(*((a, b) if words[0] else (b, a)))
        else:
            value = float(np.corrcoef(a / np.abs(a).max(), b / np.abs(b).max())[0, 1])
    return value if math.isfinite(value) else None


def _ratio(groups: Array, values: Array) -> float:
    """The correlation ratio: the root of the share of the variance that lies between the groups."""
    places = groups.astype(int)
    counts = np.bincount(places)
    means = np.bincount(places, weights=values) / np.maximum(counts, 1)
    between = float((counts * (means - values.mean()) ** 2).sum())
    return math.sqrt(min(1.0, between / float(((values - values.mean()) ** 2).sum())))


def _cramer(a: Array, b: Array) -> float:
    """Cramér's V of two columns of words."""
    _, rows = np.unique(a, return_inverse=True)
    _, columns = np.unique(b, return_inverse=True)
    if (rows.max() + 1) * (columns.max() + 1) > 1_000_000:
        return math.nan
    counts = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(counts, (rows, columns), 1)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    chi = float(((counts - expected) ** 2 / expected).sum())
    return math.sqrt(chi / counts.sum() / (min(counts.shape) - 1))


def as_object(of: Summary) -> dict[str, Any]:
    """The summary as an object of JSON."""
    built: dict[str, Any] = msgspec.to_builtins(of)
    return built
