"""The processes that train together, each on its share of every batch: https://docs.pytorch.org/tutorials/beginner/ddp_series_intro.html.

All of them draw the same order of samples. A batch is so many samples for each process, and each takes a part of it;
`DistributedDataParallel` means the gradients, so that all take the same step. What one of them is asked, and what its
clock says, they tell each other between two calls: all pause, change and stop before the same step, and all make calls
of the same length. The first one, of rank 0, evaluates, shows and writes; the others are silent.
"""

import contextlib
import itertools
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from functools import cached_property
from typing import Any

import msgspec
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, IterableDataset

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.launched import Launched, process, take_names
from tui_trainer.engine.own_step import OwnStep
from tui_trainer.engine.requests import Request, Stop, from_line, to_line
from tui_trainer.engine.step import Loss, TrainingStep
from tui_trainer.engine.tally import Tally
from tui_trainer.engine.world import World
from tui_trainer.experiment import Experiment
from tui_trainer.sentence import InputError
from tui_trainer.tasks.task import Task

LISTEN_SECONDS = 0.1  # how often those who wait ask each other whether something has come in
WORDS_SECONDS = 2.0  # how long the first one waits for the others' last words
MODES = ("auto", "eager")
BACKEND = re.compile("gloo|NCCL")  # whose errors tell that another process could not be reached
WITH_ANOTHER = "another run failed, and with it all that these processes train"


