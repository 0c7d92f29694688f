"""How a dtype stores numbers, bit for bit; and how a tensor's shape lies over them."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from tui_trainer.choices import Catalog, Choice
from tui_trainer.lessons.frame import Frame, Table, Words
from tui_trainer.lessons.language import Texts

KINDS: Catalog = {
    name: Choice(f"torch:{name}")
    for name in ("float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64")
}

MOST_DIGITS = 40  # of a number that is typed
TWO_BYTE_FLOATS = ("float16", "bfloat16")
MOST_BITS = 3  # of how many numbers the bits are shown: a low screen has no room for more

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Number:
    """A number as it was typed, and as a dtype stores it.

    exact: what was typed; stored: None where PyTorch refuses, with its reason.
    """

    typed: str
    exact: Fraction
    stored: int | float | None
    reason: str = ""

    @property
    def error(self) -> Fraction | None:
        """Stored minus typed, exactly; None where nothing finite is stored."""
        if self.stored is None or not math.isfinite(self.stored):
            return None
        return Fraction(self.stored) - self.exact

    @property
    def shown(self) -> str:
        """What is stored, to as many digits as it takes to see its error."""
        if self.stored is None or self.error is None:
            return str(self.stored)
        value, digits = Decimal(self.stored), MOST_DIGITS
        if self.error:
            error = Decimal(self.error.numerator) / self.error.denominator
            # Of a whole number also the digits before its point, where these aren't very many.
            digits = max(value.adjusted() - error.adjusted() + 2, min(value.adjusted(), 14) + 1)
        return f"{value:.{digits}g}"

    @property
    def value(self) -> int | float:
        """What Python makes of it: whole where it is, since only that has all its digits."""
        return int(self.exact) if self.exact.denominator == 1 else float(self.exact)


def store(typed: str, dtype: torch.dtype) -> Number:
    """Let PyTorch store one number, alone."""
    number = Number(typed, Fraction(typed), None)
    try:
        return Number(typed, number.exact, make([number.value], dtype, (1,)).item())
    except (RuntimeError, ValueError) as error:
        return Number(typed, number.exact, None, f"{type(error).__name__}: {error}")


def make(numbers: list[float], dtype: torch.dtype, shape: Shape) -> Tensor:
    """Numbers as a tensor: how each is stored, and how they lie."""
    return torch.tensor(numbers, dtype=dtype).reshape(shape)


def bits_of(number: float, dtype: torch.dtype) -> tuple[str, str, str]:
    """The bits of a 2-byte float: its sign, its exponent, its fraction."""
    x = torch.tensor(number, dtype=dtype)
    bits = f"{x.view(torch.uint16).item():016b}"
    fraction = fraction_bits(dtype)
    return bits[0], bits[1:-fraction], bits[-fraction:]


def fraction_bits(dtype: torch.dtype) -> int:
    """From a power of two to the next a float takes 2**this even steps."""
    return round(-math.log2(torch.finfo(dtype).eps))


def turn(x: Tensor) -> Tensor:
    """Transpose: the same memory, its strides swapped."""
    return x.transpose(0, -1)


def dtype_called(name: str) -> Any:
    """What PyTorch has under this name."""
    return getattr(torch, name)


def show_values(texts: Texts, numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Iterator[Frame]:
    """Each number as stored; then what the article calls float16."""
    table = value_table(texts, numbers, shape)
    facts = [_facts(number) for number in numbers]
    if refused := refusal(numbers):
        yield Frame([table, [(refused, "bad")]], facts=[*facts, {"dtype": str(dtype), "error": refused}])
        return
    yield Frame([table], facts=facts)
    try:
        dtype_called("Float16")
    except AttributeError as error:
        came = f"AttributeError: {error}"
    else:
        came = texts("is_there")
    name = texts("name_is", name=dtype_called("float16"))
    words = [("torch.Float16  ", "strong"), (f"{came}. ", "bad"), (name, "good")]
    yield Frame([table, words], facts=[{"tried": "torch.Float16", "error": came}])


def show_shape(texts: Texts, numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Iterator[Frame]:
    """How the numbers lie, and how they do once transposed: the same memory."""
    if refused := refusal(numbers):
        yield Frame([[(refused, "bad")]], facts=[{"dtype": str(dtype), "error": refused}])
        return
    x = make([number.value for number in numbers], dtype, shape)
    shown = {"x": x}
    yield Frame([lie_table(texts, shown), number_table(texts, shown)], facts=[_lie_facts(x, dtype)])
    shown[texts("cell.transposed")] = turn(x)
    facts = [_lie_facts(turn(x), dtype, transposed=True)]
    yield Frame([lie_table(texts, shown), number_table(texts, shown)], facts=facts)


def show_bits(texts: Texts, numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Iterator[Frame]:
    """The first numbers in two bytes: float16 gives more of its bits to precision, bfloat16 to range."""
    rows: list[list[Words]] = []
    facts: list[dict[str, object]] = []
    for typed in (number.typed for number in numbers[:MOST_BITS]):
        for kind in TWO_BYTE_FLOATS:
            number = store(typed, KINDS[kind].load())
            sign, exponent, fraction = bits_of(number.value, KINDS[kind].load())
            bits = [(f"{sign} ", "quiet"), (f"{exponent} ", "strong"), (fraction, "")]
            rows.append([typed if kind == TWO_BYTE_FLOATS[0] else "", kind, bits, _stored(texts, number)])
            facts.append(_facts(number) | {"dtype": kind, "sign": sign, "exponent": exponent, "fraction": fraction})
    half, brain = (f"{torch.finfo(KINDS[kind].load()).max:.5g}" for kind in TWO_BYTE_FLOATS)
    columns = [texts("column.typed"), "dtype", texts("column.bits"), texts("column.stored")]
    ends = texts("ends", half=half, brain=brain)
    said = texts("said.first_bits", shown=MOST_BITS) if len(numbers) > MOST_BITS else ""
    yield Frame([Table(columns, rows), ends], said, facts=facts)


def refusal(numbers: Sequence[Number]) -> str:
    """Why PyTorch makes no tensor of these; empty where it does."""
    return next((number.reason for number in numbers if number.reason), "")


def value_table(texts: Texts, numbers: Sequence[Number], shape: Shape) -> Table:
    """Where each number lies in the tensor, what it is there, and how far off."""
    places = itertools.product(*map(range, torch.empty(len(numbers)).reshape(shape).shape))
    rows: list[list[Words]] = [
        [",".join(map(str, place)), number.typed, _stored(texts, number), _error(number)]
        for place, number in zip(places, numbers, strict=True)
    ]
    return Table([texts(f"column.{name}") for name in ("at", "typed", "stored", "error")], rows)


def lie_table(texts: Texts, tensors: dict[str, Tensor]) -> Table:
    """How tensors lie in memory: the first, and others that share it."""
    first = next(iter(tensors.values()))
    rows: list[list[Words]] = []
    for name, x in tensors.items():
        shares = x is not first and x.data_ptr() == first.data_ptr()
        cost = texts("cell.same") if shares else f"{x.numel()} × {x.element_size()} = {x.nbytes}"
        rows.append([name, str(tuple(x.shape)), str(x.stride()), cost])
    return Table([str(first.dtype), *(texts(f"column.{name}") for name in ("shape", "strides", "bytes"))], rows)


def number_table(texts: Texts, tensors: dict[str, Tensor]) -> Table:
    """The numbers of tensors, as they are written in code."""
    return Table(["", texts("column.numbers")], [[name, written(x.tolist())] for name, x in tensors.items()])


Nested = float | list["Nested"]


def written(values: "Nested") -> str:
    """A tensor's numbers, short: `[[1, 2], [3, 4]]`."""
    if isinstance(values, list):
        return f"[{', '.join(map(written, values))}]"
    return f"{values:.3g}" if isinstance(values, float) and abs(values) < 1e4 else short(values)


