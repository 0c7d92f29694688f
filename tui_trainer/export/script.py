"""A run as a script in plain PyTorch that prints the loss of each epoch, to the last bit.

It is written for people: only what the run used is in it. Text of users and files is embedded
through `repr` alone.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from tui_trainer.catalog import ACTIVATIONS, DTYPES, LOSSES, MODELS, OPTIMIZERS, PRECISIONS
from tui_trainer.data.scaling import ROUNDING
from tui_trainer.data.sources import source_of
from tui_trainer.data.sources.table_code import MISSING
from tui_trainer.data.span import tamed
from tui_trainer.data.split import stratified
from tui_trainer.engine.mixed_step import MixedStep
from tui_trainer.engine.models import KERNEL, LEAST_SIDE
from tui_trainer.engine.state import State
from tui_trainer.engine.step import TrainingStep
from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment, is_mixed
from tui_trainer.export import blocks
from tui_trainer.own_settings import references_of
from tui_trainer.runs import metrics
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.differences import differing
from tui_trainer.runs.samples import task_again
from tui_trainer.runs.stored_run import StoredRun, read_run
from tui_trainer.sentence import InputError
from tui_trainer.setting_texts import hidden_widths
from tui_trainer.settings import SETTINGS
from tui_trainer.source_code import Code, made, named, written
from tui_trainer.tasks.task import Task

NOTHING = Code("")


def script(run: StoredRun) -> bytes:
    """Python source in UTF-8. Raises InputError where the run's samples can't be had any more."""
    e, state = run.experiment, last_state(run.folder)
    if references_of(e):
        raise InputError(
            f"{run.id}: your own code trained it, which no script repeats without; its weights can be exported, to a "
            "file that ends in .safetensors"
        )
    task = task_again(run, e, state)  # other samples, which no script could repeat the run with, are refused
    scaled = [axis for axis in ("x", "y") if e.scale == "standard" and getattr(task.samples, f"{axis}_scaling")]
    if any(tamed(column)[1] for axis in scaled for column in getattr(task.samples, axis).T):
        raise InputError(f"{run.id}: its values are so large or so small that a plain script can't scale them")
    if e.schedule != "constant":
        raise InputError(
            f"{run.id}: its schedule is {e.schedule}, which no script repeats; its weights can be exported, to "
            "a file that ends in .safetensors"
        )
    first, rates = _rates(run)
    source = source_of(e).code()
    activation = activation_of(e)
    loss_fn = made(LOSSES[e.loss])
    optimizer = made(OPTIMIZERS[e.optimizer], "model.parameters()", "lr=LEARNING_RATE", "weight_decay=WEIGHT_DECAY")
    unit = blocks.UNIT.format(degree=LOSSES[e.loss].degree) if "y" in scaled and task.out_features == 1 else ""
    split = written(stratified) if e.test_fraction and task.samples.classes else NOTHING
    parts = (source, split, activation, loss_fn, optimizer)
    definitions = [each.definition.strip() + "\n" for each in parts if each.definition]
    fraction = [f"TEST_FRACTION = {e.test_fraction!r}"] if e.test_fraction else []
    settings = "\n".join([*source.settings, *fraction, *_settings(run, state, first, rates)]) + "\n"
    code = "".join(
        [
            source.lines,
            *_prepared(e, task, scaled, filled=MISSING in source.lines),
            blocks.NETWORK.format(
                kind=MODELS[e.model].help,
                layers=layers(e, activation, task.in_features, task.outputs(e.loss), task.samples.shape),
                loss_fn=loss_fn.expression,
                optimizer=optimizer.expression,
            ),
            blocks.SCALER if is_mixed(e) else "",
            blocks.LOOP.format(
                generator=blocks.GENERATOR if e.shuffle else "",
                order=blocks.SHUFFLED if e.shuffle else blocks.IN_ORDER,
                change=blocks.CHANGE if rates else "",
                step=step_lines(MixedStep if is_mixed(e) else TrainingStep),
                at_once="BATCH_SIZE * ACCUMULATE" if is_mixed(e) else "BATCH_SIZE",
                unit=unit,
            ),
            blocks.TEST.format(unit=unit) if e.test_fraction else "",
        ]
    )
    head = "\n".join([blocks.DOCSTRING, imports("".join([*definitions, code])), settings])
    return ("\n\n".join([head, *definitions, code]) if definitions else f"{head}\n{code}").encode()


def step_lines(kind: type[TrainingStep]) -> str:
    """The lines of the one training step, as a loop holds them, without what a run can't ask for."""
    body = inspect.getsource(kind.__call__).rpartition('"""\n')[2]
    own = [line.replace("self.", "") for line in body.splitlines(keepends=True) if not _LEFT_OUT.search(line)]
    body = "".join(own).replace("forward(x", "model(x")
    if kind is TrainingStep:
        return body.replace("objective.", "loss.")
    return body.replace("objective", "loss").replace("batch_size", "BATCH_SIZE").replace("precision", "PRECISION")


_LEFT_OUT = re.compile(r"set_rate|penalt|self\.clip|unscale_|share_gradients|return ")


def activation_of(experiment: Experiment) -> Code:
    """What stands between each two layers; nothing for identity."""
    return NOTHING if experiment.activation == "identity" else made(ACTIVATIONS[experiment.activation])


