"""Dimensions with names: the article's, which left PyTorch, and those that came after them."""

# To a type checker of PyTorch 2.13 named tensors are gone, and first-class dimensions have no types.
# mypy: disable-error-code="attr-defined,call-arg,call-overload,import-untyped"

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from functorch.dim import Dim
from torch import Tensor

from tui_trainer.lessons.frame import Frame, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.stored import Number, Shape, make, nested, refusal, written

Results = dict[str, Tensor]


def named_tensor(x: Tensor) -> Results:
    """The article's named tensors, which PyTorch had up to 2.12."""
    t = torch.tensor(x.tolist(), dtype=x.dtype, names=("row", "col"))
    return {
        't.sum("row")': t.sum("row"),
        "t.align_to": t.align_to("col", "row"),
    }


def named_apart(x: Tensor) -> Results:
    """Add what has other names in the same places."""
    t = torch.tensor(x.tolist(), dtype=x.dtype, names=("row", "col"))
    return {'t + t.sum("col")': t + t.sum("col")}


def sum_by_name(x: Tensor) -> Results:
    """Name each dimension once, then sum over a name."""
    row, col = Dim("row"), Dim("col")
    t = x[row, col]
    return {
        "t.sum(row)": t.sum(row).order(col),
        "t.sum(col)": t.sum(col).order(row),
    }


def align_by_name(x: Tensor) -> Results:
    """Names find each other, wherever they stand."""
    row, col = Dim("row"), Dim("col")
    t = x[row, col]
    return {
        "order(col, row)": t.order(col, row),
        "t + t.sum(col)": (t + t.sum(col)).order(row, col),
    }


def name_it_lacks(x: Tensor) -> Results:
    """Sum over a name that isn't there."""
    row, col, page = Dim("row"), Dim("col"), Dim("page")
    t = x[row, col]
    return {"t.sum(page)": t.sum(page)}


def length_that_differs(x: Tensor) -> Results:
    """Give the same name to one number more than there are rows."""
    row, col = Dim("row"), Dim("col")
    t = x[row, col]
    w = torch.ones(len(x) + 1)
    return {"t * w[row]": (t * w[row]).order(row, col)}


@dataclass(frozen=True)
class Attempt:
    """Something to do with names: what ran, and what it gave, or the reason why it gave nothing."""

    title: str
    ran: Callable[[Tensor], Results]
    results: Results
    reason: str = ""

    @property
    def rows(self) -> list[list[Words]]:
        if self.reason:
            return [[self.title, [(self.reason, "bad")]]]
        return [[title, written(result.tolist())] for title, result in self.results.items()]

    @property
    def facts(self) -> list[dict[str, object]]:
        if self.reason:
            return [{"by": self.ran.__name__, "what": self.title, "error": self.reason}]
        return [
            {"by": self.ran.__name__, "what": title, "values": nested(result.tolist())}
            for title, result in self.results.items()
        ]


def attempt(title: str, ran: Callable[[Tensor], Results], x: Tensor) -> Attempt:
    """Run it on x, and take PyTorch's own error for what it is worth."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "experimental": the lesson says so itself
            return Attempt(title, ran, ran(x))
    except (TypeError, ValueError, RuntimeError) as error:
        return Attempt(title, ran, {}, f"{type(error).__name__}: {error}")


# How the names come about, of which the tables show what is done with them.
NAMED = 'row, col = Dim("row"), Dim("col"); t = x[row, col]'
LONGER = f"w = torch.ones({{}}); {NAMED}"


def show_names(texts: Texts, numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Iterator[Frame]:
    """The article's way; then PyTorch's successor to it."""
    if refused := refusal(numbers):
        yield Frame([[(refused, "bad")]], facts=[{"dtype": str(dtype), "error": refused}])
        return
    x = _rows_of(numbers, dtype, shape)
    old = attempt("names=", named_tensor, x)
    seen = [old] if old.reason else [old, attempt('t + t.sum("col")', named_apart, x)]
    by_name, said = texts("column.by_name"), texts.part("said")
    version = torch.__version__.split("+")[0]
    yield _frame(seen, seen, x, by_name, said("names_are_gone" if old.reason else "names_are_there", version=version))
    for key, ran in (("sums", sum_by_name), ("aligned", align_by_name)):
        new = attempt(key, ran, x)
        seen = [*seen, new]
        yield _frame(seen, [new], x, by_name, said(key), NAMED)


def show_mismatch(texts: Texts, numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Iterator[Frame]:
    """Names that don't match: one that isn't there, and one that has two lengths."""
    if refused := refusal(numbers):
        yield Frame([[(refused, "bad")]], facts=[{"dtype": str(dtype), "error": refused}])
        return
    x = _rows_of(numbers, dtype, shape)
    tries = [attempt("t.sum(page)", name_it_lacks, x), attempt("t * w[row]", length_that_differs, x)]
    # One row alone is repeated, as PyTorch always does.
    said = texts("said.mismatch" if len(x) > 1 else "said.mismatch_of_one_row")
    yield _frame(tries, tries, x, texts("column.by_name"), said, LONGER.format(len(x) + 1))


def _rows_of(numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Tensor:
    """The numbers as a table, whatever they were."""
    x = make([number.value for number in numbers], dtype, shape)
    return x.reshape(-1, x.shape[-1])


def _frame(seen: list[Attempt], new: list[Attempt], x: Tensor, by_name: str, said: str, code: str = "") -> Frame:
    rows = [row for each in seen for row in each.rows]
    table = Table([f"t: {len(x)} × {x.shape[1]}", by_name], rows)
    facts = [fact for each in new for fact in each.facts]
    return Frame([code, table] if code else [table], said, facts=facts, seconds=1.0)
