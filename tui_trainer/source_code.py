"""Things that are chosen by name, as Python source, for scripts that know nothing of tui-trainer."""

import inspect
from typing import Any, NamedTuple

from tui_trainer.choices import Choice


class Code(NamedTuple):
    """How a thing is written: an expression, and the definition of what is in it."""

    expression: str
    definition: str = ""


def named(choice: Choice) -> Code:
    """The thing that a choice names: by its place in torch, or else with its own source."""
    module, _, name = choice.where.partition(":")
    if module.split(".")[0] == "torch":
        return Code(f"{module}.{name}".replace("torch.nn.", "nn."))
    return written(choice.load())


def written(thing: Any) -> Code:
    """A function or a class with its own source."""
    return Code(thing.__name__, inspect.getsource(thing))


def made(choice: Choice, *arguments: str) -> Code:
    """A call of it with the choice's options, after these arguments, as `Choice.make` does."""
    source = named(choice)
    options = [f"{name}={value!r}" for name, value in choice.options.items()]
    return source._replace(expression=f"{source.expression}({', '.join([*arguments, *options])})")
