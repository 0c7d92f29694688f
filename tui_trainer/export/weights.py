"""A run's weights, named as in the model's state_dict: `0.weight`, of shape (outputs, inputs), and how to use them."""

import io
import math
import os
from collections import OrderedDict
from collections.abc import Mapping
from textwrap import indent
from typing import TypeAlias

import msgspec
import torch
from safetensors.torch import save
from torch import Tensor

from tui_trainer.comparison import idle
from tui_trainer.data.columns import DataFacts, as_tuple
from tui_trainer.engine.state import State, weights
from tui_trainer.experiment import Experiment
from tui_trainer.export import blocks
from tui_trainer.export.script import NOTHING, activation_of, imports, layers, network_settings
from tui_trainer.named_data import CodeReference, code_reference
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.samples import task_again
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS

Number: TypeAlias = float | tuple[float, ...]


def safetensors(run: StoredRun) -> bytes:
    """For `safetensors.torch.load_file`; the file's metadata is `metadata`. Raises InputError."""
    state = _state(run)
    return save(weights(state), metadata(run, state, "safetensors.torch.load_file(FILE)"))


def pt(run: StoredRun) -> bytes:
    """For `torch.load(file, weights_only=True)`, whose attribute `metadata` is that. Raises InputError."""
    state = _state(run)
    loaded = OrderedDict(weights(state))
    # An attribute, as another key would be one that load_state_dict does not expect.
    loaded.metadata = metadata(run, state, "torch.load(FILE, weights_only=True)")  # type: ignore[attr-defined]
    file = io.BytesIO()
    torch.save(loaded, file)
    return file.getvalue()


def metadata(run: StoredRun, state: State, load: str) -> dict[str, str]:
    """What it takes to use the weights without the run: in words and code as README, and each fact by its name.

    load: the expression that reads the weights. Raises InputError for a run that was kept without its
    scaling, where its samples can't be had to work that out again.
    """
    e, facts = run.experiment, _facts(run, state)
    entries = {s.name: s.show(getattr(e, s.name)) for s in SETTINGS.values() if "model" in s.affects}
    entries |= {name: "none" for name in idle(e) if name in entries}
    entries |= {name: repr(value) for name, value in _scalings(facts).items()}
    entries |= {axis: ", ".join(as_tuple(getattr(facts.columns, axis))) for axis in ("x", "y")} if facts.columns else {}
    entries |= {"told": "; ".join(facts.columns.notes)} if facts.columns and facts.columns.notes else {}
    entries |= {"classes": ", ".join(facts.classes)} if facts.classes else {}
    return {"README": readme(e, facts, load, weights(state)), **entries}


def readme(experiment: Experiment, facts: DataFacts, load: str, named: Mapping[str, Tensor]) -> str:
    """How to use the weights: what is indented is Python that predicts y, once FILE and x are there.

    named: the weights, whose shapes say what goes in and what comes out.
    """
    reference = code_reference(experiment.model)
    first, *_, last = named.values()
    shape = None if facts.shape is msgspec.UNSET else facts.shape
    features, outputs = math.prod(shape) if shape else first.shape[-1], last.shape[0]
    if reference:
        features = len(as_tuple(facts.columns.x)) if facts.columns and not shape else features
        outputs = len(facts.classes) if facts.classes else len(as_tuple(facts.y_mean))
    activation = NOTHING if reference else activation_of(experiment)
    settings, y = [*network_settings(experiment)], f"model({_apply('x', facts.x_mean, facts.x_deviation)}.to(DTYPE))"
    if reference:
        settings = settings[-1:]  # no widths of ours
    if facts.classes:
        settings.append(f"CLASSES = {facts.classes!r}")
        places = f"{y}.argmax(dim=1)" if outputs > 1 else f"({y}[:, 0] > 0).long()"
        y, targets = f"[CLASSES[place] for place in {places}]", "the name of a class for each sample"
    else:
        y = _undo(f"{y}.double()", facts.y_mean, facts.y_deviation)
        targets = f"a float64 tensor of shape (samples, {outputs}), in its own units too"
    net = layers(experiment, activation, features, outputs, shape)
    if reference:
        net = own_net(experiment, reference, shape)
    code = net + blocks.LOAD.format(load=load, prediction=y)
    parts = [activation.definition] if activation.definition else []
    parts += ["\n".join(settings) + "\n", code]
    code = "\n\n".join([imports("".join(parts)), *parts])
    columns = f": y is the column {facts.columns.y!r}, x {facts.columns.x!r}" if facts.columns else ""
    return blocks.WEIGHTS.format(columns=columns, features=features, targets=targets, code=indent(code, "    "))


def own_net(experiment: Experiment, reference: CodeReference, shape: tuple[int, ...] | None) -> str:
    """The code that makes `model` where that is a person's own."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in experiment.arguments("model").items())
    where = f"{reference.place!r}, whose text is kept in the run's code.json"
    module = os.path.basename(reference.place).removesuffix(".py") if reference.file else reference.place
    pictures = f"x = x.reshape(-1, {', '.join(map(str, shape))})\n" if shape else ""
    made = f"{pictures}model = {reference.name}({arguments}).to(DTYPE).eval()\n"
    return f"# {where}\nfrom {module} import {reference.name}\n\n{made}"


def _scalings(facts: DataFacts) -> dict[str, Number]:
    return {name: value for name, value in msgspec.structs.asdict(facts).items() if name.startswith(("x_", "y_"))}


def _apply(value: str, mean: Number, deviation: Number) -> str:
    return value if _leaves(mean, deviation) else f"(({value} - {_written(mean)}) / {_written(deviation)})"


def _undo(value: str, mean: Number, deviation: Number) -> str:
    return value if _leaves(mean, deviation) else f"{value} * {_written(deviation)} + {_written(mean)}"


def _leaves(mean: Number, deviation: Number) -> bool:
    """Whether such a scaling leaves all as it is."""
    return set(as_tuple(mean)) == {0.0} and set(as_tuple(deviation)) == {1.0}


def _written(number: Number) -> str:
    """As code: a number, or one for each column."""
    return f"torch.tensor({number!r}, dtype=torch.float64)" if isinstance(number, tuple) else repr(number)


def _facts(run: StoredRun, state: State) -> DataFacts:
    if run.info.data:
        return run.info.data
    if run.experiment.scale == "none":
        return DataFacts(fingerprint=state.facts.data)
    return task_again(run, run.experiment, state).samples.facts


def _state(run: StoredRun) -> State:
    if run.beyond:
        raise InputError(f"{run.id}: {run.beyond}")
    state = last_state(run.folder)
    if state is None:
        raise InputError(f"{run.id}: it has no checkpoint yet that can be used, so there are no weights to export")
    return state
