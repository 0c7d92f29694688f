"""`watch()`: a script of a person's own keeps its loop, and what watches runs can watch and steer it.

Nothing is drawn in the script's process. No error of this code ends the training that it watches: it is said in a
line on stderr, and the loop goes on.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer

    from tui_trainer.script.run import Run

Kind = TypeVar("Kind")


def watch(
    model: "nn.Module | Sequence[nn.Module] | None" = None,
    optimizer: "Optimizer | Sequence[Optimizer] | None" = None,
    *,
    name: str = "",
    config: object = None,
    output: bool = False,
    histograms: bool = True,
) -> "Run":
    """Have a loop watched from any other terminal, by `tui-trainer watch`: `with watch(model, optimizer) as run:`.

    model, optimizer: one or several; steps are those of the first optimizer, and without any the calls of `run.log`.
    name: what the run is called, as the script is by default. config: what it was started with, such as `vars(args)`.
    output: keep what is printed as well. histograms: of weights and gradients, now and then.
    Raises TypeError for what is no model or optimizer.
    """
    # What it all needs is loaded with the first run: that a script imports this costs it nothing.
    from torch import nn
    from torch.optim import Optimizer

    from tui_trainer.script.run import Run

    models, optimizers = _all("model", model, nn.Module), _all("optimizer", optimizer, Optimizer)
    return Run(models, [_own(each, Optimizer) for each in optimizers], name, config, output, histograms)


def _own(optimizer: "Optimizer", kind: type["Optimizer"]) -> "Optimizer":
    """The optimizer itself, where another stands in for it, as Accelerate's does: it has no groups of its own."""
    inner = getattr(optimizer, "optimizer", None)
    return inner if "param_groups" not in vars(optimizer) and isinstance(inner, kind) else optimizer


def _all(what: str, given: Any, kind: type[Kind]) -> list[Kind]:
    """One or several as a list. Raises TypeError for what is of another kind."""
    several = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    for each in several:
        if not isinstance(each, kind):
            raise TypeError(f"watch: {what}: a {type(each).__name__} is none; give a torch {kind.__name__}, or several")
    return several
