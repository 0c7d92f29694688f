"""What the text of a setting means where it is more than a name or a number; what means nothing is refused."""

import math
import re

from tui_trainer.named_data import code_reference
from tui_trainer.sentence import InputError

MAX_LAYERS = 1_000


MAX_WEIGHTS = 500_000_000


def hidden_widths(text: str) -> tuple[int, ...]:
    """Read the `hidden` setting: `none`, `10`, `64x64`, `10*1000` (1,000 layers of 10), or a mix.

    Raises InputError when the text has another form, too many layers or too many weights.
    """
    if text == "none":
        return ()
    widths: list[int] = []
    for part in text.split("x"):
        # `10x*1000` splits into "10" and "*1000": the repetition then belongs to the width before it.
        if part.startswith("*") and widths:
            part = f"{widths.pop()}{part}"
        match = re.fullmatch(r"(\d{1,9})(?:\*(\d{1,9}))?", part)
        if not match or not int(match[1]) or match[2] == "0":
            raise InputError(f"hidden: {text!r} is no list of layer widths; write none, 10, 64x64 or 10*20")
        times = int(match[2] or 1)
        if len(widths) + times > MAX_LAYERS:
            raise InputError(f"hidden: {text!r} has more than {MAX_LAYERS:,} layers; write at most 10*{MAX_LAYERS}")
        widths += [int(match[1])] * times
    # With one number in and one out, the fewest there are; what the data needs, `build_model` knows.
    if sum(a * b for a, b in zip([1, *widths], [*widths, 1], strict=True)) > MAX_WEIGHTS:
        raise InputError(f"hidden: {text!r} needs more than {MAX_WEIGHTS:,} weights; take narrower layers")
    return tuple(widths)


def one_spelling(text: str) -> str:
    """The hidden widths as `4x4`, however they are spelled: `4*2`, `4x*2`. Raises InputError."""
    return "x".join(map(str, hidden_widths(text))) or "none"


def x_range(text: str) -> tuple[float, float]:
    """Read the `x` setting of data that is no file: a range such as `0..20`. Raises InputError."""
    low, dots, high = text.partition("..")
    try:
        limits = float(low), float(high)
    except ValueError:
        limits = (0.0, 0.0)
    if not dots or not all(map(math.isfinite, limits)) or limits[0] >= limits[1]:
        raise InputError(
            f"x: {text!r} is no range; for data that is no CSV file write one from low to high, such as 0..20"
        )
    return limits


SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " ", "\\t": "\t"}


def separator_of(text: str) -> str:
    """The sign that the `separator` setting means; empty where it is left open. Raises InputError."""
    if len(text) > 1 and text not in SEPARATORS:
        raise InputError(f"separator: {text!r} is no single sign; write , ; | or tab, or space for any white space")
    return SEPARATORS.get(text, text)


def check_encoding(text: str) -> None:
    """Check that Python knows an encoding of text. Raises InputError."""
    try:
        "x".encode(text or "utf-8")
    except (LookupError, ValueError):
        raise InputError(f"encoding: {text!r} is unknown; write utf-8, latin-1, windows-1252 or utf-16") from None


def check_code(text: str) -> None:
    """Check that a text names a person's own code, or is empty. Raises InputError."""
    if text and not code_reference(text):
        raise InputError(f"step: {text!r} names no function; write FILE.py:NAME or package.module:NAME")


def check_device(text: str) -> None:
    """Check a device's spelling; whether this machine has it is `engine.devices`' to say."""
    if not re.fullmatch(r"auto|cpu|mps|(cuda|xpu)(:\d{1,3})?", text):
        raise InputError(f"device: {text!r} is no device; write auto, cpu, cuda, cuda:0, mps or xpu")
