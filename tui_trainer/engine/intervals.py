"""How often a run looks up from its work."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Intervals:
    """All in seconds.

    call: how long a call into a mode may take, so that a pause, a stop and the charts seem to act at once; progress:
    between two signs of life within an epoch; keep: between two moments to which a run that diverges can go back;
    checkpoint: between two checkpoints, or longer where taking one needs more than checkpoint_share of the time.
    """

    call: float = 0.03
    progress: float = 0.1
    keep: float = 0.25
    checkpoint: float = 10.0
    checkpoint_share: float = 0.05


USUAL = Intervals()
