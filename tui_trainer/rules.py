"""Which settings don't go together, each being good by itself."""

from collections.abc import Callable

from tui_trainer.experiment import Experiment, target_of
from tui_trainer.named_data import arrays_path, table_path
from tui_trainer.sentence import InputError
from tui_trainer.setting_texts import x_range

# Each raises InputError for values that are good each by itself and don't go together.
RULES: list[Callable[[Experiment], object]] = []


def rule(check: Callable[[Experiment], object]) -> Callable[[Experiment], object]:
    """Add a rule across several settings."""
    RULES.append(check)
    return check


@rule
def x_is_a_range(e: Experiment) -> None:
    """Only a table has columns."""
    if e.x and arrays_path(e.data):
        raise InputError(f"x: {e.x!r} has no effect on arrays or pictures; leave x empty")
    if e.x and not table_path(e.data):
        x_range(e.x)


@rule
def y_is_another_column(e: Experiment) -> None:
    """Nothing is learned from a column that is to be predicted from itself."""
    if e.x and e.x == e.y and table_path(e.data):
        raise InputError(f"y: x and y are both column {e.x!r}, and nothing is learned from that; give two")


@rule
def columns_are_named_once(e: Experiment) -> None:
    """x and y are a curve's columns; target and features are a table's."""
    if not table_path(e.data):
        return
    for one, other in (("x", "target"), ("y", "target"), ("x", "features"), ("y", "features")):
        if getattr(e, one) and getattr(e, other):
            raise InputError(f"{other}: {one} names a column already; give x and y, or target and features")
    for name, default in (("features", ""), ("task", "auto")):
        if getattr(e, name) != default and not target_of(e):
            raise InputError(f"{name}: {getattr(e, name)!r} is of a target; say with target which column that is")


@rule
def own_steps_are_eager(e: Experiment) -> None:
    """What a person's own code does in a step is not traced."""
    if e.step and e.execution not in ("auto", "eager", "inductor"):
        raise InputError(
            f"execution: {e.execution} takes loss(model(x), y), and step names your own; take eager or inductor"
        )


@rule
def mixed_precision_is_of_float32(e: Experiment) -> None:
    """Weights in other numbers leave nothing to mix."""
    if e.precision != "fp32" and e.dtype != "float32":
        raise InputError(f"precision: {e.precision} is for weights in float32, and dtype is {e.dtype}; leave one out")


def check_rules(experiment: Experiment) -> None:
    """Raise InputError for settings that don't go together. What it takes the data to know, whoever loads it says."""
    for check in RULES:
        check(experiment)
