"""Experiment: every setting of a run, validated. The one schema.

The app's form, the command's flags and `--help`, the TOML file, the saved record and the error
messages are all made from the fields below. A setting added here appears in each of them.
"""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from tui_trainer.catalog import ACTIVATIONS, DATASETS, DTYPES, EXECUTIONS, LOSSES, OPTIMIZERS, SCALES, Catalog
from tui_trainer.escape import printable

MAX_LAYERS = 1_000
MAX_WEIGHTS = 500_000_000
FRESH, LIVE = "fresh start", "live"


class InputError(ValueError):
    """Bad input, in one line: what is wrong, where, and what would be right. Always printable."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


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
    if sum(a * b for a, b in zip([1, *widths], [*widths, 1], strict=True)) > MAX_WEIGHTS:
        raise InputError(f"hidden: {text!r} needs more than {MAX_WEIGHTS:,} weights; take narrower layers")
    return tuple(widths)


def check_device(text: str) -> None:
    """Check a device's spelling; whether this machine has it is `engine.devices`' to say."""
    if not re.fullmatch(r"auto|cpu|mps|(cuda|xpu)(:\d{1,3})?", text):
        raise InputError(f"device: {text!r} is no device; write auto, cpu, cuda, cuda:0, mps or xpu")


def pasted_path(text: str) -> str:
    """A path as file managers and terminals hand it over: as file://, in quotes, or with its spaces escaped."""
    if address := re.fullmatch(r"file:(?://(?:localhost)?)?(/.*)", text):
        from urllib.parse import unquote  # here, as hardly anyone needs it

        return unquote(address[1])
    if os.path.exists(os.path.expanduser(text)):
        return text
    quoted = re.fullmatch(r"""(["'])(.+)\1""", text)
    return quoted[2] if quoted else re.sub(r"""\\([ '"()&;,])""", r"\1", text)


def as_path(text: str) -> Path | None:
    """The data setting as a path, where it is meant as one: it ends like a file's name, or there is such a file."""
    if text in DATASETS:
        return None
    # A formula may end in 1.e5, and in nothing else that looks like a file's ending.
    meant = re.search(r"\.(?!e\d+$)[a-z]\w*$", text, re.IGNORECASE) or text.startswith(("/", "./", "../", "~"))
    # os.path.exists, unlike Path's, answers False for a text that can be no path at all.
    return Path(os.path.expanduser(text)) if meant or os.path.exists(text) else None


class Needs(NamedTuple):
    """What another setting must be for one to have an effect: in words, and as a test of its value."""

    setting: str
    be: str
    met: Callable[[Any], object]


MADE_POINTS = Needs("data", "a data set or formula", lambda text: as_path(text) is None)
CSV_FILE = Needs("data", "a CSV file", as_path)
HIDDEN_LAYERS = Needs("hidden", "not none", hidden_widths)


def meta(
    title: str,
    help: str,
    *,
    choices: Catalog | None = None,
    open: bool = False,
    several: bool = True,
    when: str = FRESH,
    needs: Needs | None = None,
    normalize: Callable[[str], str] | None = None,
    check: Callable[[str], object] | None = None,
    key: str = "",
    ladder: Sequence[Any] = (),
    **limits: Any,
) -> Meta:
    """Describe one setting, of an experiment or of a lesson.

    choices: the names it takes (`open`: other text too); several: whether a comma separates
    values to compare; when: whether a change acts on a running run (LIVE) or needs a new one;
    needs: without which it has no effect; normalize: makes the value of what was typed or pasted;
    key: what changes it in a lesson; ladder: the values that + and - go through there.
    """
    help += f" Only where {needs.setting} is {needs.be}." if needs else ""
    extra: dict[str, Any] = {"choices": choices, "open": open, "several": several, "when": when, "needs": needs}
    extra |= {"normalize": normalize, "check": check, "key": key, "ladder": tuple(ladder) or tuple(choices or ())}
    return Meta(title=title, description=help, extra=extra, **limits)


class Experiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one run. The defaults are the article's experiment."""

    data: Annotated[
        str,
        meta(
            "Data",
            "What to learn: a data set's name, a formula in x such as 'x + 2*sin(x)', or a CSV file.",
            choices=DATASETS,
            open=True,
            normalize=pasted_path,
        ),
    ] = "article"
    samples: Annotated[int, meta("Samples", "How many points are made.", needs=MADE_POINTS, ge=1, le=10_000_000)] = 200
    noise: Annotated[
        float,
        meta("Noise", "Deviation of the normal noise added to y; 0 for none.", needs=MADE_POINTS, ge=0, le=1e12),
    ] = 1.0
    x: Annotated[
        str,
        meta(
            "x column",
            "A CSV file's column for x (empty: its first with numbers), or a formula's range such as 0..20.",
            several=False,
        ),
    ] = ""
    y: Annotated[
        str, meta("y column", "The column for y (empty: the second with numbers).", needs=CSV_FILE, several=False)
    ] = ""
    test_fraction: Annotated[
        float,
        meta("Test fraction", "Part of the points held out of training; their loss is shown apart.", ge=0, lt=1),
    ] = 0.0
    scale: Annotated[
        str, meta("Scale", "How x and y are scaled for training; charts show your units.", choices=SCALES)
    ] = "none"
    hidden: Annotated[
        str,
        meta(
            "Hidden",
            "Widths of the hidden layers: 10, 64x64, 10*20 (twenty of ten), or none.",
            check=hidden_widths,
        ),
    ] = "10"
    activation: Annotated[
        str,
        meta(
            "Activation",
            "What bends: the function between two linear layers.",
            needs=HIDDEN_LAYERS,
            choices=ACTIVATIONS,
        ),
    ] = "tanh"
    loss: Annotated[str, meta("Loss", "What training makes small.", choices=LOSSES)] = "mse"
    optimizer: Annotated[str, meta("Optimizer", "How a gradient becomes a step.", choices=OPTIMIZERS)] = "sgd"
    lr: Annotated[
        float,
        meta("Learning rate", "How far each step goes along the gradient.", when=LIVE, gt=0, le=1e6),
    ] = 0.001
    weight_decay: Annotated[float, meta("Weight decay", "How strongly weights are pulled to zero.", ge=0, le=1e6)] = 0.0
    batch_size: Annotated[
        int, meta("Batch size", "Samples per step; above the number of samples it is all of them.", ge=1, le=10**9)
    ] = 1
    epochs: Annotated[
        int, meta("Epochs", "How often training goes through all samples.", when=LIVE, ge=0, le=10**9)
    ] = 1000
    shuffle: Annotated[bool, meta("Shuffle", "A new order of the samples in each epoch.")] = True
    seed: Annotated[
        int, meta("Seed", "Where the random numbers start: the same seed, the same run.", ge=0, le=2**63 - 1)
    ] = 0
    dtype: Annotated[str, meta("Number type", "How many digits every number has.", choices=DTYPES)] = "float32"
    device: Annotated[
        str,
        meta("Device", "Where the arithmetic runs; auto takes a GPU that works.", when=LIVE, check=check_device),
    ] = "auto"
    execution: Annotated[
        str, meta("Execution", "How steps are run: one by one, or many in a call.", choices=EXECUTIONS)
    ] = "auto"
