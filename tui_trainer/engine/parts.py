"""Tensors of which each process has a part, as `shards` makes them; any other is the whole already.

What is computed of such a tensor may be a part too, and reading that as a number gives this process's alone: so it is
made whole before. All processes have to do so, at the same moment.
"""

import torch
from torch import Tensor


def whole(tensor: Tensor) -> Tensor:
    """The whole of a tensor, in every process."""
    # A DTensor: importing these takes longer than all the rest of the engine.
    full: Tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return full


def whole_in_first(tensor: Tensor) -> Tensor:
    """The whole of a tensor in the process of rank 0; the others, which take part in it, get an empty one."""
    full = whole(tensor)
    return full if full is tensor or torch.distributed.get_rank() == 0 else full.new_empty(0)
