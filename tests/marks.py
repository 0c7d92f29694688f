"""Marks for parametrized tests: what of them the quick run takes."""

from collections.abc import Iterable
from typing import Any

import pytest


def rest_slow(values: Iterable[Any], quick: int = 1, several: bool = False) -> list[Any]:
    """The first values as they are, the others for the gate: they take seconds, and see what the first ones see.

    several: whether each value is a tuple for several parameters.
    """
    return [
        value if place < quick else pytest.param(*(value if several else [value]), marks=pytest.mark.slow)
        for place, value in enumerate(values)
    ]
