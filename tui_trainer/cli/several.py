"""This process as one of several that train together: `train` or `resume`, and silence but for the first one."""

import os
import sys
from collections.abc import Sequence
from threading import Timer
from typing import TYPE_CHECKING, NoReturn

from tui_trainer.cli.flags import Flags, read_flags
from tui_trainer.cli.messages import AT_ONCE, BAD_INPUT, FAILED, INTERRUPTED, write_message
from tui_trainer.cli.output import json_alone
from tui_trainer.cli.parser import SHARD
from tui_trainer.engine.launched import Launched
from tui_trainer.sentence import InputError
from tui_trainer.wording import count

if TYPE_CHECKING:
    from tui_trainer.engine.ranks import Ranks

NOT_TOGETHER = "of several processes, only train and resume can be: torchrun ... -m tui_trainer train ..."
PATIENCE = 10.0  # seconds after which it is said that others are not there yet


def together(place: Launched, arguments: Sequence[str]) -> NoReturn:
    """Be one of several processes that train together, and end; only the first one says anything. Raises InputError
    where they can't meet.

    It ends without Python's own end: gloo's threads need Python to let go of the last tensors, and one that is ending
    aborts the process then (https://github.com/pytorch/pytorch/issues/190489; one run in three on two busy cores).
    """
    if "train" not in arguments and list(arguments[:1]) != ["resume"]:
        if place.rank:
            sys.exit(BAD_INPUT)
        raise InputError(NOT_TOGETHER)
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # what it warns of comes to an error, or to nothing
    world = _world(place, sharded=SHARD in arguments)
    try:
        code = _resume(world, arguments[1:]) if list(arguments[:1]) == ["resume"] else _train(world, place, arguments)
        if code != FAILED:
            world.leave()
    except InputError as error:
        if world.leads:
            write_message(str(error))
        world.leave()
        code = BAD_INPUT
    except KeyboardInterrupt:  # a second signal, and nobody waits for anybody
        if world.leads:
            write_message(AT_ONCE)
        code = INTERRUPTED
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _world(place: Launched, sharded: bool) -> "Ranks":
    """The processes, once all are there; sharded: whether they have the net together. Raises InputError."""
    where = f"{place.host}, port {place.port}"
    others = f"rank {place.rank} waits for {count(place.size - 1, 'other rank')} at {where}"
    waits = Timer(PATIENCE, write_message, [others])
    waits.daemon = True
    if not place.local_rank:
        waits.start()
    try:
        if sharded:
            from tui_trainer.engine.shards import Shards

            return Shards(place)
        from tui_trainer.engine.ranks import Ranks

        return Ranks(place)
    except (RuntimeError, ValueError) as error:
        said = str(error).partition("\n")[0]
        raise InputError(f"MASTER_ADDR: rank {place.rank} can't meet the others at {where}: {said}") from None
    finally:
        waits.cancel()


def _train(world: "Ranks", place: Launched, arguments: Sequence[str]) -> int:
    from tui_trainer.cli.train import train
    from tui_trainer.runs.together import agreed

    flags = agreed(world, lambda: _flags(arguments))
    return train(flags.comparison, flags.json, flags.requeue or place.restarts > 0, world)


def _flags(arguments: Sequence[str]) -> Flags:
    """The flags of `train`. Raises InputError for those of anything else."""
    flags = read_flags(arguments)
    if flags.command != "train":
        raise InputError(NOT_TOGETHER)
    for name in ("detach", "save_experiment"):
        if getattr(flags, name):
            raise InputError(f"--{name.replace('_', '-')}: not in each of several processes; leave it away")
    return flags


def _resume(world: "Ranks", arguments: Sequence[str]) -> int:
    from tui_trainer.cli.resume import chosen, make_parser
    from tui_trainer.cli.train import train_group
    from tui_trainer.runs.together import agreed, go_on

    asked = agreed(world, lambda: make_parser().parse_all(arguments))
    runs, changes = agreed(world, lambda: chosen(asked) if world.leads else ([], []))
    report = write_message if world.leads else lambda words: None
    with json_alone(asked.json):
        return train_group(go_on(world, runs, report, changes, asked.anyway), asked.json)
