"""Batches that a person's own loader gives, in the place of samples that lie in memory.

Each epoch draws a seed from the run's own random numbers, and the loader draws all of its own from there: its order,
what it changes at random, its workers' seeds. So a run goes on amid an epoch by going through it again up to there.
"""

import itertools
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tui_trainer.engine.losses import Array, Losses
from tui_trainer.engine.own_step import samples_of
from tui_trainer.engine.sampler import Steps
from tui_trainer.own_module import RAISED, error_line, is_own_file
from tui_trainer.random_numbers import Drawn
from tui_trainer.sentence import InputError

CALL_SECONDS = 0.1  # after which a call that waits for batches holds no more of them
END = object()


@dataclass(frozen=True)
class LoadedSteps(Steps):
    """Some steps of a run, with their batches as the loader gave them."""

    loaded: tuple[Any, ...] = ()

    def batches(self) -> Iterator[Any]:
        return iter(self.loaded)

    def first(self, steps: int) -> "LoadedSteps":
        return LoadedSteps(self.samples, self.sizes[:steps], self.rates[:steps], self.loaded[:steps])

    @classmethod
    def joined(cls, pieces: Sequence[Any]) -> "LoadedSteps":
        sizes, rates = (torch.cat(part) for part in zip(*((each.sizes, each.rates) for each in pieces), strict=True))
        return cls(pieces[0].samples, sizes, rates, tuple(itertools.chain.from_iterable(p.loaded for p in pieces)))


_begin_workers = False


@contextmanager
def workers_apart() -> Iterator[None]:
    """What is forked inside of this block gets a process group of its own: a signal that a terminal or a scheduler
    sends to the whole group ends the run in order, and not its workers under it.
    """
    global _begin_workers
    _begin_workers = True
    try:
        yield
    finally:
        _begin_workers = False


def _go_apart() -> None:
    if _begin_workers:
        with suppress(OSError):
            os.setpgid(0, 0)


os.register_at_fork(after_in_child=_go_apart)


