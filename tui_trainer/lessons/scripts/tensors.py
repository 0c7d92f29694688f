"""Numbers in a shape and a dtype, and dimensions with names, in plain PyTorch."""

from collections.abc import Sequence

VALUES = """\
import math
from fractions import Fraction

import torch

typed = {typed}
x = torch.tensor({numbers}, dtype={dtype}).reshape({shape})
for text, stored in zip(typed, x.flatten().tolist()):
    error = float(Fraction(stored) - Fraction(text)) if math.isfinite(stored) else None
    print(text, stored, error)
print(tuple(x.shape), x.stride(), x.nbytes, "bytes")
print(tuple(x.transpose(0, -1).shape), x.transpose(0, -1).stride(), "the same memory")
print(torch.{called})
"""

NAMES = """\
import torch
from functorch.dim import Dim

x = torch.tensor({numbers}, dtype={dtype}).reshape({shape})
x = x.reshape(-1, x.shape[-1])
row, col = Dim("row"), Dim("col")
t = x[row, col]
print("t.sum(row)", t.sum(row).order(col).tolist())
print("t.sum(col)", t.sum(col).order(row).tolist())
print("order(col, row)", t.order(col, row).tolist())
print("t + t.sum(col)", (t + t.sum(col)).order(row, col).tolist())
"""


def script(typed: Sequence[str], numbers: Sequence[float], dtype: str, shape: Sequence[int], names: bool) -> str:
    """It prints each number as it is stored, with its error, and how they lie; or sums by the names of dimensions."""
    template = NAMES if names else VALUES
    return template.format(
        typed=list(typed), numbers=list(numbers), dtype=dtype, shape=", ".join(map(str, shape)), called="float16"
    )
