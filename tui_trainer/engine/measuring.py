"""After which epochs metrics are measured, and on how many samples: both are a matter of numbers, never of a clock.

Each of the first EACH epochs is measured, every second one up to twice as many, every fourth one up to four times as
many, and so on: half as many more whenever a run's length doubles. So a million epochs cost less than a second of it,
a chart has a point for each column or so, and a run that was cut and resumed has the metrics of one that never was.
"""

EACH = 128
MOST = 10_000  # samples, evenly spread: all of a larger table are measured at the end alone


def is_measured(epoch: int) -> bool:
    """Whether metrics are measured after this epoch, which is counted from 1."""
    return epoch % _spacing(epoch) == 0


def next_measured(epoch: int) -> int:
    """The first epoch after this one that is measured."""
    spacing = _spacing(epoch + 1)
    return (epoch // spacing + 1) * spacing


def _spacing(epoch: int) -> int:
    return 1 << ((epoch - 1) // EACH).bit_length()
