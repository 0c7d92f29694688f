"""A run as a script in plain PyTorch that prints the loss of each epoch, to the last bit.

It is written for people: only what the run used is in it. Text of users and files is embedded
through `repr` alone.
"""

import inspect
import re
from collections.abc import Iterator

from tui_trainer.catalog import ACTIVATIONS, DATASETS, DTYPES, LOSSES, OPTIMIZERS
from tui_trainer.data.formula import Formula
from tui_trainer.data.points import curve_and_range
from tui_trainer.data.scaling import ROUNDING
from tui_trainer.data.span import tamed
from tui_trainer.data.table import read_table
from tui_trainer.engine.state import State
from tui_trainer.engine.step import TrainingStep
from tui_trainer.experiment import Experiment, InputError, as_path, hidden_widths
from tui_trainer.export import blocks
from tui_trainer.export.source import Source, formula, made, named
from tui_trainer.runs import metrics
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.samples import samples
from tui_trainer.runs.shelf import KeptRun
from tui_trainer.settings import SETTINGS

NOTHING = Source("")


def script(run: KeptRun) -> bytes:
    """Python source in UTF-8. Raises InputError where the run's points can't be had any more."""
    e, state = run.experiment, last_state(run.folder)
    data = samples(run, e, state)  # others, which no script could repeat the run with, are refused
    if e.scale == "standard" and any(tamed(values)[1] for values in (data.x, data.y)):
        raise InputError(f"{run.id}: its values are so large or so small that a plain script can't scale them")
    rates = _rates(run)
    curve = NOTHING if as_path(e.data) else _curve(e)
    activation = activation_of(e)
    loss_fn = made(LOSSES[e.loss])
    optimizer = made(OPTIMIZERS[e.optimizer], "model.parameters()", "lr=LEARNING_RATE", "weight_decay=WEIGHT_DECAY")
    unit = blocks.UNIT.format(degree=LOSSES[e.loss].degree) if e.scale == "standard" else ""
    definitions = [
        each.definition.strip() + "\n" for each in (curve, activation, loss_fn, optimizer) if each.definition
    ]
    settings = "\n".join([*_points_settings(e), *_settings(run, state, rates)]) + "\n"
    code = "".join(
        [
            *_points(e, curve.expression),
            blocks.NETWORK.format(
                layers=layers(activation),
                loss_fn=loss_fn.expression,
                optimizer=optimizer.expression,
            ),
            blocks.LOOP.format(
                generator=blocks.GENERATOR if e.shuffle else "",
                order=blocks.SHUFFLED if e.shuffle else blocks.IN_ORDER,
                change=blocks.CHANGE if rates else "",
                step=step_lines(),
                unit=unit,
            ),
            blocks.TEST.format(unit=unit) if e.test_fraction else "",
        ]
    )
    head = "\n".join([blocks.DOCSTRING, imports("".join([*definitions, code])), settings])
    return ("\n\n".join([head, *definitions, code]) if definitions else f"{head}\n{code}").encode()


def step_lines() -> str:
    """The lines of the one training step, as a loop holds them, without what a run can't ask for."""
    body = inspect.getsource(TrainingStep.__call__).rpartition('"""\n')[2]
    own = [line.replace("self.", "") for line in body.splitlines(keepends=True) if not _LEFT_OUT.search(line)]
    return "".join(own).replace("objective.", "loss.")


_LEFT_OUT = re.compile(r"set_rate|penalt|self\.clip|return ")


def activation_of(experiment: Experiment) -> Source:
    """What stands between each two layers; nothing for identity."""
    return NOTHING if experiment.activation == "identity" else made(ACTIVATIONS[experiment.activation])


def layers(activation: Source) -> str:
    """The code that makes `model`, of HIDDEN and DTYPE."""
    between = blocks.ACTIVATION.format(activation=activation.expression) if activation.expression else ""
    return blocks.LAYERS.format(activation=between)


