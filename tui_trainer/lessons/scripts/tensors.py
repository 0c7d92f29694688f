"""Numbers in a shape and a dtype, and dimensions with names, in plain PyTorch."""

import json
from collections.abc import Sequence

VALUES = """\
import math
from fractions import Fraction

import torch

typed = {typed}
numbers = {numbers}
x = torch.tensor(numbers, dtype={dtype}).reshape({shape})
for text, stored in zip(typed, x.flatten().tolist()):
    print(text, stored, float(Fraction(stored) - Fraction(text)) if math.isfinite(stored) else None)
turned = x.transpose(0, -1)
for tensor in (x, turned):
    print(tensor.dtype, list(tensor.shape), tensor.stride(), tensor.element_size(), tensor.nbytes)
try:
    print(torch.Float16)
except AttributeError as error:
    print("AttributeError:", error)
"""

BITS = """\
import math
from fractions import Fraction

import torch

typed = {typed}
numbers = {numbers}
for text, number in zip(typed, numbers):
    for dtype, fraction in ((torch.float16, 10), (torch.bfloat16, 7)):
        x = torch.tensor(number, dtype=dtype)
        bits = f"{{x.view(torch.uint16).item():016b}}"
        error = float(Fraction(x.item()) - Fraction(text)) if math.isfinite(x.item()) else None
        print(text, dtype, bits[0], bits[1:-fraction], bits[-fraction:], x.item(), error)
"""

NAMES = """\
import torch
from functorch.dim import Dim

numbers = {numbers}
x = torch.tensor(numbers, dtype={dtype}).reshape({shape})
x = x.reshape(-1, x.shape[-1])
row, col, page = Dim("row"), Dim("col"), Dim("page")
t = x[row, col]
print("t.sum(row)", t.sum(row).order(col).tolist())
print("t.sum(col)", t.sum(col).order(row).tolist())
print("order(col, row)", t.order(col, row).tolist())
print("t + t.sum(col)", (t + t.sum(col)).order(row, col).tolist())
try:
    t.sum(page)
except (TypeError, ValueError, RuntimeError) as error:
    print("t.sum(page)", f"{{type(error).__name__}}: {{error}}")
"""

REFUSED = """\
import torch

numbers = {numbers}
for number in numbers:
    try:
        print(number, torch.tensor([number], dtype={dtype}).item())
    except (RuntimeError, ValueError) as error:
        print(number, f"{{type(error).__name__}}: {{error}}")
"""

VIEWS = {"values": VALUES, "bits": BITS, "names": NAMES}


def script(
    typed: Sequence[str], numbers: Sequence[float], dtype: str, shape: Sequence[int], view: str, refused: bool
) -> str:
    """It prints each number as it is stored, with its error, and how they lie; or its bits; or sums by name.

    refused: whether PyTorch makes no tensor of these numbers; its reason is printed then.
    """
    template = REFUSED if refused and view != "bits" else VIEWS[view]
    return template.format(typed=json.dumps(typed), numbers=[*numbers], dtype=dtype, shape=", ".join(map(str, shape)))
