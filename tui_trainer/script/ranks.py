"""A script that several processes run (torchrun): the first has the run, and what is asked of it reaches all alike.

All look at the same step. When, the first says each time: after about as many steps as it takes between two looks.
"""

import os
import time
from collections.abc import Sequence

import torch
import torch.distributed as dist

from tui_trainer.engine.launched import number
from tui_trainer.engine.requests import Request, from_line, to_line

MOST_STEPS = 1000  # between two looks


class Ranks:
    """The processes of a script, from one's view. Made in all of them at once."""

    def __init__(self) -> None:
        # On the CPU, and apart from what the script itself sends.
        self._group = dist.new_group(backend="gloo")
        self.first = dist.get_rank() == 0
        self.next_look = 1  # the step before which all look
        self._looked, self._step, self._apart = time.perf_counter(), 1, 1

    def exchange(self, requests: Sequence[Request], step: int, seconds: float) -> list[Request]:
        """What is asked, from the first to all. Called by all before this step; the next time in some seconds."""
        content = b"".join(map(to_line, requests))
        now = time.perf_counter()
        # No more than twice as many steps as before: the first ones are slow, as a rule.
        taken = max(step - self._step, 1)
        within = int(taken * seconds / max(now - self._looked, 1e-6))
        apart = max(1, min(within, 2 * self._apart, MOST_STEPS))
        sizes = torch.tensor([len(content), apart], dtype=torch.int64)
        dist.broadcast(sizes, 0, self._group)
        size, self._apart = sizes.tolist()
        self.next_look = step + self._apart
        self._looked, self._step = now, step
        if not size:
            return []
        sent = torch.empty(size, dtype=torch.uint8)
        if self.first:
            sent = torch.tensor(list(content), dtype=torch.uint8)
        dist.broadcast(sent, 0, self._group)
        return [from_line(line) for line in bytes(sent.tolist()).splitlines()]


def ranks_here() -> Ranks | None:
    """The processes that PyTorch has joined; None where this is the only one."""
    several = dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
    return Ranks() if several else None


def not_joined() -> int | None:
    """The rank of a process that torchrun started and that has not joined the others yet; None for all else."""
    several = number(os.environ, "WORLD_SIZE") > 1 and dist.is_available() and not dist.is_initialized()
    return number(os.environ, "RANK") if several else None
