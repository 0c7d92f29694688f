"""What scripts call one thing on training and on held-out samples: `loss`, `val_loss`; `train/acc`, `test/acc`.

Their names are free, so this goes by the words that people use for either.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

TRAINING, HELD_OUT = ("train", "training"), ("val", "valid", "validation", "test", "eval", "dev", "holdout")
_WORDS = "|".join((*TRAINING, *HELD_OUT))
_PART = re.compile(rf"(?:(?P<before>{_WORDS})[/_.\- ])?(?P<what>.+?)(?:[/_.\- ](?P<after>{_WORDS}))?", re.IGNORECASE)
SAME = {"acc": "accuracy"}  # what our own views call otherwise


@dataclass(frozen=True)
class Measure:
    """One thing that is measured, and under which names: of training and of held-out samples, empty where it isn't."""

    what: str
    training: str = ""
    held_out: str = ""

    @property
    def metric(self) -> str:
        """What our own views call it."""
        return SAME.get(self.what.lower(), self.what.lower())

    @property
    def names(self) -> list[str]:
        return [name for name in (self.training, self.held_out) if name]


def measures(names: Iterable[str]) -> list[Measure]:
    """These names, each in one of them, in the order in which what they measure comes up.

    Where two would stand for the same, the second is a thing of its own.
    """
    found: dict[str, Measure] = {}
    for name in names:
        what, held_out = _read(name)
        one = found.get(what, Measure(what))
        if one.held_out if held_out else one.training:
            found[name] = Measure(name, training=name)
        else:
            found[what] = replace(one, held_out=name) if held_out else replace(one, training=name)
    return list(found.values())


def measure(what: str, names: Iterable[str]) -> Measure:
    """Under which of these names a thing is measured; of one that isn't, under none."""
    return next((one for one in measures(names) if one.metric == what), Measure(what))


def _read(name: str) -> tuple[str, bool]:
    """What a name measures, and whether on held-out samples."""
    match = _PART.fullmatch(name)
    if not match:
        return name, False
    of = (match["before"] or match["after"] or "").lower()
    return match["what"], of in HELD_OUT
