"""A run's weights, named as in the model's state_dict: `0.weight`, of shape (outputs, inputs), and how to use them."""

import io
from collections import OrderedDict
from textwrap import indent

import msgspec
import torch
from safetensors.torch import save

from tui_trainer.comparison import idle
from tui_trainer.data.facts import DataFacts
from tui_trainer.engine.state import State, weights
from tui_trainer.experiment import Experiment, InputError
from tui_trainer.export import blocks
from tui_trainer.export.script import activation_of, imports, layers, network_settings
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.samples import samples
from tui_trainer.runs.shelf import KeptRun
from tui_trainer.settings import SETTINGS


def safetensors(run: KeptRun) -> bytes:
    """For `safetensors.torch.load_file`; the file's metadata is `metadata`. Raises InputError."""
    state = _state(run)
    return save(weights(state), metadata(run, state, "safetensors.torch.load_file(FILE)"))


def pt(run: KeptRun) -> bytes:
    """For `torch.load(file, weights_only=True)`, whose attribute `metadata` is that. Raises InputError."""
    state = _state(run)
    loaded = OrderedDict(weights(state))
    # An attribute, as another key would be one that load_state_dict does not expect.
    loaded.metadata = metadata(run, state, "torch.load(FILE, weights_only=True)")  # type: ignore[attr-defined]
    file = io.BytesIO()
    torch.save(loaded, file)
    return file.getvalue()


def metadata(run: KeptRun, state: State, load: str) -> dict[str, str]:
    """What it takes to use the weights without the run: in words and code as README, and each fact by its name.

    load: the expression that reads the weights. Raises InputError for a run that was kept without its
    scaling, where its points can't be had to work that out again.
    """
    e, facts = run.experiment, _facts(run, state)
    told = {s.name: s.show(getattr(e, s.name)) for s in SETTINGS.values() if "model" in s.affects}
    told |= {name: "none" for name in idle(e) if name in told}
    told |= {name: repr(value) for name, value in msgspec.to_builtins(facts).items() if isinstance(value, float)}
    told |= {"x": facts.columns.x, "y": facts.columns.y} if facts.columns else {}
    return {"README": readme(e, facts, load), **told}


def readme(experiment: Experiment, facts: DataFacts, load: str) -> str:
    """How to use the weights: what is indented is Python that predicts y, once FILE and x are there."""
    activation = activation_of(experiment)
    y = f"model({_apply('x', facts.x_mean, facts.x_deviation)}.to(DTYPE)).double()"
    y = y if (facts.y_mean, facts.y_deviation) == (0.0, 1.0) else f"{y} * {facts.y_deviation!r} + {facts.y_mean!r}"
    code = layers(activation) + blocks.LOAD.format(load=load, prediction=y)
    parts = [activation.definition] if activation.definition else []
    parts += ["\n".join(network_settings(experiment)) + "\n", code]
    code = "\n\n".join([imports("".join(parts)), *parts])
    columns = f": y is the column {facts.columns.y!r}, x {facts.columns.x!r}" if facts.columns else ""
    return blocks.WEIGHTS.format(columns=columns, code=indent(code, "    "))


def _apply(value: str, mean: float, deviation: float) -> str:
    return value if (mean, deviation) == (0.0, 1.0) else f"(({value} - {mean!r}) / {deviation!r})"


def _facts(run: KeptRun, state: State) -> DataFacts:
    if run.info.data:
        return run.info.data
    if run.experiment.scale == "none":
        return DataFacts(fingerprint=state.facts.data)
    return samples(run, run.experiment, state).facts


def _state(run: KeptRun) -> State:
    state = last_state(run.folder)
    if state is None:
        raise InputError(f"{run.id}: it has no checkpoint yet that can be used, so there are no weights to export")
    return state