class Ranks(World):
    """This process among those that were started together."""

    def __init__(self, place: Launched) -> None:
        """Wait for all the others. Raises InputError where they can't be reached."""
        take_names()
        self.rank, self.size = place.rank, place.size
        self.local_rank, self.local_size = place.local_rank, place.local_size
        self._failed = False  # and with that no longer at the same step as the others
        # torchrun's store outlives the processes: after a restart, what stands there of those before is not for us.
        store = PrefixStore(f"tui-trainer {place.restarts}", next(rendezvous("env://"))[0])
        cuda = torch.cuda.is_available() and dist.is_nccl_available()
        backend = "cpu:gloo,cuda:nccl" if cuda else "gloo"
        if cuda:
            torch.cuda.set_device(self.local_rank % torch.cuda.device_count())
        dist.init_process_group(backend, store=PrefixStore("all", store), rank=self.rank, world_size=self.size)
        self._words = PrefixStore("words", store)

    def exchange(self, mine: bytes) -> list[bytes]:
        lengths = self._gathered(torch.tensor([len(mine)]))
        longest = int(max(lengths))
        if not longest:
            return [b""] * self.size
        padded = torch.frombuffer(bytearray(mine.ljust(longest, b"\0")), dtype=torch.uint8)
        received = self._gathered(padded)
        return [bytes(each[: int(length)].numpy()) for each, length in zip(received, lengths, strict=True)]

    def together(self) -> None:
        """Raise where a run has failed: what all processes have to do, they do no more."""
        if self._failed:
            raise RuntimeError(WITH_ANOTHER)

    def _gathered(self, mine: Tensor) -> list[Tensor]:
        self.together()
        received = [torch.empty_like(mine) for _ in range(self.size)]
        dist.all_gather(received, mine)
        return received

    def agree(self, value: float) -> float:
        self.together()
        shared = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(shared, 0)
        return shared.item()

    def mean(self, losses: Tensor) -> Tensor:
        self.together()
        losses = losses.clone()
        dist.all_reduce(losses)
        return losses / self.size

    def control(self) -> RunControl:
        return SharedControl(self)

    def shared(self, step: TrainingStep, split: bool, own: bool) -> TrainingStep:
        return SharedStep(step, self, split, own)

    def loader(self, loader: Any, name: str) -> Any:
        with_index = isinstance(loader, DataLoader) and not isinstance(loader.dataset, IterableDataset)
        if not with_index or loader.batch_sampler is None:
            raise InputError(f"{name} can't be shared by {self.size} processes; give a data set with an index")
        if isinstance(loader.sampler, DistributedSampler):
            return loader
        return DataLoader(
            loader.dataset,
            batch_sampler=Shares(loader.batch_sampler, self.rank, self.size),
            num_workers=loader.num_workers,
            collate_fn=loader.collate_fn,
            pin_memory=loader.pin_memory,
            timeout=loader.timeout,
            worker_init_fn=loader.worker_init_fn,
            multiprocessing_context=loader.multiprocessing_context,
            generator=loader.generator,
            prefetch_factor=loader.prefetch_factor,
            persistent_workers=loader.persistent_workers,
        )

    def merge(self, tally: Tally) -> None:
        received = [msgspec.msgpack.decode(sums) for sums in self.exchange(msgspec.msgpack.encode(tally.sums))]
        names = dict.fromkeys(itertools.chain.from_iterable(received))
        tally.sums = {
            name: [sum(part) for part in zip(*(each[name] for each in received if name in each), strict=True)]
            for name in names
        }

    def totals(self, counts: list[int]) -> list[int]:
        self.together()
        summed = torch.tensor(counts)
        dist.all_reduce(summed)
        return list(map(int, summed.tolist()))

    def check(self, experiment: Experiment, task: Task) -> None:
        gpus = torch.cuda.device_count()
        if 1 < gpus <= self.local_rank and experiment.device != "cpu":
            raise InputError(f"device: {gpus} GPUs are too few for {self.local_size} processes; take --device cpu")
        if experiment.execution not in MODES:
            raise InputError(
                f"execution: {experiment.execution} is of one process, and these are {self.size}; take eager"
            )
        if experiment.step and experiment.accumulate > 1:
            raise InputError("accumulate: not with a step of your own in several processes; take larger batches")

    def first_error(self, error: str) -> str:
        if self._failed:
            return WITH_ANOTHER if self.leads else ""
        self._failed = True
        try:
            return self._first_of_all(error)
        except RuntimeError:  # what they tell each other stands with the first process, or with torchrun
            gone = "rank 0, or what started it, is gone without a word: killed, or out of memory"
            return gone if BACKEND.search(error) else f"rank {self.rank}: {error}"

    def _first_of_all(self, error: str) -> str:
        """Each tells its own, in the order in which they come; the first process waits for those of the others."""
        place = self._words.add("errors", 1)
        self._words.set(f"error {place}", f"rank {self.rank}: {error}")
        self._words.set(f"failed {self.rank}", "")
        if not self.leads:
            return f"rank {self.rank}: {error}" if place == 1 else ""
        deadline = time.monotonic() + WORDS_SECONDS
        while (silent := self._silent()) and time.monotonic() < deadline:
            time.sleep(LISTEN_SECONDS)
        if silent and place == 1 and BACKEND.search(error):
            return f"rank {', '.join(map(str, silent))} is gone without a word: killed, or out of memory"
        return self._words.get("error 1").decode(errors="replace")

    def _silent(self) -> list[int]:
        """The ranks that have not reported an error."""
        return [rank for rank in range(self.size) if not self._words.check([f"failed {rank}"])]

    def leave(self) -> None:
        """Wait for the others: whoever started us takes one that ends otherwise than well for a failure of all."""
        with contextlib.suppress(RuntimeError):
            self.exchange(b"")
        dist.destroy_process_group()


