"""A picture in a file, read by Pillow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tui_trainer.files import open_regular
from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
MAX_PIXELS = 100_000_000  # of a picture, before it is scaled


def head_of(name: str, file: Path, quote_cells: bool) -> tuple[tuple[int, int], bool]:
    """A picture's width and height, and whether it is in colour. name: of what it is one of. Raises InputError."""
    with _opened(name, file, quote_cells) as picture:
        turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # by a quarter, as cameras note
        width, height = picture.size[::-1] if turned else picture.size
        return (width, height), picture.mode not in ("1", "L", "LA", "I", "I;16", "F")


def pixels_of(name: str, file: Path, size: tuple[int, int], colour: bool, quote_cells: bool) -> Any:
    """A picture of shape (height, width) or (height, width, 3), from 0 to 255. Raises InputError."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    with _opened(name, file, quote_cells) as picture:
        if picture.mode.startswith("I"):  # of 16 bits, which Pillow would cut off at 255
            picture = picture.point(lambda value: value / 256).convert("L")
        flat = ImageOps.exif_transpose(picture).convert("RGB" if colour else "L")
        return np.asarray(flat if flat.size == size else flat.resize(size, Resampling.BILINEAR), dtype=np.uint8)


@contextmanager
def _opened(name: str, file: Path, quote_cells: bool) -> "Iterator[Image]":
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            f"{name}: pictures are read by Pillow; pip install 'tui-trainer[pictures]', or give a .npz file"
        ) from None
    place = f"{file.parent.name}/{file.name}" if quote_cells else "one of its pictures"
    with open_regular(file) as opened:
        try:
            with Image.open(opened) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise InputError(f"{name}: {quoted(place)} has over {MAX_PIXELS:,} pixels; scale it down")
                yield picture
        except InputError:
            raise
        except Exception:  # whatever Pillow's readers of spoiled files raise, which are very many
            raise InputError(f"{name}: {quoted(place)} is no picture, or broken; leave it out") from None
