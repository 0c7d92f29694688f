"""What a field's declaration says of its setting, beside its type and default: of an experiment, and of a lesson."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

from msgspec import Meta

from tui_trainer.choices import Catalog

# Where a setting stands in the form and in `--help`.
Section = Literal["data", "model", "training", "run"]
# What a setting has a say in: the samples, the net, the arithmetic of a step beside it, the course of the run.
Part = Literal["data", "model", "step", "run"]


class Needs(NamedTuple):
    """What another setting must be for one to have an effect: in words, and as a test of its value."""

    setting: str
    be: str
    met: Callable[[Any], object]


class OwnCode(NamedTuple):
    """What whoever calls a person's own code hands over: so many of its first arguments, and others by these names."""

    given: int = 0
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What a field's declaration says of its setting, of an experiment or of a lesson.

    affects: what it has a say in; choices: the names it takes (`open`: other text too; code: a name of a person's own
    code too, FILE.py:NAME, whose parameters are settings as well); several:
    whether a comma separates values to compare; compared: the values that are compared by default;
    live: whether a change acts on a running run, or needs a new one; branches: whether a branch may have
    another one, where that doesn't follow from what it affects; needs, needs_too: without which it has no
    effect (`folded`: then the form leaves it away); normalize: makes the value of what was typed or pasted; check:
    raises InputError for a value that won't do; canonical: the one spelling of a value that has many;
    brief: how it stands in the title of the training screen, with what comes before it (`wide`: only where
    there is room); key: what changes it in a lesson; ladder: the values that + and - go through there;
    synonyms: what else people call it, by which a message finds its flag.
    """

    title: str
    help: str
    section: Section | str = ""
    affects: Set[Part] = frozenset()
    choices: Catalog | None = None
    open: bool = False
    code: OwnCode | None = None
    several: bool = True
    compared: tuple[Any, ...] = ()
    live: bool = False
    branches: bool | None = None
    needs: Needs | None = None
    needs_too: Needs | None = None
    folded: bool = False
    normalize: Callable[[str], str] | None = None
    check: Callable[[str], object] | None = None
    canonical: Callable[[str], str] | None = None
    brief: str = ""
    wide: bool = False
    key: str = ""
    ladder: Sequence[Any] = ()
    synonyms: Sequence[str] = ()


def meta(title: str, help: str, **more: Any) -> Meta:
    """Describe one setting by its `Marks` and, for a number, its limits: `gt`, `ge`, `lt` and `le`."""
    limits = {limit: more.pop(limit) for limit in ("gt", "ge", "lt", "le") if limit in more}
    return Meta(**limits, extra={"marks": Marks(title=title, help=help, **more)})


# A setting of each section, which affects what most there do.
data_setting = partial(meta, section="data", affects={"data"})
model_setting = partial(meta, section="model", affects={"model"})
training_setting = partial(meta, section="training", affects={"step"})
run_setting = partial(meta, section="run", affects={"run"})