def network_settings(experiment: Experiment) -> Iterator[str]:
    """HIDDEN and DTYPE."""
    widths = list(hidden_widths(experiment.hidden))
    alike = len(widths) > 4 and len(set(widths)) == 1
    yield f"HIDDEN = {f'[{widths[0]}] * {len(widths)}' if alike else widths}  # widths of the hidden layers"
    yield f"DTYPE = {named(DTYPES[experiment.dtype]).expression}"


def imports(code: str) -> str:
    """What the code needs, of the standard library, numpy and torch."""
    lines = [f"import {name}" for name in ("csv", "itertools", "math", "sys") if f"{name}." in code]
    others = {"np.": "import numpy as np", "safetensors.": "import safetensors.torch"}
    lines += ["", *(line for used, line in others.items() if used in code), "import torch"]
    lines += ["from torch import Tensor, nn" if re.search(r"\bTensor\b", code) else "from torch import nn"]
    lines += ["", "Array = np.ndarray"] if re.search(r"\bArray\b", code) else []
    return "\n".join(lines) + "\n"


def _curve(experiment: Experiment) -> Source:
    """The function of x that the points lie on."""
    curve, _ = curve_and_range(experiment)
    if isinstance(curve, Formula):
        return Source("curve", blocks.FORMULA.format(formula=formula(curve.arithmetic)))
    return named(DATASETS[experiment.data])


def _points_settings(experiment: Experiment) -> Iterator[str]:
    if path := as_path(experiment.data):
        _, _, x, y, layout = read_table(path, experiment.x, experiment.y)
        yield f"FILE = {str(path.absolute())!r}"
        yield f"DELIMITER = {layout.delimiter!r}"
        yield f"FIRST_ROW, X_COLUMN, Y_COLUMN = {int(layout.header)}, {layout.x}, {layout.y}  # {x!r} and {y!r}, from 0"
    else:
        _, (low, high) = curve_and_range(experiment)
        yield f"SAMPLES = {experiment.samples}"
        yield f"LOW, HIGH = {float(low)!r}, {float(high)!r}  # the range of x"
        yield f"NOISE = {experiment.noise!r}  # deviation of the normal noise that is added to y"
    if experiment.test_fraction:
        yield f"TEST_FRACTION = {experiment.test_fraction!r}"


def _settings(run: KeptRun, state: State | None, rates: dict[int, float]) -> Iterator[str]:
    e = run.experiment
    yield from network_settings(e)
    yield f"LEARNING_RATE = {e.lr!r}"
    if rates:
        yield f"CHANGES = {rates}  # steps taken: the learning rate from there on"
    yield f"WEIGHT_DECAY = {e.weight_decay!r}"
    yield f"BATCH_SIZE = {e.batch_size}"
    # Where fewer were wanted on the way, those that were taken by then still count.
    yield f"EPOCHS = {max(run.info.epochs, run.info.epoch)}"
    yield f"SEED = {e.seed}"
    yield f"THREADS = {state.facts.threads if state else 1}  # sums are split by them, which the last bit shows"


def _rates(run: KeptRun) -> dict[int, float]:
    """The learning rates that were set on the way, by the number of steps that came before. Raises InputError."""
    changes = metrics.read(run.folder).changes
    return {line.steps: SETTINGS["lr"].parse(line.new) for line in changes if line.setting == "lr"}


def _points(experiment: Experiment, curve: str) -> Iterator[str]:
    """The code that ends with x_train and y_train and, where points are held out, x_test and y_test."""
    yield blocks.FROM_FILE if as_path(experiment.data) else blocks.FROM_CURVE.format(curve=curve)
    if experiment.test_fraction:
        yield blocks.HOLD_OUT
    if experiment.scale == "standard":
        yield blocks.SCALE.format(rounding=ROUNDING)
        yield blocks.SCALE_TEST if experiment.test_fraction else ""
    yield blocks.TENSORS
    yield blocks.TEST_TENSORS if experiment.test_fraction else ""
