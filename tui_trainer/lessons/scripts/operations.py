"""What is done to two tensors, and to an array and the tensors made of it, in plain PyTorch."""

from collections.abc import Sequence

NUMPY = """\
import numpy as np
import torch

array = np.array([1.0, 2.0, 3.0])
shared = torch.from_numpy(array)  # the same memory
copied = torch.tensor(array)  # memory of its own
print(array.tolist(), shared.tolist(), copied.tolist())
array[0] = 10
print("array[0] = 10", array.tolist(), shared.tolist(), copied.tolist())
shared[2] = -7
print("shared[2] = -7", array.tolist(), shared.tolist(), copied.tolist())
copied[1] = 0.5
print("copied[1] = 0.5", array.tolist(), shared.tolist(), copied.tolist())
"""

PAIRS = """\
from math import prod

import numpy as np
import torch

shape = {a}
x = np.arange(1.0, prod(shape) + 1, dtype=np.float32).reshape(shape)
arrays = {{
{arrays}
}}
x = torch.from_numpy(x)
tensors = {{
{tensors}
}}
for (in_numpy, array), (in_torch, tensor) in zip(arrays.items(), tensors.items()):
    print(in_numpy, in_torch, np.allclose(array, tensor.numpy()))
"""

EXPRESSIONS = """\
from math import prod

import torch

a_shape, b_shape = {a}, {b}
a = torch.arange(1.0, prod(a_shape) + 1).reshape(a_shape)
b = 10 * torch.arange(1.0, prod(b_shape) + 1).reshape(b_shape)
expressions = {{
{expressions}
}}
for text, run in expressions.items():
    try:
        x = run()
        print(text, list(x.shape), x.tolist())
    except (RuntimeError, IndexError) as error:
        print(text, f"{{type(error).__name__}}: {{error}}")
"""


def script(
    view: str, a: Sequence[int], b: Sequence[int], expressions: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> str:
    """It prints what each expression of the page gives, or PyTorch's error; or the array and its tensors, changed.

    pairs: the same in NumPy and in PyTorch; it prints whether both give the same.
    """
    if view == "numpy":
        return NUMPY
    if view == "pairs":
        arrays, tensors = ("\n".join(f'    "{text}": {text},' for text in texts) for texts in zip(*pairs, strict=True))
        return PAIRS.format(a=tuple(a), arrays=arrays, tensors=tensors)
    lines = "\n".join(f'    "{text}": lambda: {text},' for text in expressions)
    return EXPRESSIONS.format(a=tuple(a), b=tuple(b), expressions=lines)