class LoaderSampler:
    """Hands out a run's steps as `Sampler` does, epoch after epoch, with the batches that a loader gives."""

    def __init__(self, loader: Any, name: str, seed: int, per_epoch: int = 0, usual: int = 1) -> None:
        """loader: gives an epoch's batches each time that it is gone through; name: what messages call it; per_epoch:
        how many these are, 0 where only going through them tells; usual: the samples of one, as far as that is known.
        """
        self._loader, self._name, self._known, self._usual = loader, name, per_epoch, usual
        self._generator = torch.Generator().manual_seed(seed)
        self._seed: int | None = None  # of the epoch that was begun
        self._iterator: Iterator[Any] | None = None
        self._ahead: Any = END  # the next batch, which shows in time that there is one
        self.place = 0
        self.alone = True  # else other processes take as many steps, whatever this one's clock says
        self.of_all: Callable[[list[int]], list[int]] = list  # such samples of batches, of all processes together
        self.taken: list[int] = []  # the samples of each batch of the epoch under way, or of the last one

    @property
    def per_epoch(self) -> int:
        """The steps of an epoch; where that is not known yet, more than there were by now."""
        return self._known if self._known > self.place else self.place + 1

    @property
    def batch(self) -> int:
        """The samples of a usual step."""
        return max(self.taken, default=self._usual)

    @property
    def sizes(self) -> Tensor:
        """The batches of an epoch, as far as they are known, int64 of shape (steps,)."""
        return torch.tensor(self.taken or [1])

    @property
    def left(self) -> int:
        """The steps to the end of the epoch that was begun, of a whole one where none was."""
        return self.per_epoch - self.place

    @property
    def epoch(self) -> Tensor:
        """The seed of the epoch that was begun, int64 of shape (1,), or of none (0,)."""
        return torch.tensor([self._seed] if self.place and self._seed is not None else [], dtype=torch.int64)

    @property
    def random_state(self) -> Tensor:
        """The state of the random generator, uint8."""
        return self._generator.get_state()

    def go_to(self, place: int, epoch: Tensor, random_state: Tensor) -> None:
        """Go on at a step of an epoch, as a sampler with these `place`, `epoch` and `random_state` would."""
        self.place, self._seed = place, int(epoch[0]) if place else None
        self._generator.set_state(random_state)
        self._iterator = None

    def take(self, limit: int, rates: Callable[[int], Tensor]) -> LoadedSteps:
        """The next steps, at most `limit` of them and at least one, to the end of an epoch."""
        loaded, until = [self._next()], time.perf_counter() + CALL_SECONDS
        while self.place and len(loaded) < limit and not (self.alone and time.perf_counter() > until):
            if self.alone and isinstance(self._ahead, RAISED):  # those before it are taken yet
                break
            loaded.append(self._next())
        sizes = torch.tensor(self.taken[-len(loaded) :])
        return LoadedSteps(torch.empty(0, dtype=torch.int64), sizes, rates(len(loaded)), tuple(loaded))

    def _next(self) -> Any:
        """The next batch; `place` is 0 after the last one of an epoch."""
        if self._iterator is None:
            self._begin()
        if isinstance(self._ahead, RAISED):
            raise InputError(f"{self._name}: {_line_of(self._ahead)}; it is batch {self.place + 1}") from self._ahead
        batch, self._ahead = self._ahead, self._fetch()
        self.taken.append(samples_of(batch))
        self.place += 1
        if self._ahead is END:
            self._known, self.place, self._iterator, self._seed = self.place, 0, None, None
        return batch

    def _begin(self) -> None:
        """Begin an epoch, or the one again that was begun, up to its place."""
        if self._seed is None:
            self._seed = int(torch.randint(2**62, (1,), generator=self._generator))
        self._drawn, self.taken = Drawn(self._seed), []
        for each in (self._loader, getattr(self._loader, "sampler", None)):
            if isinstance(generator := getattr(each, "generator", None), torch.Generator):
                generator.manual_seed(self._seed)
        self._ahead = END
        with self._drawn(), workers_apart():
            try:
                self._iterator = iter(self._loader)
            except RAISED as error:
                raise InputError(f"{self._name}: {_line_of(error)}") from error
        for _ in range(self.place):
            self.taken.append(samples_of(self._fetch()))
        self._ahead = self._fetch()
        if self._ahead is END:
            what = "no batch" if not self.place else f"only {self.place:,} batches where there were more"
            raise InputError(f"{self._name}: its loader gives {what}")

    def _fetch(self) -> Any:
        """The next batch, END, or what was raised in its place."""
        assert self._iterator is not None
        with self._drawn():
            try:
                return next(self._iterator, END)
            except RAISED as error:
                return error


class LoadedLosses(Losses):
    """The losses of steps whose sizes are known once they are taken."""

    def __init__(self, sampler: LoaderSampler) -> None:
        super().__init__(sampler.sizes)
        self._sampler = sampler

    def add(self, losses: Tensor) -> Array:
        """As of `Losses`; the steps were just handed out, and end an epoch where the sampler is at the next one."""
        if self._ends:
            self._sizes = np.array(self._sampler.of_all(self._sampler.taken), dtype=np.float64)
        return super().add(losses)

    @property
    def _ends(self) -> bool:
        return self._sampler.place == 0


_LINE = re.compile(r'File "([^"\n]+)", line (\d+)')


def _line_of(error: BaseException) -> str:
    """An exception of a loader in a line; of one in a worker, which says in a text where it was raised."""
    text = str(error)
    if "Original Traceback" not in text:
        return error_line(error)
    own = [f"{path.rpartition('/')[2]}, line {line}: " for path, line in _LINE.findall(text) if is_own_file(path)]
    return (own[-1] if own else "") + text.strip().splitlines()[-1]
