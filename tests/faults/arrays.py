"""Arrays and pictures that someone has spoiled: read, or refused in one line that can be shown."""

import io
import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.faults.damage import cut_short, with_bit_flipped
from tests.faults.samples import is_refused
from tui_trainer.experiment import Experiment

PICTURES = np.random.default_rng(0).integers(0, 255, (6, 5, 4)).astype(np.uint8)
LABELS = np.arange(6) % 2
ENDINGS = ("png", "jpg", "bmp", "gif", "webp", "tif", "pgm")
# What an array may hold instead.
OTHERS: tuple[Callable[[random.Random], object], ...] = (
    lambda draw: PICTURES.astype(draw.choice(["f8", "f2", "i8", "?", "c8", "U3", "S2", "O", "M8[D]", ">u4"])),
    lambda draw: PICTURES.reshape(draw.choice([(6, 20), (120,), (6, 1, 5, 4), (6, 5, 4, 1), (3, 2, 5, 4), (1, 6, 20)])),
    lambda draw: PICTURES[: draw.randrange(7), : draw.randrange(6)],
    lambda draw: np.full((6, 5, 4), draw.choice([np.nan, np.inf, 1e308, -1e308, 5e-324])),
    lambda draw: np.zeros(6, dtype=[("a", "f8"), ("b", "U2")]),
    lambda draw: np.float64(1),
)


def spoiled(count: int, seed: int, folder: Path) -> str:
    """A .npz, a pair of .npy, or a folder of pictures, of other things than it should be or with bytes changed."""
    draw = random.Random(seed)
    refused = 0
    for number in range(count):
        place = folder / str(number)
        place.mkdir()
        path = draw.choice([_npz, _npy, _pictures])(draw, place)
        experiment = Experiment(data=str(path), target=draw.choice(["", "", "", "y", "\x1b[2J"]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow and numpy on what is odd in a file
            refused += is_refused(experiment, path)
    return f"{count - refused:,} read, {refused:,} refused in one line; no traceback"


def _npz(draw: random.Random, place: Path) -> Path:
    content = io.BytesIO()
    save = draw.choice([np.savez, np.savez_compressed])
    save(content, **{draw.choice(["x", "images", "x", "\x1b[2J"]): _array(draw, PICTURES), "y": _array(draw, LABELS)})
    (place / "a.npz").write_bytes(_damaged(draw, content.getvalue()))
    return place / "a.npz"


def _npy(draw: random.Random, place: Path) -> Path:
    for name, array in (("x", PICTURES), ("y", LABELS)):
        content = io.BytesIO()
        np.save(content, _array(draw, array))
        (place / f"{name}.npy").write_bytes(_damaged(draw, content.getvalue()))
    return place / "x.npy"


def _pictures(draw: random.Random, place: Path) -> Path:
    for number, picture in enumerate(PICTURES):
        content, ending = io.BytesIO(), draw.choice(ENDINGS)
        image = Image.fromarray(picture).convert(
            draw.choice(["L", "L", "RGB", "P", "1"] if ending in ("png", "tif") else ["L", "L", "RGB"])
        )
        image.resize((draw.choice([1, 4, 4, 9]), draw.choice([1, 5, 5, 9]))).save(
            content, {"jpg": "jpeg", "tif": "tiff", "pgm": "ppm"}.get(ending, ending)
        )
        kept = place / "ab"[number % 2]
        kept.mkdir(exist_ok=True)
        damaged = _damaged(draw, content.getvalue()) if draw.random() < 0.3 else content.getvalue()
        odd, other = draw.choice(["", "", " ", "\u202e"]), draw.choice([ending, ending, "png", "txt"])
        (kept / f"{number}{odd}.{other}").write_bytes(damaged)
    return place


def _array(draw: random.Random, array: object) -> object:
    return draw.choice(OTHERS)(draw) if draw.random() < 0.3 else array


def _damaged(draw: random.Random, content: bytes) -> bytes:
    for _ in range(draw.choice([0, 1, 1, 2, 6])):
        content = draw.choice([cut_short, with_bit_flipped, with_bit_flipped])(content, draw) or b"\0"
    return content
