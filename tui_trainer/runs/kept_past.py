"""snapshots.safetensors: what is kept of a run's past beside its checkpoint, a sealed file of a bounded size.

It holds states, thinned out evenly until they fit, and how the steps between them were taken. It is read when somebody
looks at the past, and never needed to list, show or resume a run. Where there is none, as earlier versions kept none,
the past is computed from the settings alone: that the losses of then come out again shows that it is exact.
"""

import bisect
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor

from tui_trainer.engine.snapshots import KEPT_BYTES, Snapshots, Stretch, size_of
from tui_trainer.engine.state import Facts, State, most_bytes
from tui_trainer.experiment import Experiment
from tui_trainer.files import read_bytes, reason, write_whole
from tui_trainer.runs.sealed import MAX_HEADER, Damaged, seal, unseal
from tui_trainer.settings import SETTINGS
from tui_trainer.weight import Weight

NAME = "snapshots.safetensors"
ORIGIN = "origin."


class KeptStretch(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch; changed: its settings that are others than those of the file's experiment."""

    steps: int
    execution: str
    threads: int
    changed: dict[str, Any] = {}
    edits: tuple[Weight, ...] = ()


class KeptState(msgspec.Struct, frozen=True, kw_only=True):
    """A state; tensors: the place of each among the different ones of its name."""

    epoch: int
    steps: int
    seconds: float
    tensors: dict[str, int]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of itself; steps: up to which it knows the run; origin: of the state that it began with."""

    name: str
    data: str
    steps: int
    experiment: Experiment
    stretches: list[KeptStretch]
    states: list[KeptState]
    origin: Facts | None = None


def to_bytes(snapshots: Snapshots, last: Facts, limit: int = KEPT_BYTES) -> bytes:
    """The content of the file for a run that has come to these facts; nothing where it began with too large a state."""
    states, origin, stretches = snapshots.states, snapshots.origin, snapshots.stretches
    own = [origin] if origin else []
    if size_of(own) > limit:
        return b""
    while states and size_of([*own, *states]) > limit:
        states = states[1::2]
    tensors = {f"{ORIGIN}{name}": value for name, value in origin.tensors.items()} if origin else {}
    places: list[dict[str, int]] = [{} for _ in states]
    for name in dict.fromkeys(name for state in states for name in state.tensors):
        different, number = list[Tensor](), dict[int, int]()
        for state, place in zip(states, places, strict=True):
            if (tensor := state.tensors.get(name)) is not None:
                if id(tensor) not in number:
                    number[id(tensor)] = len(different)
                    different.append(tensor)
                place[name] = number[id(tensor)]
        tensors[name] = torch.stack(different)
    header = Header(
        name=last.name,
        data=last.data,
        steps=last.steps,
        experiment=last.experiment,
        stretches=[_kept(stretch, last.experiment) for stretch in stretches],
        states=[
            KeptState(epoch=f.epoch, steps=f.steps, seconds=f.seconds, tensors=place)
            for f, place in zip((state.facts for state in states), places, strict=True)
        ],
        origin=origin.facts if origin else None,
    )
    # The origin's own memory: a state that began with it may share some.
    return seal({name: value.clone() for name, value in tensors.items()}, msgspec.json.encode(header))


def _kept(stretch: Stretch, experiment: Experiment) -> KeptStretch:
    values = {name: getattr(stretch.experiment, name) for name in [*SETTINGS, "own"]}
    changed = {name: value for name, value in values.items() if value != getattr(experiment, name)}
    return KeptStretch(
        steps=stretch.steps,
        execution=stretch.execution,
        threads=stretch.threads,
        changed=changed,
        edits=stretch.edits,
    )


def from_bytes(content: bytes) -> Snapshots:
    """What a file's content says of a run's past. Raises Damaged."""
    header, tensors = unseal(content, Header)
    try:
        return _snapshots(header, tensors)
    except (msgspec.MsgspecError, KeyError, IndexError, ValueError, TypeError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None


def _snapshots(header: Header, tensors: dict[str, Tensor]) -> Snapshots:
    base = msgspec.structs.asdict(header.experiment)
    stretches = [
        Stretch(
            steps=kept.steps,
            experiment=msgspec.convert(base | kept.changed, Experiment),
            execution=kept.execution,
            threads=kept.threads,
            edits=kept.edits,
        )
        for kept in header.stretches
    ]
    starts = [stretch.steps for stretch in stretches]
    # Copies, as torch sets no generator to a state that lies within another tensor: it crashes.
    rows = {name: [row.clone() for row in value] for name, value in tensors.items() if not name.startswith(ORIGIN)}
    states = []
    for kept in header.states:
        stretch = stretches[bisect.bisect_left(starts, kept.steps) - 1]
        facts = Facts(
            name=header.name,
            experiment=stretch.experiment,
            epoch=kept.epoch,
            steps=kept.steps,
            place=0,
            seconds=kept.seconds,
            execution=stretch.execution,
            threads=stretch.threads,
            data=header.data,
        )
        states.append(State(facts, {name: rows[name][place] for name, place in kept.tensors.items()}))
    origin = None
    if header.origin:
        named = {name.removeprefix(ORIGIN): value for name, value in tensors.items() if name.startswith(ORIGIN)}
        origin = State(header.origin, named)
    snapshots = Snapshots()
    snapshots.begin(origin, states, stretches, header.steps)
    snapshots.known = header.steps
    return snapshots


def write(folder: Path, snapshots: Snapshots, last: Facts) -> None:
    """Keep what there is of a run's past, up to these facts at least, in its folder. Raises OSError."""
    if content := to_bytes(snapshots, last):
        write_whole(folder / NAME, content)


def read(folder: Path, experiment: Experiment) -> Snapshots:
    """What a run's folder has. Raises Damaged where that is nothing, saying why."""
    most = KEPT_BYTES + most_bytes(experiment) + MAX_HEADER
    try:
        content = read_bytes(folder / NAME, count=most + 1)
    except OSError as error:
        raise Damaged(f"{NAME}: {reason(error)}") from None
    if len(content) > most:
        raise Damaged(f"{NAME}: it is larger than the past of this run can be")
    try:
        return from_bytes(content)
    except Damaged as error:
        raise Damaged(f"{NAME}: {error}") from None
