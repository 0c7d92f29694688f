"""Which line of a person's own file made a layer."""

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from weakref import WeakKeyDictionary

import torch
from torch import nn
from torch.nn.modules.module import register_module_module_registration_hook

import tui_trainer

_places: WeakKeyDictionary[nn.Module, str] = WeakKeyDictionary()
_TORCH, _OURS = (f"{Path(package.__file__ or '').parent}{os.sep}" for package in (torch, tui_trainer))


def made_at(module: nn.Module) -> str:
    """`net.py:12`, or nothing where it isn't known."""
    return _places.get(module, "")


@contextmanager
def noting_lines() -> Iterator[None]:
    """Note for each layer that is put into a net meanwhile, which line did so."""
    hook = register_module_module_registration_hook(_note)
    try:
        yield
    finally:
        hook.remove()


def _note(net: nn.Module, name: str, layer: nn.Module | None) -> None:
    here = inspect.currentframe()
    frame: FrameType | None = here.f_back if here else None
    while frame is not None and frame.f_code.co_filename.startswith(_TORCH):  # as where a list of layers is made a net
        frame = frame.f_back
    if layer is not None and layer not in _places and frame and not frame.f_code.co_filename.startswith(_OURS):
        _places[layer] = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
