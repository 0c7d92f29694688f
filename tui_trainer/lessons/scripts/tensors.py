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
try:
    print(torch.Float16)
except AttributeError as error:
    print("AttributeError:", error)
"""

SHAPE = """\
import torch

numbers = {numbers}
x = torch.tensor(numbers, dtype={dtype}).reshape({shape})
turned = x.transpose(0, -1)
for tensor in (x, turned):
    print(tensor.dtype, list(tensor.shape), tensor.stride(), tensor.element_size(), tensor.nbytes)
    print(tensor.tolist())
print("the same memory:", x.data_ptr() == turned.data_ptr())
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
row, col = Dim("row"), Dim("col")
t = x[row, col]
print("t.sum(row)", t.sum(row).order(col).tolist())
print("t.sum(col)", t.sum(col).order(row).tolist())
print("order(col, row)", t.order(col, row).tolist())
print("t + t.sum(col)", (t + t.sum(col)).order(row, col).tolist())
"""

MISMATCH = """\
import torch
from functorch.dim import Dim

numbers = {numbers}
x = torch.tensor(numbers, dtype={dtype}).reshape({shape})
x = x.reshape(-1, x.shape[-1])
try:
    row, col, page = Dim("row"), Dim("col"), Dim("page")
    t = x[row, col]
    print("t.sum(page)", t.sum(page))
except ValueError as error:
    print("t.sum(page)", f"ValueError: {{error}}")
try:
    row, col = Dim("row"), Dim("col")
    t = x[row, col]
    w = torch.ones(len(x) + 1)
    print("t * w[row]", (t * w[row]).order(row, col).tolist())
except RuntimeError as error:
    print("t * w[row]", f"RuntimeError: {{error}}")
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

VIEWS = {"values": VALUES, "shape": SHAPE, "bits": BITS, "names": NAMES, "mismatch": MISMATCH}


def script(
    typed: Sequence[str], numbers: Sequence[float], dtype: str, shape: Sequence[int], view: str, refused: bool
) -> str:
    """It prints each number as it is stored, with its error; or how they lie; or their bits; or sums by name.

    refused: whether PyTorch makes no tensor of these numbers; its reason is printed then.
    """
    template = REFUSED if refused and view != "bits" else VIEWS[view]
    return template.format(typed=json.dumps(typed), numbers=[*numbers], dtype=dtype, shape=", ".join(map(str, shape)))
