"""What the checks ask of a learner's lines, and how values are written: runs in the learner's process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tui_trainer.escape import printable
from tui_trainer.lessons.exercises.exercise import Wrong

FEW, LONGEST = 6, 60  # numbers that are written one by one; characters of anything else


@dataclass(frozen=True)
class Result:
    """What a call of the learner's lines gave; call: how it is written, as code."""

    call: str
    value: Any

    def of_type(self, kind: type) -> Any:
        """The value, which must be of this type."""
        if not isinstance(self.value, kind):
            raise Wrong("type", call=self.call, got=shown(self.value), wanted=kind.__name__)
        return self.value

    def equals(self, wanted: Any) -> None:
        """See that it is as wanted: a tensor or an array of this shape and dtype, on this device, or a number."""
        if isinstance(wanted, (Tensor, np.ndarray)):
            self._like(self.of_type(type(wanted)), wanted)
        elif isinstance(wanted, tuple):
            self._pair(wanted)
        elif not isinstance(self.value, (int, float, Tensor)) or (
            isinstance(self.value, Tensor) and self.value.numel() != 1
        ):
            raise Wrong("type", call=self.call, got=shown(self.value), wanted=type(wanted).__name__)
        elif not close(float(self.value), wanted):
            raise Wrong("value", call=self.call, got=shown(self.value), wanted=shown(wanted))

    def _pair(self, wanted: tuple[Any, ...]) -> None:
        values = self.of_type(tuple)
        if len(values) != len(wanted):
            raise Wrong("length", call=self.call, got=len(values), wanted=len(wanted))
        for i, (value, right) in enumerate(zip(values, wanted, strict=True)):
            Result(f"{self.call}: [{i}]", value).equals(right)

    def _like(self, value: Any, wanted: Any) -> None:
        for key, of in (("shape", "shape"), ("dtype", "dtype"), ("device", "device")):
            got, right = getattr(value, of, None), getattr(wanted, of, None)
            if got != right:
                raise Wrong(key, call=self.call, got=_plain(got), wanted=_plain(right))
        if isinstance(value, Tensor) and value.is_meta:
            return  # it has no values
        got, right = np.asarray(_array(value)), np.asarray(_array(wanted))
        off = np.argwhere(~np.isclose(got, right, rtol=1e-4, atol=1e-6))
        if len(off) and right.size <= FEW:
            raise Wrong("value", call=self.call, got=shown(value), wanted=shown(wanted))
        if len(off):
            place = tuple(off[0].tolist())
            at = ", ".join(map(str, place))
            raise Wrong("place", call=self.call, at=at, got=shown(got[place]), wanted=shown(right[place]))


class Learner:
    """What the learner's lines have made, by name."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise Wrong("missing", name=name)
        return self._names[name]

    def call(self, code: str, function: str | Callable[..., Any], /, **arguments: Any) -> Result:
        """Call a function of the learner's, or what leads to one, written as this code and the arguments.

        What it raises carries the call as its note.
        """
        written = ", ".join([code, *map(_argument, arguments, arguments.values())])
        try:
            called = self[function] if isinstance(function, str) else function
            return Result(written, called(*arguments.values()))
        except Wrong:
            raise
        except Exception as error:
            error.add_note(written)
            raise


def close(got: float, wanted: float) -> bool:
    """Whether a number is the wanted one, but for rounding."""
    return bool(np.isclose(got, wanted, rtol=1e-4, atol=1e-6))


def shown(value: Any) -> str:
    """A value in few characters: a number with its digits that matter, a small tensor with its numbers."""
    if isinstance(value, (bool, np.bool_)) or value is None:
        return str(value)
    if isinstance(value, (int, np.integer)):
        return str(value)
    if isinstance(value, (float, np.floating)):
        return str(float(f"{value:.5g}"))
    if isinstance(value, (Tensor, np.ndarray)):
        size = value.numel() if isinstance(value, Tensor) else value.size
        if size > FEW or (isinstance(value, Tensor) and value.is_meta):
            return f"{type(value).__name__} {tuple(value.shape)}"
        return _numbers(_array(value).tolist())
    text = printable(repr(value))
    return text if len(text) <= LONGEST else type(value).__name__


def _argument(name: str, value: Any) -> str:
    """An argument as code: its values where they are few, else its shape."""
    if isinstance(value, (Tensor, np.ndarray)) and shown(value).startswith(type(value).__name__):
        return f"{name}.shape = {tuple(value.shape)}"
    return f"{name} = {shown(value)}"


def _numbers(values: Any) -> str:
    return f"[{', '.join(map(_numbers, values))}]" if isinstance(values, list) else shown(values)


def _array(value: Any) -> Any:
    return value.detach().cpu().float().numpy() if isinstance(value, Tensor) else value


def _plain(value: object) -> str:
    return str(tuple(value)) if isinstance(value, torch.Size) else str(value)