class SharedControl(RunControl):
    """The requests to all processes, in one order: what any of them is asked, each applies before the same step."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world, self._launcher = world, process()
        self._mine: list[Request] = []

    def put(self, request: Request) -> None:
        with self.changed:
            self._mine.append(request)
            self.changed.notify_all()

    def gather(self) -> None:
        if process() != self._launcher and not self.stopped:  # killed: it would have ended us, too
            self.put(Stop())
        with self.changed:
            mine, self._mine = self._mine, []
        for received in self._world.exchange(b"".join(map(to_line, mine))):
            for request in map(from_line, received.splitlines()):
                super().put(request)

    def wait(self, until: Callable[[], bool], seconds: float | None = None) -> bool:
        """As often as the others do: they all wait for the same."""
        while not until():
            with self.changed:
                self.changed.wait_for(lambda: self._mine, LISTEN_SECONDS)
            self.gather()
        return True


class SharedStep(TrainingStep):
    """A training step on whole batches, of which this process does its part.

    A batch that can't be split evenly, as the last of an epoch, is split almost so: each loss counts by its samples.
    What it returns is what was predicted of this process's samples, and its loss; the mean of all is the batch's.
    """

    def __init__(self, step: TrainingStep, world: Ranks, split: bool, own: bool) -> None:
        """split: whether a batch is of all processes; else each is given its own. own: whether the net or the step is a
        person's own, which may leave parameters unused, for ever or for now: gradients of those aren't waited for."""
        super().__init__(**{field.name: getattr(step, field.name) for field in fields(TrainingStep)})
        self._step, self._world, self._split, self._weight = step, world, split, 1.0
        self._own = own

    @cached_property
    def _parallel(self) -> TrainingStep:
        """The step through DistributedDataParallel, made at the first one: it waits for all the others."""
        weight = lambda: self._weight  # noqa: E731
        if isinstance(self.loss_fn, OwnStep):
            return replace(self._step, loss_fn=SharedOwnStep(self.loss_fn, self.model, weight))
        return replace(self._step, model=self.parallel(self.model), loss_fn=weighted(self.loss_fn, weight))

    def parallel(self, model: nn.Module) -> nn.Module:
        """The model, which means the gradients of all processes."""
        parallel: nn.Module = DistributedDataParallel(model, find_unused_parameters=self._own)
        return parallel

    def __call__(self, x: Tensor, y: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        if self._split:
            start, stop = (len(x) * rank // self._world.size for rank in (self._world.rank, self._world.rank + 1))
            self._weight = (stop - start) * self._world.size / len(x)
            mine = slice(start, max(stop, start + 1))  # one that has no part takes a sample, for nothing
            x, y = x[mine], y[mine]
        else:
            self._weight = len(x) * self._world.size / self._world.totals([len(x)])[0]
        # Random numbers, those of dropout, are other ones in each process, and yet go on alike in all.
        seed = int(torch.randint(2**62, ())) + self._world.rank
        with torch.random.fork_rng([x.device] if x.device.type == "cuda" else []):
            torch.manual_seed(seed)
            return self._parallel(x, y, rate)

    @property
    def state(self) -> dict[str, Tensor]:
        return self._step.state

    def restore(self, state: dict[str, Tensor]) -> None:
        self._step.restore(state)

    def move(self, device: torch.device) -> None:
        self._step.move(device)


class SharedOwnStep(OwnStep):
    """A person's own step, whose forward pass, however it calls the model, is that of DistributedDataParallel."""

    def __init__(self, step: OwnStep, model: nn.Module, weight: Callable[[], float]) -> None:
        computed = _Computed(step, model)
        self._parallel, self._weight = DistributedDataParallel(computed, find_unused_parameters=True), weight
        self.tally = step.tally

    def __call__(self, x: Any, y: Any) -> Tensor:
        loss: Tensor = self._parallel(x, y) * self._weight()
        return loss


class _Computed(nn.Module):
    def __init__(self, step: OwnStep, model: nn.Module) -> None:
        super().__init__()
        self._step, self.model = step, model

    def forward(self, x: Any, y: Any) -> Tensor:
        return self._step(x, y)


class Shares:
    """Of batches of indices, as many as there are processes at once: this process's, and of too few at the end its
    part, of a sample at least."""

    def __init__(self, batches: Iterable[list[int]], rank: int, size: int) -> None:
        self._batches, self._rank, self._size = batches, rank, size

    def __len__(self) -> int:
        return -(-len(self._batches) // self._size)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[list[int]]:
        batches = iter(self._batches)
        while together := list(itertools.islice(batches, self._size)):
            if len(together) == self._size and len({*map(len, together)}) == 1:
                yield together[self._rank]
                continue
            rest = list(itertools.chain.from_iterable(together))
            start, stop = (len(rest) * rank // self._size for rank in (self._rank, self._rank + 1))
            yield rest[start : max(stop, start + 1)]


def weighted(loss_fn: Loss, weight: Callable[[], float]) -> Loss:
    """A loss, times what its samples count."""

    def loss(prediction: Tensor, y: Tensor) -> Tensor:
        return loss_fn(prediction, y) * weight()

    return loss
