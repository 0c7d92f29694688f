"""The models and optimizers of a script, kept beside its run, and put back where the script asks."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from torch import Tensor, nn
from torch.optim import Optimizer

from tui_trainer.escape import printable
from tui_trainer.files import read_bytes, write_whole
from tui_trainer.runs.folder import Count
from tui_trainer.runs.places import runs_folder
from tui_trainer.runs.sealed import Damaged, seal, unseal
from tui_trainer.runs.stored_run import read_run
from tui_trainer.script.tree import put_together, take_apart
from tui_trainer.sentence import InputError

NAME = "checkpoint.safetensors"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What it says of itself; models and optimizers: their state dicts, see `tree`."""

    epoch: Count
    steps: Count
    models: list[Any]
    optimizers: list[Any]


class Kept(msgspec.Struct, frozen=True):
    """What was kept: models and optimizers as their state dicts, and of which run."""

    run: str
    header: Header
    tensors: dict[str, Tensor]

    def put(self, models: Sequence[nn.Module], optimizers: Sequence[Optimizer]) -> None:
        """Give them the state that was kept. Raises ValueError where it is not theirs."""
        header = self.header
        try:
            if (len(models), len(optimizers)) != (len(header.models), len(header.optimizers)):
                raise ValueError(f"it has {len(header.models)} models and {len(header.optimizers)} optimizers")
            for model, state in zip(models, header.models, strict=True):
                model.load_state_dict(put_together(state, self.tensors))
            for optimizer, state in zip(optimizers, header.optimizers, strict=True):
                optimizer.load_state_dict(put_together(state, self.tensors))
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the checkpoint of {self.run} does not fit: {error}") from error


def take(
    models: Sequence[nn.Module], optimizers: Sequence[Optimizer], epoch: int, steps: int
) -> tuple[Header, dict[str, Tensor]]:
    """Their state by now, copied to the CPU. Raises TypeError for what can't be kept."""
    tensors: dict[str, Tensor] = {}
    kept_models = [take_apart(each.state_dict(), f"model.{n}", tensors) for n, each in enumerate(models)]
    kept_optimizers = [take_apart(each.state_dict(), f"optimizer.{n}", tensors) for n, each in enumerate(optimizers)]
    return Header(epoch=epoch, steps=steps, models=kept_models, optimizers=kept_optimizers), tensors


def write(folder: Path, header: Header, tensors: dict[str, Tensor]) -> None:
    """Keep it in a run's folder, in the place of an older one. Raises OSError, leaving what was there."""
    write_whole(folder / NAME, seal(tensors, msgspec.json.encode(header)))


def newest(name: str, troubles: list[str]) -> Kept | None:
    """The newest whole checkpoint of a script's runs of this name or id; broken ones are named in `troubles`."""
    for folder in _folders(name):
        try:
            header, tensors = unseal(read_bytes(folder / NAME), Header)
        except FileNotFoundError:
            continue
        except (OSError, Damaged) as error:
            troubles.append(f"{folder / NAME}: {error}")
            continue
        return Kept(folder.name, header, tensors)
    return None


def _folders(name: str) -> Iterator[Path]:
    """Those of a script's runs of this name or id, the newest first: ids begin with the time."""
    for folder in sorted(runs_folder().glob("[!.]*"), reverse=True):
        try:
            run = read_run(folder)
        except InputError:
            continue
        if run.own is None and printable(name) in (run.name, run.info.name, run.id):
            yield folder
