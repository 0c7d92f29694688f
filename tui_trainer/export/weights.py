"""A run's weights, named as in the model's state_dict: `0.weight`, of shape (outputs, inputs)."""

import io

import torch
from safetensors.torch import save
from torch import Tensor

from tui_trainer.engine.state import weights
from tui_trainer.experiment import InputError
from tui_trainer.runs.recall import last_state
from tui_trainer.runs.shelf import KeptRun


def safetensors(run: KeptRun) -> bytes:
    """For `safetensors.torch.load_file`. Raises InputError where there is no checkpoint."""
    return save(_weights(run))


def pt(run: KeptRun) -> bytes:
    """For `torch.load(file, weights_only=True)`. Raises InputError where there is no checkpoint."""
    file = io.BytesIO()
    torch.save(_weights(run), file)
    return file.getvalue()


def _weights(run: KeptRun) -> dict[str, Tensor]:
    state = last_state(run.folder)
    if state is None:
        raise InputError(f"{run.id}: it has no checkpoint yet that can be used, so there are no weights to export")
    return weights(state)
