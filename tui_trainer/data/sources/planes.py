"""The named data sets in the plane: two inputs, and a class or a number to learn. Most are TensorFlow Playground's.

Each takes a number of samples, a strength of noise in percent, as Playground's slider has it, and a random generator.
Each returns x, float64 of shape (samples, 2), and y: int64 of shape (samples,), or float64 of shape (samples, 1).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Classes = NDArray[np.int64]


def circle(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Classes]:
    """A disk and a ring around it. Noise puts a sample on the wrong side of the border between them."""
    outer = np.arange(samples) % 2 == 0
    radius = 5 * np.where(outer, random.uniform(0.7, 1, samples), random.uniform(0, 0.5, samples))
    angle = random.uniform(0, 2 * np.pi, samples)
    x = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    moved = x + random.uniform(-5, 5, (samples, 2)) * noise / 100
    return x, (np.hypot(moved[:, 0], moved[:, 1]) < 2.5).astype(np.int64)


def xor(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Classes]:
    """A checkerboard of four squares: whether both inputs have the same sign."""
    x = random.uniform(-5, 5, (samples, 2))
    x += np.where(x > 0, 0.3, -0.3)
    moved = x + random.uniform(-5, 5, (samples, 2)) * noise / 100
    return x, (moved[:, 0] * moved[:, 1] >= 0).astype(np.int64)


def gauss(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Classes]:
    """Two clouds, which a straight border can part; noise makes them wider."""
    y = np.arange(samples) % 2
    deviation = np.sqrt(0.5 + 7 * noise / 100)
    return np.where(y == 0, -2.0, 2.0)[:, np.newaxis] + deviation * random.normal(size=(samples, 2)), y


def spiral(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Classes]:
    """Two arms wound around each other."""
    y, turn = np.arange(samples) % 2, np.arange(samples) // 2 / max(1, samples // 2)
    angle = 1.75 * turn * 2 * np.pi + np.pi * y
    x = 5 * turn[:, np.newaxis] * np.column_stack([np.sin(angle), np.cos(angle)])
    return x + random.uniform(-1, 1, (samples, 2)) * noise / 100, y


def moons(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Classes]:
    """Two half moons that reach into each other. Noise is normal, in percent of a moon's radius."""
    y, angle = np.arange(samples) % 2, random.uniform(0, np.pi, samples)
    moon = np.column_stack([np.cos(angle), np.sin(angle)]) - [0.5, 0.25]
    x = np.where(y == 0, 1, -1)[:, np.newaxis] * moon  # the lower one is the upper one, turned about the middle
    return 3 * (x + random.normal(size=(samples, 2)) * noise / 100), y


def three(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Classes]:
    """Three arms, one for each class, each a bent cloud that begins in the middle."""
    y, reach = np.arange(samples) % 3, np.sqrt(random.uniform(0.02, 1, samples))
    angle = 2 * np.pi / 3 * y + 2 * reach + random.normal(size=samples) * 0.25
    x = 5 * reach[:, np.newaxis] * np.column_stack([np.sin(angle), np.cos(angle)])
    return x + random.normal(size=(samples, 2)) * 5 * noise / 100, y


def plane(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """A tilted plane, from -1 to 1. Noise moves the place whose height a sample has."""
    x = random.uniform(-6, 6, (samples, 2))
    moved = x + random.uniform(-6, 6, (samples, 2)) * noise / 100
    return x, np.clip(moved.sum(axis=1, keepdims=True) / 10, -1, 1)


def peaks(samples: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """Three peaks and three pits, from -1 to 1. Noise moves the place whose height a sample has."""
    x = random.uniform(-6, 6, (samples, 2))
    moved = x + random.uniform(-6, 6, (samples, 2)) * noise / 100
    middles = np.array([(-4, 2.5), (0, 2.5), (4, 2.5), (-4, -2.5), (0, -2.5), (4, -2.5)])
    away = np.linalg.norm(moved[:, np.newaxis] - middles, axis=2)
    heights = np.clip(1 - away / 2, 0, 1) * [1, -1, 1, -1, 1, -1]
    highest = np.abs(heights).argmax(axis=1)[:, np.newaxis]
    return x, np.take_along_axis(heights, highest, axis=1)
