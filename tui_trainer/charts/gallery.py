"""Pictures in, rows of text out: two pixels to a cell, each picture with words under it."""

import numpy as np

from tui_trainer.charts.chart import Array, Gallery
from tui_trainer.charts.styles import GREYS, SHADES, TINTS, Role, Row

LEAST_WIDTH = 12  # cells that a picture keeps


def draw_gallery(gallery: Gallery, width: int, height: int, colours: bool) -> list[Row]:
    """As many of the pictures as there is room for, in their order; large ones are scaled down."""
    pixels = _scaled_down(gallery.pixels, width // gallery.a_row, height)
    high, wide = -(-pixels.shape[1] // 2), pixels.shape[2]
    across, down = max(1, (width + 1) // (wide + 1)), max(1, height // (high + 1))
    rows: list[Row] = []
    for start in range(0, min(len(pixels), across * down), across):
        shown = range(start, min(start + across, len(pixels)))
        tiles = [_drawn(pixels[place], colours) for place in shown]
        for line in range(high):
            rows.append(_filled([piece for tile in tiles for piece in [*tile[line], (" ", "axis")]], width))
        words = [gallery.captions[place] for place in shown]
        rows.append(_filled([(f"{text[:wide]:<{wide + 1}}", role) for text, role in words], width))
    blank: Row = [(" " * width, "axis")]
    return [*rows, *([blank] * height)][:height]


def _scaled_down(pixels: Array, width: int, height: int) -> Array:
    """Pictures, of shape (n, height, width, channels), of which several fit: each pixel a mean of several."""
    _, high, wide, channels = pixels.shape
    step = max(-(-wide // max(LEAST_WIDTH, width)), -(-high // max(4, 2 * (height - 1))))
    if step <= 1:
        return pixels
    cut = pixels[:, : high // step * step, : wide // step * step]
    return np.asarray(cut.reshape(len(cut), high // step, step, wide // step, step, channels).mean(axis=(2, 4)))


def _drawn(pixels: Array, colours: bool) -> list[Row]:
    """A picture of shape (height, width, channels), an even number of rows of which the last may be missing."""
    pixels = np.pad(pixels, ((0, len(pixels) % 2), (0, 0), (0, 0)))
    upper, lower = pixels[::2], pixels[1::2]
    if not colours:
        levels = ((upper + lower).mean(axis=2) / 2 * (len(SHADES) - 1)).round().astype(int)
        return [[("".join(SHADES[level] for level in row), "axis")] for row in levels.tolist()]
    rows: list[Row] = []
    for above, below in zip(_roles(upper), _roles(lower), strict=True):
        pairs: Row = [("▀", (one, other)) for one, other in zip(above, below, strict=True)]
        rows.append(pairs)
    return rows


def _roles(pixels: Array) -> list[list[Role]]:
    """The role of each pixel: a grey, or one of the colours there are."""
    if pixels.shape[2] == 1:
        greys = (pixels[:, :, 0] * (len(GREYS) - 1)).round().astype(int)
        return [[GREYS[grey] for grey in row] for row in greys.tolist()]
    steps = (pixels[:, :, :3] * 5).round().astype(int)
    return [[TINTS[place] for place in row] for row in (steps @ [36, 6, 1]).tolist()]


def _filled(row: Row, width: int) -> Row:
    """Just as wide."""
    filled: Row = []
    for text, paint in row:
        if width <= 0:
            break
        filled.append((text[:width], paint))
        width -= len(filled[-1][0])
    return [*filled, (" " * width, "axis")] if width > 0 else filled
