"""The pages on operations: what is done to two tensors on each, and what is to be seen of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.lessons.frame import Frame, Part, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.shapes import LONGEST, Attempt, Shape, attempt, counted, meaning, short, written

Expressions = Mapping[str, Callable[[Tensor, Tensor], Tensor]]
NARROW = 12  # characters of numbers beside long expressions
HALF_LINE = 40  # characters of numbers beside others
WIDEST = 150  # characters of numbers under a table, in some lines
TEN = 10  # in steps of this b counts up, so that its numbers are not taken for those of a


@dataclass(frozen=True)
class Pair:
    """The same of an array and of a tensor, both called x: as each is written, and the doing."""

    numpy: str
    torch: str
    of_array: Callable[[NDArray[Any]], NDArray[Any]]
    of_tensor: Callable[[Tensor], Tensor]


PAIRS = (
    Pair("x.sum(axis=0)", "x.sum(dim=0)", lambda x: x.sum(axis=0), lambda x: x.sum(dim=0)),
    Pair(
        "x.sum(-1, keepdims=True)",
        "x.sum(-1, keepdim=True)",
        lambda x: x.sum(-1, keepdims=True),
        lambda x: x.sum(-1, keepdim=True),
    ),
    Pair("x.max(axis=0)", "x.amax(dim=0)", lambda x: x.max(axis=0), lambda x: x.amax(dim=0)),
    Pair("np.sqrt(x)", "torch.sqrt(x)", np.sqrt, torch.sqrt),
    Pair(
        "np.concatenate([x, x])",
        "torch.cat([x, x])",
        lambda x: np.concatenate([x, x]),
        lambda x: torch.cat([x, x]),
    ),
    Pair("x.astype(np.int64)", "x.to(torch.int64)", lambda x: x.astype(np.int64), lambda x: x.to(torch.int64)),
)


def show_numpy(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """An array, a tensor that shares its memory and one that is a copy; then each is changed."""
    array = np.array([1.0, 2.0, 3.0])
    shared, copied = torch.from_numpy(array), torch.tensor(array)
    made: Mapping[str, Any] = {"array": array, "shared": shared, "copied": copied}
    rows: list[list[Words]] = []
    code = ["shared = torch.from_numpy(array)", "copied = torch.tensor(array)"]

    def see(did: str, said: str) -> Frame:
        lists = {name: x.tolist() for name, x in made.items()}
        rows.append([did, *(" ".join(f"{number:g}" for number in numbers) for numbers in lists.values())])
        table = Table([texts("column.line"), *made], list(rows), marked=len(rows) - 1)
        return Frame([*code, table], said, facts=[{"did": did, **lists}], seconds=1.5)

    def put(name: str, place: int, value: float) -> Frame:
        before = {other: x.tolist() for other, x in made.items()}
        made[name][place] = value
        changed = [other for other, x in made.items() if x.tolist() != before[other]]
        return see(f"{name}[{place}] = {value:g}", texts("said.changed", count=len(changed), names=", ".join(changed)))

    kinds = {"array": array.dtype, "tensor": shared.dtype, "usual": torch.get_default_dtype()}
    yield see("", texts("said.made", None, **kinds))
    yield put("array", 0, TEN)
    yield put("shared", 2, -7)
    yield put("copied", 1, 0.5)


def show_pairs(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """The same in NumPy and in PyTorch, both run on the numbers of a."""
    x = counted(a)
    rows: list[list[Words]] = []
    for pair in PAIRS:
        # To rounding: with AVX-512, torch.sqrt(11.) is the next smaller float.
        equal = np.allclose(pair.of_array(x.numpy()), pair.of_tensor(x).numpy())
        rows.append([pair.numpy, pair.torch, [("=", "good") if equal else ("≠", "bad")]])
        fact = {"numpy": pair.numpy, "torch": pair.torch, "equal": equal}
        table = Table(["NumPy", "PyTorch", ""], list(rows), marked=len(rows) - 1)
        yield Frame([table], texts("said.pairs", shape=written(a)), facts=[fact])


def indexing(a: Shape, b: Shape) -> Expressions:
    """Parts of a; the last is beyond its end."""
    columns: Expressions = {"a[:, 0]": lambda a, b: a[:, 0], "a[:, 1:]": lambda a, b: a[:, 1:]}
    beyond = a[0]
    return {
        "a[0]": lambda a, b: a[0],
        **(columns if len(a) > 1 else {}),
        "a[None]": lambda a, b: a[None],
        "a[a > 2]": lambda a, b: a[a > 2],
        f"a[{beyond}]": lambda a, b: a[beyond],
    }


def broadcasting(a: Shape, b: Shape) -> Expressions:
    """Both at once."""
    return {"a + b": lambda a, b: a + b}


def products(a: Shape, b: Shape) -> Expressions:
    """Matrix products, and the product number by number."""
    return {"a @ b": lambda a, b: a @ b, "b @ a": lambda a, b: b @ a, "a * b": lambda a, b: a * b}


def orders(a: Shape, b: Shape) -> Expressions:
    """Two ways to the same shape, of which the second goes through the numbers in their order."""
    last, count = a[-1], prod(a)
    turn: Callable[[Tensor, Tensor], Tensor] = lambda a, b: a.transpose(0, -1)  # noqa: E731
    name = "a.T" if len(a) == 2 else "a.transpose(0, -1)"
    return {
        name: turn,
        f"a.reshape({last}, -1)": lambda a, b: a.reshape(last, -1),
        f"{name}.reshape({count})": lambda a, b: turn(a, b).reshape(count),
        f"{name}.view({count})": lambda a, b: turn(a, b).view(count),
    }


def reductions(a: Shape, b: Shape) -> Expressions:
    """Sums over a dimension; then what the kept dimension is good for."""
    dim = min(1, len(a) - 1)
    return {
        "a.sum(0)": lambda a, b: a.sum(0),
        f"a.sum({dim})": lambda a, b: a.sum(dim),
        f"a.sum({dim}, keepdim=True)": lambda a, b: a.sum(dim, keepdim=True),
        f"a / a.sum({dim})": lambda a, b: a / a.sum(dim),
        f"a / a.sum({dim}, keepdim=True)": lambda a, b: a / a.sum(dim, keepdim=True),
    }


def mistakes(a: Shape, b: Shape) -> Expressions:
    """What goes wrong most, where the shapes don't fit."""
    one_more = prod(a) + 1
    return {
        "a + b": lambda a, b: a + b,
        "a @ b": lambda a, b: a @ b,
        f"a.reshape({one_more})": lambda a, b: a.reshape(one_more),
        f"a.sum({len(a)})": lambda a, b: a.sum(a.dim()),
    }


