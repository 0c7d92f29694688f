"""The devices this machine really has: each is tried before it is offered."""

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor
from torch.optim import Optimizer

from tui_trainer.engine.launched import launched
from tui_trainer.sentence import InputError

Result = TypeVar("Result")

# Below this, two threads are slower than one, and on a busy machine, where they wait for each other, many times so.
SMALL_STEP = 20_000_000


@cache
def works(name: str) -> bool:
    """Whether a tiny forward and backward pass runs there; `is_available()` alone can lie."""
    try:
        device = torch.device(name)
        layer = torch.nn.Linear(1, 1, device=device)
        layer(torch.ones(1, 1, device=device)).sum().backward()
        return bool(torch.isfinite(layer.bias.grad).all()) if layer.bias.grad is not None else False
    except (RuntimeError, AssertionError):  # a backend that is missing, and one that torch was built without
        return False


@cache
def available_devices() -> tuple[str, ...]:
    """Names of the devices that work, accelerators first, `cpu` last.

    Where several processes share the machine, each has an accelerator of its own, by its number among them.
    """
    names = [f"cuda:{i}" for i in own(torch.cuda.device_count())]
    names += [f"xpu:{i}" for i in own(torch.xpu.device_count())]
    names += ["mps"] if torch.backends.mps.is_available() else []
    # Trying a device must not change the random numbers of a run.
    with torch.random.fork_rng(devices=[]):
        return (*(name for name in names if works(name)), "cpu")


def own(count: int) -> Sequence[int]:
    """The numbers of those of so many accelerators that are this process's to use: all, where it shares the machine
    with none."""
    place = None
    with contextlib.suppress(InputError):  # whoever trains in several processes has said so
        place = launched()
    return range(count)[place.local_rank : place.local_rank + 1] if place and count > 1 else range(count)


def has_accelerator() -> bool:
    """Whether there is a device beside the CPU, as far as is known without trying it."""
    return bool(torch.cuda.device_count() or torch.xpu.device_count() or torch.backends.mps.is_available())


def find_device(name: str) -> torch.device:
    """The device of a setting: `auto` is the first accelerator that works, else the CPU.

    Raises InputError for a device that this machine lacks, naming those it has.
    """
    has = available_devices()
    full = next((device for device in has if name in ("auto", device.partition(":")[0])), name)
    if full not in has:
        raise InputError(f"device: {name!r} is not on this machine or does not work; it has {', '.join(has)}")
    return torch.device(full)


def describe(device: torch.device) -> str:
    """A device in words: `cpu (1 thread)`, `cuda:0 (NVIDIA H200)`."""
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu ({threads} thread{'s' if threads > 1 else ''})"
    if device.type in ("cuda", "xpu"):
        return f"{device} ({getattr(torch, device.type).get_device_name(device)})"
    return str(device)


def choose_threads(multiplications: int, processes: int = 1) -> None:
    """Set torch's threads for steps of this many multiplications: small ones are fastest on one.

    processes: that share this machine.
    """
    share = max(1, (os.cpu_count() or 1) // processes)
    torch.set_num_threads(1 if multiplications < SMALL_STEP else share)


def move_optimizer(optimizer: Optimizer, device: torch.device) -> None:
    """Let the optimizer's state follow its parameters to a device they have moved to.

    On CUDA it also counts its steps there, so that nothing has to be read back in between.
    """
    for group in optimizer.param_groups:
        if "capturable" in group:
            group["capturable"] = device.type == "cuda"
    optimizer.load_state_dict(optimizer.state_dict())  # which moves the state along, but for the count
    for state in optimizer.state.values():
        if isinstance(state.get("step"), Tensor):
            state["step"] = state["step"].to(device if device.type == "cuda" else "cpu")


def with_threads(count: int, call: Callable[[], Result]) -> Result:
    """Call something that has torch split its sums by so many threads, while all others split theirs as they did.

    torch asks for its number in each thread once, at its first sum. So another number is set in a thread that is made
    for it, and is at once put back for those that have yet to ask.
    """
    usual = torch.get_num_threads()
    if count == usual:
        return call()

    def set_here() -> None:
        torch.set_num_threads(count)
        torch.get_num_threads()  # which asks
        with ThreadPoolExecutor(1) as other:
            other.submit(torch.set_num_threads, usual)

    with ThreadPoolExecutor(1, initializer=set_here) as own:
        return own.submit(call).result()