def layers(
    experiment: Experiment, activation: Code, features: int, outputs: int, shape: tuple[int, int, int] | None
) -> str:
    """The code that makes `model`, of HIDDEN and DTYPE; shape: of pictures."""
    if experiment.model == "cnn":
        after = blocks.AFTER_CONVOLUTION.format(activation=activation.expression) if activation.expression else ""
        sizes = {"kernel": KERNEL, "padding": KERNEL // 2, "least": LEAST_SIDE}
        return blocks.CONVOLUTIONS.format(activation=after, shape=shape, outputs=outputs, **sizes)
    between = blocks.ACTIVATION.format(activation=activation.expression) if activation.expression else ""
    return blocks.LAYERS.format(activation=between, features=features, outputs=outputs)


def network_settings(experiment: Experiment) -> Iterator[str]:
    """HIDDEN and DTYPE."""
    widths = list(hidden_widths(experiment.hidden))
    alike = len(widths) > 4 and len(set(widths)) == 1
    what = "channels of the convolutions" if experiment.model == "cnn" else "widths of the hidden layers"
    yield f"HIDDEN = {f'[{widths[0]}] * {len(widths)}' if alike else widths}  # {what}"
    yield f"DTYPE = {named(DTYPES[experiment.dtype]).expression}"


def imports(code: str) -> str:
    """What the code needs, of the standard library, numpy and torch."""
    lines = [f"import {name}" for name in ("csv", "itertools", "math", "sys") if f"{name}." in code]
    others = {"np.": "import numpy as np", "safetensors.": "import safetensors.torch"}
    lines += ["", *(line for used, line in others.items() if used in code), "import torch"]
    lines += ["from torch import Tensor, nn" if re.search(r"\bTensor\b", code) else "from torch import nn"]
    aliases = [f"{name} = np.ndarray" for name in ("Array", "Classes", "Places") if re.search(rf"\b{name}\b", code)]
    lines += ["", *aliases] if aliases else []
    return "\n".join(lines) + "\n"


def _settings(run: StoredRun, state: State | None, first: float, rates: dict[int, float]) -> Iterator[str]:
    e = run.experiment
    yield from network_settings(e)
    yield f"LEARNING_RATE = {first!r}"
    if rates:
        yield f"CHANGES = {rates}  # steps taken: the learning rate from there on"
    yield f"WEIGHT_DECAY = {e.weight_decay!r}"
    yield f"BATCH_SIZE = {e.batch_size * run.info.ranks}"
    if is_mixed(e):
        yield f"ACCUMULATE = {e.accumulate}  # batches, whose gradients make an update"
        yield f"PRECISION = {named(PRECISIONS[e.precision]).expression}"
    # Where fewer were wanted on the way, those that were taken by then still count.
    yield f"EPOCHS = {max(run.info.epochs, run.info.epoch)}"
    yield f"SEED = {e.seed}"
    yield f"THREADS = {state.facts.threads if state else 1}  # sums are split by them, which the last bit shows"


def _rates(run: StoredRun) -> tuple[float, dict[int, float]]:
    """The learning rate that a run began with, and those set on the way, by the number of steps that came before.

    Of a branch, also those that its parent had before. Raises InputError, too for one that a script can't come to.
    """
    changes = metrics.read(run.folder).changes
    if edited := next((line for line in changes if line.setting and line.setting not in SETTINGS), None):
        raise InputError(
            f"{run.id}: {printable(edited.setting)} was edited by hand at epoch {edited.epoch:,}, which no script can "
            "repeat; its weights can be exported, to a file that ends in .safetensors"
        )
    own = {line.steps: SETTINGS["lr"].parse(line.new) for line in changes if line.setting == "lr"}
    if not run.info.at:
        return run.experiment.lr, own
    parent = _parent(run)
    first, before = _rates(parent)
    before = {steps: rate for steps, rate in before.items() if steps < run.info.at.steps}
    changed = run.experiment.lr != list({-1: first, **before}.values())[-1]
    return first, {**before, **({run.info.at.steps: run.experiment.lr} if changed else {}), **own}


def _parent(run: StoredRun) -> StoredRun:
    """The run that a branch goes on from. Raises InputError where one loop can't take the steps of both."""
    name = Path(run.info.parent).name  # as a spoiled file may have it
    try:
        parent = read_run(run.folder.parent / name)
    except InputError:
        parent = None
    if parent is None or parent.info.started >= run.info.started:
        raise InputError(f"{run.id}: a script begins where its parent did, {name}, which is gone") from None
    # What is changed on the way is no other loop, and neither is another mode, nor where the same samples lie.
    alike = replace(run.experiment, data=parent.experiment.data, execution=parent.experiment.execution)
    others = [name for name in differing([alike, parent.experiment]) if not SETTINGS[name].live]
    if others:
        raise InputError(
            f"{run.id}: a branch with another {' and '.join(others)} is no loop that a script could write down; "
            "its weights can be exported, to a file that ends in .safetensors"
        )
    return parent


def _prepared(experiment: Experiment, task: Task, scaled: Sequence[str], filled: bool) -> Iterator[str]:
    """The code from x and y to x_train and y_train and, where samples are held out, x_test and y_test.

    scaled: which of x and y are; filled: whether there are gaps in x to be filled.
    """
    held_out, classes = bool(experiment.test_fraction), task.samples.classes
    if held_out:
        yield blocks.HOLD_OUT.format(held_out=blocks.SHARE_OF_EACH if classes else blocks.SHARE)
    if filled:
        yield blocks.FILL + (blocks.FILL_TEST if held_out else "")
    if scaled:
        yield blocks.SCALE.format(rounding=ROUNDING)
    for axis in scaled:
        together = axis == "x" and task.samples.shape
        yield blocks.SCALE_PICTURES if together else blocks.SCALE_AXIS.format(axis=axis)
        yield blocks.SCALE_TEST.format(axis=axis) if held_out else ""
    targets = "(samples,), of classes" if classes else f"(samples, {task.out_features})"
    dtype = "" if classes else ", dtype=DTYPE"
    yield blocks.TENSORS.format(features=task.in_features, targets=targets, dtype=dtype)
    yield blocks.TEST_TENSORS.format(dtype=dtype) if held_out else ""