PAGES: Mapping[str, Callable[[Shape, Shape], Expressions]] = {
    "indexing": indexing,
    "broadcast": broadcasting,
    "matmul": products,
    "reshape": orders,
    "reduce": reductions,
    "errors": mistakes,
}


def attempts(view: str, a: Shape, b: Shape) -> list[Attempt]:
    """What PyTorch makes of each expression of a page."""
    x, y = counted(a), counted(b, TEN)
    return [attempt(text, partial(run, x, y)) for text, run in PAGES[view](a, b).items()]


def _by_and_by(texts: Texts, view: str, a: Shape, b: Shape, longest: int = LONGEST) -> Iterator[Frame]:
    """The page's expressions, one after another in a table, and PyTorch's words on those that it refuses."""
    made = attempts(view, a, b)
    columns = [f"a: {written(a)}", texts("column.shape"), texts("column.numbers")]
    for count in range(1, len(made) + 1):
        table = Table(columns, [each.cells(longest) for each in made[:count]], marked=count - 1)
        refusals = [each.refusal for each in made[:count] if each.result is None]
        yield _frame([table, *refusals], texts(f"said.{view}"), made[count - 1], a, b)


def _frame(parts: Sequence[Part], said: str, new: Attempt, a: Shape, b: Shape) -> Frame:
    return Frame(parts, said, reveals=[meaning(new.text, a, b)], facts=[new.fact], seconds=0.8)


