"""What a net wants to know of a row: the columns that its features are of, as a person types or a file has them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.columns import DataFacts, ReadAs, as_tuple
from tui_trainer.data.sources.expansion import INPUTS, expansion_of
from tui_trainer.data.tables.columns import OFF, ON
from tui_trainer.data.tables.numerals import ALL, PLAIN, date_formats, is_missing
from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import in_the_plane
from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted, unknown

Array = NDArray[np.float64]
DAY_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Inputs:
    """What a net wants to know of a row: columns, in the order of the features that are made of them.

    means: of those features, where they are known; expand: what features are worked out of them, where they are.
    """

    columns: Sequence[ReadAs]
    means: Sequence[float] = ()
    expand: Callable[[Array], Array] | None = None

    def of_numbers(self, numbers: Sequence[Array], missing: str = "drop") -> Array:
        """The features, of shape (rows, features), of the columns' numbers: of words, their places among those known.

        Where a value is missing, some are no numbers, unless `missing` fills in the mean.
        """
        parts = [_one_hot(column, each) for column, each in zip(self.columns, numbers, strict=True)]
        x = np.column_stack(parts)
        if missing == "mean" and np.isnan(x).any():
            if len(self.means) != x.shape[1]:
                raise InputError("--missing mean: the means of its features are not known; take drop")
            x = np.where(np.isnan(x), self.means, x)
        return self.expand(x) if self.expand else x

    def of_texts(self, texts: Sequence[str]) -> Array:
        """The features of a row as a person types it, of shape (1, features). Raises InputError, naming the column."""
        return self.of_numbers([np.array([number_in(*each)]) for each in zip(self.columns, texts, strict=True)])

    @property
    def typical(self) -> list[str]:
        """A row to begin with, as a person would type it: means, and the words that are most frequent."""
        texts, place = [], 0
        for column in self.columns:
            means = self.means[place : place + len(column.features)]
            place += len(column.features)
            texts.append(_typical(column, means) if len(means) else "")
        return texts


def inputs_of(experiment: Experiment, facts: DataFacts, features: int) -> Inputs:
    """What a net of so many features wants to know, which learned from these samples."""
    means = as_tuple(facts.x_mean) if facts.means is msgspec.UNSET else as_tuple(facts.means)
    known = means if facts.means is not msgspec.UNSET or any(means) else ()
    if in_the_plane(experiment.data):
        return Inputs([ReadAs(name) for name in INPUTS], () if experiment.features else known, expansion_of(experiment))
    if facts.columns is None:
        names = ["x"] if features == 1 else [f"x{i}" for i in range(1, features + 1)]
        return Inputs([ReadAs(name) for name in names], known)
    left, columns = list(as_tuple(facts.columns.x)), []
    of_first = {how.features[0]: how for how in facts.columns.read or ()}
    while left:
        how = of_first.get(left[0], ReadAs(left[0]))
        if tuple(left[: len(how.features)]) != how.features:
            how = ReadAs(left[0])
        columns.append(how)
        del left[: len(how.features)]
    return Inputs(columns, known)


def number_in(how: ReadAs, text: str) -> float:
    """The number that a typed text is in a column. Raises InputError, naming the column and what would be right."""
    cell, place = text.strip(), printable(how.column)
    if how.kind == "words":
        if cell not in how.words:
            raise InputError(f"{place}: {never_seen(cell, how)}")
        return float(how.words.index(cell))
    if is_missing(cell):
        raise InputError(f"{place}: give a value")
    if how.kind == "switch":
        if cell.lower() not in (*ON, *OFF, "1", "0"):
            raise InputError(f"{place}: {quoted(cell)} is neither yes nor no")
        return float(cell.lower() in (*ON, "1"))
    if how.kind == "date":
        formats = list(date_formats([cell]))
        format = how.format if how.format in formats else next(iter(formats), "")
        if not format:
            raise InputError(f"{place}: {quoted(cell)} is no date; write it as 2024-01-31")
        return (datetime.strptime(cell, format).replace(tzinfo=UTC) - DAY_ZERO) / timedelta(days=1) - how.first
    value = PLAIN.number(cell, how.prefix, how.suffix)
    if value is None:
        found = {each.number(cell, how.prefix, how.suffix) for each in ALL} - {None}
        value = found.pop() if len(found) == 1 else None
    if value is None or not math.isfinite(value):
        raise InputError(f"{place}: {quoted(cell)} is no number; write one as 1.5")
    return value


def in_words(how: ReadAs, number: float) -> str:
    """A number of a column as it stands in a file: a date again, a unit beside it."""
    if how.kind == "date":
        try:
            moment = DAY_ZERO + timedelta(days=number + how.first)
        except OverflowError:
            return f"{number:.6g}"
        return f"{moment:%Y-%m-%d}" if how.format in ("", "%Y-%m-%d") or not number % 1 else f"{moment:%Y-%m-%d %H:%M}"
    return f"{how.prefix}{number:.6g}{how.suffix}"


def _typical(column: ReadAs, means: Sequence[float]) -> str:
    match column.kind:
        case "words":
            return column.words[int(np.argmax(means))]
        case "switch":
            return "yes" if means[0] >= 0.5 else "no"
    return in_words(column, float(f"{means[0]:.4g}"))


def _one_hot(column: ReadAs, numbers: Array) -> Array:
    if column.kind != "words":
        return numbers[:, np.newaxis]
    there = (numbers[:, np.newaxis] == np.arange(len(column.words))).astype(np.float64)
    return np.where(np.isnan(numbers)[:, np.newaxis], np.nan, there)


def never_seen(word: str, how: ReadAs) -> str:
    """Say that a word is none of a column's, and which one may be meant."""
    return unknown(word, dict.fromkeys(how.words)).replace("is unknown", "was never seen in training", 1)
