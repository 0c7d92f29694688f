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

from tui_trainer.catalog import Catalog, Choice
from tui_trainer.lessons.frame import Frame, Part, Table, Words

KINDS: Catalog = {
    "float16": Choice("torch:float16", "2 bytes, 3 digits, up to 65504"),
    "bfloat16": Choice("torch:bfloat16", "2 bytes, 2 to 3 digits, as far as float32"),
    "float32": Choice("torch:float32", "4 bytes, 7 digits, the usual"),
    "float64": Choice("torch:float64", "8 bytes, 16 digits"),
    "int8": Choice("torch:int8", "1 byte, whole numbers from -128 to 127"),
    "int16": Choice("torch:int16", "2 bytes, whole numbers up to 32767"),
    "int32": Choice("torch:int32", "4 bytes, whole numbers up to 2147483647"),
    "int64": Choice("torch:int64", "8 bytes, whole numbers of 18 digits"),
}

MOST_DIGITS = 40  # of a number that is typed
TWO_BYTE_FLOATS = ("float16", "bfloat16")

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


def show_values(numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Iterator[Frame]:
    """Each number as stored; then the transpose; then what the article calls float16."""
    table = value_table(numbers, shape)
    facts = [_facts(number) for number in numbers]
    if refused := refusal(numbers):
        yield Frame([table, [(refused, "bad")]], facts=[*facts, {"dtype": str(dtype), "error": refused}])
        return
    x = make([number.value for number in numbers], dtype, shape)
    parts: list[Part] = [lie_table({"x": x}), table]
    yield Frame(list(parts), facts=[*facts, _lie_facts(x, dtype)])
    parts[0] = lie_table({"x": x, "transposed": turn(x)})
    yield Frame(list(parts), facts=[_lie_facts(turn(x), dtype, transposed=True)])
    try:
        dtype_called("Float16")
    except AttributeError as error:
        said = f"AttributeError: {error}"
    else:
        said = "torch.Float16 is there"
    right = dtype_called("float16")
    parts.append([("torch.Float16  ", "strong"), (f"{said}. ", "bad"), (f"Its name is {right}.", "good")])
    yield Frame(parts, facts=[{"tried": "torch.Float16", "error": said}])


def show_bits(numbers: Sequence[Number], dtype: torch.dtype, shape: Shape) -> Iterator[Frame]:
    """Each number in two bytes: float16 gives more of its bits to precision, bfloat16 to range."""
    rows: list[list[Words]] = []
    facts: list[dict[str, object]] = []
    ends = [f"{kind} ends at {torch.finfo(KINDS[kind].load()).max:.5g}" for kind in TWO_BYTE_FLOATS]
    for typed in (number.typed for number in numbers):
        for kind in TWO_BYTE_FLOATS:
            number = store(typed, KINDS[kind].load())
            sign, exponent, fraction = bits_of(number.value, KINDS[kind].load())
            bits = [(f"{sign} ", "quiet"), (f"{exponent} ", "strong"), (fraction, "")]
            rows.append([typed if kind == TWO_BYTE_FLOATS[0] else "", kind, bits, _stored(number)])
            facts.append(_facts(number) | {"dtype": kind, "sign": sign, "exponent": exponent, "fraction": fraction})
    title = [("bits: sign ", "quiet"), ("exponent", "strong"), (" fraction", "")]
    yield Frame([Table(["typed", "dtype", "bits", "stored"], rows, title), ", ".join(ends)], facts=facts)


def refusal(numbers: Sequence[Number]) -> str:
    """Why PyTorch makes no tensor of these; empty where it does."""
    return next((number.reason for number in numbers if number.reason), "")


def value_table(numbers: Sequence[Number], shape: Shape) -> Table:
    """Where each number lies in the tensor, what it is there, and how far off."""
    places = itertools.product(*map(range, torch.empty(len(numbers)).reshape(shape).shape))
    rows: list[list[Words]] = [
        [",".join(map(str, place)), number.typed, _stored(number), _error(number)]
        for place, number in zip(places, numbers, strict=True)
    ]
    return Table(["at", "typed", "stored", "stored − typed"], rows)


def lie_table(tensors: dict[str, Tensor]) -> Table:
    """How tensors lie in memory: the first, and others that share it."""
    first = next(iter(tensors.values()))
    rows: list[list[Words]] = []
    for name, x in tensors.items():
        shares = x is not first and x.data_ptr() == first.data_ptr()
        cost = "the same" if shares else f"{x.numel()} × {x.element_size()} = {x.nbytes}"
        rows.append([name, str(tuple(x.shape)), str(x.stride()), cost])
    return Table([str(first.dtype), "shape", "strides", "bytes"], rows)


def short(value: float) -> str:
    """A stored number in eight digits, a whole one in all of its own up to fifteen."""
    return str(value) if isinstance(value, int) and abs(value) < 10**15 else f"{value:.8g}"


def plain(value: float) -> float | str:
    """A number as JSON has it: inf and nan are words."""
    return value if math.isfinite(value) else str(value)


def _stored(number: Number) -> Words:
    if number.stored is None:
        return [("refused", "bad")]
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
    return {"dtype": str(dtype), "transposed": transposed, **lie}
