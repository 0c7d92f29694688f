"""What befalls a file's bytes."""

import random


def with_bit_flipped(content: bytes, draw: random.Random) -> bytes:
    """The same but for one bit."""
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


def cut_short(content: bytes, draw: random.Random) -> bytes:
    """Its beginning."""
    return content[: draw.randrange(len(content))]
