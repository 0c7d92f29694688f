"""What `watch()` costs a script's step, with a log each: steps with and without in turn, in time of this process."""

import statistics
import time
from collections.abc import Callable, Iterator

import torch

from tui_trainer import watch

TIMES, STEPS = 40, 250


def loop(logged: bool) -> Callable[[], float]:
    """Something that measures the seconds of a step of a small net, each of which is logged or is not."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))
    optimizer, x = torch.optim.Adam(model.parameters()), torch.randn(64, 8)
    run = watch(model, optimizer)
    if logged:
        run.__enter__()

    def measured() -> float:
        start = time.process_time()
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            optimizer.step()
            if logged:
                run.log(loss=loss)
        return (time.process_time() - start) / STEPS

    return measured


def rows() -> Iterator[tuple[str, str, str]]:
    """Each figure as soon as it is measured: what, what is to be reached, what was measured."""
    torch.set_num_threads(1)
    plain, watched = loop(logged=False), loop(logged=True)
    pairs = [(plain(), watched()) for _ in range(TIMES)]
    times = statistics.median(one / other for one, other in pairs)
    more = statistics.median(other - one for one, other in pairs)
    yield "a script's step under watch() with a log each, against without", "0.97x", f"{times:.3f}x"
    yield "the same, a step", "under 20 µs more", f"{more * 1e6:.0f} µs"