def nested(values: "Nested") -> object:
    """A tensor's numbers as JSON has them."""
    return [nested(value) for value in values] if isinstance(values, list) else plain(values)


def short(value: float) -> str:
    """A stored number in eight digits, a whole one in all of its own up to fifteen."""
    return str(value) if isinstance(value, int) and abs(value) < 10**15 else f"{value:.8g}"


def plain(value: float) -> float | str:
    """A number as JSON has it: inf and nan are words."""
    return value if math.isfinite(value) else str(value)


def _stored(texts: Texts, number: Number) -> Words:
    if number.stored is None:
        return [(texts("cell.refused"), "bad")]
    return number.shown if number.error is not None else [(number.shown, "bad")]


def _error(number: Number) -> Words:
    if number.error is None:
        return [("–", "bad")]
    return [("0", "good")] if number.error == 0 else f"{float(number.error):.3g}"


def _facts(number: Number) -> dict[str, object]:
    stored = None if number.stored is None else plain(number.stored)
    error = None if number.error is None else float(number.error)
    return {"typed": number.typed, "stored": stored, "error": error}


def _lie_facts(x: Tensor, dtype: torch.dtype, transposed: bool = False) -> dict[str, object]:
    lie = {"shape": list(x.shape), "strides": list(x.stride()), "bytes_each": x.element_size(), "bytes": x.nbytes}
    return {"dtype": str(dtype), "transposed": transposed, **lie, "numbers": nested(x.tolist())}
