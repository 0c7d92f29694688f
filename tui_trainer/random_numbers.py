"""Random numbers of one's own: the same alone, beside other runs, and beside a lesson that makes nets meanwhile."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

_whole_process = threading.RLock()  # own code that loads data may draw for itself


class RandomNumbers:
    """What `torch.manual_seed(seed)` starts, kept apart for one run: initial weights, then dropout and its like.

    `nn.Linear` and `nn.Dropout` draw from PyTorch's default generators, which the whole process
    shares. So these are lent to one run at a time, and are afterwards as they were.
    https://docs.pytorch.org/docs/stable/notes/randomness.html
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.state = torch.Generator().manual_seed(seed).get_state()  # uint8
        self.cuda_state: torch.Tensor | None = None
        self.moved = False  # whether anything was drawn in the last block

    @contextmanager
    def drawn(self, device: torch.device | None = None) -> Iterator[None]:
        """Draw this run's numbers inside of this block, on the CPU and on its device; one block at a time."""
        cuda = [device] if device and device.type == "cuda" else []
        with _whole_process, torch.random.fork_rng(cuda):
            torch.set_rng_state(self.state)
            for gpu in cuda:
                if self.cuda_state is None:
                    torch.cuda.manual_seed(self._seed)
                    self.cuda_state = torch.cuda.get_rng_state(gpu)
                torch.cuda.set_rng_state(self.cuda_state, gpu)
            before = self.state
            try:
                yield
            finally:
                self.state = torch.get_rng_state()
                self.moved = not torch.equal(before, self.state)
                for gpu in cuda:
                    assert self.cuda_state is not None
                    before, self.cuda_state = self.cuda_state, torch.cuda.get_rng_state(gpu)
                    self.moved |= not torch.equal(before, self.cuda_state)


class Drawn:
    """Random numbers of the whole process, of torch, numpy and Python, as a loader draws them: kept apart for one."""

    def __init__(self, seed: int) -> None:
        self._torch = RandomNumbers(seed)
        self._numpy = np.random.RandomState(seed % 2**32).get_state()
        self._python = random.Random(seed).getstate()  # noqa: S311

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """What is drawn inside of this block goes on from the block before."""
        before = np.random.get_state(), random.getstate()
        with self._torch.drawn():
            np.random.set_state(self._numpy)
            random.setstate(self._python)
            try:
                yield
            finally:
                self._numpy, self._python = np.random.get_state(), random.getstate()
                np.random.set_state(before[0])
                random.setstate(before[1])