def show_indexing(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """Parts of a."""
    yield from _by_and_by(texts, "indexing", a, b)


def show_reshape(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """Two ways to the same shape, and the order of the numbers in each."""
    yield from _by_and_by(texts, "reshape", a, b)


def show_reduce(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """Sums, and what keepdim keeps."""
    yield from _by_and_by(texts, "reduce", a, b, NARROW)


def show_broadcast(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """The sizes of a and b, lined up at the right; then what fits, and how b is read where it is too short."""
    most = max(len(a), len(b))
    columns = ["", *(f"{place}" for place in range(-most, 0)), texts("column.strides")]
    x, y = torch.empty(a), torch.empty(b)
    pairs = list(zip_longest(reversed(a), reversed(b), fillvalue=1))[::-1]
    fits = all(one == other or 1 in (one, other) for one, other in pairs)
    wide = torch.broadcast_tensors(x, y) if fits else None
    rows: list[list[Words]] = [
        [name, *[""] * (most - len(shape)), *map(str, shape), str(wide[i].stride()) if wide else "–"]
        for i, (name, shape) in enumerate({"a": a, "b": b}.items())
    ]
    clash = [one != other and 1 not in (one, other) for one, other in pairs]
    rows.append(
        [
            "a + b",
            *([("✗", "bad")] if bad else [(str(max(pair)), "strong")] for pair, bad in zip(pairs, clash, strict=True)),
            "",
        ]
    )
    (both,) = attempts("broadcast", a, b)
    under: Words = both.refusal if both.result is None else f"a + b = {short(both.result.tolist(), WIDEST)}"
    numbers = _numbers_of(a, b)
    yield Frame([numbers, Table(columns, rows[:2])], texts("said.lined_up"), seconds=1.5)
    key = "fits" if fits else "no_fit"
    yield _frame([numbers, Table(columns, rows), under], texts(f"said.{key}"), both, a, b)


def _numbers_of(a: Shape, b: Shape) -> Words:
    """The numbers of both, as far as there is room."""
    return f"a = {short(counted(a).tolist(), HALF_LINE)}, b = {short(counted(b, TEN).tolist(), HALF_LINE)}"


def show_matmul(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """Matrix products both ways round, and how the first number comes about."""
    first, *_ = attempts("matmul", a, b)
    frames = _with_numbers(_by_and_by(texts, "matmul", a, b), a, b)
    if first.result is None:
        yield from frames
        return
    row, column = _row_and_column(counted(a), counted(b, TEN))
    by_hand = " + ".join(f"{p:g}·{q:g}" for p, q in zip(row, column, strict=True))
    for frame in frames:
        total = f"{by_hand} = {sum(p * q for p, q in zip(row, column, strict=True)):g}"
        yield Frame([*frame.parts, total], frame.said, reveals=frame.reveals, facts=frame.facts, seconds=frame.seconds)


def _with_numbers(frames: Iterator[Frame], a: Shape, b: Shape) -> Iterator[Frame]:
    return (replace(frame, parts=[_numbers_of(a, b), *frame.parts]) for frame in frames)


def _row_and_column(a: Tensor, b: Tensor) -> tuple[list[float], list[float]]:
    """The first row of a and the first column of b, of which the first number of a product is made."""
    column = b if b.dim() == 1 else b.flatten(0, -3)[0, :, 0] if b.dim() > 2 else b[:, 0]
    return a.reshape(-1, a.shape[-1])[0].tolist(), column.tolist()


def show_errors(texts: Texts, a: Shape, b: Shape) -> Iterator[Frame]:
    """What PyTorch says where shapes don't fit, and how that is read."""
    made = attempts("errors", a, b)
    columns = [f"a: {written(a)}, b: {written(b)}", texts("column.message")]
    keys = ("read_sum", "read_product", "read_reshape", "read_dim")
    for count, (new, key) in enumerate(zip(made, keys, strict=True), 1):
        rows = [[each.text, each.error or each.shape] for each in made[:count]]
        said = (
            texts("said.no_error", text=new.text, shape=new.shape) if new.result is not None else texts(f"said.{key}")
        )
        yield _frame([Table(columns, rows, marked=count - 1)], said, new, a, b)
