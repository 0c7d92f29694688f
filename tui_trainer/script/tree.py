"""State dicts as JSON and named tensors, and back: what PyTorch keeps of a model or an optimizer, without pickle."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

PLAIN = (bool, int, float, str, type(None))


def take_apart(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The value in JSON; its tensors are put beside, copied to the CPU, under names that begin like this.

    Raises TypeError for what is neither a tensor nor plain.
    """
    if isinstance(value, Tensor):
        tensors[name] = copied(value)
        return {"tensor": name}
    if isinstance(value, Mapping):
        # Pairs, as keys may be numbers.
        pairs = [[key, take_apart(each, f"{name}.{key}", tensors)] for key, each in value.items()]
        return {"dict": pairs}
    if isinstance(value, list | tuple):
        items = [take_apart(each, f"{name}.{place}", tensors) for place, each in enumerate(value)]
        return {"tuple" if isinstance(value, tuple) else "list": items}
    if not isinstance(value, PLAIN):
        raise TypeError(f"{name}: a {type(value).__name__} can't be kept")
    if isinstance(value, float) and not abs(value) < float("inf"):
        return {"float": str(value)}
    # Of a subclass, as numpy's numbers are, JSON knows nothing.
    return next((kind(value) for kind in (bool, int, float, str) if isinstance(value, kind)), value)


def put_together(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """What was taken apart. Raises KeyError, TypeError, ValueError for what never was."""
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    match kind:
        case "tensor":
            return tensors[inner]
        case "dict":
            return {key: put_together(each, tensors) for key, each in inner}
        case "list":
            return [put_together(each, tensors) for each in inner]
        case "tuple":
            return tuple(put_together(each, tensors) for each in inner)
        case "float":
            return float(inner)
    raise ValueError(f"there is no {kind!r}")


def copied(value: Tensor) -> Tensor:
    """A tensor's numbers on the CPU, in memory of their own; of one that is spread over processes, all of them."""
    value = value.detach()
    if hasattr(value, "full_tensor"):  # every process must come by here
        value = value.full_tensor()
    return value.to("cpu", copy=True, memory_format=torch.contiguous_format)
